"""Environments with the ftrack framework as the package index has it, and applications that run in them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from e2e.hosts import Host, system_environment
from environments import build
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT, wait_until

FOLDER = Path(__file__).parent
ENVIRONMENTS = ROOT / "build" / "framework"

#: What is on the package index; the framework asks for CPython before 3.12 and for ftrack-python-api before 3.
LIBRARIES = {
    "ftrack-framework-core": "3.2.1",
    "ftrack-utils": "3.2.0",
    "ftrack-constants": "3.0.0",
    "ftrack-python-api": "2.5.4",
}
PYTHONS = ("3.9", "3.10", "3.11")


def framework(python: str) -> Host:
    """The environment of CPython *python* ("3.11") with the framework and nothing of ours; as `e2e.hosts.host`."""
    requirements = [f"{name}=={version}" for name, version in LIBRARIES.items()]
    executable = build(ENVIRONMENTS / f"python-{python}", python, requirements)
    return Host(executable, LIBRARIES["ftrack-python-api"])


class Application:
    """A running process of the framework, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def said(self) -> list[dict[str, Any]]:
        """What it reported; everything else are log lines of the framework."""
        return [json.loads(line) for line in tuple(self.lines) if line.startswith("{")]

    @property
    def text(self) -> str:
        """All that it has said, for a message."""
        return "".join(tuple(self.lines))

    def told(self, key: str) -> dict[str, Any]:
        """Wait for the report that has *key*; return it."""

        def found() -> Optional[dict[str, Any]]:
            return next((each for each in self.said if key in each), None)

        def there() -> bool:
            return bool(found()) or not self._reader.is_alive()

        wait_until(there, 60.0, f"the application to tell {key}")
        report = found()
        assert report is not None, self.text
        return report

    def results(self) -> dict[tuple[str, Optional[str]], dict[str, Any]]:
        """What each plugin came to so far: by its name and the component."""
        return {(each["plugin"], each["component"]): each for each in self.said if "plugin" in each}

    def plugins(self) -> dict[tuple[str, Optional[str]], dict[str, Any]]:
        """What each plugin came to, when all tools were run."""
        self.told("finished")
        return self.results()

    def message(self, plugin: str) -> str:
        """What the one plugin of this name complained of, when all tools were run."""
        (report,) = [each for (name, _), each in self.plugins().items() if name == plugin]
        assert not report["good"], self.text
        return str(report["message"])

    def end(self) -> None:
        """Let it end itself."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(30.0)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Application]:
    """Start *command* with what *environment* tells it, and end it afterwards."""
    process = subprocess.Popen(
        list(command),
        env={**system_environment(), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    application = Application(process)
    try:
        yield application
    finally:
        application.end()


class Desk:
    """An artist at a machine with the framework: files to publish, and applications to publish them from."""

    def __init__(self, host: Host, studio: Studio, plugin: Path, folder: Path) -> None:
        self.host = host
        self.studio = studio
        self.hook = plugin / "hook"
        self.folder = folder
        self.media = folder / "media"
        self.media.mkdir()
        self.missing = str(self.media / "missing.mov")
        self.environment = {
            **studio.environment(),
            "FTRACK_EVENT_PLUGIN_PATH": str(self.hook),
            "FTRACK_FRAMEWORK_EXTENSIONS_PATH": str(FOLDER / "extensions"),
            "FTRACK_CONTEXTID": studio.ids["show_a/sq010/sh010/Animation"],
            "HOME": str(folder),  # the framework keeps its logs there
            "TMPDIR": str(folder),  # and exports into it
        }

    def file(self, name: str, size_bytes: int = 3000) -> str:
        """Write a file of random bytes, and return its path."""
        path = self.media / name
        path.write_bytes(os.urandom(size_bytes))
        return str(path)

    def sequence(self, frames: Sequence[int]) -> str:
        """Write a frame for each number, and return the path of the first."""
        first, *_ = [self.file(f"render.{frame:04d}.exr", 300) for frame in frames]
        return first

    def application(self, *tools: str, **variables: str) -> contextlib.AbstractContextManager[Application]:
        """Start an application that runs *tools*, with *variables* of its own."""
        return running(self.command(*tools), {**self.environment, **variables})

    def launched(self, *tools: str, **variables: str) -> contextlib.AbstractContextManager[Application]:
        """Have it launched as Connect does, in whose environment nothing tells of the plugin."""
        launcher = [str(self.host.python), str(FOLDER / "launcher.py"), str(self.hook)]
        environment = {**self.environment, **variables}
        del environment["FTRACK_EVENT_PLUGIN_PATH"]
        return running([*launcher, *self.command(*tools)], environment)

    def command(self, *tools: str) -> list[str]:
        """Return the command of an application that runs *tools*."""
        return [str(self.host.python), str(FOLDER / "application.py"), *tools]

    def rows(self, entity_type: str, **wanted: Any) -> list[dict[str, Any]]:
        """What ftrack has."""
        return self.studio.ftrack.store.find(entity_type, **wanted)

    def versions(self) -> list[dict[str, Any]]:
        """The versions that the framework has published and that are left, oldest first."""
        found = self.rows("AssetVersion", comment="From the framework")
        return sorted(found, key=lambda version: int(version["version"]))

    def at(self, location: str) -> list[str]:
        """The paths that ftrack has in a location."""
        found = self.rows("ComponentLocation", location_id=self.studio.ids[location])
        return [row["resource_identifier"] for row in found]

    def task_paths(self) -> list[str]:
        """What accsyn was told to carry, as paths of the volume."""
        tasks = [task for job in self.studio.accsyn.workspace.jobs() for task in job.tasks]
        return [task.source.partition("=projects/")[2] for task in tasks]

    def hq_files(self) -> dict[str, bytes]:
        """What is at head quarters: path to content."""
        hq = self.studio.hq
        return {path.relative_to(hq).as_posix(): path.read_bytes() for path in hq.rglob("*") if path.is_file()}

    def exports(self) -> list[Path]:
        """The temporary files that exporters have left."""
        return [path for path in self.folder.joinpath("ftrack-connect").rglob("*") if path.is_file()]

    def arrived(self, *paths: str) -> None:
        """Wait until *paths* are at head quarters, as ftrack has it."""
        wait_until(lambda: set(self.at("studio.hq")).issuperset(paths), 30.0, f"{paths} to arrive")
