"""An SSH server that serves files, for other people's accessor of ftrack. To be imported where paramiko is there."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paramiko

from accessors import HOST, Cut


class SshServer:
    """An SSH server that serves the files below *root* to anybody who knows the password."""

    USER, PASSWORD = "artist", "artist-secret"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cut = Cut()
        self.transports: list[paramiko.Transport] = []
        self._key = paramiko.ECDSAKey.generate()
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
            transport = paramiko.Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files, self)
            self.transports.append(transport)
            with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
                transport.start_server(server=Login())


class Login(paramiko.ServerInterface):
    """Lets in who knows the password."""

    def check_auth_password(self, username: str, password: str) -> int:
        known = (username, password) == (SshServer.USER, SshServer.PASSWORD)
        return int(paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)


class Handle(paramiko.SFTPHandle):
    """An open file, which is there until the server is cut off."""

    def __init__(self, file: Any, server: SshServer, flags: int) -> None:
        super().__init__(flags)
        self.readfile = self.writefile = file
        self.server = server

    def read(self, offset: int, length: int) -> Any:
        return self._unless_cut(super().read, offset, length)

    def write(self, offset: int, data: bytes) -> Any:
        return self._unless_cut(super().write, offset, data)

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def _unless_cut(self, work: Callable[[int, Any], Any], offset: int, what: Any) -> Any:
        if self.server.cut.happens():
            self.server.drop()
            return paramiko.SFTP_FAILURE
        return work(offset, what)


class Files(paramiko.SFTPServerInterface):
    """What a client asks of the files below the server's root."""

    def __init__(self, login: Login, server: SshServer) -> None:
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
            return paramiko.SFTPAttributes.from_stat(os.stat(full))

        return self._answer(found, path)

    lstat = stat

    def list_folder(self, path: str) -> Any:
        def listed(full: str) -> Any:
            names = sorted(os.listdir(full))
            return [paramiko.SFTPAttributes.from_stat(os.stat(os.path.join(full, name)), name) for name in names]

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
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return paramiko.SFTP_OK if result is None else result
