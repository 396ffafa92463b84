"""The page under `/actions`, where a person tries actions in a browser; it is a client of this very service.

Its own script speaks to the API and the event hub, as one of the users whose keys the page is given: whoever reaches
the sandbox is a developer on this machine.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any, Callable

from aiohttp import web

FOLDER = Path(__file__).with_name("page")
HEADERS = {
    # Labels come from actions, and are shown without trusting them.
    "Content-Security-Policy": "default-src 'self'; img-src * data:; connect-src 'self' ws: wss:",
    "Cache-Control": "no-store",
}
LOCAL = ("127.0.0.1", "localhost")

People = Callable[[], "list[dict[str, Any]]"]


def add_routes(application: web.Application, people: People) -> None:
    """Serve the page; *people* returns who can be chosen: `id`, `username`, `name` and `key` of each."""

    async def page(request: web.Request) -> web.Response:
        return _file("actions.html")

    async def file(request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def list_people(request: web.Request) -> web.Response:
        # Another site's name that leads here is not to get keys.
        if request.url.host not in LOCAL:
            return web.Response(status=403, text="Only for this machine.")
        return web.json_response(people(), headers=HEADERS)

    application.router.add_get("/actions", page)
    application.router.add_get("/actions/people", list_people)
    application.router.add_get("/actions/{name}", file)


def _file(name: str) -> web.Response:
    if name not in {path.name for path in FOLDER.iterdir()}:
        return web.Response(status=404, text="Not found.")
    kind = {".js": "text/javascript"}.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    return web.Response(body=(FOLDER / name).read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)
