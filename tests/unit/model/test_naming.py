"""Spellings of a path that are one to a disk."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.naming import EXACT, Naming

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=300)

CASE, FORM, BOTH = Naming(any_case=True), Naming(any_form=True), Naming(any_case=True, any_form=True)
RULES = st.sampled_from([EXACT, CASE, FORM, BOTH])


def _has_two_cases(letter: str) -> bool:
    """Whether a letter is one of exactly two, which is what file systems know of cases."""
    lower, upper = letter.lower(), letter.upper()
    return len(lower) == len(upper) == 1 and lower.upper() == upper and upper.lower() == lower


LETTERS = st.characters(categories=["Lu", "Ll"]).filter(_has_two_cases)
NAMES = st.text(st.one_of(st.sampled_from("aé.ガ한ß_"), LETTERS), min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
FORMS = st.sampled_from(["NFC", "NFD"])


@seeded
@given(PATHS, st.sampled_from([CASE, BOTH]), st.lists(st.booleans(), min_size=40, max_size=40))
def test_letters_in_any_case_are_one_where_case_is_ignored(path: str, rule: Naming, chosen: list[bool]) -> None:
    spelt = "".join(
        (letter.upper() if up else letter.lower()) if _has_two_cases(letter) else letter
        for letter, up in zip(path, chosen)
    )

    assert rule.same(spelt, path)
    assert rule.covers(spelt, path)
    assert EXACT.same(spelt, path) == (spelt == path)


@seeded
@given(PATHS, st.sampled_from([FORM, BOTH]), FORMS, FORMS)
def test_forms_are_one_where_they_are_ignored(path: str, rule: Naming, one: str, other: str) -> None:
    assert rule.same(unicodedata.normalize(one, path), unicodedata.normalize(other, path))


@seeded
@given(PATHS, PATHS)
def test_a_laxer_rule_takes_for_one_all_that_a_stricter_one_does(one: str, other: str) -> None:
    for strict, lax in ((EXACT, CASE), (EXACT, FORM), (CASE, BOTH), (FORM, BOTH)):
        assert lax.same(one, other) >= strict.same(one, other)
        assert lax.covers(one, other) >= strict.covers(one, other)


@seeded
@given(PATHS, RULES)
def test_a_key_is_the_key_of_itself(path: str, rule: Naming) -> None:
    assert rule.key(rule.key(path)) == rule.key(path)


@seeded
@given(PATHS, NAMES, RULES)
def test_a_folder_covers_what_is_below_and_no_neighbour(path: str, name: str, rule: Naming) -> None:
    assert rule.covers(path, f"{path}/{name}")
    assert rule.covers(f"./{path}//", path)
    assert rule.covers(".", path)
    assert not rule.covers(f"{path}/{name}", path)
    assume(not unicodedata.combining(name[0]))
    assert not rule.covers(path, path + name)


@seeded
@given(st.text(), st.text(), RULES)
def test_no_text_is_too_strange_to_be_compared(one: str, other: str, rule: Naming) -> None:
    assert rule.same(one, other) == rule.same(other, one)
    assert rule.same(one, one)


@pytest.mark.parametrize(
    ("rule", "one", "other", "same"),
    [
        (EXACT, "a/B", "a/b", False),
        (EXACT, "a/./b/", "a//b", True),
        (CASE, "Show/É.EXR", "show/é.exr", True),
        (CASE, "é", "e\u0301", False),
        (FORM, "é", "e\u0301", True),
        (FORM, "É", "e\u0301", False),
        (BOTH, "E\u0301", "é", True),
        (BOTH, "\udcff/A", "\udcff/a", True),
    ],
)
def test_rules_tell_apart_what_the_disk_does(rule: Naming, one: str, other: str, same: bool) -> None:
    assert rule.same(one, other) is same
