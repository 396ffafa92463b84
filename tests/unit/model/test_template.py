"""Folders of shots and tasks by a template: filled in, or a reason why not; never a way out of the volume."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.template import fill

NAMES = {"project": "show_a", "sequence": "sq010", "shot": "sh010", "task": "comp"}


def test_a_template_is_filled_with_what_lies_above() -> None:
    assert fill("{project}/{sequence}/{shot}/scans", NAMES) == ("show_a/sq010/sh010/scans", "")


def test_what_is_not_above_is_named() -> None:
    assert fill("{project}/{episode}/{asset_build}", NAMES) == ("", "it is in no episode and no asset_build")


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a\\b", "c:", "a*", " ", "\x00"])
def test_a_name_that_leads_elsewhere_makes_no_folder(name: str) -> None:
    folder, wrong = fill("{project}/{shot}", {**NAMES, "shot": name})
    assert folder == ""
    assert wrong
