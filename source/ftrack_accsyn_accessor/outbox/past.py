"""What the outbox has let go: freed from the staging area, or forgotten by somebody. It can still be told."""

from __future__ import annotations

import dataclasses
import enum
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.model.errors import FileChanged, NotStuck
from ftrack_accsyn_accessor.model.item import Item, Reason, State, Studio, Trouble, label
from ftrack_accsyn_accessor.model.retry import ITEM_DELAY_S
from ftrack_accsyn_accessor.outbox import covering, records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.kept import Known, Row, known_text, read_known
from ftrack_accsyn_accessor.outbox.listing import present
from ftrack_accsyn_accessor.outbox.moving import drop_requests
from ftrack_accsyn_accessor.outbox.naming import Named, named
from ftrack_accsyn_accessor.outbox.opening import Connection
from ftrack_accsyn_accessor.outbox.survey import Found

#: So many freed ones, and forgotten ones, are known of, the latest: each takes about a kilobyte.
MOST = 20_000
#: An item, with its files and the name of its job; and one that is unchanged.
_ROW = (
    "SELECT item.*, packed, job.name AS job_name FROM item LEFT JOIN files ON files.item = item.id "
    "LEFT JOIN job ON job.id = item.job WHERE item.id = ?"
)
_SAME = f"{_ROW} AND item.created_at = ? AND item.state = ?"
#: What accsyn may have tasks of: its job is there, or was asked for without an answer. That of a request begins with
#: nothing that runs.
EXCLUDING = (
    "past.job IS NOT NULL AND "
    f"(job.accsyn_id <> '' OR job.attempted_at IS NOT NULL AND job.reason = '{Reason.PUBLISH.value}')"
)
_MOVING = (State.SUBMITTED.value, State.TRANSFERRING.value)
_WITHDRAW = (
    f"UPDATE item SET state = '{State.WITHDRAWN.value}', cause_kind = '', cause = ?, next_try_at = NULL, "  # noqa: S608
    "speed_bytes_per_s = NULL, left_s = NULL, updated_at = ? WHERE id = ?"
)
_STOP = (
    f"UPDATE item SET state = '{State.NEEDS_ATTENTION.value}', cause_kind = ?, cause = ?, next_try_at = ?, "  # noqa: S608
    "arrived_at = NULL, speed_bytes_per_s = NULL, left_s = NULL, updated_at = ? WHERE id = ?"
)


class Ended(str, enum.Enum):
    """How the outbox has let an item go."""

    FREED = "freed"  # its staged files were removed
    FORGOTTEN = "forgotten"  # somebody wants it in no list any more; its staged files have stayed


@dataclasses.dataclass(frozen=True)
class Gone:
    """An item as it was when it was let go: how, when (seconds since the epoch), and by whom, if anybody."""

    found: Found
    ended: Ended
    at: float
    by: str

    @property
    def named(self) -> Named:
        """What it was called."""
        return named(self.found.values)


