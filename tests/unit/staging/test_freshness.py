"""New content of a path is dated apart from the older one, so that accsyn sends it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.item import Publication, StagedFile
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.freshness import APART_NS, set_apart
from making import publication

S = 1_000_000_000
NOW = 1_790_000_000 * S
PATH = "show_a/main.mov"


@pytest.fixture
def area(tmp_path: Path) -> StagingArea:
    made = StagingArea(str(tmp_path / "staging"))
    made.prepare()
    (tmp_path / "staging" / "show_a").mkdir()
    return made


@pytest.fixture
def outbox(area: StagingArea) -> Outbox:
    return Outbox(Path(area.state_dir) / "outbox.sqlite3")


def staged(area: StagingArea, mtime_ns: int, component: str = "c1", content: bytes = b"1234") -> Publication:
    """Stage a file and return its publication."""
    full = Path(area.root) / PATH
    full.write_bytes(content)
    os.utime(full, ns=(mtime_ns, mtime_ns))
    file = StagedFile(PATH, *area.stat_file(PATH))
    return publication(PATH, files=(file,), component_id=component)


def publish(area: StagingArea, outbox: Outbox, made: Publication) -> int:
    """Publish and return the date that the file has now."""
    (apart,) = set_apart(area, outbox, [made])
    outbox.prepare([apart], "owner")
    outbox.activate([made.component_id], made.location_id)
    assert area.verify({PATH: area.stat_file(PATH)}) == []
    assert apart.files[0].mtime_ns == area.stat_file(PATH).mtime_ns
    return apart.files[0].mtime_ns


def test_first_content_keeps_its_date(area: StagingArea, outbox: Outbox) -> None:
    assert publish(area, outbox, staged(area, NOW)) == NOW


@pytest.mark.parametrize("component", ["c1", "another"])
@pytest.mark.parametrize("after_ns", [0, 1, S // 2, S, 2 * S - 1, -S])
def test_content_within_a_moment_of_the_older_one_is_dated_after_it(
    area: StagingArea, outbox: Outbox, component: str, after_ns: int
) -> None:
    first = publish(area, outbox, staged(area, NOW))
    second = publish(area, outbox, staged(area, NOW + after_ns, component, b"4321"))
    assert second - first >= APART_NS


def test_many_contents_within_a_second_are_all_apart_whatever_their_sizes(area: StagingArea, outbox: Outbox) -> None:
    dates = [
        publish(area, outbox, staged(area, NOW + number * S // 10, content=b"x" * (number % 3 + 1)))
        for number in range(12)
    ]
    assert all(later - earlier >= APART_NS for earlier, later in zip(dates, dates[1:]))


@pytest.mark.parametrize("after_ns", [2 * S, 3600 * S, -3601 * S])
def test_content_of_another_time_keeps_its_date(area: StagingArea, outbox: Outbox, after_ns: int) -> None:
    publish(area, outbox, staged(area, NOW))
    assert publish(area, outbox, staged(area, NOW + after_ns)) == NOW + after_ns


def test_what_is_being_prepared_is_no_older_content(area: StagingArea, outbox: Outbox) -> None:
    # ftrack registers nested containers level by level: the same publish is prepared several times.
    made = staged(area, NOW)
    outbox.prepare([made], "owner")
    assert set_apart(area, outbox, [made]) == [made]
