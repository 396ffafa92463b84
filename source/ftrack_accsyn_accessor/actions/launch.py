"""Reads the events with which ftrack's web page, Connect and others ask for actions. Pure.

Whatever stands in an event is a claim of who sent it: nothing in it is trusted, and nothing in it raises.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Picked

#: The key, in items of a discover's answer and so in launches, and the field in forms, of the service that is meant.
SERVICE = "accsyn_service"
DISCOVER, LAUNCH = "ftrack.action.discover", "ftrack.action.launch"

#: What selections hold besides things that can be sent.
_NOISE = frozenset({"user", "socialfeed", "socialnotification", "team", ""})
#: What else holds tasks.
_LISTS = frozenset({"list", "typedcontextlist"})
#: What has a place below a project: web pages and Connect name it differently.
_CONTEXTS = frozenset({"task", "shot", "sequence", "episode", "folder", "assetbuild", "typedcontext"})


class Action(str, enum.Enum):
    """What can be asked for."""

    SEND = "accsyn.send"
    SYNC = "accsyn.sync"
    STATUS = "accsyn.status"
    OUTSOURCE = "accsyn.outsource"

    @property
    def label(self) -> str:
        """What menus call it."""
        return f"accsyn {self.name.capitalize()}"

    @property
    def description(self) -> str:
        """What it does."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS: Mapping[Action, str] = {
    Action.SEND: "Send components and files to another place",
    Action.SYNC: "Sync folders with a site",
    Action.STATUS: "Where the components are, and what keeps them",
    Action.OUTSOURCE: "Hand tasks out to a vendor",
}


@dataclasses.dataclass(frozen=True)
class Launch:
    """An action that somebody asks for. `values` is what was filled in, None where no form was shown yet.

    `service` is the one that is meant, empty where it is not said. The ids are those of the event and its source.
    """

    action: Action
    requester: Requester
    picked: tuple[Picked, ...] = ()
    values: Optional[Mapping[str, Any]] = None
    service: str = ""
    event_id: str = ""
    source_id: str = ""

    @property
    def text(self) -> dict[str, Any]:
        """What has a form that is shown later launch the same again."""
        picked = [{"entityId": each.entity_id, "entityType": each.entity_type} for each in self.picked]
        return {"actionIdentifier": self.action.value, "selection": picked}


def read(event: Mapping[str, Any]) -> Optional[Launch]:
    """Return what *event*, a launch, asks for; None where it is none of our actions."""
    data = _mapping(_get(event, "data"))
    try:
        action = Action(str(data.get("actionIdentifier")))
    except ValueError:
        return None
    values = data.get("values")
    given = dict(values) if isinstance(values, Mapping) and values else None
    service = (given or {}).get(SERVICE) or data.get(SERVICE) or ""
    return Launch(
        action,
        requester(event),
        picked(event),
        given,
        service if isinstance(service, str) else "",
        str(_get(event, "id") or ""),
        str(_mapping(_get(event, "source")).get("id") or ""),
    )


def requester(event: Mapping[str, Any]) -> Requester:
    """Return who asks, by the event's own account."""
    user = _mapping(_mapping(_get(event, "source")).get("user"))
    return Requester(_text(user.get("username")), _text(user.get("id")))


def picked(event: Mapping[str, Any]) -> tuple[Picked, ...]:
    """Return what is selected, each once; what cannot be sent is left out."""
    data = _mapping(_get(event, "data"))
    selection = data.get("selection")
    if not isinstance(selection, Sequence) or isinstance(selection, str):
        selection = _mapping(data.get("context")).get("selection")
    if not isinstance(selection, Sequence) or isinstance(selection, str):
        return ()
    found = {}
    for each in selection:
        row = _mapping(each)
        entity_type, entity_id = _text(row.get("entityType")), _text(row.get("entityId"))
        if entity_id and entity_type.lower() not in _NOISE:
            found[entity_id] = Picked(entity_type, entity_id)
    return tuple(found.values())


def offered(event: Mapping[str, Any], syncing: bool, outsourcing: bool = False) -> list[Action]:
    """Return which actions make sense for what is selected. Asks nobody.

    *syncing* tells whether folders of shots and tasks are known, *outsourcing* whether work is handed out from here.
    """
    chosen = picked(event)
    data = _mapping(_get(event, "data"))
    anything = bool(data.get("selection") or _mapping(data.get("context")).get("selection"))
    actions = [] if anything and not chosen else [Action.SEND]  # files may be named without a selection
    if chosen:
        actions.append(Action.STATUS)
    kinds = {each.entity_type.lower().replace("_", "") for each in chosen}
    if syncing and chosen and kinds <= _CONTEXTS:
        actions.append(Action.SYNC)
    if outsourcing and chosen and kinds <= _CONTEXTS | _LISTS:
        actions.append(Action.OUTSOURCE)
    return actions


def _get(event: Mapping[str, Any], key: str) -> Any:
    try:
        return event[key]
    except KeyError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
