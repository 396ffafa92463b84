"""Which ends of what was asked for are this machine, by the ftrack locations of its staging area."""

from __future__ import annotations

from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.outbox.opening import Connection
from ftrack_accsyn_accessor.outbox.records import JobRow

#: What was published by this machine lies there, and what it fetched, also when it is in the outbox no more.
_HERE = "(SELECT location_id FROM here)"
_FROM_HERE = f"reason <> 'publish' AND location_id IN {_HERE}"
_TO_HERE = f"(reason = 'get' OR reason <> 'publish' AND destination_id IN {_HERE})"
_WAITING = f"state IN ('{State.PENDING.value}', '{State.NEEDS_ATTENTION.value}')"


def clients(connection: Connection, job: JobRow) -> set[str]:
    """Return the parties of accsyn clients by which the items of *job* come from this machine, or go to it."""
    parties = {job.source_party}
    if job.reason != Reason.PUBLISH.value:
        rows = connection.execute(
            f"SELECT source_party FROM item WHERE job = ? AND {_FROM_HERE} "  # noqa: S608 - constants
            f"UNION SELECT party FROM item WHERE job = ? AND {_TO_HERE}",
            (job.id, job.id),
        )
        parties = {str(row[0]) for row in rows}
    return {party for party in parties if party.startswith("client=")}


def move(connection: Connection, former: str, present: str) -> None:
    """Let what waits to come from this machine, or to go to it, with its *former* client do so with the *present* one.

    Where a publish comes from is found out whenever it is submitted.
    """
    for column, where in (("source_party", _FROM_HERE), ("party", _TO_HERE)):
        connection.execute(
            f"UPDATE item SET {column} = ? WHERE {column} = ? AND {_WAITING} AND {where}",  # noqa: S608 - constants
            (present, former),
        )
