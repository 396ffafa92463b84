"""`clean` frees what it was told to, and shows it first."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from cleaning import ALL, APPLY, Told, arrived, make_old, staged
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

__all__ = ["arrived"]


def test_dry_run_is_the_default_and_changes_nothing(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    before = staged(publisher)

    found = told(*ALL)

    assert len(before) == 8
    assert {item["stays_because"] for item in found["items"]} == {""}
    assert found["freeable_bytes"] == 2000 + 5 * 200 + 2 * 20
    assert (found["applied"], found["freed_bytes"]) == (False, 0)
    assert "can be freed; to do it, add --apply" in run(*ALL).stdout
    assert staged(publisher) == before
    assert len(list(publisher.outbox.items())) == 3


def test_apply_frees_files_staging_registrations_and_items_and_leaves_the_destination(
    publisher: Publisher, arrived: dict[str, Any], told: Told
) -> None:
    store = publisher.studio.ftrack.store
    destination = store.find("Location", name="studio.hq")[0]["id"]
    at_destination = len(store.find("ComponentLocation", location_id=destination))
    before = publisher.hq()

    found = told(*APPLY)

    assert found["freed_bytes"] == 2000 + 5 * 200 + 2 * 20
    assert staged(publisher) == set()
    assert list(publisher.outbox.items()) == []
    (staging,) = [row for row in store.find("Location") if "artist" in row["name"]]
    assert store.find("ComponentLocation", location_id=staging["id"]) == []
    assert len(store.find("ComponentLocation", location_id=destination)) == at_destination == 10
    assert publisher.hq() == before
    assert told(*APPLY)["items"] == []


def test_freed_component_can_be_published_again(publisher: Publisher, arrived: dict[str, Any], run: Run) -> None:
    assert run(*APPLY).exit_code == exit_codes.OK
    session = publisher.session()

    again = publisher.publish_file(publisher.version(session), "movie")

    wait_until(lambda: publisher.item(again).state is State.SYNCED, 20, "the arrival")


def test_age_and_quota_leave_what_is_young_and_small_enough(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    assert told("clean", "--older-than", "1")["items"] == []
    assert run("clean", "--older-than", "1").stdout == "Nothing can be freed.\n"
    assert told("clean", "--quota", "4k")["items"] == []

    found = told("clean", "--quota", "1.1kB", "--apply")

    assert [item["path"].rpartition("/")[2] for item in found["items"]] == ["movie.mov"]
    assert run("clean", "--quota", "lots").exit_code == exit_codes.USAGE


def test_retention_variable_is_the_default_age(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    assert run("clean").exit_code == exit_codes.USAGE
    publisher.environment(FTRACK_ACCSYN_RETENTION_DAYS="1")
    assert told("clean")["items"] == []
    make_old(publisher, 2.0)

    assert len(told("clean")["items"]) == 3


def test_pins_keep_components_and_folders_until_they_are_taken_back(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    base = publisher.studio.staging / "show_a/sq010/sh010/plate/v001"
    assert told("clean", "--pin", arrived["file"]["id"])["pins"] == [arrived["file"]["id"]]
    run("clean", "--pin", base / "pack")

    found = told(*APPLY)

    assert {item["path"].rpartition("/")[2]: item["pinned"] for item in found["items"]} == {
        "movie.mov": True,
        "frames.%04d.exr": False,
        "pack": True,
    }
    assert {path.rpartition("/")[2] for path in staged(publisher)} == {"movie.mov", "a.txt", "b.txt"}
    assert "it is pinned" in run(*ALL).stdout
    assert "Pinned: nothing" in run("clean", "--unpin", arrived["file"]["id"], "--unpin", base / "pack").stdout
    told(*APPLY)
    assert staged(publisher) == set()


def test_pin_outside_the_staging_area_is_refused(publisher: Publisher, arrived: dict[str, Any], run: Run) -> None:
    result = run("clean", "--pin", "/elsewhere/file.mov")

    assert result.exit_code == exit_codes.FAILED
    assert publisher.outbox.control.pins() == frozenset()


def test_file_that_another_program_reads_stays_and_the_reader_is_named(
    publisher: Publisher, arrived: dict[str, Any], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Windows refuses so; here nobody keeps a file from being renamed by reading it.
    rename = os.rename

    def refused(source: str, target: str) -> None:
        if source.endswith("movie.mov"):
            raise PermissionError(errno.EACCES, "The process cannot access the file", source)
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refused)
        found = {item["path"].rpartition("/")[2]: item["stays_because"] for item in told(*APPLY)["items"]}

    assert "movie.mov could not be removed: another program has it open" in found["movie.mov"]
    assert "accsyn" in found["movie.mov"]
    assert {path.rpartition("/")[2] for path in staged(publisher)} == {"movie.mov"}
    told(*APPLY)
    assert staged(publisher) == set()
    assert list(publisher.outbox.items()) == []


@pytest.mark.parametrize("when", ["looked at", "removed"])
def test_file_that_the_disk_does_not_show_stays_and_so_does_its_item(
    publisher: Publisher, arrived: dict[str, Any], told: Told, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    # No disk here goes stale on order, between two looks.
    def stale(look: Any) -> Any:
        def looked(path: Any, *arguments: Any, **more: Any) -> Any:
            if str(path).endswith("movie.mov") and (staging in str(path)):
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)
            return look(path, *arguments, **more)

        return looked

    staging = str(publisher.studio.staging)
    with monkeypatch.context() as patch:
        for name in ("stat", "lstat") if when == "looked at" else ("lstat",):
            patch.setattr(os, name, stale(getattr(os, name)))
        found = {item["path"].rpartition("/")[2]: item["stays_because"] for item in told(*APPLY)["items"]}

    assert os.strerror(errno.ESTALE) in found["movie.mov"]
    assert {path.rpartition("/")[2] for path in staged(publisher)} == {"movie.mov"}
    assert [item.publication.component_id for item in publisher.outbox.items()] == [arrived["file"]["id"]]
