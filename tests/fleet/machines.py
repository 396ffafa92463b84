"""Machines of a studio whose time is moved by hand: the plugin's real worker on each, from the outbox to the services.

Only the two places where a request would leave the machine lead to this process's own accsyn and ftrack.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import shutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest

from fleet.accsyn import HOST, LOCATION, Accsyn, Line, Time
from ftrack_accsyn_accessor import machine as this_machine
from ftrack_accsyn_accessor.ftrack import connection, job, request_job
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors, settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, StagedFile, State
from ftrack_accsyn_accessor.outbox import Outbox, attention, client_memory
from ftrack_accsyn_accessor.outbox.leadership import Sign
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.carrier import Carrier
from ftrack_accsyn_accessor.worker.worker import IDLE_S, START_S, Worker
from ftrack_accsyn_accessor.workspace import transport
from ftrack_accsyn_sandbox.ftrack import demo
from ftrack_accsyn_sandbox.ftrack.access import Caller
from ftrack_accsyn_sandbox.ftrack.api import Api
from ftrack_accsyn_sandbox.ftrack.store import Store

SERVER = "https://fleet.ftrackapp.test"
#: What ftrack's Jobs show is no question to accsyn, and takes most of the time.
SHOWN_S = 600.0


class Ftrack:
    """The sandbox's ftrack, asked in this process. *away* while it cannot be reached."""

    def __init__(self) -> None:
        self.store = Store()
        demo.prepare(self.store)
        self.ids = demo.build(self.store)
        self.api = Api(self.store, {})
        self.away = False
        self.calls = 0
        user = self.store.find("User", username="artist")[0]
        self._caller = Caller(user["id"])
        asset = self.store.create(
            "Asset",
            name="plate",
            context_id=self.ids["show_a/sq010/sh010"],
            type_id=self.ids["asset_type:Render"],
        )
        version = self.store.create("AssetVersion", asset_id=asset["id"], status_id=self.ids["status:In progress"])
        self.version_id = str(version["id"])
        LOCATION["id"] = self.ids["studio.hq"]

    def call(self, operations: list[dict[str, Any]]) -> Any:
        if self.away:
            raise ConnectionError("connection refused")
        self.calls += 1
        return connection._plain(json.dumps(self.api.call(operations, self._caller), default=str))

    def close(self) -> None:
        """Nothing is open."""


@dataclasses.dataclass
class Seen:
    """When components were seen to have arrived, by the paths of their files."""

    at: dict[str, float] = dataclasses.field(default_factory=dict)


class Watched(Carrier):
    """Remembers what the worker did at its last turn."""

    def begin(self) -> None:
        self.tracked_s: Optional[float] = None
        self.sent = False

    def track(self) -> Optional[float]:
        self.tracked_s = super().track()
        return self.tracked_s

    def submit(self, items: list[Item]) -> Optional[errors.AccsynAccessorError]:
        self.sent = True
        return super().submit(items)


