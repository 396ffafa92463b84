"""Both services, an outbox and a staging area, with items made by writing them down: nothing is published."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any, Optional

from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, StagedFile, Studio
from ftrack_accsyn_accessor.staging.area import StagingArea
from making import route
from unit.ftrack.conftest import Ftrack
from unit.outbox.conftest import Clock, Desk


@dataclasses.dataclass
class Bench:
    """`clock` gives seconds since the epoch, `monotonic` seconds; both are moved by hand."""

    ftrack: Ftrack
    desk: Desk
    area: StagingArea
    registrations: Registrations
    monotonic: Clock

    @property
    def outbox(self) -> Any:
        return self.desk.outbox

    @property
    def clock(self) -> Clock:
        return self.desk.clock

    @property
    def studio(self) -> Studio:
        return Studio(self.ftrack.connection.credentials.server_url, "acme")

    @property
    def hq(self) -> Endpoint:
        return Endpoint("acme", self.ftrack.hq, "studio.hq")

    def pass_by(self, seconds: float) -> None:
        self.monotonic.now += seconds
        self.clock.now += seconds

    def publication(
        self, name: str, kind: Kind = Kind.FILE, count: int = 1, registered: bool = True, **changes: Any
    ) -> Publication:
        """Write *count* staged files and make their component in ftrack, in the staging location if *registered*."""
        component = self.ftrack.component(name, kind)
        identifier = f"{self.ftrack.folder}/{name}" + {Kind.FILE: ".mov", Kind.SEQUENCE: ".%04d.exr"}.get(kind, "")
        paths = {
            Kind.FILE: [identifier],
            Kind.SEQUENCE: [identifier % (1001 + number) for number in range(count)] if "%" in identifier else [],
            Kind.CONTAINER: [f"{identifier}/{number}.txt" for number in range(count)],
        }[kind]
        if registered:
            self.ftrack.register(component, self.ftrack.staging, identifier)
        values: dict[str, Any] = {
            "component_name": name,
            "kind": kind,
            "resource_identifier": identifier,
            "location_id": self.ftrack.staging,
            "server_url": self.studio.server_url,
            "project_id": self.ftrack.ids["show_a"],
            "files": tuple(self.stage(path) for path in paths),
        }
        return self.desk.publication(component, **{**values, **changes})

    def stage(self, path: str, content: bytes = b"published") -> StagedFile:
        full = Path(self.area.root, *path.split("/"))
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content)
        stamp = os.stat(full)
        return StagedFile(path, stamp.st_size, stamp.st_mtime_ns)

    def pending(self, *names: str, **changes: Any) -> list[Item]:
        return [self.queued(self.publication(name, **changes)) for name in names]

    def queued(self, publication: Publication) -> Item:
        self.outbox.enqueue([publication])
        return self.item(publication.component_name)

    def sent(self, *names: str, destination: Optional[Endpoint] = None) -> list[Item]:
        """Bring items into the job of their project."""
        way = route(studio=self.studio, destination=destination or self.hq)
        job = self.outbox.job_found(self.outbox.job(way), "in accsyn")
        self.outbox.submitted([self.item(name) for name in names], job)
        return [self.item(name) for name in names]

    def item(self, name: str) -> Item:
        """Return the item of a component as it is now."""
        (found,) = [item for item in self.outbox.items() if item.publication.component_name == name]
        return found

    def states(self) -> dict[str, str]:
        """Return the state of each item, with its cause kind, by the component's name."""
        return {
            item.publication.component_name: item.state.value + (f": {item.cause_kind}" if item.cause_kind else "")
            for item in self.outbox.items()
        }

    def asked(self) -> list[str]:
        """Return what ftrack was asked since the last time; its event hub is another thread's, whenever that comes."""
        found = [each for each in self.ftrack.service.log.operations() if not each.startswith("event_hub")]
        self.ftrack.service.log.clear()
        return found
