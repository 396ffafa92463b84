"""Listens to ftrack's event hub for as long as a service runs, however often the connection breaks.

ftrack's client gives up silently, and its receiver can die while it says that it is connected. So an event of our own
goes through the hub and back now and then; where it does not come back, another connection is made.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.hub import open_hub
from ftrack_accsyn_accessor.ftrack.subscribing import subscribe
from ftrack_accsyn_accessor.ftrack.trouble import trouble
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials

logger = logging.getLogger(__name__)

HEARTBEAT = "ftrack.accsyn.heartbeat"
#: How often it is tried whether events still come, and how long one may take.
BEAT_S = 30.0
LATE_S = 20.0
#: Pauses between attempts to connect: the first, and the longest.
RETRY_S, MOST_RETRY_S = 1.0, 30.0
#: How long one look for events takes: a service that is told to end does so after it.
LOOK_S = 0.5


class Subscription(NamedTuple):
    """What is listened to. *expression* has exact terms only: others can raise on events that nobody foresaw."""

    expression: str
    callback: Callable[[Any], Any]


class Listener:
    """Keeps a hub of its own and calls back; for one thread. *connected* is called when each new connection works."""

    def __init__(
        self,
        credentials: FtrackCredentials,
        subscriptions: Sequence[Subscription],
        connected: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
        beat_s: float = BEAT_S,
        late_s: float = LATE_S,
    ) -> None:
        self._credentials = credentials
        self._subscriptions = subscriptions
        self._connected = connected
        self._monotonic = monotonic
        self._beat_s = beat_s
        self._late_s = late_s
        self._hub: Any = None
        self._mark = uuid.uuid4().hex
        self._sent_at: Optional[float] = None
        self._heard_at = 0.0
        self._proven = False
        self._retry_s = RETRY_S

    def run(self, stop: threading.Event) -> None:
        """Listen until *stop* is set; ends within a second or so of that. Never raises."""
        try:
            while not stop.is_set():
                if self._hub is None and not self._open():
                    stop.wait(self._retry_s)
                    self._retry_s = min(MOST_RETRY_S, 2 * self._retry_s)
                elif self._hub is not None:
                    self._listen()
        finally:
            self._close()

    def _open(self) -> bool:
        try:
            self._hub = open_hub(self._credentials)
            for each in self._subscriptions:
                subscribe(self._hub, each.expression, each.callback)
            subscribe(self._hub, f'topic={HEARTBEAT} and data.mark="{self._mark}"', self._beaten)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the hub, it is tried again
            outcome, remedy = trouble(error, self._credentials.api_key)
            text = f"{outcome.rstrip('.')}. {remedy or ''}".rstrip()
            logger.warning("ftrack's event hub cannot be reached: %s Trying again in %.0f s.", text, self._retry_s)
            self._close()
            return False
        self._proven = False
        self._beat()
        return True

    def _listen(self) -> None:
        try:
            self._hub.wait(duration=LOOK_S)
        except Exception:  # an expression of ftrack_api's that cannot take an event; others follow
            logger.exception("An event could not be handled.")
        if not self._hub.connected or self._hub._emit_event_packet.broken:
            self._lost("The connection to ftrack's event hub broke.")
        elif self._sent_at is not None and self._monotonic() >= self._sent_at + self._late_s:
            self._lost("ftrack's event hub says that it is connected, but no event comes through.")
        elif self._sent_at is None and self._monotonic() >= self._heard_at + self._beat_s:
            self._beat()

    def _beat(self) -> None:
        import ftrack_api.event.base

        self._sent_at = self._monotonic()
        event = ftrack_api.event.base.Event(topic=HEARTBEAT, data={"mark": self._mark})
        self._hub.publish(event, on_error="ignore")

    def _beaten(self, event: Any) -> None:
        self._sent_at, self._heard_at = None, self._monotonic()
        if not self._proven:
            # Packets keep their order: the server knows of all that was subscribed to before.
            self._proven, self._retry_s = True, RETRY_S
            logger.info("Listening to ftrack's event hub at %s.", self._credentials.server_url)
            self._connected()

    def _lost(self, words: str) -> None:
        logger.warning("%s Connecting anew.", words)
        self._close()

    def _close(self) -> None:
        hub, self._hub = self._hub, None
        try:
            if hub is not None and hub.connected:
                hub.disconnect(unsubscribe=False)
        except Exception as error:  # noqa: BLE001 - it is given up in any case
            logger.debug("The connection to ftrack's event hub could not be closed: %s", error)
