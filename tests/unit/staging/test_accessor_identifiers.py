"""Which identifiers name something below the root, for the three systems at once: their path rules are data here."""

from __future__ import annotations

import ntpath
import pathlib
import posixpath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.staging.accessor import normalise_identifier, resolve_identifier

POSIX = (posixpath, "/data/projects")
WINDOWS = (ntpath, "C:\\Data\\Projects")
SHARE = (ntpath, "\\\\nas\\media\\projects")
SYSTEMS = pytest.mark.parametrize(("flavour", "prefix"), [POSIX, WINDOWS, SHARE], ids=["posix", "windows", "share"])


@SYSTEMS
@pytest.mark.parametrize(
    ("identifier", "relative"),
    [
        ("show/a.exr", "show/a.exr"),
        ("show\\a.exr", "show/a.exr"),
        ("show\\seq/a.exr", "show/seq/a.exr"),
        ("./show//a.exr", "show/a.exr"),
        ("show/x/../a.exr", "show/a.exr"),
        ("show\\x\\..\\a.exr", "show/a.exr"),
        ("show/", "show"),
        ("..foo/b..c", "..foo/b..c"),
        ("plate.%04d.exr", "plate.%04d.exr"),
        ("with {brace} and blank", "with {brace} and blank"),
        ("Ärger/日本.exr", "Ärger/日本.exr"),
        ("", ""),
        (".", ""),
        ("a/..", ""),
    ],
)
def test_relative_identifier_means_the_same_on_every_system(flavour, prefix, identifier, relative):
    assert normalise_identifier(identifier, prefix, flavour) == relative
    expected = flavour.join(prefix, *relative.split("/")) if relative else prefix
    assert resolve_identifier(identifier, prefix, flavour) == expected


@SYSTEMS
@pytest.mark.parametrize(
    "identifier",
    [
        "..",
        "../x",
        "..\\x",
        "a/../../b",
        "a\\..\\..\\b",
        "a/..\\../b",
        "../projects/x",
        "../Projects/x",
        "../projects-secret/x",
        "./../x",
        "../../../../../etc/passwd",
        "/",
        "\\",
        "/etc/passwd",
        "\\windows\\win.ini",
        "/data/projects-secret/x",
        "/data/projects/../projects-secret/x",
        "/data",
        "C:\\Data\\Projects-secret\\x",
        "C:\\Data\\Projects\\..\\x",
        "C:/Data",
        "D:\\Data\\Projects\\x",
        "C:x",
        "c:",
        "C:../x",
        "a/C:/x",
        "a\\c:x",
        "z:/../x",
        "//nas/media/secret/x",
        "\\\\nas\\media\\projects-secret\\x",
        "//nas/media/projects/../x",
        "\\\\?\\C:\\Data\\Projects\\x",
        "\\\\.\\C:\\Data\\Projects\\x",
        "//data/projects/x",
        "a\0b",
        "\0",
    ],
)
def test_identifier_outside_of_the_root_is_refused_on_every_system(flavour, prefix, identifier):
    with pytest.raises(ValueError, match=r"^it |^Windows"):
        resolve_identifier(identifier, prefix, flavour)


@pytest.mark.parametrize(
    ("flavour", "prefix", "identifier", "relative"),
    [
        (*POSIX, "/data/projects", ""),
        (*POSIX, "/data/projects/", ""),
        (*POSIX, "/data/projects/show/a.exr", "show/a.exr"),
        (*POSIX, "/data/./projects/x/../a.exr", "a.exr"),
        (posixpath, "/", "/show/a.exr", "show/a.exr"),
        (*WINDOWS, "C:\\Data\\Projects\\show\\a.exr", "show/a.exr"),
        (*WINDOWS, "c:/data/PROJECTS/Show/A.exr", "Show/A.exr"),
        (ntpath, "P:\\", "p:\\show\\a.exr", "show/a.exr"),
        (*SHARE, "\\\\NAS\\media\\projects\\show\\a.exr", "show/a.exr"),
        (*SHARE, "//nas/media/projects", ""),
    ],
)
def test_absolute_path_inside_of_the_root_is_accepted(flavour, prefix, identifier, relative):
    assert normalise_identifier(identifier, prefix, flavour) == relative


def test_posix_tells_letter_case_apart():
    with pytest.raises(ValueError, match="absolute path outside of /data/projects"):
        resolve_identifier("/data/Projects/x", POSIX[1], POSIX[0])


@pytest.mark.parametrize(
    "identifier",
    ["a/NUL", "nul.txt", "COM1.exr", "a/lpt9/b", "aux .txt", "CONIN$", "COM²", "a/b.", "a /b", "...", "a.exr:stream"],
)
def test_names_with_another_meaning_on_windows_are_refused_there_only(identifier):
    with pytest.raises(ValueError, match="another meaning"):
        resolve_identifier(identifier, WINDOWS[1], WINDOWS[0])
    assert normalise_identifier(identifier, POSIX[1], POSIX[0]) == identifier


@pytest.mark.parametrize("identifier", ["console/nullify.exr", "com10.exr", "x.nul", "auxiliary", "lpt"])
def test_names_that_resemble_a_device_are_accepted(identifier):
    assert normalise_identifier(identifier, WINDOWS[1], WINDOWS[0]) == identifier


@SYSTEMS
@pytest.mark.parametrize("identifier", [None, 7, b"show/a.exr", ["a"]])
def test_what_is_no_text_is_refused(flavour, prefix, identifier):
    with pytest.raises(ValueError, match="not a text"):
        normalise_identifier(identifier, prefix, flavour)


def test_path_object_is_accepted_as_disk_accessor_does():
    assert normalise_identifier(pathlib.PurePosixPath("show/a.exr"), POSIX[1], POSIX[0]) == "show/a.exr"


HOSTILE = st.lists(
    st.sampled_from(["..", ".", "", "a", "C:", "c:b", "projects", "Data", "data", "nas", "media", "?", "NUL", " "]),
    max_size=8,
)


@given(parts=HOSTILE, separators=st.lists(st.sampled_from(["/", "\\", "//", "\\\\"]), min_size=9, max_size=9))
@example(parts=["", "data", "projects", "..", "x"], separators=["/"] * 9)
@settings(max_examples=500, deadline=None, derandomize=True)
def test_whatever_is_accepted_lies_below_the_root(parts, separators):
    identifier = "".join(part + separator for part, separator in zip(parts, separators))
    for flavour, prefix in (POSIX, WINDOWS, SHARE):
        try:
            path = resolve_identifier(identifier, prefix, flavour)
        except ValueError:
            continue
        assert flavour.normpath(path) == path
        assert flavour.commonpath([prefix, path]) == prefix
