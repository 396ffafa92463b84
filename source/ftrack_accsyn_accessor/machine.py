"""What this machine is called, as accsyn's client on it reports it."""

from __future__ import annotations

import socket
import uuid

_MULTICAST_BIT = 1 << 40


def hostname() -> str:
    """Return the host name, as accsyn's own client takes it."""
    return socket.gethostname()


def mac_addresses() -> tuple[str, ...]:
    """Return this machine's hardware address as AA:BB:CC:DD:EE:FF, or nothing where it is not known.

    Python makes up a random address with the multicast bit set when it finds none.
    """
    node = uuid.getnode()
    if node & _MULTICAST_BIT:
        return ()
    digits = f"{node:012X}"
    return (":".join(digits[index : index + 2] for index in range(0, 12, 2)),)
