"""A studio whose volume has files for tasks, and what makes packages of them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor import package
from ftrack_accsyn_accessor.vendor.contents import Contents
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.package import Package
from ftrack_accsyn_sandbox.studio import Studio
from sending import Sender

VENDOR = "ana@vendor.test"


class Packer(Sender):
    """Puts files of tasks on the volume and into ftrack, and makes packages as an administrator."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        super().__init__(studio, monkeypatch, folder, "admin")
        self.mapping = folder / "locations.json"
        self.rules = VendorRules(root=str(studio.hq))
        self.shot_id = self.shot()
        self.shot_name = self.store.find("Shot", id=self.shot_id)[0]["name"]
        self.folder = f"show_a/sq010/{self.shot_name}"
        self.task_id = self.task("comp")

    @property
    def means(self) -> Means:
        """What the vendor loop works with by the rules of the moment."""
        made = Means(self.settings, self.rules, self.connection.credentials)
        made._connection, made._workspace = self.connection, self.workspace
        return made

    def rule(self, **changes: Any) -> None:
        """Change the rules."""
        self.rules = dataclasses.replace(self.rules, **changes)

    def task(self, name: str, parent_id: str = "", **more: Any) -> str:
        """Create a task, in the shot unless told otherwise, and return its id."""
        type_id = self.ids["type:Compositing"]
        return str(
            self.store.create("Task", name=name, parent_id=parent_id or self.shot_id, type_id=type_id, **more)["id"]
        )

    def note(self, parent_id: str, content: str, **more: Any) -> str:
        """Create a note, and return its id."""
        data = {"parent_id": parent_id, "parent_type": "task", "user_id": self.ids["artist"], **more}
        return str(self.store.create("Note", content=content, **data)["id"])

    def put(self, path: str, content: bytes = b"content") -> str:
        """Write a file below the volume; return its path."""
        full = self.studio.hq / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content)
        return path

    def plate(self, frames: Sequence[int] = (1, 2, 3), version: Optional[str] = None) -> str:
        """Publish frames of a plate for the shot, and return the id of the component."""
        version = version or self.version(self.asset(self.shot_id))
        for frame in frames:
            self.put(f"{self.folder}/plate/f.{frame:04d}.exr", b"%d" % frame)
        return self.sequence(version, frames, f"{self.folder}/plate")

    def file(self, name: str = "main", *, asset: str = "", task_id: Optional[str] = None, **more: Any) -> str:
        """Publish a file for the shot, as a version of an asset, and return the id of the component."""
        version = self.version(self.asset(self.shot_id, asset or name), task_id=task_id)
        return self.component(version, self.put(f"{self.folder}/{name}.mov", name.encode()), name, **more)

    def gather(self, *task_ids: str, **more: Any) -> Contents:
        """Return what would go, by default for the task."""
        return package.gather(self.means, task_ids or (self.task_id,), **more)

    def assemble(self, contents: Optional[Contents] = None, vendor: str = VENDOR) -> Package:
        """Make the package of *contents*, by default of all that goes for the task."""
        return package.assemble(self.means, contents or self.gather(), vendor)

    def root(self, made: Package) -> Path:
        """Return where a package lies."""
        return self.studio.hq / made.folder

    def lying(self, made: Package) -> dict[str, bytes]:
        """Return what lies in the folder of a package."""
        root = self.root(made)
        return {os.fspath(each.relative_to(root)): each.read_bytes() for each in root.rglob("*") if each.is_file()}


@pytest.fixture
def packer(running: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Packer]:
    """Give somebody who makes packages, with a shot of their own that has a task "comp"."""
    packer = Packer(running, monkeypatch, tmp_path)
    yield packer
    packer.close()


def paths_of(contents: Contents) -> list[str]:
    """Return the paths in the package, sorted."""
    return sorted(each.path for each in contents.files)
