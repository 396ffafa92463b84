"""The forms of Send and Sync, and what was filled in as an order. Pure.

A wrong value is told in the form again, with everything that was filled in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

from ftrack_accsyn_accessor.actions.launch import SERVICE, Action, Launch
from ftrack_accsyn_accessor.actions.wording import shown
from ftrack_accsyn_accessor.ftrack.places import UNMANAGED, Place
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.send.order import Order

SOURCE, DESTINATION, COMPONENTS, LATEST, WITH_USED = "source", "destination", "components", "latest", "with_used"
AGAIN = "again"
ADDED, PRIORITY, QUEUE, SITE, DIRECTION = "added", "priority", "queue", "site", "direction"
#: Hidden: the name of a kept plan, and the wish to change what was filled in.
PLAN, CHANGE = "plan", "change"
UPLOAD, DOWNLOAD = "upload", "download"
HIGHEST = 1000
_AGAIN = "Also what is there already"
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off", ""})

Item = dict[str, Any]
Reply = dict[str, Any]


class Filled(NamedTuple):
    """What was filled in: an order, or what is wrong with it, a sentence each."""

    order: Optional[Order]
    problems: tuple[str, ...] = ()


def form(title: str, button: str, items: Iterable[Item], service: str, **hidden: Any) -> Reply:
    """Return a form; *hidden* comes back with what is filled in."""
    kept = [{"type": "hidden", "name": name, "value": value} for name, value in {SERVICE: service, **hidden}.items()]
    return {"type": "form", "title": title, "submit_button_label": button, "items": [*items, *kept]}


def label(text: str) -> Item:
    """Return a line, or lines, to read; foreign parts of *text* have gone through `wording.shown`."""
    return {"type": "label", "value": text}


def listing(lines: Iterable[str]) -> Item:
    """Return a list to read, in the tags of one: of Markdown's own it is not known whether a page makes lists of them.

    Foreign parts of *lines* have gone through `wording.shown`.
    """
    return label("<ul>{}</ul>".format("".join(f"<li>{line}</li>" for line in lines)))


def message(text: str, success: bool) -> Reply:
    """Return what is shown for a moment; foreign parts of *text* have gone through `wording.said`."""
    return {"type": "message", "success": success, "message": text}


def send_form(places: Sequence[Place], values: Mapping[str, Any], problems: Sequence[str], service: str) -> Reply:
    """Return the form of Send with *values* filled in."""
    source = _text(values.get(SOURCE))
    items = [
        *complaints(problems),
        _choice(SOURCE, "From", places, source),
        _choice(DESTINATION, "To", [each for each in places if each.name != UNMANAGED], _text(values.get(DESTINATION))),
        field("text", COMPONENTS, "Components", values, "all; or names, such as main, *_exr"),
        flag(LATEST, "Latest versions only", values, default=True),
        flag(WITH_USED, "With the versions that they use", values, default=False),
        flag(AGAIN, _AGAIN, values, default=False),
        field("textarea", ADDED, "Additional files and folders, one a line", values),
        *_urgency(values),
    ]
    return form("accsyn Send", "Preview", items, service)


def sync_form(
    sites: Sequence[Place], folders: Sequence[str], values: Mapping[str, Any], problems: Sequence[str], service: str
) -> Reply:
    """Return the form of Sync with *values* filled in, else with *folders*."""
    directions = [
        {"label": "From head quarters to the site", "value": DOWNLOAD},
        {"label": "From the site to head quarters", "value": UPLOAD},
    ]
    direction = _text(values.get(DIRECTION)) or DOWNLOAD
    items = [
        *complaints(problems),
        _choice(SITE, "Site", sites, _text(values.get(SITE))),
        {"type": "enumerator", "name": DIRECTION, "label": "Direction", "value": direction, "data": directions},
        field("textarea", ADDED, "Folders, one a line", {ADDED: "\n".join(folders), **values}),
        *_urgency(values),
    ]
    return form("accsyn Sync", "Preview", items, service)


def filled(launch: Launch) -> Filled:
    """Return the order that the values of *launch* ask for."""
    reader = Reader(launch.values or {})
    order = _sync(launch, reader) if launch.action is Action.SYNC else _send(launch, reader)
    return Filled(None, tuple(reader.problems)) if reader.problems else Filled(order)


def _send(launch: Launch, reader: Reader) -> Order:
    order = Order(
        Reason.SEND,
        launch.picked,
        source=reader.needed(SOURCE, "Choose where it is to be sent from."),
        destination=reader.needed(DESTINATION, "Choose where it is to be sent to."),
        latest_only=reader.flag(LATEST, "Latest versions only", default=True),
        components=reader.names(COMPONENTS),
        with_used=reader.flag(WITH_USED, "With the versions that they use", default=False),
        added=reader.lines(ADDED),
        queue=reader.text(QUEUE),
        priority=reader.priority(),
        again=reader.flag(AGAIN, _AGAIN, default=False),
    )
    if order.source and order.source == order.destination:
        reader.problems.append("It cannot be sent to where it is to come from.")
    if not order.picked and not order.added:
        reader.problems.append("Nothing is selected, and no files are named.")
    return order


def _sync(launch: Launch, reader: Reader) -> Order:
    site = reader.needed(SITE, "Choose the site.")
    direction = reader.needed(DIRECTION, "Choose a direction.")
    if direction not in (UPLOAD, DOWNLOAD, ""):
        reader.problems.append(f"{shown(direction)} is no direction.")
    added = reader.lines(ADDED)
    if not added:
        reader.problems.append("Name at least one folder.")
    source, destination = (site, "hq") if direction == UPLOAD else ("hq", site)
    return Order(
        Reason.SYNC,
        source=source,
        destination=destination,
        added=added,
        queue=reader.text(QUEUE),
        priority=reader.priority(),
    )


class Reader:
    """Reads fields of a form one by one, and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        """Return a text without what surrounds it; empty for none."""
        return _text(self._values.get(name)).strip()

    def needed(self, name: str, problem: str) -> str:
        """Return one chosen value; pages may answer with a list of it."""
        chosen = _listed(self._values.get(name))
        if len(chosen) != 1:
            self.problems.append(problem)
        return chosen[0] if chosen else ""

    def names(self, name: str) -> tuple[str, ...]:
        """Return several names, each once."""
        return tuple(_listed(self._values.get(name)))

    def lines(self, name: str) -> tuple[str, ...]:
        """Return lines, each once."""
        value = self._values.get(name)
        lines = value if isinstance(value, list) else _text(value).splitlines()
        return tuple(dict.fromkeys(filter(None, (_text(line).strip() for line in lines))))

    def flag(self, name: str, words: str, default: bool) -> bool:
        """Return yes or no; *words* are what the form calls it."""
        value = self._values.get(name)
        if value is None:
            return default
        text = str(int(value)) if isinstance(value, (bool, int)) else _text(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self.problems.append(f'"{words}" is yes or no, not {shown(text)}.')
        return text in _TRUE

    def priority(self) -> Optional[int]:
        """Return a priority, None for accsyn's own."""
        value = self._values.get(PRIORITY)
        text = _text(value).strip()
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if number.is_integer() and 0 <= number <= HIGHEST:
            return int(number)
        self.problems.append(f"The priority is a whole number from 0 to {HIGHEST}, not {shown(text)}.")
        return None


def _listed(value: Any) -> list[str]:
    """Return the texts that a field holds: a list, a list as JSON, or texts between commas."""
    parsed: Union[Any, Sequence[str]] = value
    if isinstance(value, str):
        try:
            parsed = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
        except ValueError:
            parsed = value.split(",")
    if not isinstance(parsed, (list, tuple)):
        parsed = [] if parsed is None else [parsed]
    return list(dict.fromkeys(filter(None, (_text(each).strip() for each in parsed))))


def _text(value: Any) -> str:
    """Return a value as it would be typed."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else "" if value is None or isinstance(value, bool) else str(value)


def complaints(problems: Sequence[str]) -> list[Item]:
    """Return what is wrong with what was filled in, as the form says it first."""
    return [*(label(f"**{problem}**") for problem in problems), label("---")] if problems else []


def _choice(name: str, title: str, places: Sequence[Place], value: str) -> Item:
    options = [{"label": each.words, "value": each.id} for each in places]
    return {"type": "enumerator", "name": name, "label": title, "value": value, "data": options}


def field(kind: str, name: str, title: str, values: Mapping[str, Any], empty_text: str = "") -> Item:
    """Return a field for text, of one line or more by its *kind*."""
    value = values.get(name)
    text = "\n".join(map(_text, value)) if isinstance(value, list) else _text(value)
    found = {"type": kind, "name": name, "label": title, "value": text}
    return {**found, "empty_text": empty_text} if empty_text else found


def flag(name: str, title: str, values: Mapping[str, Any], default: bool) -> Item:
    """Return a box to tick."""
    reader = Reader(values)
    return {"type": "boolean", "name": name, "label": title, "value": reader.flag(name, title, default)}


def _urgency(values: Mapping[str, Any]) -> list[Item]:
    return [
        field("text", PRIORITY, f"Priority, from 0 to {HIGHEST}", values, "accsyn's own"),
        field("text", QUEUE, "Queue", values, "the project's"),
    ]
