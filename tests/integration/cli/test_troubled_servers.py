"""Servers that answer byte by byte hold no command, and those that cannot be trusted are told by the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import transport
from ftrack_accsyn_sandbox.accsyn import AccsynService
from ftrack_accsyn_sandbox.switches import TRICKLE_PARTS
from integration.cli.conftest import Run
from publishing import Publisher


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


def test_a_ftrack_that_is_busy_is_not_blamed_on_the_key(publisher: Publisher, told: Callable[..., Any]) -> None:
    publisher.studio.ftrack.switches.fail_next("query", status=503, body="busy", times=1000)

    (login,) = [check for check in told("doctor")["checks"] if check["name"] == "ftrack login"]
    assert login["level"] == "fail"
    assert "FTRACK_API_KEY" not in login["remedy"]
    assert "busy" in login["remedy"]
