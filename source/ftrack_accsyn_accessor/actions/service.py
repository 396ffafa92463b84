"""The service: actions and requests for everybody, from one machine that runs all the time."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol, Union

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.actions import launch
from ftrack_accsyn_accessor.actions.assigned import Assigned, Errand, Wish
from ftrack_accsyn_accessor.actions.desk import Desk
from ftrack_accsyn_accessor.actions.launch import Action
from ftrack_accsyn_accessor.actions.listening import Listener, Subscription
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import OutboxError
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.worker.runtime import Runtime

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.actions.tending import Tending

logger = logging.getLogger(__name__)

#: Name of a fact: what tells the services with this outbox, one after the other, from those elsewhere.
NAME = "service"
#: How often one that stands by looks whether the other one has ended.
STAND_BY_S = 1.0


class Service:
    """Serves everybody with the outbox of *runtime*. `run` is for one thread, and takes it as long as it serves.

    With *on_assignment* people are sent what belongs to their tasks. With the name of an ftrack group in *outsource_to*
    tasks that are assigned to its members are handed out to them.
    """

    def __init__(
        self,
        runtime: Runtime,
        credentials: FtrackCredentials,
        read_settings: Callable[[], Settings],
        on_assignment: Optional[Wish] = None,
        outsource_to: str = "",
    ) -> None:
        self._runtime = runtime
        self._credentials = credentials
        self._notices = Notices(credentials)
        self._lock = ProcessLock(runtime.outbox.path.parent / "service.lock")
        name = runtime.outbox.fact(NAME) or uuid.uuid4().hex
        runtime.outbox.keep_fact(NAME, name)

        def open_office() -> Office:
            return Office(lambda: runtime, credentials, read_settings, everybody=True)

        # Connect has the actions from here as well, and starts without the vendor loop.
        from ftrack_accsyn_accessor.actions.handing import Handing
        from ftrack_accsyn_accessor.actions.outsourced import Outsource
        from ftrack_accsyn_accessor.actions.tending import Tending

        tending = Tending(open_office, self._notices, lambda: bool(outsource_to or read_settings().vendors is not None))
        words, follow = f"by the service on {machine.hostname()}", tending.follow
        syncing = bool(read_settings().sync_path)
        self._desk = Desk(name, words, self._notices, open_office, syncing, handing=Handing(name, follow))
        user = credentials.api_user
        errands: list[Errand] = [on_assignment] if on_assignment is not None else []
        if outsource_to:
            errands.append(Outsource(outsource_to, user, follow))
        assigned = [Assigned(runtime.outbox, open_office, each, user) for each in errands]
        self._watching: list[Union[Assigned, Tending]] = [*assigned, tending]

    def run(self, stop: threading.Event) -> None:
        """Serve until *stop* is set; then end within seconds. What was confirmed is carried on by the next one."""
        try:
            if not self._take_over(stop):
                return
        except OutboxError as error:
            logger.error("%s", error)
            return
        server, user = self._credentials.server_url, self._credentials.api_user
        logger.info("Serving %s as %s, from the outbox %s.", server, user, self._runtime.outbox.path)
        self._runtime.wake()
        wanted = [*subscriptions(self._desk), Subscription("topic=ftrack.update", self._heard)]
        for each in self._watching:
            each.start()
        try:
            Listener(self._credentials, wanted, self._connected).run(stop)
        finally:
            self._desk.close()
            for each in self._watching:
                each.close()
            self._notices.close()
            self._runtime.outbox.close()
            self._lock.release()

    def _connected(self) -> None:
        """What happened while nobody listened is looked up."""
        for each in self._watching:
            each.wake()

    def _heard(self, event: Any) -> None:
        for each in self._watching:
            each.heard(event)

    def _take_over(self, stop: threading.Event) -> bool:
        """Wait until no other service has the outbox; return False where *stop* is set before.

        Whoever is next has the same name, and answers the forms that the one before has shown.
        """
        said = False
        while not self._lock.acquire():
            if not said:
                logger.info("Another service has the outbox %s; this one stands by.", self._runtime.outbox.path)
                said = True
            if stop.wait(STAND_BY_S):
                return False
        return True


class Counter(Protocol):
    """Where actions are asked for; neither raises, or waits."""

    def discover(self, event: Any) -> Optional[dict[str, Any]]:
        """Return the actions for what is selected."""

    def launch(self, event: Any) -> Optional[dict[str, Any]]:
        """Take a launch on; what is returned is the reply, None where that comes by a way of its own."""


def subscriptions(
    counter: Counter, username: str = "", actions: Iterable[Action] = tuple(Action)
) -> Sequence[Subscription]:
    """Return what *counter* is to hear of, of *actions*: of everybody, or of *username* alone.

    All terms are exact: others match more than they seem to, and raise on events that nobody foresaw.
    """
    whose = f' and source.user.username="{username}"' if username else ""
    return [
        Subscription(f"topic={launch.DISCOVER}{whose}", counter.discover),
        *(
            Subscription(f'topic={launch.LAUNCH} and data.actionIdentifier="{action.value}"{whose}', counter.launch)
            for action in actions
        ),
    ]
