"""What a task asks for: the names that are expected back, and a page in which nothing of others can pose as ours."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ftrack_accsyn_accessor.model import foreign, manifest, work
from ftrack_accsyn_accessor.model.checking import check
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.manifest import Manifest, Packed
from ftrack_accsyn_accessor.model.submission import Found, FoundKind
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.model.work import Remark, Task

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=50)

TASK = Task("t-1", ("show_a", "sq010", "sh010", "comp"), "p-1", "s-1", asset_name="comp", next_version=4)
RULES = VendorRules()
KNOWN = Manifest("sh010_comp_1", "p-1", "show_a", "ana@x.y", "2026-11-26T10:00:00+00:00", from_share="show_a-from-ana")


def made(*tasks: Task, rules: VendorRules = RULES, files: tuple[Packed, ...] = ()) -> Manifest:
    return work.manifest_of(tasks, files, work.deliverables(tasks, rules), rules, KNOWN)


def page(*tasks: Task, rules: VendorRules = RULES, files: tuple[Packed, ...] = ()) -> str:
    return work.markdown(tasks, made(*tasks, rules=rules, files=files), rules.guidelines)


def structure(text: str) -> list[str]:
    """Return what a reader of Markdown makes of *text*, but for plain words and code."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = [inner for token in markdown.parse(text) for inner in (token, *(token.children or ()))]
    return [
        f"{token.type} {token.tag}" for token in tokens if token.type not in ("text", "inline", "code_inline", "fence")
    ]


@pytest.mark.parametrize(
    ("naming", "contexts", "name"),
    [
        ("{shot}_{task}_v{version:03d}", TASK.contexts, "sh010_comp_v{version:03d}"),
        ("{project}_{sequence}_{shot}_{asset}_v{version}", TASK.contexts, "show_a_sq010_sh010_comp_v{version}"),
        ("{sequence}{shot}_{task}_v{version:02d}", ("show_a", "hero", "rig"), "hero_rig_v{version:02d}"),
        ("{shot}_{task}_v{version:03d}", ("a", "../x", "c {version} d/e"), "x_c_version_d_e_v{version:03d}"),
        ("{shot}_{task}_v{version:03d}", ("a", "{task.__class__}", "b"), "task.__class_b_v{version:03d}"),
        ("{shot}_v{version:03d}", ("a", "e\u0301\u65e5", "b"), "\u00e9\u65e5_v{version:03d}"),
    ],
)  # fmt: skip
def test_a_deliverable_is_called_by_the_rule(naming: str, contexts: tuple[str, ...], name: str) -> None:
    rules = dataclasses.replace(RULES, naming=naming)
    assert work.deliverable(dataclasses.replace(TASK, contexts=contexts), rules).name == name


@pytest.mark.parametrize(
    "naming",
    ["{studio}_v{version}", "{shot}_{version}_{version}", "{shot}/{version}", "{shot:x}_{version}", "{version:}"],
)  # fmt: skip
def test_a_rule_that_gives_no_name_is_told_of(naming: str) -> None:
    with pytest.raises(SettingsError, match="naming"):
        work.deliverable(TASK, dataclasses.replace(RULES, naming=naming))


def test_frames_are_expected_with_the_handles_of_the_task_else_of_the_rules() -> None:
    framed = dataclasses.replace(TASK, first_frame=1001, last_frame=1010)
    rules = dataclasses.replace(RULES, handles=8)
    ruled = work.deliverable(framed, rules)
    assert (ruled.first_frame, ruled.last_frame) == (993, 1018)
    own = work.deliverable(dataclasses.replace(framed, handles=0), rules)
    assert (own.first_frame, own.last_frame) == (1001, 1010)
    assert work.deliverable(dataclasses.replace(framed, last_frame=None), rules).first_frame is None


def test_what_the_tasks_do_not_agree_upon_is_not_said_for_all_of_them() -> None:
    one = dataclasses.replace(TASK, first_frame=1, last_frame=9, frame_rate=24.0, due="2026-12-09", description="One.")
    other = dataclasses.replace(one, id="t-2", contexts=(*TASK.contexts[:-1], "roto"), last_frame=8, due="2026-12-01")
    found = made(one, other)
    assert (found.first_frame, found.last_frame, found.frame_rate, found.due) == (None, None, 24.0, "2026-12-01")
    assert found.notes == ("One.", "One.")
    assert (made(one).first_frame, made(one).last_frame) == (1, 9)


