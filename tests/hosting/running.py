"""Starts a host as a process of its own, by what the machine has for it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Optional

import pytest
from filelock import FileLock

from e2e.hosts import HOSTS as ENVIRONMENTS
from e2e.hosts import host as bare_host
from environments import build, interpreters
from ftrack_accsyn_sandbox.studio import Studio
from hosting.table import NO_ACCOUNT, Host, Needs

FTRACK_API = "3.1.0"
WAYS = Path(__file__).with_name("ways.py")
#: What a process gets of this one's environment.
KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
LIMIT_S = 90.0
#: What a host's environment has beside ftrack_api, as pip knows it.
PACKAGES = {
    Needs.GEVENT: "gevent",
    Needs.OLD_LOCKS: "filelock==3.0.12",
    Needs.NEW_LOCKS: "filelock>=4,<5",
    Needs.QT: "PySide6-Essentials>=6.8,<6.12",
}
#: Which locale is made, and of what.
LOCALES = {Needs.LATIN: ("de_DE", "ISO-8859-1"), Needs.TURKISH: ("tr_TR", "UTF-8")}
PROGRAMS = ("artist.py", "changed.py", "frozen.py", "ways.py")


@dataclass(frozen=True)
class Ended:
    """A host that has ended: its exit code, what it wrote to its streams, and what it reported."""

    code: int
    said: str
    reported: list[dict[str, Any]]


class Desk:
    """An artist's machine, below a folder that every account may enter."""

    def __init__(self, root: Path, studio: Studio, plugin: Path) -> None:
        self.root = root
        self.studio = studio
        self._plugin = plugin

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    def start(self, host: Host) -> Ended:
        """Run *host* to its end; skip where the machine cannot."""
        command = self._command(host)
        folder = self._folders(host)
        how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True}
        if host.way == "no_streams":
            how = {"preexec_fn": lambda: os.closerange(0, 3)}
        if host.account is not None:
            how |= {"user": host.account, "group": host.group or host.account, "extra_groups": []}
        environment = self._environment(host)
        done = subprocess.run(command, env=environment, cwd=folder, timeout=LIMIT_S, check=False, **how)
        said = b"" if done.stdout is None else done.stdout + done.stderr
        return Ended(done.returncode, said.decode("utf-8", "replace"), self._reported())

    def next_process(self, host: Host) -> None:
        """Let the next application open a session, and end."""
        script = "import ftrack_api; ftrack_api.Session(auto_connect_event_hub=False)"
        done = subprocess.run(
            [str(bare_host(newest(), FTRACK_API).python), "-c", script],
            env=self._environment(host, plainly=True),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def _command(self, host: Host) -> list[str]:
        if host.needs is Needs.PYINSTALLER:
            return [str(frozen(host.way))]
        return [str(interpreter(host)), *host.options, str(self.root / "programs" / WAYS.name), host.way]

    def _folders(self, host: Host) -> Path:
        """Make the host's folders, open to its account; return the one that it works in."""
        programs = self.root / "programs"
        programs.mkdir()
        for name in PROGRAMS:
            shutil.copy(WAYS.with_name(name), programs)
        for name in ("sources", "home", "work", "cache"):
            (self.root / name).mkdir()
            os.chmod(self.root / name, 0o777)
        if host.group is not None:
            os.chown(self.studio.staging, 0, host.group)
            os.chmod(self.studio.staging, 0o2775)
        return self.root / "work"

    def _environment(self, host: Host, plainly: bool = False) -> dict[str, str]:
        variables: dict[str, Optional[str]] = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            **self.studio.environment(),
            "FTRACK_EVENT_PLUGIN_PATH": os.pathsep.join(str(plugin / "hook") for plugin in self._plugins(host)),
            "ARTIST_FOLDER": str(self.sources),
            "HOME": str(self.root / "home"),
            "USERPROFILE": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "FTRACK_API_SCHEMA_CACHE_PATH": str(self.root / "cache"),
        }
        if not plainly:
            variables.update(host.variables)
            if "-S" in host.options:
                variables["ARTIST_PATH"] = f"{packages(interpreter(host))}{os.pathsep}{self.root / 'programs'}"
            if host.needs in LOCALES:
                variables["LOCPATH"] = str(made_locale(host.needs))
            if host.needs is Needs.ACCOUNTS:
                variables["PYTHONPATH"] = str(packages(bare_host(*shared_python()[1]).python))
        return {name: value for name, value in variables.items() if value is not None}

    def _plugins(self, host: Host) -> Iterator[Path]:
        """Yield the folder of each copy of the plugin that *host* has."""
        if not host.folder:
            yield self._plugin
        for name in filter(None, [host.folder, *(f"copy{number}" for number in range(1, host.copies))]):
            folder = self.root / name
            if not folder.exists():
                shutil.copytree(self._plugin, folder)
            yield folder

    def _reported(self) -> list[dict[str, Any]]:
        path = self.sources / "report"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def newest() -> str:
    """The newest CPython of this machine, as "3.13"."""
    return max(interpreters(), key=lambda version: tuple(map(int, version.split("."))))


