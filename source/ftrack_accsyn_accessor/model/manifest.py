"""The manifest of a package: what a vendor is handed, and what is expected back. Pure.

`resource/manual/vendors.md` publishes its form, `manifest.json` beside the files. It comes back from machines of
others: what is read has been checked, every path and every name in it, and no text of it is used as a template.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model import foreign
from ftrack_accsyn_accessor.model.errors import ManifestError
from ftrack_accsyn_accessor.model.foreign import Table

#: The form of manifests that are written; a reader refuses a greater number.
FORM = 1
NAME = "manifest.json"
#: The work in words, beside it.
WORK = "WORK.md"
#: What the vendor's own tool sends along with a delivery: what it has sent, with sizes and digests.
DELIVERY_NOTE = "accsyn_delivery.json"
#: Bytes of what is read; a file takes about 300 of them.
MOST_BYTES = 64 * 1024 * 1024

_MOST_SIZE = 2**60
_MOST_FRAME = 10_000_000
_MOST_FRAMES = 1_000_000
_MOST_VERSION = 999_999
_MOST_RATE = 10_000.0
_MOST_TEXT = 1024
_MOST_NOTE = 100_000
_ID = re.compile(r"[0-9A-Za-z_-]{0,64}")
_CODE = re.compile(r"[0-9A-Za-z._-]{0,128}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{5,15}(?:Z|[+-][0-9:]{2,6})?)?")
_TYPE = re.compile(r"(?:\.[0-9A-Za-z_+-]{1,16}){1,3}")
#: What stands for the number in the name of a deliverable.
VERSION = re.compile(r"\{version(?::0([1-9])d)?\}")
_SIGNS = str.maketrans("", "", "{}")


@dataclasses.dataclass(frozen=True)
class Packed:
    """A file of a package: `path` relative to the package's folder, with slashes; size in bytes; SHA-256 in hex."""

    path: str
    size_bytes: int
    sha256: str
    component_id: str = ""
    version_id: str = ""


