"""What a probe has found out."""

from __future__ import annotations

import dataclasses
import enum
import textwrap
from collections.abc import Mapping

from ftrack_accsyn_accessor.model.assumptions import BY_ID, Assumption, Assumptions
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError

#: Characters of accsyn's words.
_MOST = 160


class Outcome(str, enum.Enum):
    """What was seen of one assumption."""

    HOLDS = "as assumed"
    OTHERWISE = "otherwise"
    UNSEEN = "not seen"


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was seen of the assumption *id*, in words; why, where it could not be seen."""

    id: str
    outcome: Outcome
    seen: str

    @property
    def assumption(self) -> Assumption:
        """What was assumed."""
        return BY_ID[self.id]

    def relied_on(self, earlier: Assumptions, assume: Mapping[str, bool]) -> bool:
        """Whether the plugin relies on it, by this, by what was seen *earlier*, and by what somebody says, *assume*."""
        if not self.assumption.other_way:
            return self.outcome is not Outcome.OTHERWISE
        seen = earlier.holds(self.id) if self.outcome is Outcome.UNSEEN else self.outcome is Outcome.HOLDS
        return assume.get(self.id, seen)

    def does(self, earlier: Assumptions, assume: Mapping[str, bool]) -> str:
        """Return what the plugin does about it, and why where this alone does not tell; see `relied_on`."""
        relied, use = self.relied_on(earlier, assume), self.assumption.use
        does = use if use.startswith("nothing") else f"relies on it for {use}"
        does = does if relied else self.assumption.otherwise
        if relied == (self.outcome is not Outcome.OTHERWISE):
            return does
        return f"{does}, as {'FTRACK_ACCSYN_ASSUME says' if self.id in assume else 'an earlier probe saw'}"


@dataclasses.dataclass(frozen=True)
class Report:
    """A whole probe: what it has found, what it could not clear away, what it took. `at`: seconds since the epoch."""

    workspace: str
    at: float
    findings: tuple[Finding, ...]
    left: tuple[str, ...]
    calls: int
    took_s: float


def said(error: AccsynAccessorError) -> str:
    """Return what accsyn said, to stand in a sentence."""
    return textwrap.shorten(error.outcome, _MOST, placeholder=" [..]").rstrip(".")


def holds(name: str, seen: str) -> Finding:
    """Return that it is as assumed."""
    return Finding(name, Outcome.HOLDS, seen)


def otherwise(name: str, seen: str) -> Finding:
    """Return that it is not as assumed."""
    return Finding(name, Outcome.OTHERWISE, seen)


def unseen(name: str, why: str) -> Finding:
    """Return that it could not be seen."""
    return Finding(name, Outcome.UNSEEN, why)


def judged(name: str, is_so: bool, seen: str, instead: str) -> Finding:
    """Return *seen* where it *is_so* as assumed, else *instead*."""
    return holds(name, seen) if is_so else otherwise(name, instead)
