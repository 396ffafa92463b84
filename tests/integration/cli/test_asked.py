"""What is asked for on the command line, against a studio: to its end, or to what keeps it from that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from click.testing import Result

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.send.ordering import Ordering, take_back
from ftrack_accsyn_accessor.workspace import transport
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher, at_work
from runner import RUNNER

SHOT = "show_a/sq010/sh010"
TITLE = "show_a sq010/sh010 comp v001 depth to studio.london"


@pytest.fixture(scope="module")
def artist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """An artist with three components of a version each in a location of the studio's."""
    folder = tmp_path_factory.mktemp("asked")
    with pytest.MonkeyPatch.context() as patch, Studio(folder / "studio") as studio:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with at_work(studio, patch, folder / "sources") as publisher:
            version = publisher.version(publisher.session(), asset="comp")
            made = [publisher.publish_file(version, name) for name in ("beauty", "depth", "matte")]
            wait_until(lambda: all(publisher.item(each).state is State.SYNCED for each in made), 30, "the arrival")
            yield publisher


@pytest.fixture
def studio(artist: Publisher, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Studio]:
    """The studio, on whose machine nothing was asked for yet, and which has no staging area."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    engine = artist.studio.accsyn.engine
    yield artist.studio
    engine.paused = False
    engine.clear_failures()


def run(*arguments: object) -> Result:
    result = RUNNER.invoke(application, [str(each) for each in arguments], prog_name="ftrack-accsyn")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def send(name: str, *more: str) -> Result:
    return run("send", SHOT, "--from", "studio.hq", "--to", "studio.london", "--components", name, *more)


def told(result: Result) -> Any:
    return json.loads(result.stdout.splitlines()[-1])


def statuses(studio: Studio, name: str) -> list[str]:
    """Return the statuses of the tasks that carry a component from head quarters to London."""
    (job,) = [job for job in studio.accsyn.workspace.jobs() if "ftrack send" in job.name]
    return [task.status for task in job.tasks if name in task.source]


def test_without_waiting_accsyn_has_it_when_the_command_ends(studio: Studio) -> None:
    studio.accsyn.engine.paused = True

    result = send("beauty")

    assert result.exit_code == exit_codes.OK
    assert statuses(studio, "beauty") == ["queued"]
    assert told(run("requests", "--json"))["requests"][0]["state"] == "moving"
    assert run("cancel", 1).stdout == "1 item(s) of request 1 were taken back.\n"
    assert statuses(studio, "beauty") == ["excluded"]


def test_a_failed_transfer_is_six_and_its_cause_is_said_and_retry_mends_it(studio: Studio) -> None:
    (depth,) = studio.ftrack.store.find("FileComponent", name="depth")
    studio.accsyn.engine.fail_path("*depth*", "E#J057 Disk full.")

    failed = send("depth", "--wait", "--timeout", "60")

    assert failed.exit_code == exit_codes.ATTENTION
    assert "E#J057 Disk full." in failed.stdout
    assert not (studio.site("london") / f"{SHOT}/comp/v001/depth.mov").exists()
    why = run("why", depth["id"])
    assert why.exit_code == exit_codes.ATTENTION
    assert why.stdout.startswith(f"{TITLE} needs attention: accsyn could not transfer it: E#J057")
    assert "ublish" not in why.stdout
    studio.accsyn.engine.clear_failures()
    assert run("retry").exit_code == exit_codes.OK
    assert run("drain", "--timeout", "60").exit_code == exit_codes.OK
    assert (studio.site("london") / f"{SHOT}/comp/v001/depth.mov").is_file()


def test_time_that_is_up_is_seven_and_the_request_stays(studio: Studio) -> None:
    studio.accsyn.engine.paused = True

    result = send("matte", "--wait", "--timeout", "1", "--json")

    found = told(result)
    assert (result.exit_code, found["exit_code"]) == (exit_codes.TIMEOUT, exit_codes.TIMEOUT)
    assert [row["state"] in ("waiting", "moving") for row in found["requests"]] == [True]


def test_who_interrupts_is_told_that_the_request_stays(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    # No signal comes at a moment that is known.
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ordering, "follow", interrupted)

    result = run("send", SHOT, "--from", "studio.hq", "--to", "remote@acme.test", "--components", "matte", "--wait")

    (row,) = told(run("requests", "--json"))["requests"]
    assert result.exit_code == exit_codes.FAILED
    assert f"ftrack-accsyn cancel {row['request_id']}" in result.stderr


def test_a_refusal_of_ftracks_is_told_by_the_command_alone(studio: Studio) -> None:
    environ = {**os.environ, "FTRACK_API_KEY": "wrong"}
    command = [sys.executable, "-c", "from ftrack_accsyn_accessor.cli import main; main()", "where", SHOT]
    found = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert found.returncode == exit_codes.FAILED
    assert found.stderr.startswith("Could not ask ftrack")


def test_nothing_is_fetched_to_a_machine_without_staging_area(studio: Studio) -> None:
    result = run("get", SHOT)

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "ACCSYN_PROJECTS_PATH is not set" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--site", "paris"), "paris"),
        (("--site", "london", "--queue", "nobody's"), "nobody's"),
    ],
)
def test_what_accsyn_does_not_know_is_refused_in_words(studio: Studio, arguments: tuple[str, ...], words: str) -> None:
    result = run("sync", *arguments, "--direction", "download", f"{SHOT}/comp")

    assert result.exit_code == exit_codes.FAILED
    assert words in result.stderr
    assert told(run("requests", "--json"))["requests"] == []


def test_a_queue_is_made_by_an_administrator_alone(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run("queue", "ensure", "show_b")
    assert refused.exit_code == exit_codes.FAILED
    assert "default queue" in refused.stdout

    for name in ("ACCSYN_API_USER", "ACCSYN_API_KEY"):
        monkeypatch.setenv(name, studio.environment("admin")[name])
    assert run("queue", "ensure", "show_b", "--priority", "600").stdout == "The queue show_b was made.\n"
    assert run("queue", "ensure", "show_b").stdout == "The queue show_b is there.\n"


def test_where_of_a_shot_that_has_no_component_fails_in_words(studio: Studio) -> None:
    result = run("where", "show_b/sq020/sh030")

    assert result.exit_code == exit_codes.FAILED
    assert "show_b/sq020/sh030" in result.stderr


def test_where_tells_a_table_and_json(studio: Studio) -> None:
    result, found = run("where", SHOT), told(run("where", SHOT, "--json"))

    assert "studio.hq" in result.stdout
    assert {each["component"] for each in found["components"]} == {"beauty", "depth", "matte"}
    assert all("studio.hq" in each["places"] for each in found["components"])
    assert found["fault"] == ""


def test_cancel_says_that_accsyn_does_not_answer_and_takes_back_later(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.accsyn.engine.paused = True
    assert send("beauty").exit_code == exit_codes.OK
    with monkeypatch.context() as away:
        away.setenv("ACCSYN_PROXY", "127.0.0.1:1")
        away.setattr(take_back, "__defaults__", (1.0,))
        result = run("cancel", 1)

    assert result.exit_code == exit_codes.TIMEOUT
    assert result.stdout.startswith("0 item(s) of request 1 were taken back. Of the rest: 1 still in accsyn. Could not")
    assert "is taken back when it answers" in result.stdout
    assert run("cancel", 1).stdout == "1 item(s) of request 1 were taken back.\n"
    assert statuses(studio, "beauty") == ["excluded"]


@pytest.mark.parametrize("service", ["ftrack", "accsyn"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("send", SHOT, "--from", "studio.hq", "--to", "studio.london"),
        ("where", SHOT),
        ("sync", "show_a", "--site", "london", "--direction", "upload"),
        ("queue", "ensure", "show_a"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_where_a_server_is_down_nobody_is_told_that_it_is_tried_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, service: str, arguments: Sequence[str]
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 1.0)
    if service == "ftrack":
        monkeypatch.setenv("FTRACK_SERVER", "http://127.0.0.1:1")
    else:
        monkeypatch.setenv("ACCSYN_PROXY", "127.0.0.1:1")

    result = run(*arguments)

    if (service, arguments[0]) == ("ftrack", "queue"):  # which asks accsyn alone
        assert result.exit_code == exit_codes.OK
        return
    said = f"{result.stdout} {result.stderr}"
    assert result.exit_code == exit_codes.FAILED, said
    assert f"Nothing was asked for: do it again when {service} answers." in " ".join(said.split())
    assert "tried again" not in said
