"""A demo workspace at accsyn's sandbox, and the door to it for each of its users."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.workspace import Workspace, transport
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo

Opener = Callable[..., Workspace]

#: What the jobs of these tests are called.
NAME = "show_a ftrack upload"


@pytest.fixture
def office(tmp_path: Path) -> demo.Demo:
    return demo.build(*(folder(tmp_path / name) for name in ("staging", "hq", "london")))


def folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.fixture
def service(office: demo.Demo, request: pytest.FixtureRequest) -> Iterator[AccsynService]:
    """The service with a resting engine. With the parameter "status 200" refusals have that status."""
    with AccsynService(workspace=office.workspace, engine_paused=True) as running:
        running.plain_statuses = getattr(request, "param", "") == "status 200"
        yield running


@pytest.fixture
def open_workspace(service: AccsynService) -> Iterator[Opener]:
    """Return a door for a user, closed when the test ends; keywords are those of `Workspace`, and `api_key`."""
    with contextlib.ExitStack() as stack:

        def opener(user: str = "artist", api_key: str = "", **options: Any) -> Workspace:
            email = f"{user}@acme.test"
            key = api_key or service.workspace.user(email).api_key
            options.setdefault("proxy", f"127.0.0.1:{service.port}")
            return stack.enter_context(contextlib.closing(Workspace(Credentials("acme", email, key), **options)))

        yield opener


@pytest.fixture
def workspace(open_workspace: Opener) -> Workspace:
    return open_workspace()


@pytest.fixture
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent service is waited for half a minute; a test needs no more than it takes a loaded machine to answer."""
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 2.0)


def payload(office) -> dict[str, object]:
    source = f"client={office.artist_client.id}:share=projects/a.mov"
    return {"code": NAME, "tasks": [{"source": source, "destination": "acme"}]}
