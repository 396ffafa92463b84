"""Entries -> batches -> jobs and tasks: what accsyn is told carries exactly the published files, in stable words."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import transfer
from ftrack_accsyn_accessor.model.entry import Entry, Kind, Publication, StagedFile, State
from ftrack_accsyn_accessor.model.transfer import Batch, Destination, Route

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)

CLIENT = "5d91a5f1b5f0c8a7e2d4c3b1"
DAY = datetime.date(2026, 11, 21)
HQ = Destination("acme", "loc-hq", "studio.hq")


def publication(
    identifier: str = "show_a/shot/main.mov", paths: Iterable[str] = (), kind: Kind = Kind.FILE, **changes: Any
) -> Publication:
    values: dict[str, Any] = {
        "component_id": "c1",
        "component_name": "main",
        "kind": kind,
        "resource_identifier": identifier,
        "location_id": "l1",
        "location_name": "artist.ws1",
        "server_url": "https://acme.test",
        "username": "artist",
        "project_id": "p1",
        "project_name": "show_a",
        "version_id": "v1",
        "version_name": "shot v001",
        "files": tuple(StagedFile(path, 1, 2) for path in paths or [identifier]),
    }
    return Publication(**{**values, **changes})


def entry(number: int, **changes: Any) -> Entry:
    item = publication(**changes)
    return Entry(number, item, State.PENDING, "", "", 0, None, 1.0, 1.0, None, False)


def route(**changes: Any) -> Route:
    values: dict[str, Any] = {
        "project_id": "p1",
        "project_name": "show_a",
        "location_id": "l1",
        "location_name": "artist.ws1",
        "client_id": CLIENT,
        "volume": "projects",
        "destination": HQ,
        "day": DAY,
    }
    return Route(**{**values, **changes})


def sequence(frames: Iterable[int], expression: str = "show_a/shot/main.%04d.exr") -> Publication:
    return publication(expression, [expression % frame for frame in frames], Kind.SEQUENCE)


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
    assert list(transfer.runs(numbers)) == expected


@seeded
@given(st.sets(st.integers(0, 300)) | st.sets(st.integers(0, 10**7)))
def test_runs_cover_exactly_the_numbers_and_never_touch_each_other(numbers: set[int]) -> None:
    found = list(transfer.runs(numbers))
    assert [number for first, last in found for number in range(first, last + 1)] == sorted(numbers)
    assert all(last + 1 < first for (_, last), (first, _) in zip(found, found[1:]))


@pytest.mark.parametrize(
    ("frames", "expression", "expected"),
    [
        (range(1001, 1049), "a/b.%04d.exr", ["a/b.%04d.exr[1001-1048]"]),
        ([1, 2, 3, 7, 9, 10], "a/b.%04d.exr", ["a/b.%04d.exr[0001-0003]", "a/b.0007.exr", "a/b.%04d.exr[0009-0010]"]),
        (range(9998, 10002), "a/b.%04d.exr", ["a/b.%04d.exr[9998-10001]"]),
        ([8, 9, 10], "a/b_%d.exr", ["a/b_%d.exr[8-10]"]),
        ([0, 1], "a/%03d", ["a/%03d[000-001]"]),
        ([5], "a/b.%04d.exr", ["a/b.0005.exr"]),
    ],
)
def test_sequence_becomes_one_range_for_each_run(frames: Any, expression: str, expected: list[str]) -> None:
    assert transfer.source_paths(sequence(frames, expression)) == expected


def test_ten_thousand_frames_are_one_task() -> None:
    assert len(transfer.task_payloads(sequence(range(1, 10_001)), route())) == 1


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
    paths = transfer.source_paths(published)
    assert sorted(expanded(paths)) == sorted(file.path for file in published.files)
    assert transfer.source_paths(sequence(sorted(frames), expression)) == paths or set(paths) == {
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
    assert transfer.source_paths(publication(identifier, paths, Kind.SEQUENCE)) == paths


# Files and containers, from any system.


@pytest.mark.parametrize("identifier", ["show_a\\shot\\pass", "show_a/shot/pass", "./show_a//shot/pass/"])
def test_container_is_one_folder_task_however_its_identifier_is_written(identifier: str) -> None:
    files = ["show_a/shot/pass/a.exr", "show_a/shot/pass/deep/b.exr"]
    assert transfer.source_paths(publication(identifier, files, Kind.CONTAINER)) == ["show_a/shot/pass/"]


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
    assert transfer.source_paths(publication(identifier, paths, Kind.CONTAINER)) == paths


def test_container_in_a_folder_with_other_files_travels_file_by_file() -> None:
    paths = ["show_a/pass/a.exr", "show_a/pass/b.exr"]
    assert transfer.source_paths(publication("show_a/pass", paths, Kind.CONTAINER), whole_folder=False) == paths


def test_windows_sequence_identifier_gives_forward_slashes() -> None:
    paths = ["show_a/b.0001.exr", "show_a/b.0002.exr"]
    published = publication("show_a\\b.%04d.exr", paths, Kind.SEQUENCE)
    assert transfer.source_paths(published) == ["show_a/b.%04d.exr[0001-0002]"]


# Tasks.


def test_task_names_client_volume_path_party_and_component() -> None:
    assert transfer.task_payloads(publication("show_a/shot/main.mov"), route()) == [
        {
            "source": f"client={CLIENT}:share=projects/show_a/shot/main.mov",
            "destination": "acme",
            "metadata": {"ftrack_component_id": "c1"},
        }
    ]


@seeded
@given(st.sets(st.integers(0, 50), min_size=1), st.randoms(use_true_random=False))
def test_task_texts_are_the_same_every_time(frames: set[int], random: Any) -> None:
    # Accsyn recognises a task by its texts: another spelling would send the files twice.
    once = transfer.task_payloads(sequence(sorted(frames)), route())
    again = transfer.task_payloads(
        sequence(random.sample(sorted(frames), len(frames))), route(day=DAY + datetime.timedelta(1))
    )
    assert json.dumps(once) == json.dumps(again)
    assert len({task["source"] for task in once}) == len(once)


# Routes.


def test_job_name_says_project_source_destination_and_day() -> None:
    assert route().name == "show_a ftrack upload artist.ws1 > studio.hq 2026-11-21"


def test_job_name_falls_back_to_the_party() -> None:
    assert route(destination=Destination("site=x", "", "")).name.endswith("> site=x 2026-11-21")


UNSAFE = re.compile(r"[\"'*\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


@seeded
@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
def test_job_name_never_contains_what_accsyns_queries_cannot_hold(project: str, location: str, end: str) -> None:
    name = route(project_name=project, location_name=location, destination=Destination("acme", "l", end)).name
    assert not UNSAFE.search(name)
    assert name == name.strip()
    assert "  " not in name
    assert name.endswith(" 2026-11-21")
    name.encode()


def test_awkward_characters_leave_the_rest_of_the_name_readable() -> None:
    name = route(project_name='  "Show\'s"\n*A*\\B ', location_name="ws\t1").name
    assert name == "Show s A B ftrack upload ws 1 > studio.hq 2026-11-21"


def test_same_route_has_the_same_key_in_every_process_and_release() -> None:
    # Another value would not recognise the jobs of an earlier release, and double them.
    assert route().key(0) == "4dc1b1bf-0b2f-5ef3-a211-4085d7dd0b43"


@pytest.mark.parametrize(
    "changes",
    [
        {"project_id": "p2"},
        {"location_id": "l2"},
        {"client_id": "x" * 24},
        {"volume": "library"},
        {"destination": Destination("site=x", "loc-hq", "studio.hq")},
        {"day": DAY + datetime.timedelta(1)},
        {"project_id": "", "project_name": "show_b"},
    ],
)
def test_any_other_route_has_another_key(changes: dict[str, Any]) -> None:
    assert route(**changes).key(0) != route().key(0)


@pytest.mark.parametrize(
    "changes",
    [
        {"project_name": "renamed"},
        {"location_name": "renamed"},
        {"destination": Destination("acme", "loc-2", "another location for the same party")},
    ],
)
def test_renaming_does_not_change_the_key(changes: dict[str, Any]) -> None:
    assert route(**changes).key(0) == route().key(0)


def test_each_generation_has_a_key_of_its_own() -> None:
    assert len({route().key(generation) for generation in range(50)}) == 50


def test_name_that_is_no_utf8_still_has_a_key() -> None:
    broken = [route(project_id="", project_name=name).key(0) for name in ("a\udcff", "a\udcfe", "a")]
    assert len(set(broken)) == 3


# Batches and chunks.


def test_one_batch_for_each_project_in_the_order_of_publishing() -> None:
    entries = [
        entry(1),
        entry(2, project_id="p2", project_name="show_b"),
        entry(3, username="other"),
        entry(4, project_id="", project_name="loose"),
        entry(5, project_id="p2", project_name="show_b"),
    ]
    found = transfer.batches(entries, CLIENT, "projects", HQ, DAY)
    assert [[item.id for item in batch.entries] for batch in found] == [[1, 3], [2, 5], [4]]
    assert [batch.route.project_name for batch in found] == ["show_a", "show_b", "loose"]
    assert found[0].route == route()


@pytest.mark.parametrize("changes", [{"location_id": "l2"}, {"server_url": "https://other.test"}])
def test_equal_projects_of_another_source_are_another_batch(changes: dict[str, str]) -> None:
    assert len(transfer.batches([entry(1), entry(2, **changes)], CLIENT, "projects", HQ, DAY)) == 2


def test_no_entries_are_no_batches() -> None:
    assert transfer.batches([], CLIENT, "projects", HQ, DAY) == []


@seeded
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(1, 50))
def test_chunks_keep_every_entry_whole_in_order_and_below_the_limit(sizes: list[int], limit: int) -> None:
    batch = Batch(route(), tuple(entry(number) for number in range(len(sizes))))
    found = list(transfer.chunks(batch, dict(enumerate(sizes)), limit))
    assert [item.id for chunk in found for item in chunk] == list(range(len(sizes)))
    totals = [sum(sizes[item.id] for item in chunk) for chunk in found]
    assert all(total <= limit or len(chunk) == 1 for total, chunk in zip(totals, found))
    # No call that could have been saved: each chunk's first entry did not fit into the one before.
    assert all(total + sizes[chunk[0].id] > limit for total, chunk in zip(totals, found[1:]))


def test_thousand_small_entries_are_one_chunk() -> None:
    batch = Batch(route(), tuple(entry(number) for number in range(1000)))
    assert len(list(transfer.chunks(batch, dict.fromkeys(range(1000), 1)))) == 1


# Jobs.


def test_job_carries_what_accsyns_ftrack_integration_reads() -> None:
    payload = transfer.job_payload(route(), "the-key", publication(), queue=None)
    assert payload == {
        "code": "show_a ftrack upload artist.ws1 > studio.hq 2026-11-21",
        "mirror_paths": True,
        "settings": {"integration": "ftrack"},
        "metadata": {
            "ftrack_accsyn_key": "the-key",
            "ftrack_workspace": "https://acme.test",
            "ftrack_user": "artist",
            "ftrack_project_id": "p1",
            "ftrack_project_name": "show_a",
            "ftrack_source_location_id": "l1",
            "ftrack_source_location_name": "artist.ws1",
            "ftrack_destination_location_id": "loc-hq",
            "ftrack_destination_location_name": "studio.hq",
        },
    }


@pytest.mark.parametrize(("queue", "expected"), [("High", "High"), (None, None), ("", None)])
def test_queue_is_named_only_where_there_is_one(queue: Any, expected: Any) -> None:
    assert transfer.job_payload(route(), "k", publication(), queue).get("queue") == expected
