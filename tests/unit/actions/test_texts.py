"""Names and causes are foreign text: pages show them as they are, whatever they hold."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.actions import previews, standing
from ftrack_accsyn_accessor.actions.wording import one_line, said, shown
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Progress, Publication, Reason, StagedFile, State, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Plan, Planned
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.model.whereabouts import Move, Whereabouts

HQ, LONDON = Endpoint("hq", "l1", "studio.hq"), Endpoint("site=london", "l2", "<London>")
STUDIO = Studio("https://acme.test", "acme")


def planned(fate: Fate, number: int = 0, cause: str = "", obstacle: Obstacle | None = None) -> Planned:
    path = f"show/a{number}.mov"
    files = (StagedFile(path, 1_500_000, 0),)
    ends = ("l1", "studio.hq", "https://acme.test", "ana", "p", "show", "v", "plate <i>")
    publication = Publication(f"c{number}", f"**m{number}**", Kind.FILE, path, *ends, files)
    return Planned(Wanted(publication), fate, obstacle, cause)


def plan(*found: Planned) -> Plan:
    return Plan(Reason.SEND, STUDIO, HQ, LONDON, found)


def text(reply: dict[str, object]) -> str:
    items = reply["items"]
    assert isinstance(items, list)
    return "\n".join(str(item["value"]) for item in items if item["type"] == "label")


@given(st.text())
def test_a_page_shows_foreign_text_as_it_is_and_takes_none_for_markup(foreign: str) -> None:
    found = shown(foreign)
    assert html.unescape(found) == one_line(foreign)
    assert not set(found) & set("<>*_`[]\"'\\")
    assert "://" not in found
    assert "\n" not in found


def test_letters_that_hide_or_turn_what_follows_are_not_shown() -> None:
    assert one_line("a\u202egpj.exe\x07 b\n c") == "a\ufffdgpj.exe\ufffd b c"


def test_a_message_has_no_tags() -> None:
    assert said("<b>x</b>") == "‹b›x‹/b›"


def test_the_preview_counts_each_fate_and_names_the_first_of_each() -> None:
    going = [planned(Fate.GOES, number) for number in range(previews.NAMED + 5)]
    stuck = [planned(Fate.CANNOT, 90, "No [path] below.", Obstacle.NO_PATH)]
    reply = previews.confirming("Send", [plan(*going, *stuck)], "the-name", "me")

    told = text(reply)
    assert reply["title"] == "Send 25 items (25 files, 37.5 MB)"
    assert "### goes: 25 items (25 files, 37.5 MB) ###" in told
    assert "### cannot go: 1 item (1 file, 1.5 MB) ###" in told
    assert "and 5 more" in told
    assert "No &#91;path&#93; below." in told
    assert "<" not in re.sub("</?(ul|li)>", "", told)
    assert "**m0**" not in told
    assert {item["name"]: item["value"] for item in reply["items"] if item["type"] == "hidden"} == {
        "accsyn_service": "me",
        "plan": "the-name",
    }


def test_a_list_is_in_tags_since_not_every_page_makes_one_of_asterisks() -> None:
    told = text(previews.confirming("Send", [plan(planned(Fate.GOES), planned(Fate.GOES, 1))], "the-name", "me"))
    assert re.search(r"^<ul><li>show .+ \(1\.5 MB\)</li><li>show .+ \(1\.5 MB\)</li></ul>$", told, re.MULTILINE)


def test_a_folder_is_named_by_its_path_alone() -> None:
    ends = ("l1", "studio.hq", "https://acme.test", "ana", "", "show", "", "")
    folder = Publication("", "", Kind.CONTAINER, "", *ends, (), path="show/sq010/scans")
    told = text(previews.confirming("Sync", [plan(Planned(Wanted(folder), Fate.GOES))], "the-name", "me"))
    assert "<li>show/sq010/scans</li>" in told


def test_what_is_there_has_no_cause_beside_it() -> None:
    told = text(previews.nothing_goes("Send", [plan(planned(Fate.THERE, cause="It is registered there."))], {}, "me"))
    assert "### is there: 1 item" in told
    assert "registered" not in told


def test_a_preview_of_nothing_leads_back_to_what_was_filled_in() -> None:
    values = {"source": "hq", "plan": "forged", "accsyn_service": "forged"}
    reply = previews.nothing_goes("Send", [plan(planned(Fate.THERE))], values, "me")

    hidden = {item["name"]: item["value"] for item in reply["items"] if item["type"] == "hidden"}
    assert hidden == {"accsyn_service": "me", "source": "hq", "change": "yes"}
    assert reply["submit_button_label"] == "Change"
    assert "Nothing was found" in text(previews.nothing_goes("Send", [], {}, "me"))


def test_the_end_says_how_much_goes_where_and_what_cannot() -> None:
    told = previews.begun("Send", [plan(planned(Fate.GOES), planned(Fate.CANNOT, 1))], [3])
    assert told == (
        "accsyn Send: 1 item (1 file, 1.5 MB) to ‹London›: request 3. Your Jobs in ftrack show how far it is. "
        "1 cannot go."
    )


def test_status_tells_first_what_somebody_has_to_look_at() -> None:
    move = Move(
        "hq", "London", "l2", State.NEEDS_ATTENTION, Progress(5, 10), "No <disk>.", "Free some.", "2026-01-01T09:30:12Z"
    )
    there = Whereabouts("c1", "main", "plate v001", "show", 10, ("studio.hq",))
    stuck = Whereabouts("c2", "aux*", "plate v002", "show", 10, ("studio.hq",), (), (move,))

    reply = standing.status_form([there, stuck], ("accsyn is away.", ""), "me")

    told = text(reply)
    assert reply["title"] == "accsyn Status: 1 stuck, 1 in place"
    assert told.index("aux&#42;") < told.index("main (10 B)")
    assert told.startswith("**accsyn is away.**")
    moment = "2026-01-01 09&#58;30 UTC"
    assert f"to London: needs attention, 50 %, since {moment}. No &#60;disk&#62;. Free some." in told


def test_status_tells_how_much_is_at_each_location() -> None:
    found = [
        Whereabouts("c1", "main", "plate v001", "show", 10, ("studio.hq", "studio.london")),
        Whereabouts("c2", "mask", "plate v001", "show", 10, ("studio.hq",)),
        Whereabouts("c3", "new", "plate v001", "show", 10, (), ("ana.ws1",)),
    ]
    told = text(standing.status_form(found, (), "me"))
    assert "<ul><li>studio.hq: 2 of 3</li><li>studio.london: 1 of 3</li></ul>" in told


def test_of_many_that_wait_for_the_same_the_first_says_what_to_do() -> None:
    move = Move("hq", "London", "l2", State.SUBMITTED, Progress(), "It waits.", "Be patient.")
    found = [Whereabouts(f"c{number}", f"m{number}", "v", "show", 10, (), (), (move,)) for number in range(3)]
    told = text(standing.status_form(found, (), "me"))
    assert (told.count("It waits."), told.count("Be patient.")) == (3, 1)


@pytest.mark.parametrize("count", [0, standing.NAMED + 1])
def test_status_of_nothing_and_of_very_much_is_still_readable(count: int) -> None:
    found = [Whereabouts(f"c{number}", "main", "v", "show", 1, ("hq",)) for number in range(count)]
    told = text(standing.status_form(found, (), "me"))
    assert ("and 1 more component" in told) if count else ("no components" in told)
