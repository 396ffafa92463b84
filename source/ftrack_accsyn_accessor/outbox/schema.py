"""The outbox's tables, as numbered upgrades. A file from a newer release is left untouched."""

from __future__ import annotations

import sqlite3

from ftrack_accsyn_accessor.model import errors

#: Each upgrade takes the file from its index to the next version. Only ever append: every version is out there.
UPGRADES: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE job (
            id INTEGER PRIMARY KEY,
            route TEXT NOT NULL UNIQUE,      -- Route.key(0): project, source, destination, day
            key TEXT NOT NULL,               -- Route.key(generation), in the metadata of the accsyn job
            generation INTEGER NOT NULL,
            name TEXT NOT NULL,
            accsyn_id TEXT NOT NULL,         -- '' until accsyn has answered
            attempted_at REAL,               -- seconds since the epoch; creation begun, not answered
            party TEXT NOT NULL DEFAULT '',            -- accsyn's party that the files go to
            destination_id TEXT NOT NULL DEFAULT '',   -- ftrack location that stands for it; '' = none
            destination_name TEXT NOT NULL DEFAULT '',
            status TEXT NOT NULL DEFAULT '',           -- in accsyn's words, or archived, deleted; '' = not seen
            speed_bytes_per_s REAL,          -- NULL while nothing moves
            left_s REAL,                     -- seconds; NULL while nothing moves
            polled_at REAL,                  -- seconds since the epoch, within half a minute
            round_at REAL,                   -- seconds since the epoch; when what moves now began to; NULL = never
            ftrack_job TEXT NOT NULL DEFAULT '',       -- id of the ftrack Job that shows the round; '' = none
            round_status TEXT NOT NULL DEFAULT '',     -- running until all is through, then done or failed
            noted TEXT NOT NULL DEFAULT '',            -- what the publisher was told last
            created_at REAL NOT NULL         -- seconds since the epoch
        )
        """,
        """
        CREATE TABLE entry (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a late step must not meet another component
            component_id TEXT NOT NULL,
            component_name TEXT NOT NULL,
            kind TEXT NOT NULL,
            resource_identifier TEXT NOT NULL,
            location_id TEXT NOT NULL,
            location_name TEXT NOT NULL,
            server_url TEXT NOT NULL,
            username TEXT NOT NULL,
            project_id TEXT NOT NULL,
            project_name TEXT NOT NULL,
            version_id TEXT NOT NULL,
            version_name TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            file_count INTEGER NOT NULL,
            state TEXT NOT NULL,
            cause_kind TEXT NOT NULL DEFAULT '',
            cause TEXT NOT NULL DEFAULT '',
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_at REAL,                -- seconds since the epoch; NULL = at once
            owner TEXT NOT NULL DEFAULT '',  -- token of the process that prepares it
            job INTEGER REFERENCES job (id),
            attempted INTEGER NOT NULL DEFAULT 0,
            done_bytes INTEGER NOT NULL DEFAULT 0,     -- transferred, of size_bytes
            speed_bytes_per_s REAL,          -- NULL while it does not move
            left_s REAL,                     -- seconds; NULL while it does not move
            arrived_at REAL,                 -- seconds since the epoch; accsyn had reported all its tasks done
            synced_at REAL,                  -- seconds since the epoch; available at the destination
            created_at REAL NOT NULL,        -- seconds since the epoch
            updated_at REAL NOT NULL,        -- seconds since the epoch
            UNIQUE (component_id, location_id)
        )
        """,
        # Apart from the entry, so that summaries of 100,000 entries never read the lists of files.
        "CREATE TABLE files (entry INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE, packed BLOB NOT NULL)",
        # Covers what is asked every few seconds, so that a long queue costs no look into the table.
        "CREATE INDEX entry_by_state ON entry "
        "(state, next_try_at, created_at, updated_at, size_bytes, done_bytes, cause_kind)",
        # Finds the entries of a sync job that are still on their way, however many went with it before.
        "CREATE INDEX entry_by_job ON entry (job, state)",
    ),
)


def require_known(connection: sqlite3.Connection, path: str) -> int:
    """Return the version of the file behind *connection*; raise `errors.OutboxTooNew` if a newer release wrote it."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(UPGRADES):
        raise errors.OutboxTooNew(
            "open the outbox",
            path,
            f"it has version {version}, this release knows up to {len(UPGRADES)}",
            "Update the plugin; the file was left untouched.",
        )
    return version


def upgrade(connection: sqlite3.Connection, path: str) -> None:
    """Bring the file behind *connection* to this release's version, in one transaction.

    Raise `errors.OutboxTooNew` for a file from a newer release, which stays as it is.
    """
    if require_known(connection, path) == len(UPGRADES):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in UPGRADES[require_known(connection, path) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(UPGRADES)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
