"""The manual's page on JSON, as what an answer is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from helpers import ROOT

PAGE = (ROOT / "resource" / "manual" / "json.md").read_text(encoding="utf-8")
ERROR = "error"
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_KEY = re.compile(r"^\| `(\w+)` \| (.+?) \| ", re.MULTILINE)
_LINK = re.compile(r"\[([\w ]+)\]\(#[\w-]+\)")


class Key(NamedTuple):
    """What a key has, in the page's words."""

    kind: str
    optional: bool


def tables() -> dict[str, list[dict[str, Key]]]:
    """Return the tables of each heading: of a verb, or of an object."""
    found: dict[str, list[dict[str, Key]]] = {}
    parts = _HEADING.split(PAGE)[1:]
    for heading, text in zip(parts[::2], parts[1::2]):
        for name in [each.strip("` ") for each in heading.split(",")]:
            found[name] = [each for each in map(_table, text.split("| --- | --- | --- |\n")[1:]) if each]
    return found


def _table(text: str) -> dict[str, Key]:
    rows = text.split("\n\n")[0]
    return {
        key: Key(_LINK.sub(r"\1", kind).replace(", may be missing", ""), "may be missing" in kind)
        for key, kind in _KEY.findall(rows)
    }


TABLES = tables()


def differences(value: Any, kind: str, where: str = "") -> Iterator[str]:
    """Yield in what *value* is not what the page calls *kind*."""
    if kind.endswith(" or null"):
        if value is None:
            return
        kind = kind[: -len(" or null")]
    if kind == "anything":
        return
    simple = {"text": str, "number": (int, float), "time": (int, float), "true or false": bool}.get(kind)
    if simple is not None:
        if not isinstance(value, simple) or (isinstance(value, bool) and simple is not bool):
            yield f"{where}: {value!r} is no {kind}"
    elif kind.startswith("list of "):
        for each in value:
            yield from differences(each, kind[len("list of ") :], f"{where}[]")
    elif kind.startswith("map of "):
        for each in value.values():
            yield from differences(each, kind[len("map of ") :], f"{where}{{}}")
    else:
        yield from min((list(_of_table(value, table, where or kind)) for table in TABLES[kind]), key=len)


def _of_table(value: Any, table: Mapping[str, Key], where: str) -> Iterator[str]:
    needed = {key for key, each in table.items() if not each.optional}
    yield from (f"{where}.{key} is told, and printed nowhere" for key in sorted(needed - set(value)))
    yield from (f"{where}.{key} is printed, and told nowhere" for key in sorted(set(value) - set(table)))
    for key in sorted(set(value) & set(table)):
        yield from differences(value[key], table[key].kind, f"{where}.{key}")
