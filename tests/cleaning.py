"""What the tests of `clean` share: components that have arrived, what is left of them, and a cleaner at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.outbox import Outbox, facts
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.upkeep import Cleaner
from ftrack_accsyn_accessor.worker.endpoint import connect
from helpers import wait_until
from publishing import Publisher

Told = Callable[..., Any]
ALL = ("clean", "--older-than", "0")
APPLY = (*ALL, "--apply")


def staged(publisher: Publisher) -> set[str]:
    """Return the published files in the staging area."""
    root = publisher.studio.staging
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {path for path in found if not path.startswith(".ftrack-accsyn/")}


def registered(publisher: Publisher, component: Any) -> set[str]:
    """Return the names of the locations in which ftrack has a component."""
    store = publisher.studio.ftrack.store
    rows = store.find("ComponentLocation", component_id=component["id"])
    names = {row["id"]: row["name"] for row in store.find("Location")}
    return {"staging" if "artist" in names[row["location_id"]] else names[row["location_id"]] for row in rows}


@pytest.fixture
def arrived(publisher: Publisher) -> dict[str, Any]:
    """Publish a file, a sequence and a container, and let all of them arrive; no application runs any more."""
    session = publisher.session()
    version = publisher.version(session)
    components = {
        "file": publisher.publish_file(version, "movie"),
        "sequence": publisher.publish_sequence(version, range(1001, 1006)),
        "container": publisher.publish_container(session, version),
    }
    for component in components.values():
        wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")  # noqa: B023
    publisher.close()
    return components


def make_old(publisher: Publisher, days: float) -> None:
    with publisher.outbox._connections.writing() as connection:
        times = ("created_at", "updated_at", "arrived_at", "synced_at")
        older = ", ".join(f"{name} = {name} - :age" for name in times)
        connection.execute(f"UPDATE item SET {older}", {"age": days * 86400})


def unregister(publisher: Publisher, component_id: str, location_id: str) -> None:
    store = publisher.studio.ftrack.store
    (row,) = store.find("ComponentLocation", component_id=component_id, location_id=location_id)
    store.delete("ComponentLocation", row["id"])


def state_in(folder: Path, component: Any) -> State:
    (path,) = folder.glob("*.sqlite3")
    (item,) = [each for each in Outbox(path).items() if each.publication.component_id == component["id"]]
    return item.state


def now() -> float:
    return time.time() + 60


class Work:
    """A cleaner at work on the publisher's outbox."""

    def __init__(self, publisher: Publisher) -> None:
        self.outbox = publisher.outbox
        area = StagingArea(str(publisher.studio.staging))
        area.uuid = facts.kept(self.outbox, facts.Area).staging_uuid
        settings = environment.read_settings()
        self.connection = FtrackConnection(environment.ftrack_credentials())
        self.workspace = connect(settings)
        studio = Studio(publisher.studio.ftrack.url, settings.workspace or "")
        self.cleaner = Cleaner(self.outbox, area, self.connection, self.workspace, studio)

    def close(self) -> None:
        self.connection.close()
        self.workspace.close()
        self.outbox.close()


def path_of(publisher: Publisher, component: Any) -> str:
    return publisher.item(component).publication.resource_identifier
