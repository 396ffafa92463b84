"""`status` and `log` on a machine that publishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.records import storable
from helpers import ROOT, wait_until
from integration.cli.conftest import Run
from publishing import Publisher

Told = Callable[..., Any]
COMMAND = [sys.executable, "-c", "from ftrack_accsyn_accessor.cli import main; main()"]


def start(*arguments: str) -> subprocess.Popen[str]:
    """Run `ftrack-accsyn` in a process of its own."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "source")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_status_of_what_is_unsent_moving_stuck_and_arrived(publisher: Publisher, run: Run, told: Told) -> None:
    studio = publisher.studio
    studio.accsyn.switches.refuse(True)
    studio.accsyn.engine.paused = True
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version)

    assert run("status").exit_code == exit_codes.UNSENT
    assert "safe to quit  no" in run("status").stdout
    found = told("status")
    assert (found["summary"]["pending"], found["summary"]["safe_to_quit"]) == (1, False)

    studio.accsyn.switches.refuse(False)
    publisher.submitted(component)
    result = run("status")
    assert result.exit_code == exit_codes.MOVING
    assert "safe to quit  yes" in result.stdout
    assert "1 moving" in result.stdout

    studio.accsyn.engine.fail_path("*.mov", "E#J057 Disk full.")
    studio.accsyn.engine.paused = False
    wait_until(lambda: publisher.item(component).state is State.NEEDS_ATTENTION, 20, "the failure")
    result = run("status")
    assert result.exit_code == exit_codes.ATTENTION
    assert "accsyn could not transfer it: E#J057 Disk full." in result.stdout
    assert "Have room made on that disk, then retry it" in result.stdout

    studio.accsyn.engine.clear_failures()
    run("retry")
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    result = run("status")
    assert result.exit_code == exit_codes.OK
    assert "Everything that was published has arrived." in result.stdout


def test_status_names_the_endpoint_and_its_client_without_a_secret(publisher: Publisher, run: Run, told: Told) -> None:
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")

    summary = told("status")["summary"]

    client = publisher.studio.demo.artist_client
    endpoint = summary["endpoint"]
    assert (endpoint["workspace"], endpoint["api_user"]) == ("acme", "artist@acme.test")
    assert (endpoint["client"], endpoint["client_status"]) == (client.code, "online")
    assert (endpoint["party"], summary["destination"]) == ("acme", "studio.hq")
    assert summary["staging_path"] == str(publisher.studio.staging)
    assert summary["location_name"] == publisher.item(component).publication.location_name
    assert summary["contact"]["at"] is not None
    content = b"".join(path.read_bytes() for path in publisher.outbox.path.parent.glob("*.sqlite3*"))
    for secret in (publisher.studio.artist.accsyn_key, publisher.studio.artist.ftrack_key):
        assert secret.encode() not in content


def test_problem_with_the_connection_is_shown_with_its_remedy(publisher: Publisher, told: Told) -> None:
    publisher.environment(ACCSYN_API_KEY="wrong")
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(component, "unauthorised")

    summary = told("status")["summary"]

    assert "Authentication failed" in summary["problem"]
    assert "ACCSYN_API_KEY" in summary["problem_remedy"]
    assert summary["contact"]["kind"] == "unauthorised"


def test_list_is_searched_and_limited(publisher: Publisher, run: Run, told: Told) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    version = publisher.version(publisher.session())
    for name in ("beauty", "depth", "main"):
        publisher.publish_file(version, name)

    assert [row["component"] for row in told("status", "--search", "DEPTH plate")["items"]] == ["depth"]
    shown = run("status", "--limit", "1").stdout
    assert "... and 2 more" in shown
    assert "beauty" not in shown


@pytest.mark.parametrize("verb", ["status", "retry", "pause", "resume", "log", "drain"])
def test_machine_that_is_no_staging_machine_has_an_exit_code_of_its_own(
    publisher: Publisher, run: Run, verb: str
) -> None:
    assert run(verb).exit_code == exit_codes.NOT_SET_UP  # nothing was ever published
    publisher.environment(ACCSYN_PROJECTS_PATH=None)

    result = run(verb)

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "ACCSYN_PROJECTS_PATH is not set" in result.stderr
    assert not (publisher.studio.staging / ".ftrack-accsyn").exists()


def test_damaged_outbox_is_said_until_somebody_has_looked_after_it(publisher: Publisher, run: Run, told: Told) -> None:
    publisher.session()
    path = publisher.outbox.path
    publisher.close()
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()
    path.write_bytes(b"no database, but text" * 100)

    result = run("status")

    assert result.exit_code == exit_codes.ATTENTION
    assert "was damaged and is kept" in result.stdout
    summary = told("status")["summary"]
    assert summary["safe_reason"] == "What the present outbox knows of has arrived."
    assert summary["staging_present"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file names that are no text")
def test_name_that_cannot_be_encoded_is_shown_spelt_out(publisher: Publisher, run: Run, told: Told) -> None:
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    publisher.close()
    with publisher.outbox._connections.writing() as connection:
        connection.execute(
            "UPDATE item SET component_name = ?, path = ?", (storable("main\udcff"), storable("main\udcff.mov"))
        )

    assert "main\\udcff" in run("status").stdout
    assert told("status")["items"][0]["component"] == "main\\udcff"
    assert "main\\udcff" in run("log").stdout


# Processes of their own.


def test_status_reads_only_and_asks_nobody(publisher: Publisher) -> None:
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(component)
    publisher.close()
    publisher.studio.accsyn.log.clear()
    publisher.studio.ftrack.log.clear()

    process = start("status", "--json")
    out, err = process.communicate(timeout=60)

    assert process.returncode == exit_codes.MOVING, err
    assert json.loads(out)["summary"]["moving"] == 1
    assert publisher.studio.accsyn.log.operations() == []
    assert publisher.studio.ftrack.log.operations() == []


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send a process the signals of a terminal")
def test_watch_tells_of_every_change_until_it_is_interrupted(publisher: Publisher) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    publisher.publish_file(publisher.version(publisher.session()))
    with start("status", "--watch", "--json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        publisher.studio.accsyn.switches.refuse(False)
        seen = [first["exit_code"]]
        while seen[-1] != exit_codes.OK:
            seen.append(json.loads(process.stdout.readline())["exit_code"])
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)

    assert seen[0] == exit_codes.UNSENT
    assert process.returncode == exit_codes.OK
    assert err == ""


# The log.


def test_log_tells_where_everything_is_and_what_happened_last(publisher: Publisher, run: Run, told: Told) -> None:
    version = publisher.version(publisher.session())
    component, other = publisher.publish_file(version, "first"), publisher.publish_file(version, "second")
    for each in (component, other):
        wait_until(lambda each=each: publisher.item(each).state is State.SYNCED, 20, "the arrival")

    found = told("log")

    assert found["outbox"] == str(publisher.outbox.path)
    assert {row["component"] for row in found["items"]} == {"first", "second"}
    assert [row["component"] for row in told("log", other["id"])["items"]] == ["second"]
    shown = run("log", "--limit", "1").stdout
    assert str(publisher.outbox.path) in shown
    assert "synced" in shown


def test_log_of_an_unknown_component_fails(publisher: Publisher, run: Run) -> None:
    publisher.session()

    result = run("log", "nothing")

    assert result.exit_code == exit_codes.FAILED
    assert "(nothing): nothing that was published" in result.stderr
