"""Tells others through ftrack's event hub: pipelines that a component is synced, people what they asked for.

Nothing waits for the hub and nothing fails with it: events that it cannot take within a while are dropped.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor import background
from ftrack_accsyn_accessor.ftrack.hub import open_hub
from ftrack_accsyn_accessor.model import events
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Item

logger = logging.getLogger(__name__)

#: What ftrack's own client publishes when it registers a component.
COMPONENT_ADDED = "ftrack.location.component-added"
USER_INTERFACE = "ftrack.action.trigger-user-interface"
REPLY = "ftrack.meta.reply"

#: Events that wait for a hub which does not answer; more are dropped.
_LIMIT = 10_000
#: How long the connection is kept for further events. Closing it at once could cut off what was just sent.
_LINGER_S = 2.0


class _Notice(NamedTuple):
    """An event to come; `answers` is the id of the one that it is a reply to."""

    topic: str
    data: dict[str, Any]
    target: str = ""
    answers: str = ""


class Notices:
    """Publishes events on a thread of its own, which lives as long as there are any. Any thread may call it.

    The hub is not a session's: that one belongs to another thread, and a dropped connection would make it silence the
    whole process's logging while it reconnects.
    """

    def __init__(self, credentials: FtrackCredentials) -> None:
        self._credentials = credentials
        self._events: queue.Queue[Optional[_Notice]] = queue.Queue(_LIMIT)
        self._lock = threading.Lock()
        self._thread: Optional[threading.Thread] = None

    def component_synced(self, item: Item) -> None:
        """Tell pipelines that a component is available at its destination."""
        self._publish(_Notice(events.COMPONENT_SYNCED, events.component_synced(item)))

    def component_added(self, component_id: str, location_id: str) -> None:
        """Tell whoever waits for it that a component was registered in a location."""
        self._publish(_Notice(COMPONENT_ADDED, {"component_id": component_id, "location_id": location_id}))

    def message(self, user_id: str, text: str, success: bool) -> None:
        """Show *text* to a user who has ftrack open."""
        self.show(user_id, {"type": "message", "success": success, "message": text})

    def show(self, user_id: str, data: Mapping[str, Any]) -> None:
        """Show a message or a form, in the words of replies to actions, to a user who has ftrack open."""
        self._publish(_Notice(USER_INTERFACE, dict(data), f'applicationId=ftrack.client.web and user.id="{user_id}"'))

    def reply(self, event_id: str, source_id: str, data: Mapping[str, Any]) -> None:
        """Answer the event with *event_id* from the hub with *source_id*, later than its callback could."""
        self._publish(_Notice(REPLY, dict(data), f'id="{source_id}"', event_id))

    def close(self, timeout_s: float = 1.0) -> None:
        """Publish what waits, within *timeout_s* seconds, and end the thread."""
        with self._lock:
            thread = self._thread
            if thread is None:
                return
            self._offer(None)
        thread.join(timeout_s)

    def _publish(self, notice: _Notice) -> None:
        with self._lock:
            self._offer(notice)
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        try:
            thread = background.thread(self._run, "ftrack-accsyn-notices")
            thread.start()
        except RuntimeError:  # The interpreter is going down and makes no threads any more.
            logger.debug("Nobody is told any more.", exc_info=True)
        else:
            self._thread = thread

    def _offer(self, event: Optional[_Notice]) -> None:
        try:
            self._events.put_nowait(event)
        except queue.Full:
            logger.debug("ftrack's event hub takes no events; %s was dropped.", event)

    # The thread.

    def _run(self) -> None:
        hub = None
        try:
            hub = open_hub(self._credentials)
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
            hub.publish(
                ftrack_api.event.base.Event(
                    topic=event.topic, data=event.data, target=event.target, in_reply_to_event=event.answers or None
                )
            )

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
