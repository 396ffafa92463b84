"""Publications -> rows: new items, and new content of components that have an item already."""

from __future__ import annotations

import dataclasses
import posixpath
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Optional

from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, Kind, Publication, Reason, StagedFile, State
from ftrack_accsyn_accessor.outbox import covering, records, replacing
from ftrack_accsyn_accessor.outbox.opening import Connection
from ftrack_accsyn_accessor.outbox.tracking import FROM_THE_START

_WRITTEN = (*records.PUBLICATION_COLUMNS, "studio", "size_bytes", "file_count", "state", "owner", "updated_at")
_INSERT = (
    f"INSERT INTO item (request, created_at, left_over, {', '.join(_WRITTEN)}) "  # noqa: S608 - constants; the values are bound
    f"VALUES (?, ?, ?, {', '.join('?' * len(_WRITTEN))})"
)
#: Steps know a publication by its time: within one tick of a coarse clock each needs one of its own. A clock that was
#: set back by more than that is believed.
_UPDATE = (
    "UPDATE item SET request = ?, "  # noqa: S608
    "created_at = CASE WHEN ? BETWEEN created_at - 1 AND created_at THEN created_at + 0.000001 ELSE ? END, "
    f"{', '.join(f'{name} = ?' for name in _WRITTEN)}, "
    "contents = contents + 1, cause_kind = '', cause = '', attempts = 0, next_try_at = NULL, "
    f"job = ?, attempted = ?, sent = '', stale_at = ?, left_over = ?, {FROM_THE_START} WHERE id = ?"
)
_ACTIVATE = (
    f"UPDATE item SET state = CASE doubt WHEN '' THEN '{State.PENDING.value}' "  # noqa: S608 - constants
    f"ELSE '{State.NEEDS_ATTENTION.value}' END, owner = '', updated_at = ?, attempts = 0, "
    "cause_kind = CASE doubt WHEN '' THEN '' ELSE substr(doubt, 1, instr(doubt, ' ') - 1) END, "
    "cause = CASE doubt WHEN '' THEN '' ELSE substr(doubt, instr(doubt, ' ') + 1) END, "
    f"next_try_at = CASE doubt WHEN '' THEN NULL ELSE {NOT_BY_ITSELF} END "
    "WHERE component_id = ? AND location_id = ? AND reason = 'publish' "
    f"AND state IN ('{State.PREPARED.value}', '{State.WITHDRAWN.value}')"
)
_TAKEN_OUT = "It was taken out of the staging location."  # what to do is for the faces to say
_UNSENT = records.listed([State.PREPARED, State.PENDING, State.NEEDS_ATTENTION])
_SENT = (State.SUBMITTED.value, State.TRANSFERRING.value, State.SYNCED.value)


def write_all(connection: Connection, publications: Iterable[Publication], state: State, owner: str, now: float) -> int:
    """Write *publications*, all asked for in one go, as items in *state*; return how many.

    A component that has an item gets new content with it. To be called inside a transaction.
    """
    request: Optional[int] = None
    count = 0
    for publication in publications:
        old = _existing(connection, publication)
        if old is not None and old["state"] == State.PREPARED.value and old["owner"] == owner and owner:
            own_request = old["request"]  # the same publish, whose containers are registered level by level
        else:
            own_request = request = request or _request(connection, publication, now)
        _write(connection, publication, (state, owner, own_request), old, now)
        count += 1
    return count


def activate(connection: Connection, component_ids: Sequence[str], location_id: str, now: float) -> int:
    """Move prepared and withdrawn items to `pending`, or `needs-attention`; return how many.

    What was asked for of them before is of an older content, and withdrawn. To be called inside a transaction.
    """
    replacing.confirm(connection, component_ids, location_id, now)
    return connection.executemany(_ACTIVATE, [(now, each, location_id) for each in component_ids]).rowcount


def cancel(connection: Connection, keys: Sequence[tuple[str, str]], now: float) -> int:
    """Drop what has not been submitted of *keys*, components with their location; return how many.

    That of which accsyn may have some, or an older content, is withdrawn: it must stay known. To be called inside a
    transaction.
    """
    mine = f"component_id = ? AND location_id = ? AND reason = 'publish' AND state IN ({_UNSENT})"
    withdrawn = connection.executemany(
        f"UPDATE item SET state = '{State.WITHDRAWN.value}', cause_kind = '', cause = ?, owner = '', "  # noqa: S608
        f"next_try_at = NULL, updated_at = ? WHERE {mine} AND (job IS NOT NULL OR contents > 1)",
        [(_TAKEN_OUT, now, *key) for key in keys],
    ).rowcount
    return withdrawn + connection.executemany(f"DELETE FROM item WHERE {mine}", keys).rowcount  # noqa: S608


def write_unknown(
    connection: Connection, publications: Sequence[Publication], now: float, published_at: Optional[float] = None
) -> int:
    """Write those of *publications* that have no item, a withdrawn one, or one from before *published_at*.

    They become pending, or need attention where there was a doubt. Return how many. Of those that were published at a
    time that is known, what was asked for is withdrawn; what is merely found in ftrack may be as old as that.
    """
    wanted = []
    for publication in publications:
        old = _existing(connection, publication)
        older = old is not None and published_at is not None and old["created_at"] < published_at
        if old is None or old["state"] == State.WITHDRAWN.value or older:
            wanted.append(publication)
    write_all(connection, [each for each in wanted if not each.doubt], State.PENDING, "", now)
    for publication in wanted if published_at is not None else ():
        if not (publication.doubt or publication.copied_from):
            replacing.withdraw(connection, publication.component_id, publication.location_id, now)
    doubtful = [each for each in wanted if each.doubt]
    write_all(connection, doubtful, State.PREPARED, "", now)
    for publication in doubtful:
        activate(connection, [publication.component_id], publication.location_id, now)
    return len(wanted)


