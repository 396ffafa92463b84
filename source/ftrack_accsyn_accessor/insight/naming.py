"""What somebody types -> the items that are meant. Pure reading of an outbox.

Any thread may call `named`; it may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.insight import requests, rows
from ftrack_accsyn_accessor.insight.remarks import ANYBODY
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model import titles
from ftrack_accsyn_accessor.model.errors import NotOne
from ftrack_accsyn_accessor.model.item import Reason, State, Studio
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.survey import Named

#: So many candidates are listed.
MOST = 10
#: The first rank of what is only a part of a title.
_WHOLE = 2
_BY_ID = re.compile(r"(item|request)=(\d{1,18})", re.ASCII)
_HOW = "Name words of its row, such as its shot, asset, version and component, a component's id, or a staged path."


def named(outbox: Outbox, text: str, studio: Studio = ANYBODY) -> list[Row]:
    """Return the items that *text* means, the newest first: those of one component, one path, or one request.

    *text* is the id of a component or a version, an item's or a request's as they are shown ("item=12", "request=3" or
    "3"), a staged path (absolute, relative to the staging area or to the working directory), or words of a title, in
    any order: "sh010 comp v001 main". Each has to be a whole word of it. What is typed as it is called goes before what
    is typed in another case, and all of a title before some of its words.

    Raise `errors.NotOne` where nothing is called that, or more than one.
    """
    found = _by_id(outbox, text, studio)
    if found:
        return found
    asked, called = requests.numbered(outbox, text, studio), _called(outbox, text)
    if asked and called.whole:
        raise several(text, [f"request={asked[0].request}", *candidates(called.items)])
    if asked:
        return asked
    if not called.whole and (called.path.count("/") or not called.items):
        below = rows.of_path(outbox, called.path)
        if below is not None:
            return [rows.row(below, studio)]
    return [rows.row(each, studio) for each in outbox.survey.with_ids(_one(text, called.items))]


class Titled(NamedTuple):
    """An item with its title."""

    item: Named
    title: str

    @property
    def key(self) -> str:
        """The component, or else the path."""
        return self.item.component_id or self.item.path


class _Called(NamedTuple):
    """The items that are called what was typed; `whole` tells that it is all of their titles, or their `path`."""

    items: list[Titled]
    whole: bool
    path: str


def _by_id(outbox: Outbox, text: str, studio: Studio) -> list[Row]:
    """Return the items of a component, or a request, or the one, whose id *text* is."""
    named_by = _BY_ID.fullmatch(text)
    if named_by is None:
        found = (outbox.survey.of_component(text) or outbox.survey.of_version(text)) if text else []
        return [rows.row(each, studio) for each in found]
    if named_by[1] == "request":
        return requests.numbered(outbox, named_by[2], studio)
    return [rows.row(found, studio) for found in outbox.survey.with_ids([int(named_by[2])])]


def _called(outbox: Outbox, text: str) -> _Called:
    """Return what is called *text* most exactly."""
    path, wanted = rows.relative_path(outbox, text), (titles.key(text), titles.key(text, any_case=True))
    found: dict[int, list[Titled]] = {}
    words = titles.tokens(wanted[0])
    for each in map(titled, outbox.survey.names(words, path) if wanted[0] else ()):
        rank = 0 if path and each.item.path == path else rank_of(each.title, *wanted)
        if rank is not None:
            found.setdefault(rank, []).append(each)
    best = min(found, default=_WHOLE)
    return _Called(found.get(best, []), best < _WHOLE, path)


def rank_of(title: str, exact: str, loose: str) -> Optional[int]:
    """Return how exactly what was typed is *title*, None where it is not: 0 for all of it, as it is called.

    *exact* is the `titles.key` of what was typed, *loose* that for any case.
    """
    shown, folded = titles.key(title), titles.key(title, any_case=True)
    if shown == exact:
        return 0
    if folded == loose:
        return 1
    if titles.tokens(exact) <= titles.tokens(shown):
        return _WHOLE
    return _WHOLE + 1 if titles.tokens(loose) <= titles.tokens(folded) else None


def titled(item: Named) -> Titled:
    """Return *item* with the title that its row has."""
    context = item.context or titles.context_in(item.identifier, item.version)
    component = item.component if item.component_id else ""
    to = "" if item.reason == Reason.PUBLISH.value else item.destination
    return Titled(item, titles.title(item.project, context, item.version, component, item.path, to))


def _one(text: str, called: Sequence[Titled]) -> list[int]:
    """Return the ids of the items of the one that is called *text*.

    What nobody wants any more stands back behind what is called the same.
    """
    wanted = {each.title for each in called if each.item.state != State.WITHDRAWN.value}
    found = [each for each in called if each.title not in wanted or each.item.state != State.WITHDRAWN.value]
    if len({each.key for each in found}) > 1:
        raise several(text, candidates(found))
    if found:
        return [each.item.item_id for each in found]
    outcome = "nothing that was published on this machine, or asked for from it, is called that"
    raise NotOne("find the item", printable(text), outcome, f"{_HOW} ftrack-accsyn where asks for all machines.")


def candidates(called: Sequence[Titled]) -> list[str]:
    """Return what one types for each of *called*: its title, or its id where another one has that title, too."""
    keys: dict[str, set[str]] = {}
    for each in called:
        keys.setdefault(titles.key(each.title), set()).add(each.key)
    twins = {title for title, owners in keys.items() if len(owners) > 1}
    shown = (f"item={each.item.item_id}" if titles.key(each.title) in twins else each.title for each in called)
    return list(dict.fromkeys(shown))


def several(text: str, meant: Sequence[str], which: str = "") -> NotOne:
    """Return the error that tells what all is called *text*: *meant*, as one types it. *which* says more of them."""
    more = [f"and {len(meant) - MOST} more"] if len(meant) > MOST else []
    lines = "\n".join(f"  {each}" for each in (*meant[:MOST], *more))
    return NotOne(
        "tell which item is meant",
        printable(text),
        f"{len(meant)}{which} are called that",
        f"Name one of them, with more of its words:\n{lines}",
        candidates=tuple(meant[:MOST]),
    )
