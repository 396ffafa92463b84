"""The way to accsyn: one login, and one error for each kind of failure."""

from __future__ import annotations

import sys
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model.assumptions import Assumptions
from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.errors import TOO_MANY, Unauthorised, Uncertain, Unreachable
from ftrack_accsyn_accessor.workspace import library
from ftrack_accsyn_accessor.workspace.answers import Problem, clean, translate
from ftrack_accsyn_accessor.workspace.session import Call, HardenedSession, open_session
from ftrack_accsyn_accessor.workspace.transport import Transport
from ftrack_accsyn_accessor.workspace.wording import misleads, texts


class Door:
    """What the verbs of a `Workspace` have in common: the login, the requests and how their failures are told."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        proxy: Optional[str],
        tls_verify: bool = True,
        hostname: Optional[str] = None,
        port: Optional[int] = None,
        certificate: Optional[str] = None,
        limit_s: Optional[float] = None,
        assumptions: Callable[[], Assumptions] = Assumptions,
    ) -> None:
        self._credentials = credentials
        self._assumptions = assumptions
        self._hostname = hostname
        self._port = port
        self._transport = Transport(proxy, tls_verify, certificate, limit_s)
        self._library: Optional[library.Library] = None
        self._session: Optional[HardenedSession] = None
        self._names: set[str] = set()
        #: How many calls accsyn has refused because there were too many, of whomever.
        self.refusals = 0

    @property
    def code(self) -> str:
        """The workspace's code."""
        return self._credentials.workspace

    @property
    def calls(self) -> int:
        """How many HTTP requests were sent so far, logins and look-ups included."""
        return self._transport.calls

    @property
    def clock_skew_s(self) -> Optional[float]:
        """How many seconds accsyn's clock is ahead of this machine's, None before a server has told its time."""
        return self._transport.clock_skew_s

    @property
    def assumptions(self) -> Assumptions:
        """What is known at this moment of what is assumed of this accsyn."""
        return self._assumptions()

    def rest(self) -> None:
        """Close the connection, not the session: nothing is asked for a while, and others need connections, too.

        accsyn counts those of an internet address, which is a whole studio's (workflow facts, section 9).
        """
        self._transport.close()

    def close(self) -> None:
        """Close the connection and forget the session. A later verb begins anew."""
        self._session = None
        self._transport.close()

    def _setting(self, tried: str, location_id: str, name: str) -> Any:
        data = {"entitytype": "workspace", "name": name, "integration": "ftrack", "data": {"location_id": location_id}}
        return self._call(tried, location_id, Call("GET", "setting", data))

    def _entity(self, tried: str, on: str, entity_type: str, entity_id: str) -> list[dict[str, Any]]:
        """Return the entity with this id as a list of one, or of none."""
        rows = rows_of(self._call(tried, on, Call("GET", f"{entity_type}/find", {}, entity_id=entity_id))) or []
        return [row for row in rows if model.entity_id(row) == entity_id]

    def _find(
        self, tried: str, on: str, entity_type: str, expression: str = "", data: Optional[dict[str, Any]] = None
    ) -> list[dict[str, Any]]:
        """Return what a query finds. The expression is sent in lower case, as the client does: compare afterwards."""
        return self._rows(tried, on, Call("GET", f"{entity_type}/find", data or {}, expression.lower()))

    def _rows(self, tried: str, on: str, call: Call) -> list[dict[str, Any]]:
        """Return the rows that answer *call*. Raises Uncertain where there is no list: that is not an empty one."""
        rows = rows_of(self._call(tried, on, call))
        if rows is None:  # to take it for "nothing found" might make a second job
            raise self._error(tried, on, Problem(Uncertain, "the answer is no list"))
        return rows

    def _login(self) -> HardenedSession:
        """Return the session, a new one if there is none."""
        handled = sys.exc_info()[1]
        self._transport.begin()
        try:
            return self._open()
        except Exception as error:  # noqa: BLE001 - see _attempt
            problem = translate(error, handled, self._transport.relay)
        raise self._error("log in to accsyn", self._credentials.workspace, problem)

    def _open(self) -> HardenedSession:
        """Return the session as `_login` does. Raises whatever goes wrong."""
        if self._library is None:
            self._library = library.load()
            self._transport.begin()  # no network has a part in the loading
        if self._session is None:
            given = (self._hostname, self._port, self._names)
            self._session = open_session(self._library, self._transport, self._credentials, *given)
        return self._session

    def _call(self, tried: str, on: str, call: Call) -> Any:
        """Return the result of *call*; the login is renewed once when an older session is no longer accepted."""
        established = self._session is not None
        self._transport.begin()
        result, problem = self._attempt(call)
        if problem is not None and problem.kind is Unauthorised and established:
            self._session = None
            result, problem = self._attempt(call)
        if problem is None:
            names = texts([[row.get("code"), row.get("name")] for row in rows_of(result) or []])
            self._names.update(filter(misleads, names))
            return result
        raise self._error(tried, on, problem)

    def _attempt(self, call: Call) -> tuple[Any, Optional[Problem]]:
        """Return (result, None) or (None, problem)."""
        handled = sys.exc_info()[1]
        try:
            return self._open().event(call), None
        except Exception as error:  # noqa: BLE001 - translated, whatever it is; never chained, it may hold the API key
            return None, translate(error, handled, self._transport.relay)

    def _error(self, tried: str, on: str, problem: Problem) -> Exception:
        """Return the error for *problem*. When the session or its host may be the cause, the next verb logs in anew."""
        secrets = (self._credentials.api_key, *(self._session.secrets if self._session is not None else ()))
        if problem.kind in (Unauthorised, Unreachable):
            self._session = None
        self.refusals += problem.status == TOO_MANY
        return problem.error(tried, clean(on), secrets)


def rows_of(result: Any) -> Optional[list[dict[str, Any]]]:
    """Return the rows of *result*, which may be one bare row; None when it is neither."""
    if isinstance(result, dict) and result:
        return [result]
    if isinstance(result, list):
        return [row for row in result if isinstance(row, dict)]
    return None


def quoted(text: str) -> str:
    """Return *text* as a value of a query that finds it, and perhaps others: compare afterwards.

    No escape for quotes is known. Of two kinds in one text one becomes a wildcard (accsyn fact sheet, section 4).
    """
    quote = "'" if '"' in text else '"'
    return "{0}{1}{0}".format(quote, text.replace(quote, "*"))
