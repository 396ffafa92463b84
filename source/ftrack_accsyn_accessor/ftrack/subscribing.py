"""Subscribes to ftrack's events, whatever the other threads of a host do at that moment."""

from __future__ import annotations

import time
from typing import Any, Callable

import ftrack_api.exception

#: The first use of a parser is over after some milliseconds, and a thread waits as long for its turn.
_TRIES = 6
_PAUSE_S = 0.02


def subscribe(hub: Any, expression: str, callback: Callable[[Any], Any]) -> None:
    """Let *hub* call *callback* for the events that match *expression*. Any thread.

    ftrack_api has one parser of expressions for all threads, which builds itself up when it is used first: a thread
    that comes in the midst of that is refused an expression that is right, so it is tried again. Raise
    `ftrack_api.exception.ParseError` for one that is not.
    """
    for _ in range(_TRIES - 1):
        try:
            hub.subscribe(expression, callback)
            return
        except ftrack_api.exception.ParseError:
            time.sleep(_PAUSE_S)
    hub.subscribe(expression, callback)
