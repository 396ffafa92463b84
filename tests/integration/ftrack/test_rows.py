"""Plain rows of ftrack: whole, in pages, and cheap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack import connection as module
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import LoginRefused, RegistrationRefused
from ftrack_accsyn_sandbox.studio import Studio

SHOTS = (
    'select id, name, parent.name, project.name from Shot where parent.parent.name in ("show_a", "show_b") order by id'
)


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
    opened.rows('select id from User where id is "x" order by id')
    running.ftrack.log.clear()
    yield opened
    opened.close()


def test_what_an_answer_only_refers_to_later_is_whole_everywhere(connection: FtrackConnection) -> None:
    (shots,) = connection.rows(SHOTS)
    assert len(shots) == 12
    assert {shot["project"]["name"] for shot in shots} == {"show_a", "show_b"}
    assert {shot["parent"]["name"] for shot in shots} == {"sq010", "sq020"}
    assert type(shots[0]) is dict


def test_several_questions_are_one_request(running: Studio, connection: FtrackConnection) -> None:
    shots, users, nothing = connection.rows(
        SHOTS, "select id from User order by id", 'Shot where id is "x" order by id'
    )
    assert (len(shots), bool(users), nothing) == (12, True, [])
    assert len(running.ftrack.log.operations()) == 1


def test_rows_come_in_pages_and_all_of_them(
    running: Studio, connection: FtrackConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = connection.rows(SHOTS)
    running.ftrack.log.clear()
    connection._page = 5
    shots, tasks = connection.rows(
        SHOTS, "select id from Task where parent.parent.parent.name in (show_a, show_b) order by id"
    )
    assert [shot["id"] for shot in shots] == [shot["id"] for shot in whole]
    assert len(tasks) == 36
    assert len(running.ftrack.log.operations()) == 8


def test_a_server_that_refuses_many_rows_is_asked_for_the_usual_number(
    connection: FtrackConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    original = connection._call

    def refusing(operations: list[dict[str, Any]], *others: Any) -> list[Any]:  # no sandbox has such a limit
        asked.extend(each["expression"].rpartition(" ")[2] for each in operations)
        if asked[-1] == str(module._WIDE_PAGE):
            raise RegistrationRefused("ask ftrack", "", "limit is too large")
        return original(operations, *others)

    monkeypatch.setattr(connection, "_call", refusing)
    assert len(connection.rows(SHOTS)[0]) == 12
    assert len(connection.rows(SHOTS)[0]) == 12
    assert asked == ["5000", "500", "500"]


def test_a_question_that_is_wrong_is_refused(connection: FtrackConnection) -> None:
    with pytest.raises(RegistrationRefused):
        connection.rows("select nothing from Shot order by id")
    assert len(connection.rows(SHOTS)[0]) == 12


def test_a_key_that_is_wrong_is_refused_at_once(running: Studio) -> None:
    environ = running.environment()
    opened = FtrackConnection(FtrackCredentials(environ["FTRACK_SERVER"], environ["FTRACK_API_USER"], "wrong"))
    with pytest.raises(LoginRefused):
        opened.rows(SHOTS)


def test_entities_are_still_entities_after_plain_rows(connection: FtrackConnection) -> None:
    connection.rows(SHOTS)
    assert {shot.entity_type for shot in connection.query("select id from Shot")} == {"Shot"}
