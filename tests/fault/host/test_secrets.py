"""Publishes with marked keys, lets every kind of call fail, and searches everything that was written for the marks."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault.support_fixtures import Run
from fault.support_kill import PUBLISH_STEPS
from fault.support_studio import assert_nothing_lost_or_doubled, outbox
from fault.support_template import Child
from ftrack_accsyn_accessor.staging.area import STATE_FOLDER
from ftrack_accsyn_sandbox.studio import Studio
from ftrack_accsyn_sandbox.switches import GARBLE_KINDS
from helpers import wait_until

ACCSYN_KEY = "accsyn-mark-9f3b71c2"
FTRACK_KEY = "ftrack-mark-5d20ae44"
PASSWORD = "server-mark-0c71d9e8"
MARKS = (ACCSYN_KEY, FTRACK_KEY, PASSWORD)
KEYS = {"ACCSYN_API_KEY": ACCSYN_KEY, "FTRACK_API_KEY": FTRACK_KEY}


@pytest.fixture(autouse=True)
def marked(studio: Studio) -> None:
    studio.accsyn.workspace.change_key("artist@acme.test", ACCSYN_KEY)
    studio.ftrack.add_user("artist", FTRACK_KEY)


def fail_in_every_way(studio: Studio) -> int:
    """Let calls fail one after the other, the answers repeating the key wherever they can; return how many."""
    switches = studio.accsyn.switches
    echo = f"Basic {ACCSYN_KEY} is not welcome here"
    switches.fail_next("api/login", status=401, body=echo)
    switches.fail_next("api/login", status=500, body={"message": echo})
    switches.fail_next("client/find", status=403, body={"message": f"The API key {ACCSYN_KEY} is not valid"})
    switches.fail_next("client/find", status=429, body=echo, headers={"Retry-After": "0"})
    switches.fail_next("transfer/create", status=502, body=f"<html><title>{echo}</title></html>")
    switches.fail_next("transfer/create", status=200, body={"exception": echo})
    switches.drop_before("transfer/find")
    switches.drop_after("transfer/find")
    for kind in GARBLE_KINDS:
        switches.garble("transfer/find", kind=kind)
    return 8 + len(GARBLE_KINDS)


def written(studio: Studio, *children: Child) -> Iterator[tuple[str, bytes]]:
    """Everything that was written or sent, by name."""
    for path in sorted(studio.staging.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
    for path in sorted(studio.hq.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
    for child in children:
        yield "log", child.log.encode()
        yield "output", child.output.encode()
    for service in (studio.accsyn, studio.ftrack):
        for row in service.log.all():
            yield row.operation, json.dumps(row.body, default=str).encode() + row.path.encode()
    yield "jobs", repr(studio.accsyn.workspace.jobs()).encode()


def leaks(studio: Studio, *children: Child) -> list[tuple[str, str]]:
    return [(name, mark) for name, content in written(studio, *children) for mark in MARKS if mark.encode() in content]


def test_search_finds_a_mark_where_there_is_one(studio: Studio) -> None:
    path = studio.staging / STATE_FOLDER / "careless.log"
    path.parent.mkdir()
    path.write_text(f"key={ACCSYN_KEY}", encoding="utf-8")

    assert leaks(studio) == [(str(path), ACCSYN_KEY)]


def test_keys_are_in_no_file_log_text_or_payload_after_every_kind_of_failing_call(studio: Studio, run: Run) -> None:
    faults = fail_in_every_way(studio)
    items = [["file", "plate"], ["sequence", "frames"], ["container", "pack"]]
    delays = ("FIRST_DELAY_S", "HELP_DELAY_S", "OUTAGE_CAP_S", "UNREADABLE_DELAY_S", "CROWDED_FIRST_S", "SOONEST_S")

    child = run("publish", KEYS, items=items, leave="drain", **dict.fromkeys(delays, 0.02))

    assert child.wait() == 0, child.output
    assert faults > 10
    assert sum(row.status != 200 for row in studio.accsyn.log.all()) >= 6
    assert leaks(studio, child) == []
    assert "ftrack_accsyn_accessor" in child.log
    assert_nothing_lost_or_doubled(studio)


def test_keys_are_in_no_text_when_accsyn_or_ftrack_refuse_them_and_repeat_them(
    studio: Studio, run: Run, tmp_path: Path
) -> None:
    studio.accsyn.switches.fail_next("api/login", status=401, body={"message": f"{ACCSYN_KEY} is no key"}, times=1000)
    killed = run("publish", KEYS, kill=vars(PUBLISH_STEPS["about to be pending"]), items=[["file", "orphan"]])
    assert killed.wait() < 0
    refusal = {"exception": "AuthenticationError", "content": f"{FTRACK_KEY} is no key", "error_code": None}
    studio.ftrack.switches.fail_next("query:ComponentLocation", status=200, body=refusal, times=1)

    (tmp_path / "go").touch()
    asking = run("open_session", KEYS, go=str(tmp_path / "go"), leave="stay")
    wait_until(lambda: asking.complaints, 20.0, "ftrack to refuse")
    asking.kill()
    child = run("publish", KEYS, items=[["file", "plate"]])

    assert child.wait() == 0, child.output
    assert any(item.cause for item in outbox(studio).items())
    assert "AuthenticationError" in asking.log
    assert leaks(studio, killed, asking, child) == []


def test_login_in_the_address_of_ftrack_is_in_no_file_log_text_or_payload(studio: Studio, run: Run) -> None:
    scheme, _, host = studio.ftrack.url.partition("://")
    server = {"FTRACK_SERVER": f"{scheme}://bob:{PASSWORD}@{host}"}
    killed = run(
        "publish", {**KEYS, **server}, kill=vars(PUBLISH_STEPS["about to be pending"]), items=[["file", "one"]]
    )
    assert killed.wait() < 0

    child = run("publish", {**KEYS, **server}, items=[["file", "two"]], leave="drain", FIRST_DELAY_S=0.02)

    assert child.wait() == 0, child.output
    assert leaks(studio, killed, child) == []
    assert {item.studio.server_url for item in outbox(studio).items()} == {studio.ftrack.url}
    assert {job.metadata["ftrack_workspace"] for job in studio.accsyn.workspace.jobs()} == {studio.ftrack.url}
    other = run("publish", KEYS, items=[["file", "three"]], leave="drain", FIRST_DELAY_S=0.02)  # of the same studio
    assert other.wait() == 0, other.output
    assert_nothing_lost_or_doubled(studio)


def test_keys_are_in_no_text_when_the_location_cannot_be_made(studio: Studio, run: Run, tmp_path: Path) -> None:
    refusal = {"exception": "AuthenticationError", "content": f"{FTRACK_KEY} is no key", "error_code": None}
    studio.ftrack.switches.fail_next("create:Location", status=200, body=refusal)
    (tmp_path / "go").touch()

    child = run("open_session", KEYS, go=str(tmp_path / "go"))

    assert child.wait() == 0, child.output
    assert leaks(studio, child) == []
    assert len(child.complaints) == 1


def test_keys_are_not_in_the_list_of_processes(studio: Studio, run: Run) -> None:
    studio.accsyn.switches.hang("client/find")
    child = run("publish", KEYS, items=[["file", "plate"]], leave="stay")
    studio.accsyn.log.wait_for("client/find")

    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)]

    assert any(b"support_template" in line for line in lines)
    assert [line for line in lines if any(mark.encode() in line for mark in MARKS)] == []
    child.kill()


def readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:  # it has ended meanwhile
        return False
    return True


def test_outbox_and_its_folder_are_private_to_its_owner(studio: Studio, run: Run) -> None:
    child = run("publish", KEYS, items=[["file", "plate"]], leave="stay")
    studio.accsyn.log.wait_for("transfer/create", timeout_s=20.0)

    state = studio.staging / STATE_FOLDER
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [state, *state.rglob("*")]}

    assert modes.pop(state) == 0o700
    files = {path.name.partition(".sqlite3")[2]: mode for path, mode in modes.items() if ".sqlite3" in path.name}
    assert files == dict.fromkeys(["", "-wal", "-shm"], 0o600)
    child.kill()
