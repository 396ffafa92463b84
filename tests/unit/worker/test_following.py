"""Where the items of a job are, judged by their own tasks; what accsyn says of one says nothing of another."""

from __future__ import annotations

import logging
from typing import Callable

import pytest

from ftrack_accsyn_accessor.model import proof, retry
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, RUNNING, Kind, Sent, Trouble
from ftrack_accsyn_accessor.worker.following import Following
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench
from unit.worker.test_submission import REFUSED, Submit, submit

__all__ = ["submit"]  # a fixture

Follow = Callable[..., None]


@pytest.fixture
def follow(bench: Bench, workspace: Workspace) -> Follow:
    """Return a function that follows the one job there is, as accsyn shows it or as it is told."""
    tracking = bench.outbox.tracking_of(bench.studio)
    following = Following(tracking, workspace, bench.area, bench.clock)

    def run(status: str = "", certain: bool = True, gone: bool = False) -> None:
        (tracked,) = tracking.live_jobs()
        job = None if gone else workspace.get_job(tracked.row.accsyn_id)
        following.follow(tracked, job, status or (job.status if job is not None else proof.DELETED), certain)

    return run


def set_tasks(office: demo.Demo, **statuses: str) -> None:
    """Set the tasks whose paths hold a name to a status."""
    (job,) = office.workspace.jobs()
    for name, status in statuses.items():
        for task in job.tasks:
            if f"/{name}." in task.source:
                office.workspace.set_task_status(job.id, task.uri, status)


def test_items_wait_until_accsyn_begins(bench: Bench, submit: Submit, follow: Follow) -> None:
    bench.pending("a")
    submit()

    follow()

    assert bench.states() == {"a": "submitted"}


@pytest.mark.parametrize(
    ("status", "state", "again"),
    [
        ("failed", "needs-attention: transfer-failed", True),
        ("onhold", "needs-attention: on-hold", False),
        ("excluded", "needs-attention: excluded", False),
    ],
)
def test_task_that_does_not_go_on_stops_its_item_alone(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo, status: str, state: str, again: bool
) -> None:
    bench.pending("a", "b")
    submit()
    set_tasks(office, a=status)

    follow()

    assert bench.states() == {"a": state, "b": "submitted"}
    item = bench.item("a")
    assert item.next_try_at == (bench.clock.now + retry.ITEM_DELAY_S if again else NOT_BY_ITSELF)
    assert (item.progress.speed_bytes_per_s, item.progress.left_s) == (None, None)


def test_done_task_is_an_arrival_and_half_of_a_sequence_is_none(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo
) -> None:
    bench.pending("a")
    frames = [f"{bench.ftrack.folder}/main.{number}.exr" for number in (1, 2, 7)]
    identifier = f"{bench.ftrack.folder}/main.%d.exr"
    bench.queued(
        bench.publication(
            "wide", Kind.SEQUENCE, resource_identifier=identifier, files=tuple(bench.stage(path) for path in frames)
        )
    )
    submit()
    set_tasks(office, a="done", **{"main.%01d": "done"})

    follow()

    assert bench.item("a").arrived_at == bench.clock.now
    assert bench.item("wide").arrived_at is None
    assert bench.states() == {"a": "transferring", "wide": "transferring"}

    set_tasks(office, main="done")
    follow()
    assert bench.item("wide").arrived_at == bench.clock.now


