"""What version 5 of the outbox's tables adds: sums that are kept as they change. Only ever read by `schema`."""

from __future__ import annotations

#: A row of sums for each state and reason that there are: its trigger only ever updates.
_STATES = ("prepared", "pending", "submitted", "transferring", "synced", "needs-attention", "withdrawn")
_REASONS = ("publish", "send", "sync", "get")
_SUMS = ", ".join(f"('{state}', '{reason}')" for state in _STATES for reason in _REASONS)
_ADD, _TAKE = (
    f"UPDATE total SET items = items {sign} 1, size_bytes = size_bytes {sign} {row}.size_bytes, "  # noqa: S608
    f"done_bytes = done_bytes {sign} {row}.done_bytes, delayed = delayed {sign} ({row}.next_try_at IS NOT NULL) "
    f"WHERE state = {row}.state AND reason = {row}.reason; "
    for sign, row in (("+", "NEW"), ("-", "OLD"))
)


def _counted(rows: str, reason: str) -> str:
    """Return the statement that writes down the sums of *rows*, groups of one state and *reason*."""
    return (
        "INSERT OR REPLACE INTO total "  # noqa: S608 - constants
        f"SELECT state, {reason}, count(*), sum(size_bytes), sum(done_bytes), count(next_try_at) FROM {rows}"
    )


def _asked_for(name: str) -> str:
    """Return the sum over what is no publish, of the state of a row of `total`."""
    return f"(SELECT sum({name}) FROM total AS asked WHERE asked.state = total.state AND asked.reason <> 'publish')"  # noqa: S608


_WITHOUT_ASKED = ", ".join(
    f"{name} = {name} - {_asked_for(name)}" for name in ("items", "size_bytes", "done_bytes", "delayed")
)
UPGRADE: tuple[str, ...] = (
    # What is asked every second, kept as it changes: no length of the queue costs anything. No index of `item` is
    # made here, and its table not read: with a million rows that would keep everybody waiting.
    """
    CREATE TABLE total (
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        items INTEGER NOT NULL DEFAULT 0,
        size_bytes INTEGER NOT NULL DEFAULT 0,
        done_bytes INTEGER NOT NULL DEFAULT 0,
        delayed INTEGER NOT NULL DEFAULT 0,        -- how many have a next_try_at
        PRIMARY KEY (state, reason)
    ) WITHOUT ROWID
    """,
    f"INSERT INTO total (state, reason) VALUES {_SUMS}",  # noqa: S608 - constants
    # What was asked for is few, and found by an index; the rest of all, which another one tells, was published.
    _counted("item INDEXED BY item_by_state GROUP BY state", "'publish'"),
    _counted("item INDEXED BY item_asked_for WHERE reason <> 'publish' GROUP BY state, reason", "reason"),
    f"UPDATE total SET {_WITHOUT_ASKED} WHERE reason = 'publish'",  # noqa: S608 - constants
    f"CREATE TRIGGER total_grows AFTER INSERT ON item BEGIN {_ADD} END",
    f"CREATE TRIGGER total_shrinks AFTER DELETE ON item BEGIN {_TAKE} END",
    "CREATE TRIGGER total_moves AFTER UPDATE OF state, reason, size_bytes, done_bytes, next_try_at ON item "
    "WHEN OLD.state <> NEW.state OR OLD.reason <> NEW.reason OR OLD.size_bytes <> NEW.size_bytes "
    "OR OLD.done_bytes <> NEW.done_bytes OR (OLD.next_try_at IS NULL) <> (NEW.next_try_at IS NULL) "
    f"BEGIN {_TAKE} {_ADD} END",
    # The ftrack locations that this machine's staging area is: something was published, or fetched, there.
    "CREATE TABLE here (location_id TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO here SELECT location_id FROM item INDEXED BY item_published WHERE reason = 'publish' "
    "UNION SELECT destination_id FROM item INDEXED BY item_fetched WHERE reason = 'get' AND destination_id <> ''",
    "CREATE TRIGGER here_grows AFTER INSERT ON item WHEN NEW.reason IN ('publish', 'get') "
    "BEGIN INSERT INTO here SELECT place.id FROM (SELECT CASE NEW.reason WHEN 'publish' THEN NEW.location_id "
    "ELSE NEW.destination_id END AS id) AS place "
    "WHERE place.id <> '' AND NOT EXISTS (SELECT 1 FROM here WHERE location_id = place.id); END",
)
