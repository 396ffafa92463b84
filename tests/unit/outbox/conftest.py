"""What the tests of the outbox share: an outbox on a clock that stands still, publications, and other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Sent, StagedFile
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from helpers import ROOT
from making import HQ, route


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """An outbox and short ways to bring items into it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.outbox = Outbox(path, self.clock)

    @staticmethod
    def publication(component_id: str = "c1", **changes: Any) -> Publication:
        values: dict[str, Any] = {
            "component_id": component_id,
            "component_name": "main",
            "kind": Kind.FILE,
            "resource_identifier": f"show_a/{component_id}.mov",
            "location_id": "l1",
            "location_name": "artist.ws1",
            "server_url": "https://acme.test",
            "username": "artist",
            "project_id": "p1",
            "project_name": "show_a",
            "version_id": "v1",
            "version_name": "shot v001",
            "files": (StagedFile(f"show_a/{component_id}.mov", 10, 1_790_000_000_123_456_789),),
        }
        return Publication(**{**values, **changes})

    def prepare(self, *component_ids: str) -> None:
        self.outbox.prepare([self.publication(component_id) for component_id in component_ids], "owner")

    def pending(self, *component_ids: str) -> list[Item]:
        """Publish components and return their items."""
        self.prepare(*component_ids)
        self.outbox.activate(component_ids, "l1")
        return [item for item in self.outbox.due(100_000) if item.publication.component_id in component_ids]

    def item(self, component_id: str = "c1") -> Item:
        """Return an item as it is now."""
        return next(item for item in self.outbox.items() if item.publication.component_id == component_id)

    def job(self, project: str = "show_a", destination: Endpoint = HQ) -> JobRow:
        """Return the job row of a project's route."""
        return self.outbox.job(route(project_id=project, project_name=project, destination=destination))

    def attempt(self, items: Sequence[Item], job: JobRow) -> None:
        self.outbox.attempt(items, job, {item.id: Sent((item.publication.path,)) for item in items})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.sqlite3")
    yield made
    made.outbox.close()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that runs Python code, with arguments, in another process that has the plugin."""
    running: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "source")},
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def succeed(process: subprocess.Popen[str], text: str = "") -> str:
    """Return what *process* printed; fail with what it complained of unless it ends well."""
    printed, complaint = process.communicate(text, timeout=60)
    assert process.returncode == 0, complaint
    assert complaint == ""
    return printed.strip()


@pytest.fixture
def finish() -> Callable[..., str]:
    return succeed
