"""Where the studio's side finds the volume, and keeps what is not finished."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def rules(running: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the rules, and an environment in which the studio is reached."""
    for name, value in running.environment("admin").items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "vendors.json"
    path.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(path))
    return path


def test_the_volume_is_where_accsyn_says_that_this_platform_sees_it(running: Studio, rules: Path) -> None:
    means = Means.here()
    assert means.storage.root == running.hq
    assert means.storage is means.storage
    means.close()


def test_the_rules_say_it_before_accsyn(running: Studio, rules: Path, tmp_path: Path) -> None:
    rules.write_text(f'{{"root": "{tmp_path.as_posix()}"}}', encoding="utf-8")
    running.accsyn.log.clear()
    means = Means.here()
    assert means.storage.root == tmp_path
    assert running.accsyn.log.operations() == []


@pytest.mark.parametrize("how", ["rules", "accsyn"])
def test_a_volume_that_is_not_mounted_here_is_told(
    running: Studio, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    gone = tmp_path / "gone"
    if how == "rules":
        rules.write_text(f'{{"root": "{gone.as_posix()}"}}', encoding="utf-8")
    else:
        monkeypatch.setattr(running.demo.volume, "root", str(gone))
        monkeypatch.setattr(running.demo.volume, "paths", dict.fromkeys(running.demo.volume.paths, str(gone)))
    means = Means.here()
    with pytest.raises(errors.StorageError, match=r"there is no folder .*gone.*FTRACK_ACCSYN_VENDORS"):
        _ = means.storage
    gone.mkdir()
    assert means.storage.root == gone
    means.close()


def test_a_volume_of_which_accsyn_tells_no_path_is_told(
    running: Studio, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "P:/projects" if os.name != "nt" else "/mnt/projects"
    monkeypatch.setattr(running.demo.volume, "root", other)
    monkeypatch.setattr(running.demo.volume, "paths", {})
    means = Means.here()
    with pytest.raises(errors.StorageError, match="accsyn tells no path of it for this system"):
        _ = means.storage
    means.close()


@pytest.mark.parametrize("wrong", ["ACCSYN_API_KEY", "FTRACK_ACCSYN_VOLUME"])
def test_a_volume_that_accsyn_does_not_show_is_told_with_who_asked(
    rules: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv(wrong, "wrong")
    means = Means.here()
    with pytest.raises(errors.StorageError, match=r"shows admin@acme.test no such volume.*ACCSYN_API_KEY"):
        _ = means.storage
    means.close()


def test_what_is_not_finished_is_kept_for_this_account_alone_and_for_this_studio(
    rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    means = Means.here()
    means.spool.put("ingest", "a", {})
    folder = means.spool.folder
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    assert [each.key for each in Means.here().spool.waiting()] == ["a"]
    monkeypatch.setenv("ACCSYN_WORKSPACE", "other")
    assert Means.here().spool.folder != folder


def test_the_rules_may_name_another_folder(rules: Path, tmp_path: Path) -> None:
    rules.write_text(f'{{"spool": "{(tmp_path / "spool").as_posix()}"}}', encoding="utf-8")
    assert Means.here().spool.folder == tmp_path / "spool"


def test_an_account_without_a_home_is_told(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    means = Means.here()

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", homeless)  # no account of a test machine is without one
    with pytest.raises(errors.SpoolError, match="this account has no home"):
        _ = means.spool


def test_credentials_that_are_not_set_are_told(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCSYN_API_USER")
    with pytest.raises(errors.SettingsError, match="ACCSYN_API_USER"):
        Means.here()
