"""The snapshot that all faces show."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Optional

import pytest

from ftrack_accsyn_accessor.insight import rows, status
from ftrack_accsyn_accessor.insight.leading import NOBODY
from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import Unreachable
from ftrack_accsyn_accessor.model.item import State, Studio, Trouble
from ftrack_accsyn_accessor.outbox import facts
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from unit.insight.conftest import NO_CLIENT, move, stop, submit
from unit.outbox.conftest import Desk

# The summary.


def test_empty_outbox_is_all_arrived_and_safe_to_quit(desk: Desk) -> None:
    found = status.summary(desk.outbox)

    assert (found.items, found.percent, found.left_bytes) == (0, 100, 0)
    assert (found.safe_to_quit, found.all_arrived, found.problem) == (True, True, "")
    assert (found.staging_present, found.free_bytes) == (False, None)


def test_states_are_counted_in_groups(desk: Desk) -> None:
    desk.prepare("prepared")
    first, second, third = submit(desk, "moves", "fails", "arrives")
    desk.pending("pending")
    move(desk, first, 4)
    stop(desk, second)
    desk.outbox.tracking.synced([third])

    found = status.summary(desk.outbox)

    assert (found.pending, found.moving, found.stuck, found.synced, found.items) == (2, 1, 1, 1, 5)
    assert found.counts[State.PREPARED] == found.counts[State.TRANSFERRING] == 1
    assert found.sizes_bytes[State.SYNCED] == 10


@pytest.mark.parametrize(
    ("state", "safe", "arrived", "percent", "word"),
    [
        ("prepared", False, False, 0, "not been handed to accsyn"),
        ("pending", False, False, 0, "not been handed to accsyn"),
        ("submitted", True, False, 0, "accsyn carries 1 component"),
        ("stuck", True, False, None, "somebody should look at"),
        ("synced", True, True, 100, "has arrived"),
    ],
)
def test_quitting_is_safe_as_soon_as_accsyn_has_everything(
    desk: Desk, state: str, safe: bool, arrived: bool, percent: Optional[int], word: str
) -> None:
    if state == "prepared":
        desk.prepare("c1")
    elif state == "pending":
        desk.pending("c1")
    else:
        (item,) = submit(desk, "c1")
        if state == "stuck":
            stop(desk, item)
        elif state == "synced":
            desk.outbox.tracking.synced([item])

    found = status.summary(desk.outbox)

    assert (found.safe_to_quit, found.all_arrived, found.percent) == (safe, arrived, percent)
    assert word in found.safe_reason


def test_withdrawn_item_counts_as_nothing_else(desk: Desk) -> None:
    (half,) = submit(desk, "c1")
    move(desk, half, 5)
    desk.outbox.withdraw([desk.item("c1")], "Nobody wants it.")

    found = status.summary(desk.outbox)
    (row,) = rows.rows(desk.outbox)

    assert (found.withdrawn, found.pending, found.moving, found.stuck, found.synced, found.items) == (1, 0, 0, 0, 0, 1)
    assert (found.safe_to_quit, found.all_arrived, found.percent, found.total_bytes) == (True, True, 100, 0)
    assert (row.state, row.percent, row.files_done) == (State.WITHDRAWN, 0, 0)
    assert (row.cause, row.remedy) == ("Nobody wants it.", rows.FREE_WITHDRAWN)


@pytest.mark.parametrize("cause", [f"Nobody wants it. {rows.FREE_WITHDRAWN}", "Nobody wants it."])
def test_withdrawn_item_tells_its_remedy_once(desk: Desk, cause: str) -> None:
    desk.outbox.withdraw(desk.pending("c1"), cause)

    (row,) = rows.rows(desk.outbox)

    assert f"{row.cause} {row.remedy}" == f"Nobody wants it. {rows.FREE_WITHDRAWN}"


# Nobody is there.


def test_what_waits_with_nobody_there_says_so_in_summary_and_rows(desk: Desk, leader: ProcessLock) -> None:
    submit(desk, "moving")
    desk.pending("pending")
    stop(desk, submit(desk, "stuck")[0])
    assert not status.summary(desk.outbox).unattended
    leader.release()

    found = status.summary(desk.outbox)

    assert found.unattended
    assert (found.problem, found.problem_remedy) == (NOBODY, "Open one, or run: ftrack-accsyn drain.")
    assert found.safe_reason == (
        "1 component has not been handed to accsyn yet, and no application with the plugin runs here that would do it."
    )
    told = {row.component_id: row.notes for row in status.with_nobody(rows.rows(desk.outbox), found)}
    assert told == {"moving": (rows.NOT_NOTICED,), "pending": (rows.NOT_SENT,), "stuck": ()}


@pytest.mark.parametrize("worker", [True, False])
def test_application_whose_worker_has_ended_is_told_to_be_restarted(
    desk: Desk, leader: ProcessLock, worker: bool
) -> None:
    desk.pending("c1")
    leader.release()

    found = status.summary(desk.outbox, worker=worker)

    assert (found.unattended, found.problem_remedy) == ((False, "") if worker else (True, "Restart this application."))


def test_item_that_changed_a_moment_ago_leaves_a_process_its_moment(desk: Desk, leader: ProcessLock) -> None:
    desk.pending("c1")
    leader.release()
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET updated_at = ?", (time.time(),))

    assert not status.summary(desk.outbox).unattended


def test_item_that_waits_for_its_time_is_nobodys_work_before_that(desk: Desk, leader: ProcessLock) -> None:
    desk.outbox.delay(desk.pending("c1"), Unreachable("connect"), time.time() + 60)
    leader.release()

    assert not status.summary(desk.outbox).unattended


def test_what_waits_for_another_studio_alone_is_not_said_to_wait_for_somebody(desk: Desk, leader: ProcessLock) -> None:
    desk.outbox.prepare([desk.publication("a", **ELSEWHERE)], "owner")
    desk.outbox.activate(["a"], "l1")
    desk.outbox.delay(desk.pending("b"), Unreachable("connect"), time.time() + 60)
    leader.release()

    assert not status.summary(desk.outbox, OURS).unattended


# Other studios.


OURS = Studio("https://acme.test/", "ACME")
ELSEWHERE = {"server_url": "https://b.ftrackapp.com", "workspace": "b"}


def test_what_waits_for_another_studio_is_named_with_its_number(desk: Desk) -> None:
    desk.outbox.prepare([desk.publication(name, **ELSEWHERE) for name in ("a", "b")], "owner")
    desk.outbox.activate(["a", "b"], "l1")

    found = status.summary(desk.outbox, OURS)

    (remark,) = found.remarks
    assert (remark.topic, remark.where, remark.count, remark.unsent) == (
        Topic.OTHER_STUDIO,
        "workspace b at https://b.ftrackapp.com",
        2,
        True,
    )
    assert str(remark) == (
        "2 components wait for workspace b at https://b.ftrackapp.com: they are sent when somebody logs in there."
    )
    assert (found.pending, found.pending_elsewhere, found.left, found.unsent_bytes) == (2, 2, 0, 0)
    assert (found.safe_to_quit, found.all_arrived, found.percent) == (False, False, 0)
    assert found.safe_reason == remark.what


def test_own_items_come_before_those_of_another_studio(desk: Desk) -> None:
    desk.outbox.prepare([desk.publication("a", **ELSEWHERE), desk.publication("b", workspace="acme")], "owner")
    desk.outbox.activate(["a", "b"], "l1")

    found = status.summary(desk.outbox, OURS)

    assert (found.pending, found.pending_elsewhere, found.left, found.unsent_bytes) == (2, 1, 1, 10)
    assert found.safe_reason.startswith("1 component has not been handed to accsyn yet;")


def test_what_is_on_the_way_in_another_studio_is_safe_to_leave(desk: Desk) -> None:
    desk.outbox.prepare([desk.publication("a", **ELSEWHERE)], "owner")
    desk.outbox.activate(["a"], "l1")
    desk.outbox.submitted(desk.outbox.due(1), desk.outbox.job_found(desk.job(), "j" * 24))

    found = status.summary(desk.outbox, OURS)

    (remark,) = found.remarks
    assert "1 component is on the way in workspace acme at https://b.ftrackapp.com;" in remark.what
    assert (found.moving, found.moving_elsewhere, found.left) == (1, 1, 0)
    assert (found.safe_to_quit, found.all_arrived, remark.unsent) == (True, False, False)


@pytest.mark.parametrize(
    ("publication", "present"),
    [
        ({"workspace": "acme"}, OURS),
        ({"workspace": ""}, OURS),
        (ELSEWHERE, Studio("", "")),
        ({"workspace": "b"}, Studio("https://acme.test", "")),
        (ELSEWHERE, Studio("", "b")),
    ],
)
def test_studio_of_which_nothing_else_is_known_is_no_other(
    desk: Desk, publication: dict[str, str], present: Studio
) -> None:
    desk.outbox.prepare([desk.publication("a", **publication)], "owner")

    assert status.summary(desk.outbox, present).remarks == ()
    assert rows.rows(desk.outbox, studio=present)[0].cause == ""


def test_row_of_another_studio_says_for_whom_it_waits_and_is_not_tried_here(desk: Desk) -> None:
    desk.outbox.prepare([desk.publication("a", **ELSEWHERE)], "owner")
    desk.outbox.activate(["a"], "l1")
    desk.outbox.delay(desk.outbox.due(1), Unreachable("connect"), desk.clock.now + 60)

    (row,) = rows.rows(desk.outbox, studio=OURS)

    assert (row.cause_kind, row.cause) == ("other-studio", "It waits for workspace b at https://b.ftrackapp.com.")
    assert row.remedy == "It is sent when somebody logs in there."
    assert row.next_try_at is None
    assert (row.server_url, row.workspace) == ("https://b.ftrackapp.com", "b")


def test_item_of_another_studio_that_needs_attention_keeps_its_cause(desk: Desk) -> None:
    desk.outbox.prepare([desk.publication("a", **ELSEWHERE)], "owner")
    desk.outbox.activate(["a"], "l1")
    desk.outbox.needs_attention(desk.outbox.due(1), NO_CLIENT, desk.clock.now + 60)

    (row,) = rows.rows(desk.outbox, studio=OURS)

    assert (row.cause_kind, row.cause) == ("not-ready", NO_CLIENT.what)


def test_progress_covers_what_is_pending_moving_and_arrived_since_the_round_began(desk: Desk) -> None:
    before, *items = submit(desk, "before", "a", "b", "c")
    desk.outbox.tracking.synced([before])
    desk.clock.now += 60
    job = desk.job()
    desk.outbox.tracking.round_begun(job.id, "")
    desk.outbox.tracking.saw_job(job.id, "running", 2.0, 8.0)
    desk.outbox.tracking.synced(items[:1])
    move(desk, items[1], 4, 2.0, 3.0)
    desk.pending("d")

    found = status.summary(desk.outbox)

    assert (found.total_bytes, found.done_bytes, found.left_bytes, found.percent) == (40, 14, 26, 35)
    assert (found.speed_bytes_per_s, found.time_left_s) == (2.0, 13.0)


def test_speed_of_a_job_that_does_not_run_does_not_count(desk: Desk) -> None:
    submit(desk, "a")
    job = desk.job()
    desk.outbox.tracking.round_begun(job.id, "")
    desk.outbox.tracking.saw_job(job.id, "paused", 2.0, 8.0)

    found = status.summary(desk.outbox)

    assert (found.speed_bytes_per_s, found.time_left_s) == (None, None)


def test_pause_is_shown_as_pausing_until_accsyn_reports_every_job_still(desk: Desk) -> None:
    submit(desk, "a")
    job = desk.job()
    desk.outbox.tracking.saw_job(job.id, "running")
    desk.outbox.control.pause("artist@ws1")

    assert status.summary(desk.outbox).pausing
    desk.outbox.control.keep_paused_jobs([job.id])
    desk.outbox.tracking.saw_job(job.id, "paused")

    found = status.summary(desk.outbox)
    assert (found.paused is not None, found.pausing, found.resuming) == (True, False, False)
    assert found.paused is not None
    assert found.paused.by == "artist@ws1"
    desk.outbox.control.resume()
    found = status.summary(desk.outbox)
    assert (found.paused, found.pausing, found.resuming) == (None, False, True)


def test_reason_not_to_quit_names_the_pause(desk: Desk) -> None:
    desk.pending("a")
    desk.outbox.control.pause("artist")

    assert "paused" in status.summary(desk.outbox).safe_reason


def test_problem_with_the_connection_is_shown_while_something_waits_for_it(desk: Desk) -> None:
    contact = facts.ContactLog(desk.outbox, desk.clock)
    contact.failed(NO_CLIENT, 60.0)

    assert status.summary(desk.outbox).problem == ""
    desk.pending("a")

    found = status.summary(desk.outbox)
    assert (found.problem, found.problem_remedy) == (NO_CLIENT.what, "Start the app.")
    assert found.contact.next_try_at == desk.clock.now + 60


def test_problem_is_otherwise_that_of_the_item_that_met_one_last(desk: Desk) -> None:
    first, second = submit(desk, "a", "b")
    stop(desk, first, Trouble.ABORTED)
    desk.clock.now += 1
    stop(desk, second)

    found = status.summary(desk.outbox)

    assert found.problem == "accsyn could not transfer it: E#J057 Disk full."
    assert found.problem_remedy == progress.remedy(Trouble.FAILED, words="E#J057 Disk full")


def test_place_and_free_space_are_shown_until_the_disk_is_unplugged(desk: Desk, tmp_path: Path) -> None:
    area = StagingArea(str(tmp_path / "staging"))
    area.prepare()
    facts.keep(desk.outbox, facts.Area("artist.ws1", area.root, area.uuid))
    facts.keep(desk.outbox, facts.Link("acme", "artist@acme.test", party="acme", destination="studio.hq"))

    found = status.summary(desk.outbox)
    assert (found.location_name, found.staging_path, found.destination) == ("artist.ws1", area.root, "studio.hq")
    assert found.staging_present
    assert found.free_bytes is not None
    (tmp_path / "staging").rename(tmp_path / "unplugged")

    found = status.summary(desk.outbox)
    assert (found.staging_present, found.free_bytes) == (False, None)


def test_damaged_outbox_that_was_kept_aside_is_a_problem(desk: Desk) -> None:
    desk.outbox.open()
    desk.path.with_name(f"{desk.path.name}.damaged-2026-11-21T120000Z-wal").touch()
    assert status.summary(desk.outbox).problem == ""
    desk.path.with_name(f"{desk.path.name}.damaged-2026-11-21T120000Z").touch()

    found = status.summary(desk.outbox)

    assert found.problem == ("An earlier outbox was damaged and is kept as outbox.sqlite3.damaged-2026-11-21T120000Z.")
    assert "reconcile" in found.problem_remedy
