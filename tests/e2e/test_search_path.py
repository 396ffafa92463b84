"""FTRACK_EVENT_PLUGIN_PATH that names a folder too high up: ftrack_api imports each module below it, and calls some."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from e2e.hosts import Host, host
from environments import interpreters
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT

pytestmark = pytest.mark.timeout(300)  # a host environment is installed at its first use

COMBINATIONS = [
    ("3.9", "2.5.4"),
    *(pytest.param(pair, marks=pytest.mark.slow) for pair in [("3.11", "2.5.4"), ("3.13", "3.1.0")]),
]

OPEN = """
import json, logging, os, signal, sys, threading
import ftrack_api

said = []
class Keeps(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())
logging.getLogger("ftrack_accsyn_accessor").addHandler(Keeps())

def state():
    root = logging.getLogger()
    return {
        "handlers": [repr(handler) for handler in root.handlers],
        "logging": [root.level, root.manager.disable, logging.raiseExceptions],
        "process": [os.getcwd(), id(sys.excepthook), repr(signal.getsignal(signal.SIGINT))],
        "environment": dict(os.environ),
    }

before = state()
session = ftrack_api.Session()
print(json.dumps({
    "changed": {name: value for name, value in state().items() if value != before[name]},
    "staged": [each["name"] for each in session.query("Location") if hasattr(each, "accsyn_staging")],
    "threads": [each.name for each in threading.enumerate() if each is not threading.main_thread()],
    "said": said,
}))
session.close()
"""


@pytest.fixture(params=COMBINATIONS, ids=lambda pair: f"python{pair[0]}-ftrack{pair[1]}")
def bare_host(request: pytest.FixtureRequest) -> Host:
    python, ftrack_api = request.param
    if python not in interpreters():
        pytest.skip(f"this machine has no CPython {python}")
    return host(python, ftrack_api)


@pytest.fixture
def opened(bare_host: Host, tmp_path: Path) -> Any:
    """A function that opens a session of a bare host, which searches in the folders it is given; what came of it."""

    def run(*folders: Path) -> Any:
        with Studio(tmp_path / "studio") as studio:
            path = os.pathsep.join(map(str, folders))
            done = bare_host.run(["-c", OPEN], {**studio.environment(), "FTRACK_EVENT_PLUGIN_PATH": path})
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("up", [0, 1], ids=["archive", "folder of archives"])
def test_session_opens_staged_where_the_whole_archive_is_searched(opened: Any, plugin: Path, up: int) -> None:
    found = opened([plugin, *plugin.parents][up])

    assert len(found["staged"]) == 1
    # accsyn's client configures the log when it is imported, which ftrack_api 2.5 brings about by itself here.
    assert found["changed"].keys() <= {"handlers", "logging"}
    assert found["threads"] == ["ftrack-accsyn-worker"]
    assert not any("Traceback" in text or "could not be loaded" in text for text in found["said"])


def test_hooks_that_are_found_twice_make_one_location(opened: Any, plugin: Path) -> None:
    found = opened(plugin, plugin / "hook")

    assert len(found["staged"]) == 1
    assert found["threads"] == ["ftrack-accsyn-worker"]


@pytest.mark.parametrize(
    ("folder", "changed"),
    [
        pytest.param("source", set(), id="package"),
        pytest.param(".", {"environment"}, id="checkout"),  # tests of Qt choose its platform when they are imported
    ],
)
def test_session_opens_where_the_sources_are_searched(
    opened: Any, tmp_path: Path, folder: str, changed: set[str]
) -> None:
    checkout = tmp_path / "checkout"
    for name in ("hook", "source", "tests"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "setup.py", checkout)

    found = opened(checkout / folder)

    assert found["changed"].keys() <= changed
    assert not any("Traceback" in text for text in found["said"])
