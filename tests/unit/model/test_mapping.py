"""The mapping file: every key it may have, and every mistake named with its place."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import mapping
from ftrack_accsyn_accessor.model import settings as model_settings
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.mapping import Entry, LocationMapping
from ftrack_accsyn_accessor.model.parties import MAIN, SITE, Party
from ftrack_accsyn_accessor.model.paths import LINUX, MAC, WINDOWS, Root
from helpers import ROOT

EXAMPLE = ROOT / "resource" / "locations.example.toml"
reads_toml = pytest.mark.skipif(
    not any(map(importlib.util.find_spec, ("tomllib", "tomli"))), reason="this Python reads no TOML"
)
seeded = settings(derandomize=True, deadline=None, database=None, max_examples=60)

HQ, LONDON = Party(MAIN, "hq"), Party(SITE, "london")


def read(content: Any, name: str = "locations.json") -> LocationMapping:
    return mapping.read(json.dumps(content), name, "acme", "projects")


def refusal(content: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        read(content)
    return caught.value.outcome


@reads_toml
def test_example_says_what_it_shows() -> None:
    found = mapping.read(EXAMPLE.read_text(encoding="utf-8"), str(EXAMPLE), "acme", "projects")
    assert found.entries == (
        Entry(
            "studio.hq",
            HQ,
            "projects",
            "P:\\projects",
            (
                Root("projects", "P:\\projects", WINDOWS),
                Root("projects", "\\\\nas\\projects", WINDOWS),
                Root("projects", "/mnt/projects", LINUX),
                Root("projects", "/Volumes/projects", MAC),
            ),
        ),
        Entry("studio.london", LONDON, roots=(Root("projects", "/london/projects", LINUX, any_case=False),)),
        Entry("ftrack.unmanaged", HQ),
        Entry("*.lon-ws*", near=(LONDON, HQ)),
        Entry("*@vendor.example", deliver=True),
    )


@reads_toml
def test_toml_and_json_of_one_content_are_one_mapping() -> None:
    toml = '[locations."studio.hq"]\nparty = "hq"\nnear = ["site=london"]\nroots = { linux = "/mnt" }\n'
    content = {"locations": {"studio.hq": {"party": "hq", "near": ["site=london"], "roots": {"linux": "/mnt"}}}}
    assert mapping.read(f"\ufeff{toml}", "LOCATIONS.TOML") == mapping.read(json.dumps(content), "a")


def test_python_without_toml_says_to_use_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tomllib", "tomli"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=r"this Python reads no TOML .*; write the file in JSON") as caught:
        mapping.read("[locations]", "locations.toml")
    assert caught.value.on == "locations.toml"


def test_tomli_reads_where_python_has_no_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = type(sys)("tomli")  # the package itself is not there on every machine; only `loads` of it is used
    monkeypatch.setattr(stand_in, "loads", lambda text: {"locations": {text: {}}}, raising=False)
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", stand_in)
    assert mapping.read("read", "locations.toml").of("read") == Entry("read")


def test_exact_name_goes_before_patterns_and_the_first_pattern_before_others() -> None:
    found = read({"locations": {"*": {"deliver": True}, "studio.*": {"volume": "b"}, "studio.hq": {"volume": "a"}}})
    assert [found.of(name).pattern for name in ("studio.hq", "studio.x", "x")] == ["studio.hq", "*", "*"]
    assert read({"locations": {"studio.*": {}}}).of("STUDIO.HQ") is None
    assert LocationMapping().of("studio.hq") is None


@pytest.mark.parametrize("content", [{}, {"locations": {}}])
def test_nothing_said_is_an_empty_mapping(content: Any) -> None:
    assert read(content) == LocationMapping()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "it is [], not a table"),
        ({"location": {}}, "location is not known; there may be: locations"),
        ({"locations": []}, "locations is [], not a table of locations"),
        ({"locations": {"a": 7}}, 'locations."a" is 7, not a table'),
        (
            {"locations": {"a": {"roof": 1}}},
            'locations."a".roof is not known; there may be: party, volume, prefix, roots, ignore_case, near, deliver',
        ),
        (
            {"locations": {"a": {"party": "london"}}},
            "locations.\"a\".party is 'london', not an accsyn party: the workspace's code, hq, site=, client= or an "
            "e-mail address",
        ),
        (
            {"locations": {"a": {"party": None}}},
            'locations."a".party is None, not an accsyn party: the workspace\'s code, hq, site=, client= or an '
            "e-mail address",
        ),
        ({"locations": {"a": {"volume": 7}}}, 'locations."a".volume is 7, not a text'),
        ({"locations": {"a": {"volume": " "}}}, "locations.\"a\".volume is ' ', not a text"),
        (
            {"locations": {"a": {"prefix": "../x"}}},
            "locations.\"a\".prefix is '../x', not a path in the volume, or a full one",
        ),
        ({"locations": {"a": {"roots": "/mnt"}}}, "locations.\"a\".roots is '/mnt', not a table"),
        (
            {"locations": {"a": {"roots": {"beos": "/x"}}}},
            'locations."a".roots.beos is not known; there may be: windows, linux, mac',
        ),
        (
            {"locations": {"a": {"roots": {"windows": "/mnt"}}}},
            "locations.\"a\".roots.windows is '/mnt', not a full path on windows",
        ),
        (
            {"locations": {"a": {"roots": {"linux": ["/mnt", 7]}}}},
            'locations."a".roots.linux is 7, not a full path on linux',
        ),
        ({"locations": {"a": {"ignore_case": 1}}}, 'locations."a".ignore_case is 1, not true or false'),
        ({"locations": {"a": {"deliver": "yes"}}}, "locations.\"a\".deliver is 'yes', not true or false"),
        ({"locations": {"a": {"near": "hq"}}}, "locations.\"a\".near is 'hq', not a list of parties"),
        (
            {"locations": {"a": {"near": ["hq", "x"]}}},
            "locations.\"a\".near is 'x', not an accsyn party: the workspace's code, hq, site=, client= or an "
            "e-mail address",
        ),
    ],
)
def test_each_mistake_is_named_with_its_place(content: Any, problem: str) -> None:
    assert refusal(content) == problem


def test_all_mistakes_are_named_at_once() -> None:
    outcome = refusal({"locations": {"a": {"roof": 1, "party": 7}, "b": {"deliver": 0}}, "more": 1})
    for place in ('locations."a".roof', 'locations."a".party', 'locations."b".deliver', "more"):
        assert outcome.count(f"{place} is ") == 1


@pytest.mark.parametrize("text", ["{", "", '{"locations": {"a": {}, "a": {}}}', "[" * 100_000])
def test_what_is_no_json_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="it cannot be read: "):
        mapping.read(text, "locations.json")


@reads_toml
def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(SettingsError, match=r"it cannot be read: .*line 2"):
        mapping.read("\n[locations\n", "locations.toml")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["hq", "/mnt", "site=a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*mapping._KEYS, "locations", "linux", "windows", "a*"]) | st.text(max_size=3), inner
        )
    ),
    max_leaves=12,
)


@seeded
@given(JSON)
def test_any_content_is_a_mapping_or_refused_in_words(content: Any) -> None:
    for each in (content, {"locations": {"a": content}}):
        with contextlib.suppress(SettingsError):
            assert all(isinstance(entry, Entry) for entry in read(each).entries)


# The file


def test_file_that_the_environment_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "locations.json"
    path.write_text(json.dumps({"locations": {"studio.hq": {"party": "ACME"}}}), encoding="utf-8")
    current = model_settings.read({"FTRACK_ACCSYN_LOCATIONS": f" {path} ", "ACCSYN_WORKSPACE": "acme"})
    assert (current.locations, current.problems) == (str(path), ())
    assert environment.read_locations(current).of("studio.hq") == Entry("studio.hq", Party(MAIN, "acme"))


def test_no_file_is_no_mapping() -> None:
    assert environment.read_locations(model_settings.read({})) == LocationMapping()


def test_file_of_no_full_path_is_a_problem_of_the_variable() -> None:
    (problem,) = model_settings.read({"FTRACK_ACCSYN_LOCATIONS": "locations.toml"}).problems
    assert problem.variable == "FTRACK_ACCSYN_LOCATIONS"
    assert problem.remedy == "Set it to the full path of a file."


@pytest.mark.parametrize(("made", "reason"), [("nothing", "No such file"), ("folder", "a folder"), ("bytes", "UTF-8")])
def test_file_that_cannot_be_read_is_told_with_the_variable(tmp_path: Path, made: str, reason: str) -> None:
    path = tmp_path / "locations.json"
    if made == "folder":
        path.mkdir()
    elif made == "bytes":
        path.write_bytes(b"\xff{")
    current = model_settings.read({"FTRACK_ACCSYN_LOCATIONS": str(path)})
    with pytest.raises(SettingsError, match=reason) as caught:
        environment.read_locations(current)
    assert caught.value.on == str(path)
    assert caught.value.remedy == "Correct FTRACK_ACCSYN_LOCATIONS or the file's permissions."
