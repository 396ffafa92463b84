"""The client library is loaded without touching the host."""

from __future__ import annotations

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
    "logger": logger.getLogger().name,
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


@pytest.mark.parametrize(
    ("session", "outcome", "remedy"),
    [
        ("raise MemoryError\n", "MemoryError", "Let this application have more memory."),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'", "Freeze this application"),
    ],
)
def test_what_no_installation_mends_is_not_told_to_be_installed(
    tmp_path: Path, session: str, outcome: str, remedy: str
):
    write_package(tmp_path, session)
    frozen = LOADER.replace("import json, sys", "import json, sys; sys.frozen = True")  # as what freezes them does
    facts = run_python(frozen, str(tmp_path), cwd=tmp_path)
    assert facts["outcome"] == outcome
    assert str(facts["remedy"]).startswith(remedy)


def test_a_folder_of_that_name_without_a_client_is_not_taken_for_one(tmp_path: Path):
    (tmp_path / "accsyn_api").mkdir()
    assert load_from(tmp_path, "nothing else")["outcome"] == "the Python package accsyn_api is not installed"


# What the client's text does while it is executed.

HOST = """
import json, logging, logging.handlers, os, signal, socket, sys, urllib3, warnings
import requests
def state():
    return [
        [repr(each) for each in logging.getLogger().handlers], logging.getLogger().level, logging.root.manager.disable,
        logging.raiseExceptions, len(warnings.filters), socket.getdefaulttimeout(),
        str(signal.getsignal(signal.SIGINT)), "STRAY" in os.environ, requests.get.__module__,
        str(urllib3.disable_warnings),
    ]
before = state()
"""
#: Each is something that a client might do to its host while it is imported.
DISTURBING = [
    "import logging\nlogging.basicConfig(level=1)",
    "from logging import basicConfig\nbasicConfig(level=1)",
    "import logging\nlogging.getLogger().setLevel(1)\nlogging.root.addHandler(logging.StreamHandler())",
    "import logging\nlogging.disable(50)\nlogging.raiseExceptions = False",
    "import logging\nlogging.warning('to whom it may concern')",
    "import requests\nrequests.packages.urllib3.disable_warnings()",
    "import urllib3\nurllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)",
    "from requests.packages.urllib3 import disable_warnings\ndisable_warnings()",
    "import requests.packages.urllib3 as pooled\npooled.disable_warnings()",
    "import warnings\nwarnings.simplefilter('ignore')",
    "import socket\nsocket.setdefaulttimeout(1)",
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)",
    "import os\nos.environ['STRAY'] = '1'\nos.environ.update(STRAY='2')",
    "import requests\nrequests.get = None",
    "import os.path\nif os.path.exists('.env'):\n    os.environ.update(line.split('=') for line in open('.env'))",
]


@pytest.mark.parametrize("text", DISTURBING)
def test_nothing_that_the_client_does_at_import_reaches_the_host(tmp_path: Path, text: str):
    body = "from ._version import __version__\nclass Session:\n    pass\n"
    write_package(tmp_path, f"{text}\n{body}")
    (tmp_path / ".env").write_text("STRAY=1")
    code = f"{HOST}{LOADER}print(json.dumps([before, state()]))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    loaded, states = map(json.loads, done.stdout.splitlines())
    assert loaded["version"] == "9.9"
    assert states[0] == states[1]


def test_what_a_client_needs_of_its_imports_is_there(tmp_path: Path):
    session = """
import datetime, json, logging, logging.handlers, os, sys, urllib.parse
import requests
from typing import Any, Dict
from ._version import __version__
class Encoder(json.JSONEncoder):
    pass
class Session:
    quoted = urllib.parse.quote("a b")
    handler = logging.handlers.RotatingFileHandler
    error = requests.exceptions.ConnectionError
    level = logging.INFO
    import_inside = lambda: __import__("os").getcwd()
assert Session.quoted == "a%20b" and issubclass(Encoder, json.JSONEncoder) and os.environ.get("PYTHONPATH")
"""
    write_package(tmp_path, session)
    assert load_from(tmp_path)["version"] == "9.9"


def test_no_syntax_tree_is_made_of_the_client():
    # CPython 3.11 has one counter for the trees of all threads; one made here breaks another that the host makes.
    facts = run_python(
        """
import ast, builtins, inspect, json
from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.workspace import Workspace, library
real, trees = compile, []
def watched(source, filename, mode, flags=0, *arguments, **options):
    if isinstance(source, ast.AST) or flags & ast.PyCF_ONLY_AST:
        trees.append(str(filename))
    return real(source, filename, mode, flags, *arguments, **options)
builtins.compile = watched
loaded = library.load()
try:
    Workspace(Credentials("acme", "artist", "key"), proxy="127.0.0.1:9").check_role()
except Exception as error:
    text = str(error)
print(json.dumps({"version": loaded.version, "text": text, "trees": trees}))
"""
    )
    assert facts["trees"] == []
    assert facts["version"]
    assert "Could not log in" in str(facts["text"])


def test_no_module_of_the_plugin_has_a_use_for_syntax_trees():
    lines = [
        line for path in SOURCE.glob("ftrack_accsyn_accessor/**/*.py") for line in path.read_text("utf-8").split("\n")
    ]
    imports = [line.replace(",", " ").split() for line in lines if "import" in line]
    assert [words for words in imports if "ast" in words] == []


def test_a_client_that_was_found_is_loaded_although_the_host_restores_its_path(tmp_path: Path):
    write_package(tmp_path, "from ._version import __version__\nclass Session:\n    pass\n")
    facts = run_python(
        """
import json, sys
from ftrack_accsyn_accessor.workspace import library
before = list(sys.path)
sys.path.insert(0, sys.argv[1])
library.find()
sys.path[:] = before
print(json.dumps({"origin": library.load().origin, "version": library.load().version}))
""",
        str(tmp_path),
    )
    assert facts == {"origin": str(tmp_path / "accsyn_api" / "session.py"), "version": "9.9"}


def test_a_client_that_comes_later_is_found_later(tmp_path: Path):
    write_package(tmp_path, "from ._version import __version__\nclass Session:\n    pass\n")
    facts = run_python(
        """
import json, sys
from ftrack_accsyn_accessor.workspace import library
complete = list(sys.path)
sys.path[:] = []
library.find()
sys.path[:] = [sys.argv[1], *complete]
print(json.dumps({"version": library.load().version}))
""",
        str(tmp_path),
    )
    assert facts == {"version": "9.9"}
