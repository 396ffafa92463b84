"""Does something for tasks that are assigned to people, such as to send what belongs to them: once for each assignment.

An event only says that it is time to look: what is assigned is compared with what was seen, so nothing is missed while
nobody listened, and nothing comes twice.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional, Protocol

from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.telling import Telling
from ftrack_accsyn_accessor.actions.wording import one_line
from ftrack_accsyn_accessor.ftrack.assignments import Assignment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order, Picked

logger = logging.getLogger(__name__)

#: Name of a fact: the assignments that were seen.
SEEN = "assignments"
#: How often it is looked without an event, and again after something went wrong.
LOOK_S, RETRY_S = 600.0, 60.0
#: What may be wrong with some tasks, or with these together, and not with a service: each is tried by itself.
_OF_SOME = (errors.Unresolved, errors.Conflict, errors.SettingsError, errors.ManifestError, errors.StorageError)
_TOKENS = uuid.UUID("6f6b1c52-3c1e-4f0e-9a51-0d8f6d0c7f1e")
#: Assignments come in bursts: so long after the first event it is looked.
SETTLE_S = 1.0


class Errand(Protocol):
    """What is done for assignments. `fact` is the name under which those that were seen are kept, `done` a word."""

    @property
    def fact(self) -> str:
        """See above: another name is another errand, for which all that is assigned by then counts as seen."""

    @property
    def done(self) -> str:
        """What it does with what belongs to a task: "sent"."""

    def assignments(self, office: Office) -> list[Assignment]:
        """Return the assignments of this moment that it is about."""

    def carry_out(self, office: Office, group: Sequence[Assignment], again: bool) -> str:
        """Do it for *group*, tasks of one user; return what cannot be done yet, empty where nothing waits.

        *again* tells that something could not be done before. Raise `errors.NotAllowed` for what is not tried again.
        """


class Wish(NamedTuple):
    """People are sent what belongs to their tasks: components by name (none for all), from a location or party."""

    components: tuple[str, ...] = ()
    source: str = "hq"

    @property
    def fact(self) -> str:
        """The name of a fact."""
        return SEEN

    @property
    def done(self) -> str:
        """What is done."""
        return "sent"

    def assignments(self, office: Office) -> list[Assignment]:
        """Return what is assigned to people who have a location."""
        return office.assignments()

    def carry_out(self, office: Office, group: Sequence[Assignment], again: bool) -> str:
        """Send what goes of what belongs to *group*; return why something cannot go yet."""
        who = one_line(group[0].username)
        parents = dict.fromkeys(each.parent_id for each in group if each.parent_id)
        if not parents:
            logger.info("A task of a whole project was assigned to %s: nothing is sent.", who)
            return ""
        order = Order(
            Reason.SEND,
            tuple(Picked("task", parent) for parent in parents),
            source=self.source,
            destination=group[0].location_id,
            latest_only=True,
            components=self.components,
        )
        plans = office.plan(order)
        requester = Requester(group[0].username, group[0].user_id)
        office.require(requester, plans)
        items = sum(len(plan.going) for plan in plans)
        # The same of the same assignments is the same request, whatever happened before they were noted as seen.
        going = [" ".join(wanted.key) for plan in plans for wanted in plan.going]
        token = uuid.uuid5(_TOKENS, "\n".join(sorted([*(each.key for each in group), *going])))
        ids = office.confirm(order, plans, requester, f"assigned-{token}") if items else []
        if items or not again:
            logger.info("%d task(s) were assigned to %s: %d item(s) are sent, request %s.", len(group), who, items, ids)
        settled = (Obstacle.NEVER_SENT, Obstacle.STUCK)  # what was asked for already is somebody's to retry
        stuck = (each for plan in plans for each in plan.of(Fate.CANNOT) if each.obstacle not in settled)
        return next((each.cause or "it cannot go" for each in stuck), "")


class Assigned:
    """Looks on a thread of its own. `heard` and `wake` may be called on any thread."""

    def __init__(self, outbox: Outbox, open_office: Callable[[], Office], errand: Errand, own_user: str) -> None:
        self._outbox = outbox
        self._open_office = open_office
        self._errand = errand
        self._telling = Telling(logger)
        self._own_user = own_user
        self._event = threading.Event()
        self._stopping = False
        self._known: set[str] = set()
        self._delayed: set[str] = set()
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
                self._telling.well("")
            except errors.AccsynAccessorError as error:
                self._telling.wrong("", f"What is assigned could not be looked up: {error}")
                wait_s = RETRY_S
            except Exception:
                logger.exception("What is assigned could not be looked up.")
                wait_s = RETRY_S
        if office is not None:
            office.close()

    def look(self, office: Office) -> bool:
        """Do the errand for assignments that were not seen; return whether that has worked for all of them."""
        present = self._errand.assignments(office)
        keys = {each.key for each in present}
        text = self._outbox.fact(self._errand.fact)
        if text is None:
            # What was assigned before anybody wanted it sent is not sent: it may be years of work.
            self._keep(keys)
            return True
        self._known = set(json.loads(text)) & keys
        self._delayed &= keys - self._known
        groups = defaultdict(list)
        for each in office.with_parents([each for each in present if each.key not in self._known]):
            groups[each.user_id, each.location_id, each.key in self._delayed].append(each)
        worked = [self._try(office, group) for group in groups.values() if not self._stopping]
        self._keep(self._known)
        return all(worked) and not self._stopping

    def _try(self, office: Office, group: Sequence[Assignment]) -> bool:
        """Do it for *group*, the tasks of one user; return False where it is to be tried again.

        What cannot be done yet is looked at again with everything else, each time until it can.
        """
        who = one_line(group[0].username)
        keys, done = {each.key for each in group}, self._errand.done
        missing = ""
        try:
            missing = self._errand.carry_out(office, group, keys <= self._delayed)
        except errors.NotAllowed as error:
            if len(group) > 1:  # some of them may be allowed
                return self._try_each(office, group)
            logger.warning("Nothing is %s to %s: %s", done, who, error)
        except errors.AccsynAccessorError as error:
            if len(group) > 1 and isinstance(error, _OF_SOME):
                return self._try_each(office, group)
            self._telling.wrong(" ".join(sorted(keys)), f"Not {done} to {who} yet: {error}")
            return False
        except Exception:
            if len(group) > 1:
                return self._try_each(office, group)
            logger.exception("Not %s to %s yet: something is wrong with the plugin. Please report this.", done, who)
            return False
        self._telling.well(" ".join(sorted(keys)))
        if missing and not keys <= self._delayed:
            if len(group) > 1:  # of which of them is it?
                return self._try_each(office, group)
            self._delayed |= keys
            logger.warning("Not all is %s to %s yet, and looked at again: %s", done, who, one_line(missing))
        if not missing:
            self._delayed -= keys
            self._known |= keys
            self._keep(self._known)
        return True

    def _try_each(self, office: Office, group: Sequence[Assignment]) -> bool:
        worked = [self._try(office, [each]) for each in group]
        return all(worked)

    def _keep(self, known: set[str]) -> None:
        text = json.dumps(sorted(known))
        if self._outbox.fact(self._errand.fact) != text:
            self._outbox.keep_fact(self._errand.fact, text)


def _is_appointment(entity: Any) -> bool:
    return isinstance(entity, Mapping) and str(entity.get("entityType")).lower() == "appointment"
