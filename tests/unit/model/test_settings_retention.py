"""FTRACK_ACCSYN_RETENTION_DAYS: a whole number of days, or nothing."""

from __future__ import annotations

from typing import Optional

import pytest

from ftrack_accsyn_accessor.model import settings

VARIABLE = "FTRACK_ACCSYN_RETENTION_DAYS"


@pytest.mark.parametrize(("value", "days"), [("1", 1), (" 30 ", 30), ("", None), ("0400", 400)])
def test_whole_number_of_days_is_taken(value: str, days: Optional[int]) -> None:
    found = settings.read({VARIABLE: value})

    assert (found.retention_days, found.problems) == (days, ())


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "soon", "٣", "1e3"])
def test_anything_else_is_reported_and_frees_nothing(value: str) -> None:
    found = settings.read({VARIABLE: value})

    assert found.retention_days is None
    assert [problem.variable for problem in found.problems] == [VARIABLE]


def test_nothing_is_freed_unless_it_is_asked_for() -> None:
    assert settings.read({}).retention_days is None
