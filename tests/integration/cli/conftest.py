"""The command line on the artist's machine, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from ftrack_accsyn_accessor.cli.answer import SCHEMA
from ftrack_accsyn_accessor.cli.application import application
from publishing import Publisher
from runner import RUNNER

Run = Callable[..., Result]


@pytest.fixture
def run(publisher: Publisher) -> Run:
    """Return a function that runs `ftrack-accsyn` with arguments where the publisher works."""

    def command(*arguments: object) -> Result:
        result = RUNNER.invoke(application, [str(each) for each in arguments], prog_name="ftrack-accsyn")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


@pytest.fixture
def told(run: Run) -> Callable[..., Any]:
    """Return a function that runs a command with `--json` and gives what it prints beside the schema."""

    def command(*arguments: object) -> Any:
        found = json.loads(run(*arguments, "--json").stdout.splitlines()[-1])
        assert found.pop("schema") == SCHEMA
        return found

    return command
