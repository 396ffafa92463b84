"""Custom attributes through the real client: set, read, handed down, found, deleted, and told of."""

from __future__ import annotations

import collections
import json
from typing import Any, Iterator

import arrow
import ftrack_api
import ftrack_api.operation
import ftrack_api.symbol
import pytest
from ftrack_api.exception import ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService, demo

SHOT = "show_a/sq010/sh010"


@pytest.fixture(scope="module")
def ids(service: FtrackService) -> dict[str, str]:
    ids = demo.build(service.store)
    for key, kind, entity_type, object_type, default in (
        ("frame_start", "number", "task", "Shot", 1001),
        ("is_hero", "boolean", "task", "Shot", False),
        ("due", "date", "task", "Shot", None),
        ("tags", "enumerator", "task", "Shot", []),
        ("note", "text", "show", None, ""),
        ("grade", "number", "assetversion", None, 0),
        ("nickname", "text", "user", None, ""),
        ("closed", "boolean", "list", None, False),
        ("source", "text", "asset", None, "unknown"),
    ):
        configure(service, key, kind, entity_type=entity_type, object_type=object_type, default=default)
    configure(service, "fps", "number", entity_type="show", default=24, is_hierarchical=True)
    return ids


def configure(service: FtrackService, key: str, kind: str, *, object_type: Any = None, **data: Any) -> dict[str, Any]:
    (type_,) = service.store.find("CustomAttributeType", name=kind)
    if object_type:
        data["object_type_id"] = service.store.find("ObjectType", name=object_type)[0]["id"]
    return service.store.create(
        "CustomAttributeConfiguration", key=key, label=key, type_id=type_["id"], config="{}", **data
    )


@pytest.fixture
def session(service: FtrackService, ids: dict[str, str]) -> Iterator[ftrack_api.Session]:
    with open_session(service) as session:
        yield session


def open_session(service: FtrackService) -> ftrack_api.Session:
    return ftrack_api.Session(
        service.url,
        "artist-key",
        "artist",
        schema_cache_path=False,
        plugin_paths=[],
        auto_connect_event_hub=False,
    )


@pytest.mark.parametrize(
    ("key", "default", "value"),
    [
        ("frame_start", 1001, 42),
        ("frame_start", 1001, 1.5),
        ("is_hero", False, True),
        ("due", None, arrow.get("2026-03-04T05:06:07")),
        ("tags", [], ["rain", "night"]),
    ],
)
def test_what_was_set_is_read_by_another_session(
    service: FtrackService, ids: dict[str, str], session: Any, key: str, default: Any, value: Any
) -> None:
    shot = session.create("Shot", {"name": f"{key}{value}", "parent_id": ids["show_a/sq010"]})
    session.commit()
    assert shot["custom_attributes"][key] == default

    shot["custom_attributes"][key] = value
    session.commit()

    with open_session(service) as other:
        assert other.get("Shot", shot["id"])["custom_attributes"][key] == value
        assert other.query(f'CustomAttributeValue where entity_id is "{shot["id"]}"').one()["value"] == value


@pytest.mark.parametrize(
    ("entity_type", "data", "key", "value"),
    [
        ("Shot", {"name": "new", "parent_id": SHOT, "project_id": "show_a"}, "frame_start", 1005),
        ("AssetVersion", {"asset": "any asset"}, "grade", 3),
        ("Asset", {"name": "new", "context_id": SHOT}, "source", "scan"),
        ("AssetVersionList", {"name": "new", "project_id": "show_a", "category_id": "category"}, "closed", True),
        ("User", {"username": "new"}, "nickname", "Ada"),
    ],
)
def test_an_entity_and_its_attributes_are_created_in_one_commit(
    service: FtrackService, ids: dict[str, str], session: Any, entity_type: str, data: Any, key: str, value: Any
) -> None:
    asset = service.store.create("Asset", name="any", context_id=ids[SHOT])
    category = service.store.create("ListCategory", name="any")
    known = {**ids, "category": category["id"], "any asset": session.get("Asset", asset["id"])}
    entity = session.create(entity_type, {name: known.get(given, given) for name, given in data.items()})
    entity["custom_attributes"][key] = value
    session.commit()

    with open_session(service) as other:
        assert other.get(entity_type, entity["id"])["custom_attributes"][key] == value


