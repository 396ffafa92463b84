"""Carrying due items into jobs: what is wrong with one item, one job or one project stops only that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from ftrack_accsyn_accessor.model import errors, retry
from ftrack_accsyn_accessor.model.item import Item, Kind, State, Trouble
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.lookup import COMPLETE
from ftrack_accsyn_accessor.worker.submission import ABANDONED_S, Submission
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench

Submit = Callable[..., Optional[errors.AccsynAccessorError]]

#: What accsyn says when it does not like what it is asked for.
REFUSED = {"status": 400, "body": {"message": "The path is not allowed."}}


@pytest.fixture
def submit(bench: Bench, workspace: Workspace, office: demo.Demo) -> Submit:
    """Return a function that submits what is due, and gives what kept it from submitting."""
    bench.outbox.keep_fact(COMPLETE, "1")

    def run(queue: Optional[str] = None) -> Optional[errors.AccsynAccessorError]:
        submission = Submission(
            outbox=bench.outbox,
            area=bench.area,
            workspace=workspace,
            claims=Claims(bench.outbox, lambda: bench.registrations, bench.clock),
            client_id=office.artist_client.id,
            destination=bench.hq,
            studio=bench.studio,
            queue=queue,
            clock=bench.clock,
        )
        try:
            return submission.submit(bench.outbox.due(1000))
        except errors.NotReady as error:
            return error

    return run


def sources(office: demo.Demo) -> dict[str, list[str]]:
    """Return the paths of the tasks of each job, by the job's project, below the folder of the test."""
    return {
        job.name.split()[0]: sorted("/".join(task.source.split("/")[3:]) for task in job.tasks)
        for job in office.workspace.jobs()
    }


def other_project(bench: Bench, *names: str) -> list[Item]:
    return bench.pending(*names, project_id=bench.ftrack.ids["show_b"], project_name="show_b")


