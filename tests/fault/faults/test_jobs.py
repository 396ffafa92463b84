"""Jobs, users and machines that change under the worker: each has its cause, and goes on by itself when put right."""

from __future__ import annotations

import pytest

from fault.faults.desk import Desk
from fault.faults.faults import LASTING
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State, Trouble
from ftrack_accsyn_accessor.model.tasks import COMPONENT_ID

#: Helped within a minute: that often somebody's help is looked for.
HELPED_S = 62.0


def sources(desk: Desk, job: int) -> list[str]:
    """The file names of a job's tasks."""
    return [task.source.rpartition("/")[2] for task in desk.studio.accsyn.workspace.jobs()[job].tasks]


# Jobs.


@pytest.mark.parametrize("fate", ["archive_job", "delete_job"])
def test_publish_after_the_job_was_taken_away_gets_a_new_job(desk: Desk, fate: str) -> None:
    first = desk.publish_file("first")
    desk.finish()
    workspace = desk.studio.accsyn.workspace
    getattr(workspace, fate)(workspace.jobs()[0].id)

    second = desk.publish_file("second")
    desk.finish()

    jobs = [job for job in workspace.jobs() if not job.archived]
    assert [task.metadata[COMPONENT_ID] for job in jobs for task in job.tasks] == [second]
    assert desk.item(first).state is State.SYNCED


def test_job_whose_creation_was_not_answered_is_found_though_its_destination_is_called_otherwise_by_now(
    desk: Desk,
) -> None:
    desk.publish_file("first")
    desk.finish()
    workspace = desk.studio.accsyn.workspace
    workspace.archive_job(workspace.jobs()[0].id)
    integration = workspace.integration
    integration.upload_location = {**integration.upload_location, "name": "studio.vault"}
    desk.restart()

    desk.publish_file("second")
    desk.studio.accsyn.switches.drop_after("transfer/create")
    desk.finish()

    assert [sources(desk, job) for job in range(len(workspace.jobs()))] == [["first.mov"], ["second.mov"]]


@pytest.mark.parametrize("lost", ["transfer/create", "task/create"])
def test_job_deleted_before_a_lost_answer_was_looked_for_is_replaced_once(desk: Desk, lost: str) -> None:
    desk.studio.accsyn.engine.paused = True
    if lost == "task/create":
        desk.publish_file("first")
        desk.drain()
    component = desk.publish_file("main")
    desk.studio.accsyn.switches.drop_after(lost)
    desk.worker.run_once(settled=True)
    workspace = desk.studio.accsyn.workspace
    workspace.delete_job(workspace.jobs()[0].id)

    desk.run_for(60.0, lambda: desk.item(component).state is State.SUBMITTED)

    assert [sources(desk, job) for job in range(len(workspace.jobs()))] == [["main.mov"]]


def test_publish_into_an_aborted_job_is_sent_and_the_aborted_one_says_so(desk: Desk) -> None:
    desk.studio.accsyn.engine.paused = True
    first = desk.publish_file("first")
    desk.drain()
    workspace = desk.studio.accsyn.workspace
    workspace.abort_job(workspace.jobs()[0].id)
    desk.run_for(30.0, lambda: desk.cause(first) is not None)
    assert desk.cause(first) == Trouble.ABORTED
    desk.studio.accsyn.engine.paused = False

    second = desk.publish_file("second")
    desk.run_for(60.0, lambda: desk.item(second).state is State.SYNCED)

    assert desk.item(second).state is State.SYNCED
    assert desk.item(first).state is State.NEEDS_ATTENTION
    desk.assert_each_task_once()


def test_paused_job_takes_tasks_and_sends_them_when_it_is_resumed(desk: Desk) -> None:
    desk.studio.accsyn.engine.paused = True
    first = desk.publish_file("first")
    desk.drain()
    workspace = desk.studio.accsyn.workspace
    (job,) = workspace.jobs()
    workspace.pause_job(job.id)
    desk.studio.accsyn.engine.paused = False

    second = desk.publish_file("second")
    desk.run_for(60.0, lambda: {desk.cause(first), desk.cause(second)} == {Trouble.PAUSED.value})
    assert {desk.item(component).state for component in (first, second)} == {State.SUBMITTED}
    workspace.resume_job(job.id)
    desk.finish()

    desk.assert_each_task_once()


def test_job_that_finished_meanwhile_is_revived_by_what_is_added(desk: Desk) -> None:
    desk.publish_file("first")
    desk.finish()
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert job.status == "done"

    desk.publish_file("second")
    desk.finish()

    assert sources(desk, 0) == ["first.mov", "second.mov"]
    desk.assert_each_task_once()


def test_offline_client_is_waited_for_without_a_cause_against_the_files(desk: Desk) -> None:
    client = desk.studio.demo.artist_client.id
    desk.studio.accsyn.engine.client_offline(client)
    component = desk.publish_file("main")
    desk.drain()

    desk.run_for(600.0)
    assert desk.item(component).state is State.SUBMITTED
    desk.studio.accsyn.engine.client_online(client)
    desk.finish()

    desk.assert_each_task_once()


# One project, or one file, that fails alone.


def test_unanswered_creation_for_one_project_does_not_hold_up_another(desk: Desk) -> None:
    first, second = desk.publish_file("first"), desk.publish_file("second", project="show_b")
    desk.studio.accsyn.switches.drop_before("transfer/create")

    desk.worker.run_once(settled=True)

    assert desk.cause(first) == errors.Uncertain.kind
    assert desk.cause(second) is None
    desk.finish()
    desk.assert_each_task_once()


