"""What was handed out is kept at the tasks: for every program that has to know it, whoever writes at the same time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import ftrack_api
import pytest

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import handout as model
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_sandbox.studio import Studio

VENDOR, OTHER = "vendor@acme.test", 'o"ther\\%@acme.test'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def connection(running: Studio) -> Iterator[FtrackConnection]:
    environ = running.environment()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", environ["FTRACK_API_SCHEMA_CACHE_PATH"])
        names = ("SERVER", "API_USER", "API_KEY")
        opened = FtrackConnection(FtrackCredentials(*(environ[f"FTRACK_{name}"] for name in names)))
        yield opened
        for row in running.ftrack.store.find("Metadata"):
            running.ftrack.store.delete("Metadata", row["parent_id"], row["key"])
        opened.close()


@pytest.fixture
def tasks(running: Studio) -> list[str]:
    return [row["id"] for row in running.ftrack.store.find("Task")]


def handed(task_id: str, vendor: str = VENDOR) -> HandOut:
    return HandOut(
        task_id, "p1", "show_a", vendor, "package-1", "show_a/_vendors/v/to/package-1", "2026-01-02T03:04:05Z"
    )


def test_what_was_handed_out_is_read_as_it_was_written_and_changed(
    connection: FtrackConnection, tasks: list[str]
) -> None:
    first, second = handed(tasks[0]), handed(tasks[0], OTHER)
    for each in (first, second, handed(tasks[1])):
        outsourced.write(connection, each)
    changed = dataclasses.replace(second, closed_at="2026-02-03T00:00:00Z", assigned=True)
    outsourced.write(connection, changed)
    found = outsourced.read(connection)
    assert sorted(found, key=str) == sorted([first, changed, handed(tasks[1])], key=str)


def test_two_programs_that_write_of_two_vendors_at_once_undo_nothing_of_each_other(
    connection: FtrackConnection, tasks: list[str]
) -> None:
    outsourced.write(connection, handed(tasks[0]))
    outsourced.write(connection, handed(tasks[0], OTHER))
    assert sorted(outsourced.read(connection), key=str) == sorted([handed(tasks[0]), handed(tasks[0], OTHER)], key=str)


def test_a_record_that_another_program_made_in_between_is_changed(
    running: Studio, connection: FtrackConnection, tasks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = connection.query

    def late(expression: str) -> list[object]:
        """Answer as before another program wrote the record, which it does right after."""
        found = known(expression)
        if not running.ftrack.store.find("Metadata"):
            row = {"parent_id": tasks[0], "parent_type": "Task", "key": model.key(VENDOR), "value": "{}"}
            running.ftrack.store.create("Metadata", **row)
        return found

    monkeypatch.setattr(connection, "query", late)
    outsourced.write(connection, handed(tasks[0]))
    assert outsourced.read(connection) == [handed(tasks[0])]


@pytest.mark.parametrize("value", ["", "[]", "{", '{"task_id": 3}', "[" * 100_000, '{"vendor": "v@x.y"}'])
def test_a_record_that_says_nothing_of_use_is_left_out(
    running: Studio, connection: FtrackConnection, tasks: list[str], value: str
) -> None:
    outsourced.write(connection, handed(tasks[1]))
    row = {"parent_id": tasks[0], "parent_type": "Task", "key": model.key(VENDOR), "value": value}
    running.ftrack.store.create("Metadata", **row)
    assert outsourced.read(connection) == [handed(tasks[1])]


def test_a_record_of_another_task_or_vendor_is_no_record(
    running: Studio, connection: FtrackConnection, tasks: list[str]
) -> None:
    store = running.ftrack.store
    for task, vendor in ((tasks[0], OTHER), (tasks[1], VENDOR)):
        row = {"parent_id": task, "parent_type": "Task", "key": model.key(vendor)}
        store.create("Metadata", value=model.text(handed(tasks[0])), **row)
    assert outsourced.read(connection) == []


def test_ftracks_own_client_finds_the_record_among_the_metadata_of_the_task(
    running: Studio, connection: FtrackConnection, tasks: list[str]
) -> None:
    outsourced.write(connection, handed(tasks[0]))
    environ = running.environment()
    with ftrack_api.Session(
        environ["FTRACK_SERVER"], environ["FTRACK_API_KEY"], environ["FTRACK_API_USER"], plugin_paths=[]
    ) as session:
        value = session.get("Task", tasks[0])["metadata"][model.key(VENDOR)]
    assert model.read(value, tasks[0]) == handed(tasks[0])
