"""Any notation of a storage <-> volume and relative path."""

from __future__ import annotations

from typing import Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.paths import LINUX, MAC, WINDOWS, Place, Root, Roots, is_full, notation, relative

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=60)

#: A volume with a drive and a share of Windows and mounts of Linux and macOS; one inside of it, and odd ones.
DRIVE = Root("projects", "P:\\projects", WINDOWS)
SHARE = Root("projects", r"\\nas\projects", WINDOWS)
BARE_DRIVE = Root("scratch", "S:", WINDOWS)
MOUNT = Root("projects", "/mnt/projects", LINUX)
VOLUME = Root("projects", "/Volumes/projects", MAC)
INNER = Root("assets", "/mnt/projects/assets", LINUX)
INNER_DRIVE = Root("assets", "P:\\Projects\\assets", WINDOWS)
EXACT_MAC = Root("cine", "/Volumes/Cine", MAC, any_case=False)
LOOSE_LINUX = Root("media", "/mnt/Media", LINUX, any_case=True)
EXACT_WINDOWS = Root("wsl", "W:\\Linux", WINDOWS, any_case=False)
ACCENTED = Root("umlaut", "/Volumes/Büro", MAC)
STUDIO = Roots(
    [DRIVE, SHARE, BARE_DRIVE, MOUNT, VOLUME, INNER, INNER_DRIVE, EXACT_MAC, LOOSE_LINUX, EXACT_WINDOWS, ACCENTED]
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        # Drives
        ("P:\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("P:/projects/show/a.mov", "projects:show/a.mov"),
        ("P:\\projects/show\\a.mov", "projects:show/a.mov"),
        ("p:\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("P:\\PROJECTS\\Show\\a.mov", "projects:Show/a.mov"),
        ("P:\\\\projects\\\\show\\\\a.mov", "projects:show/a.mov"),
        ("P:\\projects\\show\\", "projects:show"),
        ("P:\\projects", "projects:"),
        ("P:\\projects\\\\", "projects:"),
        ("P:\\.\\projects\\.\\show", "projects:show"),
        ("P:\\projects\\show\\..\\other\\a.mov", "projects:other/a.mov"),
        ("P:\\projects\\..\\secret\\a.mov", None),
        ("P:\\projects\\..\\..\\a.mov", None),
        ("P:\\projects2\\a.mov", None),
        ("P:\\project", None),
        ("Q:\\projects\\show\\a.mov", None),
        ("P:projects\\show\\a.mov", None),
        ("P:\\", None),
        ("\\\\?\\P:\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("//?/P:/projects/show/a.mov", "projects:show/a.mov"),
        ("\\\\?\\p:\\Projects\\show\\a.mov", "projects:show/a.mov"),
        ("S:\\tmp\\a.mov", "scratch:tmp/a.mov"),
        ("S:", "scratch:"),
        ("s:/", "scratch:"),
        ("S:\\..\\a.mov", None),
        ("S:a.mov", None),
        # Shares
        ("\\\\nas\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("//nas/projects/show/a.mov", "projects:show/a.mov"),
        ("\\\\NAS\\Projects\\show\\a.mov", "projects:show/a.mov"),
        ("\\\\nas/projects\\show/a.mov", "projects:show/a.mov"),
        ("\\\\\\\\nas\\\\projects\\\\show\\\\a.mov", "projects:show/a.mov"),
        ("\\\\?\\UNC\\nas\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("//?/unc/nas/projects/show/a.mov", "projects:show/a.mov"),
        ("\\\\nas\\projects", "projects:"),
        ("\\\\nas\\projects\\", "projects:"),
        ("\\\\nas\\projects\\..\\projects\\a.mov", None),
        ("\\\\nas\\projects2\\a.mov", None),
        ("\\\\nas2\\projects\\a.mov", None),
        ("\\\\nas", None),
        ("\\\\?\\Volume{b75e2c83-0000-0000-0000-602f00000000}\\projects\\a.mov", None),
        ("\\\\.\\P:\\projects\\a.mov", None),
        # Mounts of Linux
        ("/mnt/projects/show/a.mov", "projects:show/a.mov"),
        ("/mnt/projects/Show/a.mov", "projects:Show/a.mov"),
        ("/mnt/Projects/show/a.mov", None),
        ("/MNT/projects/show/a.mov", None),
        ("//mnt/projects/show/a.mov", "projects:show/a.mov"),
        ("/mnt//projects///show//a.mov", "projects:show/a.mov"),
        ("/mnt/./projects/./show/", "projects:show"),
        ("/mnt\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("\\mnt\\projects\\show\\a.mov", "projects:show/a.mov"),
        ("/mnt/projects/show/../../other/a.mov", None),
        ("/mnt/projects/show/../other/a.mov", "projects:other/a.mov"),
        ("/../mnt/projects/a.mov", None),
        ("/mnt/projects-old/a.mov", None),
        ("/home/ana/mnt/projects/a.mov", None),
        ("/mnt", None),
        ("/", None),
        # Mounts of macOS
        ("/Volumes/projects/show/a.mov", "projects:show/a.mov"),
        ("/volumes/PROJECTS/show/a.mov", "projects:show/a.mov"),
        ("/Volumes/projects-1/show/a.mov", None),
        ("/Volumes/Bu\u0308ro/a.mov", "umlaut:a.mov"),
        ("/volumes/B\u00dcRO/a.mov", "umlaut:a.mov"),
        # A rule of its own
        ("/Volumes/Cine/a.mov", "cine:a.mov"),
        ("/Volumes/cine/a.mov", None),
        ("/mnt/media/a.mov", "media:a.mov"),
        ("/MNT/MEDIA/A.mov", "media:A.mov"),
        ("w:\\Linux\\a.mov", "wsl:a.mov"),
        ("W:\\linux\\a.mov", None),
        # The longest root
        ("/mnt/projects/assets/hero.ma", "assets:hero.ma"),
        ("/mnt/projects/Assets/hero.ma", "projects:Assets/hero.ma"),
        ("/mnt/projects/assets2/hero.ma", "projects:assets2/hero.ma"),
        ("/mnt/projects/assets", "assets:"),
        ("/mnt/projects/assets/..", "projects:"),
        ("P:\\projects\\ASSETS\\hero.ma", "assets:hero.ma"),
        # Names that are left alone
        ("/mnt/projects/show/a.%04d.exr", "projects:show/a.%04d.exr"),
        ("P:\\projects\\show\\a.####.exr", "projects:show/a.####.exr"),
        ("/mnt/projects/show/a.%d.exr[1001-1100]", "projects:show/a.%d.exr[1001-1100]"),
        ("/mnt/projects/a b/$HOME/~/ü.mov ", "projects:a b/$HOME/~/ü.mov "),
        ("/mnt/projects/a:b/aux", "projects:a:b/aux"),
        # Names that Windows takes for something else
        ("P:\\projects\\show\\aux.mov", None),
        ("P:\\projects\\show.\\a.mov", None),
        ("P:\\projects\\a.mov:stream", None),
        # No full paths
        ("show/a.mov", None),
        ("./mnt/projects/a.mov", None),
        ("~/a.mov", None),
        ("", None),
        ("/mnt/projects/a\0.mov", None),
    ],
)
def test_text_of_a_path_leads_to_its_place(text: str, place: Optional[str]) -> None:
    found = STUDIO.place(text)
    assert (f"{found.volume}:{found.path}" if found else None) == place
    assert bool(STUDIO.why_not(text)) is (found is None)


@pytest.mark.parametrize(
    ("place", "platform", "path"),
    [
        (Place("projects", "show/a.mov"), WINDOWS, "P:\\projects\\show\\a.mov"),
        (Place("projects", "show/a.mov"), LINUX, "/mnt/projects/show/a.mov"),
        (Place("projects", "show/a.mov"), MAC, "/Volumes/projects/show/a.mov"),
        (Place("projects", ""), WINDOWS, "P:\\projects"),
        (Place("scratch", ""), WINDOWS, "S:\\"),
        (Place("scratch", "a.mov"), WINDOWS, "S:\\a.mov"),
        (Place("projects", "a.%04d.exr"), WINDOWS, "P:\\projects\\a.%04d.exr"),
        (Place("scratch", "a.mov"), LINUX, None),
        (Place("nothing", "a.mov"), LINUX, None),
        (Place("projects", "../a.mov"), LINUX, None),
        (Place("projects", "a/../../b.mov"), LINUX, None),
        (Place("projects", "a:b.mov"), LINUX, "/mnt/projects/a:b.mov"),
        (Place("projects", "a:b.mov"), WINDOWS, None),
        (Place("projects", "show /a.mov"), WINDOWS, None),
        (Place("projects", "a\0.mov"), LINUX, None),
    ],
)
def test_place_is_written_as_a_platform_writes_it(place: Place, platform: str, path: Optional[str]) -> None:
    assert STUDIO.written(place, platform) == path


def test_first_root_of_a_platform_is_the_one_that_is_written() -> None:
    assert Roots([SHARE, DRIVE]).written(Place("projects", "a"), WINDOWS) == "\\\\nas\\projects\\a"
    assert Roots([SHARE]).written(Place("projects", ""), WINDOWS) == "\\\\nas\\projects"
    assert Roots([Root("all", "/", LINUX)]).written(Place("all", ""), LINUX) == "/"
    assert Roots([Root("all", "/", LINUX)]).written(Place("all", "a/b"), LINUX) == "/a/b"


def test_what_is_no_full_path_of_its_platform_is_no_root() -> None:
    odd = [Root("a", "projects", LINUX), Root("b", "/projects", WINDOWS), Root("c", "P:\\p", LINUX), Root("d", "", MAC)]
    assert list(Roots(odd)) == []


def test_root_of_two_volumes_is_a_place_in_neither_and_names_both() -> None:
    roots = Roots([Root("one", "/mnt/a", LINUX), Root("two", "/mnt/a", LINUX)])
    assert roots.place("/mnt/a/b") is None
    assert roots.why_not("/mnt/a/b") == "it lies in a root that is that of several volumes: one, two"


def test_root_of_one_spelling_goes_before_one_that_ignores_case() -> None:
    roots = Roots([Root("loose", "/mnt/projects", MAC), Root("exact", "/mnt/Projects", LINUX)])
    assert roots.place("/mnt/Projects/a") == Place("exact", "a")
    assert roots.place("/mnt/projects/a") == Place("loose", "a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("show/a.mov", "it is no full path"),
        (
            "/home/a.mov",
            "it lies outside of all known roots of accsyn's volumes; others are told in the file that "
            "FTRACK_ACCSYN_LOCATIONS names",
        ),
        ("/../a.mov", "its .. lead above where it begins, or it names a device"),
        (
            "P:\\projects\\con",
            "Windows gives one of its names another meaning (a device, a stream, a trailing dot or blank)",
        ),
    ],
)
def test_why_a_path_has_no_place_is_said_in_words(text: str, reason: str) -> None:
    assert STUDIO.why_not(text) == reason


@pytest.mark.parametrize(
    ("text", "full", "platform"),
    [
        ("P:\\a", True, WINDOWS),
        ("\\\\nas\\a\\b", True, WINDOWS),
        ("//nas/a/b", True, WINDOWS),
        ("/mnt/a", True, LINUX),
        ("/Volumes/a", True, MAC),
        ("a/b", False, LINUX),
        ("P:a", False, LINUX),
    ],
)
def test_notation_tells_the_platform(text: str, full: bool, platform: str) -> None:
    assert (is_full(text), notation(text)) == (full, platform)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a/b.mov", "a/b.mov"),
        (".\\a\\\\b.mov\\", "a/b.mov"),
        ("a/../b.mov", "b.mov"),
        ("", ""),
        ("../b.mov", None),
        ("/a", None),
        ("P:a", None),
        ("a\0", None),
    ],
)
def test_relative_path_has_one_spelling(text: str, path: Optional[str]) -> None:
    assert relative(text) == path


# For any roots and any names

LETTERS = st.sampled_from("abZé ガ%#[]_-1")
NAMES = st.text(LETTERS, min_size=1, max_size=6).map(lambda name: f"{name}a")  # ends in neither a dot nor a blank
PATHS = st.lists(NAMES, max_size=4).map("/".join)
CASES = st.sampled_from([None, True, False])


@st.composite
def studios(draw: st.DrawFn) -> Roots:
    """Roots of up to three volumes on each platform, none inside of another."""
    found = []
    for index in range(draw(st.integers(1, 3))):
        folder, volume = draw(PATHS), f"volume{index}"
        windows = draw(st.sampled_from(["{0}:\\own{0}\\", "\\\\nas{0}\\own\\", "//nas{0}/own/", "{0}:/own{0}/"]))
        found += [
            Root(volume, windows.format("PQR"[index]) + folder, WINDOWS, draw(CASES)),
            Root(volume, f"/mnt/own{index}/{folder}", LINUX, draw(CASES)),
            Root(volume, f"/Volumes/own{index}/{folder}", MAC, draw(CASES)),
        ]
    return Roots(draw(st.permutations(found)))


@seeded
@given(studios(), st.sampled_from(["volume0", "volume1", "volume2"]), PATHS)
def test_every_place_comes_back_from_every_platform(roots: Roots, volume: str, path: str) -> None:
    place = Place(volume, path)
    for platform in (WINDOWS, LINUX, MAC):
        text = roots.written(place, platform)
        assert (text is None) is (volume not in {root.volume for root in roots})
        if text is not None:
            assert roots.place(text) == place
            assert roots.written(roots.place(text) or place, platform) == text


@seeded
@given(studios(), PATHS, st.sampled_from([WINDOWS, LINUX, MAC]), st.data())
def test_equivalent_spellings_are_one_place(roots: Roots, path: str, platform: str, data: st.DataObject) -> None:
    place = Place("volume0", path)
    text = roots.written(place, platform) or ""
    head, rest = (text[:2], text[2:]) if platform == WINDOWS else ("", text)
    spelt = "".join(
        data.draw(st.sampled_from(["/", "\\", "//", "/./", "\\.\\", "/gone/../"])) if letter in "/\\" else letter
        for letter in (rest if not head.startswith("\\") else "")
    )
    if spelt and not spelt.startswith(("//.", "//?", "\\\\")):
        assert roots.place(head + spelt) == place
    assert roots.place(text + data.draw(st.sampled_from(["/", "\\", "//", "/.", "/a/.."]))) == place
    if platform == WINDOWS:
        unparsed = f"\\\\?\\UNC{text[1:]}" if text.startswith("\\\\") else f"\\\\?\\{text}"
        assert roots.place(unparsed) == place
        assert roots.place(text.replace("\\", "/")) == place


@seeded
@given(studios(), PATHS, st.sampled_from([WINDOWS, LINUX, MAC]))
def test_case_of_a_root_counts_by_its_rule(roots: Roots, path: str, platform: str) -> None:
    root = next(root for root in roots if root.volume == "volume0" and root.platform == platform)
    text = roots.written(Place("volume0", path), platform) or ""
    prefix = text[: len(text) - len(path)] if path else text
    found = roots.place(prefix.swapcase() + text[len(prefix) :])
    if root.naming.any_case:
        assert found == Place("volume0", path)
    else:
        shares = platform == WINDOWS and len(root.path.replace("\\", "/").strip("/").split("/")) == 2
        assert found is None or (shares and root.path.startswith(("\\\\", "//")))


@seeded
@given(studios(), st.text(max_size=30))
def test_no_text_makes_trouble(roots: Roots, text: str) -> None:
    place = roots.place(text)
    assert place is None or ".." not in place.path.split("/")
