"""Sends as the command line would: from what was picked to a plan, and to a request."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest
from ftrack_api.symbol import SERVER_LOCATION_ID

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.plan import Fate, Plan, Planned
from ftrack_accsyn_accessor.outbox import Outbox, locations
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.worker.endpoint import connect
from ftrack_accsyn_sandbox.studio import Studio

_numbers = itertools.count(1)


class Sender:
    """Makes components in ftrack as others have registered them, and plans orders with the real clients."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch, folder: Path, user: str = "artist") -> None:
        self.studio = studio
        self.store = studio.ftrack.store
        self.ids = studio.ids
        self.ids.setdefault("ftrack.server", SERVER_LOCATION_ID)
        self._mapping = folder / "locations.json"
        self.map({})
        environ = {**studio.environment(user), "FTRACK_ACCSYN_LOCATIONS": str(self._mapping)}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        self.connection = FtrackConnection(environment.ftrack_credentials())
        self.read()
        self.workspace = connect(self.settings)
        self.outbox = Outbox(folder / "outbox.sqlite")
        self.outbox.open()

    def read(self) -> None:
        """Read the environment, anew where a test has changed it."""
        self.settings = environment.read_settings()

    def map(self, entries: Mapping[str, Any]) -> None:
        """Write the mapping file: the two places of the studio, and *entries*."""
        parties = {"studio.hq": {"party": "hq"}, "studio.london": {"party": "site=london"}, **entries}
        self._mapping.write_text(json.dumps({"locations": parties}))

    def staging(self) -> str:
        """Return the name of this machine's staging location, which is made when it is first asked for."""
        credentials = self.connection.credentials
        name = locations.location_name(self.settings, credentials.server_url, credentials.api_user)
        if name not in self.ids:
            made = self.store.create("Location", name=name, description=STAGING_DESCRIPTION)
            self.ids[name] = made["id"]
        return name

    def close(self) -> None:
        """Close what was opened."""
        self.workspace.close()
        self.connection.close()
        self.outbox.close()

    # What is in ftrack

    def shot(self, above: str = "show_a/sq010") -> str:
        """Create a shot, and return its id."""
        name = f"sh{next(_numbers):04d}x"
        parent_id = self.ids.get(above, above)
        made = self.store.create("Shot", name=name, parent_id=parent_id)["id"]
        self.ids[f"{above}/{name}"] = made
        return str(made)

    def asset(self, context_id: str, name: str = "plate") -> str:
        """Create an asset, and return its id."""
        made = self.store.create("Asset", name=name, context_id=context_id, type_id=self.ids["asset_type:Render"])
        return str(made["id"])

    def version(self, asset_id: str, number: int = 1, task_id: Optional[str] = None, date: str = "2026-01-01") -> str:
        """Create a version, and return its id."""
        data = {"asset_id": asset_id, "version": number, "date": f"{date}T00:00:00"}
        return str(self.store.create("AssetVersion", task_id=task_id, **data)["id"])

    def component(
        self,
        version_id: Optional[str],
        path: str = "",
        name: str = "main",
        at: Sequence[str] = ("studio.hq",),
        size: int = 100,
    ) -> str:
        """Create a file component, registered at places, and return its id."""
        component_id = str(self.store.create("FileComponent", name=name, version_id=version_id, size=size)["id"])
        self.register(component_id, path or f"show_a/{component_id}/{name}.mov", at)
        return component_id

    def sequence(
        self,
        version_id: str,
        frames: Sequence[int],
        folder: str = "",
        at: Sequence[str] = ("studio.hq",),
        container_id: Optional[str] = None,
    ) -> str:
        """Create a sequence of *frames*, of 10 bytes each, registered at places, and return its id."""
        data = {"version_id": version_id} if container_id is None else {"container_id": container_id}
        made = str(
            self.store.create("SequenceComponent", name="frames", padding=4, size=10 * len(frames), **data)["id"]
        )
        folder = folder or f"show_a/{made}"
        self.register(made, f"{folder}/f.%04d.exr", at)
        for frame in frames:
            self.member(made, f"{folder}/f.{frame:04d}.exr", at, name=str(frame))
        return made

    def container(
        self, version_id: str, paths: Sequence[str], at: Sequence[str] = ("studio.hq",), path: str = ""
    ) -> str:
        """Create a container of files, registered at places, and return its id."""
        made = str(self.store.create("ContainerComponent", name="pack", version_id=version_id)["id"])
        self.register(made, path or f"show_a/{made}/pack", at)
        for number, each in enumerate(paths):
            self.member(made, each, at, name=f"m{number}")
        return made

    def member(self, container_id: str, path: str, at: Sequence[str] = ("studio.hq",), name: str = "m") -> str:
        """Create a file in a container, of 10 bytes, registered at places, and return its id."""
        made = str(self.store.create("FileComponent", name=name, container_id=container_id, size=10)["id"])
        self.register(made, path, at)
        return made

    def register(self, component_id: str, path: str, at: Sequence[str]) -> None:
        """Register a component at places."""
        for name in at:
            location_id = self.ids[name]
            data = {"component_id": component_id, "location_id": location_id, "resource_identifier": path}
            self.store.create("ComponentLocation", **data)

    # Orders

    def plans(self, *picked: tuple[str, str], reason: Reason = Reason.SEND, **wanted: Any) -> list[Plan]:
        """Return the plans of what was picked, from head quarters to London unless told otherwise."""
        return self.planner().plan(self.order(*picked, reason=reason, **wanted))

    def plan(self, *picked: tuple[str, str], **wanted: Any) -> Plan:
        """Return the only plan of what was picked."""
        (found,) = self.plans(*picked, **wanted)
        return found

    def order(self, *picked: tuple[str, str], reason: Reason = Reason.SEND, **wanted: Any) -> Order:
        """Return an order, by default from head quarters to London."""
        if reason is not Reason.GET:
            wanted = {"source": "studio.hq", "destination": "studio.london", **wanted}
        return Order(reason, tuple(Picked(*each) for each in picked), **wanted)

    def planner(self) -> Planner:
        """Return who plans."""
        return Planner(self.connection, self.workspace, self.settings, [self.outbox])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Give one studio to a module: each test adds what it needs under names of its own."""
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def sender(running: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sender]:
    """Give somebody who sends."""
    sender = Sender(running, monkeypatch, tmp_path)
    yield sender
    sender.close()


@pytest.fixture
def admin(running: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sender]:
    """Give an administrator who sends; employees are not shown the volumes."""
    sender = Sender(running, monkeypatch, tmp_path, "admin")
    yield sender
    sender.close()


def ids_of(found: Plan, fate: Fate) -> set[str]:
    """Return the ids of the components that have this fate."""
    return {each.wanted.publication.component_id for each in found.of(fate)}


def only(found: Plan) -> Planned:
    """Return the only thing in a plan."""
    (planned,) = found.planned
    return planned
