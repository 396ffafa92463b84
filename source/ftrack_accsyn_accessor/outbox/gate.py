"""Keeps forks of the process away from moments in which a thread is inside SQLite."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

#: How long a fork waits for threads that are inside SQLite. Only waiting for another process's write takes longer.
FORK_WAIT_S = 1.0


class ForkGate:
    """Mutexes that a thread holds inside SQLite at a fork would stay locked in the child for ever."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._forking = 0

    @contextlib.contextmanager
    def passing(self) -> Iterator[None]:
        """Be inside SQLite; not to be nested."""
        with self._condition:
            self._condition.wait_for(lambda: not self._forking)
            self._inside += 1
        try:
            yield
        finally:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    def shut(self) -> None:
        """Let nobody in, and wait until nobody is inside."""
        self._condition.acquire()
        self._forking += 1
        self._condition.wait_for(lambda: not self._inside, FORK_WAIT_S)

    def reopen(self) -> None:
        """Let threads in again."""
        self._forking -= 1
        self._condition.notify_all()
        self._condition.release()

    def reopen_in_child(self) -> bool:
        """Let the only thread of a forked child in; return whether nobody was inside at the fork."""
        idle = not self._inside
        self._reset()  # the parent's threads are not there to be waited for, or to wait
        return idle
