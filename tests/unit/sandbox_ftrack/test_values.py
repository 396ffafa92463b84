"""Values between the wire, the store and expressions."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from ftrack_accsyn_sandbox.ftrack.errors import ServerError
from ftrack_accsyn_sandbox.ftrack.schema import Attribute
from ftrack_accsyn_sandbox.ftrack.values import now, to_stored, to_wire


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("string", "x", "x"),
        ("string", 7, "7"),
        ("integer", "12", 12),
        ("integer", 12, 12),
        ("number", "1.5", 1.5),
        ("number", "2", 2),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("boolean", 1, True),
        ("json", '{"a": 1}', '{"a": 1}'),
        ("datetime", {"__type__": "datetime", "value": "2026-10-10T10:12:09+00:00"}, "2026-10-10T10:12:09"),
        ("datetime", "2026-10-10T10:12:09.123456", "2026-10-10T10:12:09"),
        ("datetime", "2026-10-10T12:12:09+02:00", "2026-10-10T10:12:09"),
        ("datetime", "2026-10-10 10:12", "2026-10-10T10:12:00"),
        ("datetime", "2026-10-10", "2026-10-10T00:00:00"),
        ("datetime", date(2026, 10, 10), "2026-10-10T00:00:00"),
        ("datetime", datetime(2026, 10, 10, 1, tzinfo=timezone(timedelta(hours=2))), "2026-10-09T23:00:00"),
        ("datetime", None, None),
    ],
)
def test_value_is_stored_in_one_form(kind: str, given: Any, stored: Any) -> None:
    assert to_stored(Attribute("a", kind), given) == stored


@pytest.mark.parametrize(
    ("kind", "given"),
    [("integer", "five"), ("number", "x"), ("boolean", "maybe"), ("datetime", "soon"), ("datetime", 5), ("string", [])],
)
def test_value_of_the_wrong_type_is_an_integrity_error(kind: str, given: Any) -> None:
    with pytest.raises(ServerError) as caught:
        to_stored(Attribute("a", kind), given)
    assert caught.value.exception == "IntegrityError"


def test_value_that_is_no_choice_is_refused_with_the_choices() -> None:
    with pytest.raises(ServerError, match="'paused' is not one of the values of 'status': queued, done"):
        to_stored(Attribute("status", "string", choices=("queued", "done")), "paused")


def test_date_goes_out_marked_as_such() -> None:
    marked = {"__type__": "datetime", "value": "2026-10-10T10:12:09"}
    assert to_wire(Attribute("a", "datetime"), "2026-10-10T10:12:09") == marked
    assert to_wire(Attribute("a", "datetime"), None) is None


def test_now_has_the_stored_form() -> None:
    assert to_stored(Attribute("a", "datetime"), now()) is not None
