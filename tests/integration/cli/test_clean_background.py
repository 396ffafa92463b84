"""`clean` in the background, and what it takes to remove one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cleaning import arrived, make_old, staged
from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model.stamp import Stamp
from ftrack_accsyn_accessor.staging import removing
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker import retention as background
from ftrack_accsyn_accessor.worker.endpoint import connect
from ftrack_accsyn_accessor.worker.retention import FIRST_S, Retention
from helpers import wait_until
from publishing import Publisher

__all__ = ["arrived"]


def test_file_is_only_removed_while_it_is_what_was_published(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    path.write_bytes(b"published")
    found = path.stat()
    stamp = Stamp(found.st_size, found.st_mtime_ns)

    assert not removing.remove_if(str(tmp_path), "a.mov", Stamp(found.st_size + 1, found.st_mtime_ns))
    assert not removing.remove_if(str(tmp_path), "missing.mov", stamp)
    assert path.read_bytes() == b"published"
    assert removing.remove_if(str(tmp_path), "a.mov", stamp)
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_published_over_while_it_is_taken_aside_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The moment between the two looks cannot be met by chance: the rename itself publishes over the file.
    path = tmp_path / "a.mov"
    path.write_bytes(b"published")
    found = path.stat()
    rename = os.rename

    def publish_then_rename(source: str, target: str) -> None:
        if source == str(path):
            path.write_bytes(b"published anew")
        rename(source, target)

    monkeypatch.setattr(os, "rename", publish_then_rename)

    assert not removing.remove_if(str(tmp_path), "a.mov", Stamp(found.st_size, found.st_mtime_ns))
    assert path.read_bytes() == b"published anew"
    assert list(tmp_path.iterdir()) == [path]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_background_frees_after_the_retention_days_and_looks_once_in_an_hour(
    publisher: Publisher, arrived: dict[str, Any]
) -> None:
    publisher.environment(FTRACK_ACCSYN_RETENTION_DAYS="7")
    make_old(publisher, 8.0)
    outbox, clock = publisher.outbox, Clock()
    area = StagingArea(str(publisher.studio.staging))
    area.prepare()
    retention = Retention(outbox, area, environment.read_settings, monotonic=clock)
    assert not retention.due()
    clock.now = FIRST_S
    assert retention.due()
    assert not retention.due()
    registrations = Registrations(environment.ftrack_credentials())
    workspace = connect(environment.read_settings())

    retention.step(registrations, workspace)

    registrations.close()
    workspace.close()
    assert staged(publisher) == set()
    clock.now += 3601
    assert not retention.due()  # nothing is left
    outbox.close()


def test_background_looks_once_at_what_is_not_as_published_at_its_destination(
    publisher: Publisher, arrived: dict[str, Any]
) -> None:
    publisher.environment(FTRACK_ACCSYN_RETENTION_DAYS="7")
    make_old(publisher, 8.0)
    (movie,) = publisher.studio.hq.rglob("movie.mov")
    movie.write_bytes(b"half")
    outbox, clock = publisher.outbox, Clock()
    area = StagingArea(str(publisher.studio.staging))
    area.prepare()
    retention = Retention(outbox, area, environment.read_settings, monotonic=clock)
    registrations, workspace = Registrations(environment.ftrack_credentials()), connect(environment.read_settings())
    publisher.studio.accsyn.switches.refuse(True)
    retention.step(registrations, workspace)
    assert len(staged(publisher)) == 8
    publisher.studio.accsyn.switches.refuse(False)

    retention.step(registrations, workspace)

    assert {path.rpartition("/")[2] for path in staged(publisher)} == {"movie.mov"}
    publisher.studio.accsyn.log.clear()
    retention.step(registrations, workspace)
    assert publisher.studio.accsyn.log.operations() == []
    registrations.close()
    workspace.close()
    outbox.close()


def test_background_does_nothing_without_the_variable_or_before_the_time(
    publisher: Publisher, arrived: dict[str, Any]
) -> None:
    outbox, clock = publisher.outbox, Clock()
    area = StagingArea(str(publisher.studio.staging))
    retention = Retention(outbox, area, environment.read_settings, monotonic=clock)
    clock.now = FIRST_S
    make_old(publisher, 8.0)
    assert not retention.due()
    publisher.environment(FTRACK_ACCSYN_RETENTION_DAYS="9")
    clock.now += 3601

    assert not retention.due()
    outbox.close()


def test_idle_worker_frees_in_the_background(
    publisher: Publisher, arrived: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two minutes after its start: too long to wait for.
    monkeypatch.setattr(background, "FIRST_S", 0.0)
    publisher.environment(FTRACK_ACCSYN_RETENTION_DAYS="1")
    make_old(publisher, 2.0)

    publisher.session()

    wait_until(lambda: not staged(publisher), 20, "the staged files to be freed")
    wait_until(lambda: not list(publisher.outbox.items()), 20, "the items to be forgotten")
