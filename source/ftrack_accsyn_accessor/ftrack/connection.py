"""The background thread's own way to ftrack: a session opened when needed, never the host's."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.trouble import CHECK_ADDRESS, trouble
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials

_TIMEOUT_S = 30
#: Rows asked for in one request, as ftrack's own client does.
_PAGE = 500
#: Of plain rows, which are cheap: each request waits for the network once. A server that gives fewer tells where the
#: next begin.
_WIDE_PAGE = 5000
#: Queries asked in one request.
_TOGETHER = 8
#: Ids named in one query, or entities written in one request: keeps each far below any limit of the server.
BATCH = 500
#: How ftrack_api words what the server itself has refused; everything else may have failed on the way there.
_REFUSED = re.compile(r"^Server reported error: (\w+)\(")
_AGAIN = "It will be tried again."
_NO_LOGIN = "InvalidCredentialsError"
#: What is no matter of time, by the names of the errors, which come from libraries that are not imported here.
_NEVER = frozenset({"MissingSchema", "InvalidSchema", "InvalidURL", "LocationParseError", "ModuleNotFoundError"})
#: HTTP statuses by which a server, or what stands before it, says that it cannot be asked at the moment.
_BUSY = frozenset({429, 502, 503, 504})


class Written(NamedTuple):
    """An entity to be made, or an `existing` one to be changed; `values` has the attributes that are its key."""

    entity_type: str
    values: dict[str, Any]
    existing: bool = False
    key: tuple[str, ...] = ("id",)

    @property
    def operation(self) -> dict[str, Any]:
        """How ftrack is told of it."""
        return {
            "action": "update" if self.existing else "create",
            "entity_type": self.entity_type,
            "entity_key": [self.values[name] for name in self.key],
            "entity_data": {"__entity_type__": self.entity_type, **self.values},
        }


class FtrackConnection:
    """Queries and writes, without a trace in the memory of the session: what is asked may be a lot, and runs for days.

    For one thread only. Every method raises `errors.RegistrationError` when ftrack cannot be asked, its subclass
    `errors.RegistrationRefused` when ftrack has said no.
    """

    def __init__(self, credentials: FtrackCredentials) -> None:
        self.credentials = credentials
        #: That ftrack does not accept the credentials, as long as that is so.
        self.refused: Optional[errors.LoginRefused] = None
        #: How often ftrack has answered after it could not be asked.
        self.recovered = 0
        self._failing = False
        self._page = _WIDE_PAGE
        self._session: Any = None

    def query(self, expression: str) -> list[Any]:
        """Return all entities that *expression* finds, each with what it selects and nothing else."""
        found: list[Any] = []
        offset = 0
        while True:
            paged = f"{expression} offset {offset} limit {_PAGE}"
            answer = self._call([{"action": "query", "expression": paged}], "ask ftrack")[0]
            found += answer["data"]
            following = (answer.get("metadata") or {}).get("next", {}).get("offset")
            if len(answer["data"]) < _PAGE or following is None:
                return found
            offset = following

    def rows(self, *expressions: str) -> list[list[dict[str, Any]]]:
        """Return what each of *expressions* finds, as plain mappings: a tenth of the time and memory of entities.

        Each expression needs an order that no two rows share. Entities have their `id` and `__entity_type__`; what
        comes up several times in an answer is the same object. Dates are as ftrack writes them, `{"value": ..}`. One
        request for each 8 expressions, and one more for each 5,000 rows of one.
        """
        found: list[list[dict[str, Any]]] = [[] for _ in expressions]
        waiting = list(enumerate([0] * len(expressions)))
        while waiting:
            asked, waiting = waiting[:_TOGETHER], waiting[_TOGETHER:]
            answers = self._pages([(expressions[index], offset) for index, offset in asked])
            for (index, _), answer in zip(asked, answers):
                found[index] += answer["data"]
                following = (answer.get("metadata") or {}).get("next", {}).get("offset")
                if answer["data"] and following is not None:
                    waiting.append((index, following))
        return found

    def _pages(self, asked: Sequence[tuple[str, int]]) -> list[Any]:
        """Return the pages of expressions that begin at offsets.

        How many rows a server gives at most is not known: where it refuses many, it is asked for the usual number.
        """
        try:
            return self._call(_queries(asked, self._page), "ask ftrack", _plain)
        except errors.LoginRefused:
            raise
        except errors.RegistrationRefused:
            if self._page == _PAGE:
                raise
            answers = self._call(_queries(asked, _PAGE), "ask ftrack", _plain)
        self._page = _PAGE
        return answers

    def create(self, entity_type: str, rows: Sequence[dict[str, Any]]) -> None:
        """Create entities from *rows*, which have their `id`; all of them or none."""
        self._call(
            [
                {
                    "action": "create",
                    "entity_type": entity_type,
                    "entity_key": [row["id"]],
                    "entity_data": {"__entity_type__": entity_type, **row},
                }
                for row in rows
            ],
            "write to ftrack",
        )

    def write(self, entities: Sequence[Written]) -> None:
        """Make and change entities of several types, in this order; all of them or none."""
        self._call([each.operation for each in entities], "write to ftrack")

    def update(self, entity_type: str, entity_id: str, data: dict[str, Any]) -> None:
        """Change attributes of one entity."""
        operation = {
            "action": "update",
            "entity_type": entity_type,
            "entity_key": [entity_id],
            "entity_data": {"__entity_type__": entity_type, **data},
        }
        self._call([operation], "write to ftrack")

    def delete(self, entity_type: str, ids: Sequence[str]) -> None:
        """Delete entities, all of a batch of `BATCH` or none of it."""
        for start in range(0, len(ids), BATCH):
            self._call(
                [
                    {"action": "delete", "entity_type": entity_type, "entity_key": [entity_id]}
                    for entity_id in ids[start : start + BATCH]
                ],
                "delete in ftrack",
            )

    def write_metadata(self, entity_type: str, entity_id: str, key: str, value: str) -> None:
        """Give an entity a metadatum, or change it; three requests at most, and any number of processes at once."""
        identity = [entity_id, key]
        data = {"__entity_type__": "Metadata", "value": value}
        change = {"action": "update", "entity_type": "Metadata", "entity_key": identity, "entity_data": data}
        named = {"parent_id": entity_id, "parent_type": entity_type, "key": key}
        make = {**change, "action": "create", "entity_data": {**data, **named}}
        where = f"parent_id is {quoted([entity_id])} and key is {quoted([key])}"
        if self.query(f"select value from Metadata where {where}"):  # noqa: S608
            self._call([change], "write to ftrack")
            return
        try:
            self._call([make], "write to ftrack")
        except errors.RegistrationRefused:  # another process was first, or it is refused again
            self._call([change], "write to ftrack")

    def close(self) -> None:
        """Close the session, if one was opened; a later call opens another one."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _call(
        self, operations: list[dict[str, Any]], tried: str, decode: Optional[Callable[[str], Any]] = None
    ) -> list[Any]:
        try:
            if self._session is None:
                self._session = self._open()
            with _decoding(self._session, decode):
                answers = self._session.call(operations)
            if not isinstance(answers, list) or len(answers) != len(operations) or not _complete(operations, answers):
                raise ValueError("the answer is not a list with a result for each operation")
        except Exception as error:
            raise self._error(tried, error) from error
        self.recovered += self._failing
        self._failing, self.refused = False, None
        return answers

    def _error(self, tried: str, error: Exception) -> errors.RegistrationError:
        text = errors.words(error, self.credentials.api_key)
        refusal = _REFUSED.match(text)
        if refusal is not None and refusal.group(1) == _NO_LOGIN:
            remedy = "Open a session with the right FTRACK_API_USER and FTRACK_API_KEY."
            self.refused = errors.LoginRefused(tried, self.credentials.server_url, text, remedy)
            return self.refused
        if refusal is not None and _status(error) not in _BUSY:
            return errors.RegistrationRefused(tried, self.credentials.server_url, text, by_itself=_AGAIN)
        found = trouble(error, self.credentials.api_key)
        if type(error).__name__ in _NEVER:
            return errors.RegistrationRefused(
                tried, self.credentials.server_url, found.outcome, found.remedy or CHECK_ADDRESS
            )
        self.close()
        self._failing = True
        return errors.RegistrationError(
            tried, self.credentials.server_url, found.outcome, found.remedy or "", by_itself=_AGAIN
        )

    def _open(self) -> Any:
        import ftrack_api  # The command line and the tests of pure parts run without ftrack.

        return ftrack_api.Session(
            server_url=self.credentials.address,
            api_user=self.credentials.api_user,
            api_key=self.credentials.api_key,
            plugin_paths=[],
            auto_connect_event_hub=False,
            timeout=_TIMEOUT_S,
        )


