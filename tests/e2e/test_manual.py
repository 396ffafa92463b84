"""The commands of the manual, run as they are written, in a studio as its pages describe it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.send.functions import site_sync
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from manual import MANUAL, commands
from publishing import Publisher, at_work
from runner import RUNNER
from vendoring import Vendor

#: In the order in which they are read; other pages of the manual run nothing.
PAGES = ("send", "get", "sync", "status")


@pytest.fixture(scope="module")
def artist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """An artist at the studio's machine, who has published what the pages speak of."""
    folder = tmp_path_factory.mktemp("manual")
    with pytest.MonkeyPatch.context() as patch, Studio(folder / "studio") as studio:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with at_work(studio, patch, folder / "sources") as publisher:
            session = publisher.session()
            version = publisher.version(session, asset="comp")
            published = [
                publisher.publish_file(version, "movie"),
                publisher.publish_sequence(version, [1, 2], "beauty"),
            ]
            wait_until(lambda: all(publisher.item(each).state is State.SYNCED for each in published), 30, "arrival")
            scans = studio.hq / "show_a/sq010/sh010/scans"
            scans.mkdir()
            (scans / "plate.dpx").write_text("scan")
            yield publisher


@pytest.fixture
def machine(artist: Publisher, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    """The artist's machine, which remembers from one test to the next."""
    monkeypatch.setenv("XDG_STATE_HOME", str(Path(artist.folder).parent / "state"))
    return artist


def test_the_commands_of_the_manual_do_what_it_says(machine: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    for page in PAGES:
        found = commands(page)
        assert found, page
        for user, command in found:
            for name, value in machine.studio.environment(user).items():
                monkeypatch.setenv(name, value)
            result = RUNNER.invoke(application, shlex.split(command), prog_name="ftrack-accsyn")
            assert result.exit_code == exit_codes.OK, f"{command}\n{result.output}\n{result.stderr}"
    london = machine.studio.site("london")
    for path in ("comp/v001/movie.mov", "comp/v001/beauty.0001.exr", "comp/v001/beauty.0002.exr", "scans/plate.dpx"):
        name = f"show_a/sq010/sh010/{path}"
        assert (london / name).read_bytes() == (machine.studio.hq / name).read_bytes()


def test_the_commands_of_the_vendors_page_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = commands("deliver")
    assert found
    with Studio(tmp_path / "studio") as studio:
        vendor = Vendor(studio, monkeypatch)
        vendor.frames().parent.rename(vendor.desk / "package")
        vendor.package().rename(vendor.desk / "package" / "manifest.json")
        monkeypatch.chdir(vendor.desk)
        for user, command in found:
            assert user == "vendor"
            result = RUNNER.invoke(application, shlex.split(command), prog_name="ftrack-accsyn")
            assert result.exit_code == exit_codes.OK, f"{command}\n{result.output}\n{result.stderr}"
        assert len(vendor.arrived()) == 4


def test_the_function_of_the_sync_page_does_what_it_says(machine: Publisher) -> None:
    (machine.studio.hq / "show_a/sq010/sh010/scans/chart.dpx").write_text("chart")

    assert site_sync("show_a/sq010/sh010/scans", "london", "download").wait(timeout_s=60)
    assert (machine.studio.site("london") / "show_a/sq010/sh010/scans/chart.dpx").read_text() == "chart"


@pytest.mark.parametrize("page", [path.name for path in sorted(MANUAL.glob("*.md"))])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (MANUAL / page).read_text(encoding="utf-8")):
        assert (MANUAL / target).exists(), target
