"""Resource identifiers and the paths below a root that they name, the same on every system."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from types import ModuleType

from ftrack_accsyn_accessor.model.naming import unsafe_on_windows

_DRIVE = re.compile(r"(?:^|/)[A-Za-z]:")


def normalise_identifier(identifier: str, prefix: str, flavour: ModuleType = os.path) -> str:
    """Return *identifier* relative to *prefix*, with forward slashes and without dots; "" is the root itself.

    *flavour* is the path module of the system in question. Both slashes separate on every system: an identifier made
    on Windows has to find the same file on Linux, and ``a\\..\\..\\b`` has to be refused on both. An absolute path
    inside of *prefix* is accepted, as ftrack's DiskAccessor accepts it.

    Raise ValueError with the reason when *identifier* is, or could be taken for, something outside of *prefix*. No file
    system is asked, so links are not followed here.
    """
    windows = flavour.sep == "\\"
    text = _text(identifier).replace("\\", "/")
    if text.startswith("/") or (windows and _DRIVE.match(text) and text[2:3] == "/"):
        text = relative = _below(text, prefix, flavour)
    else:
        relative = posixpath.normpath(text)
        if relative == ".." or relative.startswith("../"):
            raise ValueError("it leads out of the root")
    if ":" in text and _DRIVE.search(text):
        raise ValueError("it names a drive")
    if relative == ".":
        return ""
    if windows and unsafe_on_windows(relative):
        raise ValueError("Windows gives one of its names another meaning (a device, a stream, a trailing dot or blank)")
    return relative


def resolve_identifier(identifier: str, prefix: str, flavour: ModuleType = os.path) -> str:
    """Return the path below *prefix* that *identifier* names; see `normalise_identifier` for what is refused."""
    relative = normalise_identifier(identifier, prefix, flavour)
    if not relative:
        return prefix
    path: str = flavour.join(prefix, relative.replace("/", flavour.sep))
    return path


def _text(identifier: str) -> str:
    try:
        text = os.fspath(identifier)
    except TypeError:
        raise ValueError("it is not a text") from None
    if not isinstance(text, str):
        raise ValueError("it is not a text")
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    if not (text.isascii() or _is_writable(text)):
        raise ValueError(_unwritable())
    return text


def _is_writable(text: str) -> bool:
    """Return whether a file can be called *text*, and is called so for others, too.

    POSIX keeps the bytes that a locale makes of a name, and accsyn reads them as UTF-8.
    """
    try:
        return os.fsencode(text) == text.encode("utf-8", sys.getfilesystemencodeerrors()) or os.name == "nt"
    except UnicodeEncodeError:
        return False


def _unwritable() -> str:
    encoding = sys.getfilesystemencoding()
    if encoding.replace("-", "").lower() == "utf8":
        return "it contains a character that no file name can hold"
    return (
        f"the locale of this application has no letter for a part of it that others read (its file names are in "
        f"{encoding}). "
        "Start it with a locale of UTF-8, or with PYTHONUTF8=1"
    )


def _below(text: str, prefix: str, flavour: ModuleType) -> str:
    if text.startswith("//") and flavour.sep == "/":
        raise ValueError("it is a network path")
    parts = posixpath.normpath(text).split("/")
    root = posixpath.normpath(prefix.replace("\\", "/")).rstrip("/").split("/")
    if [flavour.normcase(part) for part in parts[: len(root)]] != [flavour.normcase(part) for part in root]:
        raise ValueError(f"it is an absolute path outside of {prefix}")
    return "/".join(parts[len(root) :]) or "."
