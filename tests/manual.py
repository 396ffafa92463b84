"""What README and the pages of the manual have people type, and whether a test runs it as it is written.

A block of commands says so in the line that opens it: "console run", "console run as admin", "python run first.py"
(saved under that name), or "console apart: windows", with one of the reasons below. Others are not allowed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Container, Mapping
from pathlib import Path
from typing import NamedTuple

from helpers import ROOT

MANUAL = ROOT / "resource" / "manual"
README = ROOT / "README.md"

#: What is typed into something that runs it; any other language is only read.
TYPED = frozenset({"console", "sh", "python", "cmd", "powershell"})
READ = frozenset({"text", "json", "toml", "ini", "xml"})

#: Why no test runs a block as it is written.
REASONS = {
    "windows": "it is for Windows only",
    "root": "it changes the machine, as its administrator",
    "off": "it switches the machine off",
    "stays": "it runs until it is interrupted; test_staying.py starts it, and does that",
    "suite": "it is what runs these tests, or a target of the Makefile that does",
    "elsewhere": "another page runs the very lines, where there is something that they are about",
    "sources": "it fetches the sources of Connect, and takes ten minutes",
    "window": "it opens a window and waits for somebody; test_deliver_window.py drives that",
}

#: Pages whose commands `e2e/test_manual.py` runs one after the other, in one studio; the last one tidies up.
IN_ONE_STUDIO = ("command-line", "send", "get", "sync", "status", "probe", "json", "farm", "upgrade")
#: Those that have a test, and a studio, of their own.
ON_THEIR_OWN = ("README", "vendors", "deliver", "python", "sandbox")

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?: (?P<mark>[^\n]*))?\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_RUN = re.compile(r"run(?: as (?P<user>\w+)| (?P<file>\w+\.py))?")


class Block(NamedTuple):
    """A fenced block of a page, with what follows the language in its first line."""

    language: str
    mark: str
    text: str

    @property
    def runs(self) -> bool:
        """Whether a test runs it as it is written."""
        return _RUN.fullmatch(self.mark) is not None

    @property
    def user(self) -> str:
        """Who runs it, in the sandbox."""
        found = _RUN.fullmatch(self.mark)
        return (found and found["user"]) or "artist"

    @property
    def file(self) -> str:
        """The name under which it is saved; empty where it is run at once."""
        found = _RUN.fullmatch(self.mark)
        return (found and found["file"]) or ""

    @property
    def reason(self) -> str:
        """Why it is not run; empty where it does not say."""
        return self.mark.partition("apart: ")[2]

    @property
    def lines(self) -> list[str]:
        """The commands: of a console what follows the prompt, of a shell what is no remark."""
        if self.language == "console":
            assert all(line.startswith("$ ") for line in self.text.splitlines()), self.text
            return [line[2:] for line in self.text.splitlines()]
        return [line for line in self.text.splitlines() if line.strip()]


def pages() -> list[Path]:
    """Return README and all pages of the manual."""
    return [README, *sorted(MANUAL.glob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, without its indentation."""
    found = []
    for each in _FENCE.finditer(page.read_text(encoding="utf-8")):
        text = re.sub(f"^{each['indent']}", "", each["text"], flags=re.MULTILINE)
        found.append(Block(each["language"], each["mark"] or "", text))
    return found


def to_run(page: str) -> list[Block]:
    """Return the blocks of a page of the manual, or of README, that tests run."""
    path = README if page == "README" else MANUAL / f"{page}.md"
    return [block for block in blocks(path) if block.runs]


def lines(page: str) -> list[tuple[str, str]]:
    """Return the commands of a page that tests run, each with who runs it."""
    return [(block.user, line) for block in to_run(page) if block.language != "python" for line in block.lines]


def chapter(page: str, title: str) -> str:
    """Return what a page of the manual says under a title."""
    text = (MANUAL / f"{page}.md").read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


#: Of this process only what a shell needs; commands are those of this interpreter.
BARE = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "source")}
LIMIT_S = 120


def typed(text: str, variables: Mapping[str, str], folder: Path, ends: Container[int] = (0,)) -> str:
    """Have sh run a line, or several, as somebody types them, with an empty home; return what they say.

    *ends* are the exit codes that are right.
    """
    environment = {**BARE, "HOME": str(folder), **variables}
    environment["PATH"] = BARE["PATH"]
    told = subprocess.run(
        ["sh", "-ec", text], env=environment, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert told.returncode in ends, f"{text}\n{told.stdout}\n{told.stderr}"
    return told.stdout
