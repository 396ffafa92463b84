"""Actions in Connect, for its own user: the web page launches them, through the hub of Connect's session.

Connect's own action tab asks in the same session and waits for the answer on its window's thread; it shows no forms, so
there the answer is where to go.
"""

from __future__ import annotations

import logging
import uuid
import weakref
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import environment, machine
from ftrack_accsyn_accessor.actions import forms, launch
from ftrack_accsyn_accessor.actions.desk import Desk
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.service import subscriptions
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.ftrack.subscribing import subscribe
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_outside, open_runtime

logger = logging.getLogger(__name__)

ELSEWHERE = (
    "accsyn asks questions that Connect cannot show. Select the same in ftrack's web page, and start it from the "
    "Actions menu there: this Connect does the work."
)
#: Work is handed out from a machine that sees the volume, and that goes on with it: by the service.
_ACTIONS = tuple(each for each in launch.Action if each is not launch.Action.OUTSOURCE)
#: The session that has the actions: Connect's plugins may open others.
_serving: Callable[[], Any] = lambda: None  # noqa: E731 - what a weak reference looks like


def register(session: Any) -> None:
    """Subscribe Connect's own *session* to the actions of its user. Asks nobody, and never raises."""
    global _serving
    before = _serving()
    if before is not None and not before.closed:
        return
    current = environment.read_settings()
    if current.disabled or not current.workspace:
        return
    credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
    desk = Desk(
        uuid.uuid4().hex,
        f"by your Connect on {machine.hostname()}",
        Notices(credentials),
        lambda: Office(lambda: _runtime(credentials), credentials, environment.read_settings, everybody=False),
        bool(current.sync_path),
    )
    try:
        for each in subscriptions(_Counter(desk, session.event_hub.id), session.api_user, _ACTIONS):
            subscribe(session.event_hub, each.expression, each.callback)
    except Exception:  # a user's name may hold what no expression can
        logger.exception("The accsyn actions are not offered by this Connect.")
    _serving = weakref.ref(session)


def _runtime(credentials: FtrackCredentials) -> Runtime:
    """Return what carries requests of this Connect; raise an `errors.AccsynAccessorError` where there is nothing."""
    current = environment.read_settings()
    if current.staging_path is None:
        return open_outside(current, credentials, environment.read_settings)
    found = open_runtime(current, credentials, environment.read_settings)
    found.area.require()
    return found


class _Counter:
    """Sends those who ask in Connect's own tab elsewhere, and everybody else to the desk."""

    def __init__(self, desk: Desk, hub_id: str) -> None:
        self._desk = desk
        self._hub_id = hub_id

    def discover(self, event: Any) -> Optional[dict[str, Any]]:
        """Return the actions for what is selected."""
        return self._desk.discover(event)

    def launch(self, event: Any) -> Optional[dict[str, Any]]:
        """Have it worked on, or say where to ask."""
        try:
            if event["source"].get("id") == self._hub_id:
                return forms.message(ELSEWHERE, False) if launch.read(event) is not None else None
        except Exception:
            logger.exception("An action of Connect could not be answered.")
            return None
        self._desk.launch(event)
        return None
