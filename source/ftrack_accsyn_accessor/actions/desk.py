"""Takes what actions ask for: discovers at once, launches on threads of their own. Never raises, never waits."""

from __future__ import annotations

import collections
import dataclasses
import functools
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

from ftrack_accsyn_accessor.actions import forms, launch
from ftrack_accsyn_accessor.actions.answer import Answer
from ftrack_accsyn_accessor.actions.crew import Crew
from ftrack_accsyn_accessor.actions.handling import Handling
from ftrack_accsyn_accessor.actions.kept import KeptPlans
from ftrack_accsyn_accessor.actions.launch import SERVICE
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.wording import one_line, said
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, in_person

if TYPE_CHECKING:  # the vendor loop is the service's; Connect starts without it
    from ftrack_accsyn_accessor.actions.handing import Handing

logger = logging.getLogger(__name__)

#: Events that are remembered, so that one that comes twice is answered once.
_EVENTS = 2_000


class Desk:
    """Where actions are asked for. `discover` and `launch` are callbacks of an event hub; any thread may call them.

    *name* tells this service from every other one, *words* are what menus say of it. *open_office* is called on
    threads of the desk's own. *syncing* tells whether folders of shots and tasks are known. *handing* answers what is
    asked of Outsource, None where work is not handed out from here.
    """

    def __init__(
        self,
        name: str,
        words: str,
        notices: Notices,
        open_office: Callable[[], Office],
        syncing: bool,
        monotonic: Callable[[], float] = time.monotonic,
        handing: Optional[Handing] = None,
    ) -> None:
        self._name = name
        self._words = words
        self._notices = notices
        self._syncing = syncing
        self._crew = Crew(open_office)
        self._outsourcing = handing is not None
        self._handling = Handling(name, KeptPlans(monotonic), handing)
        self._lock = threading.Lock()
        self._events: collections.OrderedDict[str, None] = collections.OrderedDict()

    def discover(self, event: Any) -> Optional[dict[str, Any]]:
        """Return the actions for what is selected; None where there are none. Asks nobody."""
        try:
            actions = launch.offered(event, self._syncing, self._outsourcing)
        except Exception:
            logger.exception("The actions for a selection could not be told.")
            return None
        items = [
            {
                "label": action.label,
                "actionIdentifier": action.value,
                "variant": self._words,
                "description": action.description,
                SERVICE: self._name,
            }
            for action in actions
        ]
        return {"items": items} if items else None

    def launch(self, event: Any) -> None:
        """Have what *event* asks for worked on; the reply comes by a way of its own."""
        try:
            asked = launch.read(event)
            if asked is not None and asked.service in ("", self._name) and self._is_new(asked.event_id):
                answer = Answer(self._notices, asked)
                self._crew.do(functools.partial(self._work, answer))
        except Exception:
            logger.exception("An action could not be taken on.")

    def close(self, timeout_s: float = 2.0) -> None:
        """Take nothing more on, and end the threads."""
        self._crew.close(timeout_s)

    def _is_new(self, event_id: str) -> bool:
        with self._lock:
            if not event_id or event_id in self._events:
                return not event_id
            self._events[event_id] = None
            if len(self._events) > _EVENTS:
                self._events.popitem(last=False)
        return True

    # A thread of the crew.

    def _work(self, answer: Answer, office: Office) -> None:
        name = one_line(answer.launch.requester.username)
        try:
            with in_person():
                # The name in an event is a claim, and whose it is has to be known before anything is told.
                answer.launch = dataclasses.replace(answer.launch, requester=office.who(answer.launch.requester))
                answer.give(self._handling.answer(answer.launch, office))
        except AccsynAccessorError as error:
            logger.warning("%s for %s: %s", answer.launch.action.label, name, error)
            answer.give(forms.message(said(str(error)), False))
        except Exception as error:
            logger.exception("%s for %s failed.", answer.launch.action.label, name)
            text = f"{answer.launch.action.label} failed: {error!r}. The log of the service has more."
            answer.give(forms.message(said(text), False))
