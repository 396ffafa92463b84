"""Which way a package goes, and what is told of it."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.access import Machine, Standing
from ftrack_accsyn_accessor.model.outsourcing import MOST_NAMED, Way, note_text, way, way_text


def machine(version: str, name: str = "desk", online: bool = True) -> Machine:
    return Machine(name, "user server", online, version)


@pytest.mark.parametrize(
    ("standing", "versions", "wanted"),
    [
        (Standing.ENABLED, ["3.6-5"], Way.PUSH),
        (Standing.ENABLED, ["3.6-5_3"], Way.PUSH),
        (Standing.ENABLED, ["4.0"], Way.PUSH),
        (Standing.ENABLED, ["3.6-4"], Way.DELIVERY),
        (Standing.ENABLED, ["3.5-12", "3.6-4_9"], Way.DELIVERY),
        (Standing.ENABLED, ["3.5-12", "3.7-0"], Way.PUSH),
        (Standing.ENABLED, [""], Way.PUSH),  # it is tried where nobody tells
        (Standing.ENABLED, [], Way.PUSH),  # an employee need not be shown the clients of others
        (Standing.INVITED, [], Way.DELIVERY),
        (Standing.UNKNOWN, [], Way.DELIVERY),
    ],
)
def test_a_push_is_tried_wherever_a_mapped_volume_may_be(standing: Standing, versions: list[str], wanted: Way) -> None:
    machines = [machine(each, f"desk{number}") for number, each in enumerate(versions)]
    assert way(standing, machines) is wanted


def test_how_it_goes_is_told_with_the_reason() -> None:
    assert way_text(Way.PUSH, [machine("3.6-5"), machine("3.5-1", "old")]) == (
        "Pushed to the volume where it is mapped at desk; else as a delivery that they fetch."
    )
    assert "mapped at desk; else" in way_text(Way.PUSH, [machine("3.6-5"), machine("3.7-1")])
    assert way_text(Way.PUSH, []).startswith("Pushed to the volume where it is mapped at the vendor's; else")
    assert way_text(Way.DELIVERY, [machine("3.5-1", "old")]).endswith("mapped volumes need 3.6-5, and old has 3.5-1.")
    assert "nobody has logged in" in way_text(Way.DELIVERY, [])


def test_the_note_names_what_was_sent_and_ends_with_the_message() -> None:
    assert note_text("v@x.y", "pkg", {"plate/a.exr": 2000, "b.txt": 48}, " Mind the gap. ") == (
        "Handed out to v@x.y: 2 files, 2.0 kB, as the package pkg.\n- plate/a.exr\n- b.txt\n\nMind the gap."
    )


def test_of_very_many_files_a_note_names_some_and_how_many_more() -> None:
    text = note_text("v@x.y", "pkg", {f"f{number}": 1 for number in range(2000)}, "")
    assert text.splitlines()[0].startswith("Handed out to v@x.y: 2000 files")
    assert len(text.splitlines()) == 1 + MOST_NAMED + 1
    assert text.endswith(f"- and {2000 - MOST_NAMED} more")
