"""Publishes as a pipeline script would, with the real ftrack_api, in this process."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

import ftrack_api
import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT, wait_until

HOOK = ROOT / "hook"


class Publisher:
    """An artist at the machine: sessions that load the plugin from the hook folder, and files to publish."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.studio = studio
        self.monkeypatch = monkeypatch
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.environment(**studio.environment(), FTRACK_EVENT_PLUGIN_PATH=str(HOOK))
        self._sessions: list[Any] = []

    def environment(self, **variables: Optional[str]) -> None:
        """Set variables, or unset those that are None."""
        for name, value in variables.items():
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)

    def session(self, **arguments: Any) -> Any:
        """Open a session as the host would."""
        session = ftrack_api.Session(**arguments)
        self._sessions.append(session)
        return session

    def version(self, session: Any, project: str = "show_a", asset: str = "plate") -> Any:
        """Create the next version of an asset on the animation task of the project's first shot."""
        task = session.get("Task", self.studio.ids[f"{project}/sq010/sh010/Animation"])
        parent = task["parent"]
        found = session.query(f'Asset where name is "{asset}" and context_id is "{parent["id"]}"').first()
        if found is None:
            asset_type = session.query("AssetType").first()
            found = session.create("Asset", {"name": asset, "type": asset_type, "parent": parent})
        version = session.create("AssetVersion", {"asset": found, "task": task})
        session.commit()
        return version

    def file(self, name: str = "main.mov", size_bytes: int = 2000) -> Path:
        """Write a source file of random bytes."""
        path = self.folder / name
        path.write_bytes(os.urandom(size_bytes))
        return path

    def publish_file(self, version: Any, name: str = "main") -> Any:
        """Publish one file component."""
        return version.create_component(str(self.file(f"{name}.mov")), {"name": name}, location="auto")

    def publish_sequence(self, version: Any, frames: Sequence[int], name: str = "frames") -> Any:
        """Publish a sequence of *frames*, which need not be contiguous."""
        for frame in frames:
            self.file(f"{name}.{frame:04d}.exr", 200)
        ranges = ", ".join(str(frame) for frame in frames)
        return version.create_component(f"{self.folder}/{name}.%04d.exr [{ranges}]", {"name": name}, location="auto")

    def publish_container(self, session: Any, version: Any, name: str = "pack", members: Sequence[str] = "ab") -> Any:
        """Publish a container of files."""
        container = session.create("ContainerComponent", {"name": name, "version": version})
        for member in members:
            path = self.file(f"{name}_{member}.txt", 20)
            data = {"name": member, "container": container}
            container["members"].append(session.create_component(str(path), data, location=None))
        session.commit()
        origin = session.get("Location", ORIGIN_LOCATION_ID)
        session.pick_location().add_component(container, origin)
        return container

    @property
    def outbox(self) -> Outbox:
        """The outbox of the artist's staging area."""
        path = outbox_path(None, str(self.studio.staging))
        assert path.is_file(), path
        return Outbox(path)

    def item(self, component: Any) -> Item:
        """Return the item of *component*."""
        with contextlib.closing(self.outbox) as outbox:  # asked again and again: files left open would use up the limit
            (found,) = [item for item in outbox.items() if item.publication.component_id == component["id"]]
        return found

    def submitted(self, *components: Any, timeout_s: float = 20.0) -> list[Item]:
        """Wait until *components* are in accsyn, whatever has become of them there; return their items."""
        waiting = (State.PREPARED, State.PENDING)
        wait_until(
            lambda: all(self.item(component).state not in waiting for component in components),
            timeout_s,
            "components to be submitted",
        )
        return [self.item(component) for component in components]

    def waiting(self, component: Any, kind: str, timeout_s: float = 20.0) -> Item:
        """Wait until the item of *component* waits for a cause of *kind*; return it."""
        wait_until(lambda: self.item(component).cause_kind == kind, timeout_s, f"the cause {kind}")
        return self.item(component)

    def hq(self, *, suffix: str = "") -> dict[str, bytes]:
        """Return the files at head quarters: path to content."""
        return {
            path.relative_to(self.studio.hq).as_posix(): path.read_bytes()
            for path in sorted(self.studio.hq.rglob(f"*{suffix}"))
            if path.is_file()
        }

    def rest(self) -> None:
        """Stop the background thread until the next publish."""
        for each in runtime._runtimes.values():
            each.worker.stop()

    def close(self) -> None:
        """End all sessions and the background thread."""
        for session in self._sessions:
            session.close()
        runtime.stop_all(timeout_s=0.0)
        # One that is still in a call would say the next test things, and see its environment.
        wait_until(lambda: not workers(), 40.0, "the background thread to end")


@contextlib.contextmanager
def at_work(studio: Studio, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Publisher]:
    """Give a publisher in a process that has said nothing yet, and leave nothing of it behind."""
    announce._said.clear()
    publisher = Publisher(studio, monkeypatch, folder)
    try:
        yield publisher
    finally:
        for service in (studio.ftrack, studio.accsyn):
            service.switches.clear()  # the background thread may hang in a call
        publisher.close()


def workers() -> list[threading.Thread]:
    """Return the background threads of this process; one whose start was broken off never lives."""
    return [each for each in threading.enumerate() if each.name == "ftrack-accsyn-worker" and each.is_alive()]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """Give a studio of its own to each test."""
    with Studio(tmp_path / "studio") as running:
        yield running


@pytest.fixture
def publisher(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    """Give an artist who publishes in the studio, from this process."""
    with at_work(studio, monkeypatch, tmp_path / "sources") as working:
        yield working
