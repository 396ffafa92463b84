"""`ftrack.update`: what the server tells of each commit, and whom, heard by real clients."""

from __future__ import annotations

import queue
import threading
from typing import Any, Iterator

import ftrack_api
import pytest

from ftrack_accsyn_sandbox.ftrack import FtrackService
from helpers import wait_until

WAIT_S = 10


class Ear:
    """A user's session that hears every update; `next` gives the events one by one."""

    def __init__(self, service: FtrackService, user: str, key: str) -> None:
        self.session = ftrack_api.Session(service.url, key, user, schema_cache_path=False, plugin_paths=[])
        self.events: queue.Queue[Any] = queue.Queue()
        self.session.event_hub.connect()
        identifier = self.session.event_hub.subscribe("topic=ftrack.update", self.events.put)
        wait_until(lambda: identifier in service.hub.subscriber_ids())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._pump)
        self._thread.start()

    def next(self) -> Any:
        """The next event that says anything."""
        while True:
            event = self.events.get(timeout=WAIT_S)
            if "changes" in event["data"]["entities"][0]:
                return event

    def item(self) -> Any:
        """The one entity of the next event."""
        (item,) = self.next()["data"]["entities"]
        return item

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self.session.close()

    def _pump(self) -> None:
        while not self._ended.is_set():
            self.session.event_hub.wait(0.02)


@pytest.fixture(scope="module")
def service() -> Iterator[FtrackService]:
    with FtrackService() as service:
        for user in ("artist", "producer"):
            service.add_user(user, f"{user}-key", first_name="Ada", last_name="Demo")
        service.add_user("service", "unused")
        service.add_global_key("global-key")
        yield service


@pytest.fixture(scope="module")
def ears(service: FtrackService, ids: dict[str, str]) -> Iterator[dict[str, Ear]]:
    keys = {"artist": "artist-key", "producer": "producer-key", "service": "global-key"}
    ears = {user: Ear(service, user, key) for user, key in keys.items()}
    yield ears
    for ear in ears.values():
        ear.stop()


@pytest.fixture
def ear(ears: dict[str, Ear]) -> Ear:
    """The artist's, with nothing of earlier tests in it."""
    for each in ears.values():
        each.session.rollback()
        while not each.events.empty():
            each.events.get()
    return ears["artist"]


@pytest.fixture
def session(ear: Ear) -> Any:
    return ear.session


def test_an_assignment_and_its_end_are_told(ids: dict[str, str], ear: Ear, session: Any) -> None:
    task, user = ids["show_a/sq010/sh020/Lighting"], ids["remote"]
    made = session.create("Appointment", {"context_id": task, "resource_id": user, "type": "assignment"})
    session.commit()
    item = ear.item()
    assert (item["entityType"], item["entity_type"], item["action"]) == ("appointment", "Appointment", "add")
    assert item["changes"]["type"] == {"old": None, "new": "assignment"}
    assert item["changes"]["context_id"] == {"old": None, "new": task}
    assert item["changes"]["resource_id"] == {"old": None, "new": user}
    assert set(item["keys"]) == set(item["changes"])
    session.delete(made)
    session.commit()
    item = ear.item()
    assert (item["action"], item["entityId"]) == ("remove", made["id"])
    assert item["changes"]["resource_id"] == {"old": user, "new": None}


def test_a_groups_assignment_names_the_group(ids: dict[str, str], ear: Ear, session: Any) -> None:
    task = ids["show_a/sq010/sh030/Lighting"]
    session.create("Appointment", {"context_id": task, "resource_id": ids["artists"], "type": "assignment"})
    session.commit()
    assert ear.item()["changes"]["resource_id"]["new"] == ids["artists"]


