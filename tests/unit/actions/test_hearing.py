"""Updates come by the thousand, in every shape: only assignments by others are a reason to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.actions.assigned import Assigned, Wish
from ftrack_accsyn_accessor.actions.tending import Tending
from ftrack_accsyn_accessor.outbox import Outbox


@pytest.fixture
def watch(tmp_path: Path) -> Assigned:
    """Return one that is not started, and so opens nothing."""
    return Assigned(Outbox(tmp_path / "outbox.sqlite3"), lambda: 1 / 0, Wish(), "admin")  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("data", "username", "due"),
    [
        ({"entities": [{"entityType": "appointment"}]}, "ana", True),
        ({"entities": [{"entityType": "task"}, {"action": "add", "entityType": "Appointment"}]}, None, True),
        ({"entities": [{"entityType": "appointment"}]}, "admin", False),
        ({"entities": [{"entityType": "socialfeed", "action": "add"}, {}, None]}, "ana", False),
        ({"entities": None}, "ana", False),
        ({}, "ana", False),
        (None, "ana", False),
    ],
)
def test_only_assignments_by_others_are_a_reason_to_look(watch: Assigned, data: Any, username: Any, due: bool) -> None:
    watch.heard({"source": {"user": {"username": username}}, "data": data})
    assert watch._event.is_set() is due


def test_an_update_without_a_user_is_no_error(watch: Assigned) -> None:
    for source in (None, {}, {"user": None}):
        watch.heard({"source": source, "data": {"entities": [{"entityType": "appointment"}]}})
    assert watch._event.is_set()


@pytest.mark.parametrize(
    ("entities", "due"),
    [
        ([{"entityType": "appointment"}], True),
        ([{"entityType": "task", "action": "update", "keys": ["statusid"]}], True),
        ([{"entityType": "task", "action": "remove"}], True),
        ([{"entityType": "task", "action": "update", "keys": ["name"]}, None, {}], False),
        ([{"entityType": "task", "keys": 7}], False),
        (7, False),
        (None, False),
    ],
)
def test_what_may_begin_or_end_work_is_a_reason_to_look_at_access_whoever_did_it(entities: Any, due: bool) -> None:
    tended = Tending(lambda: 1 / 0, None, lambda: True)  # type: ignore[arg-type,return-value]  # never started
    tended.heard({"source": {"user": {"username": "admin"}}, "data": {"entities": entities}})
    tended.heard(None)
    assert tended._due.is_set() is due
