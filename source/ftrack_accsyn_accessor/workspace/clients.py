"""Which of the user's accsyn clients is this machine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ftrack_accsyn_accessor.model.accsyn import APP, USER_SERVER, Client, normal_mac

#: What NetBIOS leaves of a name, which is what some programs of Windows call it by.
_NETBIOS_LENGTH = 15


def choose_clients(
    clients: Sequence[Client], names: Sequence[str], macs: Iterable[str], known_id: str = ""
) -> list[Client]:
    """Return the client of the machine with *names* and *macs*; several where one cannot tell, none where none fits.

    The host name, the first of *names*, decides, without regard to case and domain; where that does not fit, another of
    the names, or what NetBIOS leaves of one; then a MAC address; then *known_id*, of the client that it was earlier. Of
    several, those whose MAC address fits too are this machine's, and the best of them is taken: online, then a user
    server (it runs unattended). Without a fitting address nothing tells two machines of one name apart, least of all
    which is online; only an app and a user server are taken for those of one machine.
    """
    addresses = frozenset(filter(None, map(normal_mac, macs)))
    own = [client for client in clients if client.type in (APP, USER_SERVER, None)]
    hostname, fitting = _named(own, names)
    fitting = fitting or [client for client in own if client.macs & addresses]
    fitting = fitting or [client for client in own if client.id == known_id]
    near = [client for client in fitting if not _contradicts(domain(client.code), domain(hostname))]
    fitting = near or fitting
    certain = [client for client in fitting if client.macs & addresses]
    by_type = {client.type: client for client in fitting}
    if not certain and len(by_type) < len(fitting):
        return sorted(fitting, key=lambda client: client.id)
    ranked = sorted(certain or fitting, key=lambda client: (not client.online, client.type != USER_SERVER, client.id))
    return ranked[:1]


def _named(clients: Sequence[Client], names: Sequence[str]) -> tuple[str, list[Client]]:
    """Return the first of *names* that clients have, and those clients."""
    for fits in (_same, _same_cut):
        for name in names:
            found = [client for client in clients if fits(short_name(client.code), short_name(name))]
            if found:
                return name, found
    return next(iter(names), ""), []


def _same(first: str, second: str) -> bool:
    return bool(first) and first == second


def _same_cut(first: str, second: str) -> bool:
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) == _NETBIOS_LENGTH and longer.startswith(shorter)


def short_name(hostname: str) -> str:
    """Return *hostname* without its domain, in lower case."""
    return hostname.strip().partition(".")[0].casefold()


def domain(hostname: str) -> str:
    """Return the domain of *hostname* in lower case; empty for none and for `local`, which macOS adds and drops."""
    found = hostname.strip().partition(".")[2].casefold()
    return "" if found == "local" else found


def _contradicts(first: str, second: str) -> bool:
    return bool(first and second and first != second)
