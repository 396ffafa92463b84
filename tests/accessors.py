"""Other people's accessors of ftrack, a server that one of them needs, and what breaks such servers off.

The other server is that of `ssh_server`.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import runpy
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Optional

import pytest

from helpers import ROOT

HOST = "127.0.0.1"
WHY = "needs what the extra `interop` of setup.py brings"
#: Both ask for older clients of ftrack than those that they run with, so that pip would bring those along.
WHEELS = {"ftrack_s3_accessor": "0.1.7.post1", "ftrack_sftp_accessor": "0.5.1"}


def fetched(module: str) -> Any:
    """Return a module of one of `WHEELS`; skip where its wheel cannot be had."""
    package = module.partition(".")[0]
    fetch = runpy.run_path(str(ROOT / "setup.py"))["fetch_wheel"]
    try:
        wheel = str(fetch(package.replace("_", "-"), WHEELS[package]))
    except SystemExit as error:
        pytest.skip(str(error))
    if wheel not in sys.path:
        sys.path.append(wheel)
    return importlib.import_module(module)


class Cut:
    """The moment at which a server breaks off: in the midst of a file, and for good."""

    def __init__(self) -> None:
        self._left: Optional[int] = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def interrupting(self, after: int = 3) -> Iterator[None]:
        """Let *after* more reads or writes of content through, and none after those till the end."""
        self._left = after
        try:
            yield
            assert self._left < 0, "Nothing was cut off."
        finally:
            self.heal()

    def heal(self) -> None:
        """Serve again."""
        self._left = None

    def happens(self) -> bool:
        """Count a transfer; return whether it is one too many."""
        with self._lock:
            if self._left is None:
                return False
            self._left -= 1
            return self._left < 0


class Bucket:
    """An S3 server; to be used by *boto3* clients, which find it in the environment."""

    NAME = "ftrack"

    def __init__(self) -> None:
        moto_server = importlib.import_module("moto.moto_server.werkzeug_app")
        serving = importlib.import_module("werkzeug.serving")
        self.cut = Cut()
        self._moto = moto_server.DomainDispatcherApplication(moto_server.create_backend_app)
        silent = type("Silent", (serving.WSGIRequestHandler,), {"log": lambda *_: None})
        self._server = serving.make_server(HOST, 0, self._serve, threaded=True, request_handler=silent)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_S3": f"http://{HOST}:{self._server.server_port}",
            "AWS_ACCESS_KEY_ID": "artist",
            "AWS_SECRET_ACCESS_KEY": "artist-key",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
            # Older releases of the server give a checksum of parts, which the client takes for that of the whole.
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }

    def empty(self) -> Any:
        """Give the bucket, with nothing in it; in the `environment` of this server."""
        boto3 = importlib.import_module("boto3")
        self.cut.heal()
        bucket = boto3.resource("s3").Bucket(self.NAME)
        bucket.create()  # again is no error there
        bucket.objects.delete()
        return bucket

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        is_content = environ["REQUEST_METHOD"] in ("GET", "PUT") and environ["PATH_INFO"].count("/") > 1
        if is_content and self.cut.happens():
            start_response("200 OK", [("Content-Length", "1000")])
            return self._half(environ["werkzeug.socket"])
        return self._moto(environ, start_response)

    @staticmethod
    def _half(connection: socket.socket) -> Iterator[bytes]:
        yield b"half"
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
