"""Widgets: pages that an application shows inside itself, at an address that lets in whoever has it for a while."""

from __future__ import annotations

import html
import secrets
import time
from typing import Any, Callable

from aiohttp import web

from . import errors
from .access import View
from .store import Store

WIDGET_PATH = "/widget/"
LIFETIME_S = 360.0
# Those that need an entity come with one.
_NEEDS_ENTITY = {"info": True, "tasks": False, "tasks_browser": False}


class Widgets:
    """Answers `get_widget_url`, and the addresses that it has given out. May be used from any thread."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._pages: dict[str, tuple[float, str]] = {}

    def announce(self, operation: dict[str, Any], view: View, url: str) -> dict[str, Any]:
        """The answer: an address below *url*, the server's. Raises `ServerError` for a widget that there is not."""
        name = operation.get("name")
        if name not in _NEEDS_ENTITY:
            raise errors.invalid_value(f"There is no widget '{name}'.")
        title = name
        if operation.get("entity_key"):
            row = self._store.existing(self._store.schema[operation.get("entity_type")], operation["entity_key"])
            if not view.sees(row):
                raise errors.not_found(row.entity_type.name, list(row.key))
            title = f"{name}: {row.values.get('name') or row.key[0]}"
        elif _NEEDS_ENTITY[name]:
            raise errors.invalid_value(f"The widget '{name}' needs an entity.")
        token = secrets.token_urlsafe(16)
        theme = "light" if operation.get("theme") == "light" else "dark"
        page = f'<!doctype html><html data-theme="{theme}"><title>ftrack</title><h1>{html.escape(title)}</h1></html>'
        self._pages[token] = (self._clock() + LIFETIME_S, page)
        return {"widget_url": f"{url}{WIDGET_PATH}{name}?token={token}"}

    def serve(self, token: str) -> web.Response:
        """The page behind an address, as long as it holds. Raise an HTTP error after that."""
        until, page = self._pages.get(token, (0.0, ""))
        if not page or self._clock() > until:
            raise web.HTTPForbidden(text="The address of this widget does not hold any more.")
        return web.Response(text=page, content_type="text/html")
