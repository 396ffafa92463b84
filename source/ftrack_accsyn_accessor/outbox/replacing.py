"""What was asked for of a component, and is of older content since that was published anew on this machine.

Only the requests of one outbox are known to it: what another machine, or a service, was asked to send stays registered
where it arrived.
"""

from __future__ import annotations

from collections.abc import Iterable

from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.outbox.opening import Connection

#: What became of it, and what to do: so its requester is told.
REPLACED = "Newer content of it was published. Ask for it again if it is still wanted."
#: Of the publish that is being confirmed; what was copied from a location is no newer content.
_NEWER = (
    "SELECT 1 FROM item WHERE component_id = ? AND location_id = ? AND reason = 'publish' AND copied_from = '' "  # noqa: S608 - constants
    f"AND state IN ('{State.PREPARED.value}', '{State.WITHDRAWN.value}')"
)
_WITHDRAW = (
    f"UPDATE item SET state = '{State.WITHDRAWN.value}', cause_kind = '', cause = ?, next_try_at = NULL, owner = '', "  # noqa: S608 - constants
    "speed_bytes_per_s = NULL, left_s = NULL, arrived_at = NULL, synced_at = NULL, stale_at = destination_id, "
    "updated_at = ? WHERE id = ?"
)


def confirm(connection: Connection, component_ids: Iterable[str], location_id: str, now: float) -> None:
    """Withdraw what was asked for of components whose newer content is in the staging location from now on.

    To be called as long as the publishes are not confirmed yet.
    """
    for component_id in component_ids:
        if connection.execute(_NEWER, (component_id, location_id)).fetchone() is not None:
            withdraw(connection, component_id, location_id, now)


def withdraw(connection: Connection, component_id: str, location_id: str, now: float) -> None:
    """Withdraw what was asked for of a component, published anew into a location, whatever became of it.

    ftrack may have the older content at its destinations; what was fetched into that location itself was replaced
    there. Their requesters are told.
    """
    rows = connection.execute(
        "SELECT id, request FROM item WHERE component_id = ? AND reason <> 'publish' AND state <> ? "
        "AND destination_id <> ?",
        (component_id, State.WITHDRAWN.value, location_id),
    ).fetchall()
    connection.executemany(_WITHDRAW, [(REPLACED, now, row["id"]) for row in rows])
    requests = [(row["request"],) for row in rows]
    connection.executemany("UPDATE request SET ended_at = NULL WHERE id = ?", requests)


def arrived(connection: Connection, items: Iterable[Item]) -> None:
    """Write down that ftrack has the newer content of *items*, as far as they are synced, at their destinations."""
    connection.executemany(
        "UPDATE item SET stale_at = '' WHERE component_id = ? AND stale_at = ? AND id <> ? AND reason <> 'publish' "
        "AND EXISTS (SELECT 1 FROM item AS newer WHERE newer.id = ? AND newer.created_at = ? AND newer.state = ?)",
        [
            (
                item.publication.component_id,
                item.destination.location_id,
                item.id,
                item.id,
                item.created_at,
                State.SYNCED.value,
            )
            for item in items
            if item.publication.component_id and item.destination.location_id
        ],
    )
