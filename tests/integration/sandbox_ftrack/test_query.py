"""Queries by the real client: every operator, relations, subtypes, order, pages, and refusals."""

from __future__ import annotations

from typing import Any

import pytest
from ftrack_api.exception import MultipleResultsFoundError, NoResultFoundError, ServerError

from ftrack_accsyn_sandbox.ftrack.access import Caller
from ftrack_accsyn_sandbox.ftrack.api import Api
from helpers import calls_made

SHOTS = ["sh010", "sh020", "sh030"]


def names(session: Any, expression: str) -> list[str]:
    return [entity["name"] for entity in session.query(expression)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('name is "sh010"', ["sh010"]),
        ("name is sh010", ["sh010"]),
        ('name = "sh010"', ["sh010"]),
        ('name is_not "sh010"', ["sh020", "sh030"]),
        ('name != "sh010"', ["sh020", "sh030"]),
        ('name like "sh0_0"', SHOTS),
        ('name like "%20"', ["sh020"]),
        ('name like "SH%"', SHOTS),
        ('name not_like "%20"', ["sh010", "sh030"]),
        ('name in ("sh010", "sh030", "nothing")', ["sh010", "sh030"]),
        ("name in (sh010,sh030)", ["sh010", "sh030"]),
        ('name not_in ("sh010")', ["sh020", "sh030"]),
        ('name > "sh010"', ["sh020", "sh030"]),
        ('name >= "sh020"', ["sh020", "sh030"]),
        ('name < "sh020"', ["sh010"]),
        ('name <= "sh020"', ["sh010", "sh020"]),
        ('name is "sh010" or name is "sh020"', ["sh010", "sh020"]),
        ('not name is "sh010"', ["sh020", "sh030"]),
        ('not (name is "sh010" or name is "sh020")', ["sh030"]),
        ('name is "sh010" or name is "sh020" and name is "sh030"', ["sh010"]),
        ("description is none", SHOTS),
        ("description is_not none", []),
        ('description is "x"', []),
        ('description is_not "x"', []),
        ("bid is 0", SHOTS),
        ("bid > 0", []),
        ("created_at after 2000-01-01", SHOTS),
        ('created_at before "2000-01-01T10:00:00"', []),
        ('parent.name is "sq010"', SHOTS),
        ('parent.parent.name is "show_a"', SHOTS),
        ('project.full_name is "Show A"', SHOTS),
        ('children.name is "Animation"', SHOTS),
        ('children any (name is "Animation" and assignments any (resource.username is "artist"))', ["sh010"]),
        ('children.assignments.resource.username is "artist"', ["sh010"]),
        ('children any (assignments.resource.username is "artist" and name is "Lighting")', []),
        ('parent has (name is "sq010")', SHOTS),
        ('status.state.short is "NOT_STARTED"', SHOTS),
        ('ancestors any (name is "sq010")', SHOTS),
        ("thumbnail is none", SHOTS),
        ("parent is none", []),
        ('id in (select parent_id from Task where assignments any (resource.username is "artist"))', ["sh010"]),
        ('id not_in (select parent_id from Task where name is "Animation")', []),
        ('parent[Sequence].status.name is "Not started"', SHOTS),
    ],
)
def test_condition_selects(studio: Any, session: Any, condition: str, expected: list[str]) -> None:
    within = f'parent_id is "{studio.ids["show_a/sq010"]}"'
    assert names(session, f"select name from Shot where {within} and ({condition}) order by name") == expected


def test_reference_may_be_compared_with_an_id(studio: Any, session: Any) -> None:
    assert names(session, f"select name from Shot where parent is {studio.ids['show_a/sq010']} order by name") == SHOTS


@pytest.mark.parametrize(("text", "count"), [("True", 5), ("true", 5), ("1", 5), ("False", 0)])
def test_boolean_is_read_in_any_spelling(session: Any, text: str, count: int) -> None:
    assert len(session.query(f"User where is_active is {text}").all()) == count


def test_entity_type_alone_gives_all_of_its_subtypes(session: Any) -> None:
    contexts = session.query("select name from Context").all()
    assert {entity.entity_type for entity in contexts} == {
        "Project",
        "Folder",
        "AssetBuild",
        "Episode",
        "Sequence",
        "Shot",
        "Task",
    }
    assert len(session.query("TypedContext").all()) == len(contexts) - 2


