"""The forms of Outsource, and what was filled in as work to be handed out. Pure.

Names of ftrack's and addresses are foreign: whoever made them is not who reads them here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.actions import forms
from ftrack_accsyn_accessor.actions.forms import Item, Reply
from ftrack_accsyn_accessor.actions.launch import SERVICE
from ftrack_accsyn_accessor.actions.previews import NAMED
from ftrack_accsyn_accessor.actions.wording import one_line, said, shown
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.access import Standing
from ftrack_accsyn_accessor.model.outsourcing import told
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Part, Preview, Task, Work, address
from ftrack_accsyn_accessor.vendor.picked import Meant

VENDOR, ADDRESS, MESSAGE = "vendor", "address", "message"
_WITH_USED = "With the versions that they use"
_STANDINGS: Mapping[Standing, str] = {
    Standing.UNKNOWN: "accsyn does not know this user: they are invited.",
    Standing.INVITED: "They are invited to accsyn, and have never logged in.",
    Standing.ENABLED: "They are a user of accsyn.",
    Standing.DISABLED: "They are disabled in accsyn.",
    Standing.INACTIVE: "They are deactivated in accsyn.",
}


class Filled(NamedTuple):
    """What was filled in: work, or what is wrong with it, a sentence each."""

    work: Optional[Work]
    problems: tuple[str, ...] = ()


def form(
    tasks: Sequence[Meant],
    vendors: Sequence[str],
    rules: VendorRules,
    values: Mapping[str, Any],
    problems: Sequence[str],
    service: str,
) -> Reply:
    """Return the form with *values* filled in, for *tasks* and with *vendors* to choose from."""
    options = [{"label": "whom the address below names", "value": ""}] if vendors else []
    options += [{"label": one_line(each), "value": each} for each in vendors]
    chosen = {"type": "enumerator", "name": VENDOR, "label": "To", "value": values.get(VENDOR) or "", "data": options}
    names = ", ".join(rules.components) or "all"
    items = [
        *forms.complaints(problems),
        forms.label(f"### {_count(len(tasks), 'task')} ###"),
        _listing([shown(each.name) for each in tasks]),
        *([chosen] if options else []),
        forms.field("text", ADDRESS, "Or any user of accsyn, by e-mail address", values, "vendor@acme.example"),
        forms.field("text", forms.COMPONENTS, "Components", values, f"{names}; or names, such as main, *_exr"),
        forms.flag(forms.WITH_USED, _WITH_USED, values, rules.with_used),
        forms.field("textarea", forms.ADDED, "Additional files and folders, one a line", values),
        forms.field("textarea", MESSAGE, "Message, told in the note at each task", values),
    ]
    return forms.form("accsyn Outsource", "Preview", items, service)


def filled(tasks: Sequence[Meant], values: Mapping[str, Any]) -> Filled:
    """Return the work that *values* ask for."""
    reader = forms.Reader(values)
    to = _vendor(reader)
    used = reader.flag(forms.WITH_USED, _WITH_USED, default=False) if forms.WITH_USED in values else None
    work = Work(
        tuple(each.id for each in tasks),
        to,
        reader.names(forms.COMPONENTS),
        used,
        reader.lines(forms.ADDED),
        reader.text(MESSAGE),
    )
    return Filled(None, tuple(reader.problems)) if reader.problems else Filled(work)


def _vendor(reader: forms.Reader) -> str:
    """Return the one address that was chosen or written."""
    chosen = dict.fromkeys(each.lower() for each in (reader.text(VENDOR), reader.text(ADDRESS)) if each)
    if len(chosen) != 1:
        reader.problems.append("Choose one vendor, or write one address." if chosen else "Choose whom it goes to.")
        return ""
    try:
        return address(next(iter(chosen)))
    except errors.Unresolved as error:
        reader.problems.append(shown(str(error)))
        return ""


def confirming(preview: Preview, name: str, service: str, before: str = "") -> Reply:
    """Return *preview* as a form that goes on with the one called *name*; *before* is said first."""
    tasks = sum(len(part.tasks) for part in preview.parts)
    title = f"Outsource {_count(tasks, 'task')} ({_much(preview.parts)}) to {said(preview.work.vendor)}"
    items = [forms.label(f"**{before}**"), forms.label("---")] if before else []
    return forms.form(title, "Outsource", [*items, *_body(preview)], service, **{forms.PLAN: name})


def nothing_goes(preview: Preview, values: Mapping[str, Any], service: str) -> Reply:
    """Return *preview*, of which nothing may go; it leads back to what was filled in."""
    kept = {name: value for name, value in values.items() if name not in (SERVICE, forms.PLAN, forms.CHANGE)}
    items = [forms.label(f"**{shown(preview.obstacle)}**"), forms.label("---"), *_body(preview)]
    return forms.form("Nothing to outsource", "Change", items, service, **{**kept, forms.CHANGE: "yes"})


def begun(preview: Preview, handed_out: Sequence[HandedOut]) -> str:
    """Return what is said when *preview* was confirmed, as far as it is by then."""
    to, parts = said(preview.work.vendor), []
    for each in handed_out:
        if each.failed:
            parts.append(f"{said(each.project)} is not handed out. {said(each.failed)}")
        elif each.request is not None:
            parts.append(f"{said(each.project)} to {to}: request {each.request}.")
        elif each.waits:
            parts.append(f"{said(each.project)} to {to} waits. {said(each.waits)}")
        else:
            parts.append(f"{said(each.project)} to {to} is being made ready.")
    follows = "" if all(each.failed for each in handed_out) else " Your Jobs in ftrack show how far it is."
    return f"accsyn Outsource: {' '.join(parts)}{follows}"


def _body(preview: Preview) -> list[Item]:
    return [item for part in preview.parts for item in _part(part, preview.work)]


def _part(part: Part, work: Work) -> list[Item]:
    contents, access = part.contents, part.access
    files = [f"{shown(each.path)} ({size_text(each.size_bytes)})" for each in contents.files]
    left = [shown(each.told) for each in contents.left]
    steps = [shown(each) for each in access.steps] or ["Nothing new: they have what they need."]
    vendor = [shown(f"{work.vendor}. {_STANDINGS[access.standing]}"), *(shown(each) for each in access.remarks)]
    sections = [
        (_count(len(part.tasks), "task"), [_task(each) for each in part.tasks]),
        (f"Goes: {_much([part])}", files or ["No files: the description of the work alone."]),
        ("Told in words", [shown(each) for each in told(contents.tasks)]),
        (f"Cannot go: {_count(len(left), 'item')}", left),
        ("Wanted back", [shown(each) for each in part.wanted]),
        ("To be known", [shown(each) for each in part.remarks]),
        ("Granted in accsyn", steps),
        ("The vendor", vendor),
        ("The way", [shown(part.way_text)]),
    ]
    items = [forms.label(f"## {shown(part.project)} to {shown(work.vendor)} ##")]
    for title, lines in sections:
        if lines:
            items += [forms.label(f"### {title} ###"), _listing(lines)]
    return [*items, forms.label("---")]


def _task(task: Task) -> str:
    return f"{shown(task.name)}: {f'due {shown(task.due[:10])}' if task.due else 'no due date'}"


def _much(parts: Sequence[Part]) -> str:
    """Return how much goes: "214 files, 88.1 GB"."""
    files = sum(len(part.contents.files) for part in parts)
    return f"{_count(files, 'file')}, {size_text(sum(part.contents.size_bytes for part in parts))}"


def _count(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _listing(lines: Sequence[str]) -> Item:
    more = [f"and {len(lines) - NAMED:,} more"] if len(lines) > NAMED else []
    return forms.listing([*lines[:NAMED], *more])
