"""Whatever is delivered, the check answers; and what it accepts is whole, named as was asked for, and new."""

from __future__ import annotations

import dataclasses
import unicodedata
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivering import EXPECTED, FRAMES, OTHER, RULES, TAKEN, UNIT
from ftrack_accsyn_accessor.model import allowed, expected
from ftrack_accsyn_accessor.model.checking import check
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Problem, Severity, Shape, Verdict
from ftrack_accsyn_accessor.model.vendors import VendorRules
from helpers import calls_made

LOOSE = Deliverable("task-3", "prop_v{version}", next_version=7)
KNOWN = (EXPECTED, OTHER, LOOSE)

#: Names that come near to what is expected, and any others.
PIECES = st.sampled_from(
    ("sh010", "sh020", "_comp", "_v003", "_v001", "prop_v7", ".", "1001", "0001", "-1", ".exr", ".mov", ".exe", "%04d")
)
NEAR = st.lists(PIECES, min_size=1, max_size=6).map("".join)
NAMES = st.one_of(
    NEAR, st.text(max_size=12), st.sampled_from([UNIT, "sh010_comp", "sh020_comp_v001", "prop_v7", "prop"])
)
FRAME = st.integers(990, 1010).map(lambda number: f"{UNIT}.{number:04d}.exr")
WHOLE = tuple(f"{UNIT}.{number:04d}.exr" for number in FRAMES)
FOUND = st.builds(
    Found,
    st.one_of(FRAME, NEAR, NAMES, st.sampled_from(["depth/", "main/"]).flatmap(lambda top: FRAME.map(top.__add__))),
    st.sampled_from([FoundKind.FILE] * 6 + list(FoundKind)),
    st.sampled_from([1000, 1000, 1000, 0, 1, 1 << 50]),
    st.sampled_from([None, 0, 4096]),
    links=st.sampled_from([1] * 9 + [2]),
)
MILD = st.sampled_from(
    ["Thumbs.db", "notes limit 5.exr", "review.mov", "depth/a.exr", "depth/a_depth.mov", "normals/x.exr", "1002.exr"]
).map(lambda path: Found(path, FoundKind.FILE, 9))


def _complete(more: list[Found]) -> list[Found]:
    return [*(Found(path, FoundKind.FILE, 9) for path in WHOLE), *more]


#: Name and listing: odd ones, and such as are nearly, or wholly, what is expected.
DELIVERIES = st.one_of(
    st.tuples(
        st.sampled_from([UNIT, "sh010_comp", "sh010_comp_v004", "prop_v8"]),
        st.lists(MILD, unique=True, max_size=4).map(_complete),
    ),
    st.tuples(NAMES, st.one_of(st.lists(FOUND, max_size=12), st.lists(FOUND, max_size=2).map(_complete))),
)


def whole(verdict: Verdict, found: list[Found], deliverable: Deliverable) -> None:
    """Require all that an accepted delivery promises."""
    assert verdict.version is not None
    assert 0 < verdict.version not in TAKEN.get(deliverable.task_id, ())
    assert expected.expected(deliverable, verdict.version) == verdict.deliverable
    taken = [file for part in verdict.parts for file in part.files]
    counted = [each for each in found if not allowed.passed_over(each) and each.kind is FoundKind.FILE]
    assert sorted(each.path for each in taken) == sorted(each.path for each in counted)
    assert all(each.size_bytes > 0 and each.links == 1 and not each.path.startswith("/") for each in taken)
    assert {each.kind for each in found} <= {FoundKind.FILE, FoundKind.FOLDER}
    names = [part.name.casefold() for part in verdict.parts]
    assert len(set(names)) == len(names)
    assert all(names)
    assert set(deliverable.components) <= {part.name for part in verdict.parts}
    for part in verdict.parts:
        if part.shape is Shape.SEQUENCE:
            assert [part.path % number for number in part.frames] == [file.path for file in part.files]
            if deliverable.first_frame is not None and deliverable.last_frame is not None:
                assert part.frames == tuple(range(deliverable.first_frame, deliverable.last_frame + 1))


