"""Sends people what belongs to the tasks that are assigned to them: once for each assignment.

An event only says that it is time to look: what is assigned is compared with what was seen, so nothing is missed while
nobody listened, and nothing comes twice.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.wording import one_line
from ftrack_accsyn_accessor.ftrack.assignments import Assignment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order, Picked

logger = logging.getLogger(__name__)

#: Name of a fact: the assignments that were seen.
SEEN = "assignments"
#: How often it is looked without an event, and again after something went wrong.
LOOK_S, RETRY_S = 600.0, 60.0
#: Assignments come in bursts: so long after the first event it is looked.
SETTLE_S = 1.0


class Wish(NamedTuple):
    """What is to be sent: components by name (none for all), from a location or party."""

    components: tuple[str, ...] = ()
    source: str = "hq"


class Assigned:
    """Looks on a thread of its own. `heard` and `wake` may be called on any thread."""

    def __init__(self, outbox: Outbox, open_office: Callable[[], Office], wish: Wish, own_user: str) -> None:
        self._outbox = outbox
        self._open_office = open_office
        self._wish = wish
        self._own_user = own_user
        self._event = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ftrack-accsyn-assigned", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wake(self) -> None:
        """Look: events may have been missed."""
        self._event.set()

    def heard(self, event: Any) -> None:
        """Look if *event*, an update, is of an assignment by somebody else. Never raises."""
        try:
            user = (event["source"] or {}).get("user") or {}
            entities = event["data"].get("entities") or ()
            if user.get("username") != self._own_user and any(map(_is_appointment, entities)):
                self._event.set()
        except Exception:  # whatever an update looks like: it is looked now and then in any case
            logger.debug("An update could not be read.", exc_info=True)

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread."""
        self._stopping = True
        self._event.set()
        self._thread.join(timeout_s)

    # The thread.

    def _run(self) -> None:
        office: Optional[Office] = None
        wait_s = 0.0
        while not self._stopping:
            if self._event.wait(wait_s):
                self._event.clear()
                if not self._stopping:
                    threading.Event().wait(SETTLE_S)
            if self._stopping:
                break
            try:
                office = office or self._open_office()
                wait_s = LOOK_S if self.look(office) else RETRY_S
            except errors.AccsynAccessorError as error:
                logger.warning("What is assigned could not be looked up: %s", error)
                wait_s = RETRY_S
            except Exception:
                logger.exception("What is assigned could not be looked up.")
                wait_s = RETRY_S
        if office is not None:
            office.close()

    def look(self, office: Office) -> bool:
        """Send what belongs to assignments that were not seen; return whether that has worked for all of them."""
        present = office.assignments()
        text = self._outbox.fact(SEEN)
        # What was assigned before anybody wanted it sent is not sent: it may be years of work.
        seen = {each.key for each in present} if text is None else set(json.loads(text))
        new = [each for each in present if each.key not in seen]
        known = seen & {each.key for each in present}
        if text is None:
            self._keep(known)
        worked = True
        for each in office.with_parents(new):
            if self._stopping:
                return False
            try:
                self._send(office, each)
            except errors.NotAllowed as error:
                logger.warning("Nothing is sent to %s: %s", one_line(each.username), error)
            except errors.AccsynAccessorError as error:
                logger.warning("Not sent to %s yet: %s", one_line(each.username), error)
                worked = False
                continue
            known.add(each.key)
            self._keep(known)
        self._keep(known)
        return worked

    def _send(self, office: Office, each: Assignment) -> None:
        who = one_line(each.username)
        if not each.parent_id:
            logger.info("A task of a whole project was assigned to %s: nothing is sent.", who)
            return
        order = Order(
            Reason.SEND,
            (Picked("task", each.parent_id),),
            source=self._wish.source,
            destination=each.location_id,
            latest_only=True,
            components=self._wish.components,
        )
        plans = office.plan(order)
        requester = Requester(each.username, each.user_id)
        office.require(requester, plans)
        ids: Sequence[int] = ()
        if any(plan.going for plan in plans):
            ids = office.confirm(order, plans, requester, f"assignment {each.key}")
        items = sum(len(plan.going) for plan in plans)
        logger.info("A task was assigned to %s: %d item(s) are sent, request %s.", who, items, list(ids))

    def _keep(self, known: set[str]) -> None:
        text = json.dumps(sorted(known))
        if self._outbox.fact(SEEN) != text:
            self._outbox.keep_fact(SEEN, text)


def _is_appointment(entity: Any) -> bool:
    return isinstance(entity, Mapping) and str(entity.get("entityType")).lower() == "appointment"
