"""Registering by ids leaves the host, and what a studio has put into its session, as they are."""

from __future__ import annotations

import gc
import os
import threading
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging import location
from tracking import Desk


def test_studio_s_own_creation_of_entities_sees_what_is_registered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    create, seen = desk.session.create, []

    def own(entity_type: str, *arguments: Any, **named: Any) -> Any:
        seen.append(entity_type)
        return create(entity_type, *arguments, **named)

    monkeypatch.setattr(desk.session, "create", own)

    component = desk.publisher.publish_file(desk.version(), "movie")

    assert seen.count("ComponentLocation") == 1
    assert desk.item(component).state is State.PENDING


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_child_that_is_forked_while_another_thread_registers_collects_its_garbage() -> None:
    begun, done = threading.Event(), threading.Event()

    def register() -> None:
        with location._uncollected():
            begun.set()
            done.wait(10)

    thread = threading.Thread(target=register)
    thread.start()
    begun.wait(10)
    assert not gc.isenabled()
    child = os.fork()
    if not child:
        os._exit(0 if gc.isenabled() else 1)
    done.set()
    thread.join()
    assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 0
    assert gc.isenabled()


def test_host_without_collection_stays_so() -> None:
    gc.disable()
    try:
        with location._uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
