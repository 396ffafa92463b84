"""The service: actions and requests for everybody, from one machine that runs all the time."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Sequence
from typing import Callable

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.actions import launch
from ftrack_accsyn_accessor.actions.desk import Desk
from ftrack_accsyn_accessor.actions.launch import Action
from ftrack_accsyn_accessor.actions.listening import Listener, Subscription
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.worker.runtime import Runtime

logger = logging.getLogger(__name__)

#: Name of a fact: what tells the services with this outbox, one after the other, from those elsewhere.
NAME = "service"


class Service:
    """Serves everybody with the outbox of *runtime*. `run` is for one thread, and takes it as long as it serves."""

    def __init__(self, runtime: Runtime, credentials: FtrackCredentials, read_settings: Callable[[], Settings]) -> None:
        self._runtime = runtime
        self._credentials = credentials
        self._notices = Notices(credentials)
        name = runtime.outbox.fact(NAME) or uuid.uuid4().hex
        runtime.outbox.keep_fact(NAME, name)
        self._desk = Desk(
            name,
            f"by the service on {machine.hostname()}",
            self._notices,
            lambda: Office(lambda: runtime, credentials, read_settings, everybody=True),
            lambda: bool(read_settings().sync_path),
        )

    def run(self, stop: threading.Event) -> None:
        """Serve until *stop* is set; then end within seconds. What was confirmed is carried on by the next one."""
        self._runtime.worker.start()
        listener = Listener(self._credentials, subscriptions(self._desk), lambda: None)
        try:
            listener.run(stop)
        finally:
            self._desk.close()
            self._notices.close()
            self._runtime.outbox.close()


def subscriptions(desk: Desk, username: str = "") -> Sequence[Subscription]:
    """Return what *desk* is to hear of: of everybody, or of *username* alone."""
    whose = f' and source.user.username="{username}"' if username else ""
    return [
        Subscription(f"topic={launch.DISCOVER}{whose}", desk.discover),
        *(
            Subscription(f'topic={launch.LAUNCH} and data.actionIdentifier="{action.value}"{whose}', desk.launch)
            for action in Action
        ),
    ]
