"""Tasks in ftrack -> what they say to whoever works on them, read in a bounded number of requests."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.work import Remark, Task

_TASK = (
    "select id, name, description, type.name, status.name, end_date, project_id, parent_id, link "
    "from Task where id in ({}) order by id"
)
_NOTE = "select id, content, date, parent_id{} from Note where parent_id in ({{}}) order by id"
_WITH_LABELS = ", note_label_links.label.name"
_LABELS = "select id, name from NoteLabel order by id"
_ASSET = "select id, name, context_id from Asset where context_id in ({}) order by id"
_VERSION = "select id, version, date, asset_id, task_id from AssetVersion where asset.context_id in ({}) order by id"
_CHILD = "select id, parent_id from TypedContext where parent_id in ({}) order by id"
#: Custom attributes of shots as ftrack's own integrations have them.
_FIRST, _LAST, _HANDLES, _RATE = "fstart", "fend", "handles", "fps"
_KEYS = (_FIRST, _LAST, _HANDLES, _RATE)
_CONFIGURATION = (
    f"select id, key, is_hierarchical from CustomAttributeConfiguration where key in ({quoted(_KEYS)}) order by id"  # noqa: S608
)
_VALUE = (
    "select value, entity_id, configuration_id from ContextCustomAttributeValue "
    "where entity_id in ({}) and configuration_id in ({}) order by entity_id, configuration_id"
)
#: What is beyond these is no frame, and no handle, of a shot.
_MOST_FRAME = 9_000_000
_MOST_FRAMES = 900_000
_MOST_HANDLES = 10_000
#: The latest of a task's notes; what came before is in ftrack.
_MOST_NOTES = 100
#: What the vendor loop writes itself, of every vendor, has ids of this kind; ftrack and its clients make others.
_DERIVED = 5


class Tasks(NamedTuple):
    """Tasks, with the assets of what they are in by its id, and which of that has more in it than tasks."""

    tasks: tuple[Task, ...]
    assets: Mapping[str, Sequence[str]]
    branches: frozenset[str]


def read(connection: FtrackConnection, task_ids: Sequence[str], notes_label: str = "") -> Tasks:
    """Return the tasks with these ids, in their order, with all notes or those that have this label in ftrack.

    At most 5 requests for up to 500 tasks, and one more for each 5,000 rows. Raise `errors.Unresolved` where ftrack
    does not show one of them or they are of several projects, `errors.SettingsError` where it has no such label, and
    `errors.RegistrationError`.
    """
    wanted = list(dict.fromkeys(task_ids))
    rows = {row["id"]: row for row in _ask(connection, _TASK, wanted)}
    _verify(wanted, rows)
    parents = sorted({row["parent_id"] for row in rows.values()})
    around = _Around(connection, [*wanted, *parents], parents, _label(connection, notes_label))
    numbers = _Numbers(connection, {each["id"] for row in rows.values() for each in row["link"]})
    tasks = tuple(_task(rows[each], around, numbers) for each in wanted)
    return Tasks(tasks, around.assets, around.branches)


def _ask(connection: FtrackConnection, query: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    return [row for rows in connection.rows(*map(query.format, quoted_batches(ids))) for row in rows]


def _verify(wanted: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> None:
    missing = next((each for each in wanted if each not in rows), "")
    if missing or not wanted:
        outcome = "ftrack has no task of this id, or does not show it" if missing else "none is named"
        raise errors.Unresolved("find the task", missing, outcome, "Name tasks, such as project/sq010/sh010/comp.")
    if len({row["project_id"] for row in rows.values()}) > 1:
        names = ", ".join(sorted({row["link"][0]["name"] for row in rows.values()}))
        remedy = "Hand out what is of one project, then that of the next."
        raise errors.Unresolved("hand out tasks", "", f"they are of several projects: {names}", remedy)


def _label(connection: FtrackConnection, name: str) -> str:
    """Return the label *name* as it is compared: one that ftrack does not have would keep all notes back, unnoticed."""
    if not name:
        return ""
    known = [str(row["name"] or "") for row in connection.query(_LABELS)]
    if name.casefold() not in map(str.casefold, known):
        outcome = f"ftrack has no label of notes that is called so, but {', '.join(known) or 'none at all'}"
        remedy = "Correct `notes_label` in the file that FTRACK_ACCSYN_VENDORS names."
        raise errors.SettingsError("choose the notes that go to vendors", name, outcome, remedy)
    return name.casefold()


class _Around:
    """What lies around tasks: notes, with *label* alone unless that is empty, assets and their versions."""

    def __init__(
        self, connection: FtrackConnection, contexts: Sequence[str], parents: Sequence[str], label: str
    ) -> None:
        batches = list(quoted_batches(parents))
        query = _NOTE.format(_WITH_LABELS if label else "")
        notes = [query.format(batch) for batch in quoted_batches(contexts)]
        others = [query.format(batch) for query in (_ASSET, _VERSION, _CHILD) for batch in batches]
        found = connection.rows(*notes, *others)
        self._notes = [row for rows in found[: len(notes)] for row in rows if _goes(row, label)]
        kinds = [
            [row for rows in found[start : start + len(batches)] for row in rows]
            for start in range(len(notes), len(found), len(batches))
        ]
        self._assets, self._versions, children = kinds
        self.branches = frozenset(row["parent_id"] for row in children if row["__entity_type__"] != "Task")

    @property
    def assets(self) -> dict[str, list[str]]:
        """The ids of assets, by what they belong to."""
        found: dict[str, list[str]] = {}
        for row in self._assets:
            found.setdefault(row["context_id"], []).append(row["id"])
        return found

    def notes(self, context_ids: Iterable[str]) -> tuple[Remark, ...]:
        """Return the notes of contexts, the oldest first."""
        ids = set(context_ids)
        found = [Remark(_moment(row["date"]), row["content"] or "") for row in self._notes if row["parent_id"] in ids]
        return tuple(sorted(each for each in found if each.text.strip())[-_MOST_NOTES:])

    def asset(self, task: Mapping[str, Any]) -> tuple[str, str, int]:
        """Return the id, name and next version of the asset that versions of *task* are of.

        That of the latest version that was made on it; else one that is called like it; else one that is to be made.
        """
        made = [row for row in self._versions if row["task_id"] == task["id"]]
        latest = max(made, key=lambda row: (_moment(row["date"]), row["version"] or 0, row["id"]), default=None)
        own = [row for row in self._assets if row["context_id"] == task["parent_id"]]
        called = [row for row in own if (row["name"] or "").casefold() == task["name"].casefold()]
        wanted = [row for row in self._assets if latest is not None and row["id"] == latest["asset_id"]] or called
        if not wanted:
            return "", task["name"], 1
        numbers = [row["version"] or 0 for row in self._versions if row["asset_id"] == wanted[0]["id"]]
        return wanted[0]["id"], wanted[0]["name"] or "", max(numbers, default=0) + 1


class _Numbers:
    """What custom attributes say of contexts; nothing where a ftrack has none of them, or shows none."""

    def __init__(self, connection: FtrackConnection, context_ids: Iterable[str]) -> None:
        self._values: dict[tuple[str, str], Any] = {}
        self._inherited: set[str] = set()
        with contextlib.suppress(errors.RegistrationRefused):
            self._read(connection, sorted(context_ids))

    def _read(self, connection: FtrackConnection, context_ids: Sequence[str]) -> None:
        keys = {row["id"]: row["key"] for row in self._configurations(connection)}
        if keys:
            queries = [_VALUE.format(ids, quoted(sorted(keys))) for ids in quoted_batches(context_ids)]
            for row in (row for rows in connection.rows(*queries) for row in rows):
                self._values[row["entity_id"], keys[row["configuration_id"]]] = row["value"]

    def _configurations(self, connection: FtrackConnection) -> list[Any]:
        rows = connection.query(_CONFIGURATION)
        self._inherited = {row["key"] for row in rows if row["is_hierarchical"]}
        return rows

    def of(self, contexts: Sequence[str], key: str) -> Optional[float]:
        """Return the value that counts for the last of *contexts*, which lie in one another; None for none.

        It is its own, or of what it is in; only what is passed on counts from farther above.
        """
        near = contexts[::-1] if key in self._inherited else contexts[:-3:-1]
        values = (_number(self._values.get((each, key))) for each in near)
        return next((each for each in values if each is not None), None)

    def whole(self, contexts: Sequence[str], key: str, least: int, most: int) -> Optional[int]:
        """Return a value that is a whole number within these bounds."""
        found = self.of(contexts, key)
        return int(found) if found is not None and found.is_integer() and least <= found <= most else None


def _task(row: Mapping[str, Any], around: _Around, numbers: _Numbers) -> Task:
    contexts = [each["id"] for each in row["link"]]
    asset_id, asset_name, next_version = around.asset(row)
    rate = numbers.of(contexts, _RATE)
    found = Task(
        id=row["id"],
        contexts=tuple(each["name"] or "" for each in row["link"]),
        project_id=row["project_id"],
        parent_id=row["parent_id"],
        type=(row["type"] or {}).get("name") or "",
        status=(row["status"] or {}).get("name") or "",
        description=row["description"] or "",
        due=_moment(row["end_date"]),
        handles=numbers.whole(contexts, _HANDLES, 0, _MOST_HANDLES),
        frame_rate=rate if rate is not None and 0.01 <= rate <= 10_000 else None,
        notes=around.notes((row["id"], row["parent_id"])),
        asset_id=asset_id,
        asset_name=asset_name,
        next_version=next_version,
    )
    first, last = (numbers.whole(contexts, key, -_MOST_FRAME, _MOST_FRAME) for key in (_FIRST, _LAST))
    if first is None or last is None or not 0 <= last - first < _MOST_FRAMES:
        return found
    return dataclasses.replace(found, first_frame=first, last_frame=last)


def _moment(value: Any) -> str:
    """Return a date of ftrack's, without a time where that is midnight."""
    text = str((value or {}).get("value") or "")
    return text[:10] if text[10:] in ("T00:00:00", "T00:00:00.000000") else text


def _number(value: Any) -> Optional[float]:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_one else None


def _goes(row: Mapping[str, Any], label: str) -> bool:
    labels = {str(link["label"]["name"]).casefold() for link in row["note_label_links"]} if label else set()
    return not _is_own(row) and (not label or label in labels)


def _is_own(row: Mapping[str, Any]) -> bool:
    try:
        return uuid.UUID(row["id"]).version == _DERIVED
    except ValueError:
        return False
