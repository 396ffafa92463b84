"""Makes the outboxes in this folder, with the code of release 1.0.0 (commit 0c88965) in a checkout that is given.

python make.py <checkout of 0c88965> [folder]

Two locations of one staging area, as two artists leave them behind: every state, jobs that were created, and one whose
creation was not answered.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any, Optional

sys.path.insert(0, str(Path(sys.argv[1]) / "source"))

from ftrack_accsyn_accessor.entry import NOT_BY_ITSELF, Kind, Progress, Publication, StagedFile, State, Trouble
from ftrack_accsyn_accessor.transfer import Destination, Route

from ftrack_accsyn_accessor import errors, facts  # type: ignore[attr-defined]
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.tracking import Change

SERVER = "https://acme.ftrackapp.test"
HQ = Destination("acme", "hq-id", "studio.hq")
NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.timezone.utc).timestamp()


class Maker:
    """One location's outbox, on a clock that ticks with every component."""

    def __init__(self, folder: Path, user: str, host: str = "ws1") -> None:
        self.user, self.location = user, f"{user}.{host}"
        self.now = NOON
        path = folder / f"{self.location}.sqlite3"
        path.unlink(missing_ok=True)
        self.outbox = Outbox(path, lambda: self.now)
        self.outbox.open()
        self.by_name: dict[str, str] = {}
        facts.keep(self.outbox, facts.Place(self.location, "/data/projects", "11111111-2222-4333-8444-555555555555"))

    def prepare(self, name: str, kind: Kind = Kind.FILE, count: int = 1, project: str = "show_a") -> str:
        """Write a component as prepared; return its id."""
        self.now += 1.0
        folder = f"{project}/sq010/{self.user}"
        identifier, paths = f"{folder}/{name}.mov", [f"{folder}/{name}.mov"]
        if kind is Kind.SEQUENCE:
            identifier = f"{folder}/{name}.%04d.exr"
            frames = [*range(1001, 1001 + count), 1050]
            paths = [f"{folder}/{name}.{frame}.exr" for frame in frames]
        elif kind is Kind.CONTAINER:
            identifier, paths = f"{folder}/{name}", [f"{folder}/{name}/{number}.txt" for number in range(count)]
        component = f"{self.user}-{name.encode('ascii', 'replace').decode()}"
        files = tuple(StagedFile(path, 100 + number, 10**18 + number) for number, path in enumerate(paths))
        publication = Publication(
            component_id=component,
            component_name=name,
            kind=kind,
            resource_identifier=identifier,
            location_id=f"{self.user}-location",
            location_name=self.location,
            server_url=SERVER,
            username=self.user,
            project_id=f"{project}-id",
            project_name=project,
            version_id=f"{project}-version",
            version_name="plate v001",
            files=files,
        )
        self.outbox.prepare([publication], f"{self.user}-process")
        return component

    def pending(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Publish a component; return its entry."""
        component = self.prepare(name, *arguments, **named)
        self.outbox.activate([component], f"{self.user}-location")
        return self.entry(component)

    def entry(self, component: str) -> Any:
        (found,) = [each for each in self.outbox.entries() if each.publication.component_id == component]
        return found

    def job(self, project: str, accsyn_id: str = "", day: int = 20) -> Any:
        """Write the job of a project and day, as created or as asked for."""
        route = Route(
            f"{project}-id",
            project,
            f"{self.user}-location",
            self.location,
            "client0123456789abcdefgh",
            "projects",
            HQ,
            datetime.date(2026, 11, day),
        )
        row = self.outbox.job(route.key(0), route.key(0), route.name, HQ)
        self.outbox.job_attempted(row)
        return self.outbox.job_found(row, accsyn_id) if accsyn_id else self.outbox.job_by_id(row.id)

    def submitted(self, job: Any, name: str, *arguments: Any, **named: Any) -> Any:
        entry = self.pending(name, *arguments, **named)
        self.outbox.attempt([entry], job)
        self.outbox.submitted([self.entry(entry.publication.component_id)], job)
        return self.entry(entry.publication.component_id)

    def change(self, entry: Any, state: State, kind: str = "", cause: str = "", **named: Any) -> None:
        size = entry.publication.size_bytes
        done = size if named.get("arrived") else size // 2
        self.outbox.tracking.record([Change(entry, state, Progress(done, size, 7.5, 9.5), kind, cause, **named)])

    def close(self, meta: Optional[dict[str, Any]] = None) -> None:
        """Keep facts, and leave one file behind, without a journal."""
        for name, value in (meta or {}).items():
            self.outbox.keep_fact(name, json.dumps(value) if not isinstance(value, str) else value)
        self.outbox.close()
        connection = sqlite3.connect(self.outbox.path)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def make_artist(folder: Path) -> None:
    """Every state, in an outbox that has been there from the beginning, paused, with pins."""
    made = Maker(folder, "artist")
    today, asked = made.job("show_a", "jobtoday0123456789abcdef"), made.job("show_b")
    yesterday = made.job("show_a", "jobyesterday0123456789ab", day=19)
    made.prepare("prepared")
    made.prepare("prepared_frames", Kind.SEQUENCE, 3)
    made.pending("pending")
    delayed = made.pending("delayed", Kind.CONTAINER, 2)
    made.outbox.delay([delayed], errors.Unreachable("connect to accsyn", outcome="no route"), made.now + 60)
    attempted = made.pending("attempted", project="show_b")
    made.outbox.attempt([attempted], asked)
    made.outbox.attempt([made.pending("attempted_frames", Kind.SEQUENCE, 4)], today)
    made.submitted(today, "submitted")
    made.submitted(today, "submitted_pack", Kind.CONTAINER, 3)
    made.change(made.submitted(today, "transferring", Kind.SEQUENCE, 20), State.TRANSFERRING)
    made.change(made.submitted(today, "arrived"), State.TRANSFERRING, arrived=True)
    for name, kind in (("synced", Kind.FILE), ("synced_frames", Kind.SEQUENCE), ("synced_pack", Kind.CONTAINER)):
        made.change(made.submitted(yesterday, name, kind, 2), State.TRANSFERRING, arrived=True)
        made.outbox.tracking.synced([made.entry(f"artist-{name}")])
    for trouble in (Trouble.FAILED, Trouble.ON_HOLD, Trouble.TASK_MISSING, Trouble.JOB_GONE, Trouble.SIZE_DIFFERS):
        entry = made.submitted(today, trouble.value)
        made.change(entry, State.NEEDS_ATTENTION, trouble.value, f"It is {trouble.value}.", next_try_at=NOT_BY_ITSELF)
    changed = errors.FileChanged("send the files as published", "plate", "1 of 1 file missing", "Publish it again.")
    made.outbox.needs_attention([made.pending("changed")], changed, NOT_BY_ITSELF)
    refused = errors.Refused("add tasks", "show_a", "no such share", "Ask an admin.")
    made.outbox.needs_attention([made.pending("refused", Kind.SEQUENCE, 2)], refused, made.now + 600)
    made.pending("no_utf8_\udcff")
    made.outbox.tracking.saw_job(today.id, "paused", 12.5, 30.0)
    made.outbox.tracking.round_begun(today.id, "ftrack-job-id")
    endpoint = facts.Endpoint(
        "acme", "artist@acme.test", "client0123456789abcdefgh", "ws1", "online", NOON, "acme", "studio.hq"
    )
    facts.keep(made.outbox, endpoint)
    facts.keep(made.outbox, facts.Contact(at=NOON))
    meta = {
        "complete": "1",
        "paused": {"by": "artist", "at": NOON},
        "paused-jobs": [today.id],
        "pins": ["artist-synced", "show_a/sq010/keep"],
    }
    made.close(meta)


def make_vendor(folder: Path) -> None:
    """A second user of the machine, whose outbox came later and never reached accsyn but once."""
    made = Maker(folder, "vendor")
    job = made.job("show_a", "jobvendor0123456789abcde")
    made.submitted(job, "submitted")
    made.pending("pending", Kind.SEQUENCE, 2)
    made.prepare("prepared")
    made.close({"pins": ["vendor-submitted"], "paused-jobs": [job.id]})


if __name__ == "__main__":
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent
    make_artist(target)
    make_vendor(target)
