"""Notes and statuses of the vendor loop, written once however often it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ftrack_api
import pytest

from ftrack_accsyn_accessor.ftrack import notes
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.notes import Note
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import RegistrationRefused
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def connection(running: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[FtrackConnection]:
    environ = running.environment()
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", environ["FTRACK_API_SCHEMA_CACHE_PATH"])
    names = ("SERVER", "API_USER", "API_KEY")
    opened = FtrackConnection(FtrackCredentials(*(environ[f"FTRACK_{name}"] for name in names)))
    yield opened
    opened.close()


@pytest.fixture
def task_id(running: Studio) -> str:
    return running.ids["show_a/sq010/sh010/Animation"]


def users(running: Studio) -> list[dict[str, Any]]:
    return list(running.ftrack.store.find("User"))


def names(running: Studio, ids: str) -> str:
    (status,) = running.ftrack.store.find("Status", id=ids)
    return str(status["name"])


def test_a_note_is_at_its_task_as_ftracks_own_client_reads_it(
    running: Studio, connection: FtrackConnection, task_id: str
) -> None:
    author = users(running)[0]
    written = notes.write(connection, "one", Note("Task", task_id, author["id"], "Handed out."))

    environ = running.environment()
    session = ftrack_api.Session(
        environ["FTRACK_SERVER"],
        environ["FTRACK_API_KEY"],
        environ["FTRACK_API_USER"],
        auto_connect_event_hub=False,
        plugin_paths=[],
    )
    (note,) = [each for each in session.get("Task", task_id)["notes"] if each["id"] == written]
    assert (note["content"], note["author"]["id"]) == ("Handed out.", author["id"])
    session.close()


def test_a_note_of_the_same_key_is_written_once_and_stays_as_it_is(
    running: Studio, connection: FtrackConnection, task_id: str
) -> None:
    author = users(running)[0]["id"]
    first = notes.write(connection, "twice", Note("Task", task_id, author, "First."))
    again = notes.write(connection, "twice", Note("Task", task_id, author, "Second."))
    other = notes.write(connection, "another", Note("Task", task_id, author, "Third."))
    assert first == again != other
    assert [row["content"] for row in running.ftrack.store.find("Note", id=first)] == ["First."]


def test_a_note_that_somebody_else_writes_at_the_same_moment_is_as_good(
    running: Studio, connection: FtrackConnection, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = users(running)[0]["id"]
    create = connection.create

    def late(*arguments: Any) -> None:
        create(*arguments)
        create(*arguments)

    monkeypatch.setattr(connection, "create", late)
    written = notes.write(connection, "race", Note("Task", task_id, author, "Both."))
    assert len(running.ftrack.store.find("Note", id=written)) == 1


def test_a_note_that_ftrack_refuses_is_no_note(connection: FtrackConnection, task_id: str) -> None:
    with pytest.raises(RegistrationRefused):
        notes.write(connection, "nobody", Note("Task", task_id, "no such user", "Text."))


def test_a_user_is_found_by_address_or_name_in_any_case_of_the_active_ones_first(
    running: Studio, connection: FtrackConnection
) -> None:
    known = next(user for user in users(running) if user["email"])
    assert notes.user_id(connection, known["email"]) == known["id"]
    assert notes.user_id(connection, known["username"]) == known["id"]
    assert notes.user_id(connection, 'nobody" or id is not "x') == ""


def test_tasks_get_a_status_that_their_schema_has(running: Studio, connection: FtrackConnection, task_id: str) -> None:
    store = running.ftrack.store
    schema = store.find("ProjectSchema")[0]
    allowed = [
        row["status_id"]
        for row in store.find("WorkflowSchemaStatus", workflow_schema_id=schema["task_workflow_schema_id"])
    ]
    (task,) = store.find("Task", id=task_id)
    wanted = next(each for each in allowed if each != task["status_id"])
    assert notes.set_task_status(connection, [task_id], f" {names(running, wanted).upper()}") == []
    assert store.find("Task", id=task_id)[0]["status_id"] == wanted


def test_a_status_that_the_schema_does_not_have_is_told_and_changes_nothing(
    running: Studio, connection: FtrackConnection, task_id: str
) -> None:
    before = running.ftrack.store.find("Task", id=task_id)[0]["status_id"]
    assert notes.set_task_status(connection, [task_id, "no task"], "No such status") == [task_id, "no task"]
    assert running.ftrack.store.find("Task", id=task_id)[0]["status_id"] == before


def test_an_override_for_the_type_of_a_task_decides(running: Studio, connection: FtrackConnection) -> None:
    store = running.ftrack.store
    task_id = running.ids["show_b/sq010/sh010/Animation"]
    (task,) = store.find("Task", id=task_id)
    schema = store.find("ProjectSchema")[0]
    status = store.create("Status", name="With the vendor", is_active=True)
    workflow = store.create("WorkflowSchema", name="outsourced")
    store.create("WorkflowSchemaStatus", workflow_schema_id=workflow["id"], status_id=status["id"])
    store.create(
        "ProjectSchemaOverride",
        project_schema_id=schema["id"],
        type_id=task["type_id"],
        workflow_schema_id=workflow["id"],
    )
    assert notes.set_task_status(connection, [task_id], "With the vendor") == []
    assert store.find("Task", id=task_id)[0]["status_id"] == status["id"]


def test_the_status_of_versions_is_that_of_their_projects_schema(running: Studio, connection: FtrackConnection) -> None:
    store = running.ftrack.store
    schema = store.find("ProjectSchema")[0]
    (first, *_) = store.find("WorkflowSchemaStatus", workflow_schema_id=schema["asset_version_workflow_schema_id"])
    project_id = running.ids["show_a"]
    assert notes.version_status(connection, project_id, names(running, first["status_id"])) == first["status_id"]
    assert notes.version_status(connection, project_id, "No such status") is None
