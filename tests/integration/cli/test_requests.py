"""Requests on the command line, on a machine whose worker is not running."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.staging.area import StagingArea
from requesting import ask, in_accsyn
from runner import RUNNER

Run = Callable[..., Result]


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    """Give the outbox of a staging machine of the studio's."""
    root = tmp_path / "staging"
    settings = {
        "ACCSYN_PROJECTS_PATH": str(root),
        "ACCSYN_WORKSPACE": "acme",
        "ACCSYN_API_USER": "artist@acme.test",
        "ACCSYN_API_KEY": "key",
        "FTRACK_SERVER": "https://acme.test",
        "FTRACK_API_USER": "artist",
        "FTRACK_API_KEY": "key",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    StagingArea(str(root)).prepare()
    made = Outbox(outbox_path(None, str(root)))
    made.open()
    yield made
    made.close()


@pytest.fixture
def run() -> Run:
    def command(*arguments: object) -> Result:
        result = RUNNER.invoke(application, [str(each) for each in arguments], prog_name="ftrack-accsyn")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


def told(run: Run, *arguments: object) -> Any:
    return json.loads(run(*arguments, "--json").stdout.splitlines()[-1])


def test_status_shows_a_request_as_one_row_that_unfolds(outbox: Outbox, run: Run) -> None:
    ask(outbox, "beauty", "depth")

    folded, unfolded = run("status"), run("status", "--unfold")

    assert folded.exit_code == exit_codes.UNSENT
    assert "send sh010 comp v003" in folded.stdout
    assert "studio.hq > studio.london" in folded.stdout
    assert "beauty" not in folded.stdout
    assert "comp v003 beauty" in unfolded.stdout
    assert "comp v003 depth" in unfolded.stdout


def test_status_in_json_has_requests_beside_the_items_of_publishes(outbox: Outbox, run: Run) -> None:
    request_id = ask(outbox, "beauty")
    in_accsyn(outbox, request_id)

    found = told(run, "status", "--unfold")

    (row,) = found["requests"]
    assert (row["request_id"], row["state"], row["reason"], row["moving"]) == (request_id, "moving", "send", 1)
    assert [each["component"] for each in row["unfolded"]] == ["beauty"]
    assert found["items"] == []
    assert found["exit_code"] == exit_codes.MOVING


def test_requests_are_listed_and_found_by_words(outbox: Outbox, run: Run) -> None:
    assert "Nothing was asked for" in run("requests").stdout
    ask(outbox, "beauty", words="the comp")
    ask(outbox, "audio", words="the edit")

    assert [row["words"] for row in told(run, "requests")["requests"]] == ["the edit", "the comp"]
    assert [row["words"] for row in told(run, "requests", "--search", "beauty")["requests"]] == ["the comp"]
    assert "comp v003 audio" in run("requests", "--unfold").stdout


def test_cancel_takes_back_what_has_not_begun_and_says_what_had(outbox: Outbox, run: Run) -> None:
    request_id = ask(outbox, "beauty", "depth")

    result = run("cancel", request_id)

    assert result.exit_code == exit_codes.OK
    assert result.stdout == f"2 item(s) of request {request_id} were taken back.\n"
    assert told(run, "requests")["requests"][0]["state"] == "cancelled"


def test_cancel_of_an_unknown_request_fails(outbox: Outbox, run: Run) -> None:
    result = run("cancel", 77)

    assert result.exit_code == exit_codes.FAILED
    assert "has the number 77" in result.stderr