def test_the_envelope_says_who_and_names_all_above(ids: dict[str, str], ear: Ear, session: Any) -> None:
    task = session.get("Task", ids["show_a/sq010/sh010/Animation"])
    old, new = task["status_id"], ids["status:In progress"]
    task["status_id"] = new
    session.commit()
    event = ear.next()
    assert event["source"]["applicationId"] == "ftrack.client.web"
    assert event["source"]["user"] == {"id": ids["artist"], "username": "artist"}
    assert event["data"]["user"] == {"userid": ids["artist"], "name": "Ada Demo"}
    way = [ids[f"show_a{path}"] for path in ("/sq010/sh010/Animation", "/sq010/sh010", "/sq010", "")]
    assert event["data"]["parents"] == way
    (item,) = event["data"]["entities"]
    assert (item["entityType"], item["entity_type"], item["action"]) == ("task", "Task", "update")
    assert item["changes"] == {"statusid": {"old": old, "new": new}}
    assert item["parentId"] == way[1]
    assert item["objectTypeId"] == task["object_type_id"]
    assert [parent["entityId"] for parent in item["parents"]] == way
    assert [parent["entityType"] for parent in item["parents"]] == ["task", "task", "task", "show"]
    assert item["parents"][1] == {
        "entityId": way[1],
        "entityType": "task",
        "entity_type": "Shot",
        "parentId": way[2],
    }


def test_names_in_changes_are_those_of_the_database(ids: dict[str, str], ear: Ear, session: Any) -> None:
    task = session.create(
        "Task", {"name": "new", "parent_id": ids["show_a/sq020/sh010"], "type_id": ids["type:Lighting"]}
    )
    session.commit()
    item = ear.item()
    assert {"typeid", "showid", "priorityid", "statusid", "object_typeid", "parent_id", "taskid"} <= set(item["keys"])
    assert item["changes"]["taskid"] == {"old": None, "new": task["id"]}
    assert "status_id" not in item["keys"]


def test_a_version_its_status_and_its_thumbnail_are_told(ids: dict[str, str], ear: Ear, session: Any) -> None:
    asset = session.create("Asset", {"name": "x", "context_id": ids["show_a/sq010/sh010"]})
    version = session.create("AssetVersion", {"asset": asset, "task_id": ids["show_a/sq010/sh010/Animation"]})
    session.create("FileComponent", {"name": "main", "version": version})
    session.commit()
    item = ear.item()
    assert (item["entityType"], item["action"]) == ("assetversion", "add")
    assert item["changes"]["version"] == {"old": None, "new": 1}
    assert item["changes"]["taskid"]["new"] == ids["show_a/sq010/sh010/Animation"]
    assert [parent["entityType"] for parent in item["parents"]] == ["assetversion", "asset", "task", "task", "show"]
    version["status_id"] = ids["status:Approved"]
    session.commit()
    item = ear.item()
    assert (item["action"], item["keys"]) == ("update", ["statusid"])


@pytest.mark.parametrize("kind", ["TypedContextList", "AssetVersionList"])
def test_a_list_and_what_is_put_on_it_are_told(
    kind: str, service: FtrackService, ids: dict[str, str], ear: Ear, session: Any
) -> None:
    category_id = service.store.create("ListCategory", name="Work")["id"]
    made = session.create(kind, {"name": "mine", "project_id": ids["show_a"], "category_id": category_id})
    session.commit()
    item = ear.item()
    assert (item["entityType"], item["entity_type"]) == ("list", kind)
    session.create("ListObject", {"list_id": made["id"], "entity_id": ids["show_a/sq010"]})
    session.commit()
    item = ear.item()
    assert item["entityType"] == "listobject"
    assert item["changes"]["listid"]["new"] == made["id"]
    assert item["changes"]["entityid"]["new"] == ids["show_a/sq010"]


