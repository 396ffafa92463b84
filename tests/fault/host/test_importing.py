"""What the plugin does to the interpreter it is loaded into: nothing that the host could notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fault.support_studio import HOOK, environment, outbox
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT

#: A host in a few lines. It has configured no logging, so whatever configures it is seen.
HOST = """
import json, logging, os, socket, sys, threading, warnings
import ftrack_api

def state():
    root = logging.getLogger()
    return {
        "handlers": [repr(handler) for handler in root.handlers],
        "level": root.level,
        "filters": len(root.filters),
        "raising": logging.raiseExceptions,
        "disabled": root.manager.disable,
        "socket": [id(socket.socket), id(socket.create_connection), id(socket.getaddrinfo)],
        "timeout": socket.getdefaulttimeout(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "hooks": [id(sys.excepthook), id(threading.excepthook), id(sys.unraisablehook)],
        "filters_of_warnings": len(warnings.filters),
        "imported": any(name.endswith("accsyn_api") for name in sys.modules),
    }

def report(name):
    print(json.dumps([name, state()]), flush=True)
"""
OPEN = """
report("before")
session = ftrack_api.Session()
report("opened")
"""
PUBLISH = """
import pathlib
source = pathlib.Path(os.environ["SOURCE"])
source.write_bytes(b"x" * 1000)
shot = session.query('Shot where project.name is "show_a"').first()
asset = session.create("Asset", {"name": "plate", "parent": shot, "type": session.query("AssetType").first()})
version = session.create("AssetVersion", {"asset": asset})
session.commit()
version.create_component(str(source), {"name": "main"}, location="auto")
report("published")
runtime = session.pick_location().accsyn_staging
from ftrack_accsyn_accessor.worker.runtime import stop_all
stop_all()
report("submitted")
"""


def host(studio: Studio, script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    variables = {**kept, **environment(studio), "SOURCE": str(folder / "plate.mov"), **variables}
    return subprocess.run(
        [sys.executable, "-c", HOST + script],
        env={"PYTHONPATH": str(ROOT / "source"), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def states(completed: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert completed.returncode == 0, completed.stderr
    return dict(json.loads(line) for line in completed.stdout.splitlines())


def test_plugin_leaves_root_logger_sockets_and_environment_alone_and_loads_accsyns_client_in_the_background_only(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ACCSYN_API_KEY=taken-from-the-working-directory\nPATH=/nowhere\n")

    completed = host(studio, OPEN + PUBLISH, tmp_path)

    found = states(completed)
    assert [name for name, state in found.items() if state.pop("imported")] == ["submitted"]
    assert found["opened"] == found["before"]
    assert found["published"] == found["before"]
    assert found["submitted"] == found["before"]
    assert completed.stderr == ""
    assert len(studio.accsyn.workspace.jobs()) == 1


def test_importing_every_module_of_the_plugin_loads_neither_accsyns_client_nor_configures_anything(
    studio: Studio, tmp_path: Path
) -> None:
    script = """
report("before")
from ftrack_accsyn_accessor.worker import carrier, worker
from ftrack_accsyn_accessor.worker import runtime, submission
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor import plugin, workspace
from ftrack_accsyn_accessor.ftrack import registrations
report("imported")
"""
    found = states(host(studio, script, tmp_path))

    assert found["imported"] == found["before"]
    assert not found["imported"]["imported"]


@pytest.mark.parametrize("missing", ["ftrack_accsyn_accessor", "filelock", "ftrack_accsyn_accessor.plugin"])
def test_hook_without_its_dependencies_opens_the_session_and_says_so_once(
    studio: Studio, tmp_path: Path, missing: str
) -> None:
    """Like an archive whose folder `dependencies` is empty."""
    script = (
        f"sys.modules[{missing!r}] = None; logging.basicConfig(stream=sys.stdout, format='LOG %(name)s %(message)s')"
    )
    used = 'session = ftrack_api.Session(); print("projects", len(session.query("Project").all()))'

    completed = host(studio, f"{script}\n{used}", tmp_path)

    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.count("LOG ftrack_accsyn_accessor.hook") == 1
    assert "projects 2" in completed.stdout
    assert completed.stderr == ""


@pytest.mark.parametrize("module", ["asyncio", "sqlite3"])
def test_application_that_was_frozen_without_a_module_is_told_to_be_frozen_with_it(
    studio: Studio, tmp_path: Path, module: str
) -> None:
    script = f"sys.frozen = True; sys.modules[{module!r}] = None\n"

    completed = host(studio, script + OPEN, tmp_path)

    assert completed.returncode == 0, completed.stderr
    assert completed.stderr.startswith("The accsyn plugin could not be loaded; this session has no accsyn location: ")
    assert completed.stderr.endswith(" Freeze this application with that module.\n")
    assert completed.stderr.count("\n") == 1
    assert module in completed.stderr


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("sys.modules['sqlite3'] = None", "comes without SQLite"),
        ("sys.modules['_sqlite3'] = None", "comes without SQLite"),
        ("import sqlite3; sqlite3.sqlite_version_info = (3, 7, 17)", "SQLite 3.7.17; the plugin needs 3.8.3"),
    ],
    ids=["no package", "no library", "old library"],
)
def test_host_whose_python_cannot_keep_an_outbox_goes_on_and_is_told_in_a_sentence(
    studio: Studio, tmp_path: Path, lacking: str, words: str
) -> None:
    script = f"{lacking}; logging.basicConfig(stream=sys.stdout, format='LOG %(name)s %(message)s')\n"
    publish = PUBLISH[: PUBLISH.index("runtime = ")]

    completed = host(studio, script + OPEN + publish, tmp_path)

    assert completed.returncode == 0, completed.stderr
    (told,) = [line for line in completed.stdout.splitlines() if line.startswith("LOG ftrack_accsyn_accessor")]
    assert words in told
    assert "this session has no accsyn location" in told
    assert "Traceback" not in completed.stdout
    assert '"published"' in completed.stdout
    assert completed.stderr == ""


def test_missing_accsyn_client_lets_publishes_wait_with_the_cause(studio: Studio, tmp_path: Path) -> None:
    empty = tmp_path / "broken" / "accsyn_api"
    empty.mkdir(parents=True)
    (empty / "__init__.py").touch()
    script = "logging.basicConfig(stream=sys.stdout, format='LOG %(name)s %(message)s')\n"
    path = os.pathsep.join([str(empty.parent), str(ROOT / "source")])

    completed = host(studio, script + OPEN + PUBLISH, tmp_path, PYTHONPATH=path)

    assert completed.returncode == 0, completed.stderr
    (item,) = outbox(studio).items()
    assert (item.state, item.cause_kind) == (State.PENDING, "not-ready")
    assert "accsyn" in item.cause
    assert completed.stdout.count("LOG ftrack_accsyn_accessor.worker.worker") == 1
    assert completed.stderr == ""


def test_hook_registers_in_a_folder_without_anything_beside_it(studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "plugin" / "hook"
    folder.mkdir(parents=True)
    (tmp_path / "plugin" / "dependencies").mkdir()
    for path in HOOK.glob("accsyn_location_hook.py"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    script = "sys.path[:] = [path for path in sys.path if not path.endswith('source')]\n"
    script += "sys.meta_path = [finder for finder in sys.meta_path if 'editable' not in repr(finder).lower()]\n"
    script += 'session = ftrack_api.Session(); print("projects", len(session.query("Project").all()))'

    completed = host(studio, script, tmp_path, FTRACK_EVENT_PLUGIN_PATH=str(folder))

    assert completed.returncode == 0, completed.stderr
    assert "projects 2" in completed.stdout


RESTORED = """
folder = pathlib.Path(os.environ["SOURCE"]).parent / "beside" / "accsyn_api"
folder.mkdir(parents=True)
(folder / "__init__.py").write_text("")
(folder / "_version.py").write_text("__version__ = '9.9'")
(folder / "session.py").write_text("from ._version import __version__\\nclass Session: pass")
before = list(sys.path)
sys.path.insert(0, str(folder.parent))
session = ftrack_api.Session()
sys.path[:] = before
from ftrack_accsyn_accessor.workspace import library
print(json.dumps(["loaded", library.load().version]))
"""


def test_accsyns_client_is_found_while_the_session_opens(studio: Studio, tmp_path: Path) -> None:
    completed = host(studio, f"import pathlib\n{RESTORED}", tmp_path)
    assert completed.returncode == 0, completed.stderr
    assert json.loads(completed.stdout.splitlines()[-1]) == ["loaded", "9.9"]
