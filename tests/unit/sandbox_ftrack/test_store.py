"""The store: creation, relations, constraints, deletion and transactions, from any thread."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ftrack_accsyn_sandbox.ftrack import ServerError, Store, demo
from helpers import calls_made

Ids = dict[str, str]


@pytest.fixture
def store() -> Store:
    store = Store()
    demo.prepare(store)
    return store


@pytest.fixture
def ids(store: Store) -> Ids:
    return demo.build(store)


@pytest.fixture
def asset(store: Store, ids: Ids) -> dict[str, Any]:
    return store.create("Asset", name="hero", context_id=ids["show_a/sq010/sh010"], type_id=ids["asset_type:Geometry"])


def refusal(exception: str, content: str = "") -> Any:
    return pytest.raises(ServerError, match=rf"(?s){exception}.*{content}")


def test_created_entity_is_found_by_key_and_by_value(store: Store) -> None:
    created = store.create("Location", name="studio.x")
    assert store.get("Location", created["id"]) == created
    assert store.find("Location", name="studio.x") == [created]


def test_absent_entity_is_none(store: Store) -> None:
    assert store.get("Location", "nowhere") is None


def test_entity_of_another_subtype_is_not_given(store: Store, ids: Ids) -> None:
    assert store.get("Task", ids["show_a/sq010/sh010"]) is None
    assert store.get("TypedContext", ids["show_a/sq010/sh010"]) is not None


def test_updated_entity_keeps_the_rest(store: Store) -> None:
    created = store.create("Location", name="studio.x", label="X")
    assert store.update("Location", created["id"], label="Y") == {**created, "label": "Y"}


def test_reference_may_be_given_as_entity_or_id(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    by_entity = store.create("AssetVersion", asset=asset)
    by_id = store.create("AssetVersion", asset_id=asset["id"])
    assert by_entity["asset_id"] == by_id["asset_id"] == asset["id"]


def test_versions_of_each_asset_count_up_from_one(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    other = store.create("Asset", name="other", context_id=ids["show_a"])
    numbers = [store.create("AssetVersion", asset=each)["version"] for each in (asset, asset, other, asset)]
    assert numbers == [1, 2, 1, 3]


def test_given_version_number_is_kept_and_counted_on(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    assert store.create("AssetVersion", asset=asset, version=7)["version"] == 7
    assert store.create("AssetVersion", asset=asset)["version"] == 8


def test_version_number_that_is_no_number_is_an_integrity_error(store: Store, asset: dict[str, Any]) -> None:
    with refusal("IntegrityError", "version"):
        store.create("AssetVersion", asset=asset, version="latest")


def test_version_takes_the_first_status_of_its_workflow(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    assert store.create("AssetVersion", asset=asset)["status_id"] == ids["status:Pending review"]


def test_task_takes_project_status_type_and_priority(store: Store, ids: Ids) -> None:
    task = store.create("Task", name="new", parent_id=ids["show_b/sq020/sh030"])
    assert task["project_id"] == ids["show_b"]
    assert task["status_id"] == ids["status:Not started"]
    assert task["type_id"] == ids["type:Modeling"]
    assert task["priority_id"] == ids["priority:None"]


@pytest.mark.parametrize(
    ("discriminator", "entity_type"), [("file", "FileComponent"), ("sequence", "SequenceComponent")]
)
def test_base_type_becomes_the_subtype_its_data_tells(store: Store, discriminator: str, entity_type: str) -> None:
    assert store.create("Component", name="x", system_type=discriminator)["__entity_type__"] == entity_type


def test_typed_context_becomes_the_type_of_its_object_type(store: Store, ids: Ids) -> None:
    shot_id = store.find("ObjectType", name="Shot")[0]["id"]
    created = store.create("TypedContext", name="x", parent_id=ids["show_a"], object_type_id=shot_id)
    assert created["__entity_type__"] == "Shot"


def test_job_notes_when_it_finished(store: Store, ids: Ids) -> None:
    job = store.create("Job", user_id=ids["artist"])
    assert (job["status"], job["type"], job["finished_at"]) == ("queued", "api_job", None)
    assert store.update("Job", job["id"], status="running")["finished_at"] is None
    assert store.update("Job", job["id"], status="done")["finished_at"] is not None


@pytest.mark.parametrize(
    ("entity_type", "data"),
    [
        ("Location", {"name": "ftrack.server"}),
        ("Location", {"name": "x", "id": demo.ORIGIN_LOCATION_ID}),
        ("User", {"username": "artist"}),
        ("Setting", {"name": "storage_scenario", "group": "STORAGE"}),
    ],
)
def test_taken_value_is_a_duplicate_entry(store: Store, ids: Ids, entity_type: str, data: dict[str, Any]) -> None:
    before = store.find(entity_type)
    with refusal("DuplicateEntryError", "Duplicate entry"):
        store.create(entity_type, **data)
    assert store.find(entity_type) == before


def test_component_is_in_a_location_once(store: Store, ids: Ids) -> None:
    component = store.create("FileComponent", name="x")
    data = {"component_id": component["id"], "location_id": ids["studio.hq"]}
    first = store.create("ComponentLocation", **data)
    with refusal("DuplicateEntryError"):
        store.create("ComponentLocation", **data)
    store.delete("ComponentLocation", first["id"])
    store.create("ComponentLocation", **data)


def test_update_to_a_taken_value_changes_nothing(store: Store, ids: Ids) -> None:
    with refusal("DuplicateEntryError"):
        store.update("Location", ids["studio.hq"], name="studio.london", label="L")
    assert store.get("Location", ids["studio.hq"])["label"] == "Head quarters"  # type: ignore[index]
    store.update("Location", ids["studio.london"], name="renamed")
    store.update("Location", ids["studio.hq"], name="studio.london")


def test_missing_required_value_is_an_integrity_error(store: Store) -> None:
    with refusal("IntegrityError", "Column 'name' cannot be null"):
        store.create("Location", label="no name")
    with refusal("IntegrityError", "Column 'name' cannot be null"):
        store.update("Location", demo.ORIGIN_LOCATION_ID, name=None)


def test_unknown_target_is_an_integrity_error(store: Store) -> None:
    with refusal("IntegrityError", "foreign key constraint fails"):
        store.create("FileComponent", version_id="nowhere")
    assert store.find("FileComponent") == []


def test_target_may_be_created_later_in_the_transaction(store: Store) -> None:
    with store.transaction():
        store.create("FileComponent", name="0001", container_id="c")
        store.create("SequenceComponent", name="main", id="c")
    assert len(store.find("FileComponent", container_id="c")) == 1


@pytest.mark.parametrize("name", ["colour", "link", "descendants"])
def test_attribute_that_cannot_be_written_is_refused(store: Store, ids: Ids, name: str) -> None:
    with refusal("ValidationError", f"'{name}'"):
        store.update("Project", ids["show_a"], **{name: "x"})


def test_reference_of_the_wrong_form_is_refused(store: Store, ids: Ids) -> None:
    with refusal("ValidationError", "must be a reference"):
        store.create("Asset", name="x", parent=5)


def test_deleting_a_project_takes_everything_in_it(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    version = store.create("AssetVersion", asset=asset, task_id=ids["show_a/sq010/sh010/Animation"])
    component = store.create("SequenceComponent", version=version)
    store.create("FileComponent", name="0001", container_id=component["id"])
    store.create("ComponentLocation", component_id=component["id"], location_id=ids["studio.hq"])
    store.delete("Project", ids["show_a"])
    assert [store.find(name) for name in ("Asset", "AssetVersion", "Component", "ComponentLocation")] == [[]] * 4
    assert {task["project_id"] for task in store.find("Task")} == {ids["show_b"], ids["show_p"]}
    assert store.find("Appointment") == []


def test_deleting_a_task_leaves_its_versions_without_task(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    version = store.create("AssetVersion", asset=asset, task_id=ids["show_a/sq010/sh010/Animation"])
    store.delete("Task", ids["show_a/sq010/sh010/Animation"])
    assert store.get("AssetVersion", version["id"])["task_id"] is None  # type: ignore[index]


def test_needed_entity_cannot_be_deleted(store: Store, ids: Ids) -> None:
    with refusal("IntegrityError", "Status.*referenced by"):
        store.delete("Status", ids["status:Not started"])
    assert store.get("Status", ids["status:Not started"]) is not None


@pytest.mark.parametrize("action", ["update", "delete"])
def test_write_to_an_absent_entity_is_refused(store: Store, action: str) -> None:
    with refusal("NoResultFound", "Location"):
        getattr(store, action)("Location", "nowhere")


def test_collection_set_to_less_lets_the_rest_go(store: Store) -> None:
    members = [store.create("FileComponent", name=str(number)) for number in range(3)]
    container = store.create("ContainerComponent", members=members)
    store.update("ContainerComponent", container["id"], members=members[:1])
    assert [member["id"] for member in store.find("FileComponent", container_id=container["id"])] == [members[0]["id"]]


def test_collection_behind_links_is_kept_in_step(store: Store, ids: Ids) -> None:
    workflow = store.find("WorkflowSchema", name="Versions")[0]
    wanted = [{"id": ids["status:Approved"]}, {"id": ids["status:Omitted"]}]
    store.update("WorkflowSchema", workflow["id"], statuses=wanted)
    links = store.find("WorkflowSchemaStatus", workflow_schema_id=workflow["id"])
    assert {link["status_id"] for link in links} == {status["id"] for status in wanted}


def test_note_added_to_an_entity_knows_its_type(store: Store, ids: Ids) -> None:
    note = store.create("Note", content="x", author={"id": ids["artist"]})
    store.update("Shot", ids["show_a/sq010/sh010"], notes=[note])
    assert store.get("Note", note["id"])["parent_type"] == "Shot"  # type: ignore[index]


def test_failed_transaction_leaves_no_trace(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    version = store.create("AssetVersion", asset=asset)
    component = store.create("FileComponent", version=version)
    tables = ("AssetVersion", "Component", "Location", "Context")
    before = {name: store.find(name) for name in tables}

    def fail() -> None:
        with store.transaction():
            store.create("Location", name="studio.new")
            store.update("Location", ids["studio.hq"], name="renamed")
            store.update("FileComponent", component["id"], version_id=None)
            store.delete("Asset", asset["id"])
            store.create("Location", name="studio.new")

    with refusal("DuplicateEntryError"):
        fail()
    assert {name: store.find(name) for name in tables} == before
    store.delete("AssetVersion", version["id"])
    assert store.find("Component") == [], "the index of the component's version was not restored"
    store.create("Location", name="studio.new")


def test_threads_make_version_numbers_without_gap_or_repeat(store: Store, ids: Ids, asset: dict[str, Any]) -> None:
    start = threading.Barrier(4)

    def publish() -> None:
        start.wait()
        for _ in range(25):
            store.create("AssetVersion", asset=asset)

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(version["version"] for version in store.find("AssetVersion")) == list(range(1, 101))


def test_cost_of_an_entity_does_not_grow_with_their_number(store: Store, ids: Ids) -> None:
    def insert(count: int) -> None:
        with store.transaction():
            for number in range(count):
                store.insert(store.schema["FileComponent"], {"name": str(number), "size": number})

    few = calls_made(lambda: insert(200))
    assert calls_made(lambda: insert(2_000)) <= few * 11


def test_demo_studio_has_what_it_promises(store: Store, ids: Ids) -> None:
    assert {project["name"] for project in store.find("Project")} == {"show_a", "show_b", "show_p"}
    assert {user["username"] for user in store.find("User")} == set(demo.PEOPLE)
    assert {"studio.hq", "studio.london", "ftrack.origin"} <= {location["name"] for location in store.find("Location")}
    assert store.get("Task", ids["show_b/sq020/sh030/Lighting"])["name"] == "Lighting"  # type: ignore[index]
    assert len(store.find("Sequence")) == 7
    assert len(store.find("Shot")) == 19
    assert store.get("Episode", ids["show_a/ep01"])["name"] == "ep01"  # type: ignore[index]
    assert [project["name"] for project in store.find("Project", is_private=True)] == ["show_p"]
    assert {link["to_id"] for link in store.find("TypedContextLink")} == {ids[shot] for shot in demo.CAST}


def test_versions_of_the_demo_studio_use_one_another(store: Store, ids: Ids) -> None:
    used = demo.add_version(store, ids, "show_a/assets/hero", asset="geo")
    task = "show_a/sq010/sh010/Lighting"
    first, second = (demo.add_version(store, ids, "show_a/sq010/sh010", task=task, uses=uses) for uses in ((used,), ()))
    assert [(link["from_id"], link["to_id"]) for link in store.find("AssetVersionLink")] == [(used, first)]
    version = store.get("AssetVersion", second)
    assert version is not None
    assert (version["version"], version["task_id"]) == (2, ids[task])
