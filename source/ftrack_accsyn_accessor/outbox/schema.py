"""The outbox's tables, as numbered upgrades. A file from a newer release is left untouched."""

from __future__ import annotations

import sqlite3

from ftrack_accsyn_accessor import errors

#: Each upgrade takes the file from its index to the next version. Only ever append: files of every version are out there.
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
            attempted_at REAL,               -- seconds since the epoch; when its creation was last begun without an answer
            created_at REAL NOT NULL         -- seconds since the epoch
        )
        """,
        """
        CREATE TABLE entry (
            id INTEGER PRIMARY KEY,
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
            created_at REAL NOT NULL,        -- seconds since the epoch
            updated_at REAL NOT NULL,        -- seconds since the epoch
            UNIQUE (component_id, location_id)
        )
        """,
        # Apart from the entry, so that summaries of 100,000 entries never read the lists of files.
        "CREATE TABLE files (entry INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE, packed BLOB NOT NULL)",
        # Covers what is asked every few seconds, so that a long queue costs no look into the table.
        "CREATE INDEX entry_by_state ON entry (state, next_try_at, created_at, updated_at)",
    ),
)


def upgrade(connection: sqlite3.Connection, path: str) -> None:
    """Bring the file behind *connection* to this release's version, in one transaction.

    Raise `errors.OutboxTooNew` for a file from a newer release, which stays as it is.
    """
    if _version(connection) == len(UPGRADES):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(UPGRADES):
            raise errors.OutboxTooNew(
                "open the outbox",
                path,
                f"it has version {version}, this release knows up to {len(UPGRADES)}",
                "Update the plugin; the file was left untouched.",
            )
        for statements in UPGRADES[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(UPGRADES)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
