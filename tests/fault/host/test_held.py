"""Sessions that open while another program has each new file open: staged as always, and the host hardly waits."""

from __future__ import annotations

import logging
import os
import threading

import pytest

from fault.host.test_opening import is_staged, said
from ftrack_accsyn_accessor.outbox import file, locations, memory
from ftrack_accsyn_accessor.staging import temporaries
from helpers import wait_until
from holding import ALWAYS, Holder
from publishing import Publisher


def test_session_is_staged_while_each_new_file_is_held_for_a_moment(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ftrack_accsyn_accessor")
    Holder(monkeypatch, tries=6)

    session = publisher.session()

    assert is_staged(session)
    assert said(caplog) == []
    component = publisher.publish_file(publisher.version(session))
    assert len(publisher.submitted(component)) == 1
    root = str(publisher.studio.staging)
    assert [each.name for each in locations.located(root)] == [session.pick_location()["name"]]
    assert memory.known(root) is not None
    assert [name for name in os.listdir(root) if temporaries.is_temporary_name(name)] == []


def test_session_is_staged_where_nothing_but_the_marker_can_be_let_go_and_the_probe_goes_later(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(monkeypatch, tries=ALWAYS, holds=lambda name: ".staging.json." not in name)

    session = publisher.session()

    assert is_staged(session)
    root = publisher.studio.staging
    assert any(temporaries.is_temporary_name(name) for name in os.listdir(root))
    holder.tries = 0
    session.pick_location().accsyn_staging.wake()
    wait_until(lambda: not any(temporaries.is_temporary_name(name) for name in os.listdir(root)), 20, "the probe to go")
    assert temporaries._held == set()


@pytest.mark.parametrize("but", ["no file at all", ".staging.json."])
def test_host_waits_less_than_two_seconds_where_everything_is_held_for_good(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, but: str
) -> None:
    host, waited_s = threading.get_ident(), [0.0]
    Holder(monkeypatch, tries=ALWAYS, holds=lambda name: but not in name)
    monkeypatch.setattr(file, "pause", lambda s: waited_s.append(s if threading.get_ident() == host else 0.0))

    session = publisher.session()

    assert 0.0 < sum(waited_s) < 2.0
    assert is_staged(session) or "Nothing can be staged on this machine" in said(caplog)[0]
