"""Where the components of a selection are, as a form to read. Pure."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Sequence

from ftrack_accsyn_accessor.actions import forms
from ftrack_accsyn_accessor.actions.forms import Item, Reply
from ftrack_accsyn_accessor.actions.wording import shown
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.whereabouts import Move, Presence, Whereabouts

#: So many components are told of one by one, those that somebody has to look at first; the rest is counted.
NAMED = 200
_ORDER = (Presence.STUCK, Presence.MOVING, Presence.WAITING, Presence.NOWHERE, Presence.THERE)
_WORDS = {
    Presence.STUCK: "stuck",
    Presence.MOVING: "on their way",
    Presence.WAITING: "waiting",
    Presence.NOWHERE: "nowhere",
    Presence.THERE: "in place",  # "there" would be read as "at the place that I think of"
}


def status_form(components: Sequence[Whereabouts], remarks: Iterable[str], service: str) -> Reply:
    """Return what is known of *components*; submitting it asks anew. *remarks* tell what is not known."""
    items: list[Item] = [forms.label(f"**{shown(each)}**") for each in remarks if each]
    if not components:
        items.append(forms.label("ftrack has no components in what is selected."))
    ranked = sorted(components, key=lambda each: _ORDER.index(each.presence))
    items += _places(components)
    telling = _Telling()
    for presence, group in itertools.groupby(ranked[:NAMED], key=lambda each: each.presence):
        items += telling.group(presence, group)
    if len(ranked) > NAMED:
        rest = len(ranked) - NAMED
        items.append(forms.label(f"and {rest:,} more component{'' if rest == 1 else 's'}"))
    return forms.form(f"accsyn Status: {_sums(components)}", "Ask again", items, service)


def _sums(components: Sequence[Whereabouts]) -> str:
    counts = [(sum(each.presence is presence for each in components), _WORDS[presence]) for presence in _ORDER]
    return ", ".join(f"{count:,} {words}" for count, words in counts if count) or "no components"


def _places(components: Sequence[Whereabouts]) -> list[Item]:
    """Return how much is at each place: what most people ask for."""
    counts = collections.Counter(place for each in components for place in each.places)
    lines = [f"{shown(place)}: {count:,} of {len(components):,}" for place, count in sorted(counts.items())]
    return [forms.label("## At each location ##"), forms.listing(lines), forms.label("---")] if lines else []


class _Telling:
    """Tells components, and each remedy once: of many that wait for the same, one line with it is enough."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def group(self, presence: Presence, components: Iterable[Whereabouts]) -> list[Item]:
        """Return a head line, and a list for each version."""
        items = [forms.label(f"## {_WORDS[presence].capitalize()} ##")]
        for (project, version), group in itertools.groupby(components, key=lambda each: (each.project, each.version)):
            items.append(forms.label(f"**{shown(f'{project} {version}'.strip())}**"))
            items.append(forms.listing([self._line(each) for each in group]))
        return [*items, forms.label("---")]

    def _line(self, component: Whereabouts) -> str:
        size = f" ({size_text(component.size_bytes)})" if component.size_bytes else ""
        parts = []
        if component.places:
            parts.append(f"at {shown(', '.join(component.places))}")
        if component.staged:
            parts.append(f"staged in {shown(', '.join(component.staged))}")
        parts += map(self._move, component.moves)
        return f"{shown(component.component)}{size}: {'; '.join(parts) or 'in no location'}"

    def _move(self, move: Move) -> str:
        progress = move.progress
        parts = [f"to {shown(move.destination)}: {_state(move)}"]
        if progress.done_bytes:
            parts.append(f"{progress.percent} %")
        if progress.left_s is not None:
            parts.append(f"{duration_text(progress.left_s)} left")
        if move.since:
            parts.append(f"since {shown(_moment(move.since))}")
        remedy = "" if move.remedy in self._told else move.remedy
        self._told.add(move.remedy)
        cause = " ".join(filter(None, (move.cause, remedy)))
        return f"{', '.join(parts)}. {shown(cause)}" if cause else ", ".join(parts)


def _state(move: Move) -> str:
    return move.state.value.replace("-", " ")


def _moment(since: str) -> str:
    """Return a time as people read it. The page's own zone is not known, so it stays the one of all."""
    day, separator, time = since.partition("T")
    return f"{day} {time[:5]} UTC" if separator else since
