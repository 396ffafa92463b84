"""What a delivery is recognised as, what it becomes, and what is wrong with it, from its listing alone."""

from __future__ import annotations

import dataclasses
from typing import Optional

import pytest

from delivering import EXPECTED, OTHER, TAKEN, UNIT
from ftrack_accsyn_accessor.model.checking import check
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Severity, Shape, Verdict
from ftrack_accsyn_accessor.model.vendors import VendorRules

#: Without frames, types or components that are expected.
PLAIN = Deliverable("task-3", "prop_model_v{version:03d}", next_version=1)


def files(*paths: str, size: int = 1000) -> list[Found]:
    return [Found(path, FoundKind.FILE, size) for path in paths]


def sequence(head: str, first: int = 1001, last: int = 1005, padding: int = 4) -> list[Found]:
    return files(*(f"{head}.{number:0{padding}d}.exr" for number in range(first, last + 1)))


def judged(
    found: list[Found], name: str = UNIT, *known: Deliverable, taken: Optional[dict[str, frozenset[int]]] = None
) -> Verdict:
    return check(name, found, known or (EXPECTED, OTHER), VendorRules(), TAKEN if taken is None else taken)


def rules(verdict: Verdict, severity: Severity = Severity.WRONG) -> set[str]:
    return {each.rule for each in verdict.problems if each.severity is severity}


def parts(verdict: Verdict) -> dict[str, tuple[str, str]]:
    return {each.name: (each.shape.value, each.path) for each in verdict.parts}


# Names and versions.


def test_the_next_version_is_taken_where_none_is_named() -> None:
    verdict = judged(sequence("main/plate"), "sh010_comp")
    assert (verdict.accepted, verdict.version, verdict.deliverable) == (True, 3, UNIT)
    assert rules(verdict, Severity.REMARK) == {"no-version"}


def test_the_number_of_the_files_is_that_of_a_delivery_without_one() -> None:
    verdict = judged(sequence("sh010_comp_v005"), "sh010_comp")
    assert (verdict.accepted, verdict.version) == (True, 5)


@pytest.mark.parametrize(("number", "rule"), [(1, "version-taken"), (2, "version-taken"), (0, "version")])
def test_a_version_that_exists_is_never_taken_again(number: int, rule: str) -> None:
    verdict = judged(sequence("main/plate"), f"sh010_comp_v{number:03d}")
    assert rule in rules(verdict)
    assert any(UNIT in each.text for each in verdict.problems)


def test_a_free_number_that_is_not_the_next_is_remarked() -> None:
    verdict = judged(sequence("main/plate"), "sh010_comp_v012")
    assert (verdict.accepted, verdict.version) == (True, 12)
    assert rules(verdict, Severity.REMARK) == {"version-gap"}
    at_the_vendors = judged(sequence("main/plate"), "sh010_comp_v012", taken={})
    assert any("was, when the package was made," in each.text for each in at_the_vendors.problems)
    assert not any("when the package was made" in each.text for each in verdict.problems)


def test_a_free_number_below_the_next_is_taken_where_it_is_known_to_be_free() -> None:
    sparse = {"task-1": frozenset({1, 4})}
    assert judged(sequence("main/plate"), UNIT, taken=sparse).version == 3
    assert judged(sequence("main/plate"), UNIT, taken=sparse).accepted


def test_at_the_vendors_all_numbers_below_the_next_count_as_taken() -> None:
    assert rules(judged(sequence("main/plate"), "sh010_comp_v002", taken={})) == {"version-taken"}
    assert judged(sequence("main/plate"), UNIT, taken={}).accepted


def test_numbers_with_more_digits_than_the_padding_are_named_so() -> None:
    verdict = judged(sequence("main/plate"), "sh010_comp_v1000")
    assert (verdict.accepted, verdict.version) == (True, 1000)


def test_a_name_without_a_place_for_the_number_gets_the_next() -> None:
    plain = dataclasses.replace(EXPECTED, name="sh010_comp")
    assert judged(sequence("sh010_comp"), "sh010_comp", plain).version == 3


