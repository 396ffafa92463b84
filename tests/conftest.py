"""Keeps every test away from the developer's own studio."""

from __future__ import annotations

import os
import platform
import signal
from importlib import metadata

import pytest

from helpers import record_exercised

# An account of the developer's in one of these would make a test talk to a real studio.
STUDIO_PREFIXES = ("ACCSYN_", "FTRACK_", "AS_DEV")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(STUDIO_PREFIXES)]:
        del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    os.environ["NETRC"] = os.devnull
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background: children would inherit that
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if session.testscollected and not session.config.option.collectonly and not is_worker:
        clients = map(metadata.version, ("ftrack-python-api", "accsyn-python-api"))
        record_exercised(platform.python_version(), *clients)
