"""What the pages of the manual have people type."""

from __future__ import annotations

import re

from helpers import ROOT

MANUAL = ROOT / "resource" / "manual"
_BLOCK = re.compile(r"^```console run(?: as (?P<user>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def chapter(page: str, title: str) -> str:
    """Return what a page of the manual says under a title."""
    text = (MANUAL / f"{page}.md").read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def lines(page: str) -> list[tuple[str, str]]:
    """Return the lines of a page that are to be run, each with who runs it."""
    text = (MANUAL / f"{page}.md").read_text(encoding="utf-8")
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
