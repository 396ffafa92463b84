"""What folders and shares of vendors are called: never one for two, whatever people and projects are called."""

from __future__ import annotations

import itertools
import re
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.naming import unsafe_on_windows
from ftrack_accsyn_accessor.model.vendors import VendorRules, places, project_folder, vendor_name

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)
LOOK_ALIKES = [
    "vendor@acme.test",
    "vend\u043er@acme.test",  # a Cyrillic o
    "vendor@acme\u2024test",
    "\uff56endor@acme.test",
    "vendor@\u212acme.test",
    "vendor@kcme.test",
    "vendor-acme@test",
    "vendor.acme@test",
    "vendor@acme-test",
    "stra\u00dfe@acme.test",
    "strasse@acme.test",
    "jos\u00e9@acme.test",
    "jose\u0301@acme.test",
    "\u202evendor@acme.test",
    "@",
    "",
]
NAMES = st.text(min_size=1, max_size=30) | st.sampled_from(
    ["..", ".", "a/b", "a\\b", "CON", "nul.txt", "a.", "a ", "a:b", "\u200bshow", "show", "Show", "e\u0301", "\u00e9"]
)


def test_addresses_that_look_alike_are_different_vendors() -> None:
    names = [vendor_name(address) for address in LOOK_ALIKES]
    assert len({name.casefold() for name in names}) == len(LOOK_ALIKES)


def test_one_address_is_one_vendor_however_it_is_written() -> None:
    assert vendor_name(" Vendor@ACME.test ") == vendor_name("vendor@acme.test")
    assert places(VendorRules(), "show_a", "Vendor@ACME.test") == places(VendorRules(), "show_a", "vendor@acme.test")


def test_a_project_that_a_folder_can_be_called_by_keeps_its_name() -> None:
    for name in ("show_a", "Show A", "\u5f71\u50cf", "show-2.5", "\u00e9t\u00e9"):
        assert project_folder(name) == name


@seeded
@given(NAMES)
def test_any_project_gets_a_folder_that_every_system_takes(name: str) -> None:
    folder = project_folder(name)
    assert folder not in ("", ".", "..")
    assert not unsafe_on_windows(folder)
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f]', folder)
    assert folder == folder.strip()
    assert len(folder) <= 100


@seeded
@given(st.lists(NAMES, unique=True, min_size=2, max_size=6))
def test_no_two_projects_have_one_folder(names: list[str]) -> None:
    made = [*names, *map(project_folder, names)]  # as well as projects that are called what was made
    folders = {name: project_folder(name) for name in made}
    assert len(set(folders.values())) == len(folders)


@settings(seeded, max_examples=50)
@given(st.lists(NAMES, unique=True, min_size=2, max_size=3), st.lists(st.emails(), unique_by=str.lower, min_size=2))
def test_no_two_of_project_and_vendor_have_a_folder_or_code_in_common(projects: list[str], vendors: list[str]) -> None:
    found = [places(VendorRules(), project, vendor) for project in projects for vendor in vendors[:3]]
    everything = [text for each in found for text in each]
    assert len(set(everything)) == len(everything)
    for one, other in itertools.permutations({folder for each in found for folder in each[:4]}, 2):
        assert not f"{other}/".startswith(f"{one}/")


@seeded
@given(NAMES, st.emails())
def test_codes_are_what_accsyn_is_sure_to_allow(project: str, vendor: str) -> None:
    allowed = set(string.ascii_lowercase + string.digits + "_-")
    for code in places(VendorRules(), project, vendor)[4:]:
        assert 1 <= len(code) <= 32
        assert set(code) <= allowed
