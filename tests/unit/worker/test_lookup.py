"""What accsyn has already is not sent twice; what it has for older content, or other ends, does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import RUNNING, Item, Sent, State, Trouble
from ftrack_accsyn_accessor.outbox import JobRow
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.worker.lookup import COMPLETE, CREATION_GRACE_S, STILL_SENDING_S, Lookup
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from unit.worker.bench import Bench
from unit.worker.test_following import set_tasks
from unit.worker.test_submission import REFUSED, Submit, submit

__all__ = ["submit"]  # a fixture

Look = Callable[..., Lookup]


@pytest.fixture
def look(bench: Bench, workspace: Workspace, office: demo.Demo) -> Look:
    def make(client_id: str = "", party: str = "acme") -> Lookup:
        source = f"client={client_id or office.artist_client.id}"
        return Lookup(bench.outbox, workspace, source, bench.hq._replace(party=party), bench.clock)

    return make


def again(bench: Bench, *names: str, sent: bool = True) -> list[Item]:
    """Let items that were sent wait to be sent again; *sent*: it is known as which tasks they went."""
    for name in names:
        item = bench.item(name)
        change = Change(item, State.NEEDS_ATTENTION, item.progress, Trouble.FAILED.value, "why", bench.clock.now)
        bench.outbox.tracking.record([change])
        if not sent:
            bench.outbox.tracking.keep_sent(bench.item(name), Sent(None))
    return [bench.item(name) for name in names]


def left(lookup: Lookup, items: Sequence[Item]) -> list[str]:
    paths = {item.id: [item.publication.path] for item in items}
    return [item.publication.component_name for item in lookup.left(items, paths)]


def tasks(office: demo.Demo) -> dict[str, str]:
    """Return the status of each task by the name of its file."""
    return {
        task.source.rpartition("/")[2].partition(".")[0]: task.status
        for job in office.workspace.jobs()
        for task in job.tasks
    }


def test_items_that_were_never_sent_are_left_without_a_question(
    bench: Bench, look: Look, accsyn: AccsynService
) -> None:
    items = bench.pending("a", "b")

    assert left(look(), items) == ["a", "b"]
    assert accsyn.log.operations() == []


def test_item_that_accsyn_has_goes_on_there(bench: Bench, submit: Submit, look: Look, office: demo.Demo) -> None:
    bench.pending("a")
    submit()

    assert left(look(), again(bench, "a")) == []

    assert bench.states() == {"a": "submitted"}
    assert tasks(office) == {"a": "queued"}


@pytest.mark.parametrize("status", ["failed", "onhold", "excluded"])
def test_task_that_has_stopped_is_queued_again_and_others_are_not_touched(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo, status: str
) -> None:
    bench.pending("a", "b", "c")
    submit()
    set_tasks(office, a=status, b="onhold")

    assert left(look(), again(bench, "a")) == []

    assert tasks(office) == {"a": "queued", "b": "onhold", "c": "queued"}


def test_task_that_is_done_with_this_content_needs_nothing(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a", "b")
    submit()
    set_tasks(office, a="done", b="done")
    accsyn.log.clear()

    assert left(look(), again(bench, "a")) == []

    assert bench.item("a").state is State.SUBMITTED
    assert tasks(office)["a"] == "done"
    assert accsyn.log.count("task/edit") == 0


def test_task_that_is_done_with_older_content_is_queued_again(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a", "b")
    submit()
    set_tasks(office, a="done")

    assert left(look(), again(bench, "a", sent=False)) == []

    assert tasks(office) == {"a": "queued", "b": "queued"}
    assert bench.item("a").sent.paths == (bench.item("a").publication.path,)


def test_task_that_is_at_work_with_older_content_is_marked_as_proving_nothing(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    (item,) = bench.pending("a")
    submit()
    (job,) = office.workspace.jobs()
    office.workspace.job(job.id).tasks[0].status = "executing"

    assert left(look(), again(bench, "a", sent=False)) == []

    assert bench.item("a").sent.stale == {item.publication.path: RUNNING}


def test_job_that_accsyn_does_not_have_any_more_leaves_its_items_to_a_new_one(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a")
    submit()
    (job,) = office.workspace.jobs()
    office.workspace.delete_job(job.id)

    assert left(look(), again(bench, "a")) == ["a"]
    assert not bench.item("a").attempted


@pytest.mark.parametrize("fate", ["abort_job", "archive_job"])
def test_job_that_has_ended_leaves_what_is_not_through(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo, fate: str
) -> None:
    bench.pending("a")
    submit()
    (job,) = office.workspace.jobs()
    getattr(office.workspace, fate)(job.id)

    assert left(look(), again(bench, "a")) == ["a"]


def test_refusal_to_queue_again_leaves_the_items(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    submit()
    set_tasks(office, a="onhold")
    accsyn.switches.fail_next("task/edit", **REFUSED)

    assert left(look(), again(bench, "a")) == ["a"]


# Other ends.


def test_tasks_with_another_client_are_left_behind_so_that_they_never_run(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a", "b")
    submit()

    assert left(look(client_id="0123456789abcdef01234567"), again(bench, "a")) == ["a"]

    assert tasks(office) == {"a": "excluded", "b": "queued"}


def test_what_has_arrived_from_another_client_has_arrived(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a", "b")
    submit()
    set_tasks(office, a="done")

    assert left(look(client_id="0123456789abcdef01234567"), again(bench, "a")) == []


def test_tasks_to_another_destination_are_left_behind(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a")
    submit()

    assert left(look(party="site=london"), again(bench, "a")) == ["a"]
    assert tasks(office) == {"a": "excluded"}


def test_task_that_was_read_otherwise_than_meant_is_made_anew(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a")
    submit()
    item = bench.item("a")
    kind = Trouble.WRONG_CLIENT.value
    bench.outbox.tracking.record([Change(item, State.NEEDS_ATTENTION, item.progress, kind, "why", bench.clock.now)])

    assert left(look(), [bench.item("a")]) == ["a"]
    assert tasks(office) == {"a": "excluded"}


# Older content under another path.


def test_item_of_whose_older_content_a_task_is_at_work_elsewhere_waits_for_its_end(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a", "b")
    submit()
    (job,) = office.workspace.jobs()
    office.workspace.job(job.id).tasks[0].status = "executing"
    (item, other) = again(bench, "a", "b")
    bench.outbox.tracking.keep_sent(item, Sent(("moved/a.mov",)))
    item = bench.item("a")

    assert left(look(), [item, other]) == []

    assert bench.states() == {"a": f"needs-attention: {errors.Busy.kind}", "b": "submitted"}
    assert bench.item("a").next_try_at == bench.clock.now + STILL_SENDING_S
    assert "still sending its older content" in bench.item("a").cause


# Finding a job.


def row_of(bench: Bench, attempted: bool = False) -> JobRow:
    item = bench.item("a")
    row = bench.outbox.job_by_id(item.job)
    with bench.outbox._connections.writing() as connection:
        at = bench.clock.now if attempted else None
        connection.execute("UPDATE job SET accsyn_id = '', attempted_at = ? WHERE id = ?", (at, row.id))
    found = bench.outbox.job_by_id(item.job)
    assert found is not None
    return found


def test_row_of_which_no_creation_was_begun_is_asked_after_only_where_history_may_be_lost(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo, accsyn: AccsynService
) -> None:
    bench.pending("a")
    submit()
    row = row_of(bench)
    accsyn.log.clear()
    assert look().located(row) == row
    assert accsyn.log.operations() == []

    bench.outbox.keep_fact(COMPLETE, "0")
    (job,) = office.workspace.jobs()
    assert look().located(row).accsyn_id == job.id


@pytest.mark.parametrize(
    ("passed_s", "raises"), [(0.0, True), (CREATION_GRACE_S - 0.1, True), (CREATION_GRACE_S, False), (-1.0, False)]
)
def test_creation_that_accsyn_does_not_show_is_in_doubt_for_a_while(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo, passed_s: float, raises: bool
) -> None:
    bench.pending("a")
    submit()
    row = row_of(bench, attempted=True)
    (job,) = office.workspace.jobs()
    office.workspace.delete_job(job.id)
    bench.clock.now += passed_s

    if raises:
        with pytest.raises(errors.Uncertain):
            look().located(row)
    else:
        assert look().located(row) == row


def test_job_of_the_same_name_that_is_not_ours_is_not_taken(
    bench: Bench, submit: Submit, look: Look, office: demo.Demo
) -> None:
    bench.pending("a")
    submit()
    row = row_of(bench, attempted=True)
    (job,) = office.workspace.jobs()
    office.workspace.job(job.id).metadata.clear()
    bench.clock.now += CREATION_GRACE_S

    assert look().located(row).accsyn_id == ""


def test_what_a_job_holds_is_read_once(bench: Bench, submit: Submit, look: Look, accsyn: AccsynService) -> None:
    bench.pending("a")
    submit()
    row = bench.outbox.job_by_id(bench.item("a").job)
    lookup = look()
    accsyn.log.clear()

    first, second = lookup.tasks(row), lookup.tasks(row)

    assert first is second is not None
    assert accsyn.log.count("task/find") == 1


def test_job_whose_tasks_accsyn_refuses_to_show_is_not_taken_for_gone(
    bench: Bench, submit: Submit, look: Look, accsyn: AccsynService
) -> None:
    bench.pending("a")
    submit()
    row = bench.outbox.job_by_id(bench.item("a").job)
    accsyn.switches.fail_next("task/find", **REFUSED)

    with pytest.raises(errors.Refused):
        look().tasks(row)
