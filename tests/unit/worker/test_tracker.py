"""How often accsyn is asked, about which jobs, and when their tasks are read: rarely where nothing moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF
from ftrack_accsyn_accessor.worker import tracker as module
from ftrack_accsyn_accessor.worker.tracker import ALONE_AT_MOST, LONGEST_S, SAFETY_S, SOON_S, STAMP_S, Tracker
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench
from unit.worker.test_submission import REFUSED, Submit, other_project, submit

__all__ = ["submit"]  # a fixture


@dataclasses.dataclass
class Watch:
    """A tracker, the bench that it works on, and what it asked accsyn for."""

    bench: Bench
    tracker: Tracker
    accsyn: AccsynService
    office: demo.Demo

    def calls(self) -> list[str]:
        """Return what accsyn was asked since the last time, logins aside."""
        found = [name for name in self.accsyn.log.operations() if name not in ("master", "api/login")]
        self.accsyn.log.clear()
        return found

    def looks(self, seconds: float) -> list[tuple[float, int]]:
        """Let time pass; return the seconds between looks, and how many calls each one took."""
        self.calls()
        found: list[tuple[float, int]] = []
        last = self.bench.monotonic.now
        end = last + seconds
        while self.bench.monotonic.now < end:
            delay_s = self.tracker.step()
            calls = self.calls()
            if calls:
                found.append((self.bench.monotonic.now - last, len(calls)))
                last = self.bench.monotonic.now
            self.bench.pass_by(delay_s or 0.1)
        return found

    def move(self, number: int = 0) -> None:
        """Let a job look otherwise than before."""
        job = self.office.workspace.jobs()[number]
        status = "onhold" if job.tasks[0].status != "onhold" else "queued"
        self.office.workspace.set_task_status(job.id, job.tasks[0].uri, status)


@pytest.fixture
def watch(bench: Bench, workspace: Workspace, accsyn: AccsynService, office: demo.Demo) -> Iterator[Watch]:
    current = settings.read({"ACCSYN_WORKSPACE": "acme"})
    tracker = Tracker(bench.outbox, bench.area, workspace, bench.registrations, current, bench.clock, bench.monotonic)
    yield Watch(bench, tracker, accsyn, office)
    tracker.close()


def test_nothing_on_its_way_is_no_question(watch: Watch) -> None:
    watch.bench.pending("a")

    assert watch.tracker.step() is None
    assert watch.calls() == []


def test_what_has_just_been_submitted_is_looked_at_at_once_and_then_more_and_more_rarely(
    watch: Watch, submit: Submit
) -> None:
    watch.bench.pending("a")
    submit()

    looks = watch.looks(120.0)

    pauses = [pause for pause, _ in looks]
    assert pauses[0] == 0.0
    assert pauses[1] == SOON_S
    assert max(pauses) <= LONGEST_S
    assert pauses[-3:] == [pauses[-1]] * 3
    assert pauses[-1] > SOON_S
    assert all(count == 1 for _, count in looks[4:])


def test_tasks_are_read_when_the_job_moved_and_once_more(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    submit()
    watch.looks(120.0)

    watch.move()
    looks = watch.looks(30.0)

    assert [count for _, count in looks[:4]] == [2, 2, 1, 1]
    assert looks[1][0] == SOON_S
    assert watch.bench.states() == {"a": "needs-attention: on-hold"}


def test_tasks_of_a_job_that_looks_the_same_are_read_now_and_then(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    submit()
    watch.looks(60.0)

    reads = sum(count > 1 for _, count in watch.looks(2.5 * SAFETY_S))

    assert 2 <= reads <= 3


def test_new_items_of_a_job_are_looked_at_soon(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    submit()
    watch.looks(120.0)
    watch.bench.pending("b")
    submit()
    watch.calls()

    looks = watch.looks(10.0)

    assert looks[0][0] <= SOON_S


def test_several_jobs_are_looked_at_in_one_call(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    other_project(watch.bench, "b")
    submit()
    watch.looks(60.0)

    assert {count for _, count in watch.looks(60.0)} == {1}


def test_only_the_tasks_of_the_job_that_moved_are_read(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    other_project(watch.bench, "b")
    submit()
    watch.looks(60.0)

    watch.move(1)
    looks = watch.looks(20.0)

    assert looks[0][1] == 2
    assert watch.bench.states() == {"a": "submitted", "b": "needs-attention: on-hold"}


def test_tasks_that_cannot_be_read_stop_no_other_job_and_are_left_alone_for_a_while(
    watch: Watch, submit: Submit
) -> None:
    watch.bench.pending("a")
    other_project(watch.bench, "b")
    submit()
    watch.accsyn.switches.fail_next("task/find", **REFUSED)

    watch.tracker.step()
    asked = watch.calls().count("task/find")
    assert asked == 2

    watch.bench.pass_by(SOON_S)
    watch.tracker.step()
    assert watch.calls().count("task/find") == 1  # the other one, once more
    watch.bench.pass_by(module.FIRST_PAUSE_S)
    watch.tracker.step()
    assert watch.calls().count("task/find") >= 1


def test_call_without_an_answer_ends_the_look(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    other_project(watch.bench, "b")
    submit()
    watch.accsyn.switches.drop_before("task/find", times=10)
    watch.calls()

    watch.tracker.step()

    assert watch.calls().count("task/find") == 1


def test_many_jobs_that_moved_have_their_turn_one_after_the_other(watch: Watch, submit: Submit) -> None:
    for number in range(module.CALLS_PER_LOOK + 3):
        project = f"show{number}"
        watch.bench.pending(project, project_name=project, project_id=project)
    rows = watch.bench.outbox.items()
    assert len(list(rows)) == module.CALLS_PER_LOOK + 3
    submit()
    watch.calls()

    watch.tracker.step()
    assert watch.calls().count("task/find") == module.CALLS_PER_LOOK
    watch.bench.pass_by(SOON_S)
    watch.tracker.step()
    assert watch.calls().count("task/find") == module.CALLS_PER_LOOK


def test_that_nothing_has_changed_is_written_down_now_and_then(watch: Watch, submit: Submit) -> None:
    watch.bench.pending("a")
    submit()
    seen = set()
    for _ in range(int(4 * STAMP_S)):
        watch.tracker.step()
        (tracked,) = watch.bench.outbox.tracking.live_jobs()
        seen.add(tracked.polled_at)
        watch.bench.pass_by(1.0)

    assert 3 <= len(seen) <= 6
    assert tracked.status == "waiting"


# A machine that has another client by now.


def give_away(watch: Watch, **former: str) -> None:
    """Let the jobs wait for a client that is not this machine's."""
    client = watch.office.add_machine("former", None, **former)
    with watch.bench.outbox._connections.writing() as connection:
        connection.execute("UPDATE job SET source_party = ?", (f"client={client.id}",))


