"""An ftrack server in which a test writes what it needs, and the background's connection to it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Item, Kind
from ftrack_accsyn_sandbox.ftrack import FtrackService, demo
from making import item

KEY = "artist-key"
ENTITY_TYPES = {Kind.FILE: "FileComponent", Kind.SEQUENCE: "SequenceComponent", Kind.CONTAINER: "ContainerComponent"}
REFUSAL = {"exception": "PermissionError", "content": "You may not.", "error_code": None}


@dataclasses.dataclass
class Ftrack:
    """`staging` and `hq` are the ids of two locations of this test alone, as are the paths below `folder`."""

    service: FtrackService
    ids: dict[str, str]
    connection: FtrackConnection
    staging: str
    hq: str
    numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    @property
    def folder(self) -> str:
        return f"show_a/{self.staging}"

    def component(
        self, name: str, kind: Kind = Kind.FILE, container: Optional[str] = None, version: Optional[str] = None
    ) -> str:
        row = {"name": name, "container_id": container, "version_id": version}
        return str(self.service.store.create(ENTITY_TYPES[kind], **row)["id"])

    def version(self, username: Optional[str] = "artist") -> str:
        """Create the first version of an asset of its own, on a shot of show_a."""
        store = self.service.store
        asset = store.create(
            "Asset",
            name=f"asset{next(self.numbers)}",
            type_id=self.ids["asset_type:Geometry"],
            context_id=self.ids["show_a/sq010/sh010"],
        )
        user_id = self.ids[username] if username is not None else None
        return str(store.create("AssetVersion", asset_id=asset["id"], user_id=user_id)["id"])

    def location(self, name: str, staging: bool = False) -> str:
        row = {"name": name, "label": name, "description": STAGING_DESCRIPTION if staging else None}
        return str(self.service.store.create("Location", **row)["id"])

    def register(self, component: str, location: str, identifier: str) -> str:
        row = {"component_id": component, "location_id": location, "resource_identifier": identifier}
        return str(self.service.store.create("ComponentLocation", **row)["id"])

    def registered(self, location: str) -> dict[str, str]:
        """Return the resource identifiers in a location by component."""
        rows = self.service.store.find("ComponentLocation", location_id=location)
        return {row["component_id"]: row["resource_identifier"] for row in rows}

    def staged(self, name: str, kind: Kind = Kind.FILE, members: int = 0) -> tuple[Item, list[str]]:
        """Register a component with *members* in the staging location; return its item and the ids of its members."""
        component = self.component(name, kind)
        identifier = f"{self.folder}/{name}" + {Kind.FILE: ".mov", Kind.SEQUENCE: ".%04d.exr"}.get(kind, "")
        self.register(component, self.staging, identifier)
        found = []
        for number in range(1001, 1001 + members):
            found.append(self.component(str(number), container=component))
            self.register(
                found[-1], self.staging, identifier % number if kind is Kind.SEQUENCE else f"{identifier}/{number}"
            )
        return self.item(component, identifier, kind=kind, component_name=name), found

    def item(self, component: str, identifier: str, **changes: Any) -> Item:
        ours = {"location_id": self.staging, "project_id": self.ids["show_a"]}
        return item(next(self.numbers), identifier=identifier, component_id=component, **{**ours, **changes})

    def writes(self) -> list[list[str]]:
        """Return the components of each request that has created registrations, in order."""
        return [
            [operation["entity_data"]["component_id"] for operation in row.body]
            for row in self.service.log.all()
            if row.operation.startswith("create:ComponentLocation")
        ]


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[FtrackService, dict[str, str], FtrackConnection]]:
    with FtrackService() as running:
        running.add_user("artist", KEY)
        connection = FtrackConnection(FtrackCredentials(running.url, "artist", KEY))
        yield running, demo.build(running.store), connection
        connection.close()


@pytest.fixture
def ftrack(
    service: tuple[FtrackService, dict[str, str], FtrackConnection], request: pytest.FixtureRequest
) -> Iterator[Ftrack]:
    running, ids, connection = service
    names = (f"{name} of {request.node.name}" for name in ("artist.desk", "studio.hq"))
    made = Ftrack(running, ids, connection, "", "")
    made.staging, made.hq = made.location(next(names), staging=True), made.location(next(names))
    connection.query("select id from Location limit 1")  # the session is opened
    running.log.clear()
    yield made
    running.switches.clear()
