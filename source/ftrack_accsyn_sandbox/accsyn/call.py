"""One call of the API: who asks, what, about which entity."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn.entities import User
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

_ID = re.compile(r"^[a-z0-9]{24}$")


@dataclass(frozen=True)
class Call:
    """A decoded envelope. *kind* is the entity type in front of the uri ("transfer" of "transfer/find"), or ""."""

    workspace: Workspace
    user: User
    kind: str
    data: Any
    query: str
    id: Optional[str]

    @property
    def options(self) -> dict[str, Any]:
        """The data, which must be an object. Raises Refusal."""
        if not isinstance(self.data, dict):
            raise Refusal("The data must be an object.")
        return self.data

    def text(self, name: str, default: Optional[str] = None) -> str:
        """Return a text of the data. Raises Refusal when it is missing or of another type."""
        value = self.options.get(name, default)
        if not isinstance(value, str) or not value:
            raise Refusal(f'"{name}" must be a text.')
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts of the data, empty when there is none. Raises Refusal for what is none."""
        values = self.options.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise Refusal(f'"{name}" must be a list of texts.')
        return values

    @property
    def entity_id(self) -> str:
        """The id in the envelope. Raises Refusal when it is missing or has a wrong form."""
        return checked_id(self.id)


@dataclass(frozen=True)
class Twist:
    """Lets the workspace answer calls of *uris* ("transfer/find") otherwise than it does.

    *before* may change a call, by returning another one, refuse it, or answer it by raising `Answered`; *after* returns
    what is answered instead.
    """

    uris: tuple[str, ...]
    before: Optional[Callable[[Call], Optional[Call]]] = None
    after: Optional[Callable[[Call, Any], Any]] = None


class Answered(Exception):
    """The answer to a call, which is not carried out."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True)
class Later:
    """The answer to a call that takes a while: *work*, which is done without the workspace's lock, returns it."""

    work: Callable[[], Any]


def checked_id(ident: Any) -> str:
    """Return *ident* when it has the form of an id. Raises Refusal."""
    if not isinstance(ident, str) or not _ID.match(ident):
        raise Refusal(f"Invalid entity id: {ident}")
    return ident


def check_texts(settings: Any) -> dict[str, str]:
    """Return *settings* when all are strings, as accsyn demands. Raises Refusal."""
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise Refusal("Settings must be strings.")
    return dict(settings)


def check_metadata(metadata: Any) -> dict[str, Any]:
    """Return *metadata* when it is an object. Raises Refusal."""
    if not isinstance(metadata, dict):
        raise Refusal("Metadata must be an object.")
    return dict(metadata)


def check_keys(data: dict[str, Any], known: tuple[str, ...], what: str) -> None:
    """Raise Refusal when *data* has attributes that the sandbox does not know for *what*."""
    unknown = [key for key in data if key not in known]
    if unknown:
        raise Refusal(f'Unknown attribute "{unknown[0]}" of {what}.')
