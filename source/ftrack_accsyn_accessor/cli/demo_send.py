"""`ftrack-accsyn demo --send`: a shot to a site and back, to a third machine, and a folder both ways."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.table import Table

from ftrack_accsyn_accessor.cli.publisher import Publisher, host_packages, inherited_environment

if TYPE_CHECKING:
    from ftrack_accsyn_sandbox.studio import Studio

SITE = "london"
SHOT = "show_a/sq010/sh010"
SCANS = f"{SHOT}/scans"
#: A third machine: what it is called in ftrack and in accsyn.
MACHINE = "ws2"
#: Sends of some megabytes on this machine take a second; with this they end in any case.
TIMEOUT_S = 60
_MAIN = "from ftrack_accsyn_accessor.cli import main; main()"


class Step(NamedTuple):
    """What was done, with the files that had to arrive: pairs of one and the one that has to equal it."""

    words: str
    code: int
    pairs: Sequence[tuple[Path, Path]]

    @property
    def equal(self) -> int:
        """How many of the files are there and have the same bytes."""
        return sum(same(*pair) for pair in self.pairs)

    @property
    def well(self) -> bool:
        """Whether all that had to arrive has."""
        return self.code == 0 and bool(self.pairs) and self.equal == len(self.pairs)


def same(first: Path, second: Path) -> bool:
    """Whether both files are there, with the same bytes."""
    return first.is_file() and second.is_file() and first.read_bytes() == second.read_bytes()


def show_sends(publisher: Publisher, studio: Studio, root: Path, hook: Path, console: Console) -> bool:
    """Do all of it after *publisher*'s files have arrived, print each step; return whether all ended as it should."""
    demo = _Demo(publisher, studio, root, hook, console)
    steps = [demo.to_the_site(), demo.and_back(), demo.to_a_third_machine(), demo.scans_down(), demo.scans_up()]
    table = Table(title="Sent, fetched and synced", title_justify="left")
    for heading in ("What", "Files", "Checksums"):
        table.add_column(heading, overflow="fold")
    for step in steps:
        verdict = "[green]equal[/]" if step.well else "[red]NOT equal[/]"
        table.add_row(step.words, str(len(step.pairs)), f"{verdict} ({step.equal} of {len(step.pairs)})")
    console.print(table)
    return all(step.well for step in steps)


class _Demo:
    """The studio, its places, and commands that are run there as somebody would."""

    def __init__(self, publisher: Publisher, studio: Studio, root: Path, hook: Path, console: Console) -> None:
        self._studio = studio
        self._root = root
        self._hook = hook
        self._console = console
        self._site = studio.site(SITE)
        # What was published into the shot, by its path in the volume.
        self._files = [
            file.relative_to(studio.staging)
            for published in publisher.published
            for file in published.files
            if studio.staging in file.parents and file.relative_to(studio.staging).as_posix().startswith(f"{SHOT}/")
        ]
        self._environment = {**studio.environment(), "XDG_STATE_HOME": str(root / "state")}

    def to_the_site(self) -> Step:
        self._run(self._environment, "drain")  # the publisher has ended as soon as accsyn was through
        code = self._run(self._environment, "send", SHOT, "--from", "studio.hq", "--to", "studio.london", "--wait")
        return Step(f"{SHOT} to {SITE}", code, self._pairs(self._studio.hq, self._site))

    def and_back(self) -> Step:
        """Send it back, after head quarters has lost it: its files and their registrations."""
        kept = self._root / "kept"
        for file in self._files:
            (kept / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(self._studio.hq / file), str(kept / file))
        store, hq = self._studio.ftrack.store, self._studio.ids["studio.hq"]
        for row in store.find("ComponentLocation", location_id=hq):
            if row["resource_identifier"].startswith(f"{SHOT}/"):
                store.delete("ComponentLocation", row["id"])
        code = self._run(self._environment, "send", SHOT, "--from", "studio.london", "--to", "studio.hq", "--wait")
        return Step(f"{SHOT} back to head quarters", code, self._pairs(kept, self._studio.hq))

    def to_a_third_machine(self) -> Step:
        staging = self._root / MACHINE
        staging.mkdir()
        client = self._studio.demo.add_machine(MACHINE, staging)
        variables = {
            **self._environment,
            "ACCSYN_PROJECTS_PATH": str(staging),
            "FTRACK_ACCSYN_CLIENT": client.id,
            "FTRACK_ACCSYN_LOCATION": f"artist.{MACHINE}",
            "XDG_STATE_HOME": str(self._root / "state" / MACHINE),
        }
        self._log_in(variables)
        code = self._run(variables, "get", SHOT, "--wait")
        return Step(f"{SHOT} on the machine {MACHINE}", code, self._pairs(self._studio.hq, staging))

    def scans_down(self) -> Step:
        return self._scans("download", self._studio.hq, self._site, "plate.dpx")

    def scans_up(self) -> Step:
        return self._scans("upload", self._site, self._studio.hq, "chart.dpx")

    def _scans(self, direction: str, source: Path, target: Path, name: str) -> Step:
        made = source / SCANS / name
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(os.urandom(500_000))
        code = self._run(self._environment, "sync", "--site", SITE, "--direction", direction, SCANS, "--wait")
        return Step(f"{SCANS}, {direction}", code, [(made, target / SCANS / name)])

    def _pairs(self, source: Path, target: Path) -> list[tuple[Path, Path]]:
        return [(source / file, target / file) for file in self._files]

    def _log_in(self, variables: Mapping[str, str]) -> None:
        """Open a session with the plugin, as an application does: from then on ftrack knows the staging location."""
        code = "import ftrack_api; ftrack_api.Session(auto_connect_event_hub=False).close()"
        more = {"FTRACK_EVENT_PLUGIN_PATH": str(self._hook), "PYTHONPATH": str(host_packages())}
        environ = {**inherited_environment(), **variables, **more}
        subprocess.run([sys.executable, "-S", "-c", code], env=environ, stdin=subprocess.DEVNULL, check=False)

    def _run(self, variables: Mapping[str, str], *arguments: str) -> int:
        """Run a command as somebody types it, show what it says, and return its exit code."""
        self._console.print(f"\n$ ftrack-accsyn {' '.join(arguments)}", markup=False)
        ran = subprocess.run(
            [sys.executable, "-c", _MAIN, *arguments, "--timeout", str(TIMEOUT_S)],
            env={**inherited_environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        with contextlib.suppress(UnicodeEncodeError):
            self._console.print(ran.stdout.rstrip(), markup=False, highlight=False)
        return ran.returncode
