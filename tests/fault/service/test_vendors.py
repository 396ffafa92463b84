"""`ftrack-accsyn serve --outsource` as a process that is killed while it hands work out, and begun again."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from fault.service.test_processes import Process
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher

TASK = "show_a/sq010/sh010/Animation"


@pytest.fixture
def start(
    studio: Studio, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Process]]:
    rules = {"root": str(studio.hq), "spool": str(tmp_path / "spool"), "group": "Vendors"}
    (tmp_path / "vendors.json").write_text(json.dumps(rules))
    monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(tmp_path / "vendors.json"))
    monkeypatch.setenv("FTRACK_ACCSYN_SEND_TO", "*@acme.test")
    begun: list[Process] = []

    def starter() -> Process:
        begun.append(Process(studio, tmp_path / "state", "--outsource"))
        return begun[-1]

    yield starter
    for each in begun:
        each.end(signal.SIGKILL)


def rows(studio: Studio, kind: str, **values: Any) -> list[dict[str, Any]]:
    return list(studio.ftrack.store.find(kind, **values))


def test_what_was_assigned_is_handed_out_once_whenever_the_service_is_killed(
    studio: Studio, start: Callable[[], Process], tmp_path: Path
) -> None:
    task, vendor = studio.ids[TASK], studio.ids["vendor"]
    spool = tmp_path / "spool"
    first, second = start(), None
    first.says("Listening to ftrack's event hub")
    second = start()
    second.says("stands by")
    wait_until(lambda: rows(studio, "User", id=vendor))
    with studio.ftrack.store.transaction(studio.ids["producer"]):
        studio.ftrack.store.create("Appointment", context_id=task, resource_id=vendor, type="assignment")
    wait_until(lambda: list(spool.glob("hand-out-*")), 20.0, "the entry")
    first.end(signal.SIGKILL)

    second.says("Listening to ftrack's event hub")
    wait_until(lambda: rows(studio, "Metadata", parent_id=task), 20.0, "the record")
    second.end(signal.SIGKILL)
    third = start()

    wait_until(lambda: list(studio.demo.workspace.each(Delivery)), 30.0, "the delivery")
    assert third.end() == 0
    assert len(rows(studio, "Note", parent_id=task)) == 1
    assert len(list((studio.hq / "show_a").glob("_vendors/*/to/*/manifest.json"))) == 1
    assert len(list(studio.demo.workspace.each(Delivery))) == 1
    assert "Traceback" not in first.said + second.said + third.said


def test_a_service_without_a_group_or_anybody_to_hand_out_to_says_so_and_ends(
    studio: Studio, start: Callable[[], Process], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTRACK_ACCSYN_SEND_TO", "site=*")
    start().says("names no vendors")
    (tmp_path / "vendors.json").write_text("{}")
    start().says("No group is named")
