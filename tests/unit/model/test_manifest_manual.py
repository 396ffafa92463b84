"""What the manual says of the manifest is what is written and read."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.errors import ManifestError
from ftrack_accsyn_accessor.model.manifest import Deliverable, Manifest, Packed
from manual import chapter

CHAPTER = chapter("vendors", "The manifest")
EXAMPLE = CHAPTER.split("```json\n")[1].split("```")[0]
TABLES = [block for block in re.split(r"\n\n", CHAPTER) if block.startswith("| Key")]


def test_the_example_of_the_manual_is_what_is_written() -> None:
    found = manifest.read(EXAMPLE.encode())
    assert manifest.text(found) == EXAMPLE


@pytest.mark.parametrize(
    ("table", "record"), [*zip(TABLES, (Manifest, Packed, Deliverable))], ids=("manifest", "file", "deliverable")
)
def test_every_key_is_in_the_manual(table: str, record: Any) -> None:
    keys = [key for row in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(keys) == sorted(field.name for field in dataclasses.fields(record))


def test_what_the_manual_says_has_to_be_there_is_what_has_to_be_there() -> None:
    whole = json.loads(EXAMPLE)
    needed = set()
    for key in whole:
        try:
            manifest.read(json.dumps({name: value for name, value in whole.items() if name != key}).encode())
        except ManifestError:
            needed.add(key)
    needed -= {"tasks", "first_frame", "last_frame"}  # what names them asks for them
    said = CHAPTER.split("Only ")[1].split(" have to be there")[0]
    assert needed == set(re.findall(r"`(\w+)`", said))