class Machine:
    """An artist's machine: staging area, outbox and worker. `begin` is the plugin's start in an application.

    Its outbox begins as that of *twin*, to which nothing has happened yet.
    """

    def __init__(
        self,
        number: int,
        folder: Path,
        time: Time,
        accsyn: Accsyn,
        ftrack: Ftrack,
        seen: Seen,
        twin: Optional[Machine] = None,
    ) -> None:
        self.number = number
        self.time, self.accsyn, self.ftrack, self.seen = time, accsyn, ftrack, seen
        self.user = f"artist{number:03d}@acme.test"
        accsyn.add_user(self.user)
        self.area = StagingArea(str(folder))
        self.area.prepare()
        self.state = Path(self.area.state_dir)
        self.location = ftrack.store.create("Location", name=f"{self.user}.{HOST}")
        if twin is not None:  # as empty as its own, and in a tenth of the time
            shutil.copyfile(twin.host.path, self.state / "outbox.sqlite3")
        self.host = Outbox(self.state / "outbox.sqlite3", time)
        self.host.open()
        self.host.keep_fact("complete", "1")
        self.host.close()
        self.owner = OwnerLock(self.state / "owners")
        self.lock = ProcessLock(self.state / "outbox.lock")
        self.worker: Optional[Worker] = None
        self.published: dict[str, float] = {}
        self._own: Optional[Outbox] = None
        self._carrier: Optional[Watched] = None

    def begin(self) -> float:
        """Start the worker; return the seconds until its first look."""
        self.end()
        self._own = Outbox(self.state / "outbox.sqlite3", self.time)
        variables = {
            "ACCSYN_PROJECTS_PATH": self.area.root,
            "ACCSYN_WORKSPACE": "acme",
            "ACCSYN_API_USER": self.user,
            "ACCSYN_API_KEY": "key",
        }
        current = settings.read(variables)
        self._carrier = Watched(
            self._own,
            self.area,
            self.state / "owners",
            lambda: current,
            lambda: Registrations(FtrackCredentials(SERVER, "artist", "key")),
            lambda: SERVER,
            clock=self.time,
            monotonic=self.time,
        )
        self.worker = Worker(self._own, self.area, self.lock, self._carrier, self.time, self.time)
        return START_S

    def end(self) -> None:
        """End the worker as the end of its process does, but for what it would still send."""
        if self._carrier is not None:
            self._carrier.close()
            self.lock.release()
        if self._own is not None:
            self._own.close()
        self.worker = self._carrier = self._own = None

    def step(self) -> Optional[float]:
        """Let the worker do what is due; return the seconds until it is to be asked again, None for not by itself.

        It looks into the outbox every two seconds. As nobody else writes there, those looks are left out before which
        nothing is due.
        """
        assert self.worker is not None
        assert self._carrier is not None
        self._carrier.begin()
        wait_s = max(0.05, self.worker.run_once())
        if wait_s < IDLE_S or self._carrier.sent:
            return wait_s
        rest_s = self._rest_s(self.worker, self._carrier.tracked_s)
        return max(wait_s, rest_s) if rest_s or not self.is_idle() else None

    def _rest_s(self, worker: Worker, tracked_s: Optional[float]) -> float:
        """Return the seconds until anything is due, 0 where nothing is that has a time."""
        work, outages, now = worker._work, worker._outages, self.time.now
        following_s = outages.following_s(now) or tracked_s
        due_s = [
            following_s if work.live else None,
            outages.sending_s(now) if work.due else None,
            work.next_try_at - now if work.next_try_at is not None else None,
        ]
        return max(worker._turn.left_s(), min(filter(None, due_s), default=0.0))

    def is_idle(self) -> bool:
        """Whether all that was published is seen to have arrived."""
        return all(path in self.seen.at for path in self.published)

    def publish(self, name: str, takes_s: float) -> str:
        """Publish a file that accsyn needs *takes_s* seconds for; return the id of its component."""
        path = f"show_a/{self.number:03d}/{name}.mov"
        full = Path(self.area.root, path)
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(b"x" * 1000)
        os.utime(full, (self.time.now, self.time.now))
        store = self.ftrack.store
        component = store.create("FileComponent", name=name, version_id=self.ftrack.version_id, size=1000)
        staged = {"component_id": component["id"], "location_id": self.location["id"], "resource_identifier": path}
        store.create("ComponentLocation", **staged)
        publication = Publication(
            component_id=component["id"],
            component_name=name,
            kind=Kind.FILE,
            resource_identifier=path,
            location_id=self.location["id"],
            location_name=self.location["name"],
            server_url=SERVER,
            username="artist",
            project_id=self.ftrack.ids["show_a"],
            project_name="show_a",
            version_id=self.ftrack.version_id,
            version_name="plate v001",
            files=(StagedFile(path, *self.area.stat_file(path)),),
        )
        self.accsyn.durations_s[path] = takes_s
        self.host.prepare([publication], self.owner.hold())
        self.host.activate([publication.component_id], self.location["id"])
        self.host.close()
        self.published[path] = self.time.now
        if self.worker is not None:
            self.worker._outages.end_early()  # what `wake` does beside waking the thread
        return str(component["id"])

    def look(self) -> None:
        """Somebody has the tab open."""
        attention.give(self.host.path)
        os.utime(attention.path_of(self.host.path), (self.time.now, self.time.now))

    def items(self) -> list[Item]:
        found = list(self.host.items())
        self.host.close()
        return found

    def lost(self) -> list[str]:
        """Return what has not arrived, or is not shown to be where it is."""
        there = {
            row["resource_identifier"]
            for row in self.ftrack.store.find("ComponentLocation", location_id=LOCATION["id"])
        }
        synced = {item.publication.path for item in self.items() if item.state is State.SYNCED}
        return [path for path in self.published if path not in there or path not in synced]

    def close(self) -> None:
        self.end()
        self.owner.release()
        self.host.close()


@contextlib.contextmanager
def services(time: Time, accsyn: Accsyn, ftrack: Ftrack, seed: int) -> Iterator[Seen]:
    """Let all that would leave this process lead to *accsyn* and *ftrack*, and chance be that of *seed*."""
    seen = Seen()

    def line(self: transport.Transport) -> Line:
        if self._http is None:
            self._http = Line(accsyn)  # type: ignore[assignment]
        return self._http  # type: ignore[return-value]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport.Transport, "_connection", line)
        patch.setattr(transport, "time", types.SimpleNamespace(time=time, monotonic=time))
        patch.setattr(connection.FtrackConnection, "_open", lambda self: ftrack)
        patch.setattr(this_machine, "names", lambda: [HOST])
        patch.setattr(client_memory, "keep", lambda *ignored: None)  # one file for the account of all machines here
        patch.setattr(Sign, "_start", lambda self: None)  # a thread each, on the clock of the wall
        patch.setattr(Notices, "_start", lambda self: None)
        patch.setattr(
            Notices, "component_synced", lambda self, item: seen.at.setdefault(item.publication.path, time.now)
        )
        for module in (job, request_job):
            patch.setattr(module, "UPDATE_S", SHOWN_S)
        random.seed(seed)
        yield seen
