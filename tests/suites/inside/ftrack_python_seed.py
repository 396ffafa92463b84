"""The records that ftrack-python's own tests look for, made by the client under test in a studio that lacks them.

It runs in the environment of that suite, which has nothing else of this project.
"""

import json

import arrow
import ftrack_api

# Ids and names stand in the suite's own conftest.py and tests.
USER = "d07ae5d0-66e1-11e1-b5e9-f23c91df25eb"
PROJECT = "5671dcb0-66de-11e1-8e6e-f23c91df25eb"
SCHEME = "69cb7f92-4dbf-11e1-9902-f23c91df25eb"
TASK = "adb4ad6c-7679-11e2-8df2-f23c91df25eb"
ASSETS = ("dd9a7e2e-c5eb-11e1-9885-f23c91df25eb", "12939d0c-6766-11e1-8104-f23c91df25eb")
TASK_STATUSES = ("Not started", "In progress", "Awaiting approval", "Approved")
VERSION_STATUSES = ("Approved", "Pending")
OBJECT_STATUSES = ("Normal", "Omitted", "On Hold")
TASK_TYPES = (
    *("Generic", "Animation", "Modeling", "Previz", "Lookdev", "Hair", "Cloth", "FX", "Lighting", "Compositing"),
    *("Tracking", "Rigging", "test 1", "test type 2"),
)
BUILD_TYPES = ("Character", "Prop", "Environment", "Matte Painting")
# Key, table, object type, kind and default of each custom attribute.
ATTRIBUTES = (
    ("customNumber", "task", "Task", "number", 0),
    ("fstart", "task", "Shot", "number", 1001),
    ("NumberField", "assetversion", None, "number", 0),
    ("versiontest", "assetversion", None, "number", 0),
    ("htest", "asset", None, "number", 0),
    ("listbool", "list", None, "boolean", False),
    ("teststring", "user", None, "text", ""),
)


def make(kind, **data):
    entity = session.create(kind, data)
    session.commit()
    return entity


def named(kind, names):
    """By name, entities that are there or are made."""
    found = {entity["name"]: entity for entity in session.query("select name from " + kind)}
    return {name: found[name] if name in found else make(kind, name=name) for name in names}


def people():
    make("User", id=USER, username="jenkins", first_name="Jenkins", last_name="CI", email="jenkins@acme.test")
    for number in range(12):  # the suite pages through them
        make("User", username=f"member{number:02d}")


def workflow(name, statuses):
    return make("WorkflowSchema", name=name, statuses=list(named("Status", statuses).values()))


def scheme():
    types = make("TaskTypeSchema", name="Types", types=list(named("Type", TASK_TYPES).values()))
    made = make(
        "ProjectSchema",
        id=SCHEME,
        name="VFX Scheme",
        task_workflow_schema=workflow("Tasks", TASK_STATUSES),
        asset_version_workflow_schema=workflow("Versions", VERSION_STATUSES),
        task_type_schema=types,
    )
    for object_type in session.query("select name from ObjectType").all():
        make("ProjectSchemaObjectType", object_type_id=object_type["id"], project_schema_id=SCHEME)
        if object_type["name"] in ("Shot", "AssetBuild"):
            schema = make("Schema", project_schema_id=SCHEME, type_id=object_type["id"])
            for status in named("Status", OBJECT_STATUSES).values():
                make("SchemaStatus", schema_id=schema["id"], status_id=status["id"])
            for kind in named("Type", BUILD_TYPES).values() if object_type["name"] == "AssetBuild" else ():
                make("SchemaType", schema_id=schema["id"], type_id=kind["id"])
    return made


def contexts():
    """A project with a task and a shot, and versions of the shot's assets."""
    project = make("Project", id=PROJECT, name="test", full_name="Test", project_schema=scheme())
    types, statuses = named("Type", TASK_TYPES), named("Status", TASK_STATUSES)
    task = make("Task", id=TASK, name="t1", parent=project, type=types["Generic"], status=statuses["Not started"])
    shot = make("Shot", name="s1", parent=make("Sequence", name="q1", parent=project))
    for asset_id in ASSETS:
        asset = make("Asset", id=asset_id, name=asset_id, parent=shot, type=session.query("AssetType").first())
        version = make("AssetVersion", asset=asset, task=task, version=8)
        make("FileComponent", name="main", version=version)
    make("Timelog", user_id=USER, context_id=TASK, start=arrow.utcnow().floor("second"), duration=60)
    make("NoteCategory", name="Internal")
    make("ListCategory", name="Default")
    return task, version


def attribute(key, table, object_type, kind, default):
    kinds = named("CustomAttributeType", (kind,))
    data = {"key": key, "label": key, "entity_type": table, "default": default, "type": kinds[kind]}
    if object_type:
        data["object_type"] = session.query(f'ObjectType where name is "{object_type}"').one()
    session.create("CustomAttributeConfiguration", dict(data, config=json.dumps({"isdecimal": False})))
    session.commit()


# Not where a host that searches this folder for plugins loads it.
if __name__ == "__main__":
    session = ftrack_api.Session(auto_connect_event_hub=False)
    people()
    task, version = contexts()
    for each in ATTRIBUTES:
        attribute(*each)
    task["custom_attributes"]["customNumber"] = 7
    version["custom_attributes"]["NumberField"] = 8
    session.commit()
    session.close()
