"""A publish whose files another program holds: it waits for all of them together, or fails and leaves nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from disks import CannotMount, Disk
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.held import HeldPatience
from publishing import Publisher, publisher, studio

__all__ = ["publisher", "studio"]

FRAMES = range(1001, 1061)


@pytest.fixture
def disk(publisher: Publisher, tmp_path: Path) -> Iterator[Disk]:
    """The artist's staging area on a disk, where a session was opened already."""
    with contextlib.ExitStack() as mounted:
        try:
            disk = mounted.enter_context(Disk(tmp_path / "backing", publisher.studio.staging))
        except CannotMount as reason:
            pytest.skip(str(reason))
        publisher.session()
        yield disk
        publisher.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What publishes pause, of half a minute that passes at once."""
    made: list[float] = []
    moments = iter(range(10**6))

    def patience() -> HeldPatience:
        # The disk holds for real moments: they pass while the steps are made, which are counted as a second each.
        return HeldPatience(clock=lambda: float(next(moments)), pause=lambda pause_s: made.append(pause_s))

    monkeypatch.setattr(AccsynAccessor, "patience", staticmethod(patience))
    return made


def unfinished(publisher: Publisher) -> list[Path]:
    return list(publisher.studio.staging.rglob(".~*"))


def test_sequence_that_a_scanner_holds_is_published_after_one_wait(
    publisher: Publisher, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = publisher.session()
    version = publisher.version(session)
    waits = []
    wait = HeldPatience.wait

    def counted(patience: HeldPatience) -> bool:
        waits.append(patience)
        return wait(patience)

    monkeypatch.setattr(HeldPatience, "wait", counted)
    disk.change(holder_ms=1000)
    component = publisher.publish_sequence(version, FRAMES)
    disk.change(holder_ms=0)

    assert 0 < len(waits) < len(FRAMES)
    assert len(set(waits)) == 1
    assert len(publisher.item(component).publication.files) == len(FRAMES)
    publisher.submitted(component)
    publisher.studio.accsyn.engine.wait_idle(20)
    assert len(publisher.hq(suffix=".exr")) == len(FRAMES)
    assert unfinished(publisher) == []


def test_files_that_are_never_let_go_of_fail_the_publish_with_a_path_and_leave_nothing_once_they_are(
    publisher: Publisher, disk: Disk, pauses: list[float]
) -> None:
    session = publisher.session()
    version = publisher.version(session)
    components = [
        version.create_component(str(publisher.file(f"{name}.mov")), {"name": name}, location=None) for name in "ab"
    ]
    session.commit()
    origin = session.get("Location", ORIGIN_LOCATION_ID)
    disk.change(holder_ms=10**7)

    with pytest.raises(Exception, match="another program has it open") as caught:
        session.pick_location().add_components(components, origin)

    folder = publisher.studio.staging / "show_a/sq010/sh010/plate/v001"
    assert str(folder / "a.mov") in str(caught.value)
    assert 0 < len(pauses) <= 31
    assert os.listdir(folder) == []
    held = unfinished(publisher)
    assert len(held) == 2
    disk.change(holder_ms=0)
    for path in held:
        with disk.held(path):
            pass  # as if it had been that program
    session.pick_location().add_components(components, origin)
    publisher.submitted(*components)
    assert sorted(os.listdir(folder)) == ["a.mov", "b.mov"]
    assert unfinished(publisher) == []
