"""What is asked for from this machine: planned, confirmed, carried from this process, and followed to its end.

For the command line and for tools: what `send`, `sync` and `get` have in common. Not for a host's thread.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted
from ftrack_accsyn_accessor.insight.ability import OWN, Ability
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.plan import Fate, Plan
from ftrack_accsyn_accessor.model.request import RequestState, Standing
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import attention
from ftrack_accsyn_accessor.outbox.facts import Contact, kept
from ftrack_accsyn_accessor.send import selection
from ftrack_accsyn_accessor.send.asking import Requester, confirm
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.worker.runtime import Runtime
from ftrack_accsyn_accessor.workspace import Workspace

LOOK_S = 0.25
#: How long a process that does not wait tries to hand what was asked for to accsyn before it ends.
HAND_OVER_S = 20.0
#: How long the background thread gets to finish the call that it is in, and how long when the time is up.
STOP_S = 5.0
STOP_LATE_S = 1.0

_UNSENT = (State.PREPARED, State.PENDING)
_ENDED = (RequestState.DONE, RequestState.STUCK, RequestState.CANCELLED)


class Preview(NamedTuple):
    """An order with its plans, before anybody has confirmed it."""

    order: Order
    plans: Sequence[Plan]

    def count(self, fate: Fate) -> int:
        """Return how much of it has this fate."""
        return sum(len(plan.of(fate)) for plan in self.plans)


class Ordering:
    """Plans and carries what one person asks for, with the outbox of this machine. For one thread.

    *settings* name the workspace, *ftrack* the person. Methods raise what planner, ftrack, accsyn and outbox raise.
    """

    def __init__(self, runtime: Runtime, settings: Settings, ftrack: FtrackCredentials) -> None:
        self._runtime = runtime
        self._settings = settings
        self._ftrack = ftrack

    def preview(self, order: Order, words: Sequence[str] = ()) -> Preview:
        """Return what would happen to *order*, and to what *words* (ids, or names in ftrack) add to it."""
        with self._doors() as (connection, workspace):
            found = selection.find(connection, words) if words else []
            full = dataclasses.replace(order, picked=(*order.picked, *found))
            runtime = self._runtime
            planner = Planner(connection, workspace, self._settings, [runtime.outbox], runtime.area)
            return Preview(full, planner.plan(full))

    def requester(self) -> Requester:
        """Return who asks, as ftrack knows them."""
        with self._doors() as (connection, _):
            return Requester(self._ftrack.api_user, _user_id(connection, self._ftrack.api_user))

    def confirm(self, preview: Preview, who: Optional[Requester] = None) -> list[int]:
        """Write what goes down for *who*, or else for the `requester`; return the ids of the requests.

        From here on it survives whatever happens.
        """
        who = who or self.requester()
        return confirm(self._runtime.outbox, preview.order, preview.plans, who, str(uuid.uuid4()))

    def hand_over(self, request_ids: Sequence[int], timeout_s: float = HAND_OVER_S) -> bool:
        """Submit from this process within *timeout_s*; return whether accsyn has all of it, or somebody has to look."""
        return self._carry(request_ids, timeout_s, lambda standings: not any(map(unsent, standings)))

    def follow(
        self,
        request_ids: Sequence[int],
        timeout_s: Optional[float] = None,
        told: Callable[[Sequence[Standing]], None] = lambda standings: None,
    ) -> bool:
        """Carry these requests to their ends, *told* how far they are; return whether all have ended in time.

        Raise what keeps this process from it until its settings are others, where no other one is there.
        """

        def ended(standings: Sequence[Standing]) -> bool:
            told(standings)
            return all(each.state in _ENDED for each in standings)

        return self._carry(request_ids, timeout_s, ended)

    def standings(self, request_ids: Sequence[int]) -> list[Standing]:
        """Return what has become of requests."""
        found = (self._runtime.outbox.requests.standing(each) for each in request_ids)
        return [each for each in found if each is not None]

    def _carry(
        self, request_ids: Sequence[int], timeout_s: Optional[float], over: Callable[[Sequence[Standing]], bool]
    ) -> bool:
        deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
        pause, ability = threading.Event(), Ability(self._runtime)
        self._runtime.worker.wake()
        try:
            while not over(self.standings(request_ids)):
                if time.monotonic() >= deadline:
                    return False
                ability.require()
                attention.give(self._runtime.outbox.path)
                pause.wait(LOOK_S)
            return True
        finally:
            self._runtime.worker.stop(min(STOP_S, max(STOP_LATE_S, deadline - time.monotonic())))

    @contextlib.contextmanager
    def _doors(self) -> Iterator[tuple[FtrackConnection, Workspace]]:
        connection, workspace = FtrackConnection(self._ftrack), endpoint.connect(self._settings)
        try:
            with errors.in_person():
                yield connection, workspace
        finally:
            connection.close()
            workspace.close()


def unsent(standing: Standing) -> int:
    """Return how many items of a request accsyn does not have yet."""
    return sum(standing.counts.get(state, 0) for state in _UNSENT)


def _user_id(connection: FtrackConnection, username: str) -> str:
    rows = connection.query(f"select id from User where username is {quoted([username])}")  # noqa: S608
    return str(rows[0]["id"]) if rows else ""


def take_back(runtime: Runtime, request_id: int, timeout_s: float = HAND_OVER_S) -> str:
    """Cancel a request, and have excluded in accsyn what has not begun there, within *timeout_s* from this process.

    Where accsyn cannot be asked in time, the next worker does that: then return in words what is in the way.
    """
    runtime.outbox.requests.cancel(request_id)
    deadline = time.monotonic() + timeout_s
    pause, ability = threading.Event(), Ability(runtime)
    runtime.worker.wake()
    try:
        while time.monotonic() < deadline:
            if not _in_doubt(runtime, request_id):
                return ""
            ability.require()
            pause.wait(LOOK_S)
    except OWN as error:
        return str(error)
    finally:
        runtime.worker.stop(STOP_LATE_S)
    return kept(runtime.outbox, Contact).what if _in_doubt(runtime, request_id) else ""


def _in_doubt(runtime: Runtime, request_id: int) -> bool:
    """Whether accsyn has some of a cancelled request, or may have, with which it need not have begun."""
    requests = runtime.outbox.requests
    standing = requests.standing(request_id)
    unknown = standing is not None and unsent(standing) > 0
    return unknown or any(item.request == request_id for item in requests.to_take_back())
