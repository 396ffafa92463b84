"""Which of the user's accsyn clients is this machine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ftrack_accsyn_accessor.model.accsyn import APP, USER_SERVER, Client, normal_mac


def choose_clients(clients: Sequence[Client], hostname: str, macs: Iterable[str]) -> list[Client]:
    """Return the client of the machine with *hostname* and *macs*; several where one cannot tell, none where none fits.

    The host name decides, without regard to case and domain; where no name fits, a MAC address. Of several, those whose
    MAC address fits too are this machine's, and the best of them is taken: online, then a user server (it runs
    unattended). Without a fitting address nothing tells two machines of one name apart, least of all which is online;
    only an app and a user server are taken for those of one machine.
    """
    addresses = frozenset(filter(None, map(normal_mac, macs)))
    own = [client for client in clients if client.type in (APP, USER_SERVER, None)]
    fitting = [client for client in own if short_name(client.code) and short_name(client.code) == short_name(hostname)]
    if not fitting:
        fitting = [client for client in own if client.macs & addresses]
    near = [client for client in fitting if not _contradicts(domain(client.code), domain(hostname))]
    fitting = near or fitting
    certain = [client for client in fitting if client.macs & addresses]
    by_type = {client.type: client for client in fitting}
    if not certain and len(by_type) < len(fitting):
        return sorted(fitting, key=lambda client: client.id)
    ranked = sorted(certain or fitting, key=lambda client: (not client.online, client.type != USER_SERVER, client.id))
    return ranked[:1]


def short_name(hostname: str) -> str:
    """Return *hostname* without its domain, in lower case."""
    return hostname.strip().partition(".")[0].casefold()


def domain(hostname: str) -> str:
    """Return the domain of *hostname* in lower case; empty for none and for `local`, which macOS adds and drops."""
    found = hostname.strip().partition(".")[2].casefold()
    return "" if found == "local" else found


def _contradicts(first: str, second: str) -> bool:
    return bool(first and second and first != second)
