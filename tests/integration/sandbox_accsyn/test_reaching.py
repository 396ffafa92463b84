"""Reaching the workspace: look-up, login, authentication on every request, envelopes, and what the log keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from integration.sandbox_accsyn.bare_client import AccsynException

LIMIT_S = 10.0


def test_login_tells_role_and_id(acme: Any) -> None:
    session = acme.login()
    assert session._role == "employee"
    assert session._uid == acme.demo.artist.id
    assert acme.service.log.operations() == ["master", "api/login"]


def test_named_host_needs_no_look_up(acme: Any) -> None:
    with type(acme.service)(tls=True, workspace=acme.demo.workspace) as service:
        session = acme.login(proxy=None, hostname="127.0.0.1", port=service.port)
        assert session.find("Site")
        assert service.log.operations() == ["api/login", "site/find"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": "wrong"}, "Authentication failed"),
        ({"user": "nobody"}, "Authentication failed"),
        ({"workspace": "elsewhere"}, "Unknown workspace: elsewhere"),
    ],
)
def test_wrong_credentials_are_refused(acme: Any, options: dict[str, str], message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        acme.login(**options)


def test_every_request_is_authenticated(acme: Any, session: Any) -> None:
    session._api_key = "wrong"
    with pytest.raises(AccsynException, match="Authentication failed"):
        session.find("Site")
    assert acme.service.log.all()[-1].status == 401


@pytest.mark.parametrize("header", ["", "basic x:y", "bearer YQ==:YQ==", "basic /w==:/w=="])
def test_malformed_authorization_is_refused(acme: Any, header: str) -> None:
    address = f"{acme.service.url}/api/v3/api/login"
    answer = requests.put(address, data="{}", headers={"Authorization": header}, timeout=LIMIT_S)
    assert (answer.status_code, list(answer.json())) == (401, ["message"])


def test_changed_key_is_refused_until_the_new_one_is_used(acme: Any, session: Any) -> None:
    acme.service.workspace.change_key("artist@acme.test", "new")
    with pytest.raises(AccsynException, match="Authentication failed"):
        session.find("Site")
    assert acme.login(key="new").find("Site")


def test_expired_session_is_refused_until_the_next_login(acme: Any, session: Any) -> None:
    acme.service.workspace.expire_sessions()
    with pytest.raises(AccsynException, match="session has expired"):
        session.find("Site")
    assert acme.login().find("Site")


def test_session_of_another_user_is_refused(acme: Any, session: Any, admin: Any) -> None:
    session._session_id = admin._session_id
    with pytest.raises(AccsynException, match="session has expired"):
        session.find("Site")


def test_disabled_user_is_refused(acme: Any, session: Any) -> None:
    acme.demo.artist.status = "disabled"
    with pytest.raises(AccsynException, match="Authentication failed"):
        session.find("Site")


def test_refusal_has_a_fitting_status_or_a_plain_one(acme: Any, session: Any) -> None:
    for plain, status in ((False, 400), (True, 200)):
        acme.service.plain_statuses = plain
        with pytest.raises(AccsynException, match="Unknown entity type: unicorn"):
            session.find("Unicorn")
        assert acme.service.log.all()[-1].status == status


def test_big_payload_travels_compressed(acme: Any, session: Any) -> None:
    tasks = [acme.task(f"show_a/a-rather-long-folder-name/file-{number}.mov") for number in range(1500)]
    assert session.create("Transfer", {"code": "big", "tasks": tasks})["id"]
    assert len(acme.service.workspace.jobs()[0].tasks) == 1500
    row = acme.service.log.all()[-1]
    assert row.operation == "transfer/create"
    assert len(row.body["data"]["tasks"]) == 1500
    assert "gz_data" not in row.body


def test_damaged_compressed_payload_is_refused(acme: Any, session: Any) -> None:
    headers = {"Authorization": "basic YXJ0aXN0QGFjbWUudGVzdA==:YXJ0aXN0LWRlbW8ta2V5", "X-Accsyn-Workspace": "acme"}
    envelope = {"session": session._session_id, "uri": "transfer/create", "gz_data": "bm90IGd6aXA="}
    address = f"{acme.service.url}/api/v3/event"
    answer = requests.post(address, data=json.dumps(envelope), headers=headers, timeout=LIMIT_S)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])


def test_url_beyond_the_safe_length_is_refused(acme: Any, session: Any) -> None:
    with pytest.raises(AccsynException, match="URI Too Long"):
        session.find(f'Transfer WHERE code="{"x" * 4000}"')
    assert acme.service.log.all()[-1].status == 414


def test_no_credential_is_in_the_log(acme: Any, session: Any) -> None:
    session.find("Site")
    assert "artist-demo-key" not in repr(acme.service.log.all())
    assert "YXJ0aXN0LWRlbW8ta2V5" not in repr(acme.service.log.all())


def test_names_with_any_characters_survive_the_query_string(acme: Any, admin: Any) -> None:
    name = "Ä 100% + [x] & =?#/"
    admin.create("Queue", {"name": name, "code": "odd"})
    assert [queue["code"] for queue in admin.find(f'Queue WHERE name="{name}"')] == ["odd"]


def test_dates_are_sent_in_utc(session: Any) -> None:
    assert session.find("Site")[0]["created"].utcoffset() is not None


@pytest.mark.parametrize(
    ("verb", "uri"),
    [("GET", "transfer/metrics"), ("PUT", "workspace/publish"), ("POST", "setting"), ("GET", "nothing")],
)
def test_unsupported_call_is_refused(session: Any, verb: str, uri: str) -> None:
    with pytest.raises(AccsynException, match="not supported"):
        session._event(verb, uri, {"a": 1})
