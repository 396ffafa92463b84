"""A plugin of pytest: marks each test that speaks to a server, by the property "spoke" in the report.

It is loaded in the environment of a suite, which has nothing else of this project.
"""

import socket
from typing import Any, Iterator

import pytest

_connect = socket.socket.connect
_spoken = []


def _connecting(self: socket.socket, address: Any) -> Any:
    _spoken.append(address)
    return _connect(self, address)


socket.socket.connect = _connecting  # type: ignore[method-assign]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _spoken.clear()
    yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    if _spoken and ("spoke", "yes") not in item.user_properties:
        item.user_properties.append(("spoke", "yes"))
    yield
