"""Each verb against the sandbox's accsyn, with the installed release of the real client library."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.errors import NotReady, Refused, Uncertain
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.workspace import Job, Workspace
from ftrack_accsyn_accessor.workspace import workspace as module
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo

# With which HTTP status the real service refuses is not documented.
pytestmark = pytest.mark.parametrize("service", ["fitting statuses", "status 200"], indirect=True)

NAME = "show_a ftrack upload artist.ws1 > studio.hq 2026-11-21"
UNKNOWN_ID = "0123456789abcdef01234567"


def task(office: demo.Demo, path: str) -> dict[str, object]:
    source = f"client={office.artist_client.id}:share=projects/{path}"
    return {"source": source, "destination": "acme", "metadata": {"ftrack_component_id": path}}


def create(workspace: Workspace, office: demo.Demo, name: str = NAME, **more: object) -> Job:
    return workspace.create_job({"code": name, "tasks": [task(office, "a.mov")], "mirror_paths": True, **more})


# Login


def test_nothing_is_sent_before_the_first_verb(workspace, service):
    assert workspace.calls == 0
    assert service.log.operations() == []


def test_the_first_verb_logs_in_and_later_ones_do_not(workspace, service):
    workspace.find_queue("show_a")
    workspace.find_queue("show_a")
    assert service.log.operations() == ["master", "api/login", "queue/find", "queue/find"]
    assert workspace.calls == 4


def test_the_envelope_is_that_of_the_newest_client(workspace, service, office):
    workspace.find_queue("Show_A")
    envelope = service.log.all()[-1].body
    assert envelope["workspace"] == "acme"
    assert envelope["ident"] == "artist@acme.test"
    assert envelope["session"] in office.workspace.sessions
    assert envelope["query"] == 'code="show_a" or name="show_a"'
    assert service.log.all()[1].body.get("api_key") is None


def test_a_closed_door_opens_again(workspace, service):
    assert workspace.check_role() == "employee"
    workspace.close()
    assert workspace.check_role() == "employee"
    assert service.log.operations() == ["master", "api/login"] * 2


# Who and where


@pytest.mark.parametrize(("user", "role"), [("artist", "employee"), ("admin", "admin")])
def test_employees_and_admins_may_upload(open_workspace, user, role, office):
    door = open_workspace(user)
    assert door.check_role() == role
    assert door.user_id() == office.workspace.user(f"{user}@acme.test").id


def test_the_role_standard_is_not_ready_and_says_who_can_help(open_workspace):
    with pytest.raises(NotReady) as caught:
        open_workspace("vendor").check_role()
    assert "vendor@acme.test has the role standard" in str(caught.value)
    assert "administrator" in caught.value.remedy


def test_this_machine_is_found_by_its_name_in_one_call(workspace, service, office):
    workspace.check_role()
    service.log.clear()
    found = workspace.find_client([socket.gethostname().upper()], [])
    assert (found.id, found.online) == (office.artist_client.id, True)
    assert service.log.operations() == ["client/find"]


def test_a_renamed_machine_is_found_by_its_mac(workspace, office):
    office.artist_client.host_id = "AA:BB:CC:00:11:22,AA:BB:CC:00:11:23"
    found = workspace.find_client(["renamed"], ["aa-bb-cc-00-11-23"])
    assert found.id == office.artist_client.id


def test_the_user_server_is_preferred_to_the_app(workspace, office):
    server = office.workspace.add_client("ws7", office.artist, type=2)
    office.workspace.add_client("ws7", office.artist)
    assert workspace.find_client(["ws7.studio.test"], []).id == server.id


def test_clients_of_others_are_not_this_machine(workspace, office):
    office.workspace.add_client("ws8", office.admin)
    with pytest.raises(NotReady):
        workspace.find_client(["ws8"], [])


def test_a_missing_client_is_told_with_what_was_looked_for(workspace):
    with pytest.raises(NotReady) as caught:
        workspace.find_client(["ws9"], ["AA:BB:CC:00:11:22"])
    text = str(caught.value)
    assert "FTRACK_ACCSYN_CLIENT" in text
    assert "host name ws9 or MAC address AA:BB:CC:00:11:22" in text
    assert socket.gethostname() in text


def test_a_client_is_found_by_id_whatever_its_name(workspace, service, office):
    other = office.workspace.add_client("elsewhere", office.artist, type=2, status="offline")
    workspace.check_role()
    service.log.clear()
    found = workspace.find_client(["ws1"], [], client_id=other.id)
    assert (found.id, found.code, found.online) == (other.id, "elsewhere", False)
    assert service.log.operations() == ["client/find"]


def test_a_client_id_that_accsyn_does_not_know_is_not_ready(workspace):
    with pytest.raises(NotReady, match="FTRACK_ACCSYN_CLIENT"):
        workspace.find_client([socket.gethostname()], [], client_id=UNKNOWN_ID)


@pytest.fixture
def integration(office):
    office.workspace.integration.upload_location = {"id": "loc-hq", "name": "studio.hq"}
    office.workspace.integration.upload_ident = "acme"
    return office.workspace.integration


def test_the_destination_comes_from_the_ftrack_integration(workspace, service, office, integration):
    workspace.check_role()
    service.log.clear()
    destination = workspace.destination("loc-artist", office.artist_client.id)
    assert destination == Endpoint("acme", "loc-hq", "studio.hq")
    assert integration.registered == {"loc-artist": office.artist_client.id}
    assert service.log.operations() == ["workspace/integration/ftrack/utility", "setting", "setting"]


def test_a_site_as_party_is_passed_on_unchanged(workspace, office, integration):
    integration.locations["loc-x"] = ({"id": "loc-ldn", "name": "studio.london"}, "site=london")
    destination = workspace.destination("loc-x", office.artist_client.id)
    assert destination == Endpoint("site=london", "loc-ldn", "studio.london")


def test_a_location_without_destination_has_none(workspace, office, integration):
    assert workspace.destination("loc-hq", office.artist_client.id) is None


def test_an_integration_that_is_switched_off_is_not_ready(workspace, office, integration):
    integration.enabled = False
    with pytest.raises(NotReady) as caught:
        workspace.destination("loc-artist", office.artist_client.id)
    assert "not enabled" in caught.value.outcome
    assert "FTRACK_ACCSYN_DESTINATION" in caught.value.remedy


def test_a_client_that_cannot_be_registered_may_still_have_a_destination(workspace, office, integration):
    integration.registered["loc-artist"] = office.artist_client.id
    destination = workspace.destination("loc-artist", office.hq_server.id)
    assert destination == Endpoint("acme", "loc-hq", "studio.hq")


def test_a_client_that_cannot_be_registered_and_has_no_destination_is_not_ready(workspace, office, integration):
    with pytest.raises(NotReady, match="not allowed to register the client of another user"):
        workspace.destination("loc-artist", office.hq_server.id)


def test_a_destination_without_party_is_not_ready(workspace, office, integration):
    integration.upload_ident = None
    with pytest.raises(NotReady, match=r"names the location studio\.hq but no party"):
        workspace.destination("loc-artist", office.artist_client.id)


def test_a_queue_is_found_by_code_then_by_name(workspace, office):
    queue = office.workspace.add_queue("q-17", 5)
    queue.name = "show_a"
    by_code = next(entity for entity in office.workspace.entities.values() if entity.code == "show_a")
    assert workspace.find_queue("show_a") == by_code.id
    queue.name = "Show B"
    assert workspace.find_queue("Show B") == queue.id


@pytest.mark.parametrize("name", ["SHOW_A", "nothing", "show*", "*", "", "it's", '"both\' kinds"'])
def test_a_queue_of_another_name_is_not_found(workspace, name):
    assert workspace.find_queue(name) is None


def test_an_administrator_sees_which_volumes_there_are(open_workspace):
    door = open_workspace("admin")
    assert door.volume_exists("projects") is True
    assert door.volume_exists("Projects") is False


@pytest.mark.parametrize(("right", "expected"), [("granted", True), ("refused", None), ("empty", None)])
def test_an_employee_may_not_be_told_about_volumes(workspace, office, service, right, expected):
    office.workspace.employee_volumes = right
    assert workspace.volume_exists("projects") is expected
    assert service.log.count("api/login") == 1  # a role that may not look is no reason to log in again


def test_the_size_of_a_file_is_told_by_the_server_of_the_volume(workspace, office, tmp_path: Path):
    (tmp_path / "hq" / "a.mov").write_bytes(b"x" * 1234)
    assert workspace.file_size("share=projects/a.mov") == 1234
    with pytest.raises(Refused, match="No such file"):
        workspace.file_size("share=projects/b.mov")
    office.hq_server.status = "offline"
    with pytest.raises(Refused, match="offline"):
        workspace.file_size("share=projects/a.mov")


# Jobs


def test_a_job_is_created_with_what_the_payload_says(workspace, office):
    metadata = {"key": "k-1", "at": "2026-11-21T10:00:00"}
    queue = workspace.find_queue("show_a")
    job = create(workspace, office, queue=queue, metadata=metadata, settings={"integration": "ftrack"})
    assert (job.name, job.metadata, job.finished) == (NAME, metadata, False)
    (row,) = office.workspace.jobs()
    assert (row.id, row.name, row.queue, row.metadata) == (job.id, NAME, "show_a", metadata)
    assert row.settings == {"integration": "ftrack"}
    assert [item.source for item in row.tasks] == [task(office, "a.mov")["source"]]


def test_the_payload_of_a_job_is_left_as_it_was(workspace, office):
    payload = {"code": NAME, "tasks": [task(office, "a.mov")]}
    before = {**payload, "tasks": [dict(item) for item in payload["tasks"]]}
    workspace.create_job(payload)
    assert payload == before


def test_a_refused_job_says_why(workspace, office):
    with pytest.raises(Refused) as caught:
        create(workspace, office, queue="no-such-queue")
    assert caught.value.on == NAME
    assert "queue" in caught.value.outcome.lower()
    assert office.workspace.jobs() == []


@pytest.mark.parametrize("result", [[], None, {}, True, [{"code": NAME}], [{"id": "short"}], ["text"], [None]])
def test_a_created_job_without_id_leaves_the_outcome_open(workspace, office, service, result):
    service.switches.fail_next("transfer/create", status=200, body={"result": result})
    with pytest.raises(Uncertain):
        create(workspace, office)


def test_jobs_are_found_by_exact_name_live_and_finished(workspace, office):
    live, done, paused = (create(workspace, office) for _ in range(3))
    office.workspace.set_job_status(done.id, "aborted")
    office.workspace.set_job_status(paused.id, "paused")
    create(workspace, office, name=NAME.upper())
    create(workspace, office, name=f"{NAME} 2")
    found = {job.id: job.status for job in workspace.find_jobs(NAME)}
    assert set(found) == {live.id, done.id, paused.id}
    assert found[done.id] == "aborted"


def test_archived_jobs_and_unknown_names_are_not_found(workspace, office):
    job = create(workspace, office)
    office.workspace.archive_job(job.id)
    assert workspace.find_jobs(NAME) == []
    assert workspace.find_jobs("show_a*") == []


@pytest.mark.parametrize("name", ["director's cut", '24" plates', '"director\'s" cut', "'\"", '"', "'"])
def test_a_name_with_quotes_can_be_asked_for(workspace, office, name):
    job = create(workspace, office, name=name)
    create(workspace, office, name=f"{name}, another")
    assert [found.id for found in workspace.find_jobs(name)] == [job.id]
    queue = office.workspace.add_queue(name, 5)
    assert workspace.find_queue(name) == queue.id


@pytest.mark.parametrize("result", [None, {}, True, "none", 0])
def test_an_odd_list_of_jobs_is_not_taken_for_none(workspace, service, result):
    service.switches.fail_next("transfer/find", status=200, body={"result": result})
    with pytest.raises(Uncertain):
        workspace.find_jobs(NAME)


@pytest.mark.parametrize("status", ["paused", "aborted", "done"])
def test_a_job_is_found_by_id_in_every_state(workspace, office, status):
    job = create(workspace, office)
    office.workspace.set_job_status(job.id, status)
    assert workspace.get_job(job.id).status == status
    office.workspace.archive_job(job.id)
    assert workspace.get_job(job.id).id == job.id


@pytest.mark.parametrize("ident", [UNKNOWN_ID, "no id"])
def test_a_job_that_accsyn_does_not_know_is_none(workspace, ident):
    assert workspace.get_job(ident) is None


def test_a_deleted_job_is_none(workspace, office):
    job = create(workspace, office)
    office.workspace.delete_job(job.id)
    assert workspace.get_job(job.id) is None


def test_tasks_are_added_and_listed_page_by_page(workspace, office, service):
    job = create(workspace, office)
    workspace.add_tasks(job.id, [task(office, f"shot/{number}.exr") for number in range(module.PAGE * 2)])
    service.log.clear()
    tasks = workspace.tasks(job.id)
    paths = {task.source["path"] for task in tasks}
    assert len(tasks) == module.PAGE * 2 + 1
    assert len(paths) == len(tasks)
    assert {task.metadata["ftrack_component_id"] for task in tasks} == {"a.mov"} | {
        f"shot/{number}.exr" for number in range(module.PAGE * 2)
    }
    assert service.log.operations() == ["task/find"] * 3


def test_a_service_that_ignores_the_page_is_asked_no_more_than_once_too_often(workspace, service):
    rows = [{"id": f"t{number}", "status": "queued"} for number in range(module.PAGE + 3)]
    service.switches.fail_next("task/find", status=200, body={"result": rows}, times=9)
    assert len(workspace.tasks(UNKNOWN_ID)) == len(rows)
    assert service.log.count("task/find") == 2


def test_a_task_added_twice_is_there_once(workspace, office):
    job = create(workspace, office)
    for _ in range(2):
        workspace.add_tasks(job.id, [task(office, "b.mov")])
    (row,) = office.workspace.jobs()
    assert [item.source for item in row.tasks] == [task(office, path)["source"] for path in ("a.mov", "b.mov")]


def test_many_tasks_travel_compressed_in_one_call(workspace, office, service):
    job = create(workspace, office)
    service.log.clear()
    workspace.add_tasks(job.id, [task(office, f"{'long/' * 20}{number}.exr") for number in range(2000)])
    assert service.log.operations() == ["task/create"]
    assert len(office.workspace.jobs()[0].tasks) == 2001


@pytest.mark.parametrize("result", [[], None, True, {}, [{"id": "x"}]])
def test_whatever_lists_an_answer_to_added_tasks_is_fine(workspace, service, result):
    service.switches.fail_next("task/create", status=200, body={"result": result})
    workspace.add_tasks(UNKNOWN_ID, [{"source": "x"}])


def test_an_answer_that_adding_did_not_succeed_leaves_the_outcome_open(workspace, service):
    service.switches.fail_next("task/create", status=200, body={"result": False})
    with pytest.raises(Uncertain):
        workspace.add_tasks(UNKNOWN_ID, [{"source": "x"}])


def test_tasks_cannot_be_added_to_an_archived_job(workspace, office):
    job = create(workspace, office)
    office.workspace.archive_job(job.id)
    with pytest.raises(Refused, match="archived"):
        workspace.add_tasks(job.id, [task(office, "b.mov")])


def test_failed_tasks_are_queued_again(workspace, office):
    job = create(workspace, office)
    office.workspace.set_task_status(job.id, "0", "failed")
    (failed,) = workspace.tasks(job.id)
    assert failed.status == "failed"
    workspace.retry_tasks(job.id, [failed.id])
    assert office.workspace.jobs()[0].tasks[0].status == "queued"


@pytest.mark.parametrize("status", ["paused", "aborted"])
def test_the_status_of_a_job_is_set_and_taken_back(workspace, office, status):
    job = create(workspace, office)
    workspace.set_job_status(job.id, status)
    assert office.workspace.jobs()[0].status == status
    workspace.set_job_status(job.id, "waiting")
    assert office.workspace.jobs()[0].status in ("waiting", "running")


def test_a_job_runs_to_its_end(workspace, office, service: AccsynService, tmp_path: Path):
    (tmp_path / "staging" / "a.mov").write_bytes(b"x" * 4096)
    job = create(workspace, office)
    service.engine.paused = False
    with office.workspace.changed:
        assert office.workspace.changed.wait_for(lambda: office.workspace.job(job.id).status == "done", timeout=10)
    done = workspace.get_job(job.id)
    assert (done.status, done.finished, done.progress, done.size_bytes) == ("done", True, 100, 4096)
    (only,) = workspace.tasks(job.id)
    assert (only.status, only.size_bytes) == ("done", 4096)
    assert (tmp_path / "hq" / "a.mov").read_bytes() == b"x" * 4096
