"""What somebody puts first after it was submitted gets its priority in accsyn, however often that takes."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.item import Kind, State
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.worker.priorities import AGAIN_S, REFUSED_S, Priorities
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench
from unit.worker.test_submission import REFUSED, Submit, other_project, submit

__all__ = ["submit"]  # a fixture


@pytest.fixture
def priorities(bench: Bench, workspace: Workspace) -> Priorities:
    return Priorities(bench.outbox, workspace, bench.monotonic)


def told(office: demo.Demo) -> dict[str, int]:
    """Return the priority of each task in accsyn, by the name of its file."""
    return {task.source.rsplit("/", 1)[1]: task.priority for job in office.workspace.jobs() for task in job.tasks}


def first(bench: Bench, *names: str, priority: int = 1000) -> None:
    ids = [bench.item(name).id for name in names]
    assert bench.outbox.control.first(ids, priority) == ids


def tell(bench: Bench, priorities: Priorities) -> None:
    priorities.tell(bench.outbox.control.untold(bench.studio))


def test_what_is_submitted_carries_its_priority_and_goes_before_the_others(
    bench: Bench, submit: Submit, office: demo.Demo
) -> None:
    bench.pending("a", "b", "c")
    first(bench, "c")
    first(bench, "b", priority=700)

    submit()

    assert list(told(office).items()) == [("c.mov", 1000), ("b.mov", 700), ("a.mov", 500)]
    assert bench.outbox.control.untold(bench.studio) == []


def test_what_waits_in_accsyn_is_given_its_priority_once(
    bench: Bench, submit: Submit, priorities: Priorities, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a", "b")
    bench.queued(bench.publication("frames", Kind.SEQUENCE, count=3))
    submit()
    first(bench, "b", "frames")
    accsyn.log.clear()

    tell(bench, priorities)
    tell(bench, priorities)

    assert told(office) == {"a.mov": 500, "b.mov": 1000, "frames.%04d.exr[1001-1003]": 1000}
    assert accsyn.log.operations() == ["task/find", "task/edit"]


def test_a_job_of_another_project_is_told_although_one_refuses(
    bench: Bench, submit: Submit, priorities: Priorities, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    other_project(bench, "b")
    submit()
    first(bench, "a", "b")
    accsyn.switches.fail_next("task/edit", **REFUSED)

    tell(bench, priorities)
    assert sorted(told(office).values()) == [500, 1000]

    tell(bench, priorities)
    assert accsyn.log.count("task/edit") == 2  # what was refused is not asked for over and over
    bench.pass_by(REFUSED_S)
    tell(bench, priorities)
    assert sorted(told(office).values()) == [1000, 1000]


def test_what_accsyn_has_not_answered_is_told_again_later(
    bench: Bench, submit: Submit, priorities: Priorities, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    submit()
    first(bench, "a")
    accsyn.switches.drop_after("task/edit")

    tell(bench, priorities)
    assert bench.outbox.control.untold(bench.studio)
    bench.pass_by(AGAIN_S)
    tell(bench, priorities)

    assert told(office) == {"a.mov": 1000}
    assert bench.outbox.control.untold(bench.studio) == []
    assert accsyn.log.count("task/edit") == 1  # it had been done


def test_task_that_the_job_has_already_keeps_its_priority_until_it_is_told(
    bench: Bench, submit: Submit, priorities: Priorities, office: demo.Demo
) -> None:
    bench.pending("a")
    submit()
    item = bench.item("a")
    change = Change(item, State.NEEDS_ATTENTION, item.progress, "transfer-failed", "The disk was full.")
    bench.outbox.tracking.record([change])
    first(bench, "a")

    submit()
    assert told(office) == {"a.mov": 500}  # as accsyn has it: adding it again changes nothing but its status
    tell(bench, priorities)

    assert told(office) == {"a.mov": 1000}


def test_priority_that_was_given_while_it_was_being_submitted_is_told(
    bench: Bench, submit: Submit, priorities: Priorities, office: demo.Demo
) -> None:
    bench.pending("a")
    due = bench.outbox.due

    def meanwhile(*arguments: object) -> object:
        found = due(*arguments)
        first(bench, "a")
        return found

    bench.outbox.due = meanwhile
    submit()
    assert told(office) == {"a.mov": 500}
    tell(bench, priorities)

    assert told(office) == {"a.mov": 1000}


def test_another_studios_is_not_told(bench: Bench, submit: Submit) -> None:
    bench.pending("a")
    submit()
    first(bench, "a")

    assert bench.outbox.control.untold(bench.studio._replace(server_url="https://other.test")) == []
