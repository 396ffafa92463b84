"""Host environments: an interpreter of the machine with ftrack-python-api installed and nothing of ours."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from environments import build
from helpers import ROOT

HOSTS = ROOT / "build" / "hosts"


@dataclass(frozen=True)
class Host:
    """A Python environment as a DCC would bring it: *python* is its interpreter, *ftrack_api* the version installed."""

    python: Path
    ftrack_api: str

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], timeout_s: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run the interpreter with *arguments*; only *environment* tells it where it is."""
        return subprocess.run(
            [str(self.python), *arguments],
            env={**system_environment(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


def system_environment() -> dict[str, str]:
    """What any process needs to run at all, and nothing that leads it to packages, accounts or settings."""
    kept = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "LANG", "LC_ALL")
    return {name: os.environ[name] for name in kept if name in os.environ}


def host(python: str, ftrack_api: str) -> Host:
    """The environment of CPython *python* ("3.11") with ftrack-python-api *ftrack_api*, built at its first use.

    Raises KeyError when the machine has no such interpreter, CalledProcessError when it cannot be built.
    """
    executable = build(HOSTS / f"python-{python}-ftrack-{ftrack_api}", python, [f"ftrack-python-api=={ftrack_api}"])
    return Host(executable, ftrack_api)
