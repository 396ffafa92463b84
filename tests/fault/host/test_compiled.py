"""What Python has compiled of the plugin is damaged, as a crash or a full disk leaves it."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest

from helpers import ROOT

PACKAGE = "ftrack_accsyn_accessor"
HEADER_BYTES = 16
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[: len(content) // 2],
    "nothing after its header": lambda content: content[:HEADER_BYTES],
    "zeros": lambda content: content[:HEADER_BYTES] + bytes(len(content) - HEADER_BYTES),
    "empty": lambda content: b"",
}
#: Loads a hook as ftrack_api does, and calls it.
LOAD = """
import importlib.util, logging, sys, types
logging.basicConfig(format="%(message)s")
sys.modules["ftrack_connect.ui.application"] = types.ModuleType("connect")
spec = importlib.util.spec_from_file_location("hook", sys.argv[1])
hook = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hook)
hook.register(object())
print(sys.argv[2] in sys.modules)
"""
HOOKS = [("location", "plugin"), ("location", "__init__"), ("location", "worker/worker"), ("connect", "connect/host")]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The plugin in a folder of its own, with nothing compiled."""
    shutil.copytree(ROOT / "hook", tmp_path / "hook", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "source" / PACKAGE, tmp_path / "source" / PACKAGE, ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def loaded(installed: Path, hook: str, module: str, *first: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = installed / "hook" / f"accsyn_{hook}_hook.py"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Before the checkout, which is installed for this Python.
    environment["PYTHONPATH"] = os.pathsep.join([*(str(path) for path in first), str(installed / "source")])
    return subprocess.run(
        [sys.executable, "-c", LOAD, str(path), f"{PACKAGE}.{module}".replace("/", ".").replace(".__init__", "")],
        env={**environment, "QT_QPA_PLATFORM": "offscreen", **variables},
        cwd=installed,
        capture_output=True,
        text=True,
        check=True,
    )


def damage(source: Path, kind: str, prefix: str = "") -> Path:
    """Compile *source* for this Python, and leave of that what *kind* says."""
    before, sys.pycache_prefix = sys.pycache_prefix, prefix or None
    try:
        compiled = Path(py_compile.compile(str(source), doraise=True))
    finally:
        sys.pycache_prefix = before
    compiled.write_bytes(DAMAGE[kind](compiled.read_bytes()))
    return compiled


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize(("hook", "module"), HOOKS)
def test_damaged_compiled_file_is_compiled_anew_and_nobody_notices(
    installed: Path, hook: str, module: str, kind: str
) -> None:
    source = installed / "source" / PACKAGE / f"{module}.py"
    compiled = damage(source, kind)

    told = loaded(installed, hook, module)

    assert told.stdout == "True\n"
    assert told.stderr == "" or hook == "connect"  # whose tab wants a session
    assert "is damaged:" not in told.stderr
    assert compiled.stat().st_size > HEADER_BYTES
    assert compiled.read_bytes() != DAMAGE[kind](compiled.read_bytes())


def test_damaged_compiled_file_that_lies_elsewhere_is_compiled_anew(installed: Path, tmp_path: Path) -> None:
    prefix = str(tmp_path / "compiled")
    compiled = damage(installed / "source" / PACKAGE / "plugin.py", "cut off", prefix)

    told = loaded(installed, "location", "plugin", PYTHONPYCACHEPREFIX=prefix)

    assert (told.stdout, told.stderr) == ("True\n", "")
    assert compiled.is_relative_to(prefix)


def test_many_processes_that_find_the_damage_at_once_all_load_it(installed: Path) -> None:
    for name in ("plugin", "worker/worker", "staging/area", "outbox/store", "model/errors"):
        damage(installed / "source" / PACKAGE / f"{name}.py", "cut off")

    with ThreadPoolExecutor(4) as executor:
        told = list(executor.map(lambda _: loaded(installed, "location", "plugin"), range(8)))

    assert {(each.stdout, each.stderr) for each in told} == {("True\n", "")}


def test_damaged_compiled_file_of_the_host_is_named_and_not_removed(
    installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hosts = tmp_path_factory.mktemp("hosts") / "filelock.py"
    hosts.write_text("__version__ = '3.19.1'\nTimeout = TimeoutError\n")
    compiled = damage(hosts, "cut off")

    told = loaded(installed, "location", "plugin", hosts.parent)

    assert told.stdout == "False\n"
    (line,) = told.stderr.splitlines()
    assert line.endswith(f"no accsyn location: {compiled} is damaged: remove it, and Python makes it anew.")
    assert compiled.exists()


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="needs a folder that this account may not write to")
def test_damaged_compiled_file_that_cannot_be_removed_is_named(installed: Path) -> None:
    compiled = damage(installed / "source" / PACKAGE / "plugin.py", "cut off")
    compiled.parent.chmod(0o500)
    try:
        told = loaded(installed, "location", "plugin")
    finally:
        compiled.parent.chmod(0o700)

    assert f"{compiled} is damaged: remove it, and Python makes it anew." in told.stderr
