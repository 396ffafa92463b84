"""What the exit codes of `ftrack-accsyn` mean. Part of what scripts may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.insight.status import Summary

OK = 0
FAILED = 1
USAGE = 2
NOT_SET_UP = 3
UNSENT = 4
MOVING = 5
ATTENTION = 6
TIMEOUT = 7

MEANINGS: Mapping[int, str] = {
    OK: "done: what was asked for has happened, or everything has arrived",
    FAILED: "it could not be done, or a check failed; the text says why",
    USAGE: "the command line is wrong",
    NOT_SET_UP: "nothing to look at: this is no staging machine, or a setting is missing",
    UNSENT: "not safe to quit: published files wait that accsyn does not have yet",
    MOVING: "safe to quit: accsyn is still carrying files",
    ATTENTION: "something needs attention",
    TIMEOUT: "the time was up before it was finished",
}


def of(summary: Summary) -> int:
    """Return the exit code that stands for *summary*."""
    if not summary.safe_to_quit:
        return UNSENT
    if summary.stuck or (summary.all_arrived and summary.problem):
        return ATTENTION
    return MOVING if summary.moving else OK


def epilog() -> str:
    """Return the table for the help."""
    lines = [f"  {code}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["\b", "Exit codes:", *lines])
