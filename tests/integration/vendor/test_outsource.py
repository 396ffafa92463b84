"""`outsource` as a function and on the command line, on a machine that sees the volume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.vendor import outsource
from ftrack_accsyn_accessor.vendor.functions import Outsourced
from ftrack_accsyn_accessor.worker import runtime, tracker, worker
from ftrack_accsyn_sandbox.accsyn.entities import Delivery, Ticks
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import workers
from runner import RUNNER

VENDOR = "vendor@acme.test"
SHOT = "show_a/sq010/sh010"
ANIMATION = f"{SHOT}/Animation"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Give one studio to the module, whose engine copies, and whose vendor has the volume mapped."""
    folder = tmp_path_factory.mktemp("studio")
    with Studio(folder) as studio:
        mapped = Ticks(read=True, write=True, by_environment=True)
        studio.demo.workspace.map_share(studio.demo.vendor_client, studio.demo.volume, folder / "vendor", mapped)
        yield studio


@pytest.fixture
def studio(running: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Studio]:
    rules = {"root": str(running.hq), "spool": str(tmp_path / "spool")}
    (tmp_path / "vendors.json").write_text(json.dumps(rules))
    for name, value in running.environment("admin").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(tmp_path / "vendors.json"))
    for module, name in ((tracker, "SOON_S"), (tracker, "QUIET_S"), (worker, "IDLE_S")):
        monkeypatch.setattr(module, name, 0.1)
    reference(running)
    yield running
    runtime.stop_all(timeout_s=0.0)
    wait_until(lambda: not workers(), 40.0, "the background thread to end")


def reference(studio: Studio) -> str:
    path = "show_a/refs/plate.mov"
    (studio.hq / "show_a/refs").mkdir(parents=True, exist_ok=True)
    (studio.hq / path).write_bytes(b"content")
    return path


def notes(studio: Studio, path: str = ANIMATION) -> list[dict[str, Any]]:
    return list(studio.ftrack.store.find("Note", parent_id=studio.ids[path]))


def command(*arguments: str) -> Any:
    return RUNNER.invoke(application, ["outsource", *arguments])


def packages(studio: Studio) -> list[Path]:
    return list((studio.hq / "show_a").glob("_vendors/*/to/*/manifest.json"))


def test_a_dry_run_does_nothing_and_tells_everything(studio: Studio) -> None:
    store, task = studio.ftrack.store, studio.ids[ANIMATION]
    store.update("Task", task, end_date="2026-12-04T00:00:00")
    store.create("Note", content="Hurry.", parent_id=studio.ids[SHOT], parent_type="task", user_id=studio.ids["artist"])
    found = outsource(ANIMATION, VENDOR, add=["show_a/refs/plate.mov"], dry_run=True)
    (part,) = found.preview.parts
    assert (len(part.contents.files), part.contents.size_bytes, part.way) == (1, 7, Way.PUSH)
    assert len(part.access.steps) == 4
    assert (found.handed_out, found.wait(1.0)) == ([], False)
    assert (notes(studio), packages(studio)) == ([], [])
    found.close()

    shown = command(ANIMATION, "--to", VENDOR, "--add", "show_a/refs/plate.mov", "--dry-run")
    assert shown.exit_code == exit_codes.OK, shown.output
    assert f"show_a > {VENDOR}" in shown.stdout
    back = "sh010_Animation_v001, due 2026-12-04"
    for told in (ANIMATION, "1 file, 7 B", "refs: 1 file, 7 B", back, "1 note", "Pushed to", *part.access.steps):
        assert told in " ".join(shown.stdout.split())
    assert (notes(studio), packages(studio)) == ([], [])


