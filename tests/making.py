"""Publications, items and routes as unit tests need them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, StagedFile, State, Studio
from ftrack_accsyn_accessor.model.route import Route

CLIENT = "5d91a5f1b5f0c8a7e2d4c3b1"
DAY = datetime.date(2026, 11, 21)
HQ = Endpoint("acme", "loc-hq", "studio.hq")


def publication(
    identifier: str = "show_a/shot/main.mov", paths: Iterable[str] = (), kind: Kind = Kind.FILE, **changes: Any
) -> Publication:
    values: dict[str, Any] = {
        "component_id": "c1",
        "component_name": "main",
        "kind": kind,
        "resource_identifier": identifier,
        "location_id": "l1",
        "location_name": "artist.ws1",
        "server_url": "https://acme.test",
        "username": "artist",
        "project_id": "p1",
        "project_name": "show_a",
        "version_id": "v1",
        "version_name": "shot v001",
        "files": tuple(StagedFile(path, 1, 2) for path in paths or [identifier]),
    }
    return Publication(**{**values, **changes})


def item(number: int, **changes: Any) -> Item:
    item = publication(**changes)
    return Item(number, item, State.PENDING, "", "", 0, None, 1.0, 1.0, None, False)


def route(**changes: Any) -> Route:
    values: dict[str, Any] = {
        "project_id": "p1",
        "project_name": "show_a",
        "location_id": "l1",
        "location_name": "artist.ws1",
        "client_id": CLIENT,
        "volume": "projects",
        "destination": HQ,
        "day": DAY,
        "studio": Studio("https://acme.test", "acme"),
    }
    return Route(**{**values, **changes})


def sequence(frames: Iterable[int], expression: str = "show_a/shot/main.%04d.exr") -> Publication:
    return publication(expression, [expression % frame for frame in frames], Kind.SEQUENCE)
