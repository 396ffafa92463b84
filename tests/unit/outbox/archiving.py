"""What the tests of the archive share: items that arrived long ago, and what is seen of them before and after."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Reason, StagedFile, State, Studio
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox, moving
from ftrack_accsyn_accessor.outbox.moving import Moving
from unit.outbox.conftest import Desk

DAY_S = 86_400.0
NAMES = [f"c{number}" for number in range(7)]
STUDIO = Studio("https://acme.test", "acme")
SITE = Endpoint("site=london", "l-london", "studio.london")


def arrive(desk: Desk, *component_ids: str, days_ago: float = 30.0, **changes: Any) -> list[Item]:
    """Publish components that arrived so long ago."""
    now = desk.clock.now
    desk.clock.now = now - days_ago * DAY_S
    desk.outbox.prepare([desk.publication(each, **changes) for each in component_ids], "owner")
    desk.outbox.activate(component_ids, "l1")
    items = [item for item in desk.outbox.due(1000) if item.publication.component_id in component_ids]
    desk.outbox.submitted(items, desk.outbox.job_found(desk.job(), "j" * 24))
    desk.clock.now += 1
    desk.outbox.tracking.synced([desk.item(each) for each in component_ids])
    desk.clock.now = now
    return [desk.item(each) for each in component_ids]


def ask(desk: Desk, *component_ids: str, reason: Reason = Reason.SEND, days_ago: float = 30.0) -> int:
    """Ask for components that arrived, and were told to have, so long ago; return the request's id."""
    now = desk.clock.now
    desk.clock.now = now - days_ago * DAY_S
    source = Endpoint("acme", "l1", "artist.ws1")
    destination = SITE if reason is not Reason.GET else Endpoint("client=ws2", "l2", "artist.ws2")
    wanted = [Wanted(desk.publication(each), "") for each in component_ids]
    request = desk.outbox.requests.write(
        Request(reason, STUDIO, "artist", source=source, destination=destination), wanted
    )
    items = desk.outbox.requests.items(request)
    desk.outbox.submitted(items, desk.outbox.job_found(desk.job("show_b", destination), "k" * 24))
    desk.outbox.tracking.synced(desk.outbox.requests.items(request))
    desk.outbox.requests.told(request, "done", ended=True)
    desk.clock.now = now
    return request


def archive(desk: Desk, days: float = 7.0) -> int:
    """Move all that arrived so many days ago; return how many items that is."""
    moving, moved = Moving(desk.outbox._connections, desk.outbox.archive, pause=lambda seconds: None), 0
    while True:
        count = moving.step(desk.clock.now - days * DAY_S)
        moved += count
        if not count:
            return moved


def archived(outbox: Outbox) -> list[str]:
    """Return the components that the archive has."""
    return sorted(known["component_id"] for found in outbox.archive.called(["main"]) for known in found)


def left(outbox: Outbox) -> list[str]:
    """Return the components that are in the outbox itself."""
    return sorted(item.publication.component_id for item in outbox.items())


def bare(items: Iterable[Item]) -> list[Item]:
    """Return *items* without their files."""
    return [dataclasses.replace(each, publication=dataclasses.replace(each.publication, files=())) for each in items]


def frames(desk: Desk, component_id: str = "seq", count: int = 3, **changes: Any) -> dict[str, Any]:
    """Return what is different in a sequence."""
    files = tuple(StagedFile(f"show_a/{component_id}.{number:04d}.exr", 10, 7) for number in range(1, count + 1))
    return {"kind": Kind.SEQUENCE, "resource_identifier": f"show_a/{component_id}.%04d.exr", "files": files, **changes}


SYNCED = State.SYNCED


@pytest.fixture
def old(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An outbox with a few things that arrived long ago, which leave it two by two."""
    monkeypatch.setattr(moving, "TAKEN_AT_ONCE", 2)
    arrive(desk, *NAMES)
    return desk