def test_several_that_fit_are_ambiguous() -> None:
    twin = dataclasses.replace(EXPECTED, task_id="task-9")
    verdict = judged(sequence("main/plate"), UNIT, EXPECTED, twin)
    assert rules(verdict) == {"ambiguous"}
    assert verdict.task_id == ""


def test_the_same_deliverable_twice_is_one() -> None:
    assert judged(sequence("main/plate"), UNIT, EXPECTED, EXPECTED).accepted


def test_accents_in_their_other_form_are_the_same_name() -> None:
    accented = dataclasses.replace(EXPECTED, name="caf\u00e9_v{version:03d}")
    verdict = judged(sequence("main/plate"), "cafe\u0301_v003", accented)
    assert verdict.accepted
    assert rules(verdict, Severity.REMARK) == {"unicode-form"}
    assert rules(judged(sequence("main/plate"), "cafe_v003", accented)) == {"name"}


@pytest.mark.parametrize("name", ["SH010_COMP_V003", "sh010-comp-v003", "\u0455h010_comp_v003", "sh010_comp_v3"])
def test_a_name_that_looks_like_it_is_told_the_expected_one_and_kept_for_the_task(name: str) -> None:
    verdict = judged(sequence("main/plate"), name)
    assert rules(verdict) == {"name"}
    assert any(UNIT in each.text for each in verdict.problems)
    assert verdict.task_id == "task-1"


def test_a_name_like_nothing_is_told_what_is_expected_and_is_of_no_task() -> None:
    verdict = judged(sequence("main/plate"), "holiday pictures")
    assert verdict.task_id == ""
    assert verdict.version is None
    assert any("sh010_comp_v003, sh020_comp_v001" in each.text for each in verdict.problems)


def test_a_file_by_itself_is_called_so_without_its_extension() -> None:
    movie = dataclasses.replace(EXPECTED, first_frame=None, last_frame=None)
    verdict = judged(files(f"{UNIT}.mov"), f"{UNIT}.mov", movie)
    assert verdict.accepted
    assert parts(verdict) == {"main": ("file", f"{UNIT}.mov")}


def test_an_extension_may_have_dots() -> None:
    cache = dataclasses.replace(PLAIN, types=(".bgeo.sc",))
    assert judged(files("prop_model_v001.bgeo.sc"), "prop_model_v001.bgeo.sc", cache).accepted


def test_without_a_manifest_only_what_is_always_wrong_is_told() -> None:
    verdict = check("anything", [*files("a.exr"), Found("b.exr", FoundKind.LINK)], (), VendorRules(), {})
    assert rules(verdict) == {"link"}
    assert rules(verdict, Severity.REMARK) == {"unchecked"}
    assert not verdict.accepted


# Components.


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (sequence(UNIT), {"main": ("sequence", f"{UNIT}.%04d.exr")}),
        (sequence("anything"), {"main": ("sequence", "anything.%04d.exr")}),
        (sequence("beauty/x"), {"main": ("sequence", "beauty/x.%04d.exr")}),
        (
            [*sequence("beauty/x"), *sequence("depth/x"), *files(f"{UNIT}.mov")],
            {
                "main": ("sequence", "beauty/x.%04d.exr"),
                "depth": ("sequence", "depth/x.%04d.exr"),
                "mov": ("file", f"{UNIT}.mov"),
            },
        ),
        (
            [*sequence(UNIT), *sequence(f"{UNIT}_depth"), *files(f"{UNIT}_review.mov")],
            {
                "main": ("sequence", f"{UNIT}.%04d.exr"),
                "depth": ("sequence", f"{UNIT}_depth.%04d.exr"),
                "review": ("file", f"{UNIT}_review.mov"),
            },
        ),
        (
            [*sequence("main/a"), *sequence("a/depth"), *sequence("b/depth")],
            {
                "main": ("sequence", "main/a.%04d.exr"),
                "a": ("sequence", "a/depth.%04d.exr"),
                "b": ("sequence", "b/depth.%04d.exr"),
            },
        ),
    ],
)
def test_files_become_components_with_names(found: list[Found], expected: dict[str, tuple[str, str]]) -> None:
    verdict = judged(found)
    assert parts(verdict) == expected
    assert verdict.accepted
    assert verdict.parts[0].name == "main"


