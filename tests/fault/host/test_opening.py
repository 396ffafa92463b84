"""What opening a session costs the host, and that nothing which is broken ever gets into its way."""

from __future__ import annotations

import concurrent.futures
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable

import ftrack_api
import ftrack_api.structure.id
import pytest
from ftrack_api.event.base import Event

from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import STATE_FOLDER
from ftrack_accsyn_accessor.staging.location import find_or_create
from ftrack_accsyn_sandbox.studio import Studio
from publishing import HOOK, Publisher, workers

OURS = "ftrack_accsyn_accessor"


def posts(studio: Studio) -> list[str]:
    return [row.operation for row in studio.ftrack.log.all() if row.method == "POST"]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The plugin's warnings and errors."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(OURS) and record.levelno >= logging.WARNING
    ]


def is_staged(session: Any) -> bool:
    return any(hasattr(location, "accsyn_staging") for location in session.query("Location"))


def test_session_open_makes_no_accsyn_call_and_one_ftrack_post_more_than_without_the_plugin(
    publisher: Publisher,
) -> None:
    publisher.session()  # makes the location, and fills the cache of the schema
    studio = publisher.studio
    studio.ftrack.log.clear()
    publisher.session()
    with_plugin = posts(studio)
    studio.ftrack.log.clear()
    publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)
    publisher.session()
    without = posts(studio)

    assert len(with_plugin) == len(without) + 1
    assert with_plugin[-1] == "query:Location"
    assert studio.accsyn.log.count() == 0


def test_session_open_makes_the_location_with_one_creation(publisher: Publisher) -> None:
    publisher.session()

    assert publisher.studio.ftrack.log.count("create:Location") == 1
    assert publisher.studio.accsyn.log.count() == 0


