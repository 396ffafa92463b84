"""A machine with a staging area and as many items in its outbox as a test wants, and windows to look at them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.connect.heading import Head
from ftrack_accsyn_accessor.connect.reader import View
from ftrack_accsyn_accessor.connect.shapes import Line
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import FileChanged
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, Kind, Publication, StagedFile
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_accessor.worker.runtime import Runtime
from qt_support import windows

__all__ = ["windows"]

CREDENTIALS = FtrackCredentials("https://acme.test", "artist", "key")


class CountingSource(OutboxSource):
    """The real source; it notes which pages it was asked for, and on which threads."""

    def __init__(self) -> None:
        super().__init__(CREDENTIALS)
        self.asked: list[int] = []
        self.threads: set[int] = set()

    def head(self) -> Head:
        self.threads.add(threading.get_ident())
        return super().head()

    def page(self, view: View, number: int) -> tuple[Line, ...]:
        self.threads.add(threading.get_ident())
        self.asked.append(number)
        return super().page(view, number)


class Recorder:
    """Takes what the buttons ask for, and does nothing."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def pause(self) -> str:
        self.done.append("pause")
        return "Paused."

    def resume(self) -> str:
        self.done.append("resume")
        return "Resumed."

    def retry(self, item_ids: Optional[list[int]]) -> str:
        self.done.append(("retry", item_ids))
        return "Trying again."

    def retry_request(self, request_id: int) -> str:
        self.done.append(("retry_request", request_id))
        return "Trying again."

    def first(self, item_ids: list[int]) -> str:
        self.done.append(("first", item_ids))
        return "It goes first."

    def first_request(self, request_id: int) -> str:
        self.done.append(("first_request", request_id))
        return "They go first."

    def cancel(self, request_id: int) -> str:
        self.done.append(("cancel", request_id))
        return "Cancelled."

    def why(self, component_id: str) -> str:
        self.done.append(("why", component_id))
        return f"Because of {component_id}."

    def doctor(self) -> str:
        self.done.append("doctor")
        return "ok      everything"


class Machine:
    """A staging machine whose worker is not running."""

    def __init__(self, source: CountingSource) -> None:
        self.source = source

    @property
    def runtime(self) -> Runtime:
        self.source.changes()
        assert self.source.runtime is not None
        return self.source.runtime

    @property
    def outbox(self) -> Outbox:
        return self.runtime.outbox

    def publish(self, names: Sequence[str], project: str = "show_a", **changes: Any) -> None:
        """Bring items into the outbox, as the location does."""
        publish(self.outbox, names, project, **changes)

    def fail(self, count: int) -> list[str]:
        """Let the oldest *count* items need attention; return their names."""
        items = self.outbox.due(count)
        error = FileChanged("send a staged file", "a.mov", "it is missing", "Publish it again.")
        assert self.outbox.needs_attention(items, error, NOT_BY_ITSELF) == count
        return [item.publication.component_name for item in items]


def publish(outbox: Outbox, names: Sequence[str], project: str = "show_a", **changes: Any) -> None:
    """Bring items into *outbox*, as the location does."""
    outbox.prepare([dataclasses.replace(publication(name, project), **changes) for name in names], "owner")
    outbox.activate([f"id-{name}" for name in names], "l1")


def publication(name: str, project: str) -> Publication:
    path = f"{project}/sq010/sh010/plate/v001/{name}.mov"
    return Publication(
        component_id=f"id-{name}",
        component_name=name,
        kind=Kind.FILE,
        resource_identifier=path,
        location_id="l1",
        location_name="artist.ws1",
        server_url="https://acme.test",
        username="artist",
        project_id=project,
        project_name=project,
        version_id="v1",
        version_name="plate v001",
        files=(StagedFile(path, 1000, 1),),
    )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    announce._said.clear()
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(tmp_path / "staging"))
    monkeypatch.setenv("ACCSYN_WORKSPACE", "acme")
    monkeypatch.setenv("ACCSYN_API_USER", "artist@acme.test")
    monkeypatch.setenv("ACCSYN_API_KEY", "key")
    StagingArea(str(tmp_path / "staging")).prepare()  # as the session of the host does first
    made = Machine(CountingSource())
    yield made
    if made.source.runtime is not None:
        made.source.runtime.outbox.close()
    runtime.stop_all(timeout_s=0.0)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