def test_creation_that_always_fails_for_one_project_never_holds_up_another(desk: Desk) -> None:
    desk.publish_file("first", project="show_b")
    desk.finish()
    stuck = desk.publish_file("stuck")
    desk.studio.accsyn.switches.fail_next("transfer/create", status=500, times=LASTING)
    desk.run_for(120.0)
    before = desk.studio.accsyn.log.count()

    for number in range(10):
        component = desk.publish_file(f"more{number}", project="show_b")
        desk.worker._outages.end_early()  # what `wake` does, without its thread
        assert desk.run_for(60.0, lambda component=component: desk.item(component).state is State.SYNCED) < 60.0
    passed_s = desk.run_for(300.0)

    assert desk.cause(stuck) == errors.Uncertain.kind
    assert desk.studio.accsyn.log.count() - before <= 1.0 * (passed_s + 100.0)
    desk.studio.accsyn.switches.clear()
    desk.finish()
    desk.assert_each_task_once()


# Who asks, and from where.


def test_wrong_role_is_said_and_a_better_one_is_noticed(desk: Desk) -> None:
    artist = desk.studio.artist.accsyn_user
    workspace = desk.studio.accsyn.workspace
    workspace.change_role(artist, "standard")
    component = desk.publish_file("main")

    desk.run_for(200.0)
    assert desk.cause(component) == errors.NotReady.kind
    assert "Ask an accsyn administrator for the role employee or admin" in desk.item(component).cause
    workspace.change_role(artist, "employee")
    workspace.grant(workspace.user(artist), desk.studio.demo.volume)

    assert desk.drain() <= HELPED_S
    desk.assert_each_task_once()


def test_revoked_key_is_said_and_one_that_works_again_is_noticed(desk: Desk) -> None:
    desk.publish_file("first")
    desk.drain()
    user, key = desk.studio.artist.accsyn_user, desk.studio.artist.accsyn_key
    desk.studio.accsyn.workspace.change_key(user, "another-key")
    component = desk.publish_file("main")

    desk.run_for(200.0)
    assert desk.cause(component) == errors.Unauthorised.kind
    assert "ACCSYN_API_KEY" in desk.item(component).cause
    desk.studio.accsyn.workspace.change_key(user, key)

    assert desk.drain() <= HELPED_S
    desk.assert_each_task_once()


def test_new_key_in_the_environment_is_used_at_once(desk: Desk) -> None:
    desk.studio.accsyn.workspace.change_key(desk.studio.artist.accsyn_user, "another-key")
    component = desk.publish_file("main")
    desk.run_for(200.0)
    assert desk.cause(component) == errors.Unauthorised.kind

    desk.environment["ACCSYN_API_KEY"] = "another-key"

    assert desk.drain() <= 3.0
    desk.assert_each_task_once()


def test_expired_session_is_renewed_without_a_word(desk: Desk) -> None:
    desk.publish_file("first")
    desk.finish()
    desk.studio.accsyn.workspace.expire_sessions()

    component = desk.publish_file("second")
    desk.worker.run_once(settled=True)

    assert desk.cause(component) is None
    desk.finish()
    desk.assert_each_task_once()


def test_unknown_queue_and_a_missing_destination_are_each_said_until_they_are_put_right(desk: Desk) -> None:
    integration = desk.studio.accsyn.workspace.integration
    integration.enabled = False
    desk.environment["FTRACK_ACCSYN_QUEUE"] = "nightly"
    component = desk.publish_file("main")

    desk.run_for(20.0)
    assert desk.cause(component) == errors.NotReady.kind
    assert "destination" in desk.item(component).cause
    integration.enabled = True
    desk.run_for(HELPED_S)
    assert "accsyn queue" in desk.item(component).cause
    desk.studio.accsyn.workspace.add_queue("nightly", 100)

    assert desk.drain() <= HELPED_S
    assert desk.studio.accsyn.workspace.jobs()[0].queue == "nightly"


def test_machine_that_accsyn_does_not_know_is_said_until_it_does(desk: Desk) -> None:
    client = desk.studio.demo.artist_client
    client.code, client.host_id = "elsewhere", ""
    component = desk.publish_file("main")

    desk.run_for(200.0)
    assert desk.cause(component) == errors.NotReady.kind
    assert "Start accsyn's desktop app" in desk.item(component).cause
    desk.environment["FTRACK_ACCSYN_CLIENT"] = client.id

    assert desk.drain() <= 3.0
    desk.assert_each_task_once()


# One after the other.


def test_causes_are_shown_in_the_order_in_which_they_come(desk: Desk) -> None:
    switches, workspace = desk.studio.accsyn.switches, desk.studio.accsyn.workspace
    component = desk.publish_file("main")
    seen = []

    def see() -> None:
        desk.run_for(80.0)
        seen.append(desk.cause(component))

    switches.refuse(True)
    see()
    switches.refuse(False)
    switches.fail_next("", status=429, times=LASTING)
    see()
    switches.clear()
    switches.garble("transfer/create", kind="html", processed=False, times=LASTING)
    see()
    switches.clear()
    workspace.change_key(desk.studio.artist.accsyn_user, "another-key")
    see()
    workspace.change_key(desk.studio.artist.accsyn_user, desk.studio.artist.accsyn_key)
    workspace.integration.upload_location = None
    see()
    workspace.integration.upload_location = {"id": desk.studio.ids["studio.hq"], "name": "studio.hq"}
    desk.path("main.mov").write_bytes(b"changed")
    see()

    assert seen == [
        errors.Unreachable.kind,
        errors.Busy.kind,
        errors.Uncertain.kind,
        errors.Unauthorised.kind,
        errors.NotReady.kind,
        errors.FileChanged.kind,
    ]
