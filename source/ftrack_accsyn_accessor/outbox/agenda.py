"""What there is to do: which items are due, when the next one becomes so, and what waits for others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Optional

from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, USUAL_PRIORITY, Item, State, Studio
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.opening import Connection

WAITING = (State.PENDING, State.NEEDS_ATTENTION)
_UNDER_WAY = (State.PREPARED, State.PENDING, State.SUBMITTED, State.TRANSFERRING)
#: What ftrack has somewhere with an older content. As long as the newer one is not registered, the older one is right;
#: what was asked for is known to be older once it has been.
STALE = (
    f"stale_at <> '' AND (reason <> 'publish' OR state NOT IN ('{State.PREPARED.value}', '{State.WITHDRAWN.value}'))"
)
#: The ways for a row to be due at :now, in seconds since the epoch. One written later than that met a clock set back.
_READY = (
    "next_try_at IS NULL",
    "next_try_at <= :now",
    f"next_try_at > :now AND updated_at > :now AND next_try_at < {NOT_BY_ITSELF}",
)
_DUE = "({})".format(" OR ".join(f"({where})" for where in _READY))
#: What is due goes in the order in which accsyn takes it.
_IN_TURN = f"coalesce(priority, {USUAL_PRIORITY}) DESC, id"
#: Files handed out in one go, so that a thousand long sequences do not fill the memory. One item may have more.
FILES_AT_ONCE = 50_000


@dataclasses.dataclass(frozen=True)
class Work:
    """What there is to do: items due now, those still being prepared, and when the next one becomes due.

    `live` tells whether anything that was submitted is still to be followed. `others` counts what is under way for
    another studio, and is in none of the other figures; `stale` what ftrack still has somewhere with an older content.
    Times are seconds since the epoch; None where there is no such item.
    """

    due: int
    oldest_due_at: Optional[float]
    newest_due_at: Optional[float]
    prepared: int
    next_try_at: Optional[float]
    live: bool
    others: int = 0
    stale: int = 0


def read(connection: Connection, studio: Optional[Studio], now: float) -> Work:
    """Return what there is to do for *studio* (None: for all) at *now*, but for `live`.

    Each figure is read off an end of an index: a long queue costs no more.
    """
    others = set(_studios(connection)).difference(studio.keys) if studio is not None else set()
    mine = studio.keys if studio is not None and others else ("",)

    def ask(what: str, where: str, state: State, keys: Iterable[str] = mine) -> list[Any]:
        found = []
        for key in keys:  # one by one, so that each is read off an end of the index; '' is anybody's
            whose = "studio = :studio" if key else "1"
            statement = f"SELECT {what} FROM item WHERE {whose} AND state = :state AND ({where})"  # noqa: S608
            bound = {"studio": key, "state": state, "now": now}
            found.append(connection.execute(statement, bound).fetchone()[0])
        return [value for value in found if value is not None]

    ready = [(where, state) for where in _READY for state in WAITING]
    return Work(
        due=sum(sum(ask("count(*)", *each)) for each in ready),
        oldest_due_at=min((at for each in ready for at in ask("min(created_at)", *each)), default=None),
        newest_due_at=max((at for each in ready for at in ask("max(created_at)", *each)), default=None),
        prepared=sum(ask("count(*)", "1", State.PREPARED)),
        next_try_at=min(
            (at for state in WAITING for at in ask("min(next_try_at)", "next_try_at > :now", state)), default=None
        ),
        live=False,
        others=sum(sum(ask("count(*)", "1", state, others)) for state in _UNDER_WAY),
        stale=connection.execute(f"SELECT count(*) FROM item WHERE {STALE}").fetchone()[0],  # noqa: S608 - constants
    )


def _studios(connection: Connection) -> list[str]:
    """Return the keys of all studios that have items: those few are found by walking along the index."""
    found: list[str] = []
    while True:
        last = found[-1] if found else ""
        row = connection.execute("SELECT min(studio) FROM item WHERE studio > ?", (last,)).fetchone()
        if row[0] is None:
            return found
        found.append(row[0])


def due(connection: Connection, limit: int, studio: Optional[Studio], now: float) -> list[Item]:
    """Return *limit* items of *studio* (None: of all) that are due at *now*, with their files.

    Those of the highest priority first, of equal ones the oldest. Fewer if their files are very many.
    """
    mine, bound = records.of_studio(studio)
    found: list[Item] = []
    files = 0
    rows = connection.execute(
        "SELECT * FROM item LEFT JOIN files ON files.item = item.id WHERE id IN "  # noqa: S608 - constants
        f"(SELECT id FROM item WHERE state IN (:first, :second) AND {_DUE} AND {mine} "
        f"ORDER BY {_IN_TURN} LIMIT :limit) ORDER BY {_IN_TURN}",
        {"now": now, "first": WAITING[0], "second": WAITING[1], "limit": limit, **bound},
    )
    for row in rows:
        files += row["file_count"]
        if found and files > FILES_AT_ONCE:
            rows.close()
            break
        found.append(records.item(row))
    return found
