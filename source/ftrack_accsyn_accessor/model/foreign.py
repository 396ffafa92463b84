"""What others may have written: JSON, bounded before it is read, and paths that mean the same everywhere. Pure."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.model.errors import ManifestError
from ftrack_accsyn_accessor.model.naming import LOOSE, unsafe_on_windows

#: Objects and lists in one text, and in one another; a manifest of 100,000 files has little more of the former.
_MOST_PARTS = 500_000
_DEEPEST = 32
#: Quotes: a manifest has two dozen for each file.
_MOST_QUOTES = 8_000_000
_MOST_DIGITS = 20
_MOST_NAME_BYTES = 255
_MOST_PATH = 1024
_MOST_FOLDERS = 64
_MOST_SHOWN = 60
_NOT_IN_NAMES = re.compile(r'[<>"|?*\\]')
#: Control characters and what turns the direction of writing; joiners, which scripts need, are not among them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_HALVES = re.compile("[\ud800-\udfff]")
#: What looks like a slash.
_SLASHES = re.compile("[\u2044\u2215\u2216\u29f5\u29f8]")
_BRACKETS = b"[]{}"
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))


def parse(content: bytes, most_bytes: int) -> Mapping[str, Any]:
    """Return the JSON object that *content* is.

    Raise ValueError, which says why, for what is too large or too deep, has a key twice or a number that is none, and
    for what is no JSON at all. Memory and time are bounded by *most_bytes*, whatever it is.
    """
    if len(content) > most_bytes:
        raise ValueError(f"it has {len(content)} bytes, and may have {most_bytes}")
    if content.count(b"{") + content.count(b"[") > _MOST_PARTS or content.count(b'"') > _MOST_QUOTES:
        raise ValueError("it has far more parts than anything of this kind")
    if _depth(content) > _DEEPEST:
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels")
    try:
        found = json.loads(
            content.decode("utf-8-sig"),  # Windows' editors mark UTF-8 in this way
            object_pairs_hook=_unique,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=_refused,
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return found


def _depth(content: bytes) -> int:
    """Return how deep objects and lists are nested, without a stack that could overflow."""
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    deepest = depth = 0
    for byte in b"".join(unescaped.split(b'"')[::2]).translate(None, _OTHERS):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"it has the key {shown(key)} twice")
        found[key] = value
    return found


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"it has a number of {len(text)} digits")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if len(text) > 2 * _MOST_DIGITS or not math.isfinite(number):
        raise ValueError("it has a number that is too large, or too long")
    return number


def _refused(text: str) -> Any:
    raise ValueError(f"it has {text}, which is no number of JSON")


def shown(text: object) -> str:
    """Return foreign *text* as it may stand in a log or message: quoted, in ASCII, and short."""
    found = ascii(text[: _MOST_SHOWN + 1] if isinstance(text, str) else type(text).__name__)
    return f"{found[:_MOST_SHOWN]}..." if len(found) > _MOST_SHOWN + 2 else found


def why_no_text(text: str, *, lines: bool = False) -> str:
    """Return why *text* cannot be shown and stored, empty where it can; with *lines* it may have several."""
    if _HALVES.search(text):
        return "it has half a character"
    if _UNSEEN.search(re.sub("[\n\t]", "", text) if lines else text):
        return "it has characters that control what is shown"
    return ""


def why_no_path(path: str) -> str:
    """Return why the relative *path* (forward slashes) is not one file on every system, in words; empty where it is."""
    unseen = why_no_text(path)
    if unseen:
        return unseen
    if not path or len(path) > _MOST_PATH:
        return "it is empty" if not path else f"it has more than {_MOST_PATH} characters"
    names = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "it is no relative path"
    if len(names) > _MOST_FOLDERS:
        return f"it is deeper than {_MOST_FOLDERS} folders"
    return next(filter(None, map(_why_no_name, names)), "")


def why_no_name(name: str) -> str:
    """Return why *name* is not that of a file or folder on every system, empty where it is."""
    return "it has a slash" if "/" in name else why_no_path(name)


def _why_no_name(name: str) -> str:
    if name in ("", ".", ".."):
        return "it has an empty part" if not name else f"it has {name}"
    if _NOT_IN_NAMES.search(name) or unsafe_on_windows(name) or name != name.strip(" "):
        return f"{shown(name)} is no name on Windows"
    if len(name.encode("utf-8", "surrogatepass")) > _MOST_NAME_BYTES:
        return f"a name in it has more than {_MOST_NAME_BYTES} bytes"
    plain = unicodedata.normalize("NFKC", name)
    if plain in (".", "..") or re.search(r"[/\\:]", plain) or _SLASHES.search(name):
        return f"{shown(name)} looks like a path"
    return ""


def key(path: str) -> str:
    """Return what is equal for paths that are one on some system, or that nobody tells apart by looking at them."""
    return LOOSE.key(unicodedata.normalize("NFKC", LOOSE.key(path)).replace("\u200c", "").replace("\u200d", ""))


class Tree:
    """Paths that are to lie beside each other, on any system."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def add(self, path: str) -> str:
        """Add a file; return in words why it cannot lie beside the others, and empty where it can."""
        same = key(path)
        if same in self._files:
            return f"{shown(path)} and {shown(self._files[same])} are one to some systems"
        names = same.split("/")
        above = ["/".join(names[:count]) for count in range(1, len(names))]
        file, inner = next((self._files[each] for each in above if each in self._files), path), path
        if same in self._folders:
            inner = self._folders[same]
        if file is not path or inner is not path:
            return f"{shown(file)} is a file, and a folder for {shown(inner)}"
        self._files[same] = path
        self._folders.update(dict.fromkeys(above, path))
        return ""


