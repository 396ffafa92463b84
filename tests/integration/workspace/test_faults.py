"""What goes wrong on the way to accsyn: one right error for each fault, and the next verb works again."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import pytest
import requests
import urllib3

from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.errors import (
    Busy,
    NotReady,
    Refused,
    Unauthorised,
    Uncertain,
    Unreachable,
    WorkspaceError,
)
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn import AccsynService
from integration.workspace.conftest import NAME, payload

pytestmark = pytest.mark.usefixtures("short_silence")

# With which HTTP status the real service refuses is not documented.
both_statuses = pytest.mark.parametrize("service", ["fitting statuses", "status 200"], indirect=True)

FAULTS = {
    "429 with seconds": ("fail_next", {"status": 429, "headers": {"Retry-After": "3"}}, Busy),
    "429 without": ("fail_next", {"status": 429, "body": {"error": "Too Many Requests"}}, Busy),
    "503": ("fail_next", {"status": 503, "body": "<title>busy</title>"}, Busy),
    "500": ("fail_next", {"status": 500, "body": "Internal Server Error"}, Uncertain),
    "502": ("fail_next", {"status": 502, "body": "<title>Bad Gateway</title>"}, Uncertain),
    "504": ("fail_next", {"status": 504}, Uncertain),
    "exception": ("fail_next", {"status": 200, "body": {"exception": "Traceback"}}, Uncertain),
    "other object": ("fail_next", {"status": 200, "body": {"other": 1}}, Uncertain),
    "list": ("fail_next", {"status": 200, "body": "[]"}, Uncertain),
    "number": ("fail_next", {"status": 200, "body": "7"}, Uncertain),
    "404": ("fail_next", {"status": 404, "body": "Not Found"}, Refused),
    "message": ("fail_next", {"status": 200, "body": {"message": "No way"}}, Refused),
    "redirect": ("fail_next", {"status": 302, "headers": {"Location": "http://127.0.0.1:9/login"}}, Unreachable),
    "reset before": ("drop_before", {}, Uncertain),
    "reset after": ("drop_after", {}, Uncertain),
    "closed before": ("drop_before", {"reset": False}, Uncertain),
    "closed after": ("drop_after", {"reset": False}, Uncertain),
    "silence before": ("hang", {}, Uncertain),
    "silence after": ("hang", {"after": True}, Uncertain),
    "html": ("garble", {"kind": "html"}, Uncertain),
    "truncated": ("garble", {"kind": "truncated"}, Uncertain),
    "empty object": ("garble", {"kind": "empty_object"}, Uncertain),
    "null": ("garble", {"kind": "null"}, Uncertain),
    "invalid JSON": ("garble", {"kind": "invalid_json"}, Uncertain),
}
if urllib3.__version__ >= "2":  # older ones do not notice; the JSON text of such an answer is whole
    FAULTS["cut"] = ("garble", {"kind": "cut"}, Uncertain)
PROCESSED = ("reset after", "closed after", "silence after", "html", "truncated", "cut", "empty object", "null")


def inject(service: AccsynService, operation: str, fault: str) -> type[WorkspaceError]:
    switch, options, error = FAULTS[fault]
    getattr(service.switches, switch)(operation, **options)
    return error


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_while_creating_a_job_becomes_its_error(fault, workspace, service, office):
    workspace.check_role()
    error = inject(service, "transfer/create", fault)
    with pytest.raises(WorkspaceError) as caught:
        workspace.create_job(payload(office))
    assert type(caught.value) is error
    assert (caught.value.tried, caught.value.on) == ("create the sync job", NAME)
    assert caught.value.outcome
    assert caught.value.__context__ is None  # what the network raised holds the API key
    assert service.log.count("transfer/create") == 1
    service.switches.clear()
    # A lost answer is found again by looking, and what was not processed is not there.
    jobs = workspace.find_jobs(NAME)
    assert len(jobs) == (1 if fault in PROCESSED or fault == "invalid JSON" else 0)


def test_a_lost_answer_stays_open_although_the_caller_handles_a_refused_connection(workspace, service, office):
    workspace.check_role()
    service.switches.drop_after("transfer/create")

    def create_while_handling(port: int) -> None:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        except requests.ConnectionError:  # from here on the context of whatever is raised, and it was never sent
            workspace.create_job(payload(office))

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(Uncertain):
            create_while_handling(deaf.getsockname()[1])
    assert len(workspace.find_jobs(NAME)) == 1


def test_a_redirection_is_not_followed(workspace, service):
    workspace.check_role()
    headers = {"Location": f"{service.url}/log-in-to-this-network"}
    service.switches.fail_next("queue/find", status=302, headers=headers)
    with pytest.raises(Unreachable):
        workspace.find_queue("show_a")
    assert {row.path for row in service.log.all()} == {
        "/api/v3/J3PKTtDvolDMBtTy6AFGA",
        "/api/v3/api/login",
        "/api/v3/event",
    }


@pytest.mark.parametrize("operation", ["master", "api/login"])
@pytest.mark.parametrize(
    "fault", ["429 with seconds", "500", "reset after", "silence before", "html", "null", "truncated"]
)
def test_faults_of_login_and_look_up_become_errors_and_pass(operation, fault, workspace, service):
    error = inject(service, operation, fault)
    if fault in ("silence before", "html"):  # who is not logged in has asked for nothing yet
        error = Unreachable
    with pytest.raises(error) as caught:
        workspace.find_queue("show_a")
    assert caught.value.tried == "find the queue"
    service.switches.clear()
    assert workspace.find_queue("show_a")


def test_the_wish_for_patience_is_passed_on(workspace, service):
    workspace.check_role()
    service.switches.rate_limit(0.001, 1, 4.5)
    workspace.find_queue("show_a")
    with pytest.raises(Busy) as caught:
        workspace.find_queue("show_a")
    assert (caught.value.status, caught.value.retry_after_s) == (429, 4.5)


def test_a_service_that_refuses_connections_is_unreachable_until_it_is_back(workspace, service):
    workspace.check_role()
    service.switches.refuse(True)
    for _ in range(2):
        with pytest.raises(Unreachable) as caught:
            workspace.find_queue("show_a")
        proxy = f"the proxy 127.0.0.1:{service.port} (ACCSYN_PROXY)"
        assert f"{proxy} cannot be used: the connection was refused" in str(caught.value)
    service.switches.refuse(False)
    assert workspace.find_queue("show_a")


def test_a_connection_that_broke_does_not_cost_the_login(workspace, service):
    workspace.check_role()
    service.switches.drop_before("queue/find")
    with pytest.raises(Uncertain):
        workspace.find_queue("show_a")
    assert workspace.find_queue("show_a")
    assert service.log.count("api/login") == 1


# Who we are


@both_statuses
def test_a_wrong_key_is_unauthorised_after_one_try(open_workspace, service):
    door = open_workspace(api_key="wr0ng-key")
    with pytest.raises(Unauthorised) as caught:
        door.find_queue("show_a")
    assert service.log.operations() == ["master", "api/login"]
    assert "ACCSYN_API_KEY" in caught.value.remedy
    assert "wr0ng" not in str(caught.value)


@both_statuses
def test_an_unknown_workspace_is_not_ready(service):
    door = Workspace(Credentials("nobody", "artist@acme.test", "some-key"), proxy=f"127.0.0.1:{service.port}")
    with pytest.raises(NotReady, match=r"workspace 'nobody'.*ACCSYN_WORKSPACE"):
        door.check_role()
    door.close()


@pytest.mark.parametrize("body", [{"result": {}}, {"result": None}, {"result": {"hostname": ""}}])
def test_a_workspace_without_host_is_not_ready(workspace, service, body):
    service.switches.fail_next("master", status=200, body=body)
    with pytest.raises(NotReady, match="names no host"):
        workspace.check_role()


@pytest.mark.parametrize("body", [{"result": {}}, {"result": None}, {"result": []}, {"result": {"role": "admin"}}])
def test_an_odd_login_answer_leaves_the_outcome_open(workspace, service, body):
    service.switches.fail_next("api/login", status=200, body=body)
    with pytest.raises(Uncertain) as caught:
        workspace.check_role()
    assert caught.value.tried == "log in to accsyn"


def test_the_session_id_that_accsyn_gives_is_used(workspace, service, office):
    issued = {"role": "employee", "id": office.artist.id, "session_id": "issued-by-accsyn"}
    service.switches.fail_next("api/login", status=200, body={"result": issued})
    office.workspace.sessions["issued-by-accsyn"] = office.artist.id
    assert workspace.find_queue("show_a")
    assert service.log.all()[-1].body["session"] == "issued-by-accsyn"


def test_any_refusal_of_the_login_is_about_who_we_are(workspace, service):
    service.switches.fail_next("api/login", status=200, body={"message": "Computer says no"})
    with pytest.raises(Unauthorised, match="Computer says no"):
        workspace.check_role()


@both_statuses
def test_an_expired_session_is_renewed_silently(workspace, service, office):
    workspace.find_queue("show_a")
    for _ in range(2):
        office.workspace.expire_sessions()
        service.log.clear()
        assert workspace.find_queue("show_a")
        assert service.log.operations() == ["queue/find", "master", "api/login", "queue/find"]


def test_a_session_that_expired_before_its_first_use_is_renewed_too(workspace, office):
    workspace.check_role()
    office.workspace.expire_sessions()
    assert workspace.find_queue("show_a")


@both_statuses
def test_a_job_is_created_once_when_the_session_expired(workspace, office):
    workspace.find_queue("show_a")
    office.workspace.expire_sessions()
    workspace.create_job(payload(office))
    assert len(office.workspace.jobs()) == 1


@both_statuses
def test_a_key_that_was_withdrawn_is_unauthorised_after_one_renewal(workspace, service, office):
    workspace.find_queue("show_a")
    office.workspace.change_key("artist@acme.test", "another")
    service.log.clear()
    with pytest.raises(Unauthorised):
        workspace.find_queue("show_a")
    assert service.log.operations() == ["queue/find", "master", "api/login"]
    office.workspace.change_key("artist@acme.test", "artist-demo-key")
    assert workspace.find_queue("show_a")


def test_a_session_that_is_never_accepted_is_not_renewed_for_ever(workspace, service):
    workspace.find_queue("show_a")
    service.switches.fail_next("queue/find", status=401, body="Unauthorized", times=3)
    service.log.clear()
    with pytest.raises(Unauthorised):
        workspace.find_queue("show_a")
    assert service.log.operations() == ["queue/find", "master", "api/login", "queue/find"]
    with pytest.raises(Unauthorised):  # a new session whose first call is refused is not renewed at once
        workspace.find_queue("show_a")
    assert service.log.operations()[4:] == ["master", "api/login", "queue/find"]
    assert workspace.find_queue("show_a")


@both_statuses
def test_a_changed_role_is_seen_at_the_next_login(workspace, office):
    assert workspace.check_role() == "employee"
    office.workspace.change_role("artist@acme.test", "standard")
    office.workspace.expire_sessions()
    with pytest.raises(Refused):
        workspace.find_queue("show_a")
    with pytest.raises(NotReady, match="standard"):
        workspace.check_role()


# What must not leak


def test_nothing_is_printed_and_no_secret_is_logged(workspace, service, office, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    workspace.check_role()
    (session_id,) = office.workspace.sessions
    echo = f"bad envelope of {session_id} with artist-demo-key"
    texts = []
    for body in ({"message": echo}, {"error": echo}, echo):
        service.switches.fail_next("queue/find", status=400, body=body)
        with pytest.raises(Refused) as caught:
            workspace.find_queue("show_a")
        texts += [str(caught.value), repr(caught.value), caught.value.outcome]
    for fault in FAULTS:
        inject(service, "transfer/create", fault)
        with pytest.raises(WorkspaceError) as caught:
            workspace.create_job(payload(office))
        texts += [str(caught.value), repr(caught.value)]
        service.switches.clear()
    logged = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    printed = capfd.readouterr()
    everything = "\n".join([*texts, *logged, printed.out])
    assert any("/api/v3/event" in line for line in logged)
    for secret in ("artist-demo-key", "YXJ0aXN0LWRlbW8ta2V5", session_id, "audience"):
        assert secret not in everything
    assert "bad envelope of *** with ***" in texts[0]
    assert printed.out == ""


def test_nothing_is_logged_through_the_root_logger(workspace, service, caplog):
    caplog.set_level(logging.DEBUG)
    service.switches.fail_next("queue/find", status=200, body={"message": "No"})
    with pytest.raises(Refused):
        workspace.find_queue("show_a")
    assert [record for record in caplog.records if record.name == "root"] == []


def test_a_netrc_does_not_replace_our_credentials(workspace, monkeypatch, tmp_path: Path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert workspace.check_role() == "employee"


def test_a_stray_env_file_and_the_environment_change_nothing(workspace, service, monkeypatch, tmp_path: Path):
    (tmp_path / ".env").write_text("ACCSYN_PROXY=127.0.0.1:9\nACCSYN_API_KEY=stolen\nSTRAY=1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(tmp_path / ".env"))
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    monkeypatch.setenv("ACCSYN_PROXY", "127.0.0.1:9")
    assert workspace.check_role() == "employee"
    assert "STRAY" not in os.environ
    assert service.log.operations() == ["master", "api/login"]


@pytest.mark.parametrize(
    ("credentials", "named"),
    [
        (Credentials("acme", "artist@acme.test", ""), "ACCSYN_API_KEY"),
        (Credentials("", "", "k"), "ACCSYN_WORKSPACE and ACCSYN_API_USER"),
    ],
)
def test_a_missing_credential_is_not_taken_from_elsewhere(service, monkeypatch, credentials, named):
    for variable, value in (("WORKSPACE", "acme"), ("API_USER", "artist@acme.test"), ("API_KEY", "artist-demo-key")):
        monkeypatch.setenv(f"ACCSYN_{variable}", value)
    door = Workspace(credentials, proxy=f"127.0.0.1:{service.port}")
    with pytest.raises(NotReady, match=f"{named} not set"):
        door.check_role()
    assert door.calls == 0
