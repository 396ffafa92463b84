"""What people see of a round of a sync job in ftrack: one Job, brought up to date, and one message at its end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack.job import UPDATE_S, FtrackJobs, ended_text, moving_text
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.item import Item, Progress, State, Trouble
from ftrack_accsyn_accessor.outbox.tracking import Change, Tally, TrackedJob
from making import item as an_item
from unit.ftrack.conftest import REFUSAL, Ftrack
from unit.outbox.conftest import Desk

MB = 1_000_000


# Words.


def tally(**changes: int) -> Tally:
    counts = dict.fromkeys(("items", "synced", "moving", "attention", "withdrawn", "files", "done_files"), 0)
    progress = Progress(changes.pop("done_bytes", 0), changes.pop("size_bytes", 0))
    return Tally(progress=progress, **{**counts, **changes})


def tracked(status: str = "", speed: float | None = None) -> TrackedJob:
    row: Any = None
    return TrackedJob(row, status, speed, None, None, None, "", "running", "", 0)


@pytest.mark.parametrize(
    ("found", "job", "text"),
    [
        (tally(files=1, done_bytes=25 * MB, size_bytes=100 * MB), tracked(), "0 of 1 file, 25 %"),
        (
            tally(files=48, done_files=12, done_bytes=25 * MB, size_bytes=100 * MB),
            tracked(speed=1.0 * MB),
            "12 of 48 files, 25 %, 1.0 MB/s, 1 min left",
        ),
        (
            tally(files=2, attention=1, withdrawn=3),
            tracked("paused"),
            "0 of 2 files, 0 %, 1 need attention, 3 withdrawn, paused in accsyn",
        ),
        (tally(files=2), tracked("executing"), "0 of 2 files, 0 %"),
    ],
)
def test_round_under_way_says_how_far_it_is(found: Tally, job: TrackedJob, text: str) -> None:
    assert moving_text(found, job) == text


def left_over(number: int) -> Item:
    return dataclasses.replace(an_item(number, component_name=f"c{number}"), left_over=f"old{number}.exr")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (tally(), "published anew"),
        (tally(items=1, synced=1, files=1, done_files=1, size_bytes=2 * MB), "1 of 1 file (2.0 MB) synced"),
        (
            tally(items=2, withdrawn=2),
            "2 of 2 components withdrawn, as ftrack does not have them any more",
        ),
        (
            tally(items=3, synced=1, attention=1, withdrawn=1, files=2, done_files=1),
            "1 of 2 files synced; 1 of 3 components withdrawn, as ftrack does not have them any more; "
            "1 of 3 components need attention. Disk full.",
        ),
    ],
)
def test_round_that_has_ended_says_how(found: Tally, text: str) -> None:
    assert ended_text(found, "Disk full.") == text


def test_what_stays_of_earlier_content_is_named_for_one_component_and_counted_for_the_others() -> None:
    done = tally(items=3, synced=3, files=3, done_files=3)

    one = ended_text(done, "", [left_over(1)])
    many = ended_text(done, "", [left_over(1), left_over(2), left_over(3)])

    assert "c1" in one
    assert "old1.exr" in one
    assert "more such components" not in one
    assert many == f"{one} (and 2 more such components)"


# Rounds.


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclasses.dataclass
class Office:
    """An outbox with rounds, and the ftrack in which they are shown."""

    ftrack: Ftrack
    desk: Desk
    jobs: FtrackJobs
    clock: Clock

    def send(self, *names: str, username: str = "artist", route: str = "show_a") -> list[Item]:
        for name in names:
            self.desk.outbox.prepare([self.desk.publication(name, username=username)], "owner")
        self.desk.outbox.activate(names, "l1")
        due = [each for each in self.desk.outbox.due(1000) if each.publication.component_id in names]
        self.desk.outbox.submitted(due, self.desk.outbox.job_found(self.desk.job(route), f"{route} in accsyn"))
        return [self.desk.item(name) for name in names]

    def become(self, item: Item, state: State, cause: str = "") -> None:
        kind = Trouble.FAILED.value if state is State.NEEDS_ATTENTION else ""
        change = Change(self.desk.item(item.publication.component_id), state, item.progress, kind, cause, 1e12)
        assert self.desk.outbox.tracking.record([change]) == 1

    def arrive(self, *items: Item) -> None:
        self.desk.outbox.tracking.synced([self.desk.item(item.publication.component_id) for item in items])

    def step(self) -> float | None:
        self.jobs.begin()
        self.clock.now += UPDATE_S
        return self.jobs.report()

    def shown(self) -> list[tuple[str, str]]:
        """Return status and description of each ftrack Job that a round of this test has."""
        rows = [row for row in self.ftrack.service.store.find("Job") if row["id"] in self.ours()]
        return [(row["status"], json.loads(row["data"])["description"].partition(": ")[2]) for row in rows]

    def ours(self) -> set[str]:
        with self.desk.outbox._connections.reading() as connection:
            return {row[0] for row in connection.execute("SELECT ftrack_job FROM job")}

    def calls(self) -> list[str]:
        found = self.ftrack.service.log.operations()
        self.ftrack.service.log.clear()
        return [each for each in found if "Job" in each]


@pytest.fixture
def office(ftrack: Ftrack, tmp_path: Path) -> Iterator[Office]:
    clock, desk = Clock(), Desk(tmp_path / "outbox.sqlite3")
    notices = Notices(ftrack.connection.credentials)
    jobs = FtrackJobs(desk.outbox.tracking, ftrack.connection, notices, clock)
    yield Office(ftrack, desk, jobs, clock)
    notices.close()
    desk.outbox.close()


def test_nothing_on_its_way_is_nothing_to_say(office: Office) -> None:
    assert office.step() is None
    assert office.calls() == []


def test_round_is_one_job_from_its_first_item_to_its_last(office: Office) -> None:
    first, second = office.send("c1", "c2")
    assert office.step() == UPDATE_S
    assert office.shown() == [("running", "0 of 2 files, 0 %")]

    office.arrive(first)
    office.step()
    assert office.shown() == [("running", "1 of 2 files, 50 %")]

    office.arrive(second)
    office.step()
    assert office.shown() == [("done", "2 of 2 files (20 B) synced")]
    assert office.step() is None


def test_job_that_says_the_same_is_not_written_again_and_its_existence_is_not_asked_after(office: Office) -> None:
    office.send("c1")
    office.step()
    assert office.calls() == ["create:Job"]

    office.step()
    assert office.calls() == []


def test_news_before_its_time_waits_and_the_end_does_not(office: Office) -> None:
    first, second = office.send("c1", "c2")
    office.step()
    office.arrive(first)
    office.clock.now += UPDATE_S - 0.1
    office.jobs.report()
    assert office.shown() == [("running", "0 of 2 files, 0 %")]

    office.arrive(second)
    office.jobs.report()
    assert office.shown() == [("done", "2 of 2 files (20 B) synced")]


def test_failure_is_shown_with_the_oldest_cause_and_the_repaired_round_goes_on_in_its_job(office: Office) -> None:
    first, second = office.send("c1", "c2")
    office.step()
    office.become(second, State.NEEDS_ATTENTION, "The second disk is full.")
    office.become(first, State.NEEDS_ATTENTION, "The first disk is full.")
    office.step()
    assert office.shown() == [
        ("failed", "0 of 2 files synced; 2 of 2 components need attention. The first disk is full.")
    ]
    job = office.ours()

    office.become(first, State.SUBMITTED)
    office.become(second, State.SUBMITTED)
    office.step()
    assert (office.ours(), [status for status, _ in office.shown()]) == (job, ["running"])


def test_round_with_a_failure_that_stands_is_another_job_for_what_comes_later(office: Office) -> None:
    (first,) = office.send("c1")
    office.step()
    office.become(first, State.NEEDS_ATTENTION, "Disk full.")
    office.step()
    job = office.ours()

    office.desk.clock.now += 10
    office.send("c2")
    office.step()

    assert office.ours() != job
    assert office.shown() == [("running", "0 of 1 file, 0 %")]


def test_each_sync_job_has_a_job_of_its_own(office: Office) -> None:
    office.send("c1")
    office.send("c2", route="show_b")

    office.step()

    assert len(office.shown()) == 2


def test_job_belongs_to_whom_published_last(office: Office) -> None:
    office.send("c1", username="artist")
    office.send("c2", username="admin")

    office.step()

    (row,) = [row for row in office.ftrack.service.store.find("Job") if row["id"] in office.ours()]
    assert row["user_id"] == office.ftrack.ids["admin"]


def test_refused_job_is_given_up_without_holding_anything(office: Office) -> None:
    (first,) = office.send("c1")
    office.ftrack.service.switches.fail_next("create:Job", status=200, body=REFUSAL)
    assert office.step() == UPDATE_S

    office.arrive(first)
    office.calls()
    assert office.step() == UPDATE_S
    assert office.shown() == []
    assert [call for call in office.calls() if "Job" in call] == []
    assert office.step() is None


def test_ftrack_that_is_away_is_left_alone_for_a_while(office: Office) -> None:
    office.send("c1")
    office.ftrack.service.switches.fail_next("create:Job", status=503)
    pause_s = office.step()
    assert pause_s is not None
    assert 0 < pause_s < UPDATE_S
    office.calls()

    assert office.jobs.report() == pytest.approx(pause_s)
    assert office.calls() == []

    office.clock.now += UPDATE_S
    office.step()
    assert [status for status, _ in office.shown()] == ["running"]


def test_job_of_an_earlier_process_is_found_in_ftrack(office: Office) -> None:
    (first,) = office.send("c1")
    office.step()
    notices = Notices(office.ftrack.connection.credentials)
    later = FtrackJobs(office.desk.outbox.tracking, office.ftrack.connection, notices, office.clock)

    office.arrive(first)
    later.begin()
    later.report()
    notices.close()

    assert office.shown() == [("done", "1 of 1 file (10 B) synced")]
