"""The demo studio: projects with sequences, shots and tasks, the people, the workflow and two studio locations."""

from __future__ import annotations

from typing import Any

from . import custom_attributes
from .store import Store

ORIGIN_LOCATION_ID = "ce9b348f-8809-11e3-821c-20c9d081909b"
# Ids that every ftrack server has; they stand in `ftrack_api/symbol.py`.
BUILT_IN_LOCATIONS = {
    "ftrack.origin": ORIGIN_LOCATION_ID,
    "ftrack.unmanaged": "cb268ecc-8809-11e3-a7e2-20c9d081909b",
    "ftrack.review": "cd41be70-8809-11e3-b98a-20c9d081909b",
    "ftrack.connect": "07b82a97-8cf9-11e3-9383-20c9d081909b",
    "ftrack.server": "3a372bde-05bc-11e4-8908-20c9d081909b",
}
STATES = {"Not started": "NOT_STARTED", "In progress": "IN_PROGRESS", "Done": "DONE", "Blocked": "BLOCKED"}
TASK_STATUSES = {
    "Not started": "Not started",
    "In progress": "In progress",
    "Pending review": "In progress",
    "On Hold": "Blocked",
    "Approved": "Done",
    "Completed": "Done",
    "Omitted": "Blocked",
}
VERSION_STATUSES = ("Pending review", "In progress", "Approved")
PRIORITIES = ("None", "Low", "Medium", "High", "Urgent")
TASK_TYPES = ("Modeling", "Animation", "Lighting", "Compositing")
ASSET_TYPES = {"Geometry": "geo", "Texture": "texture", "Animation": "anim", "Render": "render", "Upload": "upload"}
# It comes with every server, under this id.
UPLOAD_TYPE_ID = "8f4144e0-a8e6-11e2-9e96-0800200c9a66"
PROJECTS = {"show_a": "Show A", "show_b": "Show B", "show_p": "Show P"}
PRIVATE_PROJECT = "show_p"
EPISODE = "show_a/ep01"
# Shots that have the asset build "hero" in them.
CAST = ("show_a/sq010/sh010", "show_a/sq010/sh020")
# Kind of rights by role; they come with every server.
ROLES = {
    "Administrator": "PROJECT",
    "Project Manager": "PROJECT",
    "User": "PROJECT",
    "Restricted User": "ASSIGNED",
    "API": "API",
}
PEOPLE = {
    "artist": ("Ada", "User"),
    "admin": ("Alan", "Administrator"),
    "producer": ("Grace", "Project Manager"),
    "remote": ("Rita", "User"),
    "vendor": ("Vera", "Restricted User"),
}
GROUPS = {"artists": ("artist",), "Vendors": ("vendor",)}
# Who was let into the private project.
CONFIDANTS = ("admin", "producer")
SEQUENCES = ("sq010", "sq020")
SHOTS = ("sh010", "sh020", "sh030")
SHOT_TASKS = ("Animation", "Lighting", "Compositing")
Ids = dict[str, str]


def prepare(store: Store) -> None:
    """What any server has before it is used: built-in locations, object types, the storage scenario's setting."""
    for name, location_id in BUILT_IN_LOCATIONS.items():
        store.create("Location", id=location_id, name=name, label=name)
    for entity_type in store.schema:
        if entity_type.discriminator and entity_type.discriminator[0] == "object_type_id":
            store.create("ObjectType", id=entity_type.discriminator[1], name=entity_type.name)
    for name in custom_attributes.TYPES:
        store.create("CustomAttributeType", name=name, core=True)
    store.create("Setting", name="storage_scenario", group="STORAGE", value="")


def build(store: Store) -> Ids:
    """Make the demo studio in a prepared store; returns ids by name.

    Names: projects `show_a`, `show_b` and, private, `show_p`; contexts by path (`show_a/sq010/sh010`,
    `show_a/sq010/sh010/Animation`, `show_a/ep01/sq010/sh010` in an episode, `show_a/assets/hero`, which is linked to
    the shots `CAST`); users `artist`, `admin`, `producer`, `remote` (who works elsewhere), `vendor` (who is assigned
    nothing and has no key), the groups `artists` and `Vendors`;
    locations `studio.hq`, `studio.london`; and `status:Approved`, `type:Animation`, `asset_type:Geometry`,
    `priority:High`, `role:Administrator`, `project_schema`.
    """
    ids: Ids = {}
    with store.transaction():
        _make_people(store, ids)
        _make_workflow(store, ids)
        for name, short in ASSET_TYPES.items():
            own_id = {"id": UPLOAD_TYPE_ID} if name == "Upload" else {}
            ids[f"asset_type:{name}"] = _create(store, "AssetType", name=name, short=short, **own_id)
        for name, label in {"studio.hq": "Head quarters", "studio.london": "London"}.items():
            ids[name] = _create(store, "Location", name=name, label=label)
        for name, full_name in PROJECTS.items():
            _make_project(store, ids, name, full_name)
        _make_episode(store, ids)
        _make_private(store, ids)
        for shot in CAST:
            store.create("TypedContextLink", from_id=ids["show_a/assets/hero"], to_id=ids[shot])
        task_id = ids["show_a/sq010/sh010/Animation"]
        _create(store, "Appointment", type="assignment", context_id=task_id, resource_id=ids["artist"])
    return ids


def _create(store: Store, entity_type: str, **data: Any) -> str:
    entity_id: str = store.create(entity_type, **data)["id"]
    return entity_id