@dataclasses.dataclass(frozen=True)
class Deliverable:
    """Something that is expected back of a task: one folder or file is one version of it.

    `name` is what the delivered folder or file is called without its extension, `{version}` standing for the number
    ("sh010_comp_v{version:03d}"). `components` are the names of what a version has to hold, the first one being the
    main one; for a sequence `first_frame` and `last_frame` (handles included) say which frames, else None. `types` are
    extensions with their dots, empty for any. `next_version` is the number that the studio counts on.
    """

    task_id: str
    name: str
    asset_id: str = ""
    asset_name: str = ""
    components: tuple[str, ...] = ()
    first_frame: Optional[int] = None
    last_frame: Optional[int] = None
    types: tuple[str, ...] = ()
    next_version: int = 1

    def named(self, version: int) -> str:
        """Return what the delivered folder or file of this *version* is called, without its extension."""
        return VERSION.sub(lambda found: str(version).zfill(int(found[1] or 0)), self.name)


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What a package holds and what is wanted for it. Dates are ISO 8601; what is not known is empty or None.

    `tasks` are (ftrack id, what it is called from the project on). `version_ids` are what was handed out, in ftrack.
    """

    package: str
    project_id: str
    project: str
    vendor: str
    made_at: str
    tasks: tuple[tuple[str, str], ...] = ()
    version_ids: tuple[str, ...] = ()
    files: tuple[Packed, ...] = ()
    deliverables: tuple[Deliverable, ...] = ()
    to_share: str = ""
    from_share: str = ""
    first_frame: Optional[int] = None
    last_frame: Optional[int] = None
    handles: int = 0
    frame_rate: Optional[float] = None
    colour_space: str = ""
    due: str = ""
    notes: tuple[str, ...] = ()
    form: int = FORM


@dataclasses.dataclass(frozen=True)
class DeliveryNote:
    """What a vendor's own tool says to have sent: `name` is the delivered folder or file, `files` lie below it.

    `package` is the id of the package that it answers, empty where there was no manifest. Digests may be empty.
    """

    package: str
    name: str
    files: tuple[Packed, ...] = ()
    form: int = FORM


def read(content: bytes) -> Manifest:
    """Return the manifest that *content* is. Raise `errors.ManifestError` in words for all that may not be in one.

    Keys that are not known are passed over.
    """
    table = _table("the manifest", content)
    found = Manifest(
        package=table.text("package", None),
        project_id=table.text("project_id", None),
        project=table.text("project", None),
        vendor=table.text("vendor", None),
        made_at=table.text("made_at", None),
        tasks=tuple((each.text("id", None), each.text("name", None)) for each in table.tables("tasks")),
        version_ids=table.texts("version_ids"),
        files=tuple(map(_packed, table.tables("files"))),
        deliverables=tuple(map(_deliverable, table.tables("deliverables"))),
        to_share=table.text("to_share"),
        from_share=table.text("from_share"),
        first_frame=table.whole("first_frame"),
        last_frame=table.whole("last_frame"),
        handles=table.whole("handles", 0),
        frame_rate=table.number("frame_rate"),
        colour_space=table.text("colour_space"),
        due=table.text("due"),
        notes=table.texts("notes"),
        form=table.whole("form"),
    )
    return _manifest_checked(found)


def text(manifest: Manifest) -> str:
    """Return *manifest* as JSON, a file a line. Raise `errors.ManifestError` for what `read` would refuse."""
    _manifest_checked(manifest)
    fields = _fields(manifest)
    fields["tasks"] = [{"id": each, "name": name} for each, name in manifest.tasks]
    return _bounded("the manifest", _written(fields))


def read_note(content: bytes) -> DeliveryNote:
    """Return the delivery note that *content* is, as `read` does."""
    table = _table("the delivery note", content)
    files = tuple(map(_packed, table.tables("files")))
    return _note_checked(DeliveryNote(table.text("package"), table.text("name", None), files, table.whole("form")))


def note_text(note: DeliveryNote) -> str:
    """Return *note* as JSON, a file a line. Raise `errors.ManifestError` for what `read_note` would refuse."""
    return _bounded("the delivery note", _written(_fields(_note_checked(note))))


def _bounded(what: str, written: str) -> str:
    """Return what was *written*, which nobody could read again if it were larger."""
    size = len(written.encode())
    if size > MOST_BYTES:
        outcome = f"it has so many files that it would have {size} bytes, and it may have {MOST_BYTES}"
        raise ManifestError(f"write {what}", "", outcome, "Let fewer files go at a time.")
    return written


def _table(what: str, content: bytes) -> Table:
    """Return what *content* holds, whose form is known."""
    try:
        table = Table(what, foreign.parse(content, MOST_BYTES))
    except ValueError as error:
        raise Table(what, {}).error(f"{error}"[:200]) from None
    form = table.whole("form")
    if form is None or form < 1:
        raise table.error("it does not say of which form it is")
    if form > FORM:
        raise table.error(f"its form is {form}, and this release reads up to {FORM}: a newer one is needed")
    return table


def _packed(table: Table) -> Packed:
    return Packed(
        path=table.text("path", None),
        size_bytes=table.whole("size_bytes", -1),
        sha256=table.text("sha256"),
        component_id=table.text("component_id"),
        version_id=table.text("version_id"),
    )


def _deliverable(table: Table) -> Deliverable:
    return Deliverable(
        task_id=table.text("task_id", None),
        name=table.text("name", None),
        asset_id=table.text("asset_id"),
        asset_name=table.text("asset_name"),
        components=table.texts("components"),
        first_frame=table.whole("first_frame"),
        last_frame=table.whole("last_frame"),
        types=table.texts("types"),
        next_version=table.whole("next_version", 1),
    )


class _Checks:
    """Refuses, in words, what may not be in what is read or written."""

    def __init__(self, what: str) -> None:
        self._what = what

    def refuse(self, outcome: str) -> None:
        """Refuse it where there is something to say."""
        if outcome:
            raise ManifestError(f"use {self._what}", "", outcome, "Ask whoever made it for another one.")

    def fits(self, name: str, values: Iterable[str], pattern: re.Pattern[str]) -> None:
        """Refuse it where a value is nothing of that pattern."""
        wrong = next((each for each in values if not pattern.fullmatch(each)), None)
        self.refuse("" if wrong is None else f"{name} is {foreign.shown(wrong)}")

    def texts(self, name: str, values: Iterable[str], most: int = _MOST_TEXT, lines: bool = False) -> None:
        """Refuse it where a value cannot be shown."""
        for each in values:
            reason = (
                f"it has more than {most} characters" if len(each) > most else foreign.why_no_text(each, lines=lines)
            )
            self.refuse(reason and f"{name} is {foreign.shown(each)}: {reason}")

    def names(self, name: str, values: Iterable[str]) -> None:
        """Refuse it where a value is not the name of a file or folder."""
        for each in values:
            reason = foreign.why_no_name(each)
            self.refuse(reason and f"{name} is {foreign.shown(each)}: {reason}")

    def within(self, name: str, value: Optional[float], least: float, most: float) -> None:
        """Refuse it where a number is out of bounds."""
        wrong = value is not None and not least <= value <= most
        self.refuse(f"{name} is {value}, not from {least} to {most}" if wrong else "")

    def frames(self, first: Optional[int], last: Optional[int]) -> None:
        """Refuse it where the frames from *first* to *last* are none, or half of them, or too many."""
        self.within("first_frame", first, -_MOST_FRAME, _MOST_FRAME)
        self.within("last_frame", last, -_MOST_FRAME, _MOST_FRAME)
        if (first is None) != (last is None):
            self.refuse("it has one of first_frame and last_frame without the other")
        if first is not None and last is not None:
            self.within("the number of frames", last - first + 1, 1, _MOST_FRAMES)

    def files(self, files: Sequence[Packed], digests: bool, beside: Sequence[str] = ()) -> None:
        """Refuse it where a file is none, or two are one to some systems, what lies *beside* them included."""
        for each in files:
            reason = foreign.why_no_path(each.path)
            self.refuse(reason and f"the path {foreign.shown(each.path)}: {reason}")
            self.within(f"the size of {foreign.shown(each.path)}", each.size_bytes, 0, _MOST_SIZE)
            if digests or each.sha256:
                self.fits("sha256", (each.sha256,), _DIGEST)
        self.fits("component_id", (each.component_id for each in files), _ID)
        self.fits("version_id", (each.version_id for each in files), _ID)
        self.refuse(foreign.clash([*beside, *(each.path for each in files)]))


def _manifest_checked(manifest: Manifest) -> Manifest:
    checks = _Checks("the manifest")
    task_ids = [task_id for task_id, _ in manifest.tasks]
    checks.names("package", (manifest.package,))
    checks.texts("a name", (manifest.project, manifest.vendor, manifest.colour_space, *dict(manifest.tasks).values()))
    checks.texts("a note", manifest.notes, _MOST_NOTE, lines=True)
    checks.fits("an id", (manifest.project_id, *task_ids, *manifest.version_ids), _ID)
    checks.fits("a share", (manifest.to_share, manifest.from_share), _CODE)
    checks.fits("a date", (manifest.made_at, manifest.due), _MOMENT)
    checks.frames(manifest.first_frame, manifest.last_frame)
    checks.within("handles", manifest.handles, 0, _MOST_FRAMES)
    checks.within("frame_rate", manifest.frame_rate, 0.001, _MOST_RATE)
    checks.within("form", manifest.form, 1, FORM)
    checks.files(manifest.files, digests=True, beside=(NAME, WORK))
    checks.refuse("" if len(set(task_ids)) == len(task_ids) else "it has a task twice")
    _check_deliverables(checks, manifest.deliverables, set(task_ids))
    return manifest


def _check_deliverables(checks: _Checks, deliverables: Sequence[Deliverable], task_ids: set[str]) -> None:
    for each in deliverables:
        if each.task_id not in task_ids:
            checks.refuse(f"the task of {foreign.shown(each.name)} is none of its tasks")
        checks.refuse(why_no_template(each.name))
        checks.names("a component", each.components)
        checks.fits("an id", (each.asset_id,), _ID)
        checks.texts("an asset", (each.asset_name,))
        checks.fits("a type", each.types, _TYPE)
        checks.within("next_version", each.next_version, 1, _MOST_VERSION)
        checks.frames(each.first_frame, each.last_frame)
    checks.refuse(foreign.clash([each.named(1) for each in deliverables]))


def why_no_template(name: str) -> str:
    """Return why *name* cannot be that of a deliverable, in words; empty where it can.

    `{version}`, or `{version:03d}` with any number of digits, may be in it once, and no other brace.
    """
    plain, count = VERSION.subn("1", name)
    if count > 1 or plain.translate(_SIGNS) != plain:
        return f"the name {foreign.shown(name)} may have {{version}} once, and no other braces"
    reason = foreign.why_no_name(plain)
    return reason and f"the name {foreign.shown(name)}: {reason}"


def _note_checked(note: DeliveryNote) -> DeliveryNote:
    checks = _Checks("the delivery note")
    checks.names("package", filter(None, (note.package,)))
    checks.names("name", (note.name,))
    checks.within("form", note.form, 1, FORM)
    checks.files(note.files, digests=False)
    return note


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _written(fields: Mapping[str, Any]) -> str:
    ordered = {"form": fields["form"], **fields}
    return "{\n" + ",\n".join(f' "{name}": {_value(value)}' for name, value in ordered.items()) + "\n}\n"


def _value(value: Any) -> str:
    """Return a value in JSON, each object of a list on a line of its own."""
    if not isinstance(value, (list, tuple)) or not value or isinstance(value[0], str):
        return json.dumps(value, ensure_ascii=False)
    rows = (each if isinstance(each, dict) else _fields(each) for each in value)
    return "[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n ]"
