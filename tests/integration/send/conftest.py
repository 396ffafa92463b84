"""A studio for all tests of a module, and what resolves endpoints in it for each of its users."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import mapping, settings
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.mapping import LocationMapping
from ftrack_accsyn_accessor.send.endpoints import Endpoints
from ftrack_accsyn_accessor.worker.endpoint import connect
from ftrack_accsyn_sandbox.studio import Studio
from sending import admin, running, sender

__all__ = ["admin", "connections", "office", "open_endpoints", "running", "sender"]

Opener = Callable[..., Endpoints]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as running:
        yield running


@pytest.fixture(scope="module")
def connections(office: Studio) -> Iterator[dict[str, FtrackConnection]]:
    """One session of ftrack for each person: to open one takes longer than a test."""
    found: dict[str, FtrackConnection] = {}
    for user in ("artist", "admin"):
        environ = office.environment(user)
        credentials = (environ[f"FTRACK_{name}"] for name in ("SERVER", "API_USER", "API_KEY"))
        found[user] = FtrackConnection(FtrackCredentials(*credentials))
    yield found
    for connection in found.values():
        connection.close()


@pytest.fixture
def open_endpoints(
    office: Studio, connections: dict[str, FtrackConnection], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opener]:
    """Return what resolves endpoints as one person; *locations* is the content of the mapping file."""
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", office.environment()["FTRACK_API_SCHEMA_CACHE_PATH"])
    with contextlib.ExitStack() as stack:

        def opener(user: str = "admin", locations: Optional[dict[str, Any]] = None, **variables: str) -> Endpoints:
            environ = {**office.environment(user), **variables}
            current = settings.read(environ)
            assert current.problems == ()
            workspace = stack.enter_context(contextlib.closing(connect(current)))
            told = LocationMapping()
            if locations is not None:
                told = mapping.read(json.dumps({"locations": locations}), "a.json", "acme", current.volume)
            connection = connections["admin" if user == "admin" else "artist"]
            office.accsyn.log.clear()
            office.ftrack.log.clear()
            return Endpoints(connection, workspace, told, current, environ)

        yield opener


@pytest.fixture
def location(office: Studio) -> Iterator[Callable[..., str]]:
    """Return what makes a location in ftrack and returns its id; it is gone when the test ends."""
    made: list[str] = []

    def make(name: str, label: str = "", *, staging: bool = False) -> str:
        description = STAGING_DESCRIPTION if staging else ""
        made.append(office.ftrack.store.create("Location", name=name, label=label, description=description)["id"])
        return made[-1]

    yield make
    for location_id in made:
        office.ftrack.store.delete("Location", location_id)


@pytest.fixture
def dana(office: Studio) -> Iterator[Any]:
    """An employee of whom no client is known yet; her user and her clients are gone when the test ends."""
    workspace = office.demo.workspace
    before = set(workspace.entities)
    yield workspace.add_user("dana@acme.test", "dana-key", "employee")
    for ident in set(workspace.entities) - before:
        del workspace.entities[ident]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
