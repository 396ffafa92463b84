"""Why something waits, and since when, stands in its entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import errors, retry
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT, Entry, Spool, name_of


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", wait_s=0.0)


def only(spool: Spool) -> Entry:
    (entry,) = spool.waiting()
    return entry


def test_what_stops_an_entry_is_kept_with_the_moment_from_which_on_it_was_stopped(spool: Spool) -> None:
    spool.put(HAND_OUT, "key", {"project": "show_a"})
    assert (only(spool).cause, only(spool).stopped_at, only(spool).needs_help) == ("", None, False)
    only(spool).stop("ftrack is away", 100.0)
    only(spool).stop("ftrack refuses it", 200.0, needs_help=True)
    assert (only(spool).cause, only(spool).stopped_at, only(spool).needs_help) == ("ftrack refuses it", 100.0, True)
    only(spool).stop("", 300.0)
    assert only(spool).data == {"project": "show_a"}
    only(spool).stop("ftrack is away", 400.0)
    assert (only(spool).stopped_at, only(spool).needs_help) == (400.0, False)


def test_the_same_cause_again_writes_nothing(spool: Spool) -> None:
    spool.put(HAND_OUT, "key", {})
    entry = only(spool)
    entry.stop("ftrack is away", 100.0)
    (path,) = spool.folder.glob("*.json")
    before = path.stat().st_mtime_ns, path.stat().st_ino
    entry.stop("ftrack is away", 200.0)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_an_entry_is_called_by_the_first_part_of_its_files_name(spool: Spool) -> None:
    spool.put(HAND_OUT, "key", {})
    (path,) = spool.folder.glob("*.json")
    assert only(spool).name == name_of(HAND_OUT, "key") == path.name[: len("hand-out-") + 8]


@pytest.mark.parametrize(
    ("kind", "stays"),
    [
        *((errors.RegistrationRefused, True), (errors.Refused, True), (errors.Conflict, True)),
        *((errors.RegistrationError, False), (errors.Unreachable, False), (errors.StorageError, False)),
        *((errors.Unserved, False), (errors.SpoolError, False)),
    ],
)
def test_what_somebody_has_refused_stays_and_what_is_away_comes_back(
    kind: type[errors.AccsynAccessorError], stays: bool
) -> None:
    assert retry.needs_help(kind("do", "it", "no", "")) is stays
