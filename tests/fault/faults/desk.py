"""An artist's machine without a thread: the real uploader, run step by step, on a clock that moves when told to."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.ftrack.registrations import FtrackCredentials, Registrations
from ftrack_accsyn_accessor.model import settings, transfer
from ftrack_accsyn_accessor.model.entry import Entry, Kind, Publication, StagedFile, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.delivery import Delivery
from ftrack_accsyn_accessor.worker.uploader import Uploader
from ftrack_accsyn_sandbox.studio import Studio

WAITING = (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION)
LOCATION_NAME = "artist.desk"


class Clock:
    """Seconds since the epoch, from noon of today: no trial of an hour or two meets midnight."""

    def __init__(self) -> None:
        self.now = datetime.datetime.now().replace(hour=12, minute=0, second=0, microsecond=0).timestamp()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Desk:
    """One staging location, its outbox and its uploader. `publish_*` do what a publish leaves behind."""

    def __init__(self, studio: Studio, **environment: str) -> None:
        self.studio = studio
        self.clock = Clock()
        self.environment = {**studio.environment(), **environment}
        self.area = StagingArea(str(studio.staging))
        self.area.prepare()
        self.location = studio.ftrack.store.create("Location", name=LOCATION_NAME)
        self._versions: dict[str, str] = {}
        self.published: dict[str, Publication] = {}
        self._asked: list[tuple[float, int]] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew with what is on disk, as the next process does."""
        if hasattr(self, "uploader"):
            self.close()
        folder = Path(self.area.state_dir)
        # Two, as the host's thread has a connection of its own: that is how the uploader notices what it writes.
        self.outbox, own = (Outbox(folder / f"{LOCATION_NAME}.sqlite3", self.clock) for _ in range(2))
        self.owner = OwnerLock(folder / "owners")
        self.delivery = Delivery(
            own,
            self.area,
            folder / "owners",
            self.read_settings,
            self._registrations,
            server_url=lambda: self.studio.ftrack.url,
            clock=self.clock,
            monotonic=self.clock,
        )
        lock = ProcessLock(folder / f"{LOCATION_NAME}.lock")
        self.uploader = Uploader(own, self.area, lock, self.delivery, self.clock, self.clock)
        self._lock, self._own = lock, own

    def close(self) -> None:
        """Give everything back."""
        self.delivery.close()
        self._lock.release()
        self.owner.release()
        self.outbox.close()
        self._own.close()

    def read_settings(self) -> settings.Settings:
        return settings.read(self.environment)

    def _registrations(self) -> Registrations:
        person = self.studio.artist
        return Registrations(FtrackCredentials(self.studio.ftrack.url, person.ftrack_user, person.ftrack_key))

    # Publishing.

    def _version(self, project: str) -> str:
        """Return the id of the version "plate v001" of a project's first shot."""
        if project not in self._versions:
            store, ids = self.studio.ftrack.store, self.studio.ids
            asset = store.create(
                "Asset",
                name="plate",
                context_id=ids[f"{project}/sq010/sh010"],
                type_id=ids["asset_type:Render"],
            )
            version = store.create("AssetVersion", asset_id=asset["id"], status_id=ids["status:In progress"])
            self._versions[project] = version["id"]
        return self._versions[project]

    def publish_file(self, name: str, size_bytes: int = 300, project: str = "show_a") -> str:
        """Publish one file; return the id of the component."""
        path = self._staged(project, f"{name}.mov", size_bytes)
        component = self._component("FileComponent", name, path, version_id=self._version(project))
        return self._enqueue(project, component, name, Kind.FILE, path, [path])

    def publish_sequence(self, name: str, frames: Sequence[int], project: str = "show_a") -> str:
        """Publish a sequence; return the id of the component."""
        paths = [self._staged(project, f"{name}.{frame:04d}.exr", 40) for frame in frames]
        identifier = f"{folder(project)}/{name}.%04d.exr"
        version = self._version(project)
        sequence = self._component("SequenceComponent", name, identifier, padding=4, version_id=version)
        for frame, path in zip(frames, paths):
            self._component("FileComponent", str(frame), path, container_id=sequence)
        return self._enqueue(project, sequence, name, Kind.SEQUENCE, identifier, paths)

    def publish_container(self, name: str, members: Sequence[str], project: str = "show_a") -> str:
        """Publish a container of text files; return the id of the component."""
        paths = [self._staged(project, f"{name}/{member}.txt", 20) for member in members]
        identifier = f"{folder(project)}/{name}"
        container = self._component("ContainerComponent", name, identifier, version_id=self._version(project))
        for member, path in zip(members, paths):
            self._component("FileComponent", member, path, container_id=container)
        return self._enqueue(project, container, name, Kind.CONTAINER, identifier, paths)

    def republish(self, publication: Publication) -> None:
        """Publish a component anew, with its files as they are now."""
        files = tuple(StagedFile(file.path, *self.area.stat_file(file.path)) for file in publication.files)
        self._write(dataclasses.replace(publication, files=files))

    def path(self, name: str, project: str = "show_a") -> Path:
        """Return the path of a staged file."""
        return self.studio.staging / folder(project) / name

    def _staged(self, project: str, name: str, size_bytes: int) -> str:
        path = self.path(name, project)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size_bytes))
        return f"{folder(project)}/{name}"

    def _component(self, entity_type: str, name: str, identifier: str, **attributes: Any) -> str:
        store = self.studio.ftrack.store
        component = store.create(entity_type, name=name, **attributes)
        store.create(
            "ComponentLocation",
            component_id=component["id"],
            location_id=self.location["id"],
            resource_identifier=identifier,
        )
        return str(component["id"])

    def _enqueue(
        self, project: str, component_id: str, name: str, kind: Kind, identifier: str, paths: Sequence[str]
    ) -> str:
        files = tuple(StagedFile(path, *self.area.stat_file(path)) for path in paths)
        publication = Publication(
            component_id=component_id,
            component_name=name,
            kind=kind,
            resource_identifier=identifier,
            location_id=self.location["id"],
            location_name=LOCATION_NAME,
            server_url=self.studio.ftrack.url,
            username="artist",
            project_id=self.studio.ids[project],
            project_name=project,
            version_id=self._version(project),
            version_name="plate v001",
            files=files,
        )
        self._write(publication)
        return component_id

    def _write(self, publication: Publication) -> None:
        self.outbox.prepare([publication], self.owner.hold())
        self.outbox.activate([publication.component_id], self.location["id"])
        self.published[publication.component_id] = publication

    # Working.

    def step(self) -> float:
        """Let the uploader do what is due and let the time pass that it would wait; return the seconds."""
        before = self.studio.accsyn.log.count()
        delay_s = max(self.uploader.run_once(settled=True), 0.05)
        self._asked.append((self.clock(), self.studio.accsyn.log.count() - before))
        self.clock.advance(delay_s)
        return delay_s

    def drain(self, limit_s: float = 1500.0) -> float:
        """Step until nothing waits; fail after *limit_s* seconds. Return the seconds that passed."""
        passed_s = 0.0
        while self.waiting():
            assert passed_s < limit_s, [(entry.state, entry.cause) for entry in self.waiting()]
            passed_s += self.step()
        return passed_s

    def finish(self, limit_s: float = 1500.0) -> float:
        """Step until everything published is available at its destination; return the seconds that passed."""
        passed_s = self.drain(limit_s)
        while any(entry.state is not State.SYNCED for entry in self.outbox.entries()):
            assert passed_s < limit_s, [(entry.state, entry.cause) for entry in self.outbox.entries()]
            self.studio.accsyn.engine.wait_idle(20.0)
            passed_s += self.step()
        return passed_s

    def run_for(self, seconds: float, until: Callable[[], bool] = lambda: False) -> float:
        """Step for *seconds*, or until a condition holds; return the seconds that passed."""
        passed_s = 0.0
        while passed_s < seconds and not until():
            passed_s += self.step()
        return passed_s

    def asked(self, within_s: float) -> int:
        """Return how many requests accsyn got at most within any span of so many seconds, on this desk's clock."""
        most = total = first = 0
        for at, count in self._asked:
            total += count
            while self._asked[first][0] <= at - within_s:
                total -= self._asked[first][1]
                first += 1
            most = max(most, total)
        return most

    def waiting(self) -> list[Entry]:
        """Entries that are not with accsyn."""
        return list(self.outbox.entries(*WAITING))

    def entry(self, component_id: str) -> Entry:
        """Return the entry of a component."""
        (found,) = [entry for entry in self.outbox.entries() if entry.publication.component_id == component_id]
        return found

    def cause(self, component_id: str) -> Optional[str]:
        """Return the kind of cause for which a component waits, None while there is none."""
        return self.entry(component_id).cause_kind or None

    def assert_each_task_once(self) -> None:
        """Every published component has its tasks in accsyn, each once, and no project has two jobs."""
        jobs = self.studio.accsyn.workspace.jobs()
        assert len({job.name for job in jobs}) == len(jobs), [job.name for job in jobs]
        found = Counter(
            (task.metadata[transfer.COMPONENT_ID], task.source.partition("/")[2]) for job in jobs for task in job.tasks
        )
        expected = Counter(
            (component_id, path)
            for component_id, publication in self.published.items()
            for path in transfer.source_paths(publication)
        )
        assert found == expected


def folder(project: str) -> str:
    """Return the folder of the version that a desk publishes into, below the staging root."""
    return f"{project}/sq010/sh010/plate/v001"
