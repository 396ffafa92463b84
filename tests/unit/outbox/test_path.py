"""Where the outbox of a staging area lies: one for each area, whoever asks."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.outbox.file import outbox_path


def test_outbox_lies_in_its_area_under_one_name() -> None:
    assert outbox_path(None, "/data/projects") == Path("/data/projects/.ftrack-accsyn/outbox.sqlite3")


def test_outbox_elsewhere_is_named_after_its_area_the_same_on_every_machine_of_a_system() -> None:
    digits = "8a3428ea" if os.name == "posix" else "[0-9a-f]{8}"
    assert re.fullmatch(rf"projects-{digits}\.sqlite3", outbox_path("/var/outbox", "/data/projects").name)
    assert outbox_path("/var/outbox", "/data/projects/") == outbox_path("/var/outbox", "/data/projects")


@pytest.mark.parametrize("root", ["/", "/data/a b:c", "/data/\u6771\u4eac", "/data/\udcff"])
def test_any_area_has_a_name_that_any_system_takes(root: str) -> None:
    name = outbox_path("/var/outbox", root).name

    assert name.endswith(".sqlite3")
    assert not set(name) & set(' :/\\*?"<>|\udcff')


def test_two_areas_have_two_outboxes_in_one_folder() -> None:
    assert outbox_path("/var/outbox", "/a/projects") != outbox_path("/var/outbox", "/b/projects")