def test_an_attribute_that_is_handed_down_has_the_value_of_the_nearest_above(
    service: FtrackService, ids: dict[str, str], session: Any
) -> None:
    def rates() -> list[int]:
        with open_session(service) as other:
            contexts = [other.get("Context", ids[name]) for name in ("show_b", "show_b/sq010", "show_b/sq010/sh010")]
            return [context["custom_attributes"]["fps"] for context in contexts]

    assert rates() == [24, 24, 24]
    session.get("Project", ids["show_b"])["custom_attributes"]["fps"] = 25
    session.commit()
    assert rates() == [25, 25, 25]
    session.get("Sequence", ids["show_b/sq010"])["custom_attributes"]["fps"] = 30
    session.commit()
    assert rates() == [25, 30, 30]


def test_an_attribute_of_a_project_outdoes_that_of_all(service: FtrackService, ids: dict[str, str]) -> None:
    configure(service, "handles", "number", entity_type="show", default=8)
    configure(service, "handles", "number", entity_type="show", default=12, project_id=ids["show_b"])
    with open_session(service) as session:
        projects = [session.get("Project", ids[name]) for name in ("show_a", "show_b")]
        assert [project["custom_attributes"]["handles"] for project in projects] == [8, 12]


def test_attributes_come_with_the_query_that_asks_for_them(
    service: FtrackService, ids: dict[str, str], session: Any
) -> None:
    session.query("CustomAttributeConfiguration").all()
    shots = session.query(f'select custom_attributes from Shot where parent_id is "{ids["show_a/sq020"]}"').all()
    service.log.clear()
    with session.auto_populating(False):
        assert [shot["custom_attributes"]["frame_start"] for shot in shots] == [1001] * 3
    assert [call.operation for call in service.log.all()] == []


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        ('custom_attributes any (key is "frame_start" and value is 7)', True),
        ('custom_attributes any (key is "frame_start" and value > 6)', True),
        ('custom_attributes any (key is "frame_start" and value in (6, 7))', True),
        ('custom_attributes any (key is "frame_start" and value like "7%")', True),
        ('custom_attributes any (key is "is_hero" and value is true)', True),
        ('custom_attributes any (key is "tags" and value like "%rain%")', True),
        ('custom_attributes any (key is "tags" and value like "rain%")', True),
        ('custom_attributes any (key is "due" and value after "2026-01-01")', True),
        ('custom_attributes.configuration.key is "frame_start"', True),
        ('custom_attributes any (key is "frame_start" and value is "x")', False),
        ('custom_attributes any (key is "is_hero" and value is false)', False),
        ('custom_attributes any (key is "frame_start" and value not_in (6, 7))', False),
    ],
)
def test_entities_are_found_by_their_attributes(
    service: FtrackService, ids: dict[str, str], session: Any, condition: str, finds: bool
) -> None:
    shot_id = ids["show_b/sq020/sh010"]
    shot = session.get("Shot", shot_id)
    due = arrow.get("2026-02-03")
    for key, value in {"frame_start": 7, "is_hero": True, "tags": ["rain", "night"], "due": due}.items():
        shot["custom_attributes"][key] = value
    session.commit()
    assert (shot in session.query(f'Shot where id is "{shot_id}" and {condition}').all()) is finds


def test_values_of_different_kinds_have_an_order(service: FtrackService, ids: dict[str, str], session: Any) -> None:
    session.get("Shot", ids["show_b/sq020/sh030"])["custom_attributes"].update(
        {"due": arrow.get("2026-02-03"), "tags": ["rain"], "is_hero": True}
    )
    session.commit()
    values = [row["value"] for row in session.query("ContextCustomAttributeValue order by value desc").all()]
    assert (["rain"] in values, values[-1]) == (True, None)
    assert values.index(1001) > values.index(arrow.get("2026-02-03"))


def test_a_value_is_set_by_its_key_whether_there_was_one_or_not(
    service: FtrackService, ids: dict[str, str], session: Any
) -> None:
    configuration = session.query('CustomAttributeConfiguration where key is "frame_start"').one()
    key = collections.OrderedDict(configuration_id=configuration["id"], entity_id=ids["show_b/sq020/sh020"])
    for value in (5, 6):
        update = ftrack_api.operation.UpdateEntityOperation(
            "ContextCustomAttributeValue", key, "value", ftrack_api.symbol.NOT_SET, value
        )
        session.recorded_operations.push(update)
        session.commit()
    assert [found["value"] for found in service.store.find("CustomAttributeValue", entity_id=key["entity_id"])] == [6]


