"""The HTTP face of the workspace: master look-up, login and the event envelope (accsyn fact sheet, section 1)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import gzip
import json
import urllib.parse
import zlib
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any, Optional

from aiohttp import web

from ftrack_accsyn_sandbox.accsyn import dispatch
from ftrack_accsyn_sandbox.accsyn.call import Later
from ftrack_accsyn_sandbox.accsyn.engine import Engine
from ftrack_accsyn_sandbox.accsyn.entities import User
from ftrack_accsyn_sandbox.accsyn.errors import Refusal, Unauthenticated
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace
from ftrack_accsyn_sandbox.service import BODY, HOST, Service

# The limit of the real server is not known; below this length a URL is safe (accsyn fact sheet, section 1).
MAX_URL_BYTES = 4096
MASTER_PATH = "/api/v3/J3PKTtDvolDMBtTy6AFGA"


class AccsynService(Service):
    """One workspace, answering accsyn's real client, with an engine that carries out its transfers.

    The client reaches it with `ACCSYN_PROXY=127.0.0.1:<port>`, master look-up included, or, with *tls*, with
    `Session(hostname="127.0.0.1", port=..)`. Refusals carry fitting HTTP statuses; with `plain_statuses` set they
    come with status 200, as the real server may well answer them, with `plain_refusals` as bare text. `clock_ahead_s`
    is how far its clock is ahead of this machine's, `busy_next` how many events are answered by a bare 503.
    """

    def __init__(
        self, port: int = 0, tls: bool = False, *, workspace: Optional[Workspace] = None, engine_paused: bool = False
    ) -> None:
        super().__init__(port, tls)
        self.workspace = workspace or Workspace("acme")
        self.engine = Engine(self.workspace, paused=engine_paused)
        self.plain_statuses = False
        self.plain_refusals = False
        self.max_url_bytes = MAX_URL_BYTES
        self.clock_ahead_s = 0.0
        self.busy_next = 0

    def start(self) -> None:
        """Start answering, and the engine."""
        super().start()
        self.engine.start()

    def stop(self) -> None:
        """Stop the engine and the answering."""
        self.engine.stop()
        super().stop()

    def create_application(self) -> web.Application:
        """Return the application with the three addresses that the client knows."""
        application = web.Application()
        application.router.add_get(MASTER_PATH, self._master)
        application.router.add_put("/api/v3/api/login", self._login)
        application.router.add_route("*", "/api/v3/event", self._event)
        return application

    def decode_body(self, request: web.Request, raw: bytes) -> Any:
        """Return the envelope: the query string of GET and DELETE, else the body, with compressed data unpacked."""
        text: Any = raw
        if not raw and request.query_string:
            text = _unquote(request.rel_url.raw_query_string)
        body = super().decode_body(request, text if isinstance(text, bytes) else text.encode())
        return _unpacked(body) if isinstance(body, dict) and "gz_data" in body else body

    def operation(self, request: web.Request, body: Any) -> str:
        """Return the uri of an envelope, else "api/login" or "master"."""
        if request.path == MASTER_PATH:
            return "master"
        if request.path.endswith("/api/login"):
            return "api/login"
        return str(body.get("uri", "")).lower() if isinstance(body, dict) else ""

    async def _master(self, request: web.Request) -> web.Response:
        ident = request[BODY].get("ident") if isinstance(request[BODY], dict) else None
        if str(ident).lower() != self.workspace.code.lower():
            return self._refusal(Refusal(f"Unknown workspace: {ident}"))
        return _json({"result": {"hostname": HOST, "port": self.port}})

    async def _login(self, request: web.Request) -> web.Response:
        try:
            user = self._authenticated(request)
        except Refusal as refusal:
            return self._refusal(refusal)
        offered = request[BODY].get("session_id") if isinstance(request[BODY], dict) else None
        session_id = self.workspace.login(user, offered)
        return _json({"result": {"role": user.role, "id": user.id, "session_id": session_id}})

    async def _event(self, request: web.Request) -> web.Response:
        if len(request.rel_url.raw_query_string) > self.max_url_bytes:
            return web.Response(status=414, text="URI Too Long")
        if self.busy_next:
            self.busy_next -= 1
            return web.Response(status=503, text="Slow down, please.")
        envelope = request[BODY]
        try:
            user = self._authenticated(request)
            if not isinstance(envelope, dict):
                raise Refusal("No event supplied.")
            self.workspace.check_session(str(envelope.get("session")), user)
            result = dispatch.answer(self.workspace, user, request.method, envelope)
            if isinstance(result, Later):
                result = await asyncio.get_running_loop().run_in_executor(None, result.work)
        except Refusal as refusal:
            return self._refusal(refusal)
        answer = _json({"result": result})
        if self.clock_ahead_s:
            ahead = datetime.now(timezone.utc) + timedelta(seconds=self.clock_ahead_s)
            answer.headers["Date"] = format_datetime(ahead, usegmt=True)
        return answer

    def _authenticated(self, request: web.Request) -> User:
        """Return the user that the headers of *request* name. Raises Unauthenticated."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        user, _, key = credentials.partition(":")
        try:
            email, api_key = (base64.b64decode(part, validate=True).decode() for part in (user, key))
        except (binascii.Error, UnicodeDecodeError):
            scheme = email = api_key = ""
        if scheme.lower() != "basic":
            raise Unauthenticated("Authentication failed! No credentials supplied.")
        return self.workspace.authenticate(request.headers.get("X-Accsyn-Workspace", ""), email, api_key)

    def _refusal(self, refusal: Refusal) -> web.Response:
        if self.plain_refusals:
            return web.Response(status=refusal.status, text=str(refusal))
        return _json({"message": str(refusal)}, 200 if self.plain_statuses else refusal.status)


def _unquote(query_string: str) -> str:
    """Return the JSON text of a query string; it has been quoted once or, by some versions of the client, twice."""
    text = urllib.parse.unquote(query_string)
    return text if text.startswith("{") else urllib.parse.unquote(text)


def _unpacked(body: dict[str, Any]) -> dict[str, Any]:
    """Return an envelope with its compressed data in place; as it is when they cannot be read."""
    try:
        data = json.loads(gzip.decompress(base64.b64decode(body["gz_data"])))
    except (ValueError, TypeError, OSError, EOFError, zlib.error):
        return body
    return {**{key: value for key, value in body.items() if key != "gz_data"}, "data": data}


def _json(answer: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(status=status, text=json.dumps(answer, default=_encode), content_type="application/json")


def _encode(value: Any) -> str:
    """Write a date as the server does: UTC, without offset."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    raise TypeError(f"Cannot encode {type(value).__name__}.")
