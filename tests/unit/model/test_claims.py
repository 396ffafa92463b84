"""Whose a path is: every machine decides from the same registrations, and alike."""

from __future__ import annotations

import dataclasses
import random
import unicodedata
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.claims import Claim, conflict, rule, spellings
from ftrack_accsyn_accessor.model.item import Item
from making import item as make_item

HQ = "loc-hq"
PATH = "show_a/shot/main.mov"


def item(component_id: str = "c1", location_id: str = "l1", path: str = PATH) -> Item:
    return make_item(1, component_id=component_id, location_id=location_id, identifier=path)


def claim(component_id: str = "c1", location_id: str = "l1", **changes: Any) -> Claim:
    values: dict[str, Any] = {
        "component_id": component_id,
        "component_name": "main",
        "resource_identifier": PATH,
        "location_id": location_id,
        "location_name": {"l1": "artist.ws1", "l2": "artist.ws2", HQ: "studio.hq"}.get(location_id, location_id),
        "version_name": "shot v001",
        "version_date": "2026-11-21T10:00:00+00:00",
    }
    return Claim(**{**values, **changes})


def rival(of: Item, *claims: Claim, destination_id: str = HQ) -> Optional[str]:
    (ruling,) = rule([of], claims, destination_id)
    return ruling.rival.component_id if ruling.rival is not None else None


def test_component_alone_under_its_path_is_staged_and_has_no_rival() -> None:
    own = claim()

    assert rule([item()], [own], HQ) == [(item(), own, False, None)]


def test_component_that_is_registered_nowhere_is_not_staged() -> None:
    assert rule([item()], [claim("c2", path := "l2", resource_identifier=f"{path}/other.mov")], HQ) == [
        (item(), None, False, None)
    ]


def test_own_registration_at_the_destination_is_told_under_whatever_identifier() -> None:
    (ruling,) = rule([item()], [claim(), claim(location_id=HQ, resource_identifier="where/accsyn/put/it.mov")], HQ)

    assert ruling.available
    assert ruling.rival is None


def test_path_at_the_destination_belongs_to_the_component_that_is_registered_there() -> None:
    later = claim("c2", HQ, version_date="2026-12-24T10:00:00+00:00")

    assert rival(item(), claim(), later) == "c2"
    assert rival(item(), claim(), later, destination_id="") is None


@pytest.mark.parametrize("location_id", ["l1", "l2"])
def test_of_two_on_their_way_the_version_that_ftrack_dates_first_goes(location_id: str) -> None:
    earlier = claim("c2", location_id, version_date="2026-11-21T09:59:59+00:00")
    later = claim("c0", location_id, version_date="2026-11-21T10:00:00.5+00:00")

    assert rival(item(), claim(), earlier) == "c2"
    assert rival(item(), claim(), later) is None


def test_equal_dates_let_the_smaller_id_go_and_what_has_no_version_comes_last() -> None:
    assert rival(item("c2"), claim("c2"), claim("c1", "l2")) == "c1"
    assert rival(item("c1"), claim("c1"), claim("c2", "l2")) is None
    assert rival(item("c1"), claim("c1", version_date=""), claim("c2", "l2")) == "c2"
    assert rival(item("c1"), claim("c1", version_date=""), claim("c2", "l2", version_date="")) is None


def test_what_has_been_at_the_destination_keeps_its_path_against_an_earlier_version() -> None:
    earlier = claim("c2", "l2", version_date="2020-01-01T00:00:00+00:00")

    assert rival(item(), claim(), claim(location_id=HQ), earlier) is None
    assert rival(item("c2", "l2"), claim(), claim(location_id=HQ), earlier) == "c1"


def test_same_component_in_another_staging_location_and_its_members_are_no_rivals() -> None:
    member = claim("frame", "l2", within=("inner", "c1"), version_date="2020-01-01T00:00:00+00:00")

    assert rival(item(), claim(), claim(location_id="l2"), member) is None


def test_member_of_another_container_is_a_rival() -> None:
    assert rival(item(), claim(), claim("frame", HQ, within=("sequence",))) == "frame"


@pytest.mark.parametrize(
    "other", ["show_a/SHOT/Main.mov", "show_a\\shot\\main.mov", "/show_a//shot/main.mov", "show_a/shot/./main.mov"]
)
def test_names_that_may_be_one_file_on_some_storage_are_one_path(other: str) -> None:
    assert rival(item(), claim(), claim("c2", HQ, resource_identifier=other)) == "c2"


def test_forms_of_unicode_are_one_path_and_each_is_asked_for() -> None:
    composed, decomposed = (unicodedata.normalize(form, "show_a/Größe.mov") for form in ("NFC", "NFD"))

    assert spellings(composed) == spellings(decomposed) == {composed, decomposed}
    own = claim(resource_identifier=composed)
    assert rival(item(path=composed), own, claim("c2", HQ, resource_identifier=decomposed)) == "c2"


@pytest.mark.parametrize(("forgotten", "within"), [("c0", ()), ("pack", ("pack",))])
def test_what_nobody_wants_sent_from_here_is_no_rival_here(forgotten: str, within: tuple[str, ...]) -> None:
    other = claim("c0", "l1", version_date="2026-01-01T00:00:00", within=within)
    mine = claim()
    assert rival(item(), mine, other) == "c0"

    (ruling,) = rule([item()], [mine, other], HQ, {forgotten})
    assert ruling.rival is None
    for elsewhere in (HQ, "l2"):
        (ruling,) = rule([item()], [mine, dataclasses.replace(other, location_id=elsewhere)], HQ, {forgotten})
        assert ruling.rival is not None


def test_component_that_ftrack_does_not_show_under_its_path_gives_way() -> None:
    """Other machines do not see it there either, and would not give way."""
    assert rival(item(), claim(resource_identifier="elsewhere"), claim("c2", "l2")) == "c2"
    assert rival(item(), claim(resource_identifier="elsewhere")) is None


def test_destination_that_is_the_staging_location_is_none() -> None:
    (ruling,) = rule([item()], [claim()], "l1")

    assert not ruling.available


def test_conflict_names_the_first_component_its_location_and_what_to_do() -> None:
    arrived = str(conflict(item(), claim("c2", HQ), HQ))
    under_way = str(conflict(item(), claim("c2", "l2", version_name=""), HQ))

    assert "shot v001 main (c2) is there, registered in studio.hq" in arrived
    assert PATH in arrived
    assert "main (c2) is on its way there, registered in artist.ws2, and goes first" in under_way
    assert "then retry it" in under_way


claims = st.lists(
    st.tuples(
        st.sampled_from([f"c{number}" for number in range(5)]),
        st.sampled_from(["l1", "l2", "l3"]),
        st.sampled_from(["", "2026-11-21T10:00:00+00:00", "2026-11-21T10:00:01+00:00"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[:2],
)


@given(rows=claims, seed=st.randoms(use_true_random=False))
def test_of_any_set_on_its_way_exactly_one_component_goes_and_all_machines_agree(
    rows: list[tuple[str, str, str]], seed: random.Random
) -> None:
    dates = {component_id: date for component_id, _, date in rows}  # a component has one version
    registered = [claim(component, location, version_date=dates[component]) for component, location, _ in rows]
    going = set()
    for component_id, location_id, _ in rows:  # each machine asks for itself, and ftrack answers in any order
        seen = [dataclasses.replace(each) for each in registered]
        seed.shuffle(seen)
        if rival(item(component_id, location_id), *seen) is None:
            going.add(component_id)

    assert len(going) == 1
