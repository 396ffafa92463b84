"""The manifest and the delivery note: written, read back, and every hostile one refused in words."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import ntpath
import posixpath
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import foreign, manifest
from ftrack_accsyn_accessor.model.errors import ManifestError
from ftrack_accsyn_accessor.model.manifest import Deliverable, DeliveryNote, Manifest, Packed

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=60)

TASK = "0f0e-1"
FILE = Packed("sq010/sh010/plate.0001.exr", 12, "a" * 64, "c-1", "v-1")
WANTED = Deliverable(TASK, "sh010_comp_v{version:03d}", "a-1", "comp", ("main",), 993, 1057, (".exr",), 4)
WHOLE = Manifest(
    package="sh010_comp_2026-11-26_1a2b3c",
    project_id="p-1",
    project="show_a",
    vendor="ana@x.y",
    made_at="2026-11-26T23:00:00+00:00",
    tasks=((TASK, "show_a/sq010/sh010/comp"),),
    version_ids=("v-1",),
    files=(FILE,),
    deliverables=(WANTED,),
    to_share="show_a-to-ana",
    from_share="show_a-from-ana",
    first_frame=1001,
    last_frame=1049,
    handles=8,
    frame_rate=23.976,
    colour_space="ACEScg",
    due="2026-12-01",
    notes=("Keep the rig.\nAnd the wires.",),
)


def content(**changes: Any) -> bytes:
    """Return the whole manifest with keys changed; those that are `...` are left out."""
    fields = {**json.loads(manifest.text(WHOLE)), **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def read_or_refused(raw: bytes) -> Optional[Manifest]:
    """Return what *raw* holds, None where it is refused in words; anything else that is raised fails the test."""
    with contextlib.suppress(ManifestError):
        return manifest.read(raw)
    refusal(raw)
    return None


def one_file(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "size_bytes": 1, "sha256": "b" * 64, **more}


def one_deliverable(**changes: Any) -> list[dict[str, Any]]:
    return [{**json.loads(content())["deliverables"][0], **changes}]


def refusal(raw: bytes) -> str:
    """Return why *raw* is refused; it can be shown on any terminal."""
    with pytest.raises(ManifestError) as caught:
        manifest.read(raw)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 500
    return said


def test_a_manifest_that_was_written_is_read_back() -> None:
    assert manifest.read(manifest.text(WHOLE).encode()) == WHOLE


def test_what_is_not_known_is_left_out_of_what_is_read() -> None:
    least = Manifest("p", "id", "show_a", "ana@x.y", "2026-11-26")
    assert manifest.read(manifest.text(least).encode()) == least
    short = json.dumps({"form": 1, "package": "p", "project_id": "id", "project": "show_a", "vendor": "ana@x.y"})
    assert manifest.read(short[:-1].encode() + b', "made_at": "2026-11-26", "later": {"a": [1]}}') == least


def test_a_file_has_a_line_of_its_own() -> None:
    lines = manifest.text(dataclasses.replace(WHOLE, files=(FILE, Packed("b", 1, "c" * 64)))).splitlines()
    assert sum('"sha256"' in line for line in lines) == 2


def test_a_mark_that_editors_put_before_utf_8_is_passed_over() -> None:
    assert manifest.read(b"\xef\xbb\xbf" + content()) == WHOLE


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Expecting value"),
        (b"[]", "not a JSON object"),
        (b'"manifest"', "not a JSON object"),
        (b"\xff\xfe{}", "decode"),
        (b"{}", "which form"),
        (b'{"form": true}', "not a whole number"),
        (b'{"form": 1.0}', "not a whole number"),
        (b'{"form": 0}', "which form"),
        (b'{"form": 2}', "a newer one is needed"),
        (b'{"form": 1, "form": 1}', "twice"),
        (b'{"form": 1, "handles": NaN}', "NaN"),
        (b'{"form": 1, "handles": -Infinity}', "-Infinity"),
        (b'{"form": 1, "frame_rate": 1e999}', "too large"),
        (b'{"form": ' + b"9" * 10_000 + b"}", "10000 digits"),
        (b'{"form": 0.' + b"9" * 10_000 + b"}", "too long"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "deeper than"),
        (b'{"form":' + b"[" * 10_000, "deeper than"),
        (b'{"form": [' + b"[]," * 600_000 + b"[]]}", "far more parts"),
        (b'{"form": [' + b'"",' * 4_100_000 + b'""]}', "far more parts"),
        (b" " * (manifest.MOST_BYTES + 1), "may have"),
    ],
    ids=lambda value: ascii(value[:30]) if isinstance(value, bytes) else None,
)
def test_what_is_no_json_of_this_kind_is_refused(raw: bytes, said: str) -> None:
    assert said in refusal(raw)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"package": ...}, "package is missing"),
        ({"package": ""}, "empty"),
        ({"package": ".."}, "it has .."),
        ({"package": "a/b"}, "slash"),
        ({"project_id": 'x" or id is not "'}, "an id is"),
        ({"project": 7}, "project is 'int', not a text"),
        ({"project": None}, "not a text"),
        ({"vendor": "a\x1b[2J"}, "control what is shown"),
        ({"vendor": "\ud800"}, "half a character"),
        ({"vendor": "a" * 2000}, "more than 1024"),
        ({"made_at": "tomorrow"}, "a date is"),
        ({"due": "2026-12-01 <b>"}, "a date is"),
        ({"notes": ["a", 1]}, "no text"),
        ({"notes": "a"}, "not a list"),
        ({"notes": ["\u202egnp"]}, "control what is shown"),
        ({"tasks": [["a", "b"]]}, "not an object"),
        ({"tasks": [{"id": TASK, "name": "a"}, {"id": TASK, "name": "b"}]}, "a task twice"),
        ({"to_share": "a b"}, "a share is"),
        ({"version_ids": ["v", "\n"]}, "an id is"),
        ({"first_frame": 1.5}, "not a whole number"),
        ({"first_frame": True}, "not a whole number"),
        ({"first_frame": None}, "without the other"),
        ({"first_frame": 10**12}, "not from"),
        ({"first_frame": -9_000_000, "last_frame": 9_000_000}, "number of frames"),
        ({"first_frame": 1002, "last_frame": 1001}, "number of frames"),
        ({"handles": -1}, "handles is -1"),
        ({"frame_rate": 0}, "frame_rate is"),
        ({"frame_rate": "24"}, "not a number"),
        ({"files": [one_file("a", sha256="A" * 64)]}, "sha256 is"),
        ({"files": [one_file("a", sha256=...)]}, "sha256"),
        ({"files": [one_file("a", size_bytes=-1)]}, "the size of"),
        ({"files": [one_file("a", size_bytes=2**62)]}, "the size of"),
        ({"files": [one_file("a", component_id="$(rm)")]}, "component_id is"),
        ({"files": [one_file("a", version_id="\u0430")]}, "version_id is"),
        ({"files": [{"path": "a"}]}, "the size of"),
        ({"files": {"a": 1}}, "not a list"),
        ({"deliverables": one_deliverable(task_id="other")}, "none of its tasks"),
        ({"deliverables": one_deliverable() * 2}, "one to some systems"),
        ({"deliverables": one_deliverable(components=["../main"])}, "a component is"),
        ({"deliverables": one_deliverable(types=["exr"])}, "a type is"),
        ({"deliverables": one_deliverable(types=[".e/r"])}, "a type is"),
        ({"deliverables": one_deliverable(next_version=0)}, "next_version is 0"),
        ({"deliverables": one_deliverable(next_version=10**9)}, "next_version is"),
        ({"deliverables": one_deliverable(last_frame=None)}, "without the other"),
        ({"deliverables": one_deliverable(asset_name="\x00")}, "control what is shown"),
    ],
    ids=repr,
)
def test_what_a_manifest_may_not_say_is_refused(changes: dict[str, Any], said: str) -> None:
    for each in changes.get("files", ()):
        if isinstance(each, dict) and each.get("sha256") is ...:
            del each["sha256"]
    assert said in refusal(content(**changes))


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc/passwd", "..", "../a", "a/../../b", "a/./b", "a//b", "a/", "./a", "."),
        *("C:/a", "C:a", "c:\\a", "\\\\server\\share\\a", "//server/share/a", "a\\..\\b", "a:stream", "\\a"),
        *("NUL", "a/con.exr", "aux", "COM1.txt", "lpt\u00b9", "a.", "a ", " a", "a/b ./c", "a?b", "a*"),
        *('a"b', "a|b", "a<b", "a>b", "a/\udfff", "\ud800"),
        *("a\x00b", "a\nb", "a\tb", "a\x7f", "\x85", "a\u202eb", "a\u200bb", "\ufeffa", "a\u2028b"),
        *("\u2025", "\uff0e\uff0e", "a\uff0fb", "a\u2215b", "a\u2044b", "\uff23\uff1aa", "a\uff3cb", "\u2024\u2024/a"),
        *("x" * 256, "\u00e9" * 128, "/".join("a" * 65), "/".join(["x" * 200] * 6)),
        *(manifest.NAME, manifest.NAME.upper(), "Work.MD", f"{manifest.NAME}/a"),
    ],
    ids=lambda value: ascii(value[:30]),
)  # fmt: skip
def test_a_path_that_is_not_one_file_below_the_package_on_every_system_is_refused(path: str) -> None:
    refusal(content(files=[one_file(path)]))


@pytest.mark.parametrize(
    "path",
    [
        *("a", "a/b.exr", "a b/c (1).exr", "\u00e9/\u65e5\u672c.exr", "..a", "a..b", ".a", "plate.%04d.exr"),
        "\u0645\u06cc\u200c\u0634",
    ],
)  # fmt: skip
def test_a_path_that_is_one_is_taken(path: str) -> None:
    assert manifest.read(content(files=[one_file(path)])).files[0].path == path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("a", "a"), ("a", "A"), ("\u00e9", "e\u0301"), ("\u212b", "\u00c5"), ("\ufb01", "fi"), ("a/B/c", "A/b/c")),
        *(("a", "a/b"), ("A/B/c", "a/b"), ("a\u200cb", "ab"), ("\uff41", "a"), ("stra\u00dfe", "STRASSE")),
    ],
    ids=ascii,
)  # fmt: skip
def test_two_paths_that_are_one_to_some_system_or_eye_are_refused(one: str, other: str) -> None:
    for paths in ((one, other), (other, one)):
        refusal(content(files=[one_file(each) for each in paths]))


@pytest.mark.parametrize(
    "name",
    [
        *("{version.__class__}", "{version[0]}", "{version!r}", "{version:>99999999}", "{version:010d}"),
        *("{version:3d}", "{version", "{VERSION}", "{version:03d }"),
        *("{0}", "{}", "{{version}}", "{shot}_v{version}", "v{version}_{version}", "{", "}", "a}b"),
        *("a/{version}", "../v{version}", "v{version}.", "C:{version}", "nul", "", " v{version}", "v{version}\n"),
    ],
)  # fmt: skip
def test_a_name_with_any_other_template_than_the_version_is_refused(name: str) -> None:
    refusal(content(deliverables=one_deliverable(name=name)))


def test_a_deliverable_says_what_a_version_of_it_is_called() -> None:
    assert WANTED.named(4) == "sh010_comp_v004"
    assert dataclasses.replace(WANTED, name="v{version}_x").named(12) == "v12_x"
    assert dataclasses.replace(WANTED, name="only").named(12) == "only"
    assert dataclasses.replace(WANTED, name="{version.real}").named(1) == "{version.real}"


def test_a_delivery_note_that_was_written_is_read_back() -> None:
    note = DeliveryNote("sh010_comp_1", "sh010_comp_v004", (Packed("a/b.0001.exr", 5, ""), Packed("c", 0, "d" * 64)))
    assert manifest.read_note(manifest.note_text(note).encode()) == note
    assert manifest.read_note(manifest.note_text(DeliveryNote("", "x.mov")).encode()) == DeliveryNote("", "x.mov")


@pytest.mark.parametrize(
    "changes",
    [{"name": "../x"}, {"name": ""}, {"package": "a/b"}, {"files": [one_file("../a")]}, {"files": [one_file("a")] * 2}],
    ids=repr,
)
def test_a_hostile_delivery_note_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ManifestError):
        manifest.read_note(json.dumps({"form": 1, "package": "p", "name": "n", **changes}).encode())


def test_what_would_be_refused_is_not_written() -> None:
    with pytest.raises(ManifestError, match="none of its tasks"):
        manifest.text(dataclasses.replace(WHOLE, tasks=()))
    with pytest.raises(ManifestError, match=r"it has \.\."):
        manifest.note_text(DeliveryNote("p", "n", (Packed("../a", 1, ""),)))


LETTERS = st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Zl", "Zp"), blacklist_characters='<>"|?*\\/:. ')


def test_a_manifest_that_nobody_could_read_again_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MOST_BYTES", 400)  # the real one takes seconds to reach
    with pytest.raises(ManifestError, match="Let fewer files go"):
        manifest.text(WHOLE)


NAMES = st.text(LETTERS, min_size=1, max_size=8).filter(lambda name: not foreign.why_no_name(name))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
IDS = st.text("0123456789abcdef-", max_size=36)
FRAMES = st.one_of(st.just((None, None)), st.tuples(st.integers(-99, 99), st.integers(99, 9999)))
PACKED = st.builds(
    Packed, PATHS, st.integers(0, 2**60), st.text("0123456789abcdef", min_size=64, max_size=64), IDS, IDS
)
TEXTS = st.text(LETTERS, max_size=20).filter(lambda text: not foreign.why_no_text(text))
MANIFESTS = st.builds(
    lambda record, files, frames, handles, rate, notes: dataclasses.replace(
        record, files=tuple(files), first_frame=frames[0], last_frame=frames[1], handles=handles, frame_rate=rate,
        notes=tuple(notes),
    ),
    st.builds(Manifest, NAMES, IDS, TEXTS, TEXTS, st.just("2026-11-26")),
    st.lists(PACKED, max_size=5, unique_by=lambda each: foreign.key(each.path).split("/")[0]).filter(
        lambda files: not foreign.clash([manifest.NAME, manifest.WORK, *(each.path for each in files)])
    ),
    FRAMES,
    st.integers(0, 100),
    st.one_of(st.none(), st.floats(0.001, 10_000)),
    st.lists(TEXTS, max_size=3),
)  # fmt: skip


@seeded
@given(MANIFESTS)
def test_every_manifest_that_may_be_written_is_read_back(found: Manifest) -> None:
    assert manifest.read(manifest.text(found).encode()) == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted(json.loads(content()))


@seeded
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4), st.dictionaries(st.text(max_size=5), JSON, max_size=2))
def test_whatever_a_key_holds_it_is_read_or_refused_in_words(changes: dict[str, Any], more: dict[str, Any]) -> None:
    raw = content(**changes, **{f"+{name}": value for name, value in more.items()})
    found = read_or_refused(raw)
    assert found is None or manifest.read(manifest.text(found).encode()) == found


@seeded
@given(st.binary(max_size=40), st.integers(0, len(content())), st.integers(0, 40))
def test_whatever_bytes_are_changed_it_is_read_or_refused_in_words(put: bytes, at: int, dropped: int) -> None:
    raw = content()
    read_or_refused(raw[:at] + put + raw[at + dropped :])


@seeded
@given(st.text(st.characters(), max_size=12), st.sampled_from(["", "a/", "/", "../", "a\\", "c:"]))
def test_a_path_that_is_taken_stays_below_its_folder_in_every_notation(text: str, before: str) -> None:
    path = before + text
    if not foreign.why_no_path(path):
        assert posixpath.normpath(path) == path
        assert ntpath.normpath(path).replace("\\", "/") == path
        assert not ntpath.splitdrive(path)[0]
        assert not ntpath.isabs(path)
