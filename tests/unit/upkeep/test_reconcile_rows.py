"""What reconciling makes of ftrack's rows: names as a publish would have them, and a publisher or none."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.upkeep.reconcile import _as_version


def version(**changes: Any) -> dict[str, Any]:
    names = ("show_a", "sq010", "sh010", "plate v7")
    link = [{"id": name, "name": name, "type": "Any"} for name in names]
    return {"asset": {"name": "plate"}, "version": 7, "user": {"username": "sam"}, "link": link, **changes}


def test_version_has_its_name_project_context_and_publisher() -> None:
    found = _as_version(version(), "p1", {"p1": "show_a", "p2": "show_b"})

    assert (found.name, found.project_id, found.project_name, found.username) == ("plate v007", "p1", "show_a", "sam")
    assert found.context == "sq010/sh010"


@pytest.mark.parametrize(
    ("changes", "project_id", "expected"),
    [
        ({"user": None}, "p1", ("plate v007", "show_a", "", "sq010/sh010")),
        ({"version": 1234}, "p1", ("plate v1234", "show_a", "sam", "sq010/sh010")),
        ({"link": version()["link"][::3]}, "p1", ("plate v007", "show_a", "sam", "")),
        ({"link": None}, "", ("plate v007", "", "sam", "")),
        ({}, "gone", ("plate v007", "", "sam", "sq010/sh010")),
    ],
)
def test_what_a_version_lacks_is_empty(changes: dict[str, Any], project_id: str, expected: tuple[str, ...]) -> None:
    found = _as_version(version(**changes), project_id, {"p1": "show_a"})

    assert (found.name, found.project_name, found.username, found.context) == expected
