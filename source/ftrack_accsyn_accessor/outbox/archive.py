"""What arrived long ago, in a second file beside the outbox: it is found there, and is in nobody's way.

An item is written here, and has reached the disk, before it leaves the outbox: at every moment it is in one of them.
It may be in both for a while: the outbox is right then. The file is named in the outbox itself, as ids mean something
within that alone. One that cannot be read costs what it tells, and stops nothing: reading answers with nothing then.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model import errors, titles
from ftrack_accsyn_accessor.model.item import Publication, Reason
from ftrack_accsyn_accessor.model.naming import LOOSE
from ftrack_accsyn_accessor.outbox import lockable, records
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.covering import around
from ftrack_accsyn_accessor.outbox.filelocks import filelock
from ftrack_accsyn_accessor.outbox.kept import Known, Row, is_wanted, pack_known, unpack_known
from ftrack_accsyn_accessor.outbox.opening import Connection, set_up
from ftrack_accsyn_accessor.outbox.searching import pattern

logger = logging.getLogger(__name__)

#: The name in the outbox's `meta`: the archive's own part of its file's name, and how many items have moved so far.
NAME = "archive"
#: Only ever append, as with the outbox's.
UPGRADES: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE archived (
            item INTEGER PRIMARY KEY,        -- the id that it has in the outbox
            component_id TEXT NOT NULL,
            version_id TEXT NOT NULL,
            path TEXT NOT NULL,              -- LOOSE.key of it, by which any spelling finds it
            reason TEXT NOT NULL,
            request INTEGER,                 -- NULL = a publish
            created_at REAL NOT NULL,
            synced_at REAL NOT NULL,
            size_bytes INTEGER NOT NULL,
            file_count INTEGER NOT NULL,
            words TEXT NOT NULL,             -- title, identifier and user, for whoever searches
            known BLOB NOT NULL,             -- packed JSON of the columns of its row that were not empty
            files BLOB NOT NULL              -- packed
        )
        """,
        "CREATE INDEX archived_by_component ON archived (component_id)",
        "CREATE INDEX archived_by_version ON archived (version_id)",
        "CREATE INDEX archived_by_path ON archived (path)",
        "CREATE INDEX archived_by_request ON archived (request, file_count, size_bytes) WHERE request IS NOT NULL",
        "CREATE INDEX archived_by_creation ON archived (created_at, reason)",
        "CREATE INDEX archived_by_arrival ON archived (synced_at, reason)",
        "CREATE INDEX archived_by_words ON archived (words)",
        "CREATE TABLE total "
        "(reason TEXT PRIMARY KEY, items INTEGER NOT NULL, size_bytes INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO total VALUES ('publish', 0, 0), ('send', 0, 0), ('sync', 0, 0), ('get', 0, 0)",
        "CREATE TRIGGER total_grows AFTER INSERT ON archived BEGIN UPDATE total SET items = items + 1, "
        "size_bytes = size_bytes + NEW.size_bytes WHERE reason = NEW.reason; END",
        "CREATE TRIGGER total_shrinks AFTER DELETE ON archived BEGIN UPDATE total SET items = items - 1, "
        "size_bytes = size_bytes - OLD.size_bytes WHERE reason = OLD.reason; END",
    ),
)
_LIST_LIMIT = 500
#: How long one waits for another one, who moves some hundred items.
BUSY_S = 2.0
#: Who finds more of one name does not know it well enough.
MOST = 10_000
#: Takes all of the words apart: to be asked of what has a word at all.
_WHOLE = "' ' || replace(replace(words, '/', ' '), char(10), ' ') || ' ' LIKE ? ESCAPE '\\'"
_PLACES = f"reason IN ('{Reason.PUBLISH.value}', '{Reason.GET.value}')"
_FORGOTTEN = "What arrived long ago cannot be told any more; nothing else is lost."


class Sums(NamedTuple):
    """How many items, and their size."""

    items: int
    size_bytes: int


