"""Runs the tests on every CPython of this machine, with the ends of ftrack-python-api and of accsyn-python-api.

Each cell is a private environment below build/matrix/, built at its first use; its report and pytest's words stay
beside it. `make matrix` runs them all, `--ends` the two that lie farthest apart.
"""

from __future__ import annotations

import argparse
import hashlib
import runpy
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Sequence
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table

from environments import build, interpreters
from helpers import ROOT

MATRIX = ROOT / "build" / "matrix"
SETUP = ROOT / "setup.py"
BUNDLED: Mapping[str, str] = runpy.run_path(str(SETUP))["BUNDLED"]

# Generations of ftrack-python-api, oldest first, each with the last CPython that it runs on.
FTRACK_API = {"2.5.4": (3, 11), "3.1.0": (3, 13)}

# Oldest and newest accsyn-python-api. 3.0.0 does not count: it looks its server up as no other release does.
ACCSYN_API = ("3.0.1", BUNDLED["accsyn-python-api"])

# Everything but e2e, which builds the archive and environments of its own, on interpreters that it chooses itself.
TIERS = ("unit", "contract", "integration", "fault")

# Failures of a cell that the terminal shows; its log has them all.
FAILURES_SHOWN = 40

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True)
class Cell:
    """One combination of versions; *python* is "3.11"."""

    python: str
    ftrack_api: str
    accsyn_api: str

    @property
    def folder(self) -> Path:
        """Its environment."""
        return MATRIX / f"python-{self.python}-ftrack-{self.ftrack_api}-accsyn-{self.accsyn_api}"

    def requirements(self) -> list[str]:
        """What pip installs: the project as it lies here with what its tests need, and exact clients."""
        pinned = {**BUNDLED, "accsyn-python-api": self.accsyn_api, "ftrack-python-api": self.ftrack_api}
        return ["--editable", f"{ROOT}[test]", *(f"{name}=={version}" for name, version in pinned.items())]


@dataclass(frozen=True)
class Outcome:
    """What came of a cell; *failed* counts errors too."""

    passed: int
    failed: int
    skipped: int
    duration_s: float
    exit_code: int

    @property
    def is_good(self) -> bool:
        """Whether something passed and nothing else than skips kept it company."""
        return self.exit_code == 0 and self.failed == 0 and self.passed > 0


def cells() -> list[Cell]:
    """Cells in which every two versions that can meet do so at least once, oldest first.

    Two cells a CPython do it: what changes from one to the next is which ftrack_api goes with which accsyn_api.
    """
    found = []
    for number, python in enumerate(pythons()):
        ftrack_apis = fitting(python)
        accsyn_apis = ACCSYN_API if number % 2 == 0 else ACCSYN_API[::-1]
        pairs = zip((ftrack_apis[0], ftrack_apis[-1]), accsyn_apis)
        found += [Cell(python, ftrack_api, accsyn_api) for ftrack_api, accsyn_api in pairs]
    return found


def ends() -> list[Cell]:
    """The cell of all the oldest versions, and that of all the newest."""
    oldest, newest = pythons()[0], pythons()[-1]
    return [Cell(oldest, fitting(oldest)[0], ACCSYN_API[0]), Cell(newest, fitting(newest)[-1], ACCSYN_API[-1])]


def pythons() -> list[str]:
    """The CPythons of this machine, oldest first."""
    return sorted(interpreters(), key=numbers)


def fitting(python: str) -> list[str]:
    """The generations of ftrack-python-api that run on *python*, oldest first."""
    return [ftrack_api for ftrack_api, last in FTRACK_API.items() if numbers(python) <= last]


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of *version*: (3, 11) of "3.11"."""
    return tuple(map(int, version.split(".")))


def run(cell: Cell, tiers: Sequence[str]) -> Outcome:
    """Run the tests of *tiers* in *cell*; what pytest says goes to a file, its end to the terminal if it is bad."""
    started = time.monotonic()
    report, log = (cell.folder.with_name(cell.folder.name + suffix) for suffix in (".xml", ".log"))
    report.unlink(missing_ok=True)
    setup = hashlib.sha256(SETUP.read_bytes()).hexdigest()
    try:
        python = build(cell.folder, cell.python, cell.requirements(), stamp=setup)
    except subprocess.CalledProcessError as error:
        say(f"Could not build {cell.folder}: {error}. See the message above; the first build needs a package index.")
        return Outcome(0, 1, 0, time.monotonic() - started, error.returncode)
    options = ["-n", "4", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}"]
    command = [str(python), "-m", "pytest", *options, *(str(ROOT / "tests" / tier) for tier in tiers)]
    with log.open("w", encoding="utf-8") as words:
        exit_code = subprocess.run(command, cwd=ROOT, stdout=words, stderr=subprocess.STDOUT, check=False).returncode
    outcome = read(report, exit_code, time.monotonic() - started)
    if not outcome.is_good:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()
        failures = [each for each in said if each.startswith(("FAILED", "ERROR"))]
        say("\n".join([*(failures or said)[-FAILURES_SHOWN:], f"pytest ended with {exit_code}; see {log}"]))
    return outcome


def say(text: str) -> None:
    """Print *text* as it is."""
    console.print(text, markup=False, soft_wrap=True)


def read(report: Path, exit_code: int, duration_s: float) -> Outcome:
    """Count what the JUnit file *report* tells; without one pytest has not come to its end, which is one failure."""
    if not report.exists():
        return Outcome(0, 1, 0, duration_s, exit_code)
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ElementTree.parse(report).iter("testsuite"):
        for name in counts:
            counts[name] += int(suite.get(name, "0"))
    failed = counts["failures"] + counts["errors"]
    return Outcome(counts["tests"] - failed - counts["skipped"], failed, counts["skipped"], duration_s, exit_code)


def table(outcomes: Mapping[Cell, Outcome]) -> Table:
    """Return one row for each cell."""
    result = Table("Python", "ftrack_api", "accsyn_api", "passed", "failed", "skipped", "seconds", "")
    for cell, outcome in outcomes.items():
        counts = (outcome.passed, outcome.failed, outcome.skipped, round(outcome.duration_s))
        mark = "" if outcome.is_good else f"FAILED ({outcome.exit_code})"
        result.add_row(cell.python, cell.ftrack_api, cell.accsyn_api, *map(str, counts), mark)
    return result


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the cells, print the table, and return the exit code: 1 if a cell is not good."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ends", action="store_true", help="only all the oldest versions, and all the newest")
    parser.add_argument("--tiers", nargs="+", default=TIERS, metavar="FOLDER", help="below tests/ [all but e2e, bench]")
    chosen = parser.parse_args(arguments)
    outcomes: dict[Cell, Outcome] = {}
    for cell in ends() if chosen.ends else cells():
        say(f"CPython {cell.python}, ftrack_api {cell.ftrack_api}, accsyn_api {cell.accsyn_api} ..")
        outcomes[cell] = run(cell, chosen.tiers)
    console.print(table(outcomes))
    return 0 if all(outcome.is_good for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