@contextlib.contextmanager
def _decoding(session: Any, decode: Optional[Callable[[str], Any]]) -> Iterator[None]:
    """Let *session* read answers by *decode* instead of making entities of them, which takes most of the time."""
    if decode is None:
        yield
        return
    session.decode = decode
    try:
        yield
    finally:
        del session.decode


def _queries(asked: Iterable[tuple[str, int]], page: int) -> list[dict[str, Any]]:
    return [{"action": "query", "expression": f"{each} offset {offset} limit {page}"} for each, offset in asked]


def _complete(operations: Iterable[dict[str, Any]], answers: Iterable[Any]) -> bool:
    """Whether each query among *operations* has found a list, be it empty."""
    asked = (answer for operation, answer in zip(operations, answers) if operation["action"] == "query")
    return all(isinstance(answer, dict) and isinstance(answer.get("data"), list) for answer in asked)


def _plain(text: str) -> Any:
    """Return the answer *text* as mappings; ftrack tells of an entity once, and only refers to it after that."""
    known: dict[str, dict[str, Any]] = {}

    def whole(item: dict[str, Any]) -> dict[str, Any]:
        if "__entity_type__" not in item or "id" not in item:
            return item
        first = known.setdefault(item["id"], item)
        if first is not item:
            first.update(item)
        return first

    return json.loads(text, object_hook=whole)


def _status(error: Exception) -> Optional[int]:
    """Return the HTTP status of the answer that ftrack_api has turned into *error*, if it was one."""
    return getattr(getattr(error.__context__, "response", None), "status_code", None)


def quoted(texts: Iterable[str]) -> str:
    """Return *texts* as the list for `in (..)` in ftrack's query language."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return ", ".join(f'"{text}"' for text in escaped)


def quoted_batches(texts: Iterable[str]) -> Iterator[str]:
    """Yield *texts* as lists for `in (..)`, at most `BATCH` in each."""
    wanted = list(texts)
    for start in range(0, len(wanted), BATCH):
        yield quoted(wanted[start : start + BATCH])
