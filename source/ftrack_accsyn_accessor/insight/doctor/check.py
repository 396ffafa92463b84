"""What a check says, and what it is told to look at."""

from __future__ import annotations

import dataclasses
import enum
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.settings import Settings


class Level(str, enum.Enum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"  # it works, or may work, but somebody should look
    FAIL = "fail"  # files are not sent, or not as wanted
    SKIPPED = "skipped"  # it cannot be known, or does not apply


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that was looked at, in words, with what to do where that is needed."""

    name: str
    level: Level
    text: str
    remedy: str = ""


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is examined. *ftrack* is None where FTRACK_SERVER or the key is not set; *clock* gives the Unix time."""

    settings: Settings
    api_user: str
    ftrack: Optional[FtrackCredentials] = None
    clock: Callable[[], float] = time.time


def ok(name: str, text: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name, Level.OK, text)


def warn(name: str, text: str, remedy: str) -> Check:
    """Return a check that somebody should look at."""
    return Check(name, Level.WARN, text, remedy)


def fail(name: str, text: str, remedy: str) -> Check:
    """Return a check that failed."""
    return Check(name, Level.FAIL, text, remedy)


def skipped(name: str, text: str) -> Check:
    """Return a check that was not made, with the reason."""
    return Check(name, Level.SKIPPED, text)


def failed(name: str, error: AccsynAccessorError) -> Check:
    """Return what *error* says as a failed check."""
    return fail(name, error.what, error.remedy)


def worst(checks: list[Check]) -> Level:
    """Return the worst level among *checks*."""
    levels = {check.level for check in checks}
    return next((level for level in (Level.FAIL, Level.WARN) if level in levels), Level.OK)


#: Clocks further apart than this make days, ages and dates of jobs wrong.
SKEW_S = 60.0


def clock(name: str, skew_s: Optional[float]) -> Check:
    """Return how far a server's clock is from this machine's, *skew_s* ahead of it."""
    if skew_s is None:
        return skipped(name, "The server does not tell its time.")
    if abs(skew_s) <= SKEW_S:
        return ok(name, f"This machine's clock is right within {max(1, round(abs(skew_s)))} s.")
    side = "behind" if skew_s > 0 else "ahead of"
    return warn(name, f"This machine's clock is {abs(skew_s):.0f} s {side} the server's.", "Set it by a time server.")
