"""Records of what was handed out, as anybody may have left them in ftrack."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import handout as model
from ftrack_accsyn_accessor.model.handout import HandOut

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=150)
MADE = HandOut("t", "p", "show_a", "v@x.y", "package", "folder", "2026-01-02T03:04:05Z", "2026-12-01", "", True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@seeded
@given(
    st.builds(HandOut, st.just("t"), *[st.text(min_size=1, max_size=20)] * 6, st.text(max_size=5), st.text(max_size=5))
)
def test_what_is_written_is_read(made: HandOut) -> None:
    assert model.read(model.text(made), "t") == made


@seeded
@given(st.dictionaries(st.sampled_from([each.name for each in dataclasses.fields(HandOut)]), JSON))
def test_anything_else_is_a_record_or_none(content: dict[str, Any]) -> None:
    found = model.read(json.dumps({**dataclasses.asdict(MADE), **content}), "t")
    if found is not None:
        texts = dataclasses.asdict(found)
        assert texts.pop("assigned") in (True, False)
        assert all(isinstance(each, str) for each in texts.values())


@pytest.mark.parametrize("change", [{"task_id": "other"}, {"vendor": ""}, {"project": ""}, {"due": None}])
def test_a_record_of_something_else_or_of_nobody_is_none(change: dict[str, Any]) -> None:
    assert model.read(json.dumps({**dataclasses.asdict(MADE), **change}), "t") is None


def test_what_a_later_release_adds_is_passed_over() -> None:
    assert model.read(json.dumps({**dataclasses.asdict(MADE), "more": 1}), "t") == MADE


def test_vendors_whose_addresses_look_alike_have_keys_of_their_own() -> None:
    assert model.key("v@x.y") == model.key(" V@X.Y ")
    assert len({model.key(address) for address in ("v@x.y", "v.x@y", "\uff56@x.y")}) == 3
    assert len(model.key(f"{'v' * 200}@x.y")) < 80