@pytest.mark.parametrize(
    ("key", "kind", "value"),
    [
        *(("frame_start", "number", value) for value in ("many", "5", "", True, [1])),
        *(("is_hero", "boolean", value) for value in ("true", 1)),
        *(("tags", "enumerator", value) for value in ("rain,night", 1)),
        *(("due", "date", value) for value in ("2026-02-03", 5)),
    ],
)
def test_a_value_of_another_type_than_the_attribute_is_refused(
    service: FtrackService, ids: dict[str, str], session: Any, key: str, kind: str, value: Any
) -> None:
    session.get("Shot", ids["show_a/sq020/sh010"])["custom_attributes"][key] = value
    with pytest.raises(ServerError, match=f'ValidationError.*"{key}" must be of type {kind}'):
        session.commit()


def test_a_text_attribute_takes_no_number(ids: dict[str, str], session: Any) -> None:
    session.get("Project", ids["show_a"])["custom_attributes"]["note"] = 5
    with pytest.raises(ServerError, match='"note" must be of type text'):
        session.commit()


def test_nobody_who_is_not_there_has_a_value(ids: dict[str, str], session: Any) -> None:
    configuration = session.query('CustomAttributeConfiguration where key is "frame_start"').one()
    data = {"configuration_id": configuration["id"], "entity_id": "nobody", "value": 5}
    with pytest.raises(ServerError, match="foreign key"):
        session.call([{"action": "create", "entity_type": "CustomAttributeValue", "entity_data": data}])


def test_worked_out_values_cannot_be_created(ids: dict[str, str], session: Any) -> None:
    configuration = session.query('CustomAttributeConfiguration where key is "frame_start"').one()
    data = {"configuration_id": configuration["id"], "entity_id": ids[SHOT]}
    session.create("ContextCustomAttributeValue", data)
    with pytest.raises(ServerError, match="cannot be created"):
        session.commit()


def test_an_entity_an_attribute_or_a_value_that_goes_takes_along_what_hangs_on_it(
    service: FtrackService, ids: dict[str, str]
) -> None:
    store = service.store
    made = configure(service, "odd", "text", entity_type="task", object_type="Shot")
    shots = [store.create("Shot", name=f"odd{number}", parent_id=ids["show_a"])["id"] for number in range(3)]
    for shot_id in shots:
        store.update("ContextCustomAttributeValue", made["id"], shot_id, value="x")
    store.delete("Shot", shots[0])
    store.delete("ContextCustomAttributeValue", made["id"], shots[1])
    store.delete("ContextCustomAttributeValue", made["id"], shots[1])
    assert [value["entity_id"] for value in store.find("CustomAttributeValue", configuration_id=made["id"])] == shots[
        2:
    ]
    store.delete("CustomAttributeConfiguration", made["id"])
    assert store.find("CustomAttributeValue", configuration_id=made["id"]) == []
    assert store.find("ContextCustomAttributeValue", configuration_id=made["id"]) == []


def test_who_may_read_an_attribute_is_kept(ids: dict[str, str], session: Any) -> None:
    configuration = session.query('CustomAttributeConfiguration where key is "frame_start"').one()
    configuration["read_security_roles"] = [session.get("SecurityRole", ids["role:Administrator"])]
    session.commit()
    found = session.query(
        'select read_security_roles.name from CustomAttributeConfiguration where key is "frame_start"'
    ).one()
    assert [role["name"] for role in found["read_security_roles"]] == ["Administrator"]


def test_the_feed_names_the_attribute_that_was_set(service: FtrackService, ids: dict[str, str], session: Any) -> None:
    session.get("Shot", ids["show_a/sq020/sh030"])["custom_attributes"]["frame_start"] = 99
    session.commit()
    (event,) = service.store.find("Event", action="update.custom_attribute.frame_start", project_id=ids["show_a"])[-1:]
    assert event["parent_id"] == ids["show_a/sq020/sh030"]
    assert json.loads(event["data"]) == {"frame_start": {"old": None, "new": 99}}
