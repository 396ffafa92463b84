"""Keeps every test away from the developer's own studio."""

from __future__ import annotations

import gc
import itertools
import os
import platform
import shutil
import signal
import tempfile
from importlib import metadata

import pytest
from hypothesis import settings

from helpers import record_exercised
from systems import elsewhere

# An account of the developer's in one of these would make a test talk to a real studio.
STUDIO_PREFIXES = ("ACCSYN_", "FTRACK_", "AS_DEV")

# The same examples in each run, however busy the machine is: what a change has broken is told, and nothing else. The
# slow tier draws others each time (`make test-all`).
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("others", deadline=None, print_blob=True)
settings.load_profile("same")

_home = ""
_states = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    elsewhere.add_option(parser)


@pytest.hookimpl(tryfirst=True)  # before pytest decides where the folders of tests lie
def pytest_configure(config: pytest.Config) -> None:
    elsewhere.move(config)
    for name in [name for name in os.environ if name.startswith(STUDIO_PREFIXES)]:
        del os.environ[name]
    # What the plugin remembers of a machine lies in the home folder, for child processes, too.
    global _home
    _home = os.environ["HOME"] = os.environ["USERPROFILE"] = tempfile.mkdtemp(prefix="home-")
    os.environ["XDG_STATE_HOME"] = os.path.join(_home, "state")
    os.environ["LOCALAPPDATA"] = os.path.join(_home, "local")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    os.environ["NETRC"] = os.devnull
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background: children would inherit that
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere.skip(config, items)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    # What was collected stays to the end; looking it through again and again was a twelfth of the work of all tests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_unconfigure() -> None:
    shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test a machine that remembers nothing."""
    # Not by `mktemp`, which lists the folders of all tests before for a number that is free.
    folder = tmp_path_factory.getbasetemp() / "states" / str(next(_states))
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if session.testscollected and not session.config.option.collectonly and not is_worker:
        clients = map(metadata.version, ("ftrack-python-api", "accsyn-python-api"))
        record_exercised(platform.python_version(), *clients)