def interpreter(host: Host) -> Path:
    """The interpreter that *host* runs in; skip where there is none."""
    if host.needs is Needs.POSIX and os.name == "nt":
        pytest.skip("it needs " + host.needs.value)
    if host.needs is Needs.ACCOUNTS:
        return Path(shared_python()[0])
    if host.needs is Needs.INTERPRETERS and newest() != "3.13":
        pytest.skip("it needs " + host.needs.value)
    if host.needs in PACKAGES:
        return environment(PACKAGES[host.needs])
    return bare_host(newest(), FTRACK_API).python


def environment(*more: str) -> Path:
    """An environment with ftrack_api and *more* packages; skip where they cannot be installed."""
    folder = ENVIRONMENTS / "-".join(["python", newest(), *(re.sub(r"[^a-z0-9.]+", "-", each) for each in more)])
    try:
        only_built = [f"--only-binary={re.split('[=>]', each)[0]}" for each in more]  # to compile one takes minutes
        return build(folder, newest(), [f"ftrack-python-api=={FTRACK_API}", *only_built, *more])
    except subprocess.CalledProcessError:
        pytest.skip(f"{' and '.join(more)} cannot be installed here")


def made_locale(needs: Needs) -> Path:
    """A folder with the locale that is needed, made at its first use; skip where that cannot be done."""
    name, letters = LOCALES[needs]
    folder = ENVIRONMENTS / "locales"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        target = folder / f"{name}.{letters}"
        if not target.exists():
            with contextlib.suppress(OSError):
                command = ["localedef", "--no-archive", "-i", name, "-f", letters, str(target)]
                subprocess.run(command, capture_output=True, check=False)
    if not target.exists():
        pytest.skip("it needs " + needs.value)
    return folder


def packages(python: Path) -> Path:
    """The folder of the packages of an environment."""
    (found,) = [*python.parents[1].glob("lib/python*/site-packages"), *python.parents[1].glob("Lib/site-packages")]
    return found


@cache
def shared_python() -> tuple[str, tuple[str, str]]:
    """An interpreter that any account may run, and the environment whose packages fit it; skip where there is none."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("it needs " + Needs.ACCOUNTS.value)
    for version in interpreters():
        fitting = (version, "2.5.4" if version in ("3.9", "3.10", "3.11") else FTRACK_API)
        for found in (f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
            if Path(found).exists() and reads(found, packages(bare_host(*fitting).python)):
                return found, fitting
    pytest.skip("this machine has no interpreter, or no checkout, that another account may read")


def reads(python: str, folder: Path) -> bool:
    """Whether an account without a name can import ftrack_api from *folder*."""
    with contextlib.suppress(OSError):
        script, variables = "import ftrack_api, sqlite3", {"PYTHONPATH": str(folder)}
        command = [python, "-c", script]
        return not subprocess.run(command, user=NO_ACCOUNT, env=variables, cwd="/", capture_output=True).returncode
    return False


# Frozen applications.

#: What the plugin needs of Python beside what ftrack_api brings along.
NEEDED = ["--hidden-import", "asyncio", "--hidden-import", "sqlite3"]
OPTIONS = {"with sqlite3": NEEDED, "without sqlite3": [*NEEDED[:2], "--exclude-module", "sqlite3"]}


def frozen(kind: str) -> Path:
    """The application, frozen at its first use and kept; skip where that cannot be done."""
    python = environment("pyinstaller")
    folder = ENVIRONMENTS / "frozen" / kind.replace(" ", "-")
    application = folder / "frozen" / ("frozen.exe" if os.name == "nt" else "frozen")
    sources = [WAYS.with_name(name) for name in ("artist.py", "frozen.py")]
    content = hashlib.sha256(b"".join(path.read_bytes() for path in [*sources, Path(__file__)])).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        stamp = folder / "ready"
        if not stamp.exists() or stamp.read_text() != content:
            freeze(python, folder, kind)
            stamp.write_text(content)
    return application


def freeze(python: Path, folder: Path, kind: str) -> None:
    # Without what only installs packages, which ftrack_api asks for, it takes less time.
    options = ["--noconfirm", "--log-level", "ERROR", "--exclude-module", "setuptools", *OPTIONS[kind]]
    command = [str(python), "-m", "PyInstaller", *options]
    places = ["--distpath", str(folder), "--workpath", str(folder / "work"), "--specpath", str(folder / "work")]
    subprocess.run([*command, *places, str(WAYS.with_name("frozen.py"))], check=True, capture_output=True)
