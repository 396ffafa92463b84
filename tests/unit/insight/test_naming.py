"""What somebody types, and the items that are meant."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.insight.naming import named
from ftrack_accsyn_accessor.model.errors import NotOne
from unit.outbox.conftest import Desk


def publish(desk: Desk, key: str, **changes: Any) -> None:
    """Publish a component with the id *key*, a second after what was published before it."""
    desk.clock.now += 1
    desk.outbox.prepare([desk.publication(key, **changes)], "owner")


def shots(desk: Desk) -> None:
    """Publish the same asset, version and component for three shots."""
    for shot in ("sh010", "sh020", "sh030"):
        publish(desk, f"id-{shot}", context=f"sq010/{shot}", version_name="comp v001", component_name="main")


def ids(desk: Desk, text: str) -> list[str]:
    return [row.component_id for row in named(desk.outbox, text)]


def candidates(desk: Desk, text: str) -> list[str]:
    with pytest.raises(NotOne) as caught:
        named(desk.outbox, text)
    assert all(each in str(caught.value) for each in caught.value.candidates)
    return list(caught.value.candidates)


def test_words_of_a_row_find_it_in_any_case_and_order(desk: Desk) -> None:
    shots(desk)

    for text in (
        "sh020 comp v001 main",
        "sh020",
        "SH020 Comp",
        "main sq010/sh020",
        "show_a sq010 sh020 comp v001 main",
    ):
        assert ids(desk, text) == ["id-sh020"]


def test_ambiguous_words_list_the_candidates_as_one_types_them(desk: Desk) -> None:
    shots(desk)

    found = candidates(desk, "comp v001 main")

    assert sorted(found) == [f"show_a sq010/{shot} comp v001 main" for shot in ("sh010", "sh020", "sh030")]
    assert [ids(desk, each) for each in sorted(found)] == [["id-sh010"], ["id-sh020"], ["id-sh030"]]


def test_what_nothing_is_called_is_said_with_what_may_be_typed(desk: Desk) -> None:
    shots(desk)

    for text in ("sh01", "comp v00", "sh010 sh020", "nothing", "", " ", "item=99", "request=1", "99"):
        assert candidates(desk, text) == []
