"""Shared machinery of both services: an aiohttp application in a thread, with a request log and fault switches.

A service is made by subclassing `Service` and overriding two hooks, both called on the service's own event loop thread:

* `create_application()` returns the aiohttp application with its routes; it is called at every `start`.
* `operation(request, body)` names what a request asks, for the log and for the switches.

and, where a body is not plain JSON text, a third: `decode_body(request, raw)`.

Handlers find the decoded body under `request[BODY]` and need not read it again. Latency, faults and the log are the
business of a middleware that `Service` puts around the application; handlers know nothing about them. Handlers run
one at a time (they are coroutines of one loop), but `RequestLog`, `Switches` and a service's own state are also used
from the test's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Optional, TypeVar

import trustme
from aiohttp import web

from ftrack_accsyn_sandbox import binding
from ftrack_accsyn_sandbox.request_log import Request, RequestLog
from ftrack_accsyn_sandbox.switches import Fault, Switches, garbled

__all__ = ["BODY", "Request", "RequestLog", "Service", "Switches"]

HOST = "127.0.0.1"
#: Names in a certificate, and its first and last day from now: a network's log-in page answers under another name, and
#: a wrong clock finds every certificate expired or not valid yet.
IDENTITIES = {
    "sound": ((HOST, "localhost"), (-1, 365)),
    "another": (("login.hotel.test",), (-1, 365)),
    "expired": ((HOST, "localhost"), (-30, -1)),
    "not yet valid": ((HOST, "localhost"), (1, 30)),
}
# Key of the decoded body in a request; aiohttp releases before 3.14 know plain text keys only.
BODY: Any = web.RequestKey("body", object) if hasattr(web, "RequestKey") else "body"
# How long `start` and `stop` may take before they give up: neither does anything slow, so a longer wait only hides a
# deadlock.
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
# Requests that are still running at `stop` get this long to end by themselves.
GRACE_S = 0.5
# Longer requests than aiohttp's default are let in, so that a service can refuse them in its own way and log them.
MAX_LINE_BYTES = 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Service:
    """An HTTP service on 127.0.0.1, served by an event loop in a thread of its own.

    *port* 0 takes a free one. With *tls* it speaks https, and `certificate` is the PEM file of the authority to
    verify against (it exists while the service runs). `start` after `stop` listens on the same port again.

    `identity`, to be assigned before `start`, is what the certificate says of the service: one of `IDENTITIES`.
    """

    def __init__(self, port: int = 0, tls: bool = False) -> None:
        self.port = port
        self.tls = tls
        self.log = RequestLog()
        self.switches = Switches()
        self.certificate: Optional[Path] = None
        self.identity = "sound"
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._thread: Optional[threading.Thread] = None
        self._runner: Optional[web.AppRunner] = None
        self._listener: Optional[asyncio.AbstractServer] = None
        self._placeholder: Optional[socket.socket] = None
        self._ssl: Optional[ssl.SSLContext] = None
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None
        self._released: Optional[asyncio.Event] = None
        self._gathered: dict[int, asyncio.Event] = {}
        self._busy: set[Optional[asyncio.Transport]] = set()

    # Hooks

    def create_application(self) -> web.Application:
        """Return a fresh application with all routes. Called on the loop's thread at every start. Override."""
        raise NotImplementedError

    def operation(self, request: web.Request, body: Any) -> str:
        """Return the name of what *request*, with its decoded *body*, asks; by default the path. Override."""
        return request.path.strip("/")

    def decode_body(self, request: web.Request, raw: bytes) -> Any:
        """Return what *raw* says: JSON where it is JSON, else text, None when empty. Override for other forms."""
        if not raw:
            return None
        try:
            return json.loads(raw)
        except ValueError:
            return raw.decode("utf-8", "replace")

    # Life

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    def start(self) -> None:
        """Start the thread and return when the service listens. Raises OSError when the port is taken."""
        if self._thread is not None:
            raise RuntimeError("The service is running already.")
        if self.tls:
            self._make_certificate()
        loop = asyncio.new_event_loop()
        self._loop = loop
        self._thread = threading.Thread(target=self._serve, args=(loop,), name=type(self).__name__, daemon=True)
        self._thread.start()
        try:
            self._on_loop(self._open, START_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        self.switches.bind(self._set_refusing, self._release_hanging)

    def stop(self) -> None:
        """Stop listening, end running requests and join the thread. May be called twice; bounded by a few seconds."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        self.switches.bind(None, None)
        try:
            self._on_loop(self._close, STOP_TIMEOUT_S)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(STOP_TIMEOUT_S)
            self._thread = self._loop = None
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = self.certificate = self._ssl = None

    def __enter__(self: _Self) -> _Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _on_loop(self, function: Callable[[], Coroutine[Any, Any, _Result]], timeout_s: float) -> _Result:
        if self._loop is None:
            raise RuntimeError("The service is not running.")
        return asyncio.run_coroutine_threadsafe(function(), self._loop).result(timeout_s)

    async def _open(self) -> None:
        self._released = asyncio.Event()
        application = self.create_application()
        application._client_max_size = MAX_BODY_BYTES
        application.middlewares.insert(0, self._middleware)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=GRACE_S, max_line_size=MAX_LINE_BYTES
        )
        await self._runner.setup()
        await self._listen(binding.bound_socket(HOST, self.port))

    async def _listen(self, listening: socket.socket) -> None:
        if self._loop is None or self._runner is None or self._runner.server is None:
            raise RuntimeError("The service is not running.")
        self.port = listening.getsockname()[1]
        self._listener = await self._loop.create_server(self._runner.server, sock=listening, ssl=self._ssl, backlog=512)

    async def _close(self) -> None:
        if self._released is not None:
            self._released.set()
        self._carry_on()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        loop = asyncio.get_running_loop()
        left = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _make_certificate(self) -> None:
        authority = trustme.CA()
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-tls-")
        self.certificate = Path(self._folder.name) / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificate))
        self._ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        names, (first, last) = IDENTITIES[self.identity]
        now = datetime.now(timezone.utc)
        since, until = now + timedelta(days=first), now + timedelta(days=last)
        authority.issue_cert(*names, not_before=since, not_after=until).configure_cert(self._ssl)

    # Switches

    def _set_refusing(self, on: bool) -> None:
        async def switch() -> None:
            if on and self._listener is not None:
                self._listener.close()
                self._listener = None
                # A socket that is bound but does not listen refuses connections and keeps the port from everybody else.
                self._placeholder = await binding.bound_again(HOST, self.port)
                self._close_connections()
            elif not on and self._placeholder is not None:
                listening, self._placeholder = self._placeholder, None
                await self._listen(listening)

        self._on_loop(switch, START_TIMEOUT_S)

    def _close_connections(self) -> None:
        server = self._runner.server if self._runner is not None else None
        for connection in server.connections if server is not None else ():
            if connection.transport in self._busy:
                connection.close()  # after the answer that is under way
            else:
                connection.force_close()

    def _release_hanging(self) -> None:
        async def release() -> None:
            released, self._released = self._released, asyncio.Event()
            if released is not None:
                released.set()
            self._carry_on()

        self._on_loop(release, START_TIMEOUT_S)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        transport = request.transport
        self._busy.add(transport)
        try:
            return await self._handle(request, handler)
        finally:
            self._busy.discard(transport)

    async def _handle(self, request: web.Request, handler: Any) -> web.StreamResponse:
        arrived = time.monotonic()
        body = self.decode_body(request, await request.read())
        request[BODY] = body
        operation = self.operation(request, body)

        def note(status: int) -> None:
            self.log.add(Request(arrived, request.method, request.path, operation, status, body))

        if self.switches.latency_s > 0:
            await asyncio.sleep(self.switches.latency_s)
        fault = self.switches.take(operation)
        if fault is not None and fault.kind == "gather":
            await self._gather(fault)
        elif fault is not None:
            return await self._misbehave(fault, request, handler, note)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            note(101)  # such a request ends with its connection, which is too late for the log
            response: web.StreamResponse = await handler(request)
            return response
        response = await _answer(request, handler)
        note(response.status)
        return response

    async def _misbehave(
        self, fault: Fault, request: web.Request, handler: Any, note: Callable[[int], None]
    ) -> web.StreamResponse:
        answer = await _answer(request, handler) if fault.processed else web.Response()
        if fault.kind == "fail":
            note(fault.status)
            return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        if fault.kind == "garble":
            note(200)
            return await self._garble(fault.garble_kind, request, answer)
        note(0)
        if fault.kind == "hang" and self._released is not None:
            await self._released.wait()
        if fault.kind == "trickle" and self._released is not None:
            await _trickle(fault, request, answer, self._released)
        _drop(request, reset=fault.reset)
        if fault.kind == "late" and self._released is not None:
            await self._released.wait()
            await _answer(request, handler)
        return web.Response()

    async def _gather(self, fault: Fault) -> None:
        """Wait for the other requests that meet *fault*."""
        complete = self._gathered.setdefault(id(fault), asyncio.Event())
        if not fault.left:
            complete.set()
        await complete.wait()
        self._gathered.pop(id(fault), None)

    def _carry_on(self) -> None:
        for each in self._gathered.values():
            each.set()

    @staticmethod
    async def _garble(kind: str, request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
        sent = answer.body if isinstance(answer, web.Response) else None
        body = sent if isinstance(sent, bytes) else b'{"result": []}'
        if kind != "cut":
            return web.Response(
                body=garbled(kind, body), content_type="text/html" if kind == "html" else "application/json"
            )
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Content-Length": str(len(body) + 16)}
        )
        await response.prepare(request)
        await response.write(body)
        if request.transport is not None:
            request.transport.close()
        return response


_Self = TypeVar("_Self", bound=Service)


async def _answer(request: web.Request, handler: Any) -> web.StreamResponse:
    """Run *handler*; an HTTP error it raises is its answer, any other error is logged and becomes a plain 500."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text, headers={"Content-Type": "text/plain"})
    except asyncio.CancelledError:
        raise
    except Exception:
        _logger.exception("The handler of %s %s failed.", request.method, request.path)
        return web.Response(status=500, text="Internal Server Error")
    return response


async def _trickle(fault: Fault, request: web.Request, answer: web.StreamResponse, released: asyncio.Event) -> None:
    """Send *answer*, and blanks after it, byte by byte until *released* or the peer hangs up."""
    transport = request.transport
    body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    at_once = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    slowly = body
    if fault.part == "headers":
        at_once, slowly = b"", b"HTTP/1.1 200 OK\r\nX-Padding:"
    if transport is not None:
        transport.write(at_once)
    for byte in itertools.chain(slowly, itertools.repeat(32)):
        if transport is None or transport.is_closing() or released.is_set():
            return
        transport.write(bytes([byte]))
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(released.wait(), fault.pause_s)


def _drop(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if not reset:
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # the client may have gone already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
