"""A delivered unit, and what was decided about it, survive being JSON; nothing that is none is taken for a unit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import delivered
from ftrack_accsyn_accessor.model.delivered import Unit
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Part, Problem, Severity, Shape, Verdict

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
KEYS = ("vendor_id", "origin", "folder", "name", "job", "files", "sent", "note")
GOOD: dict[str, Any] = {"vendor_id": "u", "origin": "upload", "folder": "p/from", "name": "sh010_v001"}
TEXTS = st.text(max_size=20)
SIZES = st.integers(0, 2**60)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_whatever_an_entry_holds_is_a_unit_or_none(data: dict[str, Any]) -> None:
    for each in (data, {**GOOD, **data}):
        found = delivered.unit(each)
        if found is not None:
            names = found.path.split("/")
            assert not {"", ".", ".."} & set(names)
            assert found.name == names[-1]
            assert "\0" not in found.path
            assert found.seconds >= 0


@pytest.mark.parametrize(
    "wrong",
    [
        *({"folder": each} for each in ("", "/p", "p//from", "p/../q", "p/./q", "p\\q", "p\0", "p/")),
        *({"name": each} for each in ("", ".", "..", "a/b", "a\0b", None, 5)),
        *({"origin": each} for each in ("", "mail", None)),
        *({"vendor_id": each} for each in ("", None, 5)),
    ],
    ids=str,
)
def test_what_leads_elsewhere_is_no_unit(wrong: dict[str, Any]) -> None:
    assert delivered.unit(GOOD) is not None
    assert delivered.unit({**GOOD, **wrong}) is None


def test_what_a_vendor_says_is_bounded_and_can_be_shown() -> None:
    note = {"comment": "a\0b\n" + "c" * 10_000, "status": ["x"], "time_s": 10**12}
    found = delivered.unit({**GOOD, "note": note, "sent": {"a": 5, "b": True, "c": -1, "d": "5"}, "files": ["a", 5]})
    assert found is not None
    assert found.comment.startswith("a b\nc")
    assert len(found.comment) <= 4_000
    assert (found.status, found.seconds) == ("", 36_000_000)
    assert (found.sent, found.files) == ({"a": 5}, ("a",))
    assert delivered.unit({**GOOD, "note": {"time_s": True}}) == Unit("u", "upload", "p/from", "sh010_v001")


FOUND = st.builds(Found, TEXTS, st.sampled_from(FoundKind), SIZES, st.none() | SIZES, TEXTS, TEXTS, st.integers(1, 9))
PARTS = st.builds(
    Part,
    TEXTS,
    st.sampled_from(Shape),
    TEXTS,
    st.lists(FOUND, max_size=3).map(tuple),
    st.lists(st.integers(), max_size=3).map(tuple),
    st.integers(0, 9),
)
PROBLEMS = st.builds(Problem, TEXTS, TEXTS, st.sampled_from(Severity), TEXTS)
VERDICTS = st.builds(
    Verdict,
    TEXTS,
    TEXTS,
    TEXTS,
    st.none() | st.integers(0, 9999),
    st.lists(PARTS, max_size=3).map(tuple),
    st.lists(PROBLEMS, max_size=3).map(tuple),
)


@given(VERDICTS)
def test_a_verdict_comes_back_from_json_as_it_was(verdict: Verdict) -> None:
    assert delivered.verdict(json.loads(json.dumps(delivered.verdict_data(verdict)))) == verdict


@pytest.mark.parametrize(
    ("files", "paths", "covered"),
    [
        ([["a", "b"]], ["a", "b"], True),
        ([["a"]], ["a", "b"], False),
        ([["a"], ["b"]], ["a", "b"], True),
        ([["exr"]], ["exr/a.exr", "exr/deep/b.exr"], True),
        ([["exr"]], ["exr2/a.exr"], False),
        ([[""]], ["a"], True),
        ([["a"], None], ["a", "b"], True),
        ([[]], [], True),
    ],
)
def test_files_are_covered_by_what_any_upload_has_brought(files: list[Any], paths: list[str], covered: bool) -> None:
    units = [delivered.unit({**GOOD, "files": each}) for each in files]
    assert delivered.cover([each for each in units if each is not None], paths) is covered