def earlier_files(connection: Connection, publication: Publication) -> list[StagedFile]:
    """Return the files of items of the same component, with the same path, or around it; of none being prepared.

    Those of forgotten ones are among them.
    """
    rows = connection.execute(
        "SELECT packed FROM files WHERE item IN ("  # noqa: S608 - constants; the values are bound
        "SELECT id FROM item WHERE component_id = :component AND location_id = :location AND reason = 'publish' "
        f"AND state <> '{State.PREPARED.value}' UNION "
        f"SELECT id FROM item WHERE path = :path AND volume = :volume AND reason = 'publish' "
        f"AND state <> '{State.PREPARED.value}') UNION ALL "
        "SELECT files FROM past WHERE (component_id = :component OR path = :path) AND files IS NOT NULL",
        {
            "component": publication.component_id,
            "location": publication.location_id,
            "path": records.storable(publication.path),
            "volume": publication.volume,
        },
    )
    found = [*rows, *covering.enclosing(connection, publication)]
    return [file for row in found for file in records.unpack(row["packed"])]


def _existing(connection: Connection, publication: Publication) -> Optional[sqlite3.Row]:
    found: Optional[sqlite3.Row] = connection.execute(
        "SELECT * FROM item WHERE component_id = ? AND location_id = ? AND reason = 'publish'",
        (publication.component_id, publication.location_id),
    ).fetchone()
    return found


def _request(connection: Connection, publication: Publication, now: float) -> int:
    cursor = connection.execute(
        "INSERT INTO request (reason, username, server_url, created_at) VALUES (?, ?, ?, ?)",
        (Reason.PUBLISH.value, records.storable(publication.username), publication.server_url, now),
    )
    return int(cursor.lastrowid or 0)


def _write(
    connection: Connection,
    publication: Publication,
    wanted: tuple[State, str, Optional[int]],
    old: Optional[sqlite3.Row],
    now: float,
) -> None:
    state, owner, request = wanted
    publication = dataclasses.replace(publication, priority=_priority(old, publication))
    studio = publication.studio.key
    values = (*records.publication_values(publication), studio, publication.size_bytes, len(publication.files))
    values = (*values, state.value, owner, now)
    left_over = _left_over(connection, old, publication)
    if old is None:
        item = int(connection.execute(_INSERT, (request, now, left_over, *values)).lastrowid or 0)
    else:
        item = int(old["id"])
        # What may still be under way in accsyn is to be looked up there, before anything is added.
        job = None if old["state"] in (State.SYNCED.value, State.WITHDRAWN.value) else old["job"]
        kept = (
            job,
            old["attempted"] if job is not None else 0,
            _stale_at(old, publication),
            left_over,
        )
        connection.execute(_UPDATE, (request, now, now, *values, *kept, item))
    connection.execute(
        "INSERT OR REPLACE INTO files (item, packed) VALUES (?, ?)", (item, records.pack(publication.files))
    )
    # What was forgotten of it has no files of its own any more.
    connection.execute(
        "UPDATE past SET files = NULL WHERE component_id = ? AND files IS NOT NULL", (publication.component_id,)
    )
    covering.mark(connection, publication)


def _priority(old: Optional[sqlite3.Row], publication: Publication) -> Optional[int]:
    """Return the priority of *publication*: where it says none, what was to go first and has not arrived still is."""
    if publication.priority is not None or old is None or old["state"] in (State.SYNCED.value, State.WITHDRAWN.value):
        return publication.priority
    wish: Optional[int] = old["priority"]
    return wish


def _stale_at(old: sqlite3.Row, publication: Publication) -> str:
    """Return the ftrack location at which the older content is, or may be, registered."""
    if not publication.copied_from and (old["arrived_at"] is not None or old["synced_at"] is not None):
        return str(old["destination_id"])
    return str(old["stale_at"])


def _left_over(connection: Connection, old: Optional[sqlite3.Row], publication: Publication) -> str:
    """Return in words which files of older content were sent, and will not be replaced by the new one.

    Older content is that of *old*, its own item, and that of other components which had the same path.
    """
    before = _sent_under(connection, publication)
    if old is not None and old["kind"] != Kind.FILE.value and _is_sent(old):
        before |= _paths(connection, old)
    elif not before:
        return str(old["left_over"]) if old is not None else ""
    left = sorted(before - {file.path for file in publication.files})
    if not left:
        return ""
    names = posixpath.basename(left[0]) + (f" .. {posixpath.basename(left[-1])}" if left[1:] else "")
    count = f"{len(left)} files" if left[1:] else "1 file"
    return records.printable(f"{count} of its earlier content ({names})")


def _sent_under(connection: Connection, publication: Publication) -> set[str]:
    """Return the paths of the files that other components of the path of *publication* were sent with."""
    rows = connection.execute(
        "SELECT id, state, arrived_at FROM item "
        "WHERE path = ? AND volume = ? AND component_id <> ? AND kind <> ? AND reason = 'publish'",
        (records.storable(publication.path), publication.volume, publication.component_id, Kind.FILE.value),
    ).fetchall()
    return {path for row in rows if _is_sent(row) for path in _paths(connection, row)}


def _is_sent(row: sqlite3.Row) -> bool:
    return row["state"] in _SENT or row["arrived_at"] is not None


def _paths(connection: Connection, row: sqlite3.Row) -> set[str]:
    files = connection.execute("SELECT packed FROM files WHERE item = ?", (row["id"],)).fetchone()
    return {file.path for file in records.unpack(files["packed"])} if files is not None else set()
