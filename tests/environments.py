"""The machine's interpreters, and private environments made of them: built once, stamped with their content, reused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Iterator, Sequence

from filelock import FileLock

SUPPORTED = ("3.9", "3.10", "3.11", "3.12", "3.13")

BIN = "Scripts" if os.name == "nt" else "bin"
PYTHON = "python.exe" if os.name == "nt" else "python"
PROBE = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"


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


def build(folder: Path, python: str, requirements: Sequence[str], stamp: str = "") -> Path:
    """Give the interpreter of the environment *folder*, made of CPython *python* ("3.11") with pip's *requirements*.

    An environment that carries other requirements, or another *stamp* (whatever else decides its content), is built
    anew. Processes that want the same one wait for each other. Raises KeyError when the machine has no such
    interpreter, CalledProcessError when the environment cannot be built.
    """
    interpreter = interpreters()[python]
    executable = folder / BIN / PYTHON
    ready = folder / "ready"
    content = "\n".join([*requirements, stamp])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not ready.exists() or ready.read_text(encoding="utf-8") != content:
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
            pip = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True)
            ready.write_text(content, encoding="utf-8")  # last: an interrupted build is done again
    return executable
