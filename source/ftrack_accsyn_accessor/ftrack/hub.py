"""A connection to ftrack's event hub that is given up at once when it breaks, instead of holding anybody up."""

from __future__ import annotations

import logging
import queue
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.model.credentials import FtrackCredentials

logger = logging.getLogger(__name__)


class _NoQueue(queue.Queue[Any]):
    """Takes no event for a connection to come.

    A hub whose connection drops while it is made would never finish emptying its queue: it puts back what it cannot
    send, and takes that out again at once (`EventHub.connect` of ftrack-python-api 2.5 to 3.1).
    """

    def put(self, item: Any, block: bool = True, timeout: Optional[float] = None) -> None:
        raise ConnectionError("the connection broke")


class _Emitter:
    """Sends what the hub publishes, and gives up where that fails.

    The hub would sleep for 15 s, for the connection to come back, and try once more (`EventHub._publish`).
    """

    def __init__(self, emit: Callable[..., None]) -> None:
        self.broken = False
        self._emit = emit

    def __call__(self, *arguments: Any, **keywords: Any) -> None:
        import ftrack_api.exception  # The command line and the tests of pure parts run without ftrack.

        try:
            self._emit(*arguments, **keywords)
        except ftrack_api.exception.EventHubConnectionError as error:
            self.broken = True
            raise ConnectionError("the connection broke") from error  # the hub only writes it to its log


class _AtDebug(logging.LoggerAdapter):  # type: ignore[type-arg]  # generic since CPython 3.11 only
    """Takes down to debug what the hub reports as errors: nobody needs to act on an event that was not sent."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        super().log(min(level, logging.DEBUG), msg, *args, **kwargs)


def open_hub(credentials: FtrackCredentials) -> Any:
    """Return ftrack_api's event hub, connected; raise whatever it raises where that fails. For one thread.

    A connection that drops is given up, and `connected` is False then: reconnecting sleeps, for minutes, and silences
    the whole process's logging meanwhile.
    """
    import ftrack_api.event.hub

    hub = ftrack_api.event.hub.EventHub(credentials.address, credentials.api_user, credentials.api_key)
    hub.logger = _AtDebug(logger, {})
    hub._auto_reconnect_attempts = 0
    hub._event_send_queue = _NoQueue()
    hub._emit_event_packet = _Emitter(hub._emit_event_packet)
    hub.connect()
    return hub
