"""Which of the user's accsyn clients is this machine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional

from ftrack_accsyn_accessor.model.accsyn import APP, USER_SERVER, Client, normal_mac


def choose_client(clients: Sequence[Client], hostname: str, macs: Iterable[str]) -> Optional[Client]:
    """Return the client of the machine with *hostname* and *macs*, or None when none of *clients* fits.

    The host name decides, without regard to case and domain; where no name fits, a MAC address. Of several, in this
    order: the one whose MAC address fits too, whose domain does not contradict, that is online, that is a user server
    (it runs unattended).
    """
    addresses = frozenset(filter(None, map(normal_mac, macs)))
    own = [client for client in clients if client.type in (APP, USER_SERVER, None)]
    fitting = [client for client in own if short_name(client.code) and short_name(client.code) == short_name(hostname)]
    if not fitting:
        fitting = [client for client in own if client.macs & addresses]

    def rank(client: Client) -> tuple[bool, bool, bool, bool, str]:
        return (
            not client.macs & addresses,
            _contradicts(domain(client.code), domain(hostname)),
            not client.online,
            client.type != USER_SERVER,
            client.id,
        )

    return min(fitting, key=rank, default=None)


def short_name(hostname: str) -> str:
    """Return *hostname* without its domain, in lower case."""
    return hostname.strip().partition(".")[0].casefold()


def domain(hostname: str) -> str:
    """Return the domain of *hostname* in lower case; empty for none and for `local`, which macOS adds and drops."""
    found = hostname.strip().partition(".")[2].casefold()
    return "" if found == "local" else found


def _contradicts(first: str, second: str) -> bool:
    return bool(first and second and first != second)
