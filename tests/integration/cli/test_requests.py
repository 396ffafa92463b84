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
from ftrack_accsyn_accessor.model.item import State, Trouble
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path, outside_path
from ftrack_accsyn_accessor.outbox.memory import state_folder
from ftrack_accsyn_accessor.outbox.tracking import Change
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


# A machine without staging area.


@pytest.fixture
def outside(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    """Give the outbox of a machine that has no staging area."""
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    path = outside_path(None, state_folder())
    path.parent.mkdir(parents=True)
    made = Outbox(path)
    made.open()
    yield made
    made.close()


def test_status_of_a_machine_without_staging_area_shows_what_was_asked_for(outside: Outbox, run: Run) -> None:
    ask(outside, "beauty", words="the comp")

    result = run("status", "--unfold")

    assert result.exit_code == exit_codes.UNSENT
    assert "send the comp" in result.stdout
    assert "comp v003 beauty" in result.stdout
    assert "not there" not in result.stdout


def test_request_that_nobody_is_there_for_says_so_unless_something_else_keeps_it(outside: Outbox, run: Run) -> None:
    ask(outside, "audio", words="the sound")
    (item,) = in_accsyn(outside, ask(outside, "beauty", words="the comp"))
    stuck = Change(item, State.NEEDS_ATTENTION, item.progress, Trouble.FAILED.value, "accsyn could not.", 9e9)
    outside.tracking.record([stuck])
    with outside._connections.writing() as connection:
        connection.execute("UPDATE item SET updated_at = updated_at - 60")

    found = {row["words"]: row for row in told(run, "status", "--unfold")["requests"]}

    assert found["the sound"]["cause"].startswith("No application with the plugin runs here")
    assert found["the sound"]["remedy"] == "Open one, or run: ftrack-accsyn drain."
    assert found["the sound"]["unfolded"][0]["notes"] == ["Nobody is there to send it."]
    assert found["the comp"]["cause"] == "accsyn could not."


def test_why_and_retry_find_it_there(outside: Outbox, run: Run) -> None:
    (item,) = in_accsyn(outside, ask(outside, "beauty"))
    stuck = Change(item, State.NEEDS_ATTENTION, item.progress, Trouble.FAILED.value, "accsyn could not.", 9e9)
    outside.tracking.record([stuck])

    why = run("why", "beauty")
    assert why.exit_code == exit_codes.ATTENTION
    assert why.stdout.startswith("show_a comp v003 beauty to studio.london needs attention: accsyn could not.")
    assert told(run, "retry", "beauty")["retried"] == 1


def test_why_retry_and_log_take_the_number_of_a_request(outside: Outbox, run: Run) -> None:
    number = ask(outside, "beauty", "depth", "matte")
    first, *_ = in_accsyn(outside, number)
    ask(outside, "audio")
    stuck = Change(first, State.NEEDS_ATTENTION, first.progress, Trouble.FAILED.value, "accsyn could not.", 9e9)
    outside.tracking.record([stuck])

    assert "comp v003 beauty to studio.london needs attention: accsyn could not." in run("why", number).stdout
    assert {row["component"] for row in told(run, "log", number)["items"]} == {"beauty", "depth", "matte"}
    assert len(told(run, "log", number, "--limit", 2)["items"]) == 2
    assert told(run, "retry", number)["retried"] == 1
    for verb in ("why", "retry", "log"):
        assert run(verb, 77).exit_code == exit_codes.FAILED


def test_doctor_looks_at_it(outside: Outbox, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(outside, "beauty")
    monkeypatch.setenv("FTRACK_SERVER", "http://127.0.0.1:1")
    monkeypatch.setenv("ACCSYN_PROXY", "127.0.0.1:1")

    found = {check["name"]: check for check in told(run, "doctor")["checks"]}

    assert found["ACCSYN_PROJECTS_PATH"]["level"] == "warn"
    assert str(outside.path) in found["outbox"]["text"]


def test_without_anything_asked_for_it_is_no_staging_machine(
    outbox: Outbox, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")

    result = run("status")

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "nothing was asked for on it" in result.stderr


@pytest.mark.parametrize("verb", ["clean", "reconcile"])
def test_what_is_about_staged_files_alone_needs_a_staging_area(outside: Outbox, run: Run, verb: str) -> None:
    ask(outside, "beauty")

    result = run(verb)

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert result.stderr == "ACCSYN_PROJECTS_PATH is not set: this is no staging machine.\n"


@pytest.mark.parametrize("verb", ["log", "pause", "resume"])
def test_what_is_about_the_outbox_finds_it(outside: Outbox, run: Run, verb: str) -> None:
    ask(outside, "beauty")

    assert run(verb).exit_code == exit_codes.OK


def test_status_of_a_staging_machine_names_the_outbox_of_a_service(
    outside: Outbox, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ask(outside, "beauty")
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(tmp_path / "staging"))

    result = run("status")

    assert result.exit_code == exit_codes.OK
    assert f"1 request is under way in the outbox of no staging area, {outside.path}" in result.stdout
