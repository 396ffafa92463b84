"""What a task asks for, in words for whoever does it: the names that are expected back, and a page to read. Pure."""

from __future__ import annotations

import dataclasses
import itertools
import posixpath
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model import foreign, manifest
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.manifest import Deliverable, Manifest, Packed
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.model.vendors import VendorRules

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_NOT_IN_NAMES = re.compile(r"[^\w.-]+|[.]+$|^[.]+")
_TICKS = re.compile(r"`+")
#: Characters of a line of what others have written.
_WIDTH = 100
_MOST_LINE = 5000
#: Folders that are told one by one.
_MOST_FOLDERS = 200
_HOW = "by `ftrack-accsyn deliver`, which checks it first, or by an upload in accsyn"
_NAMING = "Correct `naming` in the file that FTRACK_ACCSYN_VENDORS names."


class Remark(NamedTuple):
    """A note in ftrack: when it was written (ISO 8601), and what it says."""

    date: str
    text: str


@dataclasses.dataclass(frozen=True)
class Task:
    """A task as ftrack has it: `contexts` are the names from the project down to itself, `parent_id` what it is in.

    Frames are without handles; frames, handles and rate are None where ftrack does not say. `asset_id` is empty where
    the first version of it makes the asset. Dates are ISO 8601, empty for none.
    """

    id: str
    contexts: tuple[str, ...]
    project_id: str
    parent_id: str
    type: str = ""
    status: str = ""
    description: str = ""
    due: str = ""
    first_frame: Optional[int] = None
    last_frame: Optional[int] = None
    handles: Optional[int] = None
    frame_rate: Optional[float] = None
    notes: tuple[Remark, ...] = ()
    asset_id: str = ""
    asset_name: str = ""
    next_version: int = 1

    @property
    def name(self) -> str:
        """What it is called from the project on."""
        return "/".join(self.contexts)

    @property
    def project(self) -> str:
        """The name of its project."""
        return self.contexts[0]


def deliverables(tasks: Iterable[Task], rules: VendorRules) -> tuple[Deliverable, ...]:
    """Return what is expected back of *tasks*. Raise `errors.SettingsError` where their names cannot be told apart."""
    found = tuple(deliverable(task, rules) for task in tasks)
    same = foreign.clash(each.named(1) for each in found)
    if same:
        outcome = f"it gives two tasks one name: {same}"
        raise SettingsError("name what is expected back", rules.naming, outcome, _NAMING)
    return found


def deliverable(task: Task, rules: VendorRules) -> Deliverable:
    """Return what is expected back of *task*. Raise `errors.SettingsError` where the rules give it no name."""
    handles = _handles(task, rules)
    whole = task.first_frame is not None and task.last_frame is not None
    return Deliverable(
        task_id=task.id,
        name=_named(task, rules.naming),
        asset_id=task.asset_id,
        asset_name=foreign.cleaned(task.asset_name, 255),
        components=rules.deliverables,
        first_frame=task.first_frame - handles if whole and task.first_frame is not None else None,
        last_frame=task.last_frame + handles if whole and task.last_frame is not None else None,
        types=rules.types,
        next_version=task.next_version,
    )


def _handles(task: Task, rules: VendorRules) -> int:
    return rules.handles if task.handles is None else task.handles


def _named(task: Task, naming: str) -> str:
    """Return the name of what is expected of *task*; nothing of ftrack's texts is read as a template."""
    above = task.contexts[-2] if len(task.contexts) > 1 else ""
    values: Mapping[str, str] = {
        "project": task.project,
        "sequence": task.contexts[-3] if len(task.contexts) > 3 else "",
        "shot": above,
        "asset": task.asset_name,
        "task": task.contexts[-1],
    }
    wrong = next((each for each in _PLACEHOLDER.findall(naming) if each not in {*values, "version"}), "")
    if wrong:
        outcome = f"{{{wrong}}} is none of {', '.join(values)} and version"
        raise SettingsError("name what is expected back", naming, outcome, _NAMING)
    name = _PLACEHOLDER.sub(lambda found: plain_name(values[found[1]]) if found[1] in values else found[0], naming)
    reason = manifest.why_no_template(name)
    if reason:
        raise SettingsError("name what is expected back", naming, f"for {printable(task.name)}, {reason}", _NAMING)
    return name


def plain_name(text: str) -> str:
    """Return *text* as a part of a file's name: letters and digits of every script, and what separates words."""
    return _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", foreign.cleaned(text, 60))).strip("_")


def manifest_of(
    tasks: Sequence[Task], files: Iterable[Packed], wanted: Sequence[Deliverable], rules: VendorRules, known: Manifest
) -> Manifest:
    """Return *known* with what the tasks say. What they do not agree upon is not said for all of them."""
    frames = _common([(each.first_frame, each.last_frame) for each in tasks]) or (None, None)
    handles = _common([_handles(each, rules) for each in tasks])
    return dataclasses.replace(
        known,
        tasks=tuple((each.id, foreign.cleaned(each.name, 1000)) for each in tasks),
        files=tuple(files),
        deliverables=tuple(wanted),
        first_frame=frames[0] if None not in frames else None,
        last_frame=frames[1] if None not in frames else None,
        handles=handles or 0,
        frame_rate=_common([each.frame_rate for each in tasks]),
        colour_space=foreign.cleaned(rules.colour_space, 200),
        due=min(filter(None, (each.due for each in tasks)), default=""),
        notes=tuple(foreign.cleaned(note, 20_000, lines=True) for each in tasks for note in _said(each)),
    )


def _said(task: Task) -> Iterator[str]:
    yield from filter(str.strip, (task.description, *(each.text for each in task.notes)))


