"""What this machine is called and known by, as accsyn's client on it reports it, and the program that runs here."""

from __future__ import annotations

import importlib
import os
import re
import socket
import sys
import uuid
from pathlib import Path
from typing import Any

_MULTICAST_BIT = 1 << 40
#: Where macOS keeps the names that its user gave it; `gethostname` follows the network there.
_MACOS_NAMES = Path("/Library/Preferences/SystemConfiguration/preferences.plist")
_LINUX_IDENTITY = Path("/etc/machine-id")
_BUNDLE = re.compile(r"/([^/]+)\.app/")
_WINDOWS_IDENTITY = r"SOFTWARE\Microsoft\Cryptography"


def hostname() -> str:
    """Return the host name, as accsyn's own client takes it."""
    return socket.gethostname()


def names() -> tuple[str, ...]:
    """Return all names that this machine goes by, the host name first. Reads a file at most, and asks no network."""
    found = [hostname()]
    if sys.platform == "darwin":
        found += _macos_names()
    elif os.name == "nt":
        found.append(os.environ.get("COMPUTERNAME", ""))  # of 15 characters at most, for NetBIOS
    return tuple(dict.fromkeys(filter(None, found)))


def identity() -> str:
    """Return what no other machine has and no change of name changes; empty where nothing of the kind is known."""
    found = _windows_identity() if os.name == "nt" else _text(_LINUX_IDENTITY)
    return found or ",".join(mac_addresses())


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
    name = bundle() or _stem(sys.executable or "")
    if not name or name.lower().startswith("python"):
        script = _stem(next(iter(getattr(sys, "argv", None) or ()), ""))
        name = name if script in ("", "-", "-c", "-m", "__main__") else script
    return name or "an application"


def bundle() -> str:
    """Return what macOS calls the application that this process belongs to; empty for a terminal's."""
    found = _BUNDLE.search(sys.executable or "")
    return found[1] if found is not None and found[1] != "Python" else ""


def _stem(path: str) -> str:
    name = re.split(r"[/\\]", path)[-1]
    return name[:-4] if name.lower().endswith((".exe", ".app")) else name


def _macos_names() -> list[str]:
    try:
        plistlib: Any = importlib.import_module("plistlib")  # what freezes applications leaves it out elsewhere
        content: Any = plistlib.loads(_MACOS_NAMES.read_bytes())["System"]
    except Exception:  # noqa: BLE001 - whatever lies there, the host name is known
        return []
    places = (("System", "ComputerName"), ("Network", "HostNames", "LocalHostName"), ("System", "HostName"))
    return [name for name in (_value(content, place) for place in places) if name]


def _value(content: Any, place: tuple[str, ...]) -> str:
    for key in place:
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, str) else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _windows_identity() -> str:
    try:
        winreg: Any = importlib.import_module("winreg")
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _WINDOWS_IDENTITY, 0, access) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except (ImportError, OSError):
        return ""
