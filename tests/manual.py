"""What the pages of the manual have people type."""

from __future__ import annotations

import re

from helpers import ROOT

DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```console run(?: as (?P<user>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def lines(page: str) -> list[tuple[str, str]]:
    """Return the lines of a page that are to be run, each with who runs it."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        for line in block["text"].splitlines():
            assert line.startswith("$ "), line
            found.append((block["user"] or "artist", line.removeprefix("$ ")))
    return found


def commands(page: str) -> list[tuple[str, str]]:
    """Return the commands of a page that has no other lines to be run, each with who runs it."""
    found = lines(page)
    assert all(line.startswith("ftrack-accsyn ") for _, line in found), found
    return [(user, line.removeprefix("ftrack-accsyn ")) for user, line in found]