def _common(values: Sequence[object]) -> Any:
    return values[0] if values and all(each == values[0] for each in values) else None


def markdown(tasks: Sequence[Task], found: Manifest, guidelines: str = "") -> str:
    """Return the page that goes with a package, in Markdown.

    What others have written stands in it as code: nothing in it is a heading, a link, a picture or HTML, whatever it
    looks like.
    """
    title = _code(tasks[0].name) + (f" and {len(tasks) - 1} more" if len(tasks) > 1 else "")
    wanted = {each.task_id: each for each in found.deliverables}
    parts = [f"# Work: {title}\n", *_head(found), "\n"]
    for task in tasks:
        parts += [f"## Task {_code(task.name)}\n\n", *_task(task, wanted.get(task.id), found)]
    parts += ["## What is in this package\n\n", *_files(found.files)]
    if guidelines.strip():
        parts += ["\n## Guidelines\n\n", _block(guidelines)]
    return "\n".join("".join(parts).splitlines()) + "\n"


def _head(found: Manifest) -> Iterator[str]:
    yield f"\n- Project: {_code(found.project)}\n- Package: {_code(found.package)}\n"
    yield f"- Due: {_code(found.due)}\n" if found.due else "- Due: not said\n"
    yield f"- Deliver to: {_code(found.from_share)}, {_HOW}\n" if found.from_share else ""
    yield f"- Colour space: {_code(found.colour_space)}\n" if found.colour_space else ""
    yield f"- Made: {_code(found.made_at)}\n"


def _task(task: Task, wanted: Optional[Deliverable], found: Manifest) -> Iterator[str]:
    for label, text in (("Type", task.type), ("Status", task.status), ("Due", task.due)):
        yield f"- {label}: {_code(text)}\n" if text else ""
    if task.first_frame is not None and task.last_frame is not None:
        yield f"- Frames: {task.first_frame} to {task.last_frame}, without handles\n"
    yield f"- Frames a second: {task.frame_rate:g}\n" if task.frame_rate is not None else ""
    yield "\n"
    if wanted is not None:
        yield from _expected(wanted)
    if task.description.strip():
        yield f"### Description\n\n{_block(task.description)}\n"
    if task.notes:
        yield "### Notes\n\n"
        yield from (f"{_code(each.date)}\n\n{_block(each.text)}\n" for each in task.notes)


def _expected(wanted: Deliverable) -> Iterator[str]:
    name = wanted.named(wanted.next_version)
    yield f"### What is expected back\n\nOne folder, or one file, of this name: {_code(name)}\n\n"
    yield f"- The next version of it: {_code(wanted.named(wanted.next_version + 1))}\n"
    for component, called in inside(wanted, wanted.next_version):
        yield f"- For {_code(component)}: {' to '.join(map(_code, called))}\n"
    if wanted.first_frame is not None and wanted.last_frame is not None:
        count = wanted.last_frame - wanted.first_frame + 1
        yield f"- Frames: {wanted.first_frame} to {wanted.last_frame}, handles included: {count} frames, none missing\n"
    if wanted.types:
        yield f"- Types of files: {', '.join(map(_code, wanted.types))}\n"
    yield "\n"


def inside(wanted: Deliverable, version: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name of each component of a *version* with what its file, or its first and last one, may be called.

    The main one is called as the delivery, the others in addition by their own names.
    """
    stem = wanted.named(version)
    extension = wanted.types[0] if len(wanted.types) == 1 else ""
    frames = [each for each in (wanted.first_frame, wanted.last_frame) if each is not None]
    for number, component in enumerate(wanted.components):
        base = f"{stem}_{component}" if number else stem
        numbered = tuple(f"{base}.{frame:04d}{extension}" for frame in frames)
        yield component, (numbered if not number and numbered else (f"{base}{extension}",))


def _files(files: Sequence[Packed]) -> Iterator[str]:
    total = sum(each.size_bytes for each in files)
    yield f"{_count(len(files))}, {size_text(total)}. {_code(manifest.NAME)} names each of them.\n\n"
    ordered = sorted(files, key=lambda each: (posixpath.dirname(each.path), each.path))
    folders = itertools.groupby(ordered, lambda each: posixpath.dirname(each.path))
    groups = [(name, list(group)) for name, group in folders]
    for name, group in groups[:_MOST_FOLDERS]:
        first = f", the first one {_code(posixpath.basename(group[0].path))}" if len(group) > 1 else ""
        size = size_text(sum(each.size_bytes for each in group))
        yield f"- {_code(name or '.')}: {_count(len(group))}, {size}{first}\n"
    if len(groups) > _MOST_FOLDERS:
        yield f"- and {len(groups) - _MOST_FOLDERS} more folders\n"


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _code(text: str) -> str:
    """Return foreign *text* as code on one line."""
    line = printable(" ".join(text.split()), _MOST_LINE) or " "
    ticks = _fence(line, 1)
    around = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{ticks}{around}{line}{around}{ticks}"


def _block(text: str) -> str:
    """Return foreign *text* as a block of code, its lines folded."""
    lines = []
    for line in foreign.cleaned(text, 20_000, lines=True).split("\n"):
        lines += textwrap.wrap(printable(line, _MOST_LINE), _WIDTH, break_on_hyphens=False) or [""]
    fence = _fence("\n".join(lines), 3)
    return "\n".join([f"{fence}text", *lines, fence, ""])


def _fence(text: str, least: int) -> str:
    longest = max(map(len, _TICKS.findall(text)), default=0)
    return "`" * max(least, longest + 1)
