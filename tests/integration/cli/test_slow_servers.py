"""Servers that answer byte by byte hold no command, and are told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import transport
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
