"""Paths that people name in another case or Unicode form than the published one, on disks for which that is one."""

from __future__ import annotations

import dataclasses
import itertools
import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cleaning import APPLY, staged
from disks import Manners
from disks.fixtures import NewDisk
from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.naming import Naming
from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.naming import naming_of
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from integration.cli.conftest import Run, run
from publishing import Publisher, at_work

__all__ = ["run"]

IGNORES_BOTH = Manners(ignores_case=True, ignores_form=True)
IGNORES_CASE = Manners(ignores_case=True)
#: Kept in its own letters by our structure, and of two forms: the mark is a character of its own in NFD.
ASSET = "ガ"
FOLDER = f"show_a/sq010/sh010/{ASSET}/v001"


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.fixture
def publisher(
    request: pytest.FixtureRequest, new_disk: NewDisk, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> Iterator[Publisher]:
    """Give an artist whose studio lies on a disk with the manners of the test's parameter."""
    disk = new_disk(request.param)
    with (
        Studio(disk.mount_point / "studio") as studio,
        at_work(studio, monkeypatch, tmp_path / "sources") as working,
    ):
        yield working


@pytest.fixture
def arrived(publisher: Publisher) -> dict[str, Any]:
    """Publish a file, a sequence and a container, and let them arrive; no application runs any more."""
    session = publisher.session()
    version = publisher.version(session, asset=ASSET)
    components = {
        "main": publisher.publish_file(version),
        "frames": publisher.publish_sequence(version, range(1001, 1004)),
        "pack": publisher.publish_container(session, version),
    }
    for component in components.values():
        wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")  # noqa: B023
    publisher.close()
    return components


def pins(run: Run, *arguments: object) -> list[str]:
    found: list[str] = json.loads(run("clean", *arguments, "--json").stdout)["pins"]
    return found


def in_another_case(text: str) -> str:
    return text.upper()


def in_another_form(text: str) -> str:
    return decomposed(text)


def in_both(text: str) -> str:
    return decomposed(text).upper()


@pytest.mark.parametrize(
    ("publisher", "spelt"),
    [
        (IGNORES_BOTH, in_both),
        pytest.param(IGNORES_BOTH, in_another_form, marks=pytest.mark.slow),
        pytest.param(IGNORES_CASE, in_another_case, marks=pytest.mark.slow),
    ],
    indirect=["publisher"],
)
def test_every_verb_knows_a_path_under_each_spelling_that_is_one_to_the_disk(
    publisher: Publisher, arrived: dict[str, Any], run: Run, spelt: Callable[[str], str]
) -> None:
    disk, _, root = str(publisher.studio.staging).partition("/studio/")
    starts = ("", f"{disk}/{spelt(f'studio/{root}')}/")
    files = (("main.mov", "main"), ("frames.1002.exr", "frames"), ("pack/a.txt", "pack"))
    for start, (file, name) in itertools.product(starts, files):
        path = start + spelt(f"{FOLDER}/{file}")

        assert f"{name} has arrived" in run("why", path).stdout
        (row,) = json.loads(run("log", path, "--json").stdout)["items"]
        assert row["component_id"] == arrived[name]["id"]
        assert run("retry", path).exit_code == exit_codes.OK

        assert pins(run, "--pin", path)
        kept = {each for each in staged(publisher) if f"/{name}" in decomposed(each)}
        assert len(kept) == publisher.item(arrived[name]).file_count
        plan = json.loads(run("clean", "--older-than", "0", "--json").stdout)["items"]
        assert sorted(item["component_id"] for item in plan if not item["pinned"]) == sorted(
            component["id"] for other, component in arrived.items() if other != name
        )
        assert pins(run, "--unpin", f"{FOLDER}/{file}") == []

    run("clean", "--pin", starts[1] + spelt(FOLDER))
    assert all(each["pinned"] for each in json.loads(run(*APPLY, "--json").stdout)["items"])
    assert len(staged(publisher)) == 6


@pytest.mark.parametrize("publisher", [IGNORES_BOTH], indirect=True)
def test_file_that_another_component_needs_under_another_spelling_stays(
    publisher: Publisher, arrived: dict[str, Any], run: Run
) -> None:
    publication = publisher.item(arrived["main"]).publication
    (file,) = publication.files
    respelt = dataclasses.replace(file, path=in_both(file.path))
    publisher.outbox.prepare([dataclasses.replace(publication, component_id="other", files=(respelt,))], "owner")

    (item,) = [each for each in json.loads(run(*APPLY, "--json").stdout)["items"] if each["stays_because"]]

    assert item["component_id"] == arrived["main"]["id"]
    assert item["stays_because"] == f"{file.path} belongs to another component as well"
    assert file.path in {unicodedata.normalize("NFC", path) for path in staged(publisher)}


@pytest.mark.parametrize("publisher", [Manners()], indirect=True)
def test_disk_that_tells_spellings_apart_has_another_path_for_each(
    publisher: Publisher, arrived: dict[str, Any], run: Run
) -> None:
    for path in (in_another_case(FOLDER), in_another_form(FOLDER)):
        assert run("log", f"{path}/main.mov").exit_code == exit_codes.FAILED
        run("clean", "--pin", path)

    assert len(json.loads(run(*APPLY, "--json").stdout)["items"]) == 3


@pytest.mark.parametrize(
    ("manners", "naming"),
    [
        (Manners(), Naming()),
        (IGNORES_CASE, Naming(any_case=True)),
        (Manners(ignores_form=True), Naming(any_form=True)),
        (Manners(ignores_form=True, lists_decomposed=True, ignores_case=True), Naming(any_case=True, any_form=True)),
    ],
)
def test_rule_of_a_disk_is_found_out_once_and_nothing_is_left_behind(
    new_disk: NewDisk, manners: Manners, naming: Naming
) -> None:
    disk = new_disk(manners)
    area = StagingArea(str(disk.mount_point / "staging"))
    area.prepare()
    before = sorted((disk.backing / "staging").rglob("*"))

    assert naming_of(area.root) == naming

    disk.change(ignores_case=not manners.ignores_case, ignores_form=not manners.ignores_form)
    assert naming_of(area.root) == naming
    assert sorted((disk.backing / "staging").rglob("*")) == before


def test_second_account_asks_the_disk_in_a_folder_of_its_own(new_disk: NewDisk) -> None:
    disk = new_disk(IGNORES_BOTH)
    area = StagingArea(str(disk.mount_point))
    own = disk.mount_point / f"{STATE_FOLDER}-{environment.account()}"
    own.mkdir()
    area.prepare()
    assert area.state_dir == str(own)

    assert naming_of(area.root) == Naming(any_case=True, any_form=True)

    assert not (disk.mount_point / STATE_FOLDER).exists()
