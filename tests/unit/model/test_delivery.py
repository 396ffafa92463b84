"""What downloads prove of a delivery, and what is said of it."""

from __future__ import annotations

import posixpath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import delivery
from ftrack_accsyn_accessor.model.accsyn import Task
from ftrack_accsyn_accessor.model.delivery import Delivery, Download, Downloaded, Fetched

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)


def task(path: str, size: Any = 10, status: str = "done") -> Task:
    return Task.from_answer({"id": path, "status": status, "size": size, "source": {"path": path}})


@pytest.mark.parametrize(
    ("tasks", "fetched"),
    [
        ([], Fetched()),
        ([task("a/x", 10)], Fetched(10, False)),
        ([task("a/x", 10), task("a/y", 5)], Fetched(15, True)),
        ([task("a/x", 10), task("a/y", 5, "executing")], Fetched(10, False, True)),
        ([task("a/x", 10), task("a/y", 5, "failed")], Fetched(10, False)),
        ([task("a/x", 9), task("a/y", 5)], Fetched(5, False, False, "a/x was fetched with 9 bytes instead of 10")),
        ([task("a/x", 9), task("a/x", 10), task("a/y", 5)], Fetched(15, True)),
        ([task("a/x", None), task("a/y", None)], Fetched(15, True)),
        ([task("a", 40)], Fetched(15, True)),
        ([task("a", 39)], Fetched()),
        ([task("a/xx", 10), task("b/y", 5)], Fetched()),
    ],
)
def test_an_item_is_fetched_when_each_of_its_files_was_with_its_size(tasks: list[Task], fetched: Fetched) -> None:
    assert Downloaded(tasks, {"a": 40}).of(["a/x", "a/y"], {"a/x": 10, "a/y": 5}) == fetched


_paths = st.sampled_from(["a", "a/x", "a/y", "b", "b/z", "b/c/w"])
_tasks = st.lists(
    st.builds(task, _paths, st.sampled_from([None, 1, 2]), st.sampled_from(["done", "failed", "executing"]))
)


@seeded
@given(tasks=_tasks, paths=st.lists(_paths, min_size=1), sizes=st.dictionaries(_paths, st.sampled_from([0, 1, 2])))
def test_nothing_is_whole_without_a_download_of_it_or_of_what_it_lies_in(
    tasks: list[Task], paths: list[str], sizes: dict[str, int]
) -> None:
    def fetched(path: str, wanted: int) -> bool:
        own = (each for each in tasks if each.source["path"] == path and each.status == "done")
        return any(not wanted or each.size_bytes in (None, wanted) for each in own)

    def holds(folder: str, above: str) -> int:
        """What is known of a folder: only what lies in the one that is asked for."""
        return sum(size for file, size in below(folder).items() if above.startswith(folder) and file.startswith(above))

    def below(path: str) -> dict[str, int]:
        return {} if path in sizes else {file: size for file, size in sizes.items() if file.startswith(f"{path}/")}

    def covered(path: str) -> bool:
        if fetched(path, sizes.get(path) or holds(path, path)) or lies_in_fetched(path, path):
            return True
        parts = below(path)
        return bool(parts) and all(fetched(each, size) or lies_in_fetched(each, path) for each, size in parts.items())

    def lies_in_fetched(path: str, folder: str) -> bool:
        above = posixpath.dirname(path)
        return bool(above) and (fetched(above, holds(folder, above)) or lies_in_fetched(above, folder))

    assert Downloaded(tasks, {}).of(paths, sizes).whole == all(map(covered, paths))


@pytest.mark.parametrize(
    ("row", "until"),
    [
        ({"created": "2026-01-02T03:04:05"}, "2026-02-01"),
        ({"created": "2026-01-02T03:04:05", "expires": "2026-01-09T00:00:00"}, "2026-01-09"),
        ({"created": "2026-01-02", "expiry": None}, "2026-02-01"),
        ({"created": "yesterday"}, ""),
        ({}, ""),
    ],
)
def test_until_when_it_is_open_is_told_by_accsyn_or_its_default(row: dict[str, Any], until: str) -> None:
    found = Delivery.from_answer({"id": "1", "name": "n", "status": "waiting", **row})
    assert (found.until, found.finished) == (until, False)
    words = delivery.waits("v@x.y", found, cancelled=False)[0]
    assert words == f"It waits for v@x.y to fetch it{f', until {until}' if until else ''}."


@pytest.mark.parametrize("told", ["v@x.y", "user:v@x.y[standard](66aa)"])
def test_whose_download_it_is_is_told_in_either_way(told: str) -> None:
    found = Download.from_answer({"id": "1", "parent": "2", "user": "3", "user_hr": told, "status": "failed"})
    assert (found.delivery, found.user_id, found.address, found.goes_on) == ("2", "3", "v@x.y", False)


@pytest.mark.parametrize("status", ["done", "aborted", delivery.GONE])
def test_what_has_ended_is_finished_and_says_what_to_do(status: str) -> None:
    found = Delivery("1", "n", status)
    assert found.finished
    what, remedy = delivery.ended("v@x.y", found)
    assert what.startswith('The delivery "n" ')
    assert remedy == "Retry it to have it delivered anew."
