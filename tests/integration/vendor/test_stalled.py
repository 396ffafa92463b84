"""A push that accsyn has taken, and that stands still, becomes a delivery; nothing goes both ways."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.request import RequestState
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor.carrying import Carrying
from ftrack_accsyn_accessor.vendor.closing import being_handed_out
from ftrack_accsyn_accessor.vendor.handing_out import STALLED_S
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Outsourcing
from ftrack_accsyn_accessor.vendor.waiting import give_up, waiting
from ftrack_accsyn_sandbox.accsyn.entities import Job
from ftrack_accsyn_sandbox.studio import Studio
from handing import Handing


class Watching(Handing):
    """`later` lets hours pass for what looks after the push."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.now = time.time()
        super().__init__(studio, folder)

    def again(self, **rules: object) -> Outsourcing:
        super().again(**rules)
        self.outsourcing = Outsourcing(self.means, self.runtime, lambda: self.now)
        return self.outsourcing

    def pushed(self) -> HandedOut:
        """Hand out, to where accsyn has the push and has not begun."""
        self.studio.accsyn.engine.paused = True
        (handed_out,) = self.hand_out(self.work())
        self.run_for(30)
        assert handed_out.request is not None
        assert self.states(handed_out.request) == [State.SUBMITTED]
        self.outsourcing.advance()
        return self.seen(handed_out)

    def seen(self, handed_out: HandedOut) -> HandedOut:
        return self.outsourcing.handed_out([handed_out.key])[0]

    def look(self, passed_s: float = 60.0) -> None:
        self.now += passed_s
        self.outsourcing.advance()

    def job(self) -> Job:
        (found,) = self.studio.demo.workspace.each(Job)
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    with Studio(tmp_path / "studio") as studio:
        for name in ("FTRACK_API_SCHEMA_CACHE_PATH", "NO_PROXY", "NETRC"):
            monkeypatch.setenv(name, studio.environment()[name])
        working = Watching(studio, tmp_path)
        yield working
        working.close()


def becomes_a_delivery(desk: Watching, handed_out: HandedOut) -> None:
    """Assert that the push was taken back, and the same package is fetched instead."""
    push = desk.job()
    desk.run_for(60)
    desk.look()
    assert handed_out.request is not None
    assert desk.standing(handed_out.request).state is RequestState.CANCELLED
    other = desk.seen(handed_out)
    assert (other.over, other.way, other.leg, other.failed) == (True, "delivery", "vendor", "")
    assert other.request not in (None, handed_out.request)
    desk.studio.accsyn.engine.clear_failures()
    desk.studio.accsyn.engine.paused = False
    desk.run_for(60)
    fetched = desk.fetch()
    assert desk.carry(other.request or 0, 3000) == [State.SYNCED]
    assert (fetched / handed_out.package / "manifest.json").is_file()
    assert {task.status for task in push.tasks} == {"excluded"}
    assert desk.means.spool.waiting() == []


def test_a_push_whose_tasks_wait_for_the_vendor_to_choose_a_folder_is_delivered_after_a_while(desk: Watching) -> None:
    handed_out = stalled(desk)
    (told,) = waiting(desk.means, desk.now)
    assert "choose a folder" in told.cause
    desk.look(-60.0)
    assert desk.standing(handed_out.request or 0).cancelled_at is None
    desk.look(120.0)
    becomes_a_delivery(desk, handed_out)


def test_a_push_that_fails_for_good_is_delivered_after_a_while(desk: Watching) -> None:
    desk.map_volume()
    handed_out = desk.pushed()
    desk.studio.accsyn.engine.fail_path(f"*{handed_out.package}*")
    desk.studio.accsyn.engine.paused = False
    for _ in range(3):
        desk.studio.accsyn.engine.wait_idle(20.0)
        desk.run_for(60)
    assert desk.states(handed_out.request or 0) == [State.NEEDS_ATTENTION]
    desk.look()
    desk.look(STALLED_S + 60)
    becomes_a_delivery(desk, handed_out)


def stalled(desk: Watching) -> HandedOut:
    """Return what has stood still for long, and is looked at for the last time before it is taken back."""
    desk.map_volume()
    handed_out = desk.pushed()
    for task in desk.job().tasks:
        task.status = "pending"
    desk.look()
    desk.now += STALLED_S
    return handed_out


def test_a_process_that_dies_before_it_has_taken_the_push_back_leaves_that_to_the_next(
    desk: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out = stalled(desk)
    with monkeypatch.context() as patch:  # a kill at this very moment cannot be had otherwise
        patch.setattr(Carrying, "take_back", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        desk.look()
    desk.again()
    desk.look()
    becomes_a_delivery(desk, handed_out)


def test_what_is_over_by_the_time_that_its_push_was_taken_back_is_not_delivered(desk: Watching) -> None:
    handed_out = stalled(desk)
    desk.look()
    (record,) = outsourced.read(desk.means.connection)
    outsourced.write(desk.means.connection, dataclasses.replace(record, closed_at="2026-01-01T00:00:00Z"))
    desk.run_for(60)
    desk.look()
    assert "the work was over" in desk.seen(handed_out).failed
    assert len(desk.outbox.requests.latest(10)) == 1
    assert desk.means.spool.waiting() == []


def test_a_push_that_waits_for_a_client_to_be_online_stays_one(desk: Watching) -> None:
    desk.map_volume()
    handed_out = desk.pushed()
    for _ in range(3):
        desk.look(STALLED_S)
    assert desk.standing(handed_out.request or 0).cancelled_at is None
    assert (handed_out.over, desk.seen(handed_out).way) == (True, "push")
    assert being_handed_out(desk.means) == set(), "closing does not wait for it"
    desk.studio.accsyn.engine.paused = False
    assert desk.carry(handed_out.request or 0) == [State.SYNCED]
    desk.look()
    assert desk.means.spool.waiting() == []


def test_a_push_that_somebody_cancels_stays_cancelled(desk: Watching) -> None:
    desk.map_volume()
    handed_out = desk.pushed()
    with pytest.raises(errors.Conflict, match="accsyn has it already"):
        give_up(desk.means, handed_out.name)
    desk.outbox.requests.cancel(handed_out.request or 0)
    desk.run_for(60)
    desk.look()
    assert len(desk.outbox.requests.latest(10)) == 1
    assert desk.means.spool.waiting() == []


def test_a_hand_out_is_given_up_before_it_has_a_request(desk: Watching) -> None:
    preview = desk.outsourcing.preview(desk.work())
    desk.studio.ftrack.switches.fail_next(status=503, times=1)
    (handed_out,) = desk.outsourcing.confirm(preview, Requester("artist", desk.studio.ids["artist"]), "stopped")
    assert (handed_out.request, handed_out.over) == (None, False)
    give_up(desk.means, handed_out.name)
    desk.look()
    assert "was given up" in desk.seen(handed_out).failed
    assert desk.outbox.requests.latest(10) == []
