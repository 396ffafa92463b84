"""Frozen values as JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.item import Progress, State
from ftrack_accsyn_accessor.model.plain import as_json, plain
from ftrack_accsyn_accessor.model.settings import Problem, Settings


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, None),
        (1.5, 1.5),
        (State.SYNCED, "synced"),
        ({State.SYNCED: 1}, {"synced": 1}),
        ((1, [2, {3}]), [1, [2, [3]]]),
        (Path("a") / "b", str(Path("a/b"))),
        (Problem("A", "is wrong.", "Mend it."), {"variable": "A", "what": "is wrong.", "remedy": "Mend it."}),
        (Progress(1, 4), {"done_bytes": 1, "size_bytes": 4, "speed_bytes_per_s": None, "left_s": None, "percent": 25}),
    ],
)
def test_value_becomes_what_json_knows(value: Any, wanted: Any) -> None:
    assert plain(value) == wanted
    assert json.loads(as_json(value)) == wanted


def test_fields_that_a_repr_hides_stay_hidden() -> None:
    assert "secret" not in as_json(Credentials("acme", "artist", "secret"))
    assert "secret" not in as_json(dataclasses.replace(Settings(), api_key="secret", proxy="secret"))


def test_text_that_is_not_ascii_stays_readable() -> None:
    assert as_json("Ä") == '"Ä"'


def test_text_that_cannot_be_encoded_is_escaped() -> None:
    as_json("main\udcff.mov").encode()
    assert json.loads(as_json("main\udcff.mov")) == "main\udcff.mov"
