"""What is wrong with a publish when it is staged: which doubt comes first, and how many names are told."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.item import StagedFile, Trouble
from ftrack_accsyn_accessor.staging.source import doubts

NEVER = "show_a/.DS_Store"


def staged(*paths: str) -> list[StagedFile]:
    return [StagedFile(path, 10, 1) for path in paths]


@pytest.mark.parametrize(
    ("paths", "changes", "troubles"),
    [
        (["show_a/a.mov"], [], []),
        (["show_a/a.mov"], ["a.mov was written to"], [Trouble.SOURCE_CHANGED]),
        ([NEVER], [], [Trouble.NEVER_SENT]),
        ([NEVER, "show_a/a.mov"], ["a.mov was written to"], [Trouble.NEVER_SENT, Trouble.SOURCE_CHANGED]),
    ],
)
def test_the_most_lasting_doubt_comes_first(paths: list[str], changes: list[str], troubles: list[Trouble]) -> None:
    found = doubts(staged(*paths), changes)

    assert [doubt.trouble for doubt in found] == troubles
    assert all(str(doubt) == f"{doubt.trouble.value} {doubt.words}" for doubt in found)


@pytest.mark.parametrize(("count", "more"), [(1, ""), (3, ""), (4, " and 1 more"), (9, " and 6 more")])
def test_three_names_are_told_and_how_many_more_there_are(count: int, more: str) -> None:
    (doubt,) = doubts([], [f"f{number} changed" for number in range(count)])

    told = "; ".join(f"f{number} changed" for number in range(min(count, 3)))
    assert f"{told}{more}" in doubt.words
    assert ("more" in doubt.words) is bool(more)
