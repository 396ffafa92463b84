"""What a suite of somebody else is to the runner: how it is installed, seeded and run, and what it has to reach."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional
from xml.etree import ElementTree

from ftrack_accsyn_sandbox.studio import Studio

# What would lead a suite to another server than the sandbox, or let it import what is not its own.
_FOREIGN = ("ACCSYN_", "FTRACK_", "PYTHON", "VIRTUAL_ENV")
_TIMEOUT_S = 900


@dataclass(frozen=True)
class Place:
    """Where a suite runs: *checkout* is a copy that may be written to, *studio* is running, *python* is its own.

    *log* takes what it says.
    """

    checkout: Path
    studio: Studio
    python: Path
    scratch: Path
    log: Path


@dataclass(frozen=True)
class Outcome:
    """How many passed, of how many that were not skipped, and the names of the others."""

    passed: int
    of: int
    failed: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """What part of it passed, from 0 to 1."""
        return self.passed / self.of if self.of else 0.0


@dataclass(frozen=True)
class Suite:
    """One suite. *wanted* is the part that has to pass; *requirements*, for pip, may name the {checkout}.

    *run* seeds the studio as the suite expects it, through the real clients where they can, and runs the suite as it
    is.
    """

    name: str
    wanted: float
    python: str
    requirements: tuple[str, ...]
    run: Callable[[Place], Outcome]


def run_pytest(
    place: Place, *arguments: str, environment: Optional[Mapping[str, str]] = None, typed: str = ""
) -> Outcome:
    """Run pytest in the suite's checkout, and return what came of it; *typed* is what a person types meanwhile.

    *environment* is added to that of the machine, from which all is gone that names a server. Raises RuntimeError when
    pytest gave no report, TimeoutExpired when it did not end.
    """
    report = place.scratch / "report.xml"
    report.unlink(missing_ok=True)
    keyboard = _keyboard(typed) if typed else subprocess.DEVNULL
    command = [str(place.python), "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={report}", *arguments]
    with place.log.open("w", encoding="utf-8") as words:
        subprocess.run(
            command,
            cwd=place.checkout,
            env={**surroundings(), **(environment or {})},
            stdin=keyboard,
            stdout=words,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_S,
            check=False,
        )
    if not report.exists():
        raise RuntimeError(f"pytest gave no report, see {place.log}")
    return read(report)


def _keyboard(typed: str) -> int:
    """Return the descriptor of a terminal on which *typed* has been typed; it lives as long as this process."""
    writing, reading = os.openpty()
    os.write(writing, typed.encode())
    return reading


def surroundings() -> dict[str, str]:
    """Return the variables of this process without those that would lead a suite astray."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def read(report: Path) -> Outcome:
    """Return what a JUnit *report* says; a test that failed in its clean-up has failed."""
    good: dict[str, bool] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("skipped") is not None:
            continue
        name = f"{case.get('classname')}::{case.get('name')}"
        good[name] = good.get(name, True) and case.find("failure") is None and case.find("error") is None
    failed = tuple(name for name, is_good in good.items() if not is_good)
    return Outcome(len(good) - len(failed), len(good), failed)


def merged(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the sum of several runs of one suite."""
    failed = tuple(name for outcome in outcomes for name in outcome.failed)
    return Outcome(sum(outcome.passed for outcome in outcomes), sum(outcome.of for outcome in outcomes), failed)
