"""The items of an outbox as all faces show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.insight.naming import named
from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import NotOne, Refused, Unreachable
from ftrack_accsyn_accessor.model.item import RUNNING, Kind, Sent, StagedFile, State, Trouble
from ftrack_accsyn_accessor.model.naming import EXACT, Naming
from ftrack_accsyn_accessor.outbox import facts
from unit.insight.conftest import JOB_NAME, NO_CLIENT, move, stop, submit
from unit.outbox.conftest import Desk


def test_rows_that_need_attention_come_first_then_the_newest(desk: Desk) -> None:
    items = {}
    for name in ("oldest", "failed", "newest"):
        desk.clock.now += 1
        (items[name],) = submit(desk, name)
    stop(desk, items["failed"])

    found = rows.rows(desk.outbox)

    assert [row.component_id for row in found] == ["failed", "newest", "oldest"]


def test_rows_are_paged_and_counted(desk: Desk) -> None:
    names = [f"c{number}" for number in range(7)]
    desk.pending(*names)

    pages = [rows.rows(desk.outbox, limit=3, offset=offset) for offset in (0, 3, 6)]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert {row.component_id for page in pages for row in page} == set(names)
    assert rows.count(desk.outbox) == 7


def test_rows_are_filtered_by_state_and_by_words(desk: Desk) -> None:
    desk.outbox.prepare(
        [
            desk.publication("a", component_name="beauty", version_name="plate v001", context="sq010/sh010"),
            desk.publication("b", component_name="Beauty_2", version_name="comp v002"),
            desk.publication("c", component_name="main%", version_name="comp v002"),
        ],
        "owner",
    )
    desk.outbox.activate(["a"], "l1")

    def found(search: str = "", *states: State) -> list[str]:
        assert rows.count(desk.outbox, states, search) == len(rows.rows(desk.outbox, states, search))
        return sorted(row.component_id for row in rows.rows(desk.outbox, states, search))

    assert found("BEAUTY") == ["a", "b"]
    assert found("beauty comp") == ["b"]
    assert found("SH010 beauty") == ["a"]
    assert found("%") == ["c"]
    assert found("y_2") == ["b"]
    assert found("'; DROP TABLE item") == []
    assert found("", State.PENDING) == ["a"]
    assert found("comp", State.PREPARED) == ["b", "c"]


def test_row_tells_cause_and_remedy_of_an_error_apart(desk: Desk) -> None:
    items = desk.pending("a")
    refusal = Refused("add tasks", "show_a job", "no write access", "Ask for access.")
    desk.outbox.needs_attention(items, refusal, desk.clock.now + 600)

    (row,) = rows.rows(desk.outbox)

    assert (row.cause_kind, row.cause, row.remedy) == ("refused", refusal.what, "Ask for access.")
    assert desk.item("a").cause == str(refusal)
    assert row.next_try_at == desk.clock.now + 600


def test_row_of_what_is_to_be_tried_again_tells_its_cause_as_a_former_one(desk: Desk) -> None:
    items = desk.pending("a")
    desk.outbox.needs_attention(items, Refused("add tasks", "", "no write access", "Ask for it."), desk.clock.now + 600)

    desk.outbox.control.retry()

    (row,) = rows.rows(desk.outbox)
    assert (
        row.cause == "It is to be tried again at once; it had stopped for this: Could not add tasks: no write access."
    )
    assert row.remedy == rows.BY_WHOM


@pytest.mark.parametrize("trouble", list(Trouble))
def test_row_tells_cause_and_remedy_of_a_trouble_apart(desk: Desk, trouble: Trouble) -> None:
    (item,) = submit(desk, "a")
    stop(desk, item, trouble)

    (row,) = rows.rows(desk.outbox)

    assert row.remedy == progress.remedy(trouble, words="E#J057 Disk full")
    assert row.cause
    assert row.remedy not in row.cause


def test_row_that_waits_for_somebody_has_no_next_try(desk: Desk) -> None:
    items = desk.pending("a")
    desk.outbox.needs_attention(items, NO_CLIENT, 9_000_000_000.0)

    assert rows.rows(desk.outbox)[0].next_try_at is None


def test_row_of_a_moving_sequence_estimates_its_files(desk: Desk) -> None:
    files = tuple(StagedFile(f"show_a/f.{frame}.exr", 10, 1) for frame in range(10))
    desk.outbox.prepare([desk.publication("s", kind=Kind.SEQUENCE, files=files)], "owner")
    desk.outbox.activate(["s"], "l1")
    desk.outbox.submitted(desk.outbox.due(1), desk.outbox.job_found(desk.job(), "j" * 24))
    move(desk, desk.item("s"), 45, 5.0, 11.0)

    (row,) = rows.rows(desk.outbox)

    assert (row.files, row.files_done, row.percent, row.kind) == (10, 4, 45, Kind.SEQUENCE)
    assert (row.speed_bytes_per_s, row.time_left_s) == (5.0, 11.0)
    assert (row.job, row.job_id) == (JOB_NAME, "j" * 24)
    desk.outbox.tracking.synced([desk.item("s")])
    (row,) = rows.rows(desk.outbox)
    assert (row.files_done, row.percent, row.synced_at) == (10, 100, desk.clock.now)


def test_row_tells_what_of_an_earlier_content_stays_at_the_destination(desk: Desk) -> None:
    def publish(last: int) -> None:
        files = tuple(StagedFile(f"show_a/x.{frame}.exr", 1, 1) for frame in range(1001, last + 1))
        desk.outbox.prepare([desk.publication("x", kind=Kind.SEQUENCE, files=files)], "owner")
        desk.outbox.activate(["x"], "l1")
        desk.outbox.submitted(desk.outbox.due(1), desk.outbox.job_found(desk.job(), "j" * 24))

    publish(1100)
    publish(1088)

    (row,) = rows.rows(desk.outbox)

    wanted = "12 files of its earlier content (x.1089.exr .. x.1100.exr) stay at the destination."
    assert (row.left_over, row.notes) == (wanted, (wanted,))
    desk.outbox.tracking.synced([desk.item("x")])
    publish(1087)
    assert rows.rows(desk.outbox)[0].left_over == (
        "1 file of its earlier content (x.1088.exr) stays at the destination."
    )


def test_row_tells_that_accsyn_still_sends_the_older_content(desk: Desk) -> None:
    (item,) = submit(desk, "a")
    desk.outbox.tracking.keep_sent(item, Sent((item.publication.path,), {item.publication.path: RUNNING}))

    (row,) = rows.rows(desk.outbox)

    assert row.waits_for_older
    assert row.notes == (rows.STILL_OLDER,)


def test_latest_are_those_that_changed_last(desk: Desk) -> None:
    desk.pending("a", "b")
    desk.clock.now += 5
    desk.outbox.delay([desk.item("a")], Unreachable("connect"), desk.clock.now + 1)

    assert [row.component_id for row in rows.latest(desk.outbox, 1)] == ["a"]


# Finding.


TOP = (StagedFile("top.0001.exr", 1, 1),)


@pytest.fixture
def library(desk: Desk, tmp_path: Path) -> Desk:
    facts.keep(desk.outbox, facts.Area("artist.ws1", str(tmp_path / "staging"), "u"))
    frames = tuple(StagedFile(f"show_a/v1/f.{frame:04d}.exr", 1, 1) for frame in (1, 2))
    packed = (StagedFile("show_a/v1/pack/deep/a.txt", 1, 1),)
    desk.outbox.prepare(
        [
            desk.publication("file"),
            desk.publication("frames", kind=Kind.SEQUENCE, resource_identifier="show_a/v1/f.%04d.exr", files=frames),
            desk.publication("pack", kind=Kind.CONTAINER, resource_identifier="show_a/v1/pack", files=packed),
            desk.publication("top", kind=Kind.SEQUENCE, resource_identifier="top.%04d.exr", files=TOP),
        ],
        "owner",
    )
    return desk


@pytest.mark.parametrize(
    ("text", "component"),
    [
        ("frames", "frames"),
        ("show_a/file.mov", "file"),
        ("show_a//./file.mov", "file"),
        ("{staging}/show_a/file.mov", "file"),
        ("show_a/v1/f.%04d.exr", "frames"),
        ("{staging}/show_a/v1/f.0002.exr", "frames"),
        ("show_a/v1/f.0003.exr", None),
        ("show_a/v1/pack", "pack"),
        ("show_a/v1/pack/deep/a.txt", "pack"),
        ("show_a\\v1\\pack\\deep\\a.txt", "pack"),
        ("show_a/v1/pack/deep", None),
        ("top.0001.exr", "top"),
        ("SHOW_A/file.mov", None),
        ("../staging/show_a/file.mov", None),
        ("/elsewhere/show_a/file.mov", None),
        ("{staging}", None),
        ("", None),
    ],
)
def test_item_is_found_by_component_or_by_any_of_its_files(
    library: Desk, tmp_path: Path, text: str, component: str | None
) -> None:
    try:
        found = named(library.outbox, text.format(staging=tmp_path / "staging"))
    except NotOne:
        found = []

    assert [row.component_id for row in found] == ([component] if component else [])


@pytest.mark.parametrize(
    ("text", "component"),
    [
        ("Show_A/FILE.mov", "file"),
        ("show_a/V1/F.0002.EXR", "frames"),
        ("SHOW_A/V1/F.%04D.EXR", "frames"),
        ("SHOW_A/v1/f.0003.exr", None),
        ("show_a/v1/PACK/Deep/a.txt", "pack"),
        ("TOP.0001.exr", "top"),
        ("SHOW_A", None),
    ],
)
def test_item_is_found_by_another_spelling_where_that_is_one(library: Desk, text: str, component: str | None) -> None:
    assert library.outbox.survey.of_spelling(text, EXACT) is None
    found = library.outbox.survey.of_spelling(text, Naming(any_case=True))

    assert (found.item.publication.component_id if found is not None else None) == component


def test_path_is_relative_to_the_area_and_else_to_the_working_directory(
    library: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "staging" / "show_a"
    (folder / "v1").mkdir(parents=True)
    (folder / "file.mov").touch()
    monkeypatch.chdir(folder)

    told = {
        text: rows.relative_path(library.outbox, text)
        for text in ("file.mov", "./v1", "show_a/file.mov", "not/there", "..", "../..", ".", "../../else", "")
    }

    assert told == {
        "file.mov": "show_a/file.mov",
        "./v1": "show_a/v1",
        "show_a/file.mov": "show_a/file.mov",
        "not/there": "not/there",
        "..": "",
        "../..": "",
        ".": ".",
        "../../else": "",
        "": "",
    }


def test_items_of_a_version_are_found(library: Desk) -> None:
    found = rows.of_version(library.outbox, "v1")

    assert {row.component_id for row in found} == {"file", "frames", "pack", "top"}
    assert rows.of_version(library.outbox, "v2") == []
