"""The snapshot that all faces show."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import pytest

from ftrack_accsyn_accessor.insight import rows, status
from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import NotReady, Refused, Unreachable
from ftrack_accsyn_accessor.model.item import RUNNING, Item, Kind, Sent, StagedFile, State, Studio, Trouble
from ftrack_accsyn_accessor.outbox import facts
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.staging.area import StagingArea
from making import route
from unit.outbox.conftest import Desk

NO_CLIENT = NotReady("find this machine's accsyn client", "ws1", "there is none", "Start the app.")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.sqlite3")
    yield made
    made.outbox.close()


JOB_NAME = route().name


def submit(desk: Desk, *component_ids: str) -> list[Item]:
    items = desk.pending(*component_ids)
    job = desk.outbox.job_found(desk.job(), "j" * 24)
    desk.outbox.submitted(items, job)
    return [desk.item(component_id) for component_id in component_ids]


def move(desk: Desk, item: Item, done_bytes: int, speed: float | None = None, left_s: float | None = None) -> None:
    moved = dataclasses.replace(item.progress, done_bytes=done_bytes, speed_bytes_per_s=speed, left_s=left_s)
    desk.outbox.tracking.record([Change(item, State.TRANSFERRING, moved)])


def stop(desk: Desk, item: Item, trouble: Trouble = Trouble.FAILED) -> None:
    cause = progress.cause(trouble, JOB_NAME, "E#J057 Disk full")
    change = Change(item, State.NEEDS_ATTENTION, item.progress, trouble.value, cause, desk.clock.now + 600)
    desk.outbox.tracking.record([change])


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
    assert found.problem_remedy == progress.remedy(Trouble.FAILED)


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


# Rows.


def test_rows_that_need_attention_come_first_then_the_newest(desk: Desk) -> None:
    items = {}
    for name in ("oldest", "failed", "newest"):
        desk.clock.now += 1
        (items[name],) = submit(desk, name)
    stop(desk, items["failed"])

    found = rows.rows(desk.outbox)

    assert [row.component_id for row in found] == ["failed", "newest", "oldest"]


def test_rows_are_paged_and_counted(desk: Desk) -> None:
    names = [f"c{number}" for number in range(7)]
    desk.pending(*names)

    pages = [rows.rows(desk.outbox, limit=3, offset=offset) for offset in (0, 3, 6)]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert {row.component_id for page in pages for row in page} == set(names)
    assert rows.count(desk.outbox) == 7


def test_rows_are_filtered_by_state_and_by_words(desk: Desk) -> None:
    desk.outbox.prepare(
        [
            desk.publication("a", component_name="beauty", version_name="plate v001"),
            desk.publication("b", component_name="Beauty_2", version_name="comp v002"),
            desk.publication("c", component_name="main%", version_name="comp v002"),
        ],
        "owner",
    )
    desk.outbox.activate(["a"], "l1")

    def found(search: str = "", *states: State) -> list[str]:
        assert rows.count(desk.outbox, states, search) == len(rows.rows(desk.outbox, states, search))
        return sorted(row.component_id for row in rows.rows(desk.outbox, states, search))

    assert found("BEAUTY") == ["a", "b"]
    assert found("beauty comp") == ["b"]
    assert found("%") == ["c"]
    assert found("y_2") == ["b"]
    assert found("'; DROP TABLE item") == []
    assert found("", State.PENDING) == ["a"]
    assert found("comp", State.PREPARED) == ["b", "c"]


def test_row_tells_cause_and_remedy_of_an_error_apart(desk: Desk) -> None:
    items = desk.pending("a")
    refusal = Refused("add tasks", "show_a job", "no write access", "Ask for access.")
    desk.outbox.needs_attention(items, refusal, desk.clock.now + 600)

    (row,) = rows.rows(desk.outbox)

    assert (row.cause_kind, row.cause, row.remedy) == ("refused", refusal.what, "Ask for access.")
    assert desk.item("a").cause == str(refusal)
    assert row.next_try_at == desk.clock.now + 600


@pytest.mark.parametrize("trouble", list(Trouble))
def test_row_tells_cause_and_remedy_of_a_trouble_apart(desk: Desk, trouble: Trouble) -> None:
    (item,) = submit(desk, "a")
    stop(desk, item, trouble)

    (row,) = rows.rows(desk.outbox)

    assert row.remedy == progress.remedy(trouble)
    assert row.cause
    assert row.remedy not in row.cause


def test_row_that_waits_for_somebody_has_no_next_try(desk: Desk) -> None:
    items = desk.pending("a")
    desk.outbox.needs_attention(items, NO_CLIENT, 9_000_000_000.0)

    assert rows.rows(desk.outbox)[0].next_try_at is None


def test_row_of_a_moving_sequence_estimates_its_files(desk: Desk) -> None:
    files = tuple(StagedFile(f"show_a/f.{frame}.exr", 10, 1) for frame in range(10))
    desk.outbox.prepare([desk.publication("s", kind=Kind.SEQUENCE, files=files)], "owner")
    desk.outbox.activate(["s"], "l1")
    desk.outbox.submitted(desk.outbox.due(1), desk.outbox.job_found(desk.job(), "j" * 24))
    move(desk, desk.item("s"), 45, 5.0, 11.0)

    (row,) = rows.rows(desk.outbox)

    assert (row.files, row.files_done, row.percent, row.kind) == (10, 4, 45, Kind.SEQUENCE)
    assert (row.speed_bytes_per_s, row.time_left_s) == (5.0, 11.0)
    assert (row.job, row.job_id) == (JOB_NAME, "j" * 24)
    desk.outbox.tracking.synced([desk.item("s")])
    (row,) = rows.rows(desk.outbox)
    assert (row.files_done, row.percent, row.synced_at) == (10, 100, desk.clock.now)


def test_row_tells_what_of_an_earlier_content_stays_at_the_destination(desk: Desk) -> None:
    def publish(last: int) -> None:
        files = tuple(StagedFile(f"show_a/x.{frame}.exr", 1, 1) for frame in range(1001, last + 1))
        desk.outbox.prepare([desk.publication("x", kind=Kind.SEQUENCE, files=files)], "owner")
        desk.outbox.activate(["x"], "l1")
        desk.outbox.submitted(desk.outbox.due(1), desk.outbox.job_found(desk.job(), "j" * 24))

    publish(1100)
    publish(1088)

    (row,) = rows.rows(desk.outbox)

    wanted = "12 files of its earlier content (x.1089.exr .. x.1100.exr) stay at the destination."
    assert (row.left_over, row.notes) == (wanted, (wanted,))
    desk.outbox.tracking.synced([desk.item("x")])
    publish(1087)
    assert rows.rows(desk.outbox)[0].left_over == (
        "1 file of its earlier content (x.1088.exr) stays at the destination."
    )


def test_row_tells_that_accsyn_still_sends_the_older_content(desk: Desk) -> None:
    (item,) = submit(desk, "a")
    desk.outbox.tracking.keep_sent(item, Sent((item.publication.path,), {item.publication.path: RUNNING}))

    (row,) = rows.rows(desk.outbox)

    assert row.waits_for_older
    assert row.notes == (rows.STILL_OLDER,)


def test_latest_are_those_that_changed_last(desk: Desk) -> None:
    desk.pending("a", "b")
    desk.clock.now += 5
    desk.outbox.delay([desk.item("a")], Unreachable("connect"), desk.clock.now + 1)

    assert [row.component_id for row in rows.latest(desk.outbox, 1)] == ["a"]


# Finding.


@pytest.fixture
def library(desk: Desk, tmp_path: Path) -> Desk:
    facts.keep(desk.outbox, facts.Area("artist.ws1", str(tmp_path / "staging"), "u"))
    frames = tuple(StagedFile(f"show_a/v1/f.{frame:04d}.exr", 1, 1) for frame in (1, 2))
    packed = (StagedFile("show_a/v1/pack/deep/a.txt", 1, 1),)
    desk.outbox.prepare(
        [
            desk.publication("file"),
            desk.publication("frames", kind=Kind.SEQUENCE, resource_identifier="show_a/v1/f.%04d.exr", files=frames),
            desk.publication("pack", kind=Kind.CONTAINER, resource_identifier="show_a/v1/pack", files=packed),
        ],
        "owner",
    )
    return desk


@pytest.mark.parametrize(
    ("text", "component"),
    [
        ("frames", "frames"),
        ("show_a/file.mov", "file"),
        ("show_a//./file.mov", "file"),
        ("{staging}/show_a/file.mov", "file"),
        ("show_a/v1/f.%04d.exr", "frames"),
        ("{staging}/show_a/v1/f.0002.exr", "frames"),
        ("show_a/v1/f.0003.exr", None),
        ("show_a/v1/pack", "pack"),
        ("show_a/v1/pack/deep/a.txt", "pack"),
        ("show_a/v1/pack/deep", None),
        ("/elsewhere/show_a/file.mov", None),
        ("{staging}", None),
        ("", None),
    ],
)
def test_item_is_found_by_component_or_by_any_of_its_files(
    library: Desk, tmp_path: Path, text: str, component: str | None
) -> None:
    row = rows.find(library.outbox, text.format(staging=tmp_path / "staging"))

    assert (row.component_id if row is not None else None) == component


def test_items_of_a_version_are_found(library: Desk) -> None:
    found = rows.of_version(library.outbox, "v1")

    assert {row.component_id for row in found} == {"file", "frames", "pack"}
    assert rows.of_version(library.outbox, "v2") == []
