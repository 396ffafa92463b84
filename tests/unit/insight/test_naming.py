"""What somebody types, and the items that are meant."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.insight.naming import MOST, named
from ftrack_accsyn_accessor.insight.rows import rows as all_rows
from ftrack_accsyn_accessor.model.errors import NotOne
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Reason, StagedFile, State, Studio
from ftrack_accsyn_accessor.model.printable import visible
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import archive as outbox_archive
from ftrack_accsyn_accessor.outbox.tracking import Change
from making import HQ
from unit.outbox.archiving import archive, arrive
from unit.outbox.conftest import Desk

LONDON = Endpoint("site=london", "loc-london", "london")


def ask(desk: Desk, key: str, **changes: Any) -> int:
    """Ask for a component with the id *key* in London; return the number of the request."""
    desk.clock.now += 1
    request = Request(Reason.SEND, Studio("https://acme.test", "acme"), "producer", HQ, LONDON)
    return desk.outbox.requests.write(request, [Wanted(desk.publication(key, **changes))])


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


def test_all_of_a_title_goes_before_a_part_of_another_and_its_own_case_before_any(desk: Desk) -> None:
    publish(desk, "on-project", version_name="comp v001")
    publish(desk, "in-shot", context="sh010", version_name="comp v001")
    publish(desk, "upper", context="SH010", version_name="comp v001")

    assert ids(desk, "show_a comp v001 main") == ["on-project"]
    assert ids(desk, "show_a SH010 comp v001 main") == ["upper"]
    assert ids(desk, "sh010") == ["in-shot"]
    assert len(candidates(desk, "Sh010")) == 2


def test_items_of_one_component_are_meant_together_and_each_by_where_it_goes(desk: Desk) -> None:
    shots(desk)
    ask(desk, "id-sh010", context="sq010/sh010", version_name="comp v001")

    found = named(desk.outbox, "sh010 comp v001")

    titles = ["show_a sq010/sh010 comp v001 main to london", "show_a sq010/sh010 comp v001 main"]
    assert [row.title for row in found] == titles
    assert [[row.title for row in named(desk.outbox, title)] for title in titles] == [[title] for title in titles]
    assert [row.title for row in named(desk.outbox, "id-sh010")] == titles


def test_an_item_and_a_request_are_meant_by_their_numbers(desk: Desk) -> None:
    shots(desk)
    number = ask(desk, "c1")
    (row,) = named(desk.outbox, "c1")

    for text in (str(number), f"request={number}", row.by_id):
        assert [each.item_id for each in named(desk.outbox, text)] == [row.item_id]
    assert candidates(desk, f"item={row.item_id + 1}") == []


def test_number_that_is_a_whole_title_as_well_lists_both(desk: Desk) -> None:
    number = ask(desk, "c1")
    ask(desk, "", path=str(number))  # a folder of the volume

    found = candidates(desk, str(number))

    assert found == [f"request={number}", f"{number} to london"]
    assert [row.path for row in named(desk.outbox, found[1])] == [str(number)]
    assert [row.component_id for row in named(desk.outbox, found[0])] == ["c1"]


def test_what_nothing_tells_apart_is_listed_by_its_ids(desk: Desk) -> None:
    for key in ("one", "two"):
        publish(desk, key, context="sh010")
    publish(desk, "three", context="sh020")

    assert sorted(candidates(desk, "show_a shot v001 main sh010")) == ["item=1", "item=2"]
    assert sorted(candidates(desk, "main")) == ["item=1", "item=2", "show_a sh020 shot v001 main"]


def test_two_projects_of_one_name_are_told_apart_by_ids(desk: Desk) -> None:
    for key in ("p1", "p2"):
        publish(desk, f"of-{key}", project_id=key)

    assert sorted(candidates(desk, "show_a shot v001 main")) == ["item=1", "item=2"]


def test_what_nobody_wants_any_more_stands_back_behind_its_successor(desk: Desk) -> None:
    for key in ("gone", "again"):
        publish(desk, key)
    desk.outbox.activate(["gone"], "l1")
    desk.outbox.tracking.record([Change(desk.item("gone"), State.WITHDRAWN, desk.item("gone").progress)])
    publish(desk, "other", component_name="proxy")

    assert ids(desk, "show_a shot v001 main") == ["again"]
    assert ids(desk, "gone") == ["gone"]


def test_staged_path_means_what_lies_there(desk: Desk) -> None:
    frames = tuple(StagedFile(f"show_a/x/f.{frame}.exr", 1, 1) for frame in (1, 2))
    publish(desk, "frames", kind=Kind.SEQUENCE, resource_identifier="show_a/x/f.%d.exr", files=frames)
    publish(desk, "top", resource_identifier="top.mov", files=(StagedFile("top.mov", 1, 1),))
    publish(desk, "words", component_name="show_a/x/f.2.exr", context="top.mov")

    assert ids(desk, "show_a/x/f.%d.exr") == ["frames"]
    assert ids(desk, "show_a/x/f.2.exr") == ["frames"]
    assert ids(desk, "top.mov") == ["top"]


def test_item_of_an_earlier_release_has_the_context_that_its_path_tells(desk: Desk) -> None:
    publish(desk, "old", version_name="Hero Plate v001", resource_identifier="show_a/sq010/sh010/hero_plate/v001/m.mov")

    assert [row.title for row in named(desk.outbox, "sh010")] == ["show_a sq010/sh010 Hero Plate v001 main"]


def test_more_candidates_than_anybody_reads_are_counted(desk: Desk) -> None:
    for number in range(MOST + 2):
        publish(desk, f"c{number}", context=f"sh{number:03d}")

    with pytest.raises(NotOne, match=f"{MOST + 2} are called that(.|\n)*and 2 more") as caught:
        named(desk.outbox, "main")
    assert len(caught.value.candidates) == MOST


def test_component_on_no_version_is_called_by_its_path_as_well(desk: Desk) -> None:
    loose = {"project_name": "", "version_name": "", "component_name": "loose"}
    for name in ("one", "two"):
        publish(desk, name, resource_identifier=f"x/{name}.mov", **loose)

    assert sorted(candidates(desk, "loose")) == ["loose x/one.mov", "loose x/two.mov"]
    assert ids(desk, "loose x/two.mov") == ["two"]


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["SH020"], ["id-sh020"]),
        (["to", "sh020", "v001"], ["id-sh020"]),
        (["sh0_0"], []),
        (["comp"], ["id-sh010", "id-sh020", "id-sh030"]),
        (["stra\u00dfe"], ["id-sh010", "id-sh020", "id-sh030"]),
    ],
)
def test_of_all_items_only_those_that_may_be_meant_are_read(desk: Desk, words: list[str], read: list[str]) -> None:
    shots(desk)
    publish(desk, "folded", context="stra\u00dfe")  # which is "STRASSE", too, and no database knows

    assert sorted(each.component_id for each in desk.outbox.survey.names(words)) == ["folded", *read]
    assert ids(desk, "STRASSE") == ["folded"]


def test_item_that_is_named_by_its_path_is_read_however_that_is_typed(desk: Desk) -> None:
    shots(desk)
    assert [each.component_id for each in desk.outbox.survey.names(["projects"], "show_a/id-sh020.mov")] == ["id-sh020"]


def test_title_is_found_in_the_archive_however_many_newer_ones_have_its_words_in_theirs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_archive, "MOST", 3)
    for shot in ("sh1", "sh10", "sh11", "sh12", "sh13"):
        arrive(desk, f"id-{shot}", context=f"sq1/{shot}", version_name="comp v001", component_name="main")
    assert archive(desk) == 5

    assert ids(desk, "sh1 comp v001 main") == ["id-sh1"]
    assert ids(desk, "SQ1/SH1") == ["id-sh1"]


NAME = st.one_of(
    st.sampled_from(["a", "A", "b", "1", "a b", "a/b", "v001", "to", "item=1", "show_a", "é", "e\u0301", "ß", "SS"]),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=12),
)
ROW = st.fixed_dictionaries(
    {
        "project_name": NAME,
        "context": st.one_of(st.just(""), NAME, st.builds("{}/{}".format, NAME, NAME)),
        "version_name": st.builds("{} v{:03d}".format, NAME, st.integers(1, 3)),
        "component_name": NAME,
    }
)


def meant(desk: Desk, text: str) -> tuple[list[int], tuple[str, ...]]:
    """Return the ids of what *text* means, and the candidates where that is more than one."""
    try:
        return [row.item_id for row in named(desk.outbox, text)], ()
    except NotOne as error:
        return [], error.candidates


def fill(desk: Desk, rows: list[dict[str, str]]) -> None:
    """Publish *rows*, and nothing else."""
    with desk.outbox._connections.writing() as connection:
        connection.execute("DELETE FROM item")
    for number, names in enumerate(rows):
        publish(desk, f"id-{number}", **names)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=6))
def test_what_is_typed_from_a_title_finds_that_row(desk: Desk, rows: list[dict[str, str]]) -> None:
    fill(desk, rows)

    for row in all_rows(desk.outbox):
        found, listed = meant(desk, visible(unicodedata.normalize("NFD", row.title)))
        if listed:  # nothing but the ids tells them apart
            assert row.by_id in listed
            found, _ = meant(desk, row.by_id)
        assert found == [row.item_id]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=6), data=st.data())
def test_words_mean_one_row_or_list_what_means_one(desk: Desk, rows: list[dict[str, str]], data: st.DataObject) -> None:
    fill(desk, rows)
    row = data.draw(st.sampled_from(all_rows(desk.outbox)))
    words = data.draw(st.lists(st.sampled_from(visible(row.title).split()), min_size=1, max_size=4))

    found, listed = meant(desk, " ".join(words))
    assert len(found) == 1 or len(listed) > 1
    assert all(len(named(desk.outbox, each)) == 1 for each in listed)
