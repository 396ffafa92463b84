"""Only regular files are read, so that nothing that lies where a file is expected ever blocks a host."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.outbox import file, locations, memory, unqueued

posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and sockets have no path on this system")

KINDS = [
    pytest.param("a named pipe", marks=posix),
    pytest.param("a socket", marks=posix),
    pytest.param("a device", marks=pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device")),
    "a folder",
]


@pytest.fixture
def odd(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """What the parameter names, under the path of a file; a link where its own path cannot be chosen."""
    path = tmp_path / "odd"
    with contextlib.ExitStack() as stack:
        if request.param == "a named pipe":
            os.mkfifo(path)
        elif request.param == "a socket":
            stack.enter_context(socket.socket(socket.AF_UNIX)).bind(str(path))
        elif request.param == "a device":
            path.symlink_to("/dev/zero")
        else:
            path.mkdir()
        yield path


every_kind = pytest.mark.parametrize("odd", KINDS, indirect=True)


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Größe\n", encoding="utf-8")
    assert read_text(tmp_path / "file") == "Größe\n"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_text(str(tmp_path / "link")) == "Größe\n"


@every_kind
def test_anything_else_is_refused_at_once(odd: Path) -> None:
    with pytest.raises(OSError, match="and no file"):
        read_text(odd)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 11)
    assert read_text(tmp_path / "file", most_bytes=11) == "x" * 11
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_text(tmp_path / "file", most_bytes=10)


@posix
def test_a_pipe_that_takes_the_place_of_a_file_while_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("text")
    real = os.stat

    def exchanged(name: object, *arguments: object, **options: object) -> os.stat_result:
        """Exchange it right after it was looked at: no other moment tells the two looks apart."""
        found = real(name, *arguments, **options)  # type: ignore[arg-type, call-overload]
        monkeypatch.setattr(os, "stat", real)
        path.unlink()
        os.mkfifo(path)
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(os, "stat", exchanged)
    with pytest.raises(OSError, match="named pipe"):
        read_text(path)


@every_kind
def test_credentials_that_are_no_file_are_a_problem_of_the_settings(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(odd.parent))
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(odd))
    (problem,) = [each for each in environment.read_settings().problems if each.variable == "ACCSYN_CREDENTIALS_PATH"]
    assert problem.what.startswith("the file it names cannot be read: it is a")
    assert problem.what.endswith(", and no file.")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xffACCSYN_API_KEY=k3y", "it is no text in UTF-8"),
        (b"\xff\xfeACCSYN_API_KEY=k3y", "no line NAME=VALUE"),
        (b"A" * 2_000_000, "more than 1000000 bytes"),
    ],
)
def test_credentials_that_are_no_such_text_are_a_problem_that_shows_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(content)
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(tmp_path))
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(path))
    (problem,) = [each for each in environment.read_settings().problems if each.variable == "ACCSYN_CREDENTIALS_PATH"]
    assert words in problem.what
    assert "k3y" not in str(problem)


@pytest.mark.parametrize("path", ["~nobody-of-this-name/credentials", "/no\udcffwhere", "/no\u0000where"])
def test_credentials_under_a_name_that_leads_nowhere_are_a_problem(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    # No system's environment holds the last one, but a host may put a mapping of its own in its place.
    variables = {"ACCSYN_PROJECTS_PATH": os.path.abspath(os.sep), "ACCSYN_CREDENTIALS_PATH": path}
    monkeypatch.setattr(os, "environ", variables)
    assert "ACCSYN_CREDENTIALS_PATH" in [each.variable for each in environment.read_settings().problems]


@posix
def test_pipes_in_place_of_the_plugins_own_records_block_nothing(tmp_path: Path) -> None:
    root = tmp_path / "staging"
    state = root / file.STATE_FOLDER
    state.mkdir(parents=True)
    for name in (file.MARKER_NAME, locations.NAME, "memory.json"):
        os.mkfifo(state / name)
    with pytest.raises(OSError, match="named pipe"):
        file.read_marker(str(root))
    assert locations.located(str(root)) == ()
    assert memory._read(state / "memory.json") is None
    assert "named pipe" in unqueued._read(state / "memory.json", "id").words
