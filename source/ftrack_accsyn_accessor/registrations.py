"""Asks ftrack, on the background thread, with a session of its own: what is registered where."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Optional

from ftrack_accsyn_accessor import errors

#: Ids named in one query: keeps each expression far below any limit of the server.
_IDS_PER_QUERY = 500
_TIMEOUT_S = 30


@dataclasses.dataclass(frozen=True)
class FtrackCredentials:
    """How to reach ftrack, as the host's session does."""

    server_url: str
    api_user: str
    api_key: str = dataclasses.field(repr=False)


class Registrations:
    """A window on ftrack's registrations. For one thread only; the session is opened at the first question."""

    def __init__(self, credentials: FtrackCredentials) -> None:
        self._credentials = credentials
        self._session: Any = None

    def registered(self, component_ids: Iterable[str], location_id: str) -> set[str]:
        """Return those of *component_ids* that are registered in the location, or one of whose members is.

        A container's members are registered before it, and ftrack shows a container as available where its members are.

        Raise `errors.RegistrationError` when ftrack cannot be asked.
        """
        wanted = list(component_ids)
        found: set[str] = set()
        for start in range(0, len(wanted), _IDS_PER_QUERY):
            ids = ", ".join(f'"{component_id}"' for component_id in wanted[start : start + _IDS_PER_QUERY])
            base = f'from ComponentLocation where location_id is "{location_id}" and'
            components = self._query(f"select component_id {base} component_id in ({ids})")
            found.update(row["component_id"] for row in components)
            members = self._query(f"select component.container_id {base} component.container_id in ({ids})")
            found.update(row["component"]["container_id"] for row in members)
        return found

    def location_id(self, name: str) -> Optional[str]:
        """Return the id of the ftrack location called *name*, or None."""
        rows = self._query(f'select id from Location where name is "{name}"')
        return str(rows[0]["id"]) if rows else None

    def close(self) -> None:
        """Close the session, if one was opened."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _query(self, expression: str) -> list[Any]:
        try:
            if self._session is None:
                self._session = self._open()
            return list(self._session.query(expression))
        except Exception as error:
            self.close()
            raise errors.RegistrationError(
                "ask ftrack what is registered",
                self._credentials.server_url,
                f"{type(error).__name__}: {error}",
                "It will be asked again.",
            ) from error

    def _open(self) -> Any:
        import ftrack_api  # The command line and the tests of pure parts run without ftrack.

        return ftrack_api.Session(
            server_url=self._credentials.server_url,
            api_user=self._credentials.api_user,
            api_key=self._credentials.api_key,
            plugin_paths=[],
            auto_connect_event_hub=False,
            timeout=_TIMEOUT_S,
        )
