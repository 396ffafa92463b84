"""How long a thread waits for other processes, all its calls together: a host's thread never long."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Optional

#: What a host's thread has for one publish, or for one session that opens.
HOST_S = 1.5


class Patience:
    """So many seconds of waiting, used up bit by bit wherever `with` is entered, on one thread after the other."""

    def __init__(self, seconds: Optional[float] = None) -> None:
        self._left_s = HOST_S if seconds is None else seconds

    def __enter__(self) -> None:
        _stack().append(weakref.ref(self))

    def __exit__(self, *ignored: object) -> None:
        stack = _stack()
        while stack and stack.pop()() is not self:
            pass

    def spend(self, seconds: float) -> None:
        """Take note that *seconds* went by in waiting."""
        self._left_s = max(0.0, self._left_s - seconds)

    @property
    def left_s(self) -> float:
        """What is left of it."""
        return self._left_s


def left_s(most_s: float) -> float:
    """Return how long this thread may wait now, at most *most_s* seconds."""
    return min([most_s, *(each.left_s for each in _on_this_thread())])


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Count the time inside as waiting. Not to be nested."""
    begun = time.monotonic()
    try:
        yield
    finally:
        spend(time.monotonic() - begun)


def spend(seconds: float) -> None:
    """Count *seconds* as waiting of this thread."""
    for each in _on_this_thread():
        each.spend(seconds)


def _on_this_thread() -> list[Patience]:
    """Return what this thread has entered, and forget what a signal's handler has broken off while it was entered.

    That would be used up one day, and the thread have no patience ever after.
    """
    stack = _stack()
    living = [each for each in [entered() for entered in stack] if each is not None]
    if len(living) < len(stack):
        stack[:] = map(weakref.ref, living)
    return living


def _stack() -> list[weakref.ref[Patience]]:
    if not hasattr(_local, "stack"):
        _local.stack = []
    stack: list[weakref.ref[Patience]] = _local.stack
    return stack


_local = threading.local()
