"""Threads that work on what actions ask for, beside the thread that hears of it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable, Generic, Optional, Protocol, TypeVar

logger = logging.getLogger(__name__)

#: How many work at a time, and how long one that has nothing to do keeps its connections.
HANDS = 3
IDLE_S = 30.0


class Office(Protocol):
    """What one thread works with."""

    def close(self) -> None:
        """Give its connections back."""


T = TypeVar("T", bound=Office)
Errand = Callable[[T], None]


class Crew(Generic[T]):
    """Carries errands out, in turn, on a few threads that come and go. Any thread may call it.

    Each thread has an office of its own from *open_office*, which is called on it. An errand that raises is logged.
    """

    def __init__(self, open_office: Callable[[], T], hands: int = HANDS) -> None:
        self._open_office = open_office
        self._hands = hands
        self._errands: queue.Queue[Optional[Errand[T]]] = queue.Queue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def do(self, errand: Errand[T]) -> None:
        """Have *errand* carried out as soon as there is a hand free."""
        with self._lock:
            if self._closed:
                return
            self._errands.put(errand)
            if self._errands.qsize() > self._idle and len(self._threads) < self._hands:
                thread = threading.Thread(target=self._run, name="ftrack-accsyn-action", daemon=True)
                thread.start()
                self._threads.add(thread)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Take no errand any more and drop those that were not begun; return whether all threads have ended."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
            while not self._errands.empty():
                self._errands.get_nowait()
            for _ in threads:
                self._errands.put(None)
        for thread in threads:
            thread.join(timeout_s / max(1, len(threads)))
        return not any(thread.is_alive() for thread in threads)

    # A thread of the crew.

    def _run(self) -> None:
        office: Optional[T] = None
        try:
            while True:
                errand = self._next()
                if errand is None:
                    return
                try:
                    office = office or self._open_office()
                    errand(office)
                except Exception:
                    logger.exception("An action could not be worked on.")
        finally:
            if office is not None:
                office.close()

    def _next(self) -> Optional[Errand[T]]:
        """Return the next errand; None when this thread is to end, which it has been counted out for then."""
        with self._waiting():
            try:
                errand = self._errands.get(timeout=IDLE_S)
            except queue.Empty:
                errand = None
        with self._lock:
            if errand is None and not self._closed and not self._errands.empty():
                errand = self._errands.get_nowait()
            if errand is None:
                self._threads.discard(threading.current_thread())
        return errand

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        with self._lock:
            self._idle += 1
        try:
            yield
        finally:
            with self._lock:
                self._idle -= 1