class Arrived(NamedTuple):
    """Where a walk through what has arrived stands: when that was (seconds since the epoch), and the item's id."""

    at: float
    item: int


class Archive:
    """The archive of the outbox behind *connections*. Any thread of any process may call it.

    `keep` raises `errors.OutboxError`; nothing else does for what is wrong with the archive, but only for what is wrong
    with the outbox.
    """

    def __init__(self, connections: Connections) -> None:
        self._outbox = connections
        self._opened: Optional[_Connections] = None

    # Which file.

    def mark(self) -> str:
        """Return what is another text after anything has moved; empty as long as nothing has."""
        with self._outbox.reading() as connection:
            return mark(connection)

    def path(self) -> Optional[Path]:
        """Return the file, None as long as there is none."""
        token = self.mark().partition(" ")[0]
        return self._outbox.path.with_suffix(f".{token}.archive") if token else None

    def _connections(self, path: Path) -> _Connections:
        if self._opened is None or self._opened.path != path:
            self._opened = _Connections(path)
        return self._opened

    def rest(self, after_s: float) -> None:
        """Close the connections, of all threads, that nothing was done with for *after_s* seconds."""
        if self._opened is not None:
            self._opened.rest(after_s)

    def close(self) -> None:
        """Close the calling thread's connection."""
        if self._opened is not None:
            self._opened.close()

    def trouble(self) -> str:
        """Return what is wrong with the file, empty for nothing; reads all of it."""
        path = self.path()
        if path is None:
            return ""
        if not path.exists():
            return f"{path} is missing. {_FORGOTTEN}"
        try:
            with self._connections(path).reading() as connection:
                found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        except errors.OutboxError as error:
            return str(error)
        return "" if found == "ok" else f"{path} is damaged: {found}"

    # Writing.

    def keep(self, path: Path, rows: Sequence[Row]) -> None:
        """Write *rows* of items, with `packed` and what `Found` has of jobs, into the file at *path*, for good."""
        ids, values = [(row["id"],) for row in rows], [_values(row) for row in rows]
        with self._connections(path).writing() as connection:
            connection.executemany("DELETE FROM archived WHERE item = ?", ids)
            connection.executemany(f"INSERT INTO archived VALUES ({', '.join('?' * 13)})", values)  # noqa: S608

    def drop(self, items: Collection[int], recalled: bool = False) -> None:
        """Let the items with these ids go: the outbox has written down what became of them, or they were *recalled*.

        Of the latter those stay that have left the outbox once more since.
        """
        path = self.path()
        if not items or path is None or not path.exists():
            return
        try:
            with alone(path):
                gone = self._back(items) if recalled else items
                there = [(item,) for item in gone if self._read("SELECT 1 FROM archived WHERE item = ?", (item,))]
                if there:
                    self._outbox.bring_to_disk()  # a power cut must not take it back there alone
                    with self._connections(path).writing() as connection:
                        connection.executemany("DELETE FROM archived WHERE item = ?", there)
        except (errors.OutboxError, OSError, filelock.Timeout) as error:
            logger.info("What has left the archive of the outbox is still in it, which does no harm. %s", error)

    def _back(self, items: Collection[int]) -> list[int]:
        """Return those of *items* that the outbox does not want back: it has them, or what took their place."""
        known = self.with_ids(list(items))
        with self._outbox.reading() as connection:
            return [item for item, each in known.items() if not is_wanted(connection, each)]

    # Reading.

    def sums(self, reason: Optional[Reason] = None) -> Sums:
        """Return the sums over all items, or those with a *reason*."""
        where, values = ("reason = ?", (reason.value,)) if reason is not None else ("1", ())
        rows = self._read(f"SELECT sum(items), sum(size_bytes) FROM total WHERE {where}", values)  # noqa: S608
        return Sums(*(rows[0] if rows and rows[0][0] is not None else (0, 0)))

    def sums_of(self, request: int) -> tuple[int, int, int]:
        """Return how many items of a request there are, their files and their bytes."""
        sums = "count(*), coalesce(sum(file_count), 0), coalesce(sum(size_bytes), 0)"
        rows = self._read(f"SELECT {sums} FROM archived WHERE request = ?", (request,))  # noqa: S608 - constants
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else (0, 0, 0)

    def newest(
        self, limit: int, search: str = "", request: Optional[int] = None, published: bool = False, offset: int = 0
    ) -> list[tuple[float, int]]:
        """Return when the newest *limit* items (negative: all) were created, and their ids, the newest first.

        From *offset* on, of those in whose words all of *search* occur; of a *request*, or of what was *published*.
        """
        where, values = _chosen(search, request, published)
        query = (
            f"SELECT created_at, item FROM archived WHERE {where} ORDER BY created_at DESC, item DESC LIMIT ? OFFSET ?"  # noqa: S608
        )
        return [(row[0], row[1]) for row in self._read(query, [*values, limit, offset])]

    def count(self, search: str, request: Optional[int] = None, published: bool = False) -> int:
        """Return how many items `newest` would find without a limit."""
        where, values = _chosen(search, request, published)
        return sum(row[0] for row in self._read(f"SELECT count(*) FROM archived WHERE {where}", values))  # noqa: S608

    def with_ids(self, ids: Sequence[int]) -> dict[int, Known]:
        """Return what is known of the items with these ids."""
        found: dict[int, Known] = {}
        for start in range(0, len(ids), _LIST_LIMIT):
            part = ids[start : start + _LIST_LIMIT]
            found.update((each["id"], each) for each in self._known(f"item IN ({_marks(part)})", part))
        return found

    def of_component(self, component_id: str) -> list[Known]:
        """Return the items of a component."""
        return self._known("component_id = ?", [records.storable(component_id)])

    def of_version(self, version_id: str) -> list[Known]:
        """Return the items of an asset version."""
        return self._known("version_id = ?", [records.storable(version_id)])

    def of_request(self, request: int, limit: int = -1) -> list[Known]:
        """Return the first *limit* items of a request (negative: all), in the order in which they were asked for."""
        return self._known("request = ? ORDER BY item LIMIT ?", [request, limit])

    def of_paths(self, paths: Iterable[str]) -> list[Known]:
        """Return the items that have one of *paths*, in any spelling, as their own."""
        keys = sorted({_key(path) for path in paths})
        found: list[Known] = []
        for start in range(0, len(keys), _LIST_LIMIT):
            part = keys[start : start + _LIST_LIMIT]
            found += self._known(f"path IN ({_marks(part)})", part)
        return found

    def related(self, publication: Publication, files: bool = False) -> list[Known]:
        """Return the items of the component of *publication*, and those with its path, or one around it.

        With *files* also those with the path of one of its files, or one around that.
        """
        paths = {publication.path, *(file.path for file in publication.files if files)}
        wide = {*paths, *(each for path in paths for each in around(path))}
        own = self.of_component(publication.component_id) if publication.component_id else []
        return list({each["id"]: each for each in (*own, *self.of_paths(wide))}.values())

    def called(self, words: Iterable[str]) -> Iterator[list[Known]]:
        """Yield the items that have all of *words* whole, in any case, the newest first: `MOST`, a few at a time."""
        # SQLite knows the case of few letters; the others are looked at again.
        where, values = _like([word for word in words if word.isascii()], whole=True)
        query = f"SELECT item FROM archived INDEXED BY archived_by_words WHERE {where} ORDER BY item DESC LIMIT {MOST}"  # noqa: S608
        ids = [row[0] for row in self._read(query, values)]
        for start in range(0, len(ids), _LIST_LIMIT):
            found = self.with_ids(ids[start : start + _LIST_LIMIT])
            yield [found[item] for item in sorted(found, reverse=True)]

    def latest(self, limit: int) -> list[Known]:
        """Return what arrived last, the latest first."""
        return self._known("1 ORDER BY synced_at DESC, item DESC LIMIT ?", [limit])

    def staged(self, arrived_by: float, after: Arrived, limit: int) -> list[Known]:
        """Return the next *limit* items that were published or fetched here, in the order of their arrival."""
        return self._known(
            f"synced_at <= ? AND synced_at >= ? AND (synced_at > ? OR item > ?) AND {_PLACES} "
            "ORDER BY synced_at, item LIMIT ?",
            [arrived_by, after.at, after.at, after.item, limit],
        )

    def any_staged(self, arrived_by: float) -> bool:
        """Whether `staged` would return anything."""
        return bool(self._read(f"SELECT 1 FROM archived WHERE synced_at <= ? AND {_PLACES} LIMIT 1", [arrived_by]))  # noqa: S608

    def _known(self, where: str, values: Sequence[Any]) -> list[Known]:
        rows = self._read(f"SELECT known, files FROM archived WHERE {where}", values)  # noqa: S608 - bound
        return [known for known in (unpack_known(*row) for row in rows) if known is not None]

    def _read(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        path = self.path()
        if path is None or not path.exists():
            return []
        try:
            with self._connections(path).reading() as connection:
                return connection.execute(statement, values).fetchall()
        except errors.OutboxError as error:
            logger.debug("%s", error)
            return []


class _Connections(Connections):
    """Those to an archive: it says what it is, and is kept aside when it is damaged, as the outbox is."""

    what = "the archive of the outbox"
    consequence = _FORGOTTEN
    remedy = "Nothing has to be done. Remove the damaged file when you do not need it."

    def _set_up(self, connection: Connection) -> None:
        # What is written here has to be on the disk before it leaves the outbox.
        set_up(connection, str(self.path), UPGRADES)
        connection.execute("PRAGMA synchronous = FULL")


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep everybody else from moving items into the archive at *path*, or out of it.

    What one drops from there, as the outbox has it, another one may just be taking out of the outbox. Raise OSError, or
    `filelock.Timeout` where somebody else is at it for too long.
    """
    with lockable.alone(Path(f"{path}.lock"), BUSY_S):
        yield


def mark(connection: sqlite3.Connection) -> str:
    """Return the same as `Archive.mark`, inside a transaction."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (NAME,)).fetchone()
    return str(row[0]) if row is not None else ""


def _values(row: Row) -> tuple[Any, ...]:
    publish = row["reason"] == Reason.PUBLISH.value
    names = {name: records.shown(row[name]) for name in _NAMES}
    context = names["context"] or titles.context_in(names["resource_identifier"], names["version_name"])
    to = "" if publish else row["destination_name"] or row["party"]
    component = names["component_name"] if row["component_id"] else ""
    title = titles.title(names["project_name"], context, names["version_name"], component, names["path"], to)
    return (
        row["id"],
        row["component_id"],
        row["version_id"],
        _key(records.stored(row["path"])),
        row["reason"],
        None if publish else row["request"],
        row["created_at"],
        row["synced_at"],
        row["size_bytes"],
        row["file_count"],
        "\n".join((title, names["resource_identifier"], names["username"])),
        pack_known(row),
        row["packed"] or records.pack(()),
    )


_NAMES = ("project_name", "context", "version_name", "component_name", "path", "resource_identifier", "username")


def _key(path: str) -> str:
    return records.printable(LOOSE.key(path))


def _chosen(search: str, request: Optional[int], published: bool) -> tuple[str, list[Any]]:
    where, values = _like(search.split())
    for name, value in (("request", request), ("reason", Reason.PUBLISH.value if published else None)):
        if value is not None:
            where, values = f"{where} AND {name} = ?", [*values, value]
    return where, values


def _like(words: Iterable[str], whole: bool = False) -> tuple[str, list[Any]]:
    known = [records.printable(word) for word in words]
    conditions = ["1", *["words LIKE ? ESCAPE '\\'"] * len(known), *[_WHOLE] * len(known if whole else ())]
    return " AND ".join(conditions), [*map(pattern, known), *(pattern(f" {word} ") for word in known if whole)]


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
