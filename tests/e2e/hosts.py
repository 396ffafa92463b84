"""Host environments: an interpreter of the machine with ftrack-python-api installed and nothing of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from filelock import FileLock

from helpers import ROOT

HOSTS = ROOT / "build" / "hosts"
SUPPORTED = ("3.9", "3.10", "3.11", "3.12", "3.13")
BIN = "Scripts" if os.name == "nt" else "bin"
PYTHON = "python.exe" if os.name == "nt" else "python"
PROBE = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"


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


def candidates() -> Iterator[str]:
    """Interpreters that may exist: this one, those on PATH, and its siblings in a folder of installations."""
    yield sys.executable
    for version in SUPPORTED:
        yield from filter(None, [shutil.which(f"python{version}")])
    installations = Path(sys.base_prefix).parent
    for pattern in ("*/bin/python", "*/bin/python3", "*/python.exe"):
        yield from map(str, sorted(installations.glob(pattern)))


@cache
def interpreters() -> dict[str, str]:
    """Version ("3.11") -> an interpreter of CPython that really runs; a shim on PATH may exist and yet run nothing."""
    found: dict[str, str] = {}
    for candidate in candidates():
        try:
            probe = subprocess.run([candidate, "-c", PROBE], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if probe.returncode == 0:
            version, implementation = probe.stdout.split()
            if implementation == "cpython" and version in SUPPORTED:
                found.setdefault(version, candidate)
    return found


def host(python: str, ftrack_api: str) -> Host:
    """The environment of CPython *python* ("3.11") with ftrack-python-api *ftrack_api*, built at its first use.

    Raises KeyError when the machine has no such interpreter, CalledProcessError when it cannot be built.
    """
    interpreter = interpreters()[python]
    folder = HOSTS / f"python-{python}-ftrack-{ftrack_api}"
    executable = folder / BIN / PYTHON
    ready = folder / "ready"
    HOSTS.mkdir(parents=True, exist_ok=True)
    with FileLock(str(folder) + ".lock"):
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
            pip = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, f"ftrack-python-api=={ftrack_api}"], check=True)
            ready.touch()
    return Host(executable, ftrack_api)