def test_sessions_of_one_process_that_look_for_a_new_location_at_once_ask_for_one_creation(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ftrack_api writes each refusal of another one to stderr."""
    # On a busy machine turns take longer than a host would wait.
    monkeypatch.setattr("ftrack_accsyn_accessor.staging.location.CREATING_S", 60.0)
    sessions = [publisher.session() for _ in range(5)]
    publisher.studio.ftrack.log.clear()
    together = threading.Barrier(len(sessions))

    def look(session: Any) -> str:
        together.wait()
        return str(find_or_create(session, "artist.elsewhere")["id"])

    with concurrent.futures.ThreadPoolExecutor(len(sessions)) as threads:
        found = list(threads.map(look, sessions))

    assert len(set(found)) == 1
    assert publisher.studio.ftrack.log.count("create:Location") == 1


def test_configuring_the_locations_again_changes_nothing_and_costs_one_post(publisher: Publisher) -> None:
    session = publisher.session()
    location = session.pick_location()
    before = type(location).__mro__
    publisher.studio.ftrack.log.clear()

    session._configure_locations()  # as Connect does after it has opened its session

    assert session.pick_location() is location
    assert type(location).__mro__ == before
    assert posts(publisher.studio) == ["query:Location"] * 2  # one of them is ftrack's own, for the built-in ones
    component = publisher.publish_file(publisher.version(session))
    assert len(publisher.submitted(component)) == 1


def test_structure_and_settings_that_the_pipeline_gave_the_location_are_kept(publisher: Publisher) -> None:
    session = publisher.session()
    location = session.pick_location()
    structure = location.structure = ftrack_api.structure.id.IdStructure()

    session._configure_locations()

    assert session.pick_location().structure is structure


# Broken things. Each makes its mess and returns what mends it, if it can be mended.

Mess = Callable[[Publisher], None]


def staging_path_is_a_file(publisher: Publisher) -> None:
    path = publisher.folder / "file"
    path.touch()
    publisher.environment(ACCSYN_PROJECTS_PATH=str(path))


def staging_path_is_below_a_file(publisher: Publisher) -> None:
    path = publisher.folder / "file"
    path.touch()
    publisher.environment(ACCSYN_PROJECTS_PATH=str(path / "staging"))


def staging_path_is_relative(publisher: Publisher) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH="staging")


def volume_is_no_code(publisher: Publisher) -> None:
    publisher.environment(FTRACK_ACCSYN_VOLUME="no volume/../at all")


def outbox_path(publisher: Publisher) -> Path:
    state = publisher.studio.staging / STATE_FOLDER
    state.mkdir(mode=0o700)
    return state / "outbox.sqlite3"


def outbox_is_too_new(publisher: Publisher) -> None:
    path = outbox_path(publisher)
    Outbox(path).open()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def outbox_is_a_folder(publisher: Publisher) -> None:
    outbox_path(publisher).mkdir()


def outbox_folder_is_a_file(publisher: Publisher) -> None:
    path = publisher.folder / "file"
    path.touch()
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(path))


def outbox_folder_is_below_a_file(publisher: Publisher) -> None:
    path = publisher.folder / "file"
    path.touch()
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(path / "deeper"))


def marker_is_a_folder(publisher: Publisher) -> None:
    outbox_path(publisher)
    (publisher.studio.staging / STATE_FOLDER / "staging.json").mkdir()


def state_folder_is_a_file(publisher: Publisher) -> None:
    (publisher.studio.staging / STATE_FOLDER).touch()


def ftrack_fails_to_find_the_location(publisher: Publisher) -> None:
    publisher.studio.ftrack.switches.fail_next("query:Location", status=500, body="Internal Server Error", times=2)


def ftrack_answers_the_location_with_a_page(publisher: Publisher) -> None:
    publisher.studio.ftrack.switches.garble("query:Location", kind="html", times=2)


def ftrack_drops_the_location(publisher: Publisher) -> None:
    publisher.studio.ftrack.switches.drop_before("query:Location", times=2)


def ftrack_refuses_to_create_the_location(publisher: Publisher) -> None:
    body = {"exception": "PermissionError", "content": "No permission", "error_code": None}
    publisher.studio.ftrack.switches.fail_next("create:Location", status=200, body=body, times=2)


def ftrack_refuses_in_words_with_braces(publisher: Publisher) -> None:
    body = {"exception": "ValidationError", "content": 'Invalid: {"name": "%s {x}"}', "error_code": None}
    publisher.studio.ftrack.switches.fail_next("create:Location", status=200, body=body, times=2)


MESSES = (
    staging_path_is_a_file,
    staging_path_is_below_a_file,
    staging_path_is_relative,
    volume_is_no_code,
    outbox_is_too_new,
    outbox_is_a_folder,
    outbox_folder_is_a_file,
    outbox_folder_is_below_a_file,
    marker_is_a_folder,
    state_folder_is_a_file,
    ftrack_fails_to_find_the_location,
    ftrack_answers_the_location_with_a_page,
    ftrack_drops_the_location,
    ftrack_refuses_to_create_the_location,
    ftrack_refuses_in_words_with_braces,
)


@pytest.mark.parametrize("mess", MESSES, ids=lambda mess: mess.__name__)
def test_session_opens_and_works_and_the_problem_is_said_once_without_a_print(
    publisher: Publisher,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    mess: Mess,
) -> None:
    mess(publisher)
    caplog.set_level(logging.DEBUG, OURS)

    sessions = [publisher.session(), publisher.session()]

    assert [len(session.query("Project").all()) for session in sessions] == [2, 2]
    (message,) = said(caplog)
    assert message.endswith(".")
    assert "Traceback" not in message
    assert not any(record.exc_info for record in caplog.records if record.getMessage() == message)
    assert capfd.readouterr() == ("", "")


def test_damaged_outbox_stops_neither_the_session_nor_publishing(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    outbox_path(publisher).write_bytes(b"SQLite format 3\0" + b"nonsense" * 1000)
    caplog.set_level(logging.DEBUG, OURS)

    session = publisher.session()

    assert len(session.query("Project").all()) == 2
    assert len(said(caplog)) == 1
    assert capfd.readouterr() == ("", "")


def test_machine_without_a_staging_path_is_told_so_once_at_info_level(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=None, ACCSYN_API_KEY=None)
    caplog.set_level(logging.INFO, OURS)

    sessions = [publisher.session(), publisher.session()]

    assert not any(is_staged(session) for session in sessions)
    assert [(record.levelno, record.getMessage()) for record in caplog.records if record.name.startswith(OURS)] == [
        (logging.INFO, "ACCSYN_PROJECTS_PATH is not set: this is no staging machine, the accsyn location is off.")
    ]
    assert workers() == []
    assert publisher.studio.ftrack.log.count("create:Location") == 0
    assert capfd.readouterr() == ("", "")


def test_plugin_that_is_switched_off_does_nothing(publisher: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    publisher.environment(FTRACK_ACCSYN_DISABLE="1")

    session = publisher.session()

    assert not is_staged(session)
    assert said(caplog) == []
    assert not (publisher.studio.staging / STATE_FOLDER).exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"options": None},
        {"options": []},
        {"options": {}},
        {"options": {"env": None}},
        {"options": {"env": ["PATH"]}},
        {"options": {"env": {"FTRACK_EVENT_PLUGIN_PATH": None}}},
        {"options": {"env": {"FTRACK_EVENT_PLUGIN_PATH": 7}}},
    ],
)
@pytest.mark.parametrize("topic", ["ftrack.connect.application.launch", "ftrack.action.launch"])
def test_launch_event_of_any_shape_is_survived_and_answered_with_nothing(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, topic: str, data: dict[str, Any]
) -> None:
    session = publisher.session()

    answers = session.event_hub.publish(Event(topic=topic, data=data), synchronous=True)

    assert [answer for answer in answers if answer is not None] == []
    assert said(caplog) == []


def test_launched_application_finds_the_hooks_once(publisher: Publisher) -> None:
    session = publisher.session()
    environment = {"FTRACK_EVENT_PLUGIN_PATH": "/studio/hooks"}
    event = Event(topic="ftrack.connect.application.launch", data={"options": {"env": environment}})

    for _ in range(2):
        session.event_hub.publish(event, synchronous=True)

    assert environment["FTRACK_EVENT_PLUGIN_PATH"].split(":") == ["/studio/hooks", str(HOOK)]


def test_fault_in_a_callback_reaches_the_log_and_nobody_else(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    session = publisher.session()
    event = Event(topic="ftrack.connect.application.launch", data=["no", "mapping"])

    session.event_hub.publish(event, synchronous=True)

    assert len(said(caplog)) == 1
    assert capfd.readouterr() == ("", "")
