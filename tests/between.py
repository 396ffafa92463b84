"""What stands between this machine and a server: ports on which nothing listens, and peers with fixed answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Callable

import pytest

PROXY_VARIABLES = [
    name for word in ("HTTP", "HTTPS", "ALL", "NO") for name in (f"{word}_PROXY", f"{word}_proxy".lower())
]
LOG_IN_PAGE = "<html><head><title>Hotel Wi-Fi</title></head><body>Room number, please</body></html>"
WANTS_A_PASSWORD = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


def page(status: str = "200 OK", text: str = LOG_IN_PAGE, **headers: str) -> bytes:
    """Return a whole HTTP answer that is a page."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(text)}\r\nConnection: close\r\n{more}"
    return f"{head}\r\n{text}".encode()


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go straight to every server, and trust those whom this machine trusts."""
    for name in [*PROXY_VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, on which nothing listens."""
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def peer() -> Iterator[Callable[[bytes], int]]:
    """Start a peer that reads requests, answers each with fixed bytes and hangs up; the sandbox plays no web proxy."""
    with contextlib.ExitStack() as stack:

        def start(answer: bytes) -> int:
            listening = stack.enter_context(contextlib.closing(socket.create_server(("127.0.0.1", 0))))
            port = int(listening.getsockname()[1])
            ended = threading.Event()

            def serve() -> None:
                while not ended.is_set():
                    with contextlib.suppress(OSError):
                        connection, _ = listening.accept()
                        with connection:
                            if not ended.is_set() and connection.recv(65536):
                                connection.sendall(answer)

            def end() -> None:
                ended.set()
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                thread.join(5)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            stack.callback(end)
            return port

        yield start