class Past:
    """Any thread of any process may call it.

    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections, clock: Callable[[], float], archive: Archive) -> None:
        self._connections = connections
        self._clock = clock
        self._archive = archive

    # Letting go.

    def forget(self, item_ids: Iterable[int], by: str) -> int:
        """Take items that need attention out of the list for good, on behalf of *by*; return how many.

        All of them or none: raise `errors.NotStuck` where one does not need attention, or ftrack still shows an older
        content of it. Their staged files, and what ftrack has, stay as they are. What accsyn may have of them is
        excluded there by the worker. One of a request is withdrawn, so that its requester is told; what was published
        is gone, and what holds its files and is on its way needs attention.
        """
        now, ids = self._clock(), list(dict.fromkeys(item_ids))
        archived = self._archive.with_ids(ids)
        with self._connections.writing() as connection:
            rows = [_stuck(connection, item_id, archived) for item_id in ids]
            for row in rows:
                _keep(connection, row, Ended.FORGOTTEN, now, by)
                if row["reason"] == Reason.PUBLISH.value:
                    _leave(connection, row, now)
                else:
                    cause = records.printable(f"It was forgotten by {by}.")
                    connection.execute(_WITHDRAW, (cause, now, row["id"]))
                    connection.execute("UPDATE request SET ended_at = NULL WHERE id = ?", (row["request"],))
            _prune(connection, Ended.FORGOTTEN)
        self._archive.drop(ids)  # of what came back from there, somebody who was killed has left a copy
        return len(rows)

    def freed(self, item: Item) -> bool:
        """Let *item*, whose staged files are gone, go; return False if it is not unchanged."""
        now, archived = self._clock(), self._archived(item)
        with self._connections.writing() as connection:
            row: Any = connection.execute(_SAME, _same(item)).fetchone()
            if row is None and archived is not None and not present(connection, [item.id]):
                row = archived
            if row is None:
                return (
                    connection.execute(
                        "UPDATE past SET ended = ?, ended_at = ?, files = NULL WHERE item = ? AND files IS NOT NULL",
                        (Ended.FREED.value, now, item.id),
                    ).rowcount
                    > 0
                )
            _keep(connection, row, Ended.FREED, now)
            connection.execute("DELETE FROM item WHERE id = ?", (item.id,))
            drop_requests(connection, [row["request"]] if row["request"] is not None else [])
            _prune(connection, Ended.FREED)
        self._archive.drop([item.id])
        return True

    def _archived(self, item: Item) -> Optional[Known]:
        """Return what the archive has of *item*, if that is the same content."""
        known = self._archive.with_ids([item.id]).get(item.id)
        return known if known is not None and known["created_at"] == item.created_at else None

    def is_unchanged(self, item: Item) -> bool:
        """Whether *item* has not been published anew, come to another state, or been let go otherwise, meanwhile."""
        with self._connections.reading() as connection:
            there = connection.execute(_SAME, _same(item)).fetchone()
            forgotten = connection.execute(
                "SELECT 1 FROM past WHERE item = ? AND files IS NOT NULL", (item.id,)
            ).fetchone()
            again = bool(present(connection, [item.id]))
        return there is not None or forgotten is not None or not (again or self._archived(item) is None)

    # What is known of it.

    def forgotten(self) -> list[Item]:
        """Return the forgotten publishes, with their files, which were neither published anew since nor freed."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT known, files FROM past WHERE files IS NOT NULL ORDER BY item").fetchall()
        return [_item(row) for row in rows]

    def forgotten_ids(self) -> set[str]:
        """Return the components of `forgotten`."""
        with self._connections.reading() as connection:
            return forgotten_ids(connection)

    def without_forgotten(self, items: Sequence[Item]) -> list[Item]:
        """Return those of *items* that were not forgotten."""
        with self._connections.reading() as connection:
            gone = {
                item.id
                for item in items
                if connection.execute("SELECT 1 FROM past WHERE item = ?", (item.id,)).fetchone() is not None
            }
        return [item for item in items if item.id not in gone]

    def to_exclude(self, studio: Studio) -> list[Item]:
        """Return the forgotten items of *studio* of which accsyn may have tasks that are still to be excluded."""
        mine, bound = records.of_studio(studio, "past.studio")
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT known, files FROM past JOIN job ON job.id = past.job "  # noqa: S608 - the values are bound
                f"WHERE {EXCLUDING} AND {mine} ORDER BY item",
                bound,
            ).fetchall()
        return [_item(row) for row in rows]

    def excluded(self, items: Iterable[Item]) -> None:
        """Write down that nothing is to be done in accsyn about *items* any more."""
        with self._connections.writing() as connection:
            connection.executemany("UPDATE past SET job = NULL WHERE item = ?", [(item.id,) for item in items])

    def latest(self, limit: int) -> list[Gone]:
        """Return what was let go last, the latest first; a negative *limit* is none."""
        return self._gone("1 ORDER BY ended_at DESC, item DESC LIMIT ?", (limit,))

    def of_component(self, component_id: str) -> list[Gone]:
        """Return what was let go of a component, the latest first."""
        values = (records.storable(component_id),)
        return self._gone("component_id = ? ORDER BY ended_at DESC, item DESC", values)

    def of_version(self, version_id: str) -> list[Gone]:
        """Return what was let go of an asset version, the latest first. Looks at a row of each."""
        # It is no column of its own: what has it anywhere is few, and looked at again.
        found = self._gone("instr(known, ?) ORDER BY ended_at DESC, item DESC", (version_id,)) if version_id else []
        return [each for each in found if each.found.values["version_id"] == version_id]

    def of_item(self, item_id: int) -> list[Gone]:
        """Return what was let go with this id, or nothing."""
        return self._gone("item = ?", (item_id,))

    def of_paths(self, paths: Collection[str]) -> list[Gone]:
        """Return what was let go under one of *paths*, the latest first."""
        marks = ", ".join("?" * len(paths))
        return self._gone(f"path IN ({marks}) ORDER BY ended_at DESC, item DESC", tuple(map(records.storable, paths)))

    def names(self) -> list[Named]:
        """Return what all of them are called, the latest first. Reads a row of each."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT known FROM past ORDER BY ended_at DESC, item DESC").fetchall()
        return [named(read_known(row["known"])) for row in rows]

    def _gone(self, condition: str, values: Sequence[object]) -> list[Gone]:
        with self._connections.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM past WHERE {condition}",  # noqa: S608
                records.bindable(values),
            ).fetchall()
        return [
            Gone(Found(read_known(row["known"])), Ended(row["ended"]), row["ended_at"], row["ended_by"]) for row in rows
        ]


def forgotten_ids(connection: Connection) -> set[str]:
    """Return the components whose publish was forgotten, and neither published anew since nor freed."""
    return {row[0] for row in connection.execute("SELECT component_id FROM past WHERE files IS NOT NULL")}


def _stuck(connection: Connection, item_id: int, archived: Mapping[int, Known]) -> Row:
    """Return the row of an item that needs attention, with its files and the name of its job; else raise NotStuck.

    Nothing of what is *archived* does.
    """
    row: Optional[Row] = connection.execute(_ROW, (item_id,)).fetchone() or archived.get(item_id)
    if row is None:
        raise NotStuck("forget", f"item={item_id}", "it is not in the outbox any more")
    item = records.item(row)
    if item.state is not State.NEEDS_ATTENTION:
        remedy = "Only what needs attention can be forgotten; nothing was."
        raise NotStuck("forget", label(item), f"it is {item.state.value}", remedy)
    older = [item] if item.reason is Reason.PUBLISH else []
    for each in (*older, *(records.item(around) for around in _waiting(connection, item))):
        if each.stale_at:
            place = each.destination.location_name or each.stale_at
            raise NotStuck(
                "forget",
                label(item),
                f"ftrack still shows an older content of {label(each)} at {place}",
                "A running application with the plugin takes that back within a moment; forget it then.",
            )
    return row


def _waiting(connection: Connection, item: Item) -> list[sqlite3.Row]:
    """Return the rows of what holds files of *item*, and waits for these on its way."""
    if item.reason is not Reason.PUBLISH or item.cause_kind == Trouble.CONFLICT.value:
        return []
    around = covering.enclosing(connection, item.publication)
    states = (*_MOVING, State.SYNCED.value)
    return [
        row
        for row in around
        if row["created_at"] < item.created_at
        and row["state"] in states
        and (row["state"] in _MOVING or row["stale_at"])
    ]


def _leave(connection: Connection, row: Row, now: float) -> None:
    """Drop a publish; what waits for its files, on its way, is not what is staged any more."""
    item = records.item(row)
    for around in _waiting(connection, item):
        outcome = f"{label(item)}, a part of it, was published by itself since, and forgotten"
        error = FileChanged("send the files as published", label(records.item(around)), outcome, "Publish it again.")
        connection.execute(_STOP, (*records.cause_of(error), now + ITEM_DELAY_S, now, around["id"]))
    connection.execute("DELETE FROM item WHERE id = ?", (item.id,))


def _keep(connection: Connection, row: Row, ended: Ended, now: float, by: str = "") -> None:
    forgotten = ended is Ended.FORGOTTEN
    own = forgotten and row["reason"] == Reason.PUBLISH.value
    connection.execute(
        "INSERT OR REPLACE INTO past "
        "(item, ended, ended_at, ended_by, studio, component_id, path, known, files, job) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row["id"],
            ended.value,
            now,
            records.printable(by),
            row["studio"],
            row["component_id"],
            row["path"],
            known_text(row),
            (row["packed"] or records.pack(())) if own else None,
            row["job"] if forgotten else None,
        ),
    )


def _prune(connection: Connection, ended: Ended) -> None:
    connection.execute(
        "DELETE FROM past WHERE ended = ? AND ended_at < "
        "(SELECT ended_at FROM past WHERE ended = ? ORDER BY ended_at DESC LIMIT 1 OFFSET ?)",
        (ended.value, ended.value, MOST - 1),
    )


def _same(item: Item) -> tuple[object, ...]:
    return item.id, item.created_at, item.state.value


# As it was.


def _item(row: sqlite3.Row) -> Item:
    known = read_known(row["known"])
    if row["files"] is not None:
        known["packed"] = row["files"]
    return records.item(known)
