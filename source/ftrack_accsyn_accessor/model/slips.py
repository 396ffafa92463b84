"""Slips of the pen in settings: what was most likely meant by a value that cannot be right. Pure.

A value is never corrected in silence: what is meant is told, and somebody sets it.
"""

from __future__ import annotations

import os
import re
from types import ModuleType
from typing import Optional

from ftrack_accsyn_accessor.model.credentials import plain_server

_PAIRS = frozenset({'""', "''", "\u201c\u201d", "\u2018\u2019"})
_CODE = re.compile(r"[\w.\-]+")
_SCHEME = re.compile(r"\w+://", re.ASCII)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
_SERVER = re.compile(
    r"(?:(?P<scheme>\w+)://)?(?:.*@)?(?P<host>\[[^\]]*\]|[^/?#:@\[\]]+)(?P<port>:\d+)?(?P<path>[/?#].*)?", re.ASCII
)
#: accsyn's own domain, in which each workspace has a host; and ftrack's.
_ACCSYN, _FTRACK = ".accsyn.com", ".ftrackapp.com"
#: A variable in a path that nobody has set: it would become a folder of this name.
UNEXPANDED = re.compile(r"\$\w+|\$\{[^}]*\}|%\w+%")


def unquoted(value: str) -> str:
    """Return *value* without the quotes around it: cmd.exe, editors and web pages make them a part of it."""
    text = value.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] + text[-1] in _PAIRS else value


def workspace(value: str) -> str:
    """Return the code that *value* stands for, itself where it may be one, empty where nothing can be guessed."""
    if _CODE.fullmatch(value) and not value.lower().endswith(_ACCSYN):
        return value
    host = re.split(r"[/?#:]", plain_server(_SCHEME.sub("//", unquoted(value))).lstrip("/"))[0]
    code = host[: -len(_ACCSYN)] if host.lower().endswith(_ACCSYN) else host
    return code if _CODE.fullmatch(code) else ""


def server(value: str) -> str:
    """Return the address of ftrack that *value* stands for, itself where it may be one, empty where none is in it.

    A path is left to servers of the studio's own.
    """
    text = unquoted(value)
    parts = None if _BLANK.search(text) else _SERVER.fullmatch(text)
    if parts is None:
        return ""
    scheme, host, port, path = (parts[name] or "" for name in ("scheme", "host", "port", "path"))
    known = scheme.lower() in ("http", "https")
    surplus = path.strip("/") if host.lower().endswith(_FTRACK) else re.search("[?#]", path)
    if known and not surplus:
        return text
    whole = host if "." in host or port or host == "localhost" else f"{host}{_FTRACK}"
    return f"{scheme if known else 'https'}://{whole}{port}"


def key(value: str) -> str:
    """Return what is wrong with *value*, a key, in words that do not show it; empty where nothing is."""
    if unquoted(value) != value:
        return "has quotes around it, which count as a part of it"
    return "has a blank or a line break in it" if _BLANK.search(value) else ""


def left(path: str, flavour: ModuleType = os.path) -> Optional[tuple[str, str]]:
    """Return what in *path*, which was expanded, stands for nothing, and what to do; None where nothing does."""
    found = UNEXPANDED.search(path)
    if found is not None and found[0].startswith("%") and flavour.sep == "/":
        return f"{found[0]} stands for nothing on this system", f"Write ${found[0].strip('%')}, or the full path."
    if found is not None:
        return f"{found[0]} is not set", "Set it, or write the full path."
    if path.startswith("~"):
        home = re.split(r"[/\\]", path)[0]
        return f"{home} is nobody's home here", "Write the full path."
    return None
