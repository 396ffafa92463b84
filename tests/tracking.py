"""A machine on which publishing, submission and tracking run step by step, with the real services of the sandbox."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import item as model
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Endpoint, Item, State
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.outbox.locks import OwnerLock
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.lookup import COMPLETE
from ftrack_accsyn_accessor.worker.submission import Submission
from ftrack_accsyn_accessor.worker.tracker import Tracker
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn.inspection import JobRow, TaskRow
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher


class Clock:
    """A monotonic clock that runs only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """An artist's machine. Nothing happens in the background: `submit` and `step` do the worker's work."""

    def __init__(self, studio: Studio, publisher: Publisher, location_name: str = "artist.desk") -> None:
        self.studio = studio
        self.publisher = publisher
        publisher.environment(FTRACK_EVENT_PLUGIN_PATH=None)
        self.area = StagingArea(str(studio.staging))
        self.area.prepare()
        self.outbox = Outbox(outbox_path(None, self.area.root))
        self.outbox.open()
        self.outbox.keep_fact(COMPLETE, "1")
        self.owner = OwnerLock(Path(self.area.state_dir) / "owners")
        self.session = publisher.session(plugin_paths=[], auto_connect_event_hub=False)
        self.location = location.configure(self.session, location_name, self)
        self.settings: Settings = settings.read(studio.environment())
        self.monotonic = Clock()
        self._open: list[Any] = []
        self.tracker = self.new_tracker()

    @property
    def volume(self) -> str:
        return self.settings.volume

    @property
    def priority(self) -> Optional[int]:
        return self.settings.priority

    def studio_workspace(self) -> str:
        return self.settings.workspace or ""

    def wake(self) -> None:
        """There is nobody to wake."""

    # Life

    def new_tracker(self, verify: str = "none", **environment: str) -> Tracker:
        """Start over, as another process would; the tracker is the desk's from now on."""
        self.stop()
        variables = {**self.studio.environment(), **environment, "FTRACK_ACCSYN_VERIFY": verify}
        self.settings = settings.read(variables)
        credentials = FtrackCredentials(
            variables["FTRACK_SERVER"], variables["FTRACK_API_USER"], variables["FTRACK_API_KEY"]
        )
        self.workspace: Workspace = endpoint.connect(self.settings)
        self.registrations = Registrations(credentials)
        self.tracker = Tracker(
            self.outbox, self.area, self.workspace, self.registrations, self.settings, monotonic=self.monotonic
        )
        self._open = [self.tracker, self.registrations, self.workspace]
        return self.tracker

    def stop(self) -> None:
        """End the worker's side of the machine."""
        for part in self._open:
            part.close()
        self._open = []

    # Work

    def version(self, project: str = "show_a") -> Any:
        return self.publisher.version(self.session, project)

    def publish_files(self, *names: str, size_bytes: int = 2000, project: str = "show_a") -> list[Any]:
        """Publish file components, one for each of *names*, on one version."""
        version = self.version(project)
        return [
            version.create_component(
                str(self.publisher.file(f"{name}.mov", size_bytes)), {"name": name}, location="auto"
            )
            for name in names
        ]

    def submit(self, destination: Optional[Endpoint] = None) -> None:
        """Submit what is due."""
        Submission(
            outbox=self.outbox,
            area=self.area,
            workspace=self.workspace,
            claims=Claims(self.outbox, lambda: self.registrations, time.time),
            client_id=self.studio.demo.artist_client.id,
            destination=destination or Endpoint("acme", self.studio.ids["studio.hq"], "studio.hq"),
            studio=model.Studio(self.studio.ftrack.url, "acme"),
        ).submit(self.outbox.due(1000))

    def step(self) -> Optional[float]:
        """Let the tracker work once, and let the time pass that it asks for; return that in seconds."""
        delay_s = self.tracker.step()
        self.monotonic.now += delay_s or 0.0
        return delay_s

    def follow(self, condition: Callable[[], Any], steps: int = 20) -> None:
        """Let the tracker work until *condition* holds."""
        for _ in range(steps):
            self.step()
            if condition():
                return
        raise AssertionError(f"Not reached in {steps} steps; the items are {self.states()}.")

    def settle(self) -> None:
        """Let the engine do all it can, and the tracker see it, until nothing changes any more."""
        self.studio.accsyn.engine.wait_idle(20)
        seen: list[Any] = []
        while len(seen) < 3 or seen[-3:] != [seen[-1]] * 3:
            assert len(seen) < 30, f"The items never come to rest: {seen[-3:]}"
            self.step()
            seen.append([(item.state, item.cause) for item in self.outbox.items()])

    # What there is

    def item(self, component: Any) -> Item:
        (found,) = [item for item in self.outbox.items() if item.publication.component_id == component["id"]]
        return found

    def states(self) -> dict[str, str]:
        """Return the state of each item, with its cause kind, by the component's name."""
        return {
            item.publication.component_name: item.state.value + (f": {item.cause_kind}" if item.cause_kind else "")
            for item in self.outbox.items()
        }

    def all_in(self, *states: State) -> bool:
        return all(item.state in states for item in self.outbox.items())

    def job(self) -> JobRow:
        (job,) = self.studio.accsyn.workspace.jobs()
        return job

    def task(self, component: Any) -> TaskRow:
        (found,) = [task for task in self.job().tasks if task.metadata.get("ftrack_component_id") == component["id"]]
        return found

    def set_task(self, component: Any, status: str) -> None:
        self.studio.accsyn.workspace.set_task_status(self.job().id, self.task(component).uri, status)

    def at(self, location_name: str = "studio.hq") -> dict[str, str]:
        """Return the resource identifiers registered in a location, by component id."""
        location_id = self.studio.ids[location_name]
        rows = self.studio.ftrack.store.find("ComponentLocation", location_id=location_id)
        return {row["component_id"]: row["resource_identifier"] for row in rows}

    def staged(self) -> dict[str, str]:
        """Return the resource identifiers registered in the staging location, by component id."""
        rows = self.studio.ftrack.store.find("ComponentLocation", location_id=self.location["id"])
        return {row["component_id"]: row["resource_identifier"] for row in rows}

    def ftrack_jobs(self) -> list[tuple[str, str]]:
        """Return status and description of each ftrack Job."""
        rows: Sequence[dict[str, Any]] = self.studio.ftrack.store.find("Job")
        return [(row["status"], json.loads(row["data"])["description"]) for row in rows]

    def accsyn_calls(self) -> list[str]:
        """Return what accsyn was asked since the last time."""
        operations = self.studio.accsyn.log.operations()
        self.studio.accsyn.log.clear()
        return operations


def new_desk(studio: Studio, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Desk:
    return Desk(studio, Publisher(studio, monkeypatch, folder))
