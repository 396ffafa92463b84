"""What stands between this machine and ftrack, or a wrong clock, is named, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from between import LOG_IN_PAGE, WANTS_A_PASSWORD, closed_port, no_proxies, page, peer
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.hub import open_hub
from ftrack_accsyn_accessor.ftrack.trouble import trouble
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.network import Trouble
from ftrack_accsyn_sandbox.accsyn import AccsynService
from ftrack_accsyn_sandbox.ftrack import FtrackService

__all__ = ["closed_port", "no_proxies", "peer"]

pytestmark = pytest.mark.usefixtures("no_proxies")

KEY = "a-key-that-nobody-may-see"
Told = Callable[[str], Trouble]


def by_connection(server: str) -> Trouble:
    """What the background's own connection raises."""
    connection = FtrackConnection(FtrackCredentials(server, "artist", KEY))
    with pytest.raises(errors.RegistrationError) as caught:
        connection.query("select id from Location")
    assert isinstance(caught.value, errors.RegistrationRefused) == (caught.value.by_itself == "")
    assert KEY not in str(caught.value)
    return Trouble(caught.value.outcome, caught.value.advice)


def by_hub(server: str) -> Trouble:
    """What is told of the event hub."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever ftrack's client raises
        open_hub(FtrackCredentials(server, "artist", KEY))
    return trouble(caught.value, KEY)


@pytest.fixture(params=[by_connection, by_hub])
def told(request: pytest.FixtureRequest) -> Told:
    found: Told = request.param
    return found


@pytest.mark.parametrize("status", ["200 OK", "511 Network Authentication Required"])
def test_a_network_that_wants_a_log_in_is_told_with_what_to_do(
    told: Told, peer: Callable[[bytes], int], status: str
) -> None:
    found = told(f"http://127.0.0.1:{peer(page(status))}")
    assert found.outcome.endswith(f"HTTP status {status[:3]}: the page 'Hotel Wi-Fi'")
    assert "browser" in str(found.remedy)


def test_where_a_redirect_leads_is_told(told: Told, peer: Callable[[bytes], int]) -> None:
    login = f"http://localhost:{peer(page())}/login"
    found = told(f"http://127.0.0.1:{peer(page('302 Found', '', Location=login))}")
    assert found.outcome == "it leads to localhost, which answers with HTTP status 200: the page 'Hotel Wi-Fi'"
    assert "browser" in str(found.remedy)


def test_a_gateways_page_is_no_log_in(told: Told, peer: Callable[[bytes], int]) -> None:
    found = told(f"http://127.0.0.1:{peer(page('502 Bad Gateway', '<title>502 Bad Gateway</title>'))}")
    assert "HTTP status 502: the page '502 Bad Gateway'" in found.outcome
    assert not found.remedy


@pytest.mark.parametrize(
    ("identity", "outcome", "remedy"),
    [
        ("another", "TLS failed (the certificate is another server's)", "log in there"),
        ("expired", "TLS failed (certificate has expired)", "set date, time and time zone"),
        ("not yet valid", "TLS failed (certificate is not yet valid)", "set date, time and time zone"),
        ("unknown", "TLS failed (unable to get local issuer certificate)", "reads along"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_told_by_its_reason(
    told: Told, monkeypatch: pytest.MonkeyPatch, identity: str, outcome: str, remedy: str
) -> None:
    service = AccsynService(tls=True, engine_paused=True)  # any that speaks TLS: what it would say is never heard
    service.identity = "sound" if identity == "unknown" else identity
    with service:
        if identity != "unknown":
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(service.certificate))
        found = told(service.url)
    assert found.outcome == outcome
    assert remedy in str(found.remedy)
    assert "VERIFY" not in str(found.remedy)  # to switch the check off would hand the key to a stranger


@pytest.mark.parametrize(("variable", "scheme"), [("HTTPS_PROXY", "https"), ("HTTP_PROXY", "http")])
def test_a_dead_proxy_is_named_with_its_variable_and_without_its_login(
    told: Told, closed_port: int, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    monkeypatch.setenv(variable, f"http://bob:pass@127.0.0.1:{closed_port}")
    found = told(f"{scheme}://studio.ftrack.test")
    proxy = f"the proxy 127.0.0.1:{closed_port} ({variable})"
    assert found.outcome == f"{proxy} cannot be used: the connection was refused"
    assert f"correct or unset {variable}" in str(found.remedy)


@pytest.mark.parametrize(("variable", "scheme"), [("HTTPS_PROXY", "https"), ("HTTP_PROXY", "http")])
def test_a_proxy_that_wants_a_password_is_told_as_that(
    told: Told, peer: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    port = peer(WANTS_A_PASSWORD)
    monkeypatch.setenv(variable, f"http://bob:pass@127.0.0.1:{port}")
    found = told(f"{scheme}://studio.ftrack.test")
    assert found.outcome == f"the proxy 127.0.0.1:{port} ({variable}) wants another user or password (407)"
    assert f"into {variable} (http://USER:PASSWORD@HOST:PORT)" in str(found.remedy)


def test_a_server_that_is_not_there_is_no_proxys_fault(told: Told, closed_port: int) -> None:
    found = told(f"http://127.0.0.1:{closed_port}")
    assert found.outcome == "the connection was refused"
    assert "FTRACK_SERVER" in str(found.remedy)


def test_a_server_that_is_silent_for_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftrack_accsyn_accessor.ftrack.connection._TIMEOUT_S", 0.2)
    with FtrackService() as service:
        service.switches.hang(times=9)
        assert by_connection(service.url).outcome == "no answer in time"


@pytest.fixture(scope="module")
def ftrack() -> Iterator[FtrackService]:
    with FtrackService() as service:
        service.add_user("artist", KEY)
        yield service


@pytest.mark.parametrize("path", ["/project", "/#slideEntityId=1", "/login?next=1"])
def test_more_than_the_address_of_ftrack_is_blamed_on_the_setting(ftrack: FtrackService, path: str) -> None:
    found = by_connection(f"{ftrack.url}{path}")
    assert "FTRACK_SERVER" in str(found.remedy)
    assert "the address of the studio's ftrack alone" in str(found.remedy)


@pytest.mark.parametrize("address", ["studio.ftrack.test", "ftp://studio.ftrack.test", "https://*.ftrack.test"])
def test_what_is_no_address_is_blamed_on_the_setting(address: str) -> None:
    found = by_connection(address)
    assert found.outcome == "the address cannot be used"
    assert "https://studio.ftrackapp.com" in str(found.remedy)


def test_what_is_no_address_of_a_proxy_is_blamed_on_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://bob:pass")
    assert by_connection("https://studio.ftrack.test") == Trouble(
        "HTTPS_PROXY holds no address of a proxy", "Write HTTPS_PROXY as http://HOST:PORT."
    )


def test_a_missing_file_of_certificates_is_told_by_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    assert "REQUESTS_CA_BUNDLE" in str(by_connection("https://127.0.0.1:1").remedy)


def test_a_refused_key_stays_ftracks_own_word(ftrack: FtrackService) -> None:
    connection = FtrackConnection(FtrackCredentials(ftrack.url, "artist", "another"))
    with pytest.raises(errors.LoginRefused):
        connection.query("select id from Location")


def test_the_log_of_a_session_that_cannot_be_opened_has_no_page_in_it(peer: Callable[[bytes], int]) -> None:
    long: Any = LOG_IN_PAGE + "x" * 5000
    found = by_connection(f"http://127.0.0.1:{peer(page(text=long))}")
    assert len(found.outcome) < 200
