"""How a second terminal finds the sandbox that is meant."""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import complaint, sandbox_controls
from ftrack_accsyn_accessor.cli.sandbox import sandbox
from ftrack_accsyn_accessor.cli.sandbox_controls import CONTROL_NAME, offered
from ftrack_accsyn_sandbox.breakage import KINDS, Breakage
from ftrack_accsyn_sandbox.control import ControlService
from ftrack_accsyn_sandbox.studio import Studio
from runner import RUNNER


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home" / "local"))
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH", raising=False)


@contextlib.contextmanager
def running(folder: Path, monkeypatch: pytest.MonkeyPatch, process: int = 1) -> Iterator[Breakage]:
    """Controls that answer, of a studio whose own services are not started: what is tried is the client's status."""
    folder.mkdir()
    breakage = Breakage(Studio(folder))
    with ControlService(breakage) as control:
        with monkeypatch.context() as patched:
            patched.setattr("os.getpid", lambda: process)
            offer = offered(folder, control.port, control.token)
            offer.__enter__()
        yield breakage
        with monkeypatch.context() as patched:
            patched.setattr("os.getpid", lambda: process)
            offer.__exit__(None, None, None)


def said(*arguments: object) -> tuple[int, str]:
    result = RUNNER.invoke(sandbox, [str(each) for each in arguments])
    return result.exit_code, result.stdout + result.stderr


def test_the_only_one_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "studio", monkeypatch) as breakage:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "studio" / "state"))  # as the sandbox prints it
        assert said("break", "client") == (0, f"{KINDS['client'].broken}\n")
        assert breakage.broken == ("client",)
        monkeypatch.delenv("XDG_STATE_HOME")
        assert said("mend") == (0, f"{KINDS['client'].mended}\n")
        assert said("mend") == (0, "Nothing is broken.\n")
        assert said("mend", "disk") == (0, "That is not broken.\n")


def test_what_can_be_broken_is_listed_where_nothing_was_named() -> None:
    error = RUNNER.invoke(sandbox, ["break"], standalone_mode=False).exception
    assert error is not None
    assert complaint.of(error).message == f"Missing argument 'WHAT'. Choose from: {', '.join(sandbox_controls.WHAT)}"


@pytest.mark.parametrize("arguments", [("mend",), ("break", "disk")])
def test_where_none_runs_that_is_said(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, text = said(*arguments)
    assert code == 1
    assert "No sandbox runs here: start one in another terminal" in text
    code, text = said(*arguments, "--folder", tmp_path)
    assert f"No sandbox runs in {tmp_path}." in text


def test_of_several_the_folder_or_the_variables_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with running(one, monkeypatch, 1) as first, running(two, monkeypatch, 2) as second:
        code, text = said("break", "client")
        assert code == 1
        assert "name the folder of one with --folder" in text
        assert f"  {one}\n  {two}" in text
        assert said("break", "client", "--folder", one)[0] == 0
        assert said("--folder", two, "break", "transfer")[0] == 0
        monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(two / "staging"))
        assert said("break", "disk")[0] == 0
        assert (first.broken, second.broken) == (("client",), ("transfer", "disk"))
        second.mend()


def test_one_that_was_killed_is_passed_over_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "killed", monkeypatch, 1):
        left = (tmp_path / "killed" / CONTROL_NAME).read_text(encoding="utf-8")
    everywhere = sandbox_controls._everywhere()
    assert everywhere is not None
    assert list(everywhere.iterdir()) == []
    for name, text in {"1.json": left, "2.json": "{", "3.json": "[]", "4.json": "{}"}.items():
        (everywhere / name).write_text(text, encoding="utf-8")
    assert "No sandbox runs here" in said("mend")[1]
    assert not (everywhere / "1.json").exists()
    with running(tmp_path / "alive", monkeypatch, 5):
        assert said("mend") == (0, "Nothing is broken.\n")


def test_nobody_else_reads_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "studio", monkeypatch):
        control = tmp_path / "studio" / CONTROL_NAME
        assert json.loads(control.read_text(encoding="utf-8"))["token"]
        if hasattr(control, "owner") and stat.S_IMODE(tmp_path.stat().st_mode) == 0o700:  # not on Windows
            assert stat.S_IMODE(control.stat().st_mode) == 0o600
    assert not control.exists()


def test_what_cannot_be_done_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "studio", monkeypatch) as breakage:
        assert said("break", "disk")[0] == 0
        staging = tmp_path / "studio" / "staging"
        staging.mkdir()
        (staging / "in the way").touch()
        code, text = said("mend")
        assert code == 1
        assert "move it away" in text
        (staging / "in the way").unlink()
        breakage.mend()


def test_what_is_said_to_be_sent_names_who_sends_it() -> None:
    for kind in KINDS.values():
        if "sent" in kind.mended or "tried again" in kind.mended:
            assert "application with the plugin" in kind.mended
            assert "ftrack-accsyn drain" in kind.mended


@pytest.mark.parametrize("verb", ["break", "mend"])
def test_help_breaks_no_word(verb: str) -> None:
    usage = RUNNER.invoke(sandbox, [verb, "--help"], terminal_width=80).stdout.partition("\n\n")[0]
    assert "WHAT" in usage
    assert "\n" not in usage


def test_unknown_words_are_a_wrong_command_line() -> None:
    code, text = said("break", "everything")
    assert code == 2
    assert "portal" in text
