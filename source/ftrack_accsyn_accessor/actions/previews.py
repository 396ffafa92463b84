"""What a plan would do, as a form to confirm it; and what is said when that has happened. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_accsyn_accessor.actions import forms
from ftrack_accsyn_accessor.actions.forms import Item, Reply
from ftrack_accsyn_accessor.actions.launch import SERVICE
from ftrack_accsyn_accessor.actions.wording import said, shown
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.plan import Fate, Plan, Planned, Sum
from ftrack_accsyn_accessor.model.progress import size_text

#: So many of each fate are named; the rest is counted.
NAMED = 20


def total(plans: Sequence[Plan], fate: Fate = Fate.GOES) -> Sum:
    """Return how much of all *plans* has this fate."""
    sums = [plan.sum(fate) for plan in plans]
    return Sum(*(sum(column) for column in zip(*sums))) if sums else Sum()


def confirming(verb: str, plans: Sequence[Plan], name: str, service: str, before: str = "") -> Reply:
    """Return the preview of *plans* that goes on with the one called *name*; *before* is said first."""
    goes = total(plans)
    title = f"{verb} {_much(goes)}"
    items = [forms.label(f"**{before}**"), forms.label("---")] if before else []
    return forms.form(title, verb, [*items, *_body(plans)], service, **{forms.PLAN: name})


def nothing_goes(verb: str, plans: Sequence[Plan], values: Mapping[str, Any], service: str) -> Reply:
    """Return the preview of *plans* of which nothing goes; it leads back to what was filled in."""
    kept = {name: value for name, value in values.items() if name not in (SERVICE, forms.PLAN, forms.CHANGE)}
    items = _body(plans) or [forms.label("Nothing was found in what is selected.")]
    return forms.form(f"Nothing to {verb.lower()}", "Change", items, service, **{**kept, forms.CHANGE: "yes"})


def begun(verb: str, plans: Sequence[Plan], requests: Sequence[int]) -> str:
    """Return what is said when *plans* were confirmed as *requests*."""
    numbers = ", ".join(map(str, requests))
    ends = " and ".join(dict.fromkeys(_end(plan.destination) for plan in plans if plan.going))
    rest = total(plans, Fate.CANNOT).items
    text = f"{said(_much(total(plans)))} to {said(ends)}: request {numbers}. Your Jobs in ftrack show how far it is."
    return f"accsyn {verb}: {text}{f' {rest} cannot go.' if rest else ''}"


def _body(plans: Sequence[Plan]) -> list[Item]:
    items: list[Item] = []
    for plan in plans:
        items.append(forms.label(f"## {shown(_end(plan.source))} to {shown(_end(plan.destination))} ##"))
        for fate in Fate:
            found = plan.of(fate)
            if found:
                items += [forms.label(f"### {fate.value}: {_much(plan.sum(fate))} ###"), _listing(found)]
        items += [forms.label(shown(remark)) for remark in plan.remarks]
        items.append(forms.label("---"))
    return items


def _listing(found: Sequence[Planned]) -> Item:
    lines = [_line(each) for each in found[:NAMED]]
    if len(found) > NAMED:
        lines.append(f"and {len(found) - NAMED:,} more")
    return forms.listing(lines)


def _line(planned: Planned) -> str:
    publication = planned.wanted.publication
    text = shown(publication.title)
    size = f" ({size_text(publication.size_bytes)})" if publication.size_bytes else ""
    told = planned.cause and planned.fate is not Fate.THERE  # the head line has said all there is to say of those
    return f"{text}{size}{f': {shown(planned.cause)}' if told else ''}"


def _much(found: Sum) -> str:
    """Return an amount: "12 items (214 files, 88.1 GB)"."""
    items = f"{found.items:,} item{'' if found.items == 1 else 's'}"
    if not found.files and not found.size_bytes:
        return items  # folders, which nobody has counted
    return f"{items} ({found.files:,} file{'' if found.files == 1 else 's'}, {size_text(found.size_bytes)})"


def _end(endpoint: Endpoint) -> str:
    return endpoint.location_name or endpoint.party