def test_subtype_gives_only_its_own(session: Any) -> None:
    assert {entity.entity_type for entity in session.query("Sequence")} == {"Sequence"}


def test_projection_that_only_a_subtype_has_is_given_where_it_is(studio: Any, session: Any) -> None:
    studio.service.store.create(
        "Appointment", type="assignment", context_id=studio.ids["show_a/sq010/sh010"], resource_id=studio.ids["artists"]
    )
    found = session.query("select resource.username, resource.name from Appointment").all()
    assert {(entry["resource"].entity_type) for entry in found} == {"User", "Group"}
    assert {entry["resource"]["username"] for entry in found if "username" in entry["resource"]} == {"artist"}


def test_projected_relations_need_no_more_requests(studio: Any, session: Any) -> None:
    project = session.query("select children.children.name, children.name from Project where name is show_a").one()
    with session.auto_populating(False):
        tree = {child["name"]: sorted(each["name"] for each in child["children"]) for child in project["children"]}
    assert tree == {"assets": ["hero"], "sq010": SHOTS, "sq020": SHOTS, "ep01": ["sq010"]}


def test_entity_that_comes_up_twice_is_whole(studio: Any, session: Any) -> None:
    """It is encoded once; the client must still find all its attributes."""
    tasks = session.query("select name, parent.name, parent.children.name, parent.children.bid from Task").all()
    with session.auto_populating(False):
        for task in tasks:
            assert task["name"] in {child["name"] for child in task["parent"]["children"]}
            assert all(child["bid"] == 0 for child in task["parent"]["children"])


def test_attribute_left_out_is_loaded_when_read(studio: Any, session: Any) -> None:
    project = session.query("select id from Project where name is show_b").one()
    assert project["full_name"] == "Show B"
    assert project["project_schema"]["_task_workflow"]["statuses"][0]["name"] == "Not started"


def test_empty_reference_is_none(session: Any) -> None:
    shot = session.query("select thumbnail.name from Shot").first()
    with session.auto_populating(False):
        assert shot["thumbnail"] is None


def test_entity_carries_key_and_system_projections(studio: Any, session: Any) -> None:
    expression = f"select description from Task where id is {studio.ids['show_a/sq010/sh010/Animation']}"
    answer = session.call([{"action": "query", "expression": expression}])[0]
    with session.auto_populating(False):
        task = answer["data"][0]
        assert task["id"] == studio.ids["show_a/sq010/sh010/Animation"]
        assert task["context_type"] == "task"
        assert task["project_id"] == studio.ids["show_a"]
    assert answer["metadata"]["next"]["offset"] is None


def test_order_by_several_attributes(session: Any) -> None:
    found = session.query(
        "select name, parent.name from Shot order by name descending, project.name, parent.name"
    ).all()
    keys = [(shot["name"], shot["parent"]["name"]) for shot in found]
    assert keys[:4] == [("sh030", "sq010"), ("sh030", "sq020"), ("sh030", "sq010"), ("sh030", "sq020")]
    assert [name for name, _ in keys] == sorted((name for name, _ in keys), reverse=True)


def test_missing_values_come_first(studio: Any, session: Any) -> None:
    studio.service.store.update("Shot", studio.ids["show_a/sq010/sh010"], description="first")
    found = session.query("select description from Shot order by description").all()
    assert found[-1]["description"] == "first"


def test_result_is_fetched_in_pages(studio: Any, session: Any) -> None:
    studio.service.log.clear()
    found = session.query("select name from Task order by id", page_size=10).all()
    assert len({task["id"] for task in found}) == len(found) == 39
    assert studio.service.log.count("query:Task") == 4


def test_limit_and_offset_select_a_window(session: Any) -> None:
    everything = names(session, "select name from TypedContext order by name, id")
    assert names(session, "select name from TypedContext order by name, id offset 5 limit 8") == everything[5:13]


def test_first_and_one(session: Any) -> None:
    assert session.query("Project where name is nothing").first() is None
    with pytest.raises(NoResultFoundError):
        session.query("Project where name is nothing").one()
    with pytest.raises(MultipleResultsFoundError):
        session.query("Project").one()


