"""A small action in a session of its own, to try ftrack's web page with: it answers with whatever it is told to."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Callable, Optional, Union

import ftrack_api

from ftrack_accsyn_sandbox.ftrack import FtrackService
from helpers import wait_until

DISCOVER, LAUNCH, SHOW = "ftrack.action.discover", "ftrack.action.launch", "ftrack.action.trigger-user-interface"

Answer = Union[Any, Callable[[Any], Any]]


class Action:
    """The action: `launched` holds the events of its launches, `discovered` those that asked for it.

    *answers* are given to one launch after the other, the last of them for ever; a function is called with the event.
    """

    def __init__(self, session: ftrack_api.Session, identifier: str, answers: list[Answer]) -> None:
        self.session = session
        self.item = {"label": "Try me", "actionIdentifier": identifier, "kept": {"by": "the page"}}
        self.discovered: list[Any] = []
        self.launched: list[Any] = []
        self._answers = answers

    def discover(self, event: Any) -> dict[str, Any]:
        self.discovered.append(event)
        return {"items": [dict(self.item)]}

    def launch(self, event: Any) -> Any:
        self.launched.append(event)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(event) if callable(answer) else answer

    def show(self, user_id: str, **data: Any) -> None:
        """Show the user something later, as a service does."""
        target = f'applicationId=ftrack.client.web and user.id="{user_id}"'
        self.session.event_hub.publish(ftrack_api.event.base.Event(topic=SHOW, data=data, target=target))


@contextlib.contextmanager
def acting(
    service: FtrackService,
    credentials: tuple[str, str],
    *answers: Answer,
    identifier: str = "test.action",
    only_for: Optional[str] = None,
) -> Iterator[Action]:
    """Run the action in a session of *credentials* (user name, key) on a thread; *only_for* names its one user."""
    username, key = credentials
    session = ftrack_api.Session(service.url, key, username, schema_cache_path=False, plugin_paths=[])
    session.event_hub.connect()
    action = Action(session, identifier, list(answers) or [{"success": True, "message": "Done."}])
    user = f' and source.user.username="{only_for}"' if only_for else ""
    identifiers = [
        session.event_hub.subscribe(f"topic={DISCOVER}{user}", action.discover),
        session.event_hub.subscribe(f"topic={LAUNCH} and data.actionIdentifier={identifier}{user}", action.launch),
    ]
    wait_until(lambda: set(identifiers) <= service.hub.subscriber_ids(), what="the hub to know the action")
    ended = threading.Event()

    def pump() -> None:
        while not ended.is_set():
            session.event_hub.wait(0.05)

    thread = threading.Thread(target=pump, name=identifier)
    thread.start()
    try:
        yield action
    finally:
        ended.set()
        thread.join()
        session.close()
