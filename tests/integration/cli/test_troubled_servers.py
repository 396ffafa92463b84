"""Servers that answer byte by byte hold no command, and those that cannot be trusted are told by the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from between import LOG_IN_PAGE, WANTS_A_PASSWORD, closed_port, no_proxies, page, peer
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import transport
from ftrack_accsyn_sandbox.accsyn import AccsynService
from ftrack_accsyn_sandbox.switches import TRICKLE_PARTS
from integration.cli.conftest import Run
from publishing import Publisher

__all__ = ["closed_port", "no_proxies", "peer"]


@pytest.fixture(autouse=True)
def _short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "SHORT_LIMIT_S", 1.0)
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 1.0)


@pytest.mark.parametrize("part", TRICKLE_PARTS)
def test_a_trickling_accsyn_is_unreachable_to_doctor_why_and_status(
    publisher: Publisher, run: Run, told: Callable[..., Any], part: str
) -> None:
    publisher.studio.accsyn.switches.trickle(times=1000, part=part)
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(component, "unreachable")

    (login,) = [check for check in told("doctor")["checks"] if check["name"] == "accsyn login"]
    assert login["level"] == "fail"
    assert "no answer in time" in login["text"]
    assert "no answer in time" in run("why", component["id"]).stdout
    assert "no answer in time" in run("status").stdout


@pytest.mark.parametrize("part", TRICKLE_PARTS)
def test_a_trickling_ftrack_does_not_answer_the_doctor(
    publisher: Publisher, told: Callable[..., Any], part: str
) -> None:
    publisher.studio.ftrack.switches.trickle(part=part)

    (server,) = [check for check in told("doctor")["checks"] if check["name"] == "ftrack server"]
    assert server["level"] == "fail"
    assert "does not answer" in server["text"]


@pytest.mark.parametrize(
    ("identity", "words"), [("another", "wants a log-in first"), ("not yet valid", "set date, time and time zone")]
)
def test_a_certificate_of_ftracks_server_that_is_not_accepted_is_told_by_its_reason(
    publisher: Publisher, told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, identity: str, words: str
) -> None:
    server = AccsynService(tls=True)  # any that speaks TLS: what it would say is never heard
    server.identity = identity
    with server:
        monkeypatch.setenv("FTRACK_SERVER", server.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate))
        (check,) = [check for check in told("doctor")["checks"] if check["name"] == "ftrack server"]
    assert check["level"] == "fail"
    assert words in check["remedy"]


@pytest.mark.usefixtures("no_proxies")
def test_the_doctor_names_a_dead_proxy_of_either_server(
    publisher: Publisher, told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    publisher.environment(FTRACK_SERVER="https://studio.ftrack.test", ACCSYN_PROXY=f"127.0.0.1:{closed_port}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://bob:pass@127.0.0.1:{closed_port}")
    found = {check["name"]: check for check in told("doctor")["checks"]}
    for name, variable in (("ftrack server", "HTTPS_PROXY"), ("accsyn login", "ACCSYN_PROXY")):
        assert f"the proxy 127.0.0.1:{closed_port} ({variable}) cannot be used" in found[name]["text"]
        assert variable in found[name]["remedy"]
    assert "bob" not in str(found)


@pytest.mark.usefixtures("no_proxies")
def test_the_doctor_tells_a_proxy_that_wants_a_password_and_a_log_in_page(
    publisher: Publisher,
    told: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    peer: Callable[[bytes], int],
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{peer(WANTS_A_PASSWORD)}")
    for server, words in (("https://studio.ftrack.test", "HTTPS_PROXY"), (f"http://127.0.0.1:{peer(page())}", "log")):
        publisher.environment(FTRACK_SERVER=server)
        publisher.studio.accsyn.switches.fail_next("master", status=200, body=LOG_IN_PAGE)
        found = {check["name"]: check for check in told("doctor")["checks"]}
        assert words in found["ftrack server"]["remedy"]
        assert "the page 'Hotel Wi-Fi'" in found["accsyn login"]["text"]
        assert "browser" in found["accsyn login"]["remedy"]


def test_a_ftrack_that_is_busy_is_not_blamed_on_the_key(publisher: Publisher, told: Callable[..., Any]) -> None:
    publisher.studio.ftrack.switches.fail_next("query", status=503, body="busy", times=1000)

    (login,) = [check for check in told("doctor")["checks"] if check["name"] == "ftrack login"]
    assert login["level"] == "fail"
    assert "FTRACK_API_KEY" not in login["remedy"]
    assert "busy" in login["remedy"]
