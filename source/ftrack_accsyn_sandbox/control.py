"""The controls of a running studio, for another terminal on this machine: what to break and what to mend.

Loopback only, and with a token: whoever may read the file that has it may do it.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from typing import Any, Callable

from aiohttp import web

from ftrack_accsyn_sandbox.breakage import KINDS, Breakage
from ftrack_accsyn_sandbox.service import Service

HEADER = "X-Sandbox-Token"


class ControlService(Service):
    """Does to a studio what another terminal asks for: `POST /break/<what>`, `POST /mend` and `POST /mend/<what>`.

    The answer is `{"said": [sentence, ..]}`, with status 409 `{"error": sentence}` where it cannot be done.
    """

    def __init__(self, breakage: Breakage) -> None:
        super().__init__()
        self.token = secrets.token_urlsafe(24)
        self._breakage = breakage

    def create_application(self) -> web.Application:
        """Return the application with its addresses."""
        application = web.Application()
        application.router.add_get("/", self._there)
        application.router.add_post("/break/{what}", self._break)
        application.router.add_post("/mend", self._mend)
        application.router.add_post("/mend/{what}", self._mend)
        return application

    async def _there(self, request: web.Request) -> web.Response:
        self._require_token(request)
        return web.json_response({"broken": list(self._breakage.broken)})

    async def _break(self, request: web.Request) -> web.Response:
        self._require_token(request)
        what = _named(request)
        return await self._answer(lambda: [self._breakage.begin(what)])

    async def _mend(self, request: web.Request) -> web.Response:
        self._require_token(request)
        wanted = [_named(request)] if "what" in request.match_info else []
        return await self._answer(lambda: self._breakage.mend(wanted))

    def _require_token(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self.token.encode()):
            raise web.HTTPForbidden(text="The token is another one.")

    @staticmethod
    async def _answer(change: Callable[[], list[str]]) -> web.Response:
        """Make *change* outside the loop, as it waits for the services."""
        answer: dict[str, Any]
        try:
            answer = {"said": await asyncio.get_running_loop().run_in_executor(None, change)}
        except OSError as error:
            return web.json_response({"error": str(error)}, status=409)
        return web.json_response(answer)


def _named(request: web.Request) -> str:
    what = request.match_info["what"]
    if what not in KINDS:
        raise web.HTTPNotFound(text=f"There is no {what} to break.")
    return what
