"""The rules for vendors: every key they may have, and every mistake named with its place."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import settings as model_settings
from ftrack_accsyn_accessor.model import vendor_rules
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from helpers import ROOT

EXAMPLE = ROOT / "resource" / "vendors.example.toml"
reads_toml = pytest.mark.skipif(
    not any(map(importlib.util.find_spec, ("tomllib", "tomli"))), reason="this Python reads no TOML"
)
seeded = settings(derandomize=True, deadline=None, database=None, max_examples=150)
FIELDS = {field.name: field.default for field in dataclasses.fields(VendorRules)}
FOLDER = "a path in the volume in which {project} and {vendor} each stand once, in names of their own"


def read(content: Any) -> VendorRules:
    return vendor_rules.read(json.dumps(content), "vendors.json", "acme")


def refusal(content: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        read(content)
    return caught.value.outcome


@reads_toml
def test_example_shows_every_key_with_what_holds_without_it() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert vendor_rules.read(text, str(EXAMPLE)) == VendorRules()
    assert [name for name in FIELDS if not any(line.startswith(f"{name} = ") for line in text.splitlines())] == []


@pytest.mark.parametrize("name", FIELDS)
def test_each_key_is_read_and_refused_where_it_is_something_else(name: str) -> None:
    given_value: Any = {
        "root": "/mnt/x",
        "spool": "C:\\spool",
        "production": "site=internal",
        "types": [".exr", ".tar.gz"],
        "naming": "{task}_v{version}",
        "to_code": "in-{vendor}",
        "from_code": "out-{vendor}",
    }.get(name, FIELDS[name])
    if isinstance(FIELDS[name], bool):
        given_value = not FIELDS[name]
    elif isinstance(FIELDS[name], (int, float)):
        given_value = FIELDS[name] + 1
    value = getattr(read({name: given_value}), name)
    assert value == (tuple(given_value) if isinstance(given_value, (list, tuple)) else given_value)
    for wrong in (None, {}, -1, 1.5 if isinstance(FIELDS[name], int) else [7], "x\x00"):
        assert refusal({name: wrong}).startswith(f"{name} is {wrong!r}, not ")


@pytest.mark.parametrize(
    "folder",
    [
        "",
        "to",
        "{project}/to",
        "{vendor}/to",
        "/{project}/{vendor}",
        "{project}/{vendor}/",
        "{project}//{vendor}",
        "{project}/../{vendor}",
        "{project}/./{vendor}",
        "{project}\\{vendor}",
        "C:/{project}/{vendor}",
        "{project}/{vendor}/{vendor}",
        "{project}_{vendor}/to",
        "{project}/{vendor}/{user}",
        "{project}/{vendor.__class__}",
        "{project!r}/{vendor}",
        "{project}/{vendor}/to ",
        "{project}/{vendor}/nul",
        "{project}/{vendor}/a:b",
        "{project}/{vendor}/{{}}",
        "{project}/{vendor}/~\n",
    ],
)
def test_folder_that_leads_out_or_belongs_to_several_is_refused(folder: str) -> None:
    assert refusal({"to_folder": folder}) == f"to_folder is {folder!r}, not {FOLDER}"


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("{project}/_vendors/{vendor}/from", "{project}/_vendors/{vendor}/from"),
        ("{project}/_vendors/{vendor}/to/from", "{project}/_vendors/{vendor}/to"),
        ("{project}/_VENDORS/{vendor}/To/x", "{project}/_vendors/{vendor}/to"),
        ("{project}/_vendors/{vendor}/from", "{project}/_vendors/{vendor}"),
        ("{vendor}/in/{project}/x", "{project}/in/{vendor}"),
        ("x/{project}/y/{vendor}", "{project}/{vendor}"),
        ("{project}/a-12345678/in/{vendor}", "{project}/{vendor}"),
    ],
)
def test_folder_that_may_lie_in_another_is_refused(inner: str, outer: str) -> None:
    outcome = refusal({"from_folder": inner, "to_folder": outer})
    assert outcome.startswith(f"from_folder is {inner!r}, not a folder that never lies in to_folder ({outer!r})")


def test_folders_that_lie_apart_are_taken() -> None:
    rules = read({"to_folder": "{project}/in/{vendor}", "quarantine_folder": "{project}/{vendor}/bad"})
    assert places(rules, "show_a", "v@x.y").to_folder.startswith("show_a/in/v-x-y-")


@pytest.mark.parametrize(
    "naming",
    [
        "",
        "{shot}/{version}",
        "{version:>10}",
        "{version:099999d}",
        "{version!r}",
        "{version}_{version}",
        "{shot.name}_{version}",
        "{shot[0]}_{version}",
        "{shot:5}_{version}",
        "{vendor}_{version}",
        "{}_{version}",
        "{version",
        "..\\{version}",
    ],
)
def test_naming_is_plain_placeholders(naming: str) -> None:
    assert refusal({"naming": naming}).startswith(f"naming is {naming!r}, not a name, with {{project}}")


def test_naming_may_have_all_that_names_are_made_of() -> None:
    naming = "{project}_{sequence}_{shot}_{asset}_{task}_v{version:04d}"
    assert read({"naming": naming}).naming == naming


@pytest.mark.parametrize("party", ["hq", "acme", "v@x.y", "client=abc", "internal", " "])
def test_production_is_a_site(party: str) -> None:
    assert refusal({"production": party}) == f"production is {party!r}, not a site such as site=internal"


def test_all_mistakes_are_named_at_once() -> None:
    outcome = refusal({"roof": 1, "handles": True, "grace_days": "7", "comment": 1})
    for place in ("roof", "handles", "grace_days", "comment"):
        assert f"{place} is " in outcome


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["{project}/{vendor}", "{version}", ".exr", "{x", "/", "site=a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@seeded
@given(st.dictionaries(st.sampled_from([*FIELDS, "more"]), ANY, max_size=5) | ANY)
def test_any_content_is_rules_or_refused_in_words(content: Any) -> None:
    with contextlib.suppress(SettingsError):
        found = places(read(content), "show_a", "v@x.y")
        assert len(set(found)) == len(found)


def test_file_that_the_environment_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vendors.json"
    path.write_text(json.dumps({"grace_days": 3, "types": [".exr"]}), encoding="utf-8")
    current = model_settings.read({"FTRACK_ACCSYN_VENDORS": str(path)})
    assert environment.read_vendors(current) == VendorRules(grace_days=3, types=(".exr",))
    path.unlink()
    with pytest.raises(SettingsError, match=r"read the rules for vendors .*Correct FTRACK_ACCSYN_VENDORS or"):
        environment.read_vendors(current)


def test_no_file_is_the_rules_as_they_are() -> None:
    assert environment.read_vendors(model_settings.read({})) == VendorRules()
