"""What stands between this machine and accsyn, or a wrong clock, is named, with what to do about it."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import Uncertain, Unreachable, WorkspaceError
from ftrack_accsyn_sandbox.accsyn import AccsynService
from integration.workspace.test_connection import secure_door

pytestmark = pytest.mark.usefixtures("short_silence")

LOG_IN = "<html><head><title>Hotel Wi-Fi</title></head><body>Room number, please</body></html>"


@pytest.mark.parametrize(
    ("fault", "kind", "outcome"),
    [
        ({"status": 200, "body": LOG_IN}, Uncertain, "the page 'Hotel Wi-Fi'"),
        (
            {"status": 302, "headers": {"Location": "http://wifi.hotel.test/login?session=1"}},
            Unreachable,
            "HTTP status 302, which leads to wifi.hotel.test",
        ),
        ({"status": 307, "headers": {"Location": "/login"}}, Unreachable, "HTTP status 307"),
        ({"status": 511, "body": LOG_IN}, Unreachable, "the page 'Hotel Wi-Fi'"),
    ],
)
@pytest.mark.parametrize("operation", ["master", "queue/find"])
def test_a_network_that_wants_a_log_in_is_told_with_what_to_do(workspace, service, operation, fault, kind, outcome):
    service.switches.fail_next(operation, **fault)
    with pytest.raises(WorkspaceError) as caught:
        workspace.find_queue("show_a")
    assert type(caught.value) is (Unreachable if operation == "master" else kind)  # before the login nothing was asked
    assert outcome in caught.value.outcome
    assert "log in" in caught.value.remedy
    assert "browser" in caught.value.remedy


def test_a_gateways_page_is_no_log_in(workspace, service):
    service.switches.fail_next("queue/find", status=502, body=LOG_IN)
    with pytest.raises(Uncertain) as caught:
        workspace.find_queue("show_a")
    assert "browser" not in caught.value.remedy


@pytest.mark.parametrize(
    ("identity", "outcome", "remedy"),
    [
        ("another", "TLS failed (the certificate is another server's)", "log in there"),
        ("expired", "TLS failed (certificate has expired)", "set date, time and time zone"),
        ("not yet valid", "TLS failed (certificate is not yet valid)", "set date, time and time zone"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_told_by_its_reason(office, identity, outcome, remedy):
    service = AccsynService(tls=True, workspace=office.workspace, engine_paused=True)
    service.identity = identity
    with service:
        door = secure_door(service, certificate=str(service.certificate))
        with pytest.raises(Unreachable) as caught:
            door.check_role()
        door.close()
    assert caught.value.outcome == f"127.0.0.1:{service.port}: {outcome}"
    assert remedy in caught.value.remedy
    assert "TLS_VERIFY" not in caught.value.remedy  # to switch the check off would hand the key to a stranger
