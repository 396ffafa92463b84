"""A folder of the volume on its way from one end to another: an ordinary request, known by a token of ours."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Mapping
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import errors, parties, proof
from ftrack_accsyn_accessor.model.item import Endpoint, Item, StagedFile, State, Trouble
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.model.plan import Fate, Plan
from ftrack_accsyn_accessor.model.request import RequestState, Standing
from ftrack_accsyn_accessor.send.asking import Requester, confirm
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.worker.runtime import Runtime

#: As what accsyn has said that it takes nothing at an end, by which a push is known to be impossible.
_REFUSED = (errors.Unserved.kind, errors.Refused.kind)

#: How often accsyn is asked whether somebody has to choose a folder.
_AGAIN_S = 30.0
_UNCHOSEN = "It waits for the vendor to choose a folder: no volume is mapped there."


class Leg(NamedTuple):
    """One way of a folder: what is asked for, by whom, and the token by which it is asked for once.

    `files` are what the folder holds, where that is known: paths below the volume, with sizes in bytes. By them it is
    proven to be whole.
    """

    order: Order
    requester: Requester
    token: str
    files: Optional[Mapping[str, int]] = None


class Carrying:
    """For one thread, that of *means*. Methods raise what ftrack, accsyn and the outbox raise."""

    def __init__(self, means: Means, runtime: Runtime) -> None:
        self._means = means
        self._runtime = runtime
        #: How often the worker was given something new to do.
        self.written = 0
        self._unchosen: dict[int, tuple[float, bool]] = {}

    def standing(self, token: str) -> Optional[Standing]:
        """Return the request with the token of a leg, None while nothing was asked for by it."""
        return self._runtime.outbox.requests.of_token(_of_plan(token))

    def ask(self, leg: Leg) -> Standing:
        """Ask for a leg, unless it was asked for already; return how far it is.

        Raise `errors.Unserved` where it cannot go, `errors.Conflict` where it goes already with another request.
        """
        found = self.standing(leg.token)
        if found is not None:
            return found
        runtime, means = self._runtime, self._means
        planner = Planner(means.connection, means.workspace, means.settings, [runtime.outbox], runtime.area)
        # Vendors give names, too: one that looks like a pattern is a name all the same.
        plans = planner.plan(dataclasses.replace(leg.order, added=tuple(map(glob.escape, leg.order.added))))
        if any(plan.of(Fate.ON_ITS_WAY) for plan in plans):
            raise _goes_already(leg.order.added[0], ", by an earlier request")
        if not any(plan.going for plan in plans):
            raise errors.Unserved("carry the folder", leg.order.added[0], _cause(plans), "It is tried again.")
        if leg.files is not None:
            plans = [_counted(plan, leg.files) for plan in plans]
        confirm(runtime.outbox, leg.order, plans, leg.requester, leg.token)
        self.written += 1
        asked = self.standing(leg.token)
        assert asked is not None  # noqa: S101 - it was written down
        return asked

    def require_new(self, folder: str) -> None:
        """Raise `errors.Conflict` where *folder* is on its way already by an earlier request of this machine."""
        for standing in self._runtime.outbox.requests.open():
            under_way = standing.state in (RequestState.WAITING, RequestState.MOVING)
            if under_way and any(each.publication.path == folder for each in self._items(standing)):
                raise _goes_already(folder, f" by request {standing.id}")

    def _items(self, standing: Standing) -> list[Item]:
        return self._runtime.outbox.requests.items(standing.id)

    def refused(self, standing: Standing) -> bool:
        """Whether accsyn has taken nothing of a request, and said so."""
        if standing.state not in (RequestState.WAITING, RequestState.STUCK):
            return False
        return all(each.cause_kind in _REFUSED for each in self._items(standing))

    def stalled(self, standing: Standing, now: float) -> str:
        """Return in words why what accsyn has of a request does not move there; empty where it may.

        Either its tasks fail, or all of them wait for somebody to choose a folder (workflow facts, section 3). Of that
        accsyn is asked once in a while by *now*, in seconds since the epoch.
        """
        items = self._items(standing)
        if standing.state is RequestState.STUCK:
            failing = all(each.cause_kind == Trouble.FAILED.value for each in items)
            return next((each.cause for each in items), "") if failing else ""
        if not items or any(each.state is not State.SUBMITTED for each in items):
            return ""
        asked_at, unchosen = self._unchosen.get(standing.id, (0.0, False))
        if now - asked_at > _AGAIN_S:
            unchosen = all(self._statuses(each) == {"pending"} for each in items)
            self._unchosen[standing.id] = now, unchosen
        return _UNCHOSEN if unchosen else ""

    def _statuses(self, item: Item) -> set[str]:
        """Return the statuses of the tasks of a folder, in accsyn's words."""
        row = self._runtime.outbox.job_by_id(item.job) if item.job is not None else None
        if row is None or not row.accsyn_id:
            return set()
        tasks = self._means.workspace.tasks(row.accsyn_id)
        return {task.status for task in tasks if proof.path_of(task) == item.publication.path}

    def take_back(self, standing: Standing) -> None:
        """Have a request taken back, as far as accsyn has not begun with it."""
        self._runtime.outbox.requests.cancel(standing.id)
        self.written += 1

    def deliver(self, standing: Standing, address: str) -> bool:
        """Let a request that was refused go as a delivery to the user with this address; return whether it does."""
        destination = standing.request.destination
        party = str(Party(parties.DELIVERY, address))
        end = Endpoint(party, destination.location_id, destination.location_name)
        done = self._runtime.outbox.control.deliver(standing.id, end) > 0
        self.written += done
        return done

    def delivered(self, standing: Standing) -> bool:
        """Whether all that a request carries goes as a delivery, as `deliver` has left it."""
        items = self._items(standing)
        return bool(items) and all(parties.recipient(each.destination.party) for each in items)


def stuck_words(standing: Standing) -> str:
    """Return in words that a request does not go on by itself; empty where it may."""
    if standing.state is not RequestState.STUCK:
        return ""
    return f"Request {standing.id}, which carries it, needs attention: ftrack-accsyn requests --unfold tells of it."


def _goes_already(folder: str, by: str) -> errors.Conflict:
    outcome = f"it is on its way there already{by}"
    return errors.Conflict("carry the folder", folder, outcome, "Cancel that one to have it sent anew.")


def _counted(plan: Plan, files: Mapping[str, int]) -> Plan:
    """Return *plan*, of one folder, with what that holds, which nobody has counted who planned it."""
    staged = tuple(StagedFile(path, size_bytes, 0) for path, size_bytes in files.items())
    planned = [
        dataclasses.replace(
            each,
            wanted=dataclasses.replace(
                each.wanted, publication=dataclasses.replace(each.wanted.publication, files=staged)
            ),
        )
        for each in plan.planned
    ]
    return dataclasses.replace(plan, planned=tuple(planned))


def _of_plan(token: str) -> str:
    """Return the token of the request for the only plan of an order with this one."""
    return f"{token}/0"


def _cause(plans: list[Plan]) -> str:
    told = [each.cause or each.fate.value for plan in plans for each in plan.planned]
    return next(iter(told), "nothing of it was found")
