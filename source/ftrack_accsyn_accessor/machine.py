"""What this machine is called, as accsyn's client on it reports it, and the program that runs here."""

from __future__ import annotations

import re
import socket
import sys
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


def application() -> str:
    """Return what the program that runs here is called: Maya's executable, say, or the script that Python runs."""
    name = _stem(sys.executable or "")
    if not name or name.lower().startswith("python"):
        script = _stem(next(iter(getattr(sys, "argv", None) or ()), ""))
        name = name if script in ("", "-", "-c", "-m", "__main__") else script
    return name or "an application"


def _stem(path: str) -> str:
    name = re.split(r"[/\\]", path)[-1]
    return name[:-4] if name.lower().endswith((".exe", ".app")) else name
