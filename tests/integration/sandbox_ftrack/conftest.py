"""An ftrack server with the demo studio, and real client sessions on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

import ftrack_api
import pytest
from ftrack_api.accessor.disk import DiskAccessor
from ftrack_api.structure.standard import StandardStructure

from ftrack_accsyn_sandbox.ftrack import FtrackService, demo

KEY = "artist-key"


@dataclass
class FtrackStudio:
    service: FtrackService
    ids: dict[str, str]


@pytest.fixture
def studio() -> Iterator[FtrackStudio]:
    with FtrackService() as service:
        service.add_user("artist", KEY, first_name="Ada")
        yield FtrackStudio(service, demo.build(service.store))


@pytest.fixture(scope="module")
def service() -> Iterator[FtrackService]:
    """Give a server that the tests of a module share."""
    with FtrackService() as service:
        service.add_user("artist", KEY)
        yield service


@pytest.fixture(scope="module")
def ids(service: FtrackService) -> dict[str, str]:
    """Give the ids of what it holds, by path."""
    return demo.build(service.store)


@pytest.fixture
def shared_session(service: FtrackService, ids: dict[str, str]) -> Iterator[ftrack_api.Session]:
    """Give a session of its artist."""
    with ftrack_api.Session(
        service.url, KEY, "artist", schema_cache_path=False, plugin_paths=[], auto_connect_event_hub=False
    ) as session:
        yield session


OpenSession = Callable[..., ftrack_api.Session]


@pytest.fixture
def open_session(studio: FtrackStudio) -> Iterator[OpenSession]:
    sessions = []

    def open_one(**options: Any) -> ftrack_api.Session:
        arguments = {"api_key": KEY, "api_user": "artist", "schema_cache_path": False, "plugin_paths": [], **options}
        session = ftrack_api.Session(studio.service.url, **arguments)
        sessions.append(session)
        return session

    yield open_one
    for session in sessions:
        session.close()


@pytest.fixture
def session(open_session: OpenSession) -> ftrack_api.Session:
    return open_session()


@pytest.fixture
def location(session: ftrack_api.Session, tmp_path: Path) -> Any:
    """A plain disk location, as the client itself offers it."""
    location = session.ensure("Location", {"name": "test.disk"})
    location.accessor = DiskAccessor(prefix=str(tmp_path / "disk"))
    location.structure = StandardStructure()
    location.priority = 1
    return location


@pytest.fixture
def asset(session: ftrack_api.Session, studio: FtrackStudio) -> Any:
    shot = session.get("Shot", studio.ids["show_a/sq010/sh010"])
    asset = session.create("Asset", {"name": "hero", "parent": shot, "type": session.query("AssetType").first()})
    session.commit()
    return asset