def test_all_expected_components_have_to_be_there() -> None:
    whole = [*sequence("main/a"), *sequence("depth/a")]
    assert judged(whole, "sh020_comp_v001").accepted
    verdict = judged([*sequence("main/a"), *sequence("normals/a"), *files("x.mov")], "sh020_comp_v001")
    assert rules(verdict) == {"component-missing"}
    assert any("depth" in each.text for each in verdict.problems)


def test_a_review_is_the_only_movie() -> None:
    reviewed = dataclasses.replace(EXPECTED, components=("main", "review"))
    verdict = judged([*sequence(UNIT), *files("anything.mov")], UNIT, reviewed)
    assert parts(verdict)["review"] == ("file", "anything.mov")
    assert verdict.accepted


def test_an_expected_folder_of_many_things_is_one_component() -> None:
    scene = dataclasses.replace(PLAIN, components=("main", "textures"))
    found = files("prop.ma", "textures/a_1001.tif", "textures/a_1002.tif", "textures/b.tif")
    verdict = judged(found, "prop_model_v001", scene)
    assert parts(verdict) == {"main": ("file", "prop.ma"), "textures": ("folder", "textures")}
    assert [each.path for each in verdict.parts[1].files] == [each.path for each in found[1:]]


def test_a_folder_of_too_many_things_is_one_component() -> None:
    stuff = (f"stuff/{letter}.tif" for letter in "abcdefghijklmnopqrstuvwxyz")
    found = files("prop.ma", "b/one.tif", "b/two.tif", *stuff)
    verdict = judged(found, "prop_model_v001", PLAIN)
    assert parts(verdict) == {
        "one": ("file", "b/one.tif"),
        "two": ("file", "b/two.tif"),
        "prop": ("file", "prop.ma"),
        "stuff": ("folder", "stuff"),
    }


def test_papers_beside_the_frames_do_not_make_a_folder_of_them() -> None:
    sided = dataclasses.replace(EXPECTED, types=(), components=("main", "depth"))
    found = [*sequence("main/x"), *files("main/x.xml"), *sequence("depth/x"), *files("depth/x.xml")]
    verdict = judged(found, UNIT, sided)
    assert parts(verdict) == {
        "main": ("sequence", "main/x.%04d.exr"),
        "depth": ("sequence", "depth/x.%04d.exr"),
        "x": ("file", "depth/x.xml"),
        "x_2": ("file", "main/x.xml"),
    }


def test_too_many_components_are_refused() -> None:
    found = files(*(f"{number}x.ma" for number in range(201)))
    assert rules(judged(found, "prop_model_v001", PLAIN)) == {"bounds"}


def test_movies_and_versions_are_no_frames() -> None:
    found = files("shot_010.mov", "shot_020.mov", "tex_v001.exr", "tex_v002.exr")
    assert {each.shape for each in judged(found, "prop_model_v001", PLAIN).parts} == {Shape.FILE}


@pytest.mark.parametrize("name", ["notes limit 5.exr", "it's.exr", "a & b; c.exr", "\u00e4\u00f6.exr", "a{b}[c].exr"])
def test_names_that_mean_something_only_to_what_never_reads_them_are_harmless(name: str) -> None:
    verdict = judged(files(name), "prop_model_v001", PLAIN)
    assert verdict.accepted
    assert verdict.parts[0].path == name
    assert verdict.parts[0].name.replace("_", "").isalnum()


# Frames.


