"""The outbox's tables, as numbered upgrades. A file from a newer release is left untouched."""

from __future__ import annotations

import sqlite3

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import sums

Upgrades = tuple[tuple[str, ...], ...]
#: The columns of an item that version 3 takes over as they are.
_KEPT = (
    "id, request, reason, server_url, workspace, studio, component_id, component_name, kind, volume, "
    "path, resource_identifier, location_id, location_name, source_party, party, destination_id, "
    "destination_name, username, project_id, project_name, version_id, version_name, doubt, size_bytes, "
    "file_count, state, cause_kind, cause, attempts, next_try_at, owner, job, attempted, sent, "
    "done_bytes, speed_bytes_per_s, left_s, arrived_at, synced_at, stale_at, left_over, contents, "
    "created_at, updated_at"
)
#: Each upgrade takes the file from its index to the next version. Only ever append: every version is out there.
UPGRADES: Upgrades = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE job (
            id INTEGER PRIMARY KEY,
            route TEXT NOT NULL UNIQUE,      -- since version 2 Route.id: workspace, project, source, destination, day
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
    (
        """
        CREATE TABLE request (
            id INTEGER PRIMARY KEY,
            reason TEXT NOT NULL,            -- publish
            username TEXT NOT NULL,          -- ftrack's user who asked
            server_url TEXT NOT NULL,        -- ftrack's
            created_at REAL NOT NULL         -- seconds since the epoch
        )
        """,
        """
        CREATE TABLE item (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a late step must not meet another component
            request INTEGER REFERENCES request (id),
            reason TEXT NOT NULL DEFAULT 'publish',
            server_url TEXT NOT NULL,        -- ftrack's: with the workspace, the studio that it belongs to
            workspace TEXT NOT NULL DEFAULT '',        -- accsyn's code; '' = the first in which it is submitted
            studio TEXT NOT NULL,            -- Studio.key of the two
            component_id TEXT NOT NULL,
            component_name TEXT NOT NULL,
            kind TEXT NOT NULL,
            volume TEXT NOT NULL DEFAULT 'projects',
            path TEXT NOT NULL,              -- in the volume, forward slashes
            resource_identifier TEXT NOT NULL,         -- as ftrack keeps it
            location_id TEXT NOT NULL,       -- the source endpoint in ftrack
            location_name TEXT NOT NULL,
            source_party TEXT NOT NULL DEFAULT '',     -- the source endpoint in accsyn; '' = not submitted yet
            party TEXT NOT NULL DEFAULT '',            -- the destination endpoint in accsyn; '' = not submitted yet
            destination_id TEXT NOT NULL DEFAULT '',   -- ftrack location that stands for it; '' = none
            destination_name TEXT NOT NULL DEFAULT '',
            username TEXT NOT NULL,
            project_id TEXT NOT NULL,
            project_name TEXT NOT NULL,
            version_id TEXT NOT NULL,
            version_name TEXT NOT NULL,
            doubt TEXT NOT NULL DEFAULT '',  -- what was wrong with it when it was published
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
            sent TEXT NOT NULL DEFAULT '',   -- JSON of item.Sent
            done_bytes INTEGER NOT NULL DEFAULT 0,     -- transferred, of size_bytes
            speed_bytes_per_s REAL,          -- NULL while it does not move
            left_s REAL,                     -- seconds; NULL while it does not move
            arrived_at REAL,                 -- seconds since the epoch; its arrival was proven
            synced_at REAL,                  -- seconds since the epoch; available at the destination
            stale_at TEXT NOT NULL DEFAULT '',         -- ftrack location that still has it with older content
            left_over TEXT NOT NULL DEFAULT '',        -- what of an older content stays at the destination
            contents INTEGER NOT NULL DEFAULT 1,       -- how often it was published
            created_at REAL NOT NULL,        -- seconds since the epoch
            updated_at REAL NOT NULL,        -- seconds since the epoch
            UNIQUE (component_id, location_id)
        )
        """,
        "INSERT INTO item (id, server_url, studio, component_id, component_name, kind, path, resource_identifier, "
        "location_id, location_name, party, destination_id, destination_name, username, project_id, project_name, "
        "version_id, version_name, size_bytes, file_count, state, cause_kind, cause, attempts, next_try_at, owner, "
        "job, attempted, done_bytes, speed_bytes_per_s, left_s, arrived_at, synced_at, created_at, updated_at) "
        "SELECT entry.id, server_url, lower(rtrim(server_url, '/')) || ' ', component_id, component_name, kind, "
        # What is no UTF-8 is kept as a blob, of which `replace` would make text that nobody can read.
        "CASE typeof(resource_identifier) WHEN 'blob' THEN resource_identifier "
        "ELSE replace(resource_identifier, '\\', '/') END, resource_identifier, location_id, "
        "location_name, coalesce(job.party, ''), coalesce(job.destination_id, ''), coalesce(job.destination_name, ''), "
        "username, project_id, project_name, version_id, version_name, size_bytes, file_count, state, cause_kind, "
        "cause, attempts, next_try_at, owner, job, attempted, done_bytes, entry.speed_bytes_per_s, entry.left_s, "
        "arrived_at, synced_at, entry.created_at, entry.updated_at FROM entry LEFT JOIN job ON job.id = entry.job",
        "CREATE TABLE item_files "
        "(item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE, packed BLOB NOT NULL)",
        "INSERT INTO item_files SELECT entry, packed FROM files",
        "DROP TABLE files",
        "DROP TABLE entry",
        "ALTER TABLE item_files RENAME TO files",
        # Covers what is asked every few seconds, so that a long queue costs no look into the table.
        "CREATE INDEX item_by_state ON item "
        "(state, next_try_at, created_at, updated_at, size_bytes, done_bytes, cause_kind)",
        "CREATE INDEX item_by_studio ON item (studio, state, next_try_at, created_at, updated_at, cause_kind)",
        # Finds the items of a sync job that are still on their way, however many went with it before.
        "CREATE INDEX item_by_job ON item (job, state)",
        # Finds what goes to, or has, one path: the volume is nearly always the same.
        "CREATE INDEX item_by_path ON item (path)",
        "CREATE INDEX item_stale ON item (stale_at) WHERE stale_at <> ''",
        "ALTER TABLE job ADD COLUMN server_url TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE job ADD COLUMN workspace TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE job ADD COLUMN studio TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE job ADD COLUMN source_party TEXT NOT NULL DEFAULT ''",
        "UPDATE job SET route = '/' || route, "
        "server_url = coalesce((SELECT server_url FROM item WHERE item.job = job.id LIMIT 1), ''), "
        "studio = coalesce((SELECT studio FROM item WHERE item.job = job.id LIMIT 1), '')",
    ),
    (
        "ALTER TABLE request ADD COLUMN token TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN workspace TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN studio TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN user_id TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN words TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN queue TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN priority INTEGER",
        "ALTER TABLE request ADD COLUMN ftrack_job TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN noted TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE request ADD COLUMN ended_at REAL",
        "ALTER TABLE request ADD COLUMN cancelled_at REAL",
        "ALTER TABLE job ADD COLUMN reason TEXT NOT NULL DEFAULT 'publish'",
        "CREATE UNIQUE INDEX request_by_token ON request (token) WHERE token <> ''",
        "CREATE INDEX request_open ON request (reason) WHERE ended_at IS NULL",
        # Find the few requests that are no publishes, or were cancelled, among however many there are.
        "CREATE INDEX request_asked ON request (id) WHERE reason <> 'publish'",
        "CREATE INDEX request_cancelled ON request (id) WHERE cancelled_at IS NOT NULL",
        "ALTER TABLE item RENAME TO item_before",
        """
        CREATE TABLE item (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a late step must not meet another component
            request INTEGER REFERENCES request (id),
            reason TEXT NOT NULL DEFAULT 'publish',    -- publish, send, sync or get
            server_url TEXT NOT NULL,        -- ftrack's: with the workspace, the studio that it belongs to
            workspace TEXT NOT NULL DEFAULT '',        -- accsyn's code; '' = the first in which it is submitted
            studio TEXT NOT NULL,            -- Studio.key of the two
            component_id TEXT NOT NULL,
            component_name TEXT NOT NULL,
            kind TEXT NOT NULL,
            volume TEXT NOT NULL DEFAULT 'projects',
            path TEXT NOT NULL,              -- in the volume, forward slashes
            resource_identifier TEXT NOT NULL,         -- as ftrack keeps it
            location_id TEXT NOT NULL,       -- the source endpoint in ftrack
            location_name TEXT NOT NULL,
            source_party TEXT NOT NULL DEFAULT '',     -- the source endpoint in accsyn; '' = not submitted yet
            party TEXT NOT NULL DEFAULT '',            -- the destination endpoint in accsyn; '' = not submitted yet
            destination_id TEXT NOT NULL DEFAULT '',   -- ftrack location that stands for it; '' = none
            destination_name TEXT NOT NULL DEFAULT '',
            username TEXT NOT NULL,
            project_id TEXT NOT NULL,
            project_name TEXT NOT NULL,
            version_id TEXT NOT NULL,
            version_name TEXT NOT NULL,
            doubt TEXT NOT NULL DEFAULT '',  -- what was wrong with it when it was published
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
            sent TEXT NOT NULL DEFAULT '',   -- JSON of item.Sent
            done_bytes INTEGER NOT NULL DEFAULT 0,     -- transferred, of size_bytes
            speed_bytes_per_s REAL,          -- NULL while it does not move
            left_s REAL,                     -- seconds; NULL while it does not move
            arrived_at REAL,                 -- seconds since the epoch; its arrival was proven
            synced_at REAL,                  -- seconds since the epoch; available at the destination
            stale_at TEXT NOT NULL DEFAULT '',         -- ftrack location that still has it with older content
            left_over TEXT NOT NULL DEFAULT '',        -- what of an older content stays at the destination
            contents INTEGER NOT NULL DEFAULT 1,       -- how often it was published
            created_at REAL NOT NULL,        -- seconds since the epoch
            updated_at REAL NOT NULL,        -- seconds since the epoch
            identifier TEXT NOT NULL DEFAULT '',       -- what the destination keeps of it in ftrack; '' = as the source
            copied_from TEXT NOT NULL DEFAULT ''       -- ftrack location whose content it has; '' = maybe newer
        )
        """,
        f"INSERT INTO item ({_KEPT}) SELECT {_KEPT} FROM item_before",  # noqa: S608 - constants
        # An id of a row that is gone must not be given again either.
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'item', 0 WHERE NOT EXISTS "
        "(SELECT 1 FROM sqlite_sequence WHERE name = 'item')",
        "UPDATE sqlite_sequence SET seq = max(seq, coalesce("
        "(SELECT seq FROM sqlite_sequence WHERE name = 'item_before'), 0)) WHERE name = 'item'",
        "CREATE TABLE item_files "
        "(item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE, packed BLOB NOT NULL)",
        "INSERT INTO item_files SELECT item, packed FROM files",
        "DROP TABLE files",
        "DROP TABLE item_before",
        "ALTER TABLE item_files RENAME TO files",
        # What is published into a location is there once; what is asked for may go to several places.
        "CREATE UNIQUE INDEX item_published ON item (component_id, location_id) WHERE reason = 'publish'",
        "CREATE INDEX item_by_state ON item "
        "(state, next_try_at, created_at, updated_at, size_bytes, done_bytes, cause_kind)",
        "CREATE INDEX item_by_studio ON item (studio, state, next_try_at, created_at, updated_at, cause_kind)",
        "CREATE INDEX item_by_job ON item (job, state)",
        "CREATE INDEX item_by_path ON item (path)",
        "CREATE INDEX item_by_component ON item (component_id)",
        "CREATE INDEX item_by_request ON item (request, state)",
        # Case does not tell two paths apart on every storage.
        "CREATE INDEX item_asked_for ON item (path COLLATE NOCASE) WHERE reason <> 'publish'",
        "CREATE INDEX item_fetched ON item (state) WHERE reason = 'get'",
        "CREATE INDEX item_stale ON item (stale_at) WHERE stale_at <> ''",
        # A request whose end was told is open again as soon as anything of it moves, by whatever step.
        "CREATE TRIGGER request_reopens AFTER UPDATE OF state ON item "
        "WHEN NEW.reason <> 'publish' AND OLD.state IN ('needs-attention', 'withdrawn') "
        "AND NEW.state IN ('pending', 'submitted', 'transferring', 'synced') "
        "BEGIN UPDATE request SET ended_at = NULL WHERE id = NEW.request AND ended_at IS NOT NULL; END",
    ),
    (
        # Names between the project and the asset, from the top, with slashes: sq010/sh010. '' = not known.
        "ALTER TABLE item ADD COLUMN context TEXT NOT NULL DEFAULT ''",
        # That of its tasks in accsyn, where somebody has said one; NULL = accsyn's own.
        "ALTER TABLE item ADD COLUMN priority INTEGER",
        "UPDATE item SET priority = (SELECT priority FROM request WHERE request.id = item.request) "
        "WHERE reason <> 'publish'",
        # That which its tasks have in accsyn, as far as that is known.
        "ALTER TABLE item ADD COLUMN priority_told INTEGER",
        # Finds the few of which accsyn is still to be told.
        "CREATE INDEX item_untold ON item (state) WHERE priority IS NOT NULL AND priority IS NOT priority_told",
        # As before, with the priority, by which what is due comes first.
        "DROP INDEX item_by_state",
        "CREATE INDEX item_by_state ON item "
        "(state, next_try_at, created_at, updated_at, size_bytes, done_bytes, cause_kind, priority)",
        "DROP INDEX item_by_studio",
        "CREATE INDEX item_by_studio ON item "
        "(studio, state, next_try_at, created_at, updated_at, cause_kind, priority)",
        """
        CREATE TABLE past (
            item INTEGER PRIMARY KEY,        -- the id that it had
            ended TEXT NOT NULL,             -- freed or forgotten
            ended_at REAL NOT NULL,          -- seconds since the epoch
            ended_by TEXT NOT NULL,          -- who has forgotten it; '' = nobody
            studio TEXT NOT NULL,
            component_id TEXT NOT NULL,
            path TEXT NOT NULL,
            known TEXT NOT NULL,             -- JSON of the columns of its row that were not empty
            files BLOB,                      -- packed, of a forgotten one whose staged files are still its own
            job INTEGER                      -- which may have tasks of it that are to be excluded; NULL = none
        )
        """,
        "CREATE INDEX past_by_component ON past (component_id)",
        "CREATE INDEX past_by_path ON past (path)",
        "CREATE INDEX past_by_time ON past (ended, ended_at)",
        "CREATE INDEX past_forgotten ON past (component_id) WHERE files IS NOT NULL",
        "CREATE INDEX past_excluding ON past (studio) WHERE job IS NOT NULL",
    ),
    sums.UPGRADE,
)


def require_known(connection: sqlite3.Connection, path: str, upgrades: Upgrades = UPGRADES) -> int:
    """Return the version of the file behind *connection*; raise `errors.OutboxTooNew` if a newer release wrote it."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(upgrades):
        raise errors.OutboxTooNew(
            "open the outbox",
            path,
            f"it has version {version}, this release knows up to {len(upgrades)}",
            "Update the plugin; the file was left untouched.",
        )
    return version


def upgrade(connection: sqlite3.Connection, path: str, upgrades: Upgrades = UPGRADES) -> None:
    """Bring the file behind *connection* to this release's version, in one transaction.

    Raise `errors.OutboxTooNew` for a file from a newer release, which stays as it is.
    """
    if require_known(connection, path, upgrades) == len(upgrades):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in upgrades[require_known(connection, path, upgrades) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(upgrades)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
