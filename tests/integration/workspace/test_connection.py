"""The connection to accsyn: one for all calls, its own in a child, interrupted, through a proxy, and secured."""

from __future__ import annotations

import logging
import os
import signal
import threading

import pytest

from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.errors import (
    Busy,
    NotReady,
    Refused,
    Uncertain,
    Unreachable,
)
from ftrack_accsyn_accessor.workspace import Workspace, transport
from ftrack_accsyn_sandbox.accsyn import AccsynService
from integration.workspace.conftest import NAME, payload

pytestmark = pytest.mark.usefixtures("short_silence")


def connections(caplog: pytest.LogCaptureFixture) -> int:
    return sum("Starting new HTTP" in record.getMessage() for record in caplog.records)


def test_all_calls_share_one_connection(workspace, caplog):
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    for _ in range(5):
        workspace.find_queue("show_a")
    assert workspace.calls == 7
    assert connections(caplog) == 1


def test_a_connection_that_rested_long_is_not_used_again(workspace, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    workspace.find_queue("show_a")
    monkeypatch.setattr(transport, "IDLE_LIMIT_S", -1.0)
    workspace.find_queue("show_a")
    assert connections(caplog) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_makes_a_connection_of_its_own(workspace, service, caplog):
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    assert workspace.find_queue("show_a")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if workspace.find_queue("show_a") and connections(caplog) == 2 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert workspace.find_queue("show_a")
    assert service.log.count("queue/find") == 3
    assert connections(caplog) == 1


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads on this system")
def test_an_interrupt_during_a_call_is_passed_on(workspace, service, monkeypatch):
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread only")
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 30.0)
    workspace.check_role()
    service.switches.hang("queue/find")

    def interrupt() -> None:
        service.log.wait_for("queue/find")
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        workspace.find_queue("show_a")
    thread.join()
    service.switches.clear()
    assert workspace.find_queue("show_a")


def test_a_wrong_proxy_setting_is_not_ready_and_nothing_is_sent(open_workspace):
    door = open_workspace(proxy="http://relay:80")
    with pytest.raises(NotReady, match="ACCSYN_PROXY"):
        door.check_role()
    assert door.calls == 0


def test_the_development_switch_leaves_out_the_look_up(workspace, service, monkeypatch):
    monkeypatch.setenv("AS_DEV", "1")
    workspace.check_role()
    assert service.log.operations() == ["api/login"]


def test_a_long_path_is_refused_before_it_is_sent(workspace, service):
    workspace.check_role()
    with pytest.raises(Refused, match="too long"):
        workspace.file_size(f"share=projects/{'x' * 5000}")
    assert service.log.count("workspace/file") == 0


@pytest.fixture
def secure(office):
    with AccsynService(tls=True, workspace=office.workspace, engine_paused=True) as running:
        yield running


def secure_door(secure: AccsynService, **options) -> Workspace:
    credentials = Credentials("acme", "artist@acme.test", "artist-demo-key")
    return Workspace(credentials, proxy=None, hostname="127.0.0.1", port=secure.port, **options)


def test_a_certificate_of_a_known_authority_is_accepted(secure):
    door = secure_door(secure, certificate=str(secure.certificate))
    assert door.check_role() == "employee"
    assert secure.log.operations() == ["api/login"]
    door.close()


def test_an_untrusted_certificate_is_unreachable_and_says_what_to_do(secure):
    door = secure_door(secure)
    with pytest.raises(Unreachable) as caught:
        door.check_role()
    assert "TLS failed" in caught.value.outcome
    assert "REQUESTS_CA_BUNDLE" in caught.value.remedy
    assert "TLS_VERIFY" not in caught.value.remedy  # to switch the check off would hand the key to a stranger
    assert secure.log.all() == []


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_can_be_switched_off_by_name(secure):
    door = secure_door(secure, tls_verify=False)
    assert door.check_role() == "employee"
    door.close()


def test_a_secure_connection_that_breaks_after_the_request_leaves_the_outcome_open(secure, office):
    door = secure_door(secure, certificate=str(secure.certificate))
    door.check_role()
    secure.switches.drop_after("transfer/create")
    with pytest.raises(Uncertain):
        door.create_job(payload(office))
    assert len(door.find_jobs(NAME)) == 1
    door.close()


def test_a_host_name_that_is_not_ascii_does_not_matter(workspace, monkeypatch):
    # The machine that runs the test has another name; the client asks for it through this function.
    monkeypatch.setattr("socket.gethostname", lambda: "schnittplatz-überall-編集")
    assert workspace.check_role() == "employee"


def test_a_door_that_rests_holds_no_connection_and_keeps_its_login(workspace, service, caplog):
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    workspace.find_queue("show_a")

    workspace.rest()
    workspace.find_queue("show_a")

    assert connections(caplog) == 2
    assert service.log.operations().count("api/login") == 1


def test_calls_that_were_one_too_many_are_counted(workspace, service):
    service.switches.fail_next("queue/find", status=429, body={"error": "Too Many Requests"})
    with pytest.raises(Busy) as caught:
        workspace.find_queue("show_a")

    workspace.find_queue("show_a")

    assert (caught.value.status, workspace.refusals) == (429, 1)
