"""On a terminal somebody is asked: whether to deliver, and what the studio wants to be told."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from integration.vendor.test_deliver_publish import JUDGE, PRE_PUBLISH, PUBLISH, payloads
from vendoring import NAME, Vendor

pty = pytest.importorskip("pty", reason="there are no such terminals")

MAIN = "from ftrack_accsyn_accessor.cli import main; main()"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def on_a_terminal(*arguments: object, answers: dict[str, str]) -> tuple[int, str]:
    """Run `ftrack-accsyn deliver` on a terminal, answer what it asks, and return its exit code and what it showed."""
    command = [sys.executable, "-c", MAIN, "deliver", *map(str, arguments)]
    process_id, terminal = pty.fork()
    if not process_id:
        os.environ.update(TERM="xterm", COLUMNS="100")
        os.execv(command[0], command)
    shown, asked = "", dict(answers)
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # how Linux tells that nobody is at the other end any more
            break
        if not read:
            break
        shown += read.decode("utf-8", "replace")
        for question in [each for each in asked if each in shown]:
            os.write(terminal, f"{asked.pop(question)}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]), _ESCAPES.sub("", shown)


def test_nothing_is_sent_when_the_answer_is_no(vendor: Vendor) -> None:
    vendor.package()
    code, shown = on_a_terminal(vendor.frames(), answers={"Deliver it, 30 B?": "n"})
    assert (code, vendor.jobs()) == (exit_codes.FAILED, [])
    assert "show_a/sq010/sh010/comp v003 1001-1003" in shown
    assert "Nothing was delivered." in shown


def test_it_is_sent_when_the_answer_is_yes(vendor: Vendor) -> None:
    vendor.package()
    code, shown = on_a_terminal(vendor.frames(), answers={"Deliver it, 30 B?": ""})
    assert code == exit_codes.OK
    assert f"{NAME}: delivered" in shown


def test_what_the_studio_wants_to_know_is_asked(vendor: Vendor, tmp_path: Path) -> None:
    for name, text in ((PRE_PUBLISH, JUDGE), (PUBLISH, "")):
        (tmp_path / f"{name}.py").write_text(text)
        command = [sys.executable, "-S", str(tmp_path / f"{name}.py"), "${PATH_JSON_INPUT}", "${PATH_JSON_OUTPUT}"]
        vendor.workspace.hooks.set(name, command)
    vendor.package()
    answers = {"Comment": "second pass", "Hours worked": "1.5", "Deliver it": "y"}
    code, shown = on_a_terminal(vendor.frames(), "--publish", answers=answers)
    assert code == exit_codes.OK, shown
    (row,) = payloads(vendor, PUBLISH)[0]["files"]
    assert (row["comment"], row["time_report"], row["status"]) == ("second pass", 5400, "Pending review")