def test_notes_jobs_and_links_are_told(ids: dict[str, str], ear: Ear, session: Any) -> None:
    session.create("Note", {"content": "x", "user_id": ids["artist"], "parent_id": ids["show_a/sq010"]})
    session.commit()
    item = ear.item()
    assert item["entityType"] == "note"
    assert {"text", "userid", "parent_id", "noteparentid"} <= set(item["keys"])
    assert item["parents"][-1]["entityId"] == ids["show_a"]
    job = session.create("Job", {"user_id": ids["artist"], "status": "running", "data": "{}"})
    session.commit()
    assert ear.item()["entityType"] == "job"
    job["status"] = "done"
    session.commit()
    item = ear.item()
    assert (item["action"], item["changes"]["status"]) == ("update", {"old": "running", "new": "done"})
    session.create("TypedContextLink", {"from_id": ids["show_a/assets/hero"], "to_id": ids["show_a/sq010/sh030"]})
    session.commit()
    item = ear.item()
    assert (item["entityType"], item["entity_type"]) == ("dependency", "TypedContextLink")
    assert item["changes"]["from_id"]["new"] == ids["show_a/assets/hero"]


def test_a_context_that_gets_another_parent_has_moved(ids: dict[str, str], ear: Ear, session: Any) -> None:
    session.get("Shot", ids["show_a/sq020/sh030"])["parent_id"] = ids["show_a/ep01/sq010"]
    session.commit()
    item = ear.item()
    assert (item["action"], item["changes"]["parent_id"]["new"]) == ("move", ids["show_a/ep01/sq010"])


def test_what_a_commit_changed_comes_in_one_event_for_each_project(
    service: FtrackService, ids: dict[str, str], ear: Ear
) -> None:
    with service.store.transaction():
        for path in ("show_a/sq010/sh010", "show_a/sq010/sh020", "show_b/sq010/sh010"):
            service.store.update("Shot", ids[path], description="x")
    first, second = ear.next(), ear.next()
    assert [len(event["data"]["entities"]) for event in (first, second)] == [2, 1]
    assert first["source"]["user"] == {"id": None, "username": None}, "nobody's commit names nobody"


def test_a_deleted_tree_is_told_with_the_way_to_its_project(
    service: FtrackService, ids: dict[str, str], ear: Ear
) -> None:
    service.store.delete("Sequence", ids["show_b/sq020"])
    event = ear.next()
    kinds = [item["entity_type"] for item in event["data"]["entities"]]
    assert kinds.count("Shot") == 3
    assert kinds.count("Task") == 9
    assert all(item["parents"][-1]["entityId"] == ids["show_b"] for item in event["data"]["entities"])
    assert {item["action"] for item in event["data"]["entities"]} == {"remove"}


def test_a_commit_that_fails_or_changes_nothing_is_not_told(
    service: FtrackService, ids: dict[str, str], ear: Ear
) -> None:
    def fail() -> None:
        with service.store.transaction():
            service.store.update("Shot", ids["show_a/sq010/sh010"], description="never")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    service.store.update("Shot", ids["show_a/sq010/sh020"], name="sh020")
    service.store.update("Shot", ids["show_a/sq010/sh010"], description="told")
    assert ear.item()["changes"]["description"]["new"] == "told"


def test_an_entry_in_the_feed_is_told_without_a_name_and_almost_empty(
    service: FtrackService, ids: dict[str, str], ear: Ear
) -> None:
    service.store.update("Task", ids["show_a/sq020/sh010/Lighting"], status_id=ids["status:Approved"])
    ear.next()
    event = ear.events.get(timeout=WAIT_S)
    assert event["data"] == {
        "entities": [{"action": "update", "entityType": "socialfeed"}],
        "parents": [ids["show_a/sq020/sh010/Lighting"]],
        "pushToken": None,
        "clientToken": None,
    }
    assert event["source"] == {"applicationId": "ftrack.client.web", "id": None, "user": {"id": None, "username": None}}


def test_components_are_not_told(service: FtrackService, ids: dict[str, str], ear: Ear) -> None:
    component = service.store.create("FileComponent", name="x")
    service.store.create("ComponentLocation", component_id=component["id"], location_id=ids["studio.hq"])
    service.store.update("Shot", ids["show_a/sq010/sh010"], description="next")
    assert ear.item()["entity_type"] == "Shot"


