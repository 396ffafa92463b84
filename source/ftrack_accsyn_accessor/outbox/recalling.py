"""Brings back from the archive what is concerned by something new: then it is an item like every other one again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from ftrack_accsyn_accessor.model.item import Publication
from ftrack_accsyn_accessor.outbox import archive as archiving
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.kept import Known, is_wanted
from ftrack_accsyn_accessor.outbox.opening import Connection

#: How often it is looked again, as something moved between the look and the transaction.
TRIES = 5


class Recalling:
    """Any thread of any process may call it; it may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.

    What comes back is the component's other items, and those that have, or may enclose, its path.
    """

    def __init__(self, connections: Connections, archive: Archive) -> None:
        self._connections = connections
        self._archive = archive

    @contextlib.contextmanager
    def writing(self, publications: Iterable[Publication]) -> Iterator[Connection]:
        """Give this thread's connection inside one transaction, with what *publications* concern in the outbox."""
        wanted = tuple(publications)
        for left in reversed(range(TRIES)):
            mark = self._archive.mark()
            found = self._related(wanted) if mark else []
            with self._connections.writing() as connection:
                if not left or archiving.mark(connection) == mark:
                    recall(connection, found)
                    yield connection
                    break
        self._archive.drop([each["id"] for each in found], recalled=True)

    def bring(self, publications: Iterable[Publication], files: bool = False) -> None:
        """Bring what *publications* concern into the outbox; with *files* also what has the path of one of their files.

        Nothing is written where the archive has none of it.
        """
        found = self._related(tuple(publications), files) if self._archive.mark() else []
        if found:
            with self._connections.writing() as connection:
                recall(connection, found)
            self._archive.drop([each["id"] for each in found], recalled=True)

    def _related(self, publications: Sequence[Publication], files: bool = False) -> list[Known]:
        return [each for publication in publications for each in self._archive.related(publication, files)]


def recall(connection: Connection, archived: Iterable[Known]) -> None:
    """Write *archived* as items again, but for those that are, or were let go; to be called inside a transaction."""
    columns = connection.execute("PRAGMA table_info(item)").fetchall() if archived else []
    for known in archived:
        if is_wanted(connection, known):
            _write(connection, columns, known)


def _write(connection: Connection, columns: Sequence[sqlite3.Row], known: Known) -> None:
    values = {
        column["name"]: known[column["name"]]
        for column in columns
        # A later release may have columns that were not there when it was archived.
        if column["name"] in known or (column["notnull"] and column["dflt_value"] is None)
    }
    # The request of a publish goes when its last item does, and its number may be another one's since.
    for name, when in (("request", "reason = :reason AND created_at <= :at"), ("job", "1")):
        bound = {"id": values.get(name), "reason": known["reason"], "at": known["created_at"]}
        if connection.execute(f"SELECT 1 FROM {name} WHERE id = :id AND {when}", bound).fetchone() is None:  # noqa: S608
            values.pop(name, None)
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO item ({', '.join(values)}) VALUES ({marks})",  # noqa: S608 - the values are bound
        records.bindable(values.values()),
    )
    connection.execute("INSERT OR REPLACE INTO files (item, packed) VALUES (?, ?)", (known["id"], known["packed"]))
