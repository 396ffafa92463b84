"""The command `ftrack-accsyn reconcile` where the artist publishes, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.worker import runtime
from publishing import Publisher
from runner import RUNNER

Reconcile = Callable[..., dict[str, Any]]


@pytest.fixture
def reconcile(publisher: Publisher) -> Reconcile:
    """Return a function that runs the command with `--json` and gives what it prints."""

    def run(*arguments: str) -> dict[str, Any]:
        result = RUNNER.invoke(application, ["reconcile", "--json", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        told = json.loads(result.stdout.splitlines()[-1])
        assert result.exit_code == told["exit_code"]
        return dict(told)

    return run


@pytest.fixture
def away(publisher: Publisher) -> Callable[[], None]:
    """Return a function that ends the artist's applications and loses their outbox."""

    def leave() -> None:
        runtime.stop_all()
        for path in (publisher.studio.staging / ".ftrack-accsyn").glob("*.sqlite3*"):
            path.unlink()

    return leave