def test_get_by_key_finds_single_and_composite_keys(studio: Any, session: Any) -> None:
    assert session.get("Context", studio.ids["show_a/sq010/sh010"])["name"] == "sh010"
    assert session.get("Setting", ["storage_scenario", "STORAGE"])["group"] == "STORAGE"
    assert session.get("Task", "nowhere") is None
    with pytest.raises(ValueError, match="Incompatible entity_key"):
        session.get("Setting", "storage_scenario")


def test_many_composite_keys_are_populated_together(studio: Any, session: Any) -> None:
    project = session.get("Project", studio.ids["show_a"])
    project["metadata"]["one"] = "1"
    project["metadata"]["two"] = "2"
    session.commit()
    session.reset()
    entries = session.query("select key from Metadata").all()
    session.populate(entries, "value")
    with session.auto_populating(False):
        assert {entry["key"]: entry["value"] for entry in entries} == {"one": "1", "two": "2"}


@pytest.mark.parametrize(
    ("expression", "exception", "content"),
    [
        ("select name from Spaceship", "ValidationError", "Unknown entity type 'Spaceship'"),
        ("select colour from Task", "ValidationError", "'colour' does not exist on entity type 'Task'"),
        ("select parent.colour from Task", "ValidationError", "'colour' does not exist on entity type 'Context'"),
        ("select name.length from Task", "ValidationError", "'length' does not exist on entity type 'Task.name'"),
        ("Task where colour is red", "ValidationError", "'colour'"),
        ("Task where name.length is 3", "ValidationError", "'length'"),
        ("Task where children is none", "ValidationError", "'children' of 'Task' cannot be used in a condition"),
        ("Task where link is none", "ValidationError", "'link' of 'Task' cannot be used in a condition"),
        ('Task where name any (id is "x")', "ValidationError", "'name' of 'Task' is not a relation"),
        ("Task order by colour", "ValidationError", "'colour'"),
        ("Task where bid is many", "IntegrityError", "Incorrect number value: 'many'"),
        ("Task where", "ParseError", "Failed to parse: select .* from Task where"),
        ("Task where name", "ParseError", "Failed to parse"),
        ("Task where name is x y", "ParseError", "Unexpected 'y'"),
    ],
)
def test_impossible_query_is_refused(session: Any, expression: str, exception: str, content: str) -> None:
    if expression.startswith("select"):
        query = session.query(expression)
    else:
        query = session.query(f"select {', '.join(session.types['Task'].default_projections)} from {expression}")
    with pytest.raises(ServerError, match=rf"Server reported error: {exception}\(.*{content}"):
        query.all()


def test_known_components_are_found_at_the_same_cost_however_large_the_studio_is(studio: Any) -> None:
    store, hq = studio.service.store, studio.ids["studio.hq"]

    def grow(count: int) -> list[str]:
        component_ids = []
        with store.transaction():
            for number in range(count):
                component_ids.append(store.insert(store.schema["FileComponent"], {"name": str(number)}).key[0])
                data = {"component_id": component_ids[-1], "location_id": hq, "resource_identifier": f"f.{number}"}
                store.insert(store.schema["ComponentLocation"], data)
        return component_ids

    wanted = ", ".join(grow(500)[:100])
    expression = (
        f"select resource_identifier from ComponentLocation where location_id is {hq} and component_id in ({wanted})"
    )
    api, caller = Api(store, {}), Caller("nobody")
    operations = [{"action": "query", "expression": expression}]
    small = calls_made(lambda: api.call(operations, caller))
    grow(5_000)
    assert calls_made(lambda: api.call(operations, caller)) <= small * 1.1
    (answer,) = api.call(operations, caller)
    assert {entity["resource_identifier"] for entity in answer["data"]} == {f"f.{number}" for number in range(100)}


def test_reference_to_what_has_a_number_is_compared_as_one(session: Any) -> None:
    feed = session.query("select event.id from Feed order by event desc").first()
    event_id = feed["event"]["id"]
    for condition in (f"event is {event_id}", f"event >= {event_id}", f"event in ({event_id}, 0)"):
        assert session.query(f"Feed where {condition}").all() == [feed]
    assert session.query(f"Feed where event > {event_id}").all() == []
