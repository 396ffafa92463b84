"""Who asks, and whom: what it takes to reach ftrack and accsyn. No repr shows a key, or a login in an address."""

from __future__ import annotations

import dataclasses


def plain_server(address: str) -> str:
    """Return *address*, of a server, without a user and password in it: what may be written, shown and compared.

    Everything up to the last "@" counts as those, as a password may hold any character.
    """
    if "@" not in address:
        return address
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else address.rpartition("@")[2]


def server_login(address: str) -> tuple[str, str]:
    """Return the user and the password in *address*, of a server, as it spells them; empty where there are none."""
    user, _, password = address.rpartition("@")[0].rpartition("://")[2].partition(":")
    return user, password


@dataclasses.dataclass(frozen=True)
class FtrackCredentials:
    """How to reach ftrack, as the host's session does.

    `address` is for connecting alone: it may hold a user and password. `server_url` is what is told of it.
    """

    address: str = dataclasses.field(repr=False)
    api_user: str
    api_key: str = dataclasses.field(repr=False)

    @property
    def server_url(self) -> str:
        """The server's address without what is secret in it."""
        return plain_server(self.address)


@dataclasses.dataclass(frozen=True)
class Credentials:
    """Who we are to accsyn: the code of the workspace, the user (e-mail address), and the API key."""

    workspace: str
    api_user: str
    api_key: str = dataclasses.field(repr=False)

    def variables(self) -> tuple[tuple[str, str], ...]:
        """Return each value with the name of the variable that sets it."""
        return (
            ("ACCSYN_WORKSPACE", self.workspace),
            ("ACCSYN_API_USER", self.api_user),
            ("ACCSYN_API_KEY", self.api_key),
        )
