"""Where contexts lie, and what becomes of what is on and below them when they are moved or deleted."""

from __future__ import annotations

from typing import Any, Iterator

import ftrack_api
import pytest
from ftrack_api.exception import ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService

SHOT = "show_a/sq010/sh010"


@pytest.fixture
def session(service: FtrackService, ids: dict[str, str]) -> Iterator[ftrack_api.Session]:
    with open_session(service) as session:
        yield session


def open_session(service: FtrackService) -> ftrack_api.Session:
    return ftrack_api.Session(
        service.url, "artist-key", "artist", schema_cache_path=False, plugin_paths=[], auto_connect_event_hub=False
    )


def new_shot(session: Any, parent_id: str, name: str = "moved") -> tuple[Any, Any]:
    """A shot with a task in it."""
    shot = session.create("Shot", {"name": name, "parent_id": parent_id})
    task = session.create("Task", {"name": "Animation", "parent": shot})
    session.commit()
    return shot, task


def test_what_is_moved_to_another_project_belongs_to_it_with_all_below(
    service: FtrackService, ids: dict[str, str], session: Any
) -> None:
    shot, task = new_shot(session, ids["show_a/sq010"])
    shot["parent_id"] = ids["show_b/sq010"]
    session.commit()

    with open_session(service) as other:
        found = other.query(f'Context where project_id is "{ids["show_b"]}" and name in ("moved", "Animation")').all()
        assert {shot["id"], task["id"]} <= {context["id"] for context in found}
        assert other.get("Task", task["id"])["project"]["id"] == ids["show_b"]


def test_a_new_context_may_be_told_its_parent_by_the_parents_children(
    service: FtrackService, ids: dict[str, str], session: Any
) -> None:
    sequence = session.create("Sequence", {"name": "appended"})
    task = session.create("Task", {"name": "Animation"})
    sequence["children"] = [task]
    session.get("Project", ids["show_a"])["children"].append(sequence)
    session.commit()

    with open_session(service) as other:
        found = other.get("Task", task["id"])
        assert [each["name"] for each in found["link"]] == ["show_a", "appended", "Animation"]
        assert (found["project_id"], found["status"]["name"]) == (ids["show_a"], "Not started")


@pytest.mark.parametrize("below", [0, 1])
def test_nothing_is_moved_below_itself(service: FtrackService, ids: dict[str, str], session: Any, below: int) -> None:
    contexts = new_shot(session, ids["show_a/sq020"])
    contexts[0]["parent_id"] = contexts[below]["id"]
    with pytest.raises(ServerError, match="below itself"):
        session.commit()
    with open_session(service) as other:
        assert other.get("Shot", contexts[0]["id"])["link"][1]["id"] == ids["show_a/sq020"]


def test_two_new_contexts_do_not_lie_in_each_other(ids: dict[str, str], session: Any) -> None:
    first = session.create("Folder", {"name": "a", "project_id": ids["show_a"]})
    second = session.create("Folder", {"name": "b", "project_id": ids["show_a"], "parent_id": first["id"]})
    first["parent_id"] = second["id"]
    with pytest.raises(ServerError, match="below itself"):
        session.commit()


def test_what_is_deleted_takes_its_notes_their_replies_and_its_metadata_along(
    service: FtrackService, ids: dict[str, str], session: Any
) -> None:
    _, task = new_shot(session, ids["show_a/sq010"])
    user = session.get("User", ids["artist"])
    note = task.create_note("look", user)
    session.commit()
    note.create_reply("yes", user)
    task["metadata"]["key"] = "value"
    session.commit()

    session.delete(task)
    session.commit()

    store = service.store
    assert store.find("Note", parent_id=task["id"]) == store.find("Note", in_reply_to_id=note["id"]) == []
    assert store.find("Metadata", parent_id=task["id"]) == []


@pytest.mark.parametrize("as_reference", [True, False])
def test_a_context_is_of_the_type_that_it_is_created_with_however_that_is_told(
    service: FtrackService, ids: dict[str, str], session: Any, as_reference: bool
) -> None:
    kind = session.query('ObjectType where name is "Shot"').one()
    told = {"object_type": kind} if as_reference else {"object_type_id": kind["id"]}
    made = session.create("TypedContext", {"name": "told", "parent_id": ids["show_a"], **told})
    session.commit()
    with open_session(service) as other:
        assert other.query(f'Shot where id is "{made["id"]}"').one()["object_type"]["name"] == "Shot"


@pytest.mark.parametrize("entity_type", ["Task", "Shot", "Sequence", "Folder"])
def test_a_context_that_lies_nowhere_is_refused_for_its_parent(session: Any, entity_type: str) -> None:
    session.create(entity_type, {"name": "nowhere"})
    with pytest.raises(ServerError, match="Column 'parent_id' cannot be null"):
        session.commit()


@pytest.mark.parametrize(
    ("entity_type", "data"), [("Context", {"name": "none"}), ("TypedContext", {"name": "none"}), ("Resource", {})]
)
def test_what_is_of_no_type_is_refused(ids: dict[str, str], session: Any, entity_type: str, data: Any) -> None:
    parent = {"parent_id": ids["show_a"]} if entity_type == "TypedContext" else {}
    with pytest.raises(ServerError, match="cannot be null"):
        session.call([{"action": "create", "entity_type": entity_type, "entity_data": {**data, **parent}}])
