"""A vendor on a machine of their own, with accsyn's credentials only, and what they have made there."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any, Optional

import pytest
from click.testing import Result

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Deliverable, Manifest
from ftrack_accsyn_sandbox.accsyn.entities import Job, Share
from ftrack_accsyn_sandbox.studio import Studio
from runner import RUNNER

FROM, TO = "show_a-from-vendor", "show_a-to-vendor"
TASK = "b3a1f2de-0000-4000-8000-000000000001"
NAME = "sh010_comp_v003"


class Vendor:
    """The vendor of a studio, whose two folders in it are there and granted; runs `ftrack-accsyn` as they would."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
        self.studio = studio
        self._patch = monkeypatch
        self.desk = studio.vendor_desk
        self.workspace = studio.demo.workspace
        # accsyn knows a machine by its host name.
        studio.demo.vendor_client.code = studio.demo.vendor_client.name = socket.gethostname()
        self.here()
        self.shares = {code: self.share(code, write=code == FROM) for code in (TO, FROM)}

    def here(self) -> None:
        """Let this process be on the vendor's machine: nothing of ftrack, no staging area."""
        for name in [name for name in os.environ if name.startswith(("FTRACK_", "ACCSYN_"))]:
            self._patch.delenv(name)
        for name, value in self.studio.outside().items():
            self._patch.setenv(name, value)

    def share(self, code: str, *, write: bool) -> Share:
        """Share a folder with the vendor, that may be read, and written to."""
        (self.studio.hq / code).mkdir(exist_ok=True)
        share = Share(code, code, type="folder", parent_id=self.studio.demo.volume.id, path=code)
        self.workspace.add(share)
        self.workspace.grant(self.studio.demo.vendor, share, read=True, write=write)
        return share

    def frames(self, first: int = 1001, last: int = 1003, name: str = NAME) -> Path:
        """Render a version: a folder with a sequence; return it."""
        folder = self.desk / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        for frame in range(first, last + 1):
            (folder / f"{name}.{frame}.exr").write_bytes(f"frame {frame}".encode())
        return folder

    def package(self, **changes: Any) -> Path:
        """Write the manifest of a package beside what is rendered; return it."""
        wanted = Deliverable(
            TASK,
            "sh010_comp_v{version:03d}",
            components=("main",),
            first_frame=1001,
            last_frame=1003,
            types=(".exr",),
            next_version=3,
        )
        made = Manifest(
            **{
                "package": "show_a-sh010-20261126-1",
                "project_id": "b3a1f2de-0000-4000-8000-000000000000",
                "project": "show_a",
                "vendor": "vendor@acme.test",
                "made_at": "2026-11-26T10:00:00Z",
                "tasks": ((TASK, "show_a/sq010/sh010/comp"),),
                "deliverables": (wanted,),
                "from_share": FROM,
                "to_share": TO,
                **changes,
            }
        )
        path = self.desk / "work" / manifest.NAME
        path.parent.mkdir(exist_ok=True)
        path.write_text(manifest.text(made), encoding="utf-8")
        return path

    def run(self, *arguments: object) -> Result:
        """Run `ftrack-accsyn deliver` in this process."""
        words = ["deliver", *map(str, arguments)]
        result = RUNNER.invoke(application, words, prog_name="ftrack-accsyn")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def told(self, *arguments: object) -> Any:
        """Run it with `--json` and return what it prints."""
        return json.loads(self.run(*arguments, "--json").stdout.splitlines()[-1])

    def jobs(self) -> list[Job]:
        """Return accsyn's jobs, oldest first."""
        return self.workspace.jobs()

    def arrived(self, name: str = NAME, share: str = FROM) -> dict[str, bytes]:
        """Return what lies below a delivered folder at the studio, by path; the note as it is."""
        return tree(self.studio.hq / share / name)

    def note(self, name: str = NAME, share: str = FROM) -> Optional[manifest.DeliveryNote]:
        """Return the note that came along."""
        path = self.studio.hq / share / name / DELIVERY_NOTE
        return manifest.read_note(path.read_bytes()) if path.is_file() else None


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files below *folder* by their paths."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
