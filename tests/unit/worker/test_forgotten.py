"""What was forgotten is never sent, whenever that was; what accsyn has of it is excluded there, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.worker.cancelling import AGAIN_S, Cancelling
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench
from unit.worker.test_submission import REFUSED, Submit, submit

__all__ = ["submit"]  # a fixture


@pytest.fixture
def cancelling(bench: Bench, workspace: Workspace) -> Cancelling:
    return Cancelling(bench.outbox, workspace, bench.studio, bench.clock, bench.monotonic)


def statuses(office: demo.Demo) -> dict[str, str]:
    """Return the status of each task in accsyn, by the name of its file."""
    return {task.source.rsplit("/", 1)[1]: task.status for job in office.workspace.jobs() for task in job.tasks}


def stop(bench: Bench, name: str) -> Item:
    error = errors.Refused("add tasks", "the job", "the path is not allowed")
    bench.outbox.needs_attention([bench.item(name)], error, None)
    return bench.item(name)


def forget(bench: Bench, name: str) -> None:
    assert bench.outbox.past.forget([stop(bench, name).id], "artist") == 1


def failed(bench: Bench, office: demo.Demo, name: str) -> None:
    """Let the task of an item fail, and its item need attention for it."""
    (job,) = office.workspace.jobs()
    office.workspace.set_task_status(
        job.id, next(task.uri for task in job.tasks if task.source.endswith(f"{name}.mov")), "failed"
    )
    item = bench.item(name)
    change = Change(item, State.NEEDS_ATTENTION, item.progress, "transfer-failed", "The disk was full.")
    bench.outbox.tracking.record([change])


@pytest.mark.parametrize("with_job", [False, True], ids=["new job", "known job"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_is_forgotten_while_it_is_handed_over_leaves_no_task_to_run(
    bench: Bench,
    submit: Submit,
    cancelling: Cancelling,
    office: demo.Demo,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    with_job: bool,
) -> None:
    if with_job:
        bench.pending("earlier")
        submit()
    bench.pending("gone", "kept")
    stop(bench, "gone")
    attempt = Outbox.attempt

    def meanwhile(self: Any, *arguments: Any) -> None:
        """Forget it at this very moment, which no person could meet."""
        monkeypatch.setattr(Outbox, "attempt", attempt)
        if moment == "after":
            attempt(self, *arguments)
        forget(bench, "gone")
        if moment == "before":
            attempt(self, *arguments)

    monkeypatch.setattr(Outbox, "attempt", meanwhile)
    submit()
    cancelling.step()

    assert statuses(office).pop("gone.mov", "excluded") == "excluded"
    assert statuses(office)["kept.mov"] == "queued"
    assert bench.states()["kept"] == "submitted"


def test_its_failed_task_is_excluded_once_and_a_retried_job_does_not_send_it(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("gone", "kept")
    submit()
    failed(bench, office, "gone")
    bench.outbox.past.forget([bench.item("gone").id], "artist")

    cancelling.step()
    cancelling.step()

    assert statuses(office) == {"gone.mov": "excluded", "kept.mov": "queued"}
    assert accsyn.log.count("task/edit") == 1
    assert bench.outbox.past.to_exclude(bench.studio) == []
    office.workspace.resume_job(office.workspace.jobs()[0].id)
    assert statuses(office)["gone.mov"] == "excluded"


def test_published_anew_its_task_is_queued_again(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo
) -> None:
    (item,) = bench.pending("again")
    submit()
    failed(bench, office, "again")
    bench.outbox.past.forget([bench.item("again").id], "artist")
    cancelling.step()
    assert statuses(office) == {"again.mov": "excluded"}

    bench.queued(item.publication)
    submit()

    assert statuses(office) == {"again.mov": "queued"}
    assert bench.item("again").id > item.id


def test_task_that_another_item_needs_is_not_excluded(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo
) -> None:
    (item,) = bench.pending("again")
    submit()
    failed(bench, office, "again")
    bench.outbox.past.forget([bench.item("again").id], "artist")
    bench.queued(item.publication)
    submit()

    cancelling.step()

    assert statuses(office) == {"again.mov": "queued"}
    assert bench.outbox.past.to_exclude(bench.studio) == []


def test_what_accsyn_has_not_answered_is_asked_for_again_and_what_it_refuses_is_let_be(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("gone")
    submit()
    failed(bench, office, "gone")
    bench.outbox.past.forget([bench.item("gone").id], "artist")
    accsyn.switches.drop_before("task/edit")
    cancelling.step()
    assert bench.outbox.past.to_exclude(bench.studio)

    accsyn.switches.fail_next("task/edit", **REFUSED)
    bench.pass_by(AGAIN_S)
    cancelling.step()

    assert statuses(office) == {"gone.mov": "failed"}
    assert bench.outbox.past.to_exclude(bench.studio) == []


@pytest.mark.parametrize("fate", ["delete_job", "archive_job"])
def test_job_that_is_gone_has_nothing_to_exclude(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo, fate: str
) -> None:
    bench.pending("gone")
    submit()
    failed(bench, office, "gone")
    bench.outbox.past.forget([bench.item("gone").id], "artist")
    getattr(office.workspace, fate)(office.workspace.jobs()[0].id)

    cancelling.step()

    assert bench.outbox.past.to_exclude(bench.studio) == []


def test_job_whose_creation_was_never_answered_is_found_and_its_task_excluded(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("gone")
    accsyn.switches.drop_after("transfer/create")
    submit()
    assert statuses(office) == {"gone.mov": "queued"}
    forget(bench, "gone")
    assert bench.outbox.tracking_of(bench.studio).is_live()

    cancelling.step()

    assert statuses(office) == {"gone.mov": "excluded"}
    assert not bench.outbox.tracking_of(bench.studio).is_live()


def test_job_that_was_never_created_is_looked_for_until_it_cannot_come_any_more(
    bench: Bench, submit: Submit, cancelling: Cancelling, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("gone")
    accsyn.switches.drop_before("transfer/create")
    submit()
    forget(bench, "gone")
    cancelling.step()
    assert bench.outbox.past.to_exclude(bench.studio)

    bench.pass_by(AGAIN_S)
    cancelling.step()

    assert statuses(office) == {}
    assert bench.outbox.past.to_exclude(bench.studio) == []
