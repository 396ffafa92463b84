"""What others may have written: bounded before it is read, cleaned before it is shown, told apart on any system."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import foreign

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=80)
MOST = 1 << 20
ODD = st.text(st.one_of(st.sampled_from("aAe\u0301\u00e9\u200b\u202e\ud800\r\n\t /.\\`"), st.characters()), max_size=12)


@pytest.mark.parametrize(
    ("opened", "text"), [(1, '"[[[[[["'), (1, '"\\"[{[{"'), (1, '"\\\\"'), (31, "1"), (31, '"]}"')]
)
def test_only_what_is_nested_counts_as_depth(opened: int, text: str) -> None:
    content = '{"a":' * opened + text + "}" * opened
    assert foreign.parse(content.encode(), MOST) == json.loads(content)


@pytest.mark.parametrize(
    "text", ['{"a":' * 33 + "1" + "}" * 33, "[" * 40, '{"a": "b\\"' + "[" * 40, '{"a": ' + "[" * 40 + '"']
)
def test_what_is_nested_too_deep_is_refused_though_it_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested|Unterminated"):
        foreign.parse(text.encode(), MOST)


@seeded
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=6), lambda inner: st.lists(inner, max_size=3), max_leaves=6
    )
)
def test_what_is_within_bounds_is_read_as_json_reads_it(value: object) -> None:
    content = json.dumps({"a": value})
    assert foreign.parse(content.encode(), MOST) == json.loads(content)


@seeded
@given(ODD, st.integers(4, 40), st.booleans())
def test_what_is_cleaned_can_be_shown_and_stored(text: str, most: int, lines: bool) -> None:
    cleaned = foreign.cleaned(text, most, lines=lines)
    assert not foreign.why_no_text(cleaned, lines=lines)
    assert len(cleaned) <= most
    assert foreign.cleaned(cleaned, most, lines=lines) == cleaned


@seeded
@given(ODD)
def test_what_is_shown_is_short_and_plain(text: str) -> None:
    said = foreign.shown(text * 30)
    assert said.isascii()
    assert said.isprintable()
    assert len(said) <= 66


@seeded
@given(
    st.lists(st.lists(st.sampled_from(("a", "A", "b", "\u00e9", "e\u0301", "\ufb01", "fi")), min_size=1, max_size=3))
)
def test_what_lies_in_a_tree_can_lie_on_a_disk_that_tells_no_case_and_no_form_apart(paths: list[list[str]]) -> None:
    tree = foreign.Tree()
    kept = ["/".join(path) for path in paths if not tree.add("/".join(path))]
    keys = [unicodedata.normalize("NFKC", path).casefold() for path in kept]
    assert len(set(keys)) == len(keys)
    assert not [(one, other) for one in keys for other in keys if other.startswith(f"{one}/")]
    assert not foreign.clash(kept)
