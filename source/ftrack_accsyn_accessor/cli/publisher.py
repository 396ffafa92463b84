"""The demo's publisher: a Python process of its own that has ftrack_api and finds the plugin by its environment."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ftrack_accsyn_accessor.cli.extras import remedy

# An account of the user's would send the demo's files to a real studio.
STUDIO_PREFIXES = ("ACCSYN_", "FTRACK_")


@dataclass(frozen=True)
class Published:
    """A component that the publisher reported: *identifier* is its path in the staging area, *files* are its own."""

    component: str
    component_id: str
    project: str
    identifier: str
    files: tuple[Path, ...]
    size_bytes: int


class Publisher:
    """Runs the publisher in *folder* with *environment*, from entering its context to leaving it.

    A thread collects what it reports: *session* tells versions and location once its session is open, *published* grows
    with each component. Both may be read at any time.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.session: dict[str, str] = {}
        self.published: tuple[Published, ...] = ()
        self._folder = folder
        self._environment = {**inherited_environment(), **environment, "PYTHONPATH": str(host_packages())}

    def __enter__(self) -> Publisher:
        media = self._folder / "media"
        media.mkdir(parents=True)
        script = shutil.copy(script_path(), self._folder)
        with self._log.open("w", encoding="utf-8") as log:
            # Without `site` an editable installation of ours is not on the path: the host has ftrack_api, but finds the
            # plugin in the unpacked archive alone.
            self._process = subprocess.Popen(
                [sys.executable, "-S", script, str(media)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
            )
        self._reader = threading.Thread(target=self._read, name="publisher", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._reader.join()

    @property
    def ended(self) -> bool:
        """Whether the process has ended, and all that it reported has been read."""
        return not self._reader.is_alive()

    @property
    def failure(self) -> str:
        """What the process said when it failed; empty while it runs and when it succeeded."""
        if not self.ended or self._process.returncode == 0:
            return ""
        said = self._log.read_text(encoding="utf-8", errors="replace").strip()
        return said or f"It ended with code {self._process.returncode} and said nothing."

    @property
    def _log(self) -> Path:
        return self._folder / "publisher.log"

    def _read(self) -> None:
        with self._process as process:
            for line in process.stdout or ():
                report = json.loads(line)
                if "component" in report:
                    self.published += (as_published(report),)
                else:
                    self.session = report


def as_published(report: Mapping[str, Any]) -> Published:
    """One of the publisher's reports, with the size of the files."""
    files = tuple(map(Path, report["files"]))
    return Published(
        component=report["component"],
        component_id=report["component_id"],
        project=report["project"],
        identifier=report["identifier"],
        files=files,
        size_bytes=sum(path.stat().st_size for path in files),
    )


def inherited_environment() -> dict[str, str]:
    """The environment of this process, without any account, setting or plugin of the user's."""
    return {name: value for name, value in os.environ.items() if not name.startswith(STUDIO_PREFIXES)}


def host_packages() -> Path:
    """The folder that holds ftrack_api and what it needs."""
    return package_folder("ftrack_api").parent


def script_path() -> Path:
    """The script that publishes; it is copied away, so that nothing beside it can be imported."""
    return package_folder("ftrack_accsyn_sandbox") / "publish_demo.py"


def package_folder(name: str) -> Path:
    """The folder of an installed package, which is not imported for that."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise click.ClickException(f"{name} is not installed here. {remedy('sandbox')}")
    return Path(found.origin).parent
