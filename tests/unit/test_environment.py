"""How ftrack is reached: as the host's session does, or where nothing is said of it, as the credentials file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials

IN_FILE = {"FTRACK_SERVER": "https://file.test/", "FTRACK_API_USER": "service", "FTRACK_API_KEY": "key-in-file"}


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{name}='{value}'" for name, value in {**IN_FILE, "ACCSYN_API_KEY": "other", "PATH": "/evil"}.items()]
    (tmp_path / "credentials.env").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(tmp_path / "credentials.env"))


@pytest.mark.usefixtures("told")
def test_a_daemon_without_variables_of_ftrack_has_them_from_the_file() -> None:
    found = environment.ftrack_credentials()
    assert found == FtrackCredentials("https://file.test", "service", "key-in-file")
    assert environment.ftrack_server() == "https://file.test"


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("name", ["FTRACK_SERVER", "FTRACK_API_KEY"])
def test_a_key_and_a_server_are_never_taken_from_two_places(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "https://mine.test")
    missing = next(each for each in ("FTRACK_SERVER", "FTRACK_API_KEY") if each != name)
    with pytest.raises(errors.SettingsError, match=f"{missing} not set"):
        environment.ftrack_credentials()


@pytest.mark.usefixtures("told")
def test_the_environment_is_enough_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FTRACK_SERVER": "https://mine.test", "FTRACK_API_USER": "me", "FTRACK_API_KEY": "k"}.items():
        monkeypatch.setenv(name, value)
    assert environment.ftrack_credentials() == FtrackCredentials("https://mine.test", "me", "k")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FTRACK_SERVER", "acme.ftrackapp.com", "Did you mean https://acme.ftrackapp.com?"),
        ("FTRACK_SERVER", "https://bob:pass@acme.ftrackapp.com/login", "Did you mean https://acme.ftrackapp.com?"),
        ("FTRACK_SERVER", '"https://acme.ftrackapp.com"', "Did you mean https://acme.ftrackapp.com?"),
        ("FTRACK_SERVER", "https://my studio", "with https://"),
        ("FTRACK_API_USER", '"artist"', "Leave them out."),
        ("FTRACK_API_KEY", "'k3y'", "quotes"),
        ("FTRACK_API_KEY", "k3\ny", "line break"),
    ],
)
def test_a_slip_in_what_reaches_ftrack_is_told_without_a_secret(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    for name, good in {"FTRACK_SERVER": "https://mine.test", "FTRACK_API_KEY": "k3y"}.items():
        monkeypatch.setenv(name, good)
    monkeypatch.setenv(variable, value)
    with pytest.raises(errors.SettingsError) as caught:
        environment.ftrack_credentials()
    assert variable in str(caught.value)
    assert words in str(caught.value)
    assert "k3" not in str(caught.value)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "line", ["{}={}", "export {}='{}'", "set {}={}", 'SET "{}={}"', '$env:{} = "{}"', "  export   {} = {}  "]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_file_is_read_as_any_shell_and_editor_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, encoding: str
) -> None:
    wanted = {"ACCSYN_WORKSPACE": "acme", "ACCSYN_API_USER": "bob@acme.test", "ACCSYN_API_KEY": "k=3y", **IN_FILE}
    text = "\r\n".join(line.format(*each) for each in wanted.items())
    marked = f"\ufeff{text}" if encoding == "utf-16-be" else text
    (tmp_path / "credentials").write_bytes(marked.encode(encoding))
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(tmp_path / "credentials"))
    found = environment.read_settings()
    assert (found.workspace, found.api_user, found.api_key) == ("acme", "bob@acme.test", "k=3y")
    assert environment.ftrack_credentials() == FtrackCredentials("https://file.test", "service", "key-in-file")


@pytest.mark.parametrize("path", ["$STUDIO_HOME/credentials", "~/credentials"])
def test_variables_in_the_path_of_the_file_are_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "credentials").write_text("ACCSYN_WORKSPACE=acme", encoding="utf-8")
    for name in ("STUDIO_HOME", "HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", path)
    assert environment.read_settings().workspace == "acme"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/home/$NOT_SET_ANYWHERE/credentials", "$NOT_SET_ANYWHERE is not set"),
        ("/home/${NOT_SET_ANYWHERE}/credentials", "${NOT_SET_ANYWHERE} is not set"),
        ("/home/%NOT_SET_ANYWHERE%/credentials", "%NOT_SET_ANYWHERE%"),
        ("~nobody-is-called-so/credentials", "~nobody-is-called-so is nobody's home here"),
        ("'/home/credentials'", "has quotes around it"),
    ],
)
def test_what_is_wrong_with_the_path_of_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, words: str
) -> None:
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(tmp_path))
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", path)
    problems = [each for each in environment.read_settings().problems if each.variable == "ACCSYN_CREDENTIALS_PATH"]
    assert [words in each.what for each in problems] == [True]


def test_a_file_that_is_not_there_leaves_them_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(tmp_path / "none"))
    with pytest.raises(errors.SettingsError, match="FTRACK_SERVER and FTRACK_API_KEY not set"):
        environment.ftrack_credentials()
