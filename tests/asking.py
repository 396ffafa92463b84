"""A machine from which things are asked for, and what stands at head quarters, at a site, or in a staging area."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fault.faults.desk import Desk
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Reason, StagedFile, State
from ftrack_accsyn_accessor.model.item import Studio as Owner
from ftrack_accsyn_accessor.model.request import Request, RequestState, Standing, Wanted

FOLDER = "show_a/sq010/sh010/plate/v001"


class Asking(Desk):
    """`at_*` put components somewhere, `ask` asks for them; the worker runs step by step as for a `Desk`."""

    @property
    def hq(self) -> Endpoint:
        return Endpoint(self.studio.accsyn.workspace.code, self.studio.ids["studio.hq"], "studio.hq")

    @property
    def london(self) -> Endpoint:
        return Endpoint("site=london", self.place("london"), "london")

    @property
    def here(self) -> Endpoint:
        client = self.studio.demo.artist_client.id
        return Endpoint(f"client={client}", str(self.location["id"]), str(self.location["name"]))

    def place(self, name: str) -> str:
        """Return the id of the ftrack location called *name*."""
        store = self.studio.ftrack.store
        found = store.find("Location", name=name)
        return str((found[0] if found else store.create("Location", name=name))["id"])

    def root(self, end: Endpoint) -> Path:
        """Return the folder of the volume at an end."""
        roots = {self.hq.party: self.studio.hq, "site=london": self.studio.site("london")}
        return roots.get(end.party, self.studio.staging)

    # What is somewhere.

    def file_at(self, end: Endpoint, name: str, size_bytes: int = 300, identifier: str = "") -> Wanted:
        """Put a file component somewhere, in ftrack and on disk."""
        path = self.write_at(end, f"{FOLDER}/{name}.mov", size_bytes)
        component = self.component_at(
            end, "FileComponent", name, identifier or path, version_id=self._version("show_a")
        )
        return Wanted(self.described(end, component, name, Kind.FILE, path, [path], identifier))

    def sequence_at(self, end: Endpoint, name: str, frames: Sequence[int], prefix: str = "") -> Wanted:
        """Put a sequence somewhere; *prefix* stands before its identifiers."""
        path = f"{FOLDER}/{name}.%04d.exr"
        version = self._version("show_a")
        component = self.component_at(end, "SequenceComponent", name, f"{prefix}{path}", padding=4, version_id=version)
        paths = [self.write_at(end, path % frame, 40) for frame in frames]
        for frame, file in zip(frames, paths):
            self.component_at(end, "FileComponent", str(frame), f"{prefix}{file}", container_id=component)
        return Wanted(self.described(end, component, name, Kind.SEQUENCE, path, paths, f"{prefix}{path}"))

    def container_at(self, end: Endpoint, name: str, members: Sequence[str]) -> Wanted:
        """Put a container of text files somewhere."""
        path = f"{FOLDER}/{name}"
        component = self.component_at(end, "ContainerComponent", name, path, version_id=self._version("show_a"))
        paths = [self.write_at(end, f"{path}/{member}.txt", 20) for member in members]
        for member, file in zip(members, paths):
            self.component_at(end, "FileComponent", member, file, container_id=component)
        return Wanted(self.described(end, component, name, Kind.CONTAINER, path, paths))

    def write_at(self, end: Endpoint, path: str, size_bytes: int) -> str:
        full = self.root(end) / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(os.urandom(size_bytes))
        return path

    def component_at(self, end: Endpoint, entity_type: str, name: str, identifier: str, **attributes: Any) -> str:
        store = self.studio.ftrack.store
        component = store.create(entity_type, name=name, **attributes)
        self.register(end, component["id"], identifier)
        return str(component["id"])

    def register(self, end: Endpoint, component: str, identifier: str) -> None:
        self.studio.ftrack.store.create(
            "ComponentLocation", component_id=component, location_id=end.location_id, resource_identifier=identifier
        )

    def described(
        self,
        end: Endpoint,
        component: str,
        name: str,
        kind: Kind,
        path: str,
        paths: Sequence[str],
        identifier: str = "",
    ) -> Publication:
        """Return a component as a plan describes it: with the sizes that ftrack knows, and no times."""
        return Publication(
            component_id=component,
            component_name=name,
            kind=kind,
            resource_identifier=identifier or path,
            location_id=end.location_id,
            location_name=end.location_name,
            server_url=self.studio.ftrack.url,
            username="artist",
            project_id=self.studio.ids["show_a"],
            project_name="show_a",
            version_id=self._version("show_a"),
            version_name="plate v001",
            files=tuple(StagedFile(each, (self.root(end) / each).stat().st_size, 0) for each in paths),
            path=path,
        )

    def by_path(self, path: str, kind: Kind = Kind.FOLDER) -> Wanted:
        """Return a path of the volume, as Sync asks for it."""
        return Wanted(
            Publication(
                component_id="",
                component_name="",
                kind=kind,
                resource_identifier="",
                location_id="",
                location_name="",
                server_url=self.studio.ftrack.url,
                username="artist",
                project_id="",
                project_name=path.split("/")[0],
                version_id="",
                version_name="",
                files=(),
                path=path,
            )
        )

    # Asking.

    def ask(
        self, source: Endpoint, destination: Endpoint, *wanted: Wanted, reason: Reason = Reason.SEND, **more: Any
    ) -> int:
        """Write a request; return its id."""
        owner = Owner(self.studio.ftrack.url, self.studio.accsyn.workspace.code)
        return self.outbox.requests.write(Request(reason, owner, "artist", source, destination, **more), list(wanted))

    def standing(self, request: int) -> Standing:
        found = self.outbox.requests.standing(request)
        assert found is not None
        return found

    def of(self, request: int) -> list[Item]:
        return self.outbox.requests.items(request)

    def states(self, request: int) -> list[State]:
        return [item.state for item in self.of(request)]

    def drain_all(self, request: int, limit_s: float = 300.0) -> None:
        """Step until nothing of a request moves any more."""
        moving = (RequestState.WAITING, RequestState.MOVING)
        passed_s = 0.0
        while self.standing(request).state in moving:
            assert passed_s < limit_s, [(item.state, item.cause) for item in self.of(request)]
            self.studio.accsyn.engine.wait_idle(20.0)
            passed_s += self.step()

    # What came of it.

    def arrived(self, end: Endpoint, wanted: Wanted, source: Endpoint) -> bool:
        """Whether all files of *wanted* have at *end* the content that they have at *source*."""
        paths = [file.path for file in wanted.publication.files]
        return all((self.root(end) / each).read_bytes() == (self.root(source) / each).read_bytes() for each in paths)

    def registered(self, end: Endpoint) -> dict[str, str]:
        """Return the identifiers in a location, by component."""
        rows = self.studio.ftrack.store.find("ComponentLocation", location_id=end.location_id)
        return {row["component_id"]: row["resource_identifier"] for row in rows}
