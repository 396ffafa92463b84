"""Which staged files may go: policy and proof, as pure rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.item import Item, Kind, Progress, Publication, StagedFile, State
from ftrack_accsyn_accessor.model.naming import EXACT, Naming
from ftrack_accsyn_accessor.upkeep import DAY_S, Policy
from ftrack_accsyn_accessor.upkeep.policy import Evidence, choose, is_pinned, objection, withdrawn_objection

NOW = 1_790_000_000.0


def item(number: int = 1, state: State = State.SYNCED, days: Optional[float] = 10.0, **changes: Any) -> Item:
    """Return an item that was synced *days* ago."""
    path = changes.pop("path", f"show_a/c{number}.mov")
    publication = Publication(
        component_id=f"c{number}",
        component_name="main",
        kind=Kind.FILE,
        resource_identifier=path,
        location_id="staging",
        location_name="artist.ws1",
        server_url="https://acme.test",
        username="artist",
        project_id="p",
        project_name="show_a",
        version_id="v",
        version_name="plate v001",
        files=(StagedFile(path, 10, 1),),
    )
    synced_at = NOW - days * DAY_S if days is not None else None
    values: dict[str, Any] = {
        "id": number,
        "publication": publication,
        "state": state,
        "cause_kind": "",
        "cause": "",
        "attempts": 0,
        "next_try_at": None,
        "created_at": NOW - 100 * DAY_S,
        "updated_at": NOW,
        "job": 1,
        "attempted": False,
        "progress": Progress(10, 10),
        "synced_at": synced_at,
    }
    return Item(**{**values, **changes})


PROVEN = Evidence(
    components=frozenset({"c1", "member"}),
    destination_id="hq",
    arrived=frozenset({"c1", "member", "another"}),
    staged=frozenset({"c1", "member"}),
    registrations=frozenset({"r1", "r2"}),
)


def test_what_the_disk_does_not_show_stays_with_its_words() -> None:
    unreadable = dataclasses.replace(PROVEN, unreadable=("a.mov cannot be looked at: Stale file handle",))
    assert objection(item(), PROVEN) == ""
    assert objection(item(), unreadable) == "a.mov cannot be looked at: Stale file handle"
    assert withdrawn_objection(item(state=State.WITHDRAWN), dataclasses.replace(unreadable, staged=frozenset())) == (
        "a.mov cannot be looked at: Stale file handle"
    )


# Choosing.


def choice(items: list[Item], policy: Policy, pins: Collection[str] = ()) -> list[Item]:
    """Return what *policy* chooses of *items*, which it is given as the outbox does."""
    arrived = sorted(items, key=lambda each: (each.synced_at or 0.0, each.id))
    size_bytes = sum(each.progress.size_bytes for each in items if each.state is State.SYNCED)
    return [*choose(arrived, size_bytes, pins, policy, NOW)]


def chosen(items: list[Item], policy: Policy, *pins: str) -> list[int]:
    return [candidate.id for candidate in choice(items, policy, pins)]


def test_age_chooses_what_arrived_before_the_longest_first() -> None:
    items = [item(1, days=3), item(2, days=30), item(3, days=10), item(4, days=7)]

    assert chosen(items, Policy(older_than_s=7 * DAY_S)) == [2, 3]


def test_quota_chooses_the_oldest_beyond_it_and_no_more() -> None:
    items = [item(number, days=number) for number in (1, 2, 3, 4)]

    assert chosen(items, Policy(quota_bytes=25)) == [4, 3]
    assert chosen(items, Policy(quota_bytes=40)) == []
    assert chosen(items, Policy(quota_bytes=0)) == [4, 3, 2, 1]


def test_quota_never_chooses_what_is_younger_than_the_age() -> None:
    items = [item(number, days=number) for number in (1, 2, 3, 4)]

    assert chosen(items, Policy(older_than_s=3.5 * DAY_S, quota_bytes=20)) == [4]
    assert chosen(items, Policy(older_than_s=1.5 * DAY_S, quota_bytes=35)) == [4]
    assert chosen(items, Policy(older_than_s=1.5 * DAY_S, quota_bytes=0)) == [4, 3, 2]
    assert chosen(items, Policy(older_than_s=9 * DAY_S, quota_bytes=0)) == []


def test_pinned_ones_are_wanted_and_count_towards_the_quota_as_they_stay() -> None:
    items = [item(1, days=1), item(2, days=2), item(3, days=3)]

    assert chosen(items, Policy(quota_bytes=10), "c3") == [3, 2, 1]
    assert chosen(items, Policy(quota_bytes=20), "c3") == [3, 2]
    assert chosen(items, Policy(older_than_s=0.0), "show_a") == [3, 2, 1]


def test_policy_that_asks_for_nothing_chooses_nothing() -> None:
    assert chosen([item(1, days=1000)], Policy()) == []


@pytest.mark.parametrize("state", [state for state in State if state is not State.SYNCED])
def test_what_has_not_arrived_is_never_chosen(state: State) -> None:
    assert chosen([item(1, state)], Policy(older_than_s=0.0, quota_bytes=0)) == []


@pytest.mark.parametrize(
    ("pin", "pinned"),
    [
        ("c1", True),
        ("show_a/sq1/f.mov", True),
        ("show_a/sq1", True),
        ("show_a/sq1/", True),
        ("show_a/sq", False),
        ("./show_a//sq1/.", True),
        (".", True),
        ("Show_A/SQ1", False),
        ("c2", False),
        ("show_a/sq1/f.mov.bak", False),
    ],
)
def test_pin_names_a_component_or_a_path_with_what_is_below(pin: str, pinned: bool) -> None:
    found = item(path="show_a/sq1/f.mov")

    assert is_pinned(found, [pin]) is pinned


@pytest.mark.parametrize(
    ("naming", "kept"),
    [(EXACT, {1}), (Naming(any_case=True), {1, 2}), (Naming(any_form=True), {1, 3}), (Naming(True, True), {1, 2, 3})],
)
def test_pin_keeps_all_that_its_spelling_leads_to_on_the_disk(naming: Naming, kept: set[int]) -> None:
    paths = ("show_a/é/f.mov", "show_a/É/f.mov", "show_a/e\u0301/f.mov", "show_a/e/f.mov")
    items = [item(number, path=path) for number, path in enumerate(paths, 1)]

    assert {each.id for each in items if is_pinned(each, ["show_a/é"], naming)} == kept


@pytest.mark.parametrize(("kind", "pinned"), [(Kind.CONTAINER, True), (Kind.FILE, False)])
def test_pin_of_a_part_keeps_the_whole(kind: Kind, pinned: bool) -> None:
    found = item(path="show_a/pack")
    found = dataclasses.replace(found, publication=dataclasses.replace(found.publication, kind=kind))

    assert is_pinned(found, ["show_a/pack/textures"]) is pinned


# Proof.


def test_nothing_objects_to_what_is_proven() -> None:
    assert objection(item(), PROVEN) == ""


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"destination_id": ""}, "no ftrack location"),
        ({"destination_id": "staging"}, "the staging location itself"),
        ({"components": frozenset()}, "does not know it any more"),
        ({"components": frozenset({"member"})}, "does not know it any more"),
        ({"arrived": frozenset()}, "2 components of it at the destination"),
        ({"arrived": frozenset({"c1"})}, "1 component of it at the destination"),
        ({"changed": frozenset({"show_a/c1.mov"})}, "was written to"),
        ({"shared": frozenset({"show_a/c1.mov"})}, "belongs to another component"),
        ({"carried": frozenset({"show_a/c1.mov"})}, "is in a folder that is still to be sent"),
        ({"missing": frozenset({"show_a/c1.mov"})}, "staged files are missing"),
    ],
)
def test_gap_in_the_proof_is_an_objection(changes: dict[str, Any], word: str) -> None:
    assert word in objection(item(), dataclasses.replace(PROVEN, **changes))


def test_files_that_an_earlier_run_has_removed_are_no_objection() -> None:
    gone = dataclasses.replace(PROVEN, staged=frozenset(), missing=frozenset({"show_a/c1.mov"}))

    assert objection(item(), gone) == ""


@pytest.mark.parametrize("state", [state for state in State if state is not State.SYNCED])
def test_item_that_is_not_synced_is_never_proven(state: State) -> None:
    assert objection(item(state=state), PROVEN) == "it has not arrived"


# Withdrawn.


def test_nothing_objects_to_withdrawn_files_that_nobody_needs_whatever_ftrack_knows_of_the_component() -> None:
    assert withdrawn_objection(item(state=State.WITHDRAWN, days=None), Evidence()) == ""
    known = Evidence(components=frozenset({"c1"}), missing=frozenset({"show_a/c1.mov"}))
    assert withdrawn_objection(item(state=State.WITHDRAWN, days=None), known) == ""


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"staged": frozenset({"c1"})}, "has it in the staging location after all"),
        ({"staged": frozenset({"member"})}, "has it in the staging location after all"),
        ({"claimed": frozenset({"c2"})}, "the component c2 in the staging location under its path"),
        ({"changed": frozenset({"show_a/c1.mov"})}, "was written to"),
        ({"shared": frozenset({"show_a/c1.mov"})}, "belongs to another component"),
        ({"carried": frozenset({"show_a/c1.mov"})}, "is in a folder that is still to be sent"),
    ],
)
def test_whoever_may_need_withdrawn_files_is_an_objection(changes: dict[str, Any], word: str) -> None:
    assert word in withdrawn_objection(item(state=State.WITHDRAWN, days=None), Evidence(**changes))


RESTING = (State.WITHDRAWN, State.SYNCED, State.NEEDS_ATTENTION)


@pytest.mark.parametrize("state", [state for state in State if state not in RESTING])
def test_item_that_is_not_withdrawn_never_goes_as_one(state: State) -> None:
    assert withdrawn_objection(item(state=state), Evidence()) == "it is not withdrawn"


@pytest.mark.parametrize("state", RESTING[1:])
def test_item_that_rests_goes_as_a_withdrawn_one_only_while_ftrack_does_not_know_it(state: State) -> None:
    assert withdrawn_objection(item(state=state), Evidence()) == ""
    assert withdrawn_objection(item(state=state), Evidence(components=frozenset({"c1"}))) == "ftrack knows it"


names = st.frozensets(st.sampled_from(["c1", "m1", "m2"]))
files = st.frozensets(st.sampled_from(["show_a/c1.mov"]))
evidence = st.builds(
    Evidence,
    components=names,
    destination_id=st.sampled_from(["", "hq", "staging"]),
    arrived=names,
    staged=names,
    registrations=st.just(frozenset()),
    missing=files,
    changed=files,
    shared=files,
    carried=files,
)


@given(state=st.sampled_from(State), days=st.one_of(st.none(), st.floats(0, 100)), evidence=evidence)
def test_nothing_unproven_is_ever_let_go(state: State, days: Optional[float], evidence: Evidence) -> None:
    candidate = item(state=state, days=days)

    if objection(candidate, evidence) == "":
        assert state is State.SYNCED
        assert days is not None
        assert evidence.destination_id not in ("", candidate.publication.location_id)
        assert "c1" in evidence.components <= evidence.arrived
        assert not evidence.changed
        assert not evidence.shared
        assert not evidence.carried


ages = st.floats(0, 100, allow_nan=False)


@settings(deadline=None)  # a busy machine is no fault
@given(
    items=st.lists(st.tuples(st.sampled_from(State), ages), max_size=12),
    pins=st.sets(st.sampled_from([f"c{number}" for number in range(12)])),
    older=st.one_of(st.none(), ages),
    quota=st.one_of(st.none(), st.integers(0, 150)),
)
def test_choice_keeps_pins_and_what_moves_and_meets_the_quota_as_far_as_it_may(
    items: list[tuple[State, float]], pins: set[str], older: Optional[float], quota: Optional[int]
) -> None:
    candidates = [item(number, state, days) for number, (state, days) in enumerate(items)]
    policy = Policy(older * DAY_S if older is not None else None, quota)

    wanted = choice(candidates, policy, pins)
    going = [candidate for candidate in wanted if not is_pinned(candidate, pins)]

    synced = [candidate for candidate in candidates if candidate.state is State.SYNCED]
    old = [each for each in synced if older is None or NOW - (each.synced_at or NOW) > older * DAY_S]
    assert all(candidate in old for candidate in wanted)
    assert [candidate.synced_at for candidate in wanted] == sorted(candidate.synced_at or 0 for candidate in wanted)
    left = [candidate for candidate in synced if candidate not in going]
    if quota is not None and any(not is_pinned(candidate, pins) and candidate in old for candidate in left):
        assert sum(candidate.progress.size_bytes for candidate in left) <= quota
    if quota is not None and going:
        assert sum(candidate.progress.size_bytes for candidate in (*left, going[-1])) > quota
    if older is None and quota is None:
        assert wanted == []
