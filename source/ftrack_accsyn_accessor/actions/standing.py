"""Where the components of a selection are, as a form to read. Pure."""

from __future__ import annotations

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
    Presence.THERE: "there",
}


def status_form(components: Sequence[Whereabouts], remarks: Iterable[str], service: str) -> Reply:
    """Return what is known of *components*; submitting it asks anew. *remarks* tell what is not known."""
    items: list[Item] = [forms.label(f"**{shown(each)}**") for each in remarks if each]
    if not components:
        items.append(forms.label("ftrack has no components in what is selected."))
    ranked = sorted(components, key=lambda each: _ORDER.index(each.presence))
    for presence, group in itertools.groupby(ranked[:NAMED], key=lambda each: each.presence):
        items += _group(presence, list(group))
    if len(ranked) > NAMED:
        items.append(forms.label(f"and {len(ranked) - NAMED:,} more components"))
    return forms.form(f"accsyn Status: {_sums(components)}", "Ask again", items, service)


def _sums(components: Sequence[Whereabouts]) -> str:
    counts = [(sum(each.presence is presence for each in components), _WORDS[presence]) for presence in _ORDER]
    return ", ".join(f"{count:,} {words}" for count, words in counts if count) or "no components"


def _group(presence: Presence, components: Sequence[Whereabouts]) -> list[Item]:
    """Return one label for each version, below a head line."""
    items = [forms.label(f"## {_WORDS[presence].capitalize()} ##")]
    for (project, version), group in itertools.groupby(components, key=lambda each: (each.project, each.version)):
        lines = "\n".join(f"* {_line(each)}" for each in group)
        items.append(forms.label(f"**{shown(f'{project} {version}')}**\n\n{lines}"))
    return [*items, forms.label("---")]


def _line(component: Whereabouts) -> str:
    size = f" ({size_text(component.size_bytes)})" if component.size_bytes else ""
    parts = []
    if component.places:
        parts.append(f"at {shown(', '.join(component.places))}")
    if component.staged:
        parts.append(f"staged in {shown(', '.join(component.staged))}")
    parts += map(_move, component.moves)
    return f"{shown(component.component)}{size}: {'; '.join(parts) or 'in no location'}"


def _move(move: Move) -> str:
    progress = move.progress
    parts = [f"to {shown(move.destination)}: {move.state.value}"]
    if progress.done_bytes:
        parts.append(f"{progress.percent} %")
    if progress.left_s is not None:
        parts.append(f"{duration_text(progress.left_s)} left")
    if move.since:
        parts.append(f"since {shown(move.since)}")
    text = ", ".join(parts)
    cause = " ".join(filter(None, (move.cause, move.remedy)))
    return f"{text}. {shown(cause)}" if cause else text
