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


def test_a_file_that_is_not_there_leaves_them_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(tmp_path / "none"))
    with pytest.raises(errors.SettingsError, match="FTRACK_SERVER and FTRACK_API_KEY not set"):
        environment.ftrack_credentials()
