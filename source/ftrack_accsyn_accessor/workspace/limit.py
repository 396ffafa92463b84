"""One time limit for the whole of a call: connecting, sending, and reading headers and body.

requests and urllib3 limit each silence only, so that a peer which sends a byte now and then holds its caller for ever.
Here every single wait on the socket gets what is left of the limit. No thread watches: none can be started while the
interpreter goes down, which is when the last files are submitted. What the operating system looks names up with has
limits of its own.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any, Callable

import requests
import requests.adapters

#: Bytes handed to a socket at once: a whole body may take longer than is left, in TLS each piece of it.
_PIECE = 16 * 1024


class Limit:
    """How long what has begun may still take. For one thread at a time."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.begin(seconds)

    def begin(self, seconds: float) -> None:
        """Give what follows *seconds*."""
        self._until = self._monotonic() + seconds

    def left_s(self) -> float:
        """Return the seconds that are left; raise what a socket raises when there are none."""
        left_s = self._until - self._monotonic()
        if left_s <= 0:
            raise socket.timeout("timed out")  # until CPython 3.9 it is another class than TimeoutError
        return left_s


def limited_session(limit: Limit) -> requests.Session:
    """Return a session of requests that keeps *limit* in everything it does; nothing is shared with the host's own."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(limit))
    return session


class _Adapter(requests.adapters.HTTPAdapter):
    """Lets urllib3 make connections that keep the limit, with a proxy or without."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._limited(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        known = len(self.proxy_manager)
        manager = super().proxy_manager_for(*args, **kwargs)
        if len(self.proxy_manager) > known:
            self._limited(manager)
        return manager

    def _limited(self, manager: Any) -> None:
        pools = manager.pool_classes_by_scheme.items()
        manager.pool_classes_by_scheme = {scheme: self._pool(pool) for scheme, pool in pools}

    def _pool(self, pool: Any) -> Any:
        """Return *pool*, a class of urllib3, with connections that keep the limit."""
        made = type(pool.ConnectionCls.__name__, (_Connection, pool.ConnectionCls), {"limit": self._limit})
        return type(pool.__name__, (pool,), {"ConnectionCls": made})


class _Connection(http.client.HTTPConnection):
    """Comes before one of urllib3's connections, of whatever kind: plain, TLS, or through SOCKS."""

    limit: Limit
    timeout: float

    def _new_conn(self) -> Any:
        """Connect; the time-out set here also holds for a whole TLS handshake."""
        self.timeout = min(self.timeout, self.limit.left_s())
        return super()._new_conn()  # type: ignore[misc]  # urllib3's

    def send(self, data: Any) -> None:
        if not isinstance(data, bytes):
            super().send(data)
            return
        for start in range(0, len(data), _PIECE):
            if self.sock is not None:
                self.sock.settimeout(self.limit.left_s())
            super().send(data[start : start + _PIECE])

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:  # type: ignore[override]
        """Take the place of the class that http.client reads answers with, those of a tunnel's proxy included."""
        return http.client.HTTPResponse(_Socket(sock, self.limit), *args, **kwargs)  # type: ignore[arg-type]


class _Socket:
    """What an answer takes of its socket."""

    def __init__(self, sock: Any, limit: Limit) -> None:
        self._sock = sock
        self._limit = limit

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._sock, self._limit))


class _Stream(io.RawIOBase):
    """Reads from a socket, waiting each time no longer than what is left."""

    def __init__(self, sock: Any, limit: Limit) -> None:
        self._sock = sock
        self._limit = limit
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._sock.settimeout(self._limit.left_s())
        return self._file.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
