"""Each host of the table publishes with the built archive and the real clients, as a process of its own."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Callable

import pytest

from fault.support_studio import assert_nothing_lost_or_doubled, outbox, registered
from ftrack_accsyn_accessor.machine import hostname
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER
from helpers import wait_until
from hosting.running import Desk, Ended
from hosting.table import GROUP, HOSTS, Host, Outcome

# An environment, or an application, is made at its first use.
pytestmark = pytest.mark.timeout(300)

ROWS = [pytest.param(host, id=host.name, marks=[] if host.is_cheap else [pytest.mark.slow]) for host in HOSTS]


def modes(file: int, folder: int) -> Callable[[Desk], None]:
    """What the umask leaves is the mode of what is staged; what is the plugin's own is private whatever it says."""

    def look(desk: Desk) -> None:
        assert {mode(path) for path in staged(desk) if path.is_file()} == {file}
        assert {mode(path) for path in staged(desk) if path.is_dir()} == {folder}
        state = desk.studio.staging / STATE_FOLDER
        assert mode(state) == 0o700
        assert {mode(path) for path in state.rglob("*") if path.is_file()} == {0o600}

    return look


def is_the_groups(desk: Desk) -> None:
    assert {path.stat().st_gid for path in staged(desk)} == {GROUP}


def staged(desk: Desk) -> list[Path]:
    return [path for path in desk.studio.staging.rglob("*") if STATE_FOLDER not in path.parts]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


#: What else is looked at, by the way.
LOOKS: dict[str, Callable[[Desk], None]] = {
    "closed_umask": modes(0o600, 0o700),
    "open_umask": modes(0o666, 0o777),
    "shares": is_the_groups,
}


@pytest.mark.parametrize("host", ROWS)
def test_what_a_host_publishes_arrives_or_is_kept_for_who_comes_next(desk: Desk, host: Host) -> None:
    end = desk.start(host)

    assert re.fullmatch(host.says, end.said), end.said
    assert end.code == host.code
    assert end.reported
    assert host.published in (None, len(end.reported))
    refused = host.outcome is Outcome.REFUSED
    assert {row["location"] for row in end.reported} == {"ftrack.unmanaged" if refused else f"artist.{hostname()}"}
    if refused:
        return
    if host.outcome is Outcome.KEPT:
        assert outbox(desk.studio).counts()[State.PENDING] > 0 or host.published is None
        desk.next_process(host)
    assert_carried(desk, host, end)
    if host.way in LOOKS:
        LOOKS[host.way](desk)


def assert_carried(desk: Desk, host: Host, end: Ended) -> None:
    """Everything that was reported, and nothing else, is at head quarters as its source is."""
    studio = desk.studio
    wait_until(lambda: not any(waiting(desk)), 20.0, "the worker to be done")
    found, told = registered(studio), {row["id"] for row in end.reported}
    assert told == set(found) if host.published else told <= set(found)
    assert_nothing_lost_or_doubled(studio)
    contents = {path.read_bytes() for path in desk.sources.iterdir() if path.suffix in (".mov", ".exr")}
    assert {(studio.hq / path).read_bytes() for files in found.values() for path in files.values()} <= contents


def waiting(desk: Desk) -> list[int]:
    counts = outbox(desk.studio).counts()
    return [counts[state] for state in (State.PREPARED, State.PENDING)]