def test_failure_is_told_with_the_words_of_the_job_and_its_log_is_read_once(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    submit()
    set_tasks(office, a="failed")
    follow()
    before = bench.item("a")
    asked = len(accsyn.log.operations())

    bench.pass_by(60.0)
    follow()

    assert bench.item("a") == before
    assert len(accsyn.log.operations()) - asked == 2  # the job and its tasks


@pytest.mark.parametrize(
    ("status", "certain", "state"),
    [
        (proof.DELETED, False, "submitted"),
        (proof.DELETED, True, "needs-attention: job-gone"),
        (proof.ARCHIVED, False, "needs-attention: job-gone"),
        ("aborted", False, "needs-attention: aborted"),
        ("paused", True, "submitted: paused"),
        ("done", False, "submitted"),
        ("done", True, "needs-attention: ended"),
    ],
)
def test_job_that_does_not_go_on_stops_what_is_not_through(
    bench: Bench, submit: Submit, follow: Follow, status: str, certain: bool, state: str
) -> None:
    bench.pending("a")
    submit()

    follow(status, certain)

    assert bench.states() == {"a": state}


@pytest.mark.parametrize(("gone", "word"), [(True, proof.DELETED), (False, proof.ARCHIVED)])
def test_job_that_is_gone_is_said_to_be_deleted_or_archived(
    bench: Bench, submit: Submit, follow: Follow, gone: bool, word: str
) -> None:
    bench.pending("a")
    submit()

    follow(word, gone=gone)

    assert word in bench.item("a").cause


def test_cause_goes_when_the_job_goes_on(bench: Bench, submit: Submit, follow: Follow) -> None:
    bench.pending("a")
    submit()
    follow("paused")

    follow("waiting")

    assert (bench.states(), bench.item("a").cause) == ({"a": "submitted"}, "")


def test_task_that_is_missing_is_believed_only_when_the_job_looked_the_same_a_moment_ago(
    bench: Bench, submit: Submit, follow: Follow
) -> None:
    bench.pending("a")
    submit()
    item = bench.item("a")
    bench.outbox.tracking.keep_sent(item, Sent(("somewhere/else.mov",)))

    follow(certain=False)
    assert bench.states() == {"a": "submitted"}

    follow(certain=True)
    assert bench.states() == {"a": "needs-attention: task-missing"}
    assert bench.item("a").next_try_at == bench.clock.now + retry.ITEM_DELAY_S


# Runs that prove nothing.


def test_run_that_read_older_content_is_queued_again_and_proves_nothing_before(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo
) -> None:
    (item,) = bench.pending("a")
    submit()
    bench.outbox.tracking.keep_sent(bench.item("a"), Sent((item.publication.path,), {item.publication.path: RUNNING}))
    set_tasks(office, a="done")

    follow()

    assert (bench.states(), bench.item("a").arrived_at) == ({"a": "submitted"}, None)
    assert [task.status for job in office.workspace.jobs() for task in job.tasks] == ["queued"]
    assert bench.item("a").sent.stale == {}

    set_tasks(office, a="done")
    follow()
    assert bench.item("a").arrived_at is not None


def test_run_that_is_waited_for_will_read_the_present_content_and_its_mark_goes(
    bench: Bench, submit: Submit, follow: Follow
) -> None:
    (item,) = bench.pending("a")
    submit()
    path = item.publication.path
    bench.outbox.tracking.keep_sent(bench.item("a"), Sent((path,), {path: RUNNING}))

    follow()

    assert bench.item("a").sent == Sent((path,), {})


def test_run_that_accsyn_does_not_queue_again_needs_attention(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo, accsyn: AccsynService
) -> None:
    (item,) = bench.pending("a")
    submit()
    bench.outbox.tracking.keep_sent(bench.item("a"), Sent((item.publication.path,), {item.publication.path: RUNNING}))
    set_tasks(office, a="done")
    accsyn.switches.fail_next("task/edit", **REFUSED)

    follow()

    assert bench.states() == {"a": "needs-attention: transfer-failed"}
    assert "The path is not allowed." in bench.item("a").cause


# Where accsyn reads something else than was meant.


def test_task_that_accsyn_reads_on_another_machine_is_no_arrival(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo
) -> None:
    bench.pending("a")
    submit()
    with bench.outbox._connections.writing() as connection:
        connection.execute("UPDATE job SET source_party = 'client=another'")
    set_tasks(office, a="done")

    follow()

    assert bench.states() == {"a": f"needs-attention: {Trouble.WRONG_CLIENT.value}"}
    assert f"client {office.artist_client.id}" in bench.item("a").cause


# Giving up.


def test_giving_up_stops_what_is_on_its_way_and_nothing_else(
    bench: Bench, submit: Submit, follow: Follow, office: demo.Demo, workspace: Workspace
) -> None:
    bench.pending("moving", "failed", "arrived")
    submit()
    set_tasks(office, failed="failed", arrived="done")
    follow()
    tracking = bench.outbox.tracking_of(bench.studio)
    (tracked,) = tracking.live_jobs()

    Following(tracking, workspace, bench.area, bench.clock).give_up(tracked, Trouble.CLIENT_GONE, "ws2 is asleep")

    assert bench.states() == {
        "moving": "needs-attention: client-gone",
        "failed": "needs-attention: transfer-failed",
        "arrived": "transferring",
    }
    item = bench.item("moving")
    assert (item.next_try_at, item.progress.done_bytes) == (NOT_BY_ITSELF, 0)
    assert "ws2 is asleep" in item.cause


def test_many_items_that_stop_together_are_named_up_to_the_third(
    bench: Bench, submit: Submit, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    bench.pending(*(f"c{number}" for number in range(5)))
    submit()
    with caplog.at_level(logging.WARNING):
        follow("aborted")

    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 4
    assert said[-1].startswith("So do 2 more components of ")
