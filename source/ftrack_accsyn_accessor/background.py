"""Threads that nobody waits for: an interpreter that ends does not, whatever it has made of threads."""

from __future__ import annotations

import threading
from typing import Callable


def thread(run: Callable[[], None], name: str) -> threading.Thread:
    """Return a thread called *name* for *run*, a daemon. Raise RuntimeError where this interpreter may have none.

    A host may have put a class of its own in the place of `threading.Thread`, which takes less, or decides by itself.
    """
    made = threading.Thread(target=run, name=name)
    made.daemon = True
    return made
