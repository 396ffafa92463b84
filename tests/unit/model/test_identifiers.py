"""Resource identifiers of members follow that of their container from one location to another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.identifiers import moved

NAMES = st.text(st.characters(blacklist_characters="/\\", blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8)
PLACES = st.lists(NAMES, min_size=1, max_size=4)
HEADS = st.sampled_from(["", "/mnt/projects/", "/Volumes/p/", "P:\\", "\\\\server\\share\\projects\\", "//server/p/"])


def joined(head: str, names: list[str]) -> str:
    return head + ("\\" if "\\" in head else "/").join(names)


@pytest.mark.parametrize(
    ("identifier", "source", "destination", "expected"),
    [
        ("a/b.0001.exr", "a/b.%04d.exr", "/mnt/a/b.%04d.exr", "/mnt/a/b.0001.exr"),
        ("a/b.0001.exr", "a/b.%04d.exr", "P:\\a\\b.%04d.exr", "P:\\a\\b.0001.exr"),
        ("P:\\a\\pack\\x\\f.txt", "P:\\a\\pack", "a/pack", "a/pack/x/f.txt"),
        ("/mnt/x/a/pack/f", "/mnt/x/a/pack", "/mnt/y/a/pack", "/mnt/y/a/pack/f"),
        ("a/pack/f", "a/pack", "b/other", "b/other/f"),
        ("a/pack/f", "a/pack", "", "a/pack/f"),
        ("elsewhere/f", "/mnt/a/pack", "/srv/a/pack", "elsewhere/f"),
        ("a/pack", "a/pack", "/srv/a/pack", "/srv/a/pack"),
    ],
)
def test_what_stands_before_the_common_ending_is_replaced(
    identifier: str, source: str, destination: str, expected: str
) -> None:
    assert moved(identifier, source, destination) == expected


@given(here=HEADS, there=HEADS, place=PLACES, inside=PLACES)
def test_a_member_lies_in_its_container_at_both_ends_and_comes_back_unchanged(
    here: str, there: str, place: list[str], inside: list[str]
) -> None:
    container, member = joined(here, place), joined(here, [*place, *inside])
    target = joined(there, place)

    found = moved(member, container, target)

    assert found == joined(there, [*place, *inside])
    assert moved(found, target, container) == member