def test_missing_and_surplus_frames_are_listed_with_those_that_are_expected() -> None:
    found = [each for each in sequence("x", 1000, 1006) if "1003" not in each.path]
    verdict = judged(found)
    assert rules(verdict) == {"frames-missing", "frames-surplus"}
    texts = " ".join(each.text for each in verdict.problems)
    assert "1 frame (1003)" in texts
    assert "2 frames too many (1000, 1006)" in texts
    assert "expected are 1001-1005" in texts


def test_every_sequence_has_to_be_complete() -> None:
    assert rules(judged([*sequence("main/a"), *sequence("depth/a", 1001, 1004)])) == {"frames-missing"}


def test_an_absurd_range_is_told_in_a_moment() -> None:
    wide = dataclasses.replace(EXPECTED, first_frame=-(10**12), last_frame=10**12)
    assert "frames-missing" in rules(judged(sequence("x"), UNIT, wide))


def test_frames_below_zero_are_taken_where_they_are_expected() -> None:
    early = dataclasses.replace(EXPECTED, first_frame=-1, last_frame=1)
    verdict = judged(files("x.-001.exr", "x.0000.exr", "x.0001.exr"), UNIT, early)
    assert verdict.parts[0].frames == (-1, 0, 1)
    assert verdict.accepted
    assert rules(judged(files("x.-001.exr", "x.000.exr", "x.001.exr"), UNIT, early)) == {"frames-padding"}
    assert rules(judged(files("x.-1.exr", "x.0.exr"), "prop_model_v001", PLAIN)) == {"frames-negative"}


def test_numbers_without_padding_are_a_sequence_too() -> None:
    wide = dataclasses.replace(EXPECTED, first_frame=9, last_frame=11)
    verdict = judged(files("x.9.exr", "x.10.exr", "x.11.exr"), UNIT, wide)
    assert verdict.accepted
    assert (verdict.parts[0].path, verdict.parts[0].frames, verdict.parts[0].padding) == ("x.%d.exr", (9, 10, 11), 0)


def test_holes_are_remarked_where_nobody_said_which_frames_are_wanted() -> None:
    verdict = judged(files("tex_1001.tif", "tex_1011.tif"), "prop_model_v001", PLAIN)
    assert verdict.accepted
    assert rules(verdict, Severity.REMARK) == {"frames-holes"}


def test_a_frame_far_smaller_than_the_rest_is_remarked() -> None:
    found = sequence("x")
    found[2] = dataclasses.replace(found[2], size_bytes=100)
    verdict = judged(found)
    assert verdict.accepted
    assert [each.path for each in verdict.problems if each.rule == "frames-small"] == [found[2].path]


# Bounds.


def test_of_very_many_problems_of_a_kind_a_few_are_told() -> None:
    verdict = judged([Found(f"x{number}.exr", FoundKind.LINK) for number in range(5000)])
    told = [each for each in verdict.problems if each.rule == "link"]
    assert len(told) == 21
    assert "4,980 more" in told[-1].text


def test_what_accsyn_leaves_behind_is_no_part_of_it() -> None:
    left = files(
        "Thumbs.db", ".DS_Store", ".ACCSYN_TMP.x", "ASC_RENAME_FAILED/a.exr", "accsyn_delivery.json", "._x.exr"
    )
    verdict = judged([*sequence("x"), *left, Found("ASC_RENAME_FAILED", FoundKind.FOLDER)])
    assert verdict.accepted
    assert rules(verdict, Severity.REMARK) == {"left-out"}
    assert sum(len(each.files) for each in verdict.parts) == 5


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.exr", "a//x.exr", "a/./x.exr", "C:/x.exr", "", "x\0.exr"])
def test_paths_that_lead_elsewhere_are_refused_and_become_nothing(path: str) -> None:
    verdict = judged([*sequence("x"), *files(path)])
    assert "name" in rules(verdict)
    assert path not in {file.path for part in verdict.parts for file in part.files}


def test_a_file_with_files_in_it_and_one_that_is_told_twice_are_refused() -> None:
    assert "path" in rules(judged([*sequence("x"), *files("x.1001.exr/deep.exr")]))
    assert "path" in rules(judged([*sequence("x"), *files("x.1001.exr")]))
