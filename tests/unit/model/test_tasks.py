"""Items <-> tasks: what accsyn is told carries exactly the published files, in stable words, and is known again."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from typing import Any, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import tasks
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, Reason, Sent, Studio
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.model.route import Route
from making import CLIENT, DAY, item, publication, route, sequence

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)


def expanded(paths: Iterable[str]) -> list[str]:
    """Return the files that accsyn reads out of *paths* (accsyn fact sheet, section 5), written apart from the code."""
    files = []
    for path in paths:
        match = re.fullmatch(r"(.*)\[(\d+)-(\d+)\]", path)
        if match is None:
            files.append(path)
        else:
            files.extend(match[1] % frame for frame in range(int(match[2]), int(match[3]) + 1))
    return files


# Frames.


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], []),
        ([7], [(7, 7)]),
        ([1, 2, 3], [(1, 3)]),
        ([3, 1, 2, 2], [(1, 3)]),
        ([1, 3, 4, 8], [(1, 1), (3, 4), (8, 8)]),
        ([0, 1, 9999, 10000], [(0, 1), (9999, 10000)]),
    ],
)
def test_runs_are_split_at_every_hole(numbers: list[int], expected: list[tuple[int, int]]) -> None:
    assert list(tasks.runs(numbers)) == expected


@seeded
@given(st.sets(st.integers(0, 300)) | st.sets(st.integers(0, 10**7)))
def test_runs_cover_exactly_the_numbers_and_never_touch_each_other(numbers: set[int]) -> None:
    found = list(tasks.runs(numbers))
    assert [number for first, last in found for number in range(first, last + 1)] == sorted(numbers)
    assert all(last + 1 < first for (_, last), (first, _) in zip(found, found[1:]))


@pytest.mark.parametrize(
    ("frames", "expression", "expected"),
    [
        (range(1001, 1049), "a/b.%04d.exr", ["a/b.%04d.exr[1001-1048]"]),
        ([1, 2, 3, 7, 9, 10], "a/b.%04d.exr", ["a/b.%04d.exr[0001-0003]", "a/b.0007.exr", "a/b.%04d.exr[0009-0010]"]),
        (range(9998, 10002), "a/b.%04d.exr", ["a/b.%04d.exr[9998-10001]"]),
        # Documented are padded expressions; clique writes none where no frame begins with a zero.
        (range(1001, 1049), "a/b.%d.exr", ["a/b.%04d.exr[1001-1048]"]),
        (range(98, 102), "a/b.%d.exr", ["a/b.%02d.exr[98-101]"]),
        ([8, 9, 10, 12], "a/b_%d.exr", ["a/b_%01d.exr[8-10]", "a/b_12.exr"]),
        ([0, 1], "a/%03d", ["a/%03d[000-001]"]),
        ([5], "a/b.%04d.exr", ["a/b.0005.exr"]),
    ],
)
def test_sequence_becomes_one_range_for_each_run(frames: Any, expression: str, expected: list[str]) -> None:
    assert tasks.source_paths(sequence(frames, expression)) == expected


def test_ten_thousand_frames_are_one_task() -> None:
    assert len(tasks.source_paths(sequence(range(1, 10_001)))) == 1


NAMES = st.text("abcXYZ019._- äß", min_size=1, max_size=8)


@seeded
@given(
    st.sets(st.integers(0, 120_000), min_size=1, max_size=60) | st.sets(st.integers(0, 30), min_size=1),
    st.sampled_from(["%d", *(f"%0{width}d" for width in range(1, 12))]),
    NAMES,
    NAMES,
    st.randoms(use_true_random=False),
)
def test_expanding_the_expressions_gives_exactly_the_frames(
    frames: set[int], pattern: str, head: str, tail: str, random: Any
) -> None:
    expression = f"show_a/{head}{pattern}{tail}"
    published = sequence(random.sample(sorted(frames), len(frames)), expression)
    paths = tasks.source_paths(published)
    assert sorted(expanded(paths)) == sorted(file.path for file in published.files)
    assert tasks.source_paths(sequence(sorted(frames), expression)) == paths or set(paths) == {
        file.path for file in published.files
    }


@pytest.mark.parametrize(
    ("identifier", "paths"),
    [
        ("a/b.%04d.exr", ["a/b.0001.exr", "a/other.0002.exr"]),
        ("a/b.%04d.exr", ["a/b.0001.exr", "a/b.2.exr"]),
        ("a/b.%d.exr", ["a/b.0001.exr"]),
        ("a/b.%04d.exr", ["a/b.-001.exr"]),
        ("a/b.%04d.exr", ["a/b.١٢٣٤.exr"]),
        ("a1%d1a", ["a1a"]),
        ("a/b.####.exr", ["a/b.0001.exr"]),
        ("a/b.%4d.exr", ["a/b.   1.exr"]),
        ("a/b c.%04d.exr", ["a/b c.0001.exr", "a/b c.0002.exr"]),
        ("a/b[1].%04d.exr", ["a/b[1].0001.exr", "a/b[1].0002.exr"]),
        ("a/{x}.%04d.exr", ["a/{x}.0001.exr", "a/{x}.0002.exr"]),
        ("a/%04d.%04d.exr", ["a/0001.0001.exr"]),
        ("a/b.%0999999999d.exr", ["a/b.0001.exr"]),
        ("a/b.%04d.exr\n", ["a/b.0001.exr"]),
        ("/mnt/projects/a/b.%04d.exr", ["a/b.0001.exr", "a/b.0002.exr"]),
    ],
)
def test_sequence_that_no_expression_describes_travels_file_by_file(identifier: str, paths: list[str]) -> None:
    assert tasks.source_paths(publication(identifier, paths, Kind.SEQUENCE)) == paths


# Files and containers, from any system.


@pytest.mark.parametrize("identifier", ["show_a\\shot\\pass", "show_a/shot/pass", "./show_a//shot/pass/"])
def test_container_is_one_folder_task_however_its_identifier_is_written(identifier: str) -> None:
    files = ["show_a/shot/pass/a.exr", "show_a/shot/pass/deep/b.exr"]
    assert tasks.source_paths(publication(identifier, files, Kind.CONTAINER)) == ["show_a/shot/pass"]


@pytest.mark.parametrize(
    ("identifier", "paths"),
    [
        ("show_a/pass", ["show_a/pass/a.exr", "show_a/passport/b.exr"]),
        ("show_a/pass", ["show_a/pass"]),
        ("/mnt/show_a/pass", ["show_a/pass/a.exr"]),
        ("", ["a.exr"]),
        (".", ["a.exr"]),
    ],
)
def test_container_whose_files_lie_elsewhere_travels_file_by_file(identifier: str, paths: list[str]) -> None:
    assert tasks.source_paths(publication(identifier, paths, Kind.CONTAINER)) == paths


def test_container_in_a_folder_with_other_files_travels_file_by_file() -> None:
    paths = ["show_a/pass/a.exr", "show_a/pass/b.exr"]
    assert tasks.source_paths(publication("show_a/pass", paths, Kind.CONTAINER), whole_folder=False) == paths


def test_windows_sequence_identifier_gives_forward_slashes() -> None:
    paths = ["show_a/b.0001.exr", "show_a/b.0002.exr"]
    published = publication("show_a\\b.%04d.exr", paths, Kind.SEQUENCE)
    assert tasks.source_paths(published) == ["show_a/b.%04d.exr[0001-0002]"]


# Tasks.


def payloads(published: Publication, along: Route) -> list[dict[str, Any]]:
    return tasks.task_payloads(published, tasks.source_paths(published), along)


def test_task_names_client_volume_path_party_and_component() -> None:
    assert tasks.task_payloads(publication("show_a/shot/main.mov", []), ["show_a/shot/main.mov"], route()) == [
        {
            "source": f"client={CLIENT}:share=projects/show_a/shot/main.mov",
            "destination": "acme",
            "metadata": {"ftrack_component_id": "c1", "ftrack_accsyn_path": "show_a/shot/main.mov"},
        }
    ]


@seeded
@given(st.sets(st.integers(0, 50), min_size=1), st.randoms(use_true_random=False))
def test_task_texts_are_the_same_every_time(frames: set[int], random: Any) -> None:
    # Accsyn recognises a task by its texts: another spelling would send the files twice.
    once = payloads(sequence(sorted(frames)), route())
    again = payloads(sequence(random.sample(sorted(frames), len(frames))), route(day=DAY + datetime.timedelta(1)))
    assert json.dumps(once) == json.dumps(again)
    assert len({task["source"] for task in once}) == len(once)


# Tasks -> items.


def task(path: str, component: str = "c1", status: str = "done") -> Task:
    source = {"path": path} if path else {}
    row = {"id": f"t-{path}-{component}", "uri": "0", "status": status, "source": source}
    return Task.from_answer({**row, "metadata": {"ftrack_component_id": component}})


def test_task_is_known_by_its_path_whatever_component_its_metadata_names() -> None:
    # Accsyn keeps the metadata of the first time when a task is added again.
    found, whole = tasks.TaskIndex([task("show_a/shot/main.mov", "an older component")]).of(item(1))
    assert (len(found), whole) == (1, True)
    assert tasks.TaskIndex([task("show_a/shot/other.mov", "c1")]).of(item(1)) == ([], False)


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("a/b.%d.exr[1001-1048]", "a/b.%04d.exr[1001-1048]", True),
        ("a/b.%d.exr[8-10]", "a/b.%01d.exr[8-10]", True),
        ("a/b.%04d.exr[1001-1048]", "a/b.%d.exr[1001-1048]", True),
        ("a/b.%d.exr[1-4]", "a/b.%04d.exr[0001-0004]", False),
        ("a/b.%d.exr[0-4]", "a/b.%02d.exr[00-04]", False),
        ("a/b.%d.exr", "a/b.%04d.exr", False),
    ],
)
def test_frame_range_is_known_as_releases_before_1_6_wrote_it(was: str, now: str, same: bool) -> None:
    index = tasks.TaskIndex([task(was)])
    assert (index.get(now) is not None) is same


@pytest.mark.parametrize("path", ["show_a/pack", "show_a/pack/", "/show_a/pack", "show_a\\pack"])
def test_folder_task_is_known_with_the_slash_of_release_1_0_0(path: str) -> None:
    container = item(1, identifier="show_a/pack", paths=["show_a/pack/a", "show_a/pack/b"], kind=Kind.CONTAINER)
    assert tasks.TaskIndex([task(path)]).of(container)[1] is True


@pytest.mark.parametrize(
    ("made", "paths", "whole"),
    [
        ({}, ["show_a/shot/main.mov"], True),
        ({"identifier": "s/p", "paths": ["s/p/a", "s/p/b"], "kind": Kind.CONTAINER}, ["s/p"], True),
        ({"identifier": "s/p", "paths": ["s/p/a", "s/p/b"], "kind": Kind.CONTAINER}, ["s/p/a", "s/p/b"], True),
        ({"identifier": "s/p", "paths": ["s/p/a", "s/p/b"], "kind": Kind.CONTAINER}, ["s/p/a"], False),
        ({"identifier": "s/f.%02d", "paths": ["s/f.01", "s/f.03"], "kind": Kind.SEQUENCE}, ["s/f.01", "s/f.03"], True),
        ({"identifier": "s/f.%02d", "paths": ["s/f.01", "s/f.03"], "kind": Kind.SEQUENCE}, ["s/f.03"], False),
    ],
)
def test_item_is_whole_with_all_tasks_that_it_was_sent_as(made: dict[str, Any], paths: list[str], whole: bool) -> None:
    found, complete = tasks.TaskIndex(map(task, paths)).of(item(1, **made))
    assert (len(found), complete) == (len(paths), whole)


def test_what_was_written_down_tells_which_tasks_are_meant() -> None:
    shorter = dataclasses.replace(item(1), sent=Sent(("s/f.%02d[01-02]",)))
    index = tasks.TaskIndex([task("s/f.%02d[01-09]"), task("s/f.%02d[01-02]")])
    assert [each.source["path"] for each in index.of(shorter)[0]] == ["s/f.%02d[01-02]"]


def test_service_that_tells_no_paths_is_believed_about_components() -> None:
    index = tasks.TaskIndex([task("", "c1"), task("", "another")])
    found, whole = index.of(item(1))
    assert ([each.metadata["ftrack_component_id"] for each in found], whole) == (["c1"], True)


@pytest.mark.parametrize(
    ("path", "passed_over"),
    [
        ("a/.DS_Store", True),
        ("a/thumbs.DB", True),
        ("a/Icon\r", True),
        (".ACCSYN_TMP.x", True),
        ("a/x.ASC_TMP12", True),
        ("a/ASC_RENAME_FAILED/x", True),
        ("a/Icon", False),
        ("a/.DS_Store.mov", False),
        ("thumbs.db.exr", False),
        ("a/main.mov", False),
    ],
)
def test_names_that_accsyn_passes_over_are_known(path: str, passed_over: bool) -> None:
    assert tasks.never_sent(path) is passed_over


@pytest.mark.parametrize(
    ("party", "text"),
    [
        ("acme", "share=projects/a/b.mov"),
        ("hq", "share=projects/a/b.mov"),
        ("site=london", "site=london:share=projects/a/b.mov"),
        ("client=abc", "client=abc:share=projects/a/b.mov"),
        ("pat@acme.test", "pat@acme.test:share=projects/a/b.mov"),
    ],
)
def test_a_source_is_named_with_its_party_unless_that_is_the_workspace(party: str, text: str) -> None:
    assert tasks.source_text(party, "projects", "a/b.mov") == text


def test_tasks_carry_the_token_of_their_request_and_a_priority() -> None:
    request = Request(Reason.SEND, Studio("https://acme.test", "acme"), "pat", token="t1")
    asked_for = publication("a/b.mov", priority=700)
    along = route(reason=Reason.SEND, party="acme", client_id="", destination=Endpoint("site=london", "", ""))
    assert tasks.task_payloads(asked_for, ["a/b.mov"], along, request) == [
        {
            "source": "share=projects/a/b.mov",
            "destination": "site=london",
            "priority": 700,
            "metadata": {
                "ftrack_component_id": "c1",
                "ftrack_accsyn_request": "t1",
                "ftrack_accsyn_path": "a/b.mov",
            },
        }
    ]


@pytest.mark.parametrize("kind", [Kind.FOLDER, Kind.FILE])
def test_what_is_asked_for_by_its_path_is_one_task(kind: Kind) -> None:
    plain = publication("", [], kind, component_id="", path="show_a/scans", files=())
    assert tasks.source_paths(plain) == ["show_a/scans"]
