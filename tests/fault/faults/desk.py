"""An artist's machine without a thread: the real worker, run step by step, on a clock that moves when told to."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, StagedFile, State
from ftrack_accsyn_accessor.model.tasks import COMPONENT_ID, source_paths
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import OwnerLock, ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.freshness import set_apart
from ftrack_accsyn_accessor.worker.carrier import Carrier
from ftrack_accsyn_accessor.worker.worker import Worker
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
    """One staging location, its outbox and its worker. `publish_*` do what a publish leaves behind."""

    def __init__(self, studio: Studio, **environment: str) -> None:
        self.studio = studio
        self.clock = Clock()
        self.environment = {**studio.environment(), **environment}
        self.area = StagingArea(str(self.staging()))
        self.area.prepare()
        known = studio.ftrack.store.find("Location", name=LOCATION_NAME)
        self.location = known[0] if known else studio.ftrack.store.create("Location", name=LOCATION_NAME)
        self._versions: dict[str, str] = {}
        self.published: dict[str, Publication] = {}
        self._asked: list[tuple[float, int]] = []
        self.restart()

    def staging(self) -> Path:
        """Return the staging folder."""
        return self.studio.staging

    def restart(self) -> None:
        """Begin anew with what is on disk, as the next process does."""
        if hasattr(self, "worker"):
            self.close()
        folder = Path(self.area.state_dir)
        # Two, as the host's thread has a connection of its own: that is how the worker notices what it writes.
        self.outbox, own = (Outbox(folder / f"{LOCATION_NAME}.sqlite3", self.clock) for _ in range(2))
        self.owner = OwnerLock(folder / "owners")
        self.carrier = Carrier(
            own,
            self.area,
            folder / "owners",
            self.read_settings,
            self.registrations,
            server_url=lambda: self.studio.ftrack.url,
            clock=self.clock,
            monotonic=self.clock,
        )
        lock = ProcessLock(folder / f"{LOCATION_NAME}.lock")
        self.worker = Worker(own, self.area, lock, self.carrier, self.clock, self.clock)
        self._lock, self._own = lock, own

    def close(self) -> None:
        """Give everything back."""
        self.carrier.close()
        self.worker._sign.close()  # what its thread does at its end
        self._lock.release()
        self.owner.release()
        self.outbox.close()
        self._own.close()

    def read_settings(self) -> settings.Settings:
        return settings.read(self.environment)

    def registrations(self, key: str = "") -> Registrations:
        """Return a way to ftrack, with another *key* than the artist's if one is given."""
        person = self.studio.artist
        return Registrations(FtrackCredentials(self.studio.ftrack.url, person.ftrack_user, key or person.ftrack_key))

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

    def publish_file(self, name: str, size_bytes: int = 300, project: str = "show_a", workspace: str = "") -> str:
        """Publish one file; return the id of the component."""
        return self.publish_named(name, f"{name}.mov", size_bytes, project, workspace)

    def publish_named(
        self, name: str, file: str, size_bytes: int = 300, project: str = "show_a", workspace: str = ""
    ) -> str:
        """Publish one file called *file*; return the id of the component."""
        path = self._staged(project, file, size_bytes)
        component = self._component("FileComponent", name, path, version_id=self._version(project))
        return self._enqueue(project, component, name, Kind.FILE, path, [path], workspace)

    def publish_sequence(self, name: str, frames: Sequence[int], project: str = "show_a") -> str:
        """Publish a sequence; return the id of the component."""
        paths = [self._staged(project, f"{name}.{frame:04d}.exr", 40) for frame in frames]
        identifier = f"{folder(project)}/{name}.%04d.exr"
        version = self._version(project)
        sequence = self._component("SequenceComponent", name, identifier, padding=4, version_id=version)
        for frame, path in zip(frames, paths):
            self._component("FileComponent", str(frame), path, container_id=sequence)
        return self._enqueue(project, sequence, name, Kind.SEQUENCE, identifier, paths)

    def publish_sequence_again(self, component: str, frames: Sequence[int]) -> None:
        """Publish a sequence anew with other frames, all of them with new content."""
        publication = self.published[component]
        known = {file.path for file in publication.files}
        paths = [publication.path % frame for frame in frames]
        for path in paths:
            self.write(self.studio.staging / path, 40)
        for path in set(paths) - known:
            self._component("FileComponent", path, path, container_id=component)
        files = tuple(StagedFile(path, *self.area.stat_file(path)) for path in paths)
        self.outbox.cancel([component], self.location["id"])
        self._write(dataclasses.replace(publication, files=files))

    def publish_container(self, name: str, members: Sequence[str], project: str = "show_a") -> str:
        """Publish a container of text files; return the id of the component."""
        return self.publish_container_of(name, [f"{member}.txt" for member in members], project)

    def publish_container_of(self, name: str, files: Sequence[str], project: str = "show_a") -> str:
        """Publish a container of files with these names; return the id of the component."""
        paths = [self._staged(project, f"{name}/{file}", 20) for file in files]
        identifier = f"{folder(project)}/{name}"
        container = self._component("ContainerComponent", name, identifier, version_id=self._version(project))
        for file, path in zip(files, paths):
            self._component("FileComponent", file, path, container_id=container)
        return self._enqueue(project, container, name, Kind.CONTAINER, identifier, paths)

    def republish(self, publication: Publication) -> None:
        """Publish a component anew, with its files as they are now."""
        files = tuple(StagedFile(file.path, *self.area.stat_file(file.path)) for file in publication.files)
        self._write(dataclasses.replace(publication, files=files))

    def delete_version(self, project: str = "show_a") -> None:
        """Delete the version in ftrack, with its components; the next publish makes the same one anew."""
        version = self._versions.pop(project)
        store = self.studio.ftrack.store
        for component in store.find("Component", version_id=version):
            store.delete("Component", component["id"])
        store.delete("AssetVersion", version)

    def path(self, name: str, project: str = "show_a") -> Path:
        """Return the path of a staged file."""
        return self.studio.staging / folder(project) / name

    def _staged(self, project: str, name: str, size_bytes: int) -> str:
        path = self.path(name, project)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.write(path, size_bytes)
        return f"{folder(project)}/{name}"

    def write(self, path: Path, size_bytes: int) -> bytes:
        """Write random bytes beside *path* and give them its name, as a publish does, at the time of this desk."""
        content = os.urandom(size_bytes)
        beside = path.with_name(f".{path.name}.beside")
        beside.write_bytes(content)
        os.utime(beside, (self.clock(), self.clock()))
        beside.replace(path)
        return content

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
        self,
        project: str,
        component_id: str,
        name: str,
        kind: Kind,
        identifier: str,
        paths: Sequence[str],
        workspace: str = "",
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
            workspace=workspace,
        )
        self._write(publication)
        return component_id

    def _write(self, publication: Publication) -> None:
        (publication,) = set_apart(self.area, self.outbox, [publication])
        self.outbox.prepare([publication], self.owner.hold())
        self.outbox.activate([publication.component_id], self.location["id"])
        self.published[publication.component_id] = publication

    # Working.

    def step(self) -> float:
        """Let the worker do what is due and let the time pass that it would wait; return the seconds."""
        before = self.studio.accsyn.log.count()
        delay_s = max(self.worker.run_once(settled=True), 0.05)
        self._asked.append((self.clock(), self.studio.accsyn.log.count() - before))
        self.clock.advance(delay_s)
        return delay_s

    def drain(self, limit_s: float = 1500.0) -> float:
        """Step until nothing waits; fail after *limit_s* seconds. Return the seconds that passed."""
        passed_s = 0.0
        while self.waiting():
            assert passed_s < limit_s, [(item.state, item.cause) for item in self.waiting()]
            passed_s += self.step()
        return passed_s

    def finish(self, limit_s: float = 1500.0) -> float:
        """Step until everything published is available at its destination; return the seconds that passed."""
        passed_s = self.drain(limit_s)
        while any(item.state is not State.SYNCED for item in self.outbox.items()):
            assert passed_s < limit_s, [(item.state, item.cause) for item in self.outbox.items()]
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

    def waiting(self) -> list[Item]:
        """Items that are not with accsyn."""
        return list(self.outbox.items(*WAITING))

    def item(self, component_id: str) -> Item:
        """Return the item of a component."""
        (found,) = [item for item in self.outbox.items() if item.publication.component_id == component_id]
        return found

    def item_of(self, name: str) -> Item:
        """Return the item of the component that is called *name*."""
        (found,) = [item for item in self.outbox.items() if item.publication.component_name == name]
        return found

    def cause(self, component_id: str) -> Optional[str]:
        """Return the kind of cause for which a component waits, None while there is none."""
        return self.item(component_id).cause_kind or None

    def assert_each_task_once(self) -> None:
        """Every published component has its tasks in accsyn, each once, and no project has two jobs."""
        jobs = self.studio.accsyn.workspace.jobs()
        assert len({job.name for job in jobs}) == len(jobs), [job.name for job in jobs]
        found = Counter(
            (task.metadata[COMPONENT_ID], task.source.partition("/")[2]) for job in jobs for task in job.tasks
        )
        expected = Counter(
            (component_id, path)
            for component_id, publication in self.published.items()
            for path in source_paths(publication)
        )
        assert found == expected


def folder(project: str) -> str:
    """Return the folder of the version that a desk publishes into, below the staging root."""
    return f"{project}/sq010/sh010/plate/v001"
