"""Opening sessions: information, schemas, credentials, and what Connect asks at its start."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.symbol
import pytest
import requests
from ftrack_api.exception import ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService


def test_session_opens_with_two_requests(studio: Any, open_session: Any) -> None:
    session = open_session()
    assert studio.service.log.operations() == ["query_server_information", "query_schemas"]
    assert session.server_information["schema_hash"] == studio.service.store.schema.hash
    assert session.server_information["storage_scenario"] == {"scenario": "ftrack.automatic", "data": {}}


def test_cached_schemas_are_not_asked_again(studio: Any, open_session: Any, tmp_path: Path) -> None:
    open_session(schema_cache_path=str(tmp_path))
    studio.service.log.clear()
    session = open_session(schema_cache_path=str(tmp_path))
    assert studio.service.log.operations() == ["query_server_information"]
    assert "ComponentLocation" in session.types


def test_built_in_locations_are_the_clients(session: Any) -> None:
    expected = {
        "ftrack.origin": ftrack_api.symbol.ORIGIN_LOCATION_ID,
        "ftrack.unmanaged": ftrack_api.symbol.UNMANAGED_LOCATION_ID,
        "ftrack.review": ftrack_api.symbol.REVIEW_LOCATION_ID,
        "ftrack.connect": ftrack_api.symbol.CONNECT_LOCATION_ID,
        "ftrack.server": ftrack_api.symbol.SERVER_LOCATION_ID,
    }
    found = session.query('select id, name from Location where name like "ftrack.%"')
    assert {location["name"]: location["id"] for location in found} == expected


@pytest.mark.parametrize(("user", "key"), [("artist", "wrong"), ("nobody", "artist-key"), ("admin", "admin-key")])
def test_wrong_credentials_are_refused(studio: Any, open_session: Any, user: str, key: str) -> None:
    with pytest.raises(ServerError, match=r"InvalidCredentialsError.*The supplied API key is not valid"):
        open_session(api_user=user, api_key=key)


def test_replaced_key_shuts_the_old_one_out(studio: Any, session: Any) -> None:
    studio.service.add_user("artist", "new-key")
    with pytest.raises(ServerError, match="InvalidCredentialsError"):
        session.query("User").all()


def test_inactive_user_is_refused(studio: Any, session: Any) -> None:
    studio.service.store.update("User", studio.ids["artist"], is_active=False)
    with pytest.raises(ServerError, match="InvalidCredentialsError"):
        session.query("User").all()


def test_credentials_are_not_logged(studio: Any, session: Any) -> None:
    session.query("User").all()
    assert "artist-key" not in repr(studio.service.log.all())


def test_errors_have_an_http_status_only_in_strict_mode(studio: Any) -> None:
    url = studio.service.url + "/api"
    headers = {"ftrack-user": "artist", "ftrack-api-key": "wrong"}
    lenient = requests.post(url, json=[], headers=headers, timeout=5)
    strict = requests.post(url, json=[], headers={**headers, "ftrack-strict-api": "true"}, timeout=5)
    assert (lenient.status_code, strict.status_code) == (200, 401)
    assert lenient.json() == strict.json()
    assert set(lenient.json()) == {"exception", "content", "error_code"}


def test_strict_session_reports_the_same_error(open_session: Any) -> None:
    with pytest.raises(ServerError, match=r"ParseError\(Failed to parse"):
        open_session(strict_api=True).query("User where").all()


def test_root_tells_the_version_that_connect_checks(studio: Any) -> None:
    answer = requests.get(studio.service.url + "/", timeout=5)
    assert answer.status_code == 200
    assert answer.headers["FTRACK_VERSION"] == studio.service.server_information["version"]


@pytest.mark.parametrize("body", ["{}", "[1]", '"x"', "not json"])
def test_request_that_is_no_list_of_operations_is_refused(studio: Any, body: str) -> None:
    headers = {"ftrack-user": "artist", "ftrack-api-key": "artist-key", "content-type": "application/json"}
    answer = requests.post(studio.service.url + "/api", data=body, headers=headers, timeout=5)
    assert answer.json()["exception"] == "MalformedRequestError"


def test_unknown_action_is_refused_in_the_words_the_client_looks_for(session: Any) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="Invalid action u'send_fax'"):
        session.call([{"action": "send_fax"}])


def test_usage_tracking_is_taken(session: Any) -> None:
    payload = {"action": "_track_usage", "data": {"type": "event", "name": "STARTED", "metadata": {}}}
    assert session.call([payload])[0]["action"] == "_track_usage"


def test_connects_first_questions_are_answered(studio: Any, session: Any) -> None:
    """The expressions are those of the ftrack fact sheet, "What Connect does"."""
    tasks = session.query(
        "select project, priority, assignments.resource.username, link, status.name from Task "
        'where assignments any (resource.username = "artist") and status.name not_in '
        '("Omitted", "On Hold", "Completed") and project.status is "active" '
        "order by priority.sort offset 0 limit 10"
    ).all()
    assert [entry["name"] for entry in tasks[0]["link"]] == ["show_a", "sq010", "sh010", "Animation"]
    user = session.query('select id from User where username="artist"').one()
    recent = f'key is "ftrack_recent_actions" and parent_type is "User" and parent_id is "{user["id"]}"'
    assert session.query(f"select value from Metadata where {recent}").first() is None
    active = session.query("select id, full_name, name from Project where status is active").all()
    assert [project["full_name"] for project in active] == ["Show A", "Show B"]
    setting = session.query('select id from Setting where name is "storage_scenario" and group is "STORAGE"').one()
    assert setting["value"] == ""


def test_connects_recent_actions_are_kept(studio: Any, session: Any) -> None:
    key = {"parent_type": "User", "parent_id": studio.ids["artist"], "key": "ftrack_recent_actions"}
    for labels in (["one"], ["two", "one"]):
        data = {**key, "value": json.dumps(labels)}
        session.ensure("Metadata", data, identifying_keys=list(key))
    assert [entry["value"] for entry in studio.service.store.find("Metadata", **key)] == ['["two", "one"]']


@pytest.mark.parametrize("scenario", [None, {"scenario": "ftrack.centralized-storage", "data": {}}])
def test_storage_scenario_is_told_as_chosen(scenario: Any) -> None:
    with FtrackService(storage_scenario=scenario) as service:
        service.add_user("artist", "key")
        headers = {"ftrack-user": "artist", "ftrack-api-key": "key"}
        operations = [{"action": "query_server_information"}]
        answer = requests.post(service.url + "/api", json=operations, headers=headers, timeout=5)
        assert answer.json()[0]["storage_scenario"] == scenario


def test_processes_racing_for_a_location_make_one(studio: Any, open_session: Any) -> None:
    """The loser is told by DuplicateEntryError (ftrack fact sheet, "Rules for code that ftrack_api loads")."""
    sessions = [open_session() for _ in range(4)]
    start = threading.Barrier(len(sessions))
    outcomes: list[str] = []

    def ensure(session: ftrack_api.Session) -> None:
        start.wait()
        try:
            session.ensure("Location", {"name": "artist.machine"})
            outcomes.append("made or found")
        except ServerError as error:
            outcomes.append("duplicate" if "DuplicateEntryError" in str(error) else str(error))

    threads = [threading.Thread(target=ensure, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"made or found", "duplicate"}
    assert len(outcomes) == 4
    assert len(studio.service.store.find("Location", name="artist.machine")) == 1
