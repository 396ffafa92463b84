"""Tells others through ftrack's event hub: pipelines that a component is synced, publishers that a batch has ended.

Nothing waits for the hub and nothing fails with it: events that it cannot take within a while are dropped.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Item

logger = logging.getLogger(__name__)

COMPONENT_SYNCED = "ftrack.accsyn.component-synced"
USER_INTERFACE = "ftrack.action.trigger-user-interface"

#: Events that wait for a hub which does not answer; more are dropped.
_LIMIT = 10_000
#: How long the connection is kept for further events. Closing it at once could cut off what was just sent.
_LINGER_S = 2.0


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


class Notices:
    """Publishes events on a thread of its own, which lives as long as there are any. Any thread may call it.

    The hub is not a session's: that one belongs to another thread, and a dropped connection would make it silence the
    whole process's logging while it reconnects.
    """

    def __init__(self, credentials: FtrackCredentials) -> None:
        self._credentials = credentials
        self._events: queue.Queue[Optional[tuple[str, dict[str, Any], str]]] = queue.Queue(_LIMIT)
        self._lock = threading.Lock()
        self._thread: Optional[threading.Thread] = None

    def component_synced(self, item: Item) -> None:
        """Tell pipelines that a component is available at its destination."""
        publication = item.publication
        data = {
            "component_id": publication.component_id,
            "version_id": publication.version_id,
            "location_id": publication.location_id,
            "destination": item.destination.party,
            "destination_location_id": item.destination.location_id,
        }
        self._publish(COMPONENT_SYNCED, data)

    def message(self, user_id: str, text: str, success: bool) -> None:
        """Show *text* to a user who has ftrack open."""
        data = {"type": "message", "success": success, "message": text}
        self._publish(USER_INTERFACE, data, f'applicationId=ftrack.client.web and user.id="{user_id}"')

    def close(self, timeout_s: float = 1.0) -> None:
        """Publish what waits, within *timeout_s* seconds, and end the thread."""
        with self._lock:
            thread = self._thread
            if thread is None:
                return
            self._offer(None)
        thread.join(timeout_s)

    def _publish(self, topic: str, data: Mapping[str, Any], target: str = "") -> None:
        with self._lock:
            self._offer((topic, dict(data), target))
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="ftrack-accsyn-notices", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # The interpreter is going down and makes no threads any more.
            logger.debug("Nobody is told any more.", exc_info=True)
        else:
            self._thread = thread

    def _offer(self, event: Optional[tuple[str, dict[str, Any], str]]) -> None:
        try:
            self._events.put_nowait(event)
        except queue.Full:
            logger.debug("ftrack's event hub takes no events; %s was dropped.", event)

    # The thread.

    def _run(self) -> None:
        hub = None
        try:
            hub = self._connect()
            self._send_all(hub)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the hub, nobody may be stopped by it
            logger.debug("Events could not be sent through ftrack's event hub: %s", error)
        finally:
            self._end(hub)

    def _send_all(self, hub: Any) -> None:
        import ftrack_api.event.base  # The command line and the tests of pure parts run without ftrack.

        while True:
            try:
                event = self._events.get(timeout=_LINGER_S)
            except queue.Empty:
                return
            if event is None:
                return
            if not hub.connected or hub._emit_event_packet.broken:
                raise ConnectionError("the connection broke")
            topic, data, target = event
            hub.publish(ftrack_api.event.base.Event(topic=topic, data=data, target=target))

    def _connect(self) -> Any:
        import ftrack_api.event.hub

        credentials = self._credentials
        hub = ftrack_api.event.hub.EventHub(credentials.address, credentials.api_user, credentials.api_key)
        hub.logger = _AtDebug(logger, {})
        # A connection that drops is given up: reconnecting sleeps, and silences the whole process's logging meanwhile.
        hub._auto_reconnect_attempts = 0
        hub._event_send_queue = _NoQueue()
        hub._emit_event_packet = _Emitter(hub._emit_event_packet)
        hub.connect()
        return hub

    def _end(self, hub: Any) -> None:
        """Let the thread end; what came meanwhile, or could not be sent, is dropped unless the hub had been there."""
        try:
            if hub is not None and hub.connected:
                hub.disconnect(unsubscribe=False)
        except Exception as error:  # noqa: BLE001 - see _run
            logger.debug("The connection to ftrack's event hub could not be closed: %s", error)
        with self._lock:
            self._thread = None
            if hub is None:
                while not self._events.empty():
                    self._events.get_nowait()
            elif not self._events.empty():
                self._start()
