"""Writes into the manual's table of reliability how many tests stand behind each row: `make trials`.

With `--check` it only prints the rows that tell another number.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import Counter

import pytest
from rich.console import Console

from helpers import ROOT
from manual import MANUAL

TABLE = MANUAL / "reliability.md"
TESTS = ROOT / "tests"
#: Has no tests where Qt cannot be loaded; its row stays as it is.
NEED_QT = {"integration/worker/test_shown_everywhere.py"}
_FILE = re.compile(r"`([\w/]+\.py)`")


class Trials:
    """The tests that pytest finds, by file: those of the default tier, and those of both."""

    def __init__(self) -> None:
        self.default: Counter[str] = Counter()
        self.both: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            name = item.path.relative_to(TESTS).as_posix()
            self.both[name] += 1
            self.default[name] += item.get_closest_marker("slow") is None


def counted(files: list[str]) -> Trials:
    """Return the tests of *files*, which takes seconds; SystemExit where one of them is not there or cannot be read."""
    trials = Trials()
    options = ["--collect-only", "-p", "no:cacheprovider", "--assert=plain", "-m", ""]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*options, *(str(TESTS / file) for file in files)], plugins=[trials])
    if code:
        sys.exit(said.getvalue())
    return trials


def row(line: str, trials: Trials) -> str:
    """Return a *line* of the page with its trials as they are; steps are not pytest's to count, and stay."""
    cells = line.split(" | ")
    files = _FILE.findall(cells[-3]) if len(cells) > 3 else []
    if not files or " steps" in cells[-1] or any(not trials.both[file] for file in NEED_QT.intersection(files)):
        return line
    default, both = (sum(tier[file] for file in files) for tier in (trials.default, trials.both))
    return " | ".join([*cells[:-1], f"{default} |" if default == both else f"{default} / {both} |"])


def main() -> None:
    before = TABLE.read_text(encoding="utf-8").split("\n")
    trials = counted(sorted({file for line in before for file in _FILE.findall(line)}))
    after = [row(line, trials) for line in before]
    for old, new in zip(before, after):
        if old != new:
            told, run = (line.split(" | ")[-1].rstrip(" |") for line in (old, new))
            Console(soft_wrap=True).print(f"{old.split(' | ')[-3]}: {told} told, {run} run", markup=False)
    if "--check" not in sys.argv[1:]:
        TABLE.write_text("\n".join(after), encoding="utf-8")


if __name__ == "__main__":
    main()
