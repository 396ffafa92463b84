"""A plugin of pytest: marks each test that speaks to a server, by the property "spoke" in the report.

It is loaded in the environment of a suite, which has nothing else of this project.
"""

import socket
from typing import Any, Callable, Iterator

import pytest

_spoken = []


def _noted(method: Callable[..., Any]) -> Callable[..., Any]:
    def noting(self: socket.socket, *arguments: Any) -> Any:
        _spoken.append(method)
        return method(self, *arguments)

    return noting


def pytest_configure() -> None:
    # A connection may have been there since the tests were collected; requests are sent in one piece.
    for name in ("connect", "sendall"):
        setattr(socket.socket, name, _noted(getattr(socket.socket, name)))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _spoken.clear()
    yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    if _spoken and ("spoke", "yes") not in item.user_properties:
        item.user_properties.append(("spoke", "yes"))
    yield