def test_due_items_of_a_project_go_in_one_call_in_one_job(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a", "b")
    bench.queued(bench.publication("frames", Kind.SEQUENCE, count=3))

    submit()

    assert sources(office) == {"show_a": ["a.mov", "b.mov", "frames.%04d.exr[1001-1003]"]}
    assert set(bench.states().values()) == {"submitted"}
    assert accsyn.log.count("transfer/create") == 1
    assert accsyn.log.count("task/create") == 0


def test_what_comes_later_is_added_to_the_job(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    submit()
    bench.pending("b")
    submit()

    assert sources(office) == {"show_a": ["a.mov", "b.mov"]}
    assert accsyn.log.count("transfer/create") == 1


def test_each_project_has_a_job_with_its_queue(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.pending("a")
    other_project(bench, "b")

    submit()

    assert sources(office) == {"show_a": ["a.mov"], "show_b": ["b.mov"]}
    assert {job.name.split()[0]: job.queue for job in office.workspace.jobs()} == {
        "show_a": "show_a",
        "show_b": "Medium",
    }


def test_job_is_dated_by_the_clock_of_the_machine(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.pending("a")
    submit()
    bench.pass_by(24 * 3600.0)
    bench.pending("b")
    submit()

    assert len({job.name for job in office.workspace.jobs()}) == 2


# Files that are not as they were published.


def test_changed_or_missing_file_stops_its_item_alone(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    changed, missing, _ = bench.pending("changed", "missing", "sound")
    bench.stage(changed.publication.path, b"something else")
    Path(bench.area.root, *missing.publication.path.split("/")).unlink()

    submit()

    assert sources(office) == {"show_a": ["sound.mov"]}
    stopped = "needs-attention: file-changed"
    assert bench.states() == {"changed": stopped, "missing": stopped, "sound": "submitted"}
    assert bench.item("changed").next_try_at == bench.clock.now + retry.ITEM_DELAY_S


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.SEQUENCE])
def test_item_whose_list_of_files_is_lost_is_not_sent_as_nothing(
    bench: Bench, submit: Submit, office: demo.Demo, kind: Kind
) -> None:
    item = bench.queued(bench.publication("lost", kind))
    with bench.outbox._connections.writing() as connection:
        connection.execute("DELETE FROM files WHERE item = ?", (item.id,))

    submit()

    assert office.workspace.jobs() == []
    assert "lost the list of its files" in bench.item("lost").cause


def test_container_without_files_has_arrived_without_a_job(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.queued(bench.publication("empty", Kind.CONTAINER, count=0))

    submit()

    item = bench.item("empty")
    assert (item.state, item.arrived_at, item.destination) == (State.TRANSFERRING, bench.clock.now, bench.hq)
    assert office.workspace.jobs() == []


@pytest.mark.parametrize("name", ["Thumbs.db", ".DS_Store"])
def test_file_that_accsyn_passes_over_needs_attention(
    bench: Bench, submit: Submit, office: demo.Demo, name: str
) -> None:
    path = f"{bench.ftrack.folder}/{name}"
    bench.queued(bench.publication("odd", resource_identifier=path, files=(bench.stage(path),)))

    submit()

    assert bench.states() == {"odd": f"needs-attention: {Trouble.NEVER_SENT.value}"}
    assert name in bench.item("odd").cause
    assert office.workspace.jobs() == []


# Containers.


def test_folder_that_holds_nothing_else_goes_as_one_task(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.queued(bench.publication("pack", Kind.CONTAINER, count=3))

    submit()

    assert sources(office) == {"show_a": ["pack"]}


def test_folder_with_a_file_of_somebody_else_goes_file_by_file(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.queued(bench.publication("pack", Kind.CONTAINER, count=2))
    bench.stage(f"{bench.ftrack.folder}/pack/foreign.txt")

    submit()

    assert sources(office) == {"show_a": ["pack/0.txt", "pack/1.txt"]}


# Refusals.


#: In how many ways a job with one file is created: as usual, without the setting, with the whole destination.
IN_ALL_WAYS = 3


def refuse(accsyn: AccsynService, times: int) -> None:
    accsyn.switches.fail_next("transfer/create", times=times, **REFUSED)


def test_refused_call_is_divided_until_the_refused_item_is_found(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a", "b", "c", "d", "e")
    refuse(accsyn, 4)  # all together, without the setting as well, and the first alone, in other words as well

    submit()

    assert sources(office) == {"show_a": ["b.mov", "c.mov", "d.mov", "e.mov"]}
    assert bench.states() == {"a": "needs-attention: refused", **dict.fromkeys("bcde", "submitted")}
    assert "The path is not allowed." in bench.item("a").cause


def test_what_is_refused_at_both_ends_is_taken_for_refused_between_them(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending(*"abcdefgh")
    refuse(accsyn, 1000)

    submit()

    assert set(bench.states().values()) == {"needs-attention: refused"}
    assert accsyn.log.count("transfer/create") == 6
    assert office.workspace.jobs() == []


def test_refused_creation_is_none_that_may_still_be_under_way(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    refuse(accsyn, IN_ALL_WAYS)
    submit()

    bench.pending("b")
    submit()

    assert bench.states() == {"a": "needs-attention: refused", "b": "submitted"}
    assert sources(office) == {"show_a": ["b.mov"]}


def test_refusal_for_one_project_says_nothing_of_the_next(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    other_project(bench, "b")
    refuse(accsyn, IN_ALL_WAYS)

    submit()

    assert bench.states() == {"a": "needs-attention: refused", "b": "submitted"}


def test_volume_that_accsyn_does_not_know_is_no_fault_of_the_items(
    bench: Bench, submit: Submit, office: demo.Demo
) -> None:
    office.workspace.employee_volumes = "granted"
    bench.pending("a", volume="elsewhere")

    error = submit()

    assert isinstance(error, errors.NotReady)
    assert "accsyn has no volume with this code" in str(error)
    assert bench.item("a").state is State.PENDING
    assert not bench.item("a").attempted


def test_queue_that_accsyn_does_not_know_keeps_items_waiting(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.pending("a")

    error = submit("urgent")

    assert isinstance(error, errors.NotReady)
    assert "accsyn has no such queue" in str(error)
    assert bench.item("a").state is State.PENDING
    assert office.workspace.jobs() == []

    office.workspace.add_queue("urgent", 900)
    bench.outbox.wake(errors.NotReady.kind)
    submit("urgent")
    assert [job.queue for job in office.workspace.jobs()] == ["urgent"]


# Answers that do not come.


def test_lost_answer_of_one_job_delays_its_items_alone(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    other_project(bench, "b")
    accsyn.switches.drop_after("transfer/create")

    submit()

    assert bench.states() == {"a": "pending: no-answer", "b": "submitted"}
    item = bench.item("a")
    assert item.attempted
    assert item.next_try_at is not None
    assert 0.0 < item.next_try_at - bench.clock.now <= retry.FIRST_DELAY_S


def test_job_whose_creation_was_not_answered_is_found_and_not_made_again(
    bench: Bench, submit: Submit, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    accsyn.switches.drop_after("transfer/create")
    submit()

    bench.outbox.wake(errors.Uncertain.kind)
    submit()

    assert bench.states() == {"a": "submitted"}
    assert sources(office) == {"show_a": ["a.mov"]}
    assert accsyn.log.count("transfer/create") == 1


def test_job_that_accsyn_does_not_have_any_more_is_made_anew(bench: Bench, submit: Submit, office: demo.Demo) -> None:
    bench.pending("a")
    submit()
    (job,) = office.workspace.jobs()
    office.workspace.delete_job(job.id)
    bench.pending("b")

    submit()

    assert sources(office) == {"show_a": ["b.mov"]}
    assert bench.states()["b"] == "submitted"


# Temporaries.


@pytest.mark.parametrize(("age_s", "path"), [(ABANDONED_S + 60.0, "pack"), (0.0, "pack/0.txt")])
def test_temporary_in_the_folder_counts_as_somebody_elses_while_it_may_be_written_to(
    bench: Bench, submit: Submit, office: demo.Demo, age_s: float, path: str
) -> None:
    bench.queued(bench.publication("pack", Kind.CONTAINER))
    temporary: Any = Path(bench.area.root, *bench.ftrack.folder.split("/"), "pack", ".0.txt.01234567.accsyn-part")
    temporary.write_bytes(b"half")
    at = temporary.stat().st_mtime - age_s
    os.utime(temporary, (at, at))

    submit()

    assert temporary.exists() == (age_s == 0.0)
    assert bench.states() == {"pack": "submitted"}
