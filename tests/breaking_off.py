"""Breaks off what a thread does, at one moment after the other: as Ctrl-C does, or a signal's handler that raises."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Callable


class BrokenOffError(BaseException):
    """What the handler raises."""


def broken_off(work: Callable[[], object], *modules: ModuleType) -> Iterator[int]:
    """Yield each time that *work* was broken off in one of *modules*, a moment later each time; end when it was not.

    Python looks for signals where a function begins, and where one of C has returned.
    """
    names = {module.__name__ for module in modules}
    for moment in itertools.count():
        if not _is_broken_off(work, names, moment):
            return
        yield moment


def _is_broken_off(work: Callable[[], object], names: set[str], moment: int) -> bool:
    left = moment

    def look(frame: Any, event: str, argument: Any) -> None:
        nonlocal left
        if event in ("call", "c_return") and frame.f_globals.get("__name__") in names:
            left -= 1
            if left < 0:
                sys.setprofile(None)
                raise BrokenOffError

    try:
        sys.setprofile(look)
        work()
    except BrokenOffError:
        return True
    finally:
        sys.setprofile(None)
    return False
