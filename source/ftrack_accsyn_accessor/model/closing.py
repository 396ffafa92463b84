"""When work that was handed out is over, and what follows for whoever had it. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.access import CLOSED, CLOSING, Act, Deed, Rights
from ftrack_accsyn_accessor.model.accsyn import Moving
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.vendors import Places, VendorRules, lowered

_DAY_S = 86_400.0


class TaskState(NamedTuple):
    """How a task stands: `name` with what it is of, `assigned` the e-mail addresses of those who have it.

    `done` is what ftrack makes of its status. `published_at` is when its latest version was made, empty for none.
    """

    name: str
    project: str
    status: str
    done: bool
    assigned: frozenset[str] = frozenset()
    published_at: str = ""


def over(handout: HandOut, state: Optional[TaskState], rules: VendorRules) -> str:
    """Return why a task is over for the vendor who has it, empty where it is not; *state* is None where it is gone."""
    if state is None:
        return "is not there any more"
    if ended(state, rules):
        return f"is {state.status}"
    if handout.assigned and lowered(handout.vendor) not in state.assigned:
        return "is not assigned to them any more"
    return ""


def ended(state: TaskState, rules: VendorRules) -> bool:
    """Whether a task is over for everybody."""
    return state.done or state.status.casefold() in {each.casefold() for each in rules.closed}


def closed_at(handouts: Iterable[HandOut], now: float) -> float:
    """Return since when the last of *handouts*, which are all closed, is so, in seconds since the epoch."""
    return max((moment(each.closed_at, now) or now for each in handouts), default=now)


def rights(since: float, now: float, rules: VendorRules) -> Rights:
    """Return what is left to a vendor whose tasks in a project are all over *since*."""
    return CLOSED if now - since >= rules.grace_days * _DAY_S else CLOSING


def busy(deed: Deed, places: Places, moving: Sequence[Moving], user_id: str) -> Optional[Moving]:
    """Return a transfer of a user's own that what is to be done would cut off, None where nothing would be."""
    sent = next((each for each in moving if _is(each.source, user_id)), None)
    if deed.code == places.to_code:
        return fetched(moving, user_id)
    return sent or (fetched(moving, user_id) if deed.act is Act.TAKE_BACK else None)


def fetched(moving: Sequence[Moving], user_id: str) -> Optional[Moving]:
    """Return a transfer by which a user gets something, None where there is none."""
    return next((each for each in moving if _is(each.destination, user_id)), None)


def _is(reference: str, user_id: str) -> bool:
    return reference.rpartition(":")[2] == user_id


def stamp(now: float) -> str:
    """Return a moment, in seconds since the epoch, as it is kept: ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str, now: float) -> Optional[float]:
    """Return the moment that was kept; None where it is none, or has not come yet: somebody else wrote it."""
    try:
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.timezone.utc)
    return found.timestamp() if found.timestamp() <= now else None
