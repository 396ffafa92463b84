"""The query language: what each operator finds, and what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.query import parse

ENTITY: dict[str, Sequence[Any]] = {
    "code": ["Show_A upload  x > hq (1)"],
    "user": ["0123456789abcdef01234567", "Artist@acme.test"],
    "priority": [500],
    "default": [True],
    "status": ["waiting"],
    "site": [None],
    "created": [datetime(2026, 11, 21, 10, 0, 0, tzinfo=timezone.utc)],
}


def lookup(attribute: str) -> Sequence[Any]:
    if attribute not in ENTITY:
        raise Refusal(f"Unknown attribute {attribute}")
    return ENTITY[attribute]


TRUE = (
    'code="show_a upload  x > hq (1)"',
    "code='SHOW_A*'",
    "code=*upload*",
    "code='*'",
    "code != other",
    "code <> other",
    "code contains 'x > h'",
    "code not contains xyz",
    'code matches "^show_[ab]"',
    "code not matches '^x'",
    "user=artist@ACME.test",
    "user=0123456789abcdef01234567",
    "user in 'someone@x.y, artist@acme.test'",
    "user not in 'someone@x.y'",
    "priority=500",
    "priority>=500 and priority<=500",
    "priority > 9",
    "priority < 1000",
    "default=true",
    "site=''",
    "created > 2026-11-20",
    "created < '2026-11-21t10:00:01'",
    "status=failed or status=waiting",
    "status=waiting or status=failed and priority=1",
    "((user=artist@acme.test AND priority=500) OR status<>waiting) AND code=*",
    "transfer where status=waiting",
)
FALSE = (
    "code=show_a",
    "code='upload*'",
    "user!=artist@acme.test",
    "priority=5",
    "default=false",
    "status not in 'waiting,failed'",
    "(status=waiting or status=failed) and priority=1",
    "created > 2026-11-22",
    "site=hq",
)
UNREADABLE = ("code", "code=", "=x", "code=a b", "code=a and", "(code=a", "code like a", "code='a", "not code=a", "''")


@pytest.mark.parametrize("expression", TRUE)
def test_expression_matches(expression: str) -> None:
    assert parse(expression)(lookup) is True


@pytest.mark.parametrize("expression", FALSE)
def test_expression_does_not_match(expression: str) -> None:
    assert parse(expression)(lookup) is False


@pytest.mark.parametrize("expression", UNREADABLE)
def test_unreadable_expression_is_refused_and_quoted(expression: str) -> None:
    with pytest.raises(Refusal, match="Invalid query expression"):
        parse(expression)


def test_invalid_regular_expression_is_refused() -> None:
    with pytest.raises(Refusal, match="regular expression"):
        parse("code matches '('")


@pytest.mark.parametrize("expression", ["status=waiting or nothing=1", "status=failed and nothing=1"])
def test_unknown_attribute_is_refused_wherever_it_stands(expression: str) -> None:
    with pytest.raises(Refusal, match="nothing"):
        parse(expression)(lookup)


@given(st.text(st.characters(exclude_characters="\"'*\\", exclude_categories=("C", "Z")), min_size=1))
def test_any_quoted_name_finds_itself(name: str) -> None:
    def named(attribute: str) -> Sequence[Any]:
        return [name]

    assert parse(f'code="{name.lower()}"')(named) is True
