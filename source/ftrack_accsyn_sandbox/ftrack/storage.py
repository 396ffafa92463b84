"""The files of the location ftrack.server: announced by an operation, put and got over HTTP, kept in memory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

from aiohttp import web

PUT_PATH = "/storage/"
CHECKSUM = "Content-MD5"


class Storage:
    """What was uploaded, by the id of its component. `announce` and `remove` may be used from any thread.

    An upload that differs from what was announced, in size or checksum, is refused as the storage providers behind
    ftrack refuse it, and leaves what was there.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._secret = secrets.token_bytes(16)
        self._announced: dict[str, dict[str, Any]] = {}

    def announce(self, operation: dict[str, Any], url: str) -> dict[str, Any]:
        """The answer to `get_upload_metadata`: where to put the file, with which headers. *url* is the server's.

        The component need not be there yet: the client commits it after the file.
        """
        component_id = str(operation.get("component_id"))
        token = secrets.token_hex(16)
        self._announced[token] = operation
        headers = {"Content-Type": "application/octet-stream"}
        if operation.get("checksum"):
            headers[CHECKSUM] = str(operation["checksum"])
        return {"url": f"{url}{PUT_PATH}{token}", "component_id": component_id, "headers": headers}

    def put(self, token: str, headers: Any, content: bytes) -> None:
        """Keep *content*. Raise an HTTP error unless it is what was announced under *token*, which serves once."""
        operation = self._announced.get(token)
        if operation is None:
            raise web.HTTPForbidden(text="Nothing was announced here.")
        checksum = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        told = {operation.get("checksum") or checksum, headers.get(CHECKSUM) or checksum}
        if len(content) != operation.get("file_size") or told != {checksum}:
            raise web.HTTPBadRequest(text="The file is not what was announced.")
        del self._announced[token]
        self.files[str(operation["component_id"])] = content

    def ticket(self, component_id: str) -> str:
        """Return what lets anybody see the picture of a component who has it in an address."""
        return hmac.new(self._secret, component_id.encode(), "sha256").hexdigest()

    def get(self, component_id: str) -> bytes:
        """The file of a component. Raise an HTTP error where there is none."""
        if component_id not in self.files:
            raise web.HTTPNotFound(text="There is no such file.")
        return self.files[component_id]

    def remove(self, component_id: str) -> None:
        """Forget the file of a component. Raise an HTTP error where there is none."""
        self.get(component_id)
        del self.files[component_id]
