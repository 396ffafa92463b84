"""What tests of every tier share: waiting on a condition, and the record of what was really exercised."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, TypeVar

ROOT = Path(__file__).resolve().parents[1]
EXERCISED = ROOT / "build" / "exercised.txt"

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float = 10.0, what: str = "") -> T:
    """Return the first truthy value of *condition*, asked again and again; fail after *timeout_s*, naming *what*.

    One that takes long to be asked is asked less often: what is waited for needs the processor as well.
    """
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        asked = time.monotonic()
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            awaited = what or getattr(condition, "__name__", repr(condition))
            raise AssertionError(f"Waited {timeout_s:g} s in vain for {awaited}; last seen: {value!r}")
        pause.wait(min(0.25, max(0.01, 9 * (time.monotonic() - asked))))


def calls_made(work: Callable[[], object]) -> int:
    """Return how many functions, Python's and C's, *work* calls on this thread: what it costs, on any machine."""
    counted = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def record_exercised(python: str, ftrack_api: str, accsyn_api: str) -> None:
    """Note that tests really ran with these versions; continuous integration prints the notes."""
    EXERCISED.parent.mkdir(exist_ok=True)
    # Appending one short line is atomic: workers and host processes write at the same time.
    with EXERCISED.open("a", encoding="utf-8") as notes:
        notes.write(f"CPython {python}, ftrack-python-api {ftrack_api}, accsyn-python-api {accsyn_api}\n")