def test_what_waits_for_a_client_that_is_gone_is_given_up(watch: Watch, submit: Submit, workspace: Workspace) -> None:
    watch.bench.pending("a")
    submit()
    give_away(watch, status="offline")

    watch.tracker.leave_behind(workspace.client(watch.office.artist_client.id))

    item = watch.bench.item("a")
    assert watch.bench.states() == {"a": "needs-attention: client-gone"}
    assert "former" in item.cause
    assert "offline" in item.cause
    assert watch.office.artist_client.id in item.cause
    assert item.next_try_at == NOT_BY_ITSELF


def test_what_another_client_is_still_sending_is_left_to_it(watch: Watch, submit: Submit, workspace: Workspace) -> None:
    watch.bench.pending("a")
    submit()
    give_away(watch)

    watch.tracker.leave_behind(workspace.client(watch.office.artist_client.id))

    assert watch.bench.states() == {"a": "submitted"}


def test_what_waits_for_the_present_client_or_for_none_is_not_asked_after(
    watch: Watch, submit: Submit, workspace: Workspace
) -> None:
    present = workspace.client(watch.office.artist_client.id)
    watch.bench.pending("a")
    submit()
    watch.calls()

    watch.tracker.leave_behind(present)
    with watch.bench.outbox._connections.writing() as connection:
        connection.execute("UPDATE job SET source_party = ''")
    watch.tracker.leave_behind(present)

    assert watch.calls() == []
    assert watch.bench.states() == {"a": "submitted"}


def test_tasks_that_move_are_read_without_their_job_which_is_asked_for_when_they_stand_still(
    watch: Watch, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch.tracker, "_paced", lambda wanted_s, calls, took_s: 20.0)
    watch.bench.pending("a")
    submit()
    (row,) = watch.office.workspace.jobs()
    job = watch.office.workspace.job(row.id)
    job.status, job.tasks[0].status, job.tasks[0].size = "running", "executing", len(b"published")
    counts = []
    for done_bytes in range(1, 9):
        job.tasks[0].done_bytes = done_bytes
        counts += [count for _, count in watch.looks(20.0)]
    assert counts == [2, *[1] * ALONE_AT_MOST, 2, 1]

    watch.office.workspace.pause_job(row.id)
    watch.looks(40.0)

    assert watch.bench.states() == {"a": "transferring: paused"}