def test_a_private_projects_updates_reach_those_who_were_let_in(
    service: FtrackService, ids: dict[str, str], ear: Ear, ears: dict[str, Ear]
) -> None:
    private, opened = "show_p/sq010/sh010", "show_b/sq010/sh010"
    for path in (private, opened):
        service.store.update("Shot", ids[path], description=path)

    def heard(each: Ear) -> bool:
        """Whether the private one came before the open one."""
        seen: list[str] = []
        while opened not in seen:
            changes = each.next()["data"]["entities"][0]["changes"]
            seen.append(changes.get("description", {}).get("new"))
        return private in seen

    assert {user: heard(each) for user, each in ears.items()} == {"artist": False, "producer": True, "service": False}


def test_the_feed_tells_afterwards_what_was_missed(ids: dict[str, str], ear: Ear, session: Any) -> None:
    last = max((event["id"] for event in session.query("select id from Event")), default=0)
    task, user = ids["show_b/sq010/sh020/Lighting"], ids["remote"]
    made = session.create("Appointment", {"context_id": task, "resource_id": user, "type": "assignment"})
    session.commit()
    session.get("Task", task)["status_id"] = ids["status:Approved"]
    session.commit()
    session.delete(made)
    session.commit()
    missed = session.query(
        "select id, action, insert, data, parent_id, parent_type, created_at, user.username, project_id from Event "
        f"where id > {last} order by id"
    ).all()
    assert [(event["action"], event["insert"]) for event in missed] == [
        ("db.append.task:user", "insert"),
        ("change.status.task", "update"),
        ("db.remove.task:user", "delete"),
    ]
    assert {(event["parent_id"], event["parent_type"], event["project_id"]) for event in missed} == {
        (task, "task", ids["show_b"])
    }
    assert missed[0]["user"]["username"] == "artist"
    assert made["id"] in missed[2]["data"]
    condition = f'feeds any (owner_id is {user} and relation is "assigned" and distance is 0)'
    assert [event["id"] for event in session.query(f"Event where id > {last} and {condition}")] == [missed[0]["id"]]


def test_a_custom_attribute_is_told_as_text_under_its_key(
    service: FtrackService, ids: dict[str, str], ear: Ear, session: Any
) -> None:
    (shot,) = service.store.find("ObjectType", name="Shot")
    for key, kind in (("told", "number"), ("is_told", "boolean")):
        (type_,) = service.store.find("CustomAttributeType", name=kind)
        columns = {"key": key, "type_id": type_["id"], "entity_type": "task", "object_type_id": shot["id"]}
        service.store.create("CustomAttributeConfiguration", config="{}", **columns)
    shot_id = ids["show_a/sq010/sh010"]
    session.get("Shot", shot_id)["custom_attributes"]["told"] = 7
    session.commit()
    item = ear.item()
    assert (item["entityType"], item["entityId"], item["action"]) == ("task", shot_id, "update")
    assert (item["keys"], item["changes"]) == (["told"], {"told": {"old": None, "new": "7"}})
    assert item["parents"][-1]["entityId"] == ids["show_a"]
    session.get("Shot", shot_id)["custom_attributes"]["is_told"] = True
    session.commit()
    assert ear.item()["changes"] == {"is_told": {"old": None, "new": "1"}}


def test_time_that_is_kept_is_told(ids: dict[str, str], ear: Ear, session: Any) -> None:
    user = session.get("User", ids["artist"])
    user.start_timer(session.get("Task", ids["show_a/sq010/sh010/Animation"]))
    assert (ear.item()["entityType"]) == "timer"
    user.stop_timer()
    items = [item for _ in range(2) for item in ear.next()["data"]["entities"]]
    assert {(item["entityType"], item["action"]) for item in items} == {("timelog", "add"), ("timer", "remove")}