def clash(paths: Iterable[str]) -> str:
    """Return in words which two of *paths* cannot lie beside each other, empty where all can."""
    return next(filter(None, map(Tree().add, paths)), "")


def cleaned(text: str, most: int, *, lines: bool = False) -> str:
    """Return *text* as `why_no_text` takes it, of at most so many characters; with *lines* its lines are kept."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = text.split("\n") if lines else [" ".join(text.split())]
    plain = "\n".join(_HALVES.sub("?", _UNSEEN.sub("", line.replace("\t", "    "))) for line in kept).strip()
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."


class Table:
    """An object of foreign JSON, of which only what is asked for is looked at; raises `errors.ManifestError` in words.

    *what* is what is read ("the manifest"), *where* the place in it.
    """

    def __init__(self, what: str, content: Any, where: str = "") -> None:
        self._what = what
        self._where = where
        if not isinstance(content, Mapping):
            raise self.error(f"{where or 'it'} is {shown(content)}, not an object")
        self._content = content

    def error(self, outcome: str) -> ManifestError:
        """Return the error that says *outcome*."""
        return ManifestError(f"read {self._what}", "", outcome, "Ask whoever made it for another one.")

    def text(self, name: str, default: Optional[str] = "") -> str:
        """Return a text; *default* where it is missing, which is an error where that is None."""
        return str(self._one(name, (str,), "a text", default))

    def whole(self, name: str, default: Any = None) -> Any:
        """Return a whole number, *default* where it is missing or null."""
        return self._one(name, (int,), "a whole number", default, nothing=True)

    def number(self, name: str) -> Optional[float]:
        """Return a number, None where it is missing or null."""
        found = self._one(name, (int, float), "a number", None, nothing=True)
        return None if found is None else float(found)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty where it is missing."""
        found = self._one(name, (list,), "a list", [])
        if not all(isinstance(each, str) for each in found):
            raise self.error(f"{self._place(name)} has something that is no text")
        return tuple(found)

    def tables(self, name: str) -> list[Table]:
        """Return a list of objects, empty where it is missing."""
        found = self._one(name, (list,), "a list", [])
        place = self._place(name)
        return [Table(self._what, each, f"{place}[{index}]") for index, each in enumerate(found)]

    def _one(self, name: str, types: tuple[type, ...], wanted: str, default: Any, nothing: bool = False) -> Any:
        found = self._content.get(name, default)
        if name not in self._content and (default is not None or nothing):
            return default
        if found is None and nothing:
            return default
        if not isinstance(found, types) or isinstance(found, bool):
            state = "is missing" if name not in self._content else f"is {shown(found)}, not {wanted}"
            raise self.error(f"{self._place(name)} {state}")
        return found

    def _place(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name