@given(DELIVERIES)
def test_any_delivery_is_judged_and_an_accepted_one_keeps_every_promise(delivery: tuple[str, list[Found]]) -> None:
    name, found = delivery
    verdict = check(name, found, KNOWN, RULES, TAKEN)
    paths = {each.path for each in found}
    for each in verdict.problems:
        assert each.path in paths | {""}
        assert each.text == printable(each.text, 10_000)
    if verdict.accepted:
        whole(verdict, found, next(each for each in KNOWN if each.task_id == verdict.task_id))


@given(st.sampled_from(["", "main/", "a/"]), st.booleans(), st.integers(0, 3))
def test_whole_deliveries_are_accepted(head: str, numbered: bool, later: int) -> None:
    stem = f"sh010_comp_v{3 + later:03d}" if numbered else "sh010_comp"
    found = [Found(f"{head}x.{number:04d}.exr", FoundKind.FILE, 9) for number in FRAMES]
    verdict = check(stem, found, KNOWN, RULES, TAKEN)
    assert verdict.accepted
    assert verdict.version == (3 + later if numbered else 3)
    whole(verdict, found, EXPECTED)


@given(
    st.integers(-5, 10**7), st.text("ab_v.\u00e9", max_size=6), st.text("ab_v.\u00e9", max_size=4), st.integers(0, 9)
)
def test_a_name_and_its_number_are_each_others(number: int, head: str, tail: str, digits: int) -> None:
    placeholder = f"{{version:0{digits}d}}" if digits else "{version}"
    deliverable = Deliverable("task", f"{head}{placeholder}{tail}")
    known = expected.recognised(deliverable.named(number), [deliverable], is_folder=True)
    assert (known.deliverable, known.version) == (deliverable, number) or number < 0 or known.version is None


@given(NAMES)
def test_a_name_that_is_not_the_expected_one_is_never_recognised_without_a_problem(name: str) -> None:
    known = expected.recognised(name, [EXPECTED], is_folder=True)
    number: Optional[int] = known.version
    spellings = {"sh010_comp", expected.expected(EXPECTED, number)}
    assert any(each.severity is Severity.WRONG for each in known.problems) or name in spellings


@given(st.text(max_size=300), st.integers(2, 300))
def test_what_is_shown_of_a_name_is_one_bounded_line_that_can_be_printed(text: str, most: int) -> None:
    shown = printable(text, most)
    assert len(shown) <= most
    assert all(unicodedata.category(each)[0] != "C" and each not in "\u2028\u2029" for each in shown)
    shown.encode()
    assert printable(shown, most) == shown


def _work(count: int, odd: bool) -> int:
    """Return how many calls the check of so many files takes."""
    wide = dataclasses.replace(EXPECTED, last_frame=1000 + count)
    plain = (f"x.{1001 + number:04d}.exr" for number in range(count))
    strange = (f"p{number}/x.{'0' * (number % 3)}{number}.exr" for number in range(count))
    found = [Found(path, FoundKind.FILE, 9) for path in (strange if odd else plain)]
    return calls_made(lambda: check(UNIT, found, [wide, OTHER], VendorRules(), TAKEN))


@pytest.mark.parametrize("odd", [False, True])
def test_twice_as_many_files_are_at_most_twice_the_work(odd: bool) -> None:
    assert _work(2000, odd) < 2.2 * _work(1000, odd) < 600_000


def test_the_problem_of_a_rule_is_a_sentence() -> None:
    verdict = check("nothing", [], KNOWN, RULES, {})
    assert [each.rule for each in verdict.problems] == ["nothing", "name"]
    assert all(isinstance(each, Problem) and each.text.endswith(".") for each in verdict.problems)
