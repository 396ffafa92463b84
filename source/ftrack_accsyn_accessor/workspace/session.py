"""The hardened session: the client library's own Session, speaking through our transport."""

from __future__ import annotations

import datetime
import inspect
import itertools
import os
import socket
import sys
from collections.abc import Collection, Mapping
from typing import Any, Callable, NamedTuple, Optional

import requests

from ftrack_accsyn_accessor import network
from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.errors import NotReady, Refused, Unauthorised, Unreachable
from ftrack_accsyn_accessor.network import timed_out
from ftrack_accsyn_accessor.workspace.answers import Problem, read_reply, translate
from ftrack_accsyn_accessor.workspace.library import Library
from ftrack_accsyn_accessor.workspace.transport import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Transport
from ftrack_accsyn_accessor.workspace.wording import texts

LOGIN = "/api/login"
EVENT = "/event"
DEFAULT_PORT = 443
DEVELOPMENT_PORT = 8181


class Call(NamedTuple):
    """One event: HTTP method, uri ("transfer/create"), data, query expression, id of the entity or of its parent."""

    method: str
    uri: str
    data: Any = None
    query: str = ""
    entity_id: str = ""


class HardenedSession:
    """Goes in front of the client's Session and replaces its `_rest`, the one method that reaches the network.

    *names* are those of entities, which a refusal may repeat; more may be put there.

    Making one looks the workspace's host up (unless it is given) and logs in. Raises Problem, what requests raises,
    and odd errors of the client; `answers.translate` sorts them. Nothing is printed or logged. One thread at a time.

    Whatever release the client has, accsyn is spoken to as 3.4 does: calls go through its `_event`, whose shape never
    changed, while its public methods differ in names, order of arguments and uris.
    """

    # What the client's Session brings.
    _event: Callable[..., dict[str, Any]]
    _safe_dumps: Callable[[Any], str]
    _url_quote: Callable[[Any], str]
    _base64_encode: Callable[[str], str]
    __version__: str
    _api_key: Optional[str]
    _dev: bool
    _hostname: str
    _port: int
    _role: str
    _uid: str
    _session_id: Optional[str]

    def __init__(
        self, transport: Transport, credentials: Credentials, names: Collection[str], arguments: Mapping[str, Any]
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._names = names
        super().__init__(**arguments)  # the next class in line is the client's Session

    @property
    def role(self) -> str:
        """The role of the user when the session logged in: admin, employee or standard."""
        return str(self._role)

    @property
    def user_id(self) -> str:
        """The id of the user."""
        return str(self._uid)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        key = self._credentials.api_key
        return (key, self._base64_encode(key), str(self._session_id or ""))

    def event(self, call: Call) -> Any:
        """Send *call* and return the result in the answer."""
        query, entity_id = call.query or None, call.entity_id or None
        return self._event(call.method, call.uri, call.data, query=query, entityid=entity_id)["result"]

    def _rest(
        self,
        method: str,
        hostname: str,
        uri: str,
        data: Optional[dict[str, Any]],
        timeout: Optional[int] = None,
        ssl: bool = True,
        port: Optional[int] = None,
        quiet: bool = False,
        headers: Optional[dict[str, str]] = None,
    ) -> dict[str, Any]:
        """Take the place of the client's method of this name; *timeout*, *quiet* and *headers* are its, not ours."""
        plain = self._dev or not ssl
        port = DEVELOPMENT_PORT if self._dev else port or DEFAULT_PORT
        envelope = self._envelope(data or {}) if uri == EVENT else data or {}
        in_address = method in ("GET", "DELETE")
        url, proxy = self._transport.address(hostname, port, uri, plain)
        try:
            reply = self._transport.send(
                method,
                url,
                proxy,
                self._headers(known=uri in (LOGIN, EVENT)),
                query=self._url_quote(envelope) if in_address else "",
                body=None if in_address else self._safe_dumps(envelope),
            )
            answer = read_reply(reply, itertools.chain(texts(envelope), self._names))
        except Problem as problem:
            raise _at_the_door(problem, uri, self._credentials.workspace) from None
        except requests.exceptions.RequestException as error:
            if uri == EVENT or not timed_out(error):
                raise
            found = translate(error, relay=self._transport.relay)
            raise Problem(Unreachable, found.outcome, found.remedy) from None  # nobody is logged in: nothing asked
        self._take(uri, answer["result"])
        return answer

    def _headers(self, known: bool) -> dict[str, str]:
        """Return the headers of a request (accsyn fact sheet, section 1); *known*: with credentials.

        A host name is not always ASCII, which a header must be.
        """
        host = socket.gethostname().encode("ascii", "replace").decode("ascii")
        headers = {"X-Accsyn-Device": f"PythonAPI v{self.__version__} @ {sys.platform} {host}({os.name})"}
        if known:
            user, key = self._credentials.api_user, self._credentials.api_key
            headers["Authorization"] = f"basic {self._base64_encode(user)}:{self._base64_encode(key)}"
            headers["X-Accsyn-Workspace"] = self._credentials.workspace
        return headers

    def _envelope(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """Return *envelope* as 3.4 writes it: releases before 3.1 name no workspace and give the local time."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return {**envelope, "workspace": self._credentials.workspace, "created": now.strftime("%Y-%m-%dT%H:%M:%S")}

    def _take(self, uri: str, result: Any) -> None:
        if uri == LOGIN and isinstance(result, dict) and result.get("session_id"):
            self._session_id = result["session_id"]  # releases before 3.2 would go on with an id they made up
        elif uri not in (LOGIN, EVENT) and not (isinstance(result, dict) and result.get("hostname")):
            raise _unknown_workspace(self._credentials.workspace, "accsyn names no host for it")


def _at_the_door(problem: Problem, uri: str, workspace: str) -> Problem:
    """Return what an answer means before the session is there: an unknown workspace, a refused login, a page."""
    if problem.kind is Refused and uri == LOGIN:
        return Problem(Unauthorised, problem.outcome, status=problem.status)
    if problem.remedy == network.LOG_IN and uri != EVENT:  # nobody is logged in: nothing was asked
        return Problem(Unreachable, problem.outcome, problem.remedy, status=problem.status)
    if problem.kind is Refused and uri != EVENT:
        return _unknown_workspace(workspace, problem.outcome)
    return problem


def _unknown_workspace(workspace: str, outcome: str) -> Problem:
    return Problem(NotReady, f"workspace {workspace!r}: {outcome}", "Check ACCSYN_WORKSPACE.")


def open_session(
    library: Library,
    transport: Transport,
    credentials: Credentials,
    hostname: Optional[str] = None,
    port: Optional[int] = None,
    names: Collection[str] = (),
) -> HardenedSession:
    """Return a session of *library* that has logged in. Raises as HardenedSession says.

    Everything is given explicitly, so that neither the environment nor a `.env` of the working directory can slip in.
    """
    missing = [name for name, value in credentials.variables() if not value]
    if missing:
        raise Problem(NotReady, f"{' and '.join(missing)} not set", "Set what is missing.")
    offered = {
        "workspace": credentials.workspace,
        "domain": credentials.workspace,
        "username": credentials.api_user,
        "api_key": credentials.api_key,
        "hostname": hostname,
        "port": port,
        "timeout": int(READ_TIMEOUT_S),
        "connect_timeout": int(CONNECT_TIMEOUT_S),
        "path_envfile": os.devnull,
        "dev": os.environ.get("AS_DEV") in ("1", "true"),  # releases before 3.1 know another variable
    }
    accepted = inspect.signature(library.session_class).parameters
    arguments = {name: value for name, value in offered.items() if name in accepted}
    hardened = type("Session", (HardenedSession, library.session_class), {})
    session: HardenedSession = hardened(transport, credentials, names, arguments)
    return session
