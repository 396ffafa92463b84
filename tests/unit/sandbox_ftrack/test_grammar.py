"""The query language, without any entity types."""

from __future__ import annotations

import uuid

import pytest

from ftrack_accsyn_sandbox.ftrack.errors import ServerError
from ftrack_accsyn_sandbox.ftrack.grammar import (
    Both,
    Comparison,
    Either,
    Literal,
    Membership,
    Negated,
    Query,
    Relation,
    Segment,
    Subquery,
    parse,
    parse_path,
)
from helpers import calls_made


def comparison(text: str) -> Comparison:
    condition = parse(f"Task where {text}").condition
    assert isinstance(condition, Comparison)
    return condition


def test_bare_entity_type_selects_all() -> None:
    assert parse("Location") == Query("Location")


def test_projections_keep_order_and_nesting() -> None:
    query = parse("select name, status.state.short,link from Task")
    assert query.entity_type == "Task"
    assert query.projections == (parse_path("name"), parse_path("status.state.short"), parse_path("link"))


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("is", "="),
        ("=", "="),
        ("is_not", "!="),
        ("!=", "!="),
        ("<", "<"),
        ("<=", "<="),
        (">", ">"),
        (">=", ">="),
        ("after", ">"),
        ("greater_than", ">"),
        ("less_than", "<"),
        ("before", "<"),
        ("like", "like"),
        ("not_like", "not_like"),
        ("IS", "="),
    ],
)
def test_operator_is_read(text: str, operator: str) -> None:
    assert comparison(f'name {text} "x"') == Comparison((Segment("name"),), operator, Literal("x", True))


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ('"two words"', Literal("two words", True)),
        ("'single'", Literal("single", True)),
        ("active", Literal("active", False)),
        ("07b82a97-8cf9-11e3-9383-20c9d081909b", Literal("07b82a97-8cf9-11e3-9383-20c9d081909b", False)),
        ("2026-10-10T10:12:09", Literal("2026-10-10T10:12:09", False)),
        ("%.exr", Literal("%.exr", False)),
        ('"say \\"hi\\""', Literal('say "hi"', True)),
        ('"C:\\temp"', Literal("C:\\temp", True)),
        ('""', Literal("", True)),
        ("limit", Literal("limit", False)),
        ("and", Literal("and", False)),
    ],
)
def test_value_is_read_as_written(text: str, literal: Literal) -> None:
    assert comparison(f"name is {text}").literal == literal


@pytest.mark.parametrize(("text", "is_none"), [("none", True), ("None", True), ("null", True), ('"none"', False)])
def test_only_an_unquoted_none_means_no_value(text: str, is_none: bool) -> None:
    assert comparison(f"name is {text}").literal.is_none is is_none


def test_operators_need_no_spaces() -> None:
    assert comparison('username="artist"') == comparison('username = "artist"')


def test_condition_may_follow_a_quoted_value_at_once() -> None:
    """The client writes composite keys like this."""
    query = parse('Metadata where (parent_id is "a"and key is "b")')
    assert isinstance(query.condition, Both)
    assert len(query.condition.conditions) == 2


def test_and_binds_tighter_than_or() -> None:
    condition = parse("Task where a is 1 or b is 2 and c is 3").condition
    assert isinstance(condition, Either)
    assert isinstance(condition.conditions[1], Both)


def test_parentheses_and_not_group() -> None:
    condition = parse("Task where not (a is 1 or b is 2) and c is 3").condition
    assert isinstance(condition, Both)
    assert isinstance(condition.conditions[0], Negated)
    assert isinstance(condition.conditions[0].condition, Either)


def test_list_mixes_quoted_and_unquoted_values() -> None:
    condition = parse("Task where name not_in (one, \"two, three\", 'four')").condition
    assert isinstance(condition, Membership)
    assert condition.negated
    assert [literal.text for literal in condition.literals] == ["one", "two, three", "four"]


def test_list_may_stand_on_several_lines() -> None:
    condition = parse('Task where name in\n  ("one",\n   "two")').condition
    assert isinstance(condition, Membership)
    assert len(condition.literals) == 2


def test_value_in_a_list_may_begin_like_a_keyword() -> None:
    condition = parse("Task where name in (selection, from)").condition
    assert isinstance(condition, Membership)
    assert [literal.text for literal in condition.literals] == ["selection", "from"]


def test_subquery_in_place_of_a_list() -> None:
    condition = parse('Note where id in (select note_id from Recipient where resource_id is "x")').condition
    assert isinstance(condition, Subquery)
    assert condition.query.entity_type == "Recipient"


@pytest.mark.parametrize("word", ["has", "any"])
def test_relation_holds_a_condition(word: str) -> None:
    condition = parse(f'Task where assignments {word} (resource.username = "artist")').condition
    assert isinstance(condition, Relation)
    assert condition.path == (Segment("assignments"),)


def test_path_may_cast() -> None:
    assert parse_path("parent[Shot].name") == (Segment("parent", "Shot"), Segment("name"))


@pytest.mark.parametrize(("text", "descends"), [("", False), (" ascending", False), (" asc", False), (" DESC", True)])
def test_order_direction(text: str, descends: bool) -> None:
    assert parse(f"Task order by priority.sort{text}").order == ((parse_path("priority.sort"), descends),)


def test_order_by_several_attributes() -> None:
    assert [descends for _, descends in parse("Task order by name descending, id").order] == [True, False]


@pytest.mark.parametrize("text", ["offset 5 limit 2", "limit 2 offset 5"])
def test_paging_in_either_order(text: str) -> None:
    assert parse(f"Task where status is active order by name {text}").paging == {"offset": 5, "limit": 2}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "Task where",
        "Task where name",
        "Task where name is",
        "select from Task",
        "select name Task",
        'Task where name is "x" nor name is "y"',
        "Task where name in ()",
        "Task where (name is x",
        "Task order name",
        'Task where name is "unfinished',
        "Task limit many",
    ],
)
def test_malformed_expression_is_a_parse_error(expression: str) -> None:
    with pytest.raises(ServerError) as caught:
        parse(expression)
    assert caught.value.exception == "ParseError"
    assert caught.value.content.startswith(f"Failed to parse: {expression}")
    assert "(at char " in caught.value.content


def test_cost_of_an_id_does_not_grow_with_their_number() -> None:
    def expression(count: int) -> str:
        ids = ", ".join(str(uuid.UUID(int=number)) for number in range(count))
        return f"ComponentLocation where location_id is x and component_id in ({ids})"

    condition = parse(expression(10_000)).condition
    assert isinstance(condition, Both)
    assert isinstance(condition.conditions[1], Membership)
    assert len(condition.conditions[1].literals) == 10_000
    few = calls_made(lambda: parse(expression(100)))
    assert calls_made(lambda: parse(expression(1_000))) <= few * 11
