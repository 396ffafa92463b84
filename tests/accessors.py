"""Other people's accessors of ftrack, and the servers that they need, on this machine."""

from __future__ import annotations

import contextlib
import importlib
import os
import runpy
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
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


class SshServer:
    """An SSH server that serves the files below *root* to anybody who knows the password."""

    USER, PASSWORD = "artist", "artist-secret"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cut = Cut()
        self.transports: list[Any] = []
        self._key = paramiko().ECDSAKey.generate()
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.drop()

    def drop(self) -> None:
        """Cut all connections."""
        dropped, self.transports = self.transports, []  # who was cut off may connect anew meanwhile
        for transport in dropped:
            transport.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each request waits for its answer
            transport = paramiko().Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko().SFTPServer, _files(), self)
            self.transports.append(transport)
            with contextlib.suppress(EOFError, OSError, paramiko().SSHException):
                transport.start_server(server=_login())


def paramiko() -> Any:
    return importlib.import_module("paramiko")


def _login() -> Any:
    class Login(paramiko().ServerInterface):  # type: ignore[misc]
        def check_auth_password(self, username: str, password: str) -> int:
            known = (username, password) == (SshServer.USER, SshServer.PASSWORD)
            return int(paramiko().AUTH_SUCCESSFUL if known else paramiko().AUTH_FAILED)

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return int(paramiko().OPEN_SUCCEEDED)

    return Login()


def _files() -> Any:
    library = paramiko()

    class Handle(library.SFTPHandle):  # type: ignore[misc]
        def __init__(self, file: Any, server: SshServer, flags: int) -> None:
            super().__init__(flags)
            self.readfile = self.writefile = file
            self.server = server

        def read(self, offset: int, length: int) -> Any:
            return self._unless_cut(super().read, offset, length)

        def write(self, offset: int, data: bytes) -> Any:
            return self._unless_cut(super().write, offset, data)

        def stat(self) -> Any:
            return library.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

        def _unless_cut(self, work: Callable[[int, Any], Any], offset: int, what: Any) -> Any:
            if self.server.cut.happens():
                self.server.drop()
                return library.SFTP_FAILURE
            return work(offset, what)

    class Files(library.SFTPServerInterface):  # type: ignore[misc]
        def __init__(self, login: Any, server: SshServer) -> None:
            super().__init__(login)
            self.server = server

        def open(self, path: str, flags: int, attr: Any) -> Any:
            def opened(full: str) -> Any:
                mode = "rb" if not flags & (os.O_WRONLY | os.O_RDWR) else "r+b" if flags & os.O_RDWR else "wb"
                return Handle(os.fdopen(os.open(full, flags, 0o644), mode), self.server, flags)

            return self._answer(opened, path)

        def stat(self, path: str) -> Any:
            def found(full: str) -> Any:
                if path.endswith("/") and not os.path.isdir(full):
                    raise NotADirectoryError(full)
                return library.SFTPAttributes.from_stat(os.stat(full))

            return self._answer(found, path)

        lstat = stat

        def list_folder(self, path: str) -> Any:
            def listed(full: str) -> Any:
                names = sorted(os.listdir(full))
                return [library.SFTPAttributes.from_stat(os.stat(os.path.join(full, name)), name) for name in names]

            return self._answer(listed, path)

        def remove(self, path: str) -> Any:
            return self._answer(os.remove, path)

        def mkdir(self, path: str, attr: Any) -> Any:
            return self._answer(os.mkdir, path)

        def rmdir(self, path: str) -> Any:
            return self._answer(os.rmdir, path)

        def _answer(self, work: Callable[[str], Any], path: str) -> Any:
            try:
                result = work(str(self.server.root) + self.canonicalize(path))
            except OSError as error:
                return library.SFTPServer.convert_errno(error.errno or 0)
            return library.SFTP_OK if result is None else result

    return Files