def _make_people(store: Store, ids: Ids) -> None:
    for name, kind in ROLES.items():
        ids[f"role:{name}"] = _create(store, "SecurityRole", name=name, type=kind)
    for username, (first_name, role) in PEOPLE.items():
        email = f"{username}@acme.test"
        existing = store.find("User", username=username)
        ids[username] = (
            existing[0]["id"]
            if existing
            else _create(store, "User", username=username, first_name=first_name, last_name="Demo", email=email)
        )
        _create(store, "UserSecurityRole", user_id=ids[username], security_role_id=ids[f"role:{role}"])
    for name, members in GROUPS.items():
        ids[name] = _create(store, "Group", name=name)
        for username in members:
            _create(store, "Membership", group_id=ids[name], user_id=ids[username])


def _make_workflow(store: Store, ids: Ids) -> None:
    states = {name: _create(store, "State", name=name, short=short) for name, short in STATES.items()}
    for sort, (name, state) in enumerate(TASK_STATUSES.items()):
        row = store.insert(store.schema["Status"], {"name": name, "sort": sort, "state": {"id": states[state]}})
        ids[f"status:{name}"] = row.key[0]
    for sort, name in enumerate(PRIORITIES):
        ids[f"priority:{name}"] = _create(store, "Priority", name=name, sort=sort, value=float(sort))
    for sort, name in enumerate(TASK_TYPES):
        ids[f"type:{name}"] = _create(store, "Type", name=name, sort=sort)
    tasks = _workflow(store, "Tasks", [ids[f"status:{name}"] for name in TASK_STATUSES])
    versions = _workflow(store, "Versions", [ids[f"status:{name}"] for name in VERSION_STATUSES])
    types = [{"id": ids[f"type:{name}"]} for name in TASK_TYPES]
    type_schema = _create(store, "TaskTypeSchema", name="Tasks", types=types)
    ids["project_schema"] = _create(
        store,
        "ProjectSchema",
        name="VFX",
        task_workflow_schema_id=tasks,
        asset_version_workflow_schema_id=versions,
        task_type_schema_id=type_schema,
    )
    for object_type in store.find("ObjectType"):
        project_schema_id = ids["project_schema"]
        store.create("ProjectSchemaObjectType", object_type_id=object_type["id"], project_schema_id=project_schema_id)
        if object_type["name"] != "Task":
            schema_id = _create(store, "Schema", project_schema_id=project_schema_id, type_id=object_type["id"])
            for name in ("Not started", "In progress", "Completed"):
                store.create("SchemaStatus", schema_id=schema_id, status_id=ids[f"status:{name}"])


def _workflow(store: Store, name: str, status_ids: list[str]) -> str:
    return _create(store, "WorkflowSchema", name=name, statuses=[{"id": status_id} for status_id in status_ids])


def _make_project(store: Store, ids: Ids, name: str, full_name: str) -> None:
    project_id = _create(store, "Project", name=name, full_name=full_name, project_schema_id=ids["project_schema"])
    ids[name] = project_id
    ids[f"{name}/assets"] = _create(store, "Folder", name="assets", parent_id=project_id)
    ids[f"{name}/assets/hero"] = _create(store, "AssetBuild", name="hero", parent_id=ids[f"{name}/assets"])
    for sequence in SEQUENCES:
        _make_sequence(store, ids, name, sequence, SHOTS)


def _make_sequence(store: Store, ids: Ids, parent: str, sequence: str, shots: tuple[str, ...]) -> None:
    sequence_path = f"{parent}/{sequence}"
    ids[sequence_path] = _create(store, "Sequence", name=sequence, parent_id=ids[parent])
    for shot in shots:
        shot_path = f"{sequence_path}/{shot}"
        ids[shot_path] = _create(store, "Shot", name=shot, parent_id=ids[sequence_path])
        for task in SHOT_TASKS:
            parent_id, type_id = ids[shot_path], ids[f"type:{task}"]
            ids[f"{shot_path}/{task}"] = _create(store, "Task", name=task, parent_id=parent_id, type_id=type_id)


def _make_episode(store: Store, ids: Ids) -> None:
    project, name = EPISODE.split("/")
    ids[EPISODE] = _create(store, "Episode", name=name, parent_id=ids[project])
    _make_sequence(store, ids, EPISODE, SEQUENCES[0], SHOTS[:1])


def _make_private(store: Store, ids: Ids) -> None:
    project_id = ids[PRIVATE_PROJECT]
    store.update("Project", project_id, is_private=True)
    for username in CONFIDANTS:
        (role,) = store.find("UserSecurityRole", user_id=ids[username])
        store.create("UserSecurityRoleProject", user_security_role_id=role["id"], project_id=project_id)


def add_version(
    store: Store, ids: Ids, context: str, *, asset: str = "main", task: str = "", uses: tuple[str, ...] = ()
) -> str:
    """Add the next version of an asset of a context to the studio that `build` made, and return its id.

    *context* and *task* are paths as `build` names them, *uses* the ids of versions that this one uses. Components are
    the caller's business.
    """
    with store.transaction():
        assets = store.find("Asset", name=asset, context_id=ids[context])
        asset_id = assets[0]["id"] if assets else _create(store, "Asset", name=asset, context_id=ids[context])
        version_id = _create(store, "AssetVersion", asset_id=asset_id, task_id=ids[task] if task else None)
        for used_id in uses:
            store.create("AssetVersionLink", from_id=used_id, to_id=version_id)
    return version_id
