"""A running demo workspace, and the real client logged in to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Optional

import pytest

from ftrack_accsyn_sandbox.accsyn import AccsynService, Engine, demo

if TYPE_CHECKING:
    from integration.sandbox_accsyn.bare_client import Session


@dataclass
class Acme:
    """The running workspace. *job* and *task* build what a client would send."""

    service: AccsynService
    demo: demo.Demo
    staging: Path
    hq: Path
    london: Path

    def login(self, user: str = "artist", key: Optional[str] = None, **options: Any) -> Session:
        from integration.sandbox_accsyn.bare_client import Session  # here, for tests that need no client run anyway

        return Session(
            **{
                "workspace": "acme",
                "username": f"{user}@acme.test",
                "api_key": key or f"{user}-demo-key",
                "proxy": f"127.0.0.1:{self.service.port}",
                "path_envfile": os.devnull,
                "timeout": 10,
                **options,
            }
        )

    def stage(self, path: str, content: bytes = b"data") -> Path:
        staged = self.staging / path
        staged.parent.mkdir(parents=True, exist_ok=True)
        staged.write_bytes(content)
        return staged

    def task(self, path: str, destination: Optional[str] = "acme", **attributes: Any) -> dict[str, Any]:
        source = f"client={self.demo.artist_client.id}:share=projects/{path}"
        return {"source": source, **({"destination": destination} if destination else {}), **attributes}

    def job(self, *paths: str, **attributes: Any) -> dict[str, Any]:
        tasks = [self.task(path, attributes.pop("destination", "acme")) for path in paths]
        return {"code": "a job", "tasks": tasks, **attributes}

    def states(self, number: int = -1) -> list[str]:
        return [task.status for task in self.service.workspace.jobs()[number].tasks]


@pytest.fixture
def bare_client() -> None:
    """Skip the test where accsyn's own client cannot be driven."""
    from integration.sandbox_accsyn import bare_client  # noqa: F401


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    """The demo workspace, its engine paused: what is created stays as it is until a test lets it run.

    What is missing then fails at once.
    """
    folders = [tmp_path / name for name in ("staging", "hq", "london")]
    for folder in folders:
        folder.mkdir()
    made = demo.build(*folders)
    with AccsynService(workspace=made.workspace, engine_paused=True) as service:
        service.engine.missing_grace_s = 0.0
        yield Acme(service, made, *folders)


@pytest.fixture
def engine(acme: Acme) -> Engine:
    """The engine, running."""
    acme.service.engine.paused = False
    return acme.service.engine


@pytest.fixture
def session(acme: Acme) -> Session:
    """The artist's session."""
    return acme.login()


@pytest.fixture
def admin(acme: Acme) -> Session:
    return acme.login("admin")
