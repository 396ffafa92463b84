"""The client library is loaded without touching the host."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.workspace import library

SOURCE = Path(library.__file__).parents[2]


def run_python(code: str, *arguments: str, cwd: Path | None = None) -> dict[str, object]:
    """Run *code* in a fresh interpreter and return the JSON object that it prints, and nothing else."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    result: dict[str, object] = json.loads(done.stdout)
    return result


def test_loading_leaves_root_logger_warnings_and_sockets_alone():
    facts = run_python(
        """
import json, logging, socket, sys, warnings
import requests
before = (list(warnings.filters), socket.socket, logging.getLogger().level)
from ftrack_accsyn_accessor.workspace import library
loaded = library.load()
module = sys.modules[loaded.session_class.__init__.__globals__["__package__"]]
logger = loaded.session_class.__init__.__globals__["logging"]
print(json.dumps({
    "same": before == (list(warnings.filters), socket.socket, logging.getLogger().level),
    "handlers": len(logging.getLogger().handlers),
    "public": [name for name in sys.modules if name.split(".")[0] == "accsyn_api"],
    "logger": logger.name,
    "private": module.__name__,
}))
"""
    )
    assert facts["same"] is True
    assert facts["handlers"] == 0
    assert facts["public"] == []
    assert str(facts["logger"]).startswith("ftrack_accsyn_accessor.")
    assert str(facts["private"]).startswith("ftrack_accsyn_accessor.")


def test_importing_the_package_loads_no_client():
    facts = run_python(
        """
import json, sys
import ftrack_accsyn_accessor.workspace
print(json.dumps({"loaded": [name for name in sys.modules if "accsyn_api" in name]}))
"""
    )
    assert facts["loaded"] == []


def test_a_copy_of_the_host_is_neither_used_nor_changed():
    facts = run_python(
        """
import json, sys, types
host = sys.modules["accsyn_api"] = types.ModuleType("accsyn_api")
host.Session = "the host's own"
from ftrack_accsyn_accessor.workspace import library
loaded = library.load()
same = sys.modules["accsyn_api"] is host
print(json.dumps({"same": same, "host": vars(host)["Session"], "ours": loaded.session_class.__name__}))
"""
    )
    assert facts == {"same": True, "host": "the host's own", "ours": "Session"}


def test_loading_twice_gives_the_same_library():
    assert library.load() is library.load()
    assert library.load().version
    assert Path(library.load().origin).name == "session.py"


def test_loading_leaves_no_byte_code_behind(tmp_path: Path):
    package = write_package(tmp_path, "from ._version import __version__\nclass Session:\n    pass\n")
    load_from(tmp_path)
    assert not list(package.glob("__pycache__/session.*"))


LOADER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ftrack_accsyn_accessor.model.errors import NotReady
from ftrack_accsyn_accessor.workspace import library
if sys.argv[2:]:
    sys.path[:] = [sys.argv[1]]
try:
    loaded = library.load()
    print(json.dumps({"version": loaded.version, "names": sorted(vars(loaded.session_class))}))
except NotReady as error:
    print(json.dumps({"outcome": error.outcome, "on": error.on, "remedy": error.remedy}))
"""


def load_from(folder: Path, *only: str) -> dict[str, object]:
    return run_python(LOADER, str(folder), *only, cwd=folder)


def write_package(folder: Path, session: str) -> Path:
    package = folder / "accsyn_api"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('the package itself must not run')\n")
    (package / "_version.py").write_text('__version__ = "9.9"\n')
    (package / "session.py").write_text(session)
    return package


def test_annotations_that_fail_on_an_old_python_do_not_matter(tmp_path: Path):
    session = """
from ._version import __version__
from typing import Dict
class Session:
    @staticmethod
    def str(d): return d
    def find(self) -> Dict[str, nothing.of.the.kind]: return {}
"""
    write_package(tmp_path, session)
    assert load_from(tmp_path)["version"] == "9.9"


def test_a_missing_client_is_told_with_a_remedy(tmp_path: Path):
    facts = load_from(tmp_path, "nothing else")
    assert facts["outcome"] == "the Python package accsyn_api is not installed"
    assert "accsyn-python-api" in str(facts["remedy"])


@pytest.mark.parametrize(
    ("session", "outcome"),
    [
        ("from ._version import __version__\n", "AttributeError: "),
        ("import no_such_module_anywhere\n", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("def broken(:\n", "SyntaxError: "),
    ],
)
def test_a_client_that_does_not_work_is_told_with_its_place(tmp_path: Path, session: str, outcome: str):
    package = write_package(tmp_path, session)
    facts = load_from(tmp_path)
    assert str(facts["outcome"]).startswith(outcome)
    assert facts["on"] == str(package / "session.py")


def test_a_folder_of_that_name_without_a_client_is_not_taken_for_one(tmp_path: Path):
    (tmp_path / "accsyn_api").mkdir()
    assert load_from(tmp_path, "nothing else")["outcome"] == "the Python package accsyn_api is not installed"


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("import logging\nlogging.basicConfig(level=1)\nx = 1", ["Import", "Assign"]),
        ("try:\n    requests.packages.urllib3.disable_warnings()\nexcept BaseException:\n    pass\ny = 2", ["Assign"]),
        ("if True:\n    logging.basicConfig()", []),
        ("x = 1\nprint(x)", ["Assign", "Expr"]),
        ("def set_up():\n    logging.basicConfig()", ["FunctionDef"]),
        ("class Session:\n    def f(self):\n        logging.basicConfig()", ["ClassDef"]),
    ],
)
def test_only_module_level_side_effects_are_left_out(source: str, left: list[str]):
    tree = library.without_side_effects(source)
    assert [type(statement).__name__ for statement in tree.body] == left
    assert isinstance(tree, ast.Module)
