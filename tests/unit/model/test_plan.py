"""What a plan makes of what was asked for: whatever the order, each thing has one fate, and the sums add up."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, Reason, StagedFile, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Part, Plan, Planned, Sum, World, make, make_all
from ftrack_accsyn_accessor.model.request import Wanted

STUDIO = Studio("https://acme.ftrackapp.com", "acme")
ENDS = (Endpoint("hq", "l-hq", "studio.hq"), Endpoint("site=london", "l-lon", "studio.london"))


def wanted(component_id: str = "c1", path: str = "show/a.mov", size_bytes: int = 10, kind: Kind = Kind.FILE) -> Wanted:
    publication = Publication(
        component_id=component_id,
        component_name="main",
        kind=kind,
        resource_identifier=path if component_id else "",
        location_id="l-hq",
        location_name="studio.hq",
        server_url=STUDIO.server_url,
        username="",
        project_id="p1",
        project_name="show",
        version_id="v1",
        version_name="plate v001",
        files=(StagedFile(path, size_bytes, 0),) if kind is Kind.FILE else (),
        workspace="acme",
        path=path,
    )
    return Wanted(publication)


def frames(component_id: str, pattern: str, *paths: str) -> Wanted:
    plain = wanted(component_id, pattern, kind=Kind.SEQUENCE)
    files = tuple(StagedFile(path, 5, 0) for path in paths)
    return Wanted(dataclasses.replace(plain.publication, files=files))


NOTHING = World()


def plan(*asked: Wanted, world: World = NOTHING, misplaced: tuple[Planned, ...] = ()) -> Plan:
    return make(Reason.SEND, STUDIO, ENDS, asked, misplaced, world)


def only(found: Plan) -> Planned:
    (planned,) = found.planned
    return planned


def test_what_nothing_is_known_of_goes() -> None:
    found = plan(wanted())
    assert only(found).fate is Fate.GOES
    assert found.going == [wanted()]
    assert found.sum(Fate.GOES) == Sum(1, 1, 10)


def test_what_is_registered_there_is_there_though_nobody_can_be_reached() -> None:
    found = plan(wanted(), world=World(there={"c1"}, unreachable={("l-hq", "projects"): "offline"}))
    assert only(found).fate is Fate.THERE


def test_what_another_item_carries_is_on_its_way_in_its_words() -> None:
    each = only(plan(wanted(), world=World(moving={wanted().key: "ada since noon"})))
    assert (each.fate, each.cause) == (Fate.ON_ITS_WAY, "ada since noon")


def test_what_needs_attention_in_another_request_cannot_go_unless_somebody_else_carries_it() -> None:
    stuck = World(stuck={wanted().key: "It needs attention in request 4."}, unreachable={("l-hq", "projects"): "x"})
    each = only(plan(wanted(), world=stuck))
    assert (each.fate, each.obstacle, each.cause) == (
        Fate.CANNOT,
        Obstacle.STUCK,
        "It needs attention in request 4.",
    )
    assert only(plan(wanted(), world=stuck._replace(moving={wanted().key: "ada"}))).fate is Fate.ON_ITS_WAY
    assert only(plan(wanted(), world=stuck._replace(there={"c1"}))).fate is Fate.THERE


@pytest.mark.parametrize(
    ("asked", "world", "obstacle", "words"),
    [
        (frames("c1", "show/a.%04d.exr"), World(), Obstacle.EMPTY, "no files"),
        (wanted(path="show/.DS_Store"), World(), Obstacle.NEVER_SENT, "show/.DS_Store"),
        (frames("c1", "show/pack", "show/pack/Thumbs.db"), World(), Obstacle.NEVER_SENT, "Thumbs.db"),
        (
            wanted(),
            World(unreachable={("l-hq", "projects"): "The server is offline."}),
            Obstacle.UNREACHABLE,
            "offline",
        ),
        (wanted(), World(rivals={"c1": "plate v002 main (c9) is there."}), Obstacle.CONFLICT, "c9"),
        (wanted(), World(free_bytes=9), Obstacle.NO_SPACE, "10 B"),
    ],
)
def test_what_cannot_go_says_why(asked: Wanted, world: World, obstacle: Obstacle, words: str) -> None:
    each = only(plan(asked, world=world))
    assert (each.fate, each.obstacle) == (Fate.CANNOT, obstacle)
    assert words in each.cause


def test_only_the_volume_that_cannot_be_reached_keeps_files_from_going() -> None:
    found = plan(wanted(), world=World(unreachable={("l-hq", "other"): "offline"}))
    assert only(found).fate is Fate.GOES


def test_a_folder_that_nobody_has_counted_is_not_empty() -> None:
    assert only(plan(wanted("", "show/scans", kind=Kind.FOLDER))).fate is Fate.GOES


def test_a_misplaced_component_keeps_its_obstacle() -> None:
    lost = Planned(wanted(), Fate.CANNOT, Obstacle.NO_PATH, "outside")
    assert plan(misplaced=(lost,)).planned == (lost,)


def test_of_two_with_one_path_the_version_that_is_dated_first_goes() -> None:
    later, first = wanted("c1", "show/A.mov"), wanted("c2", "show/a.mov")
    found = plan(later, first, world=World(dates={"c1": "2026-02-01", "c2": "2026-01-01"}))
    assert found.going == [first]
    (lost,) = found.of(Fate.CANNOT)
    assert lost.obstacle is Obstacle.CONFLICT
    assert "plate v001 main (c2)" in lost.cause


def test_of_two_without_a_date_the_smaller_id_goes_and_undated_ones_give_way() -> None:
    assert plan(wanted("c2"), wanted("c1")).going == [wanted("c1")]
    assert plan(wanted("c1"), wanted("c2"), world=World(dates={"c2": "2026"})).going == [wanted("c2")]


def test_what_is_there_keeps_its_path_whatever_the_dates() -> None:
    found = plan(wanted("c1"), wanted("c2"), world=World(there={"c2"}, dates={"c1": "2026"}))
    assert not found.going
    assert found.of(Fate.CANNOT)[0].obstacle is Obstacle.CONFLICT


def test_a_single_file_that_is_a_frame_of_a_sequence_is_a_conflict() -> None:
    sequence = frames("c1", "show/a.%04d.exr", "show/a.0001.exr", "show/a.0002.exr")
    found = plan(sequence, wanted("c2", "show/A.0002.exr"))
    assert found.going == [sequence]


def test_sequences_that_share_a_frame_under_other_names_are_a_conflict() -> None:
    one = frames("c1", "show/a.%04d.exr", "show/a.1001.exr", "show/a.1002.exr")
    other = frames("c2", "show/a.%d.exr", "show/a.1002.exr", "show/a.1003.exr")
    assert plan(other, one).going == [one]


def test_only_the_source_that_cannot_be_reached_keeps_files_from_going() -> None:
    found = plan(wanted(), world=World(unreachable={("l-tokyo", "projects"): "offline"}))
    assert only(found).fate is Fate.GOES


def test_what_comes_from_several_sources_to_one_path_is_a_conflict() -> None:
    parts = [Part(ENDS[0], [wanted("c2")]), Part(ENDS[1], [wanted("c1"), wanted("c3", "show/b.mov"), wanted("c2")])]
    first, second = make_all(Reason.GET, STUDIO, ENDS[1], parts, NOTHING, ["said once"])
    assert (first.going, second.going) == ([], [wanted("c1"), wanted("c3", "show/b.mov")])
    assert first.of(Fate.CANNOT)[0].obstacle is Obstacle.CONFLICT
    assert (len(first.planned), len(second.planned)) == (1, 2)
    assert (first.remarks, second.remarks) == (("said once",), ())


def test_space_goes_to_those_that_come_first_and_what_still_fits() -> None:
    found = plan(wanted("c3", "3", 4), wanted("c2", "2", 9), wanted("c1", "1", 5), world=World(free_bytes=10))
    assert [each.publication.component_id for each in found.going] == ["c3", "c1"]
    assert found.of(Fate.CANNOT)[0].obstacle is Obstacle.NO_SPACE


_PATHS = st.sampled_from(["show/a.mov", "show/A.mov", "show/b/c.exr", "show/.DS_Store", "other/x"])
_ASKED = st.builds(
    wanted,
    st.sampled_from(["", "c1", "c2", "c3", "c4"]),
    _PATHS,
    st.integers(0, 50),
    st.sampled_from([Kind.FILE, Kind.FOLDER]),
)
_IDS = st.sets(st.sampled_from(["c1", "c2", "c3", "c4"]))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Wanted], list[Planned], World]:
    asked = draw(st.lists(_ASKED, max_size=8, unique_by=lambda each: each.key))
    lost = [Planned(each, Fate.CANNOT, Obstacle.NO_PATH, "x") for each in draw(st.lists(_ASKED, max_size=3))]
    world = World(
        there=draw(_IDS),
        moving={each.key: "somebody" for each in asked if draw(st.booleans())},
        stuck={each.key: "aborted" for each in asked if draw(st.integers(0, 3)) == 0},
        rivals=dict.fromkeys(draw(_IDS), "another"),
        unreachable={("l-hq", "projects"): "offline"} if draw(st.integers(0, 5)) == 0 else {},
        free_bytes=draw(st.none() | st.integers(0, 100)),
        dates=dict.fromkeys(draw(_IDS), "2026"),
    )
    return asked, lost, world


@given(cases())
def test_fates_partition_what_was_asked_for_and_sums_add_up(case: tuple[list[Wanted], list[Planned], World]) -> None:
    asked, lost, world = case
    found = plan(*asked, *asked, misplaced=tuple(lost), world=world)
    keys = [each.wanted.key for each in found.planned]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {each.key for each in asked} | {each.wanted.key for each in lost}
    sums = [found.sum(fate) for fate in Fate]
    publications = [each.wanted.publication for each in found.planned]
    assert sum(each.items for each in sums) == len(publications)
    assert sum(each.files for each in sums) == sum(len(each.files) for each in publications)
    assert sum(each.size_bytes for each in sums) == sum(each.size_bytes for each in publications)


@given(cases())
def test_nothing_goes_twice_nor_onto_another_and_all_fits(case: tuple[list[Wanted], list[Planned], World]) -> None:
    asked, lost, world = case
    going = plan(*asked, misplaced=tuple(lost), world=world).going
    assert len({each.publication.path.casefold() for each in going}) == len(going)
    assert not any(each.publication.component_id in world.there for each in going)
    if world.free_bytes is not None:
        assert sum(each.publication.size_bytes for each in going) <= world.free_bytes


@given(cases(), st.randoms(use_true_random=False))
def test_a_fate_does_not_depend_on_the_order(
    case: tuple[list[Wanted], list[Planned], World], chance: random.Random
) -> None:
    asked, _, world = case
    shuffled = asked[:]
    chance.shuffle(shuffled)
    fates = [
        {each.wanted.key: (each.fate, each.obstacle) for each in plan(*some, world=world).planned}
        for some in (asked, shuffled)
    ]
    assert fates[0] == fates[1]


@given(cases())
def test_all_that_cannot_go_says_why(case: tuple[list[Wanted], list[Planned], World]) -> None:
    asked, lost, world = case
    for each in plan(*asked, misplaced=tuple(lost), world=world).planned:
        assert (each.fate is Fate.CANNOT) == (each.obstacle is not None)
        assert bool(each.cause) == (each.fate is not Fate.GOES)