def test_the_page_says_what_is_expected_by_when_and_what_is_in_the_package() -> None:
    task = dataclasses.replace(TASK, first_frame=1001, last_frame=1010, due="2026-12-01", type="Compositing")
    task = dataclasses.replace(task, notes=(Remark("2026-11-25", "Keep the wires."),), frame_rate=24.0)
    rules = dataclasses.replace(RULES, handles=8, types=(".exr",), guidelines="ACES, please.")
    files = tuple(Packed(f"plate/f.{frame}.exr", 1000, "a" * 64) for frame in range(3))
    text = page(task, rules=rules, files=files)
    for said in (
        *("`show_a/sq010/sh010/comp`", "`sh010_comp_v004`", "993 to 1018, handles included: 26 frames", "`.exr`"),
        *("Due: `2026-12-01`", "Keep the wires.", "`plate`: 3 files, 3.0 kB", "ACES, please.", "`show_a-from-ana`"),
        *("1001 to 1010, without handles", "Frames a second: 24", "`Compositing`", "`ftrack-accsyn deliver`"),
    ):
        assert said in text


@pytest.mark.parametrize("components", [("main",), ("beauty", "mask"), ("main", "review", "matte.left")])
@pytest.mark.parametrize("types", [(".exr",), ()], ids=["one type", "any type"])
def test_what_is_called_as_the_page_says_is_accepted_as_what_it_says(
    components: tuple[str, ...], types: tuple[str, ...]
) -> None:
    task = dataclasses.replace(TASK, first_frame=998, last_frame=1003)
    rules = dataclasses.replace(RULES, deliverables=components, types=types, handles=1)
    (wanted,) = work.deliverables([task], rules)
    found = []
    for _, called in work.inside(wanted, wanted.next_version):
        first = called[0] if types else f"{called[0]}.exr"
        names = [first.replace("0997", f"{frame:04d}") for frame in range(997, 1005)] if len(called) > 1 else [first]
        found += [Found(name, FoundKind.FILE, 10) for name in names]
    verdict = check(wanted.named(4), found, [wanted], RULES, {TASK.id: frozenset({1, 2, 3})})
    assert verdict.accepted, verdict.problems
    assert [each.name for each in verdict.parts] == list(components)
    assert verdict.parts[0].frames == tuple(range(997, 1005))
    assert (verdict.task_id, verdict.version) == (TASK.id, 4)
    text = page(task, rules=rules)
    for component, called in work.inside(wanted, 4):
        assert f"- For `{component}`: `{'` to `'.join(called)}`" in text


def test_a_package_of_very_many_folders_is_told_in_short() -> None:
    files = tuple(Packed(f"d{number}/a.txt", 1, "a" * 64) for number in range(5000))
    text = page(TASK, files=files)
    assert "and 4800 more folders" in text
    assert len(text.splitlines()) < 300


HOSTILE = [
    "# Heading\n## Another",
    "[click](http://evil.example) ![x](http://evil.example/a.png) <https://evil.example>",
    "<script>alert(1)</script>\n<img src=x onerror=y>",
    "```\n# out of the block\n```\n````text\n# and again",
    "` ``` ` `",
    "~~~\n# tilde\n~~~",
    "- item\n- [ ] todo\n> quote\n| a | b |\n|---|---|",
    "Setext\n======\nOther\n------",
    "[ref]: http://evil.example\n[ref]",
    "\u202egnp.exe\u0000\x1b[31m\r\nnext",
    "&lt;b&gt; &#35; \\# \\`",
    "a\u2028# line separator\x0b# vertical tab\x0c# form feed\x85# next line",
    "    # indented",
    "\ud800 half",
]


def hostile_task(text: str) -> Task:
    return dataclasses.replace(
        TASK, contexts=("show_a", text, "sh010", "comp"), description=text, type=text, status=text,
        notes=(Remark(text, text),), asset_name=text,
    )  # fmt: skip


PLAIN = structure(page(hostile_task("plain")))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_others_have_written_cannot_pose_as_a_heading_a_link_or_html(text: str) -> None:
    assert structure(page(hostile_task(text))) == PLAIN
    assert not {each.split()[0] for each in PLAIN} & {"link_open", "image", "html_block", "html_inline"}


@seeded
@given(st.text(st.one_of(st.sampled_from("`#[]()<>!*_~-=|\\\n\t :&"), st.characters()), min_size=1, max_size=30))
def test_whatever_it_is_the_page_has_the_same_structure_and_the_manifest_is_readable(text: str) -> None:
    task = hostile_task(f"{text}.")
    assert structure(page(task)) == PLAIN
    assert all(each == "\n" or unicodedata.category(each)[0] != "C" for each in page(task))
    assert manifest.read(manifest.text(made(task)).encode()).tasks[0][0] == "t-1"


def test_the_longest_note_takes_a_bounded_place() -> None:
    text = page(dataclasses.replace(TASK, description="x" * 10**6, notes=(Remark("", "word " * 10**5),)))
    assert len(text) < 100_000
    assert max(map(len, text.splitlines())) < 200


@seeded
@given(st.text(max_size=80))
def test_a_plain_name_is_a_part_of_a_name_on_every_system(text: str) -> None:
    assert not foreign.why_no_name(f"x{work.plain_name(text)}x")
