"""Keeps what previews show, each for the person who saw it, until it is confirmed once or has expired."""

from __future__ import annotations

import collections
import dataclasses
import enum
import secrets
import threading
import time
from collections.abc import Sequence
from typing import Any, Callable, Generic, Optional, TypeVar

from ftrack_accsyn_accessor.model.plan import Plan

#: What was asked for, and a plan of it.
A = TypeVar("A")
P = TypeVar("P")

#: How long a preview may be confirmed, and how long afterwards it is still known what it was of.
VALID_S = 15 * 60.0
KNOWN_S = 24 * 3600.0
#: Plans and, all together, files of plans that are kept; the oldest expire early.
MOST, MOST_FILES = 200, 300_000


class Fit(str, enum.Enum):
    """Whether a name may confirm a plan."""

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"  # never given, or given to somebody else: which of both is not told


@dataclasses.dataclass(frozen=True)
class Found(Generic[A, P]):
    """What stands behind a name, as far as it may be told. `requests` are those that it was confirmed as."""

    fit: Fit
    order: Optional[A] = None
    plans: Sequence[P] = ()
    requests: Sequence[int] = ()


@dataclasses.dataclass
class _Kept(Generic[A, P]):
    owner: object
    order: A
    plans: Sequence[P]
    kept_at: float
    files: int
    used: bool = False
    requests: Sequence[int] = ()


def _files(plan: Plan) -> int:
    return sum(len(each.wanted.publication.files) for each in plan.planned)


class KeptPlans(Generic[A, P]):
    """The plans of one service. Any thread may call it. *monotonic* gives seconds, *files* how many a plan holds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, files: Callable[[Any], int] = _files) -> None:
        self._monotonic = monotonic
        self._files = files
        self._kept: collections.OrderedDict[str, _Kept[A, P]] = collections.OrderedDict()
        self._lock = threading.Lock()

    def keep(self, owner: object, order: A, plans: Sequence[P]) -> str:
        """Keep *plans* for *owner*; return the name by which they can be confirmed."""
        name = secrets.token_urlsafe(24)
        files = sum(map(self._files, plans))
        with self._lock:
            self._kept[name] = _Kept(owner, order, plans, self._monotonic(), files)
            self._tidy()
        return name

    def take(self, name: str, owner: object) -> Found[A, P]:
        """Return what *owner* may confirm by *name*; nobody else gets it from now on, until it is given back."""
        with self._lock:
            self._tidy()
            kept = self._kept.get(name)
            if kept is None or kept.owner != owner:
                return Found(Fit.UNKNOWN)
            if kept.used:
                return Found(Fit.USED, requests=kept.requests)
            if self._monotonic() >= kept.kept_at + VALID_S or not kept.plans:
                return Found(Fit.EXPIRED, kept.order)
            kept.used = True
            return Found(Fit.VALID, kept.order, kept.plans)

    def give_back(self, name: str) -> None:
        """Let *name* be taken again: it could not be confirmed."""
        with self._lock:
            if name in self._kept:
                self._kept[name].used = False

    def confirmed(self, name: str, requests: Sequence[int]) -> None:
        """Remember as which *requests* the plan was confirmed; the plan itself is forgotten."""
        with self._lock:
            if name in self._kept:
                self._kept[name].requests, self._kept[name].plans = requests, ()

    def _tidy(self) -> None:
        now = self._monotonic()
        files = 0
        for number, kept in enumerate(reversed(self._kept.values())):
            files += kept.files if kept.plans else 0
            if not kept.used and (number >= MOST or files > MOST_FILES or now >= kept.kept_at + VALID_S):
                kept.plans = ()
        for name in [name for name, kept in self._kept.items() if now >= kept.kept_at + KNOWN_S]:
            del self._kept[name]
