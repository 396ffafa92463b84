"""FTRACK_ACCSYN_PRIORITY: a priority that accsyn takes, or nothing."""

from __future__ import annotations

from typing import Optional

import pytest

from ftrack_accsyn_accessor.model import settings

VARIABLE = "FTRACK_ACCSYN_PRIORITY"


@pytest.mark.parametrize(("value", "priority"), [("0", 0), (" 700 ", 700), ("1000", 1000), ("", None)])
def test_whole_number_that_accsyn_takes_is_taken(value: str, priority: Optional[int]) -> None:
    found = settings.read({VARIABLE: value})

    assert (found.priority, found.problems) == (priority, ())


@pytest.mark.parametrize("value", ["1001", "-1", "0.5", "high", "٣", "1e3", "9" * 5000])
def test_anything_else_is_reported(value: str) -> None:
    found = settings.read({VARIABLE: value})

    assert found.priority is None
    assert [problem.variable for problem in found.problems] == [VARIABLE]