def test_what_a_shot_is_called_does_nothing_to_the_terminal(studio: Studio) -> None:
    shot, store = studio.ids["show_a/sq010/sh010"], studio.ftrack.store
    store.update("Shot", shot, name="sh\x1b[2J\u202e[red]010")
    try:
        shown = command(studio.ids[ANIMATION], "--to", VENDOR, "--add", "show_a/refs/plate.mov", "--dry-run")
    finally:
        store.update("Shot", shot, name="sh010")
    assert shown.exit_code == exit_codes.OK, shown.output
    assert "sh\\u001b[2J\\u202e[red]010/Animation" in shown.output
    assert not set(shown.output) & {"\x1b", "\u202e"}


def test_the_function_returns_when_the_vendor_has_all_of_it(studio: Studio) -> None:
    found = outsource([studio.ids[ANIMATION]], VENDOR, add=["show_a/refs/plate.mov"], wait=True, timeout_s=30.0)
    (handed_out,) = found.handed_out
    assert (handed_out.over, handed_out.failed, handed_out.way) == (True, "", "push")
    assert found.wait(1.0)
    (mapped,) = studio.demo.vendor_client.folders.values()
    assert (mapped / handed_out.folder / "manifest.json").is_file()
    assert [handed_out.package in note["content"] for note in notes(studio)] == [True]
    found.close()


def test_the_command_hands_over_and_prints_what_went(studio: Studio) -> None:
    before = len(packages(studio))
    task = "show_a/sq010/sh020/Animation"
    result = command(task, "--to", VENDOR, "--add", "show_a/refs/plate.mov", "--message", "Soon, please.")
    assert result.exit_code == exit_codes.OK, result.output
    assert "goes with request " in result.stdout
    assert "pushed to their volume" in result.stdout
    assert len(packages(studio)) == before + 1
    (note,) = notes(studio, task)
    assert note["content"].endswith("Soon, please.")


def test_the_command_waits_and_tells_scripts(studio: Studio) -> None:
    task = "show_a/sq020/sh010/Animation"
    result = command(task, "--to", VENDOR, "--wait", "--json", "--without-used")
    assert result.exit_code == exit_codes.OK, result.output
    told = json.loads(result.stdout)
    (part,), (handed_out,) = told["parts"], told["handed_out"]
    assert (part["project"], part["way"], part["files"]) == ("show_a", "push", 0)
    assert (handed_out["over"], told["exit_code"]) == (True, exit_codes.OK)


def test_without_the_mapping_the_command_falls_back_to_a_delivery(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.demo.vendor_client, "folders", {})
    result = command("show_a/sq020/sh020/Animation", "--to", VENDOR, "--json")
    assert result.exit_code == exit_codes.OK, result.output
    (handed_out,) = json.loads(result.stdout)["handed_out"]
    assert (handed_out["over"], handed_out["way"]) == (True, "delivery")
    wait_until(lambda: bool(list(studio.demo.workspace.each(Delivery))), 20.0, "the delivery")


def test_a_disabled_vendor_is_told_and_nothing_is_done(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.demo.vendor, "status", "disabled")
    result = command("show_a/sq010/sh030/Animation", "--to", VENDOR)
    assert result.exit_code == exit_codes.ATTENTION
    assert "disabled" in result.stdout
    with pytest.raises(errors.NotAllowed, match="disabled"):
        outsource("show_a/sq010/sh030/Animation", VENDOR)
    assert notes(studio, "show_a/sq010/sh030/Animation") == []


def test_what_is_no_task_is_said(studio: Studio) -> None:
    result = command("show_a/sq010/sh010", "--to", VENDOR)
    assert result.exit_code == exit_codes.FAILED
    assert "show_a/sq010/sh010): it is of the type Shot in ftrack, and no task." in result.stderr
    assert command("--to", VENDOR).exit_code == exit_codes.USAGE


def test_waiting_ends_when_the_time_is_up(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.accsyn.engine, "paused", True)
    found = outsource("show_b/sq010/sh010/Animation", VENDOR, wait=True, timeout_s=0.2)
    assert isinstance(found, Outsourced)
    assert not found.ended
    found.close()
