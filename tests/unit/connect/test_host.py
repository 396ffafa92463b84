"""What Connect is told: configuration problems in one text, version and settings without secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from ftrack_accsyn_accessor import __version__, plugin
from ftrack_accsyn_accessor.connect import host
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker import runtime

SESSION = SimpleNamespace(server_url="https://acme.test", api_user="artist", api_key="ftrack-hidden")


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("ACCSYN_PROJECTS_PATH", str(tmp_path / "staging"))
    monkeypatch.setenv("ACCSYN_WORKSPACE", "acme")
    monkeypatch.setenv("ACCSYN_API_USER", "artist@acme.test")
    monkeypatch.setenv("ACCSYN_API_KEY", "accsyn-hidden")
    monkeypatch.setenv("ACCSYN_PROXY", "user:proxy-hidden@127.0.0.1:9")
    yield monkeypatch
    runtime.stop_all(timeout_s=0.0)


def test_complete_settings_are_nothing_to_talk_about(complete: pytest.MonkeyPatch, tmp_path: Path) -> None:
    StagingArea(str(tmp_path / "staging")).prepare()

    assert host.problems_text(SESSION) is None


def test_machine_without_staging_area_is_nothing_to_talk_about() -> None:
    assert host.problems_text(SESSION) is None


def test_switched_off_plugin_is_nothing_to_talk_about(complete: pytest.MonkeyPatch) -> None:
    complete.delenv("ACCSYN_API_KEY")
    complete.setenv("FTRACK_ACCSYN_DISABLE", "1")

    assert host.problems_text(SESSION) is None


def test_all_problems_are_named_in_one_text(complete: pytest.MonkeyPatch) -> None:
    complete.delenv("ACCSYN_API_KEY")
    complete.setenv("FTRACK_ACCSYN_VERIFY", "never")

    text = host.problems_text(SESSION)

    assert text is not None
    assert "ACCSYN_API_KEY: is not set." in text
    assert "FTRACK_ACCSYN_VERIFY: 'never'" in text


def test_staging_area_that_cannot_be_used_is_named(complete: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "staging").write_text("a file where the folder should be")

    text = host.problems_text(SESSION)

    assert text is not None
    assert "ACCSYN_PROJECTS_PATH: Could not" in text
    assert text.endswith("Nothing can be staged on this machine.")


def test_staging_path_that_is_no_path_is_a_problem_of_the_settings_only(complete: pytest.MonkeyPatch) -> None:
    complete.setenv("ACCSYN_PROJECTS_PATH", "not/absolute")

    text = host.problems_text(SESSION)

    assert text is not None
    assert text.count("ACCSYN_PROJECTS_PATH") == 1


def test_about_gets_flat_texts_with_version_and_settings(complete: pytest.MonkeyPatch) -> None:
    told = host.debug_information()

    # Connect puts the values into a set.
    assert {type(value) for value in told.values()} == {str}
    assert told["name"] == "ftrack-accsyn-accessor"
    assert told["version"] == __version__
    assert "workspace=acme" in told["settings"]


def test_about_gets_no_secret(complete: pytest.MonkeyPatch) -> None:
    told = str(host.debug_information())

    assert "api_key=set" in told
    assert "proxy=set" in told
    assert "hidden" not in told


def test_about_gets_the_problems(complete: pytest.MonkeyPatch) -> None:
    complete.delenv("ACCSYN_WORKSPACE")

    assert "problem: ACCSYN_WORKSPACE: is not set." in host.debug_information()["settings"]


def test_nothing_is_registered_where_connect_is_not() -> None:
    assert host.APPLICATION not in sys.modules

    host.register(SimpleNamespace())  # has no event hub: to look at it would fail


def test_connect_starts_without_the_vendor_loop() -> None:
    code = "import sys; import ftrack_accsyn_accessor.plugin, ftrack_accsyn_accessor.connect.host; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("ftrack_accsyn_accessor.vendor")] == []


def test_copies_of_modules_that_ftrack_finds_too_high_up_register_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, host.APPLICATION, ModuleType(host.APPLICATION))
    for module in (host, plugin):
        copy = ModuleType("8a4293af1f47cca6")
        exec(Path(str(module.__file__)).read_text(encoding="utf-8"), copy.__dict__)

        copy.register(SimpleNamespace())  # has no event hub: to look at it would fail


def test_fault_in_an_answer_stays_inside(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise RuntimeError("nonsense")

    assert host._quietly(broken) is None
    assert "could not answer Connect" in caplog.text
