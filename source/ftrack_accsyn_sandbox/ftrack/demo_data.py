"""A fuller studio beside the demo one: several projects, hundreds of shots, what was made of them and by whom.

The same at every call but for the ids.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Any, Iterator

from .store import Store

FRAMES = 12
FILE_BYTES = 64
_HQ, _LONDON = "studio.hq", "studio.london"
_TASKS = ("Animation", "Lighting", "Compositing")
_MORE_TYPES = ("Rigging", "Lookdev", "FX", "Tracking", "Rotoscoping", "Editing")
_BUILDS = ("hero", "villain", "sidekick", "crowd", "car", "bridge", "harbour", "forest", "tower", "lamp")
_STATUSES = ("Approved", "Completed", "Pending review", "In progress", "Not started", "On Hold", "Omitted")
_PEOPLE = {
    "ana": ("Ana", "User", "Animation"),
    "ben": ("Ben", "User", "Animation"),
    "chi": ("Chi", "User", "Lighting"),
    "dov": ("Dov", "User", "Lighting"),
    "eva": ("Eva", "User", "Compositing"),
    "fay": ("Fay", "User", "Compositing"),
    "gus": ("Gus", "Project Manager", "Production"),
    "ida": ("Ida", "Restricted User", "Freelancers"),
}
# Key, label, type, what has it, its object type and default of each custom attribute.
_ATTRIBUTES = (
    ("fps", "Frames per second", "number", "show", None, 24),
    ("fstart", "First frame", "number", "task", "Shot", 1001),
    ("fend", "Last frame", "number", "task", "Shot", 1100),
    ("handles", "Handles", "number", "task", "Shot", 8),
    ("client_name", "Name at the client's", "text", "assetversion", None, ""),
)
_HANDED_DOWN = ("fps",)


@dataclass(frozen=True)
class Show:
    """A project to be made: its sequences, of as many shots each, are in each episode where it has episodes."""

    name: str
    full_name: str
    sequences: int
    shots: int
    episodes: int = 0
    status: str = "active"


SHOWS = (
    Show("film", "The Long Film", sequences=12, shots=20),
    Show("series", "A Series", sequences=4, shots=10, episodes=3),
    Show("spot", "Thirty Seconds", sequences=1, shots=12),
    Show("archive", "Last Year's Film", sequences=2, shots=10, status="hidden"),
)


@dataclass
class Furniture:
    """What was made beside entities: the files that are registered, by the name of the location, as identifiers."""

    files: dict[str, list[str]] = field(default_factory=lambda: {_HQ: [], _LONDON: []})


def build(store: Store, ids: dict[str, str]) -> Furniture:
    """Add the projects `SHOWS` to the demo studio (*ids* is what `demo.build` returned); the files are the caller's.

    Adds their project, people and custom attributes to *ids*, by their names and keys.
    """
    furniture = Furniture()
    with store.transaction(ids["producer"]):
        type_schema_id = store.find("ProjectSchema", id=ids["project_schema"])[0]["task_type_schema_id"]
        _make_people(store, ids)
        _make_attributes(store, ids)
        for name in ("Delivery", "Dailies"):
            ids[f"list_category:{name}"] = _create(store, "ListCategory", name=name)
        for name in ("Client", "Internal"):
            ids[f"note_label:{name}"] = _create(store, "NoteLabel", name=name)
        for name in _MORE_TYPES:
            ids[f"type:{name}"] = _create(store, "Type", name=name)
            store.create("TaskTypeSchemaType", task_type_schema_id=type_schema_id, type_id=ids[f"type:{name}"])
        ids["scope:main"] = _create(store, "Scope", name="Main unit")
        for show in SHOWS:
            _Making(store, ids, furniture, show).project()
    return furniture


def _create(store: Store, entity_type: str, /, **data: Any) -> str:
    entity_id: str = store.create(entity_type, **data)["id"]
    return entity_id


def _make_people(store: Store, ids: dict[str, str]) -> None:
    for group in dict.fromkeys(group for _, _, group in _PEOPLE.values()):
        ids[f"group:{group}"] = _create(store, "Group", name=group)
    for username, (first_name, role, group) in _PEOPLE.items():
        address = f"{username}@acme.test"
        ids[username] = _create(store, "User", username=username, first_name=first_name, last_name="D.", email=address)
        _create(store, "UserSecurityRole", user_id=ids[username], security_role_id=ids[f"role:{role}"])
        _create(store, "Membership", group_id=ids[f"group:{group}"], user_id=ids[username])


def _make_attributes(store: Store, ids: dict[str, str]) -> None:
    for key, label, kind, entity_type, object_type, default in _ATTRIBUTES:
        (type_,) = store.find("CustomAttributeType", name=kind)
        of = {"object_type_id": store.find("ObjectType", name=object_type)[0]["id"]} if object_type else {}
        common = {"key": key, "label": label, "entity_type": entity_type, "default": default, **of}
        ids[f"attribute:{key}"] = _create(
            store,
            "CustomAttributeConfiguration",
            type_id=type_["id"],
            is_hierarchical=key in _HANDED_DOWN,
            config='{"isdecimal": false}' if kind == "number" else "{}",
            **common,
        )


class _Making:
    """Makes one show."""

    def __init__(self, store: Store, ids: dict[str, str], furniture: Furniture, show: Show) -> None:
        self._store = store
        self._ids = ids
        self._files = furniture.files
        self._show = show
        # Not for secrets: the same studio each time.
        self._random = random.Random(show.name)
        self._builds: list[str] = []
        self._versions: list[str] = []
        self._shots: list[str] = []

    def project(self) -> None:
        show, ids = self._show, self._ids
        self._project_id = ids[show.name] = self._new(
            "Project",
            name=show.name,
            full_name=show.full_name,
            status=show.status,
            project_schema_id=ids["project_schema"],
            start_date="2026-01-05T00:00:00",
            end_date="2026-12-18T00:00:00",
        )
        for group in ("Animation", "Lighting", "Compositing", "Production"):
            self._new("Appointment", type="allocation", context_id=self._project_id, resource_id=ids[f"group:{group}"])
        folder_id = self._new("Folder", name="assets", parent_id=self._project_id)
        for name in _BUILDS:
            self._builds.append(self._build(name, folder_id))
        for path, parent_id in self._parents():
            for number in range(1, show.shots + 1):
                self._shot(f"sh{number * 10:04d}", path, parent_id)
        self._gather()

    def _new(self, entity_type: str, /, **data: Any) -> str:
        return _create(self._store, entity_type, **data)

    def _parents(self) -> Iterator[tuple[str, str]]:
        """Path and id of each sequence."""
        episodes = [f"ep{number:02d}" for number in range(1, self._show.episodes + 1)]
        above = [(self._show.name, self._project_id)]
        if episodes:
            above = [
                (f"{self._show.name}/{name}", self._new("Episode", name=name, parent_id=self._project_id))
                for name in episodes
            ]
        for (path, parent_id), number in itertools.product(above, range(1, self._show.sequences + 1)):
            name = f"sq{number * 10:03d}"
            yield f"{path}/{name}", self._new("Sequence", name=name, parent_id=parent_id)

    def _build(self, name: str, folder_id: str) -> str:
        build_id = self._new("AssetBuild", name=name, parent_id=folder_id)
        task_id = self._task("Modeling", build_id, "ana")
        asset_id = self._new("Asset", name="model", context_id=build_id, type_id=self._ids["asset_type:Geometry"])
        self._version(asset_id, task_id, f"{self._show.name}/assets/{name}/model/v001", ".abc", "ana")
        return build_id

    def _shot(self, name: str, path: str, parent_id: str) -> None:
        ids, chance = self._ids, self._random
        shot_id = self._new("Shot", name=name, parent_id=parent_id, description=f"{path.split('/')[-1]} {name}")
        self._shots.append(shot_id)
        last_frame = 1000 + chance.randint(48, 240)
        configuration_id = ids["attribute:fend"]
        self._store.create(
            "CustomAttributeValue", configuration_id=configuration_id, entity_id=shot_id, value=last_frame
        )
        tasks = [self._task(kind, shot_id, self._artist(kind)) for kind in _TASKS]
        for build_id in chance.sample(self._builds, 2):
            self._new("TypedContextLink", from_id=build_id, to_id=shot_id)
        asset_id = self._new("Asset", name="comp", context_id=shot_id, type_id=ids["asset_type:Render"])
        before = ""
        for number in range(1, chance.randint(1, 3) + 1):
            folder = f"{path}/{name}/comp/v{number:03d}"
            before = self._version(asset_id, tasks[-1], folder, ".mov", self._artist("Compositing"))
        if len(self._shots) % 10 == 0:
            self._sequence(before, f"{folder}/beauty")

    def _artist(self, kind: str) -> str:
        return self._random.choice([name for name, (_, _, group) in _PEOPLE.items() if group == kind])

    def _task(self, kind: str, parent_id: str, username: str) -> str:
        ids, chance = self._ids, self._random
        status = chance.choice(_STATUSES)
        task_id = self._new(
            "Task",
            name=kind,
            parent_id=parent_id,
            type_id=ids[f"type:{kind}"],
            status_id=ids[f"status:{status}"],
            bid=chance.randint(1, 5) * 28_800,
        )
        self._new("Appointment", type="assignment", context_id=task_id, resource_id=ids[username])
        if status == "In progress":
            hours = {"start": "2026-03-02T09:00:00", "duration": chance.randint(1, 8) * 3600}
            self._new("Timelog", user_id=ids[username], context_id=task_id, comment="", **hours)
        return task_id

    def _version(self, asset_id: str, task_id: str, folder: str, file_type: str, username: str) -> str:
        ids, chance = self._ids, self._random
        version_id = self._new(
            "AssetVersion",
            asset_id=asset_id,
            task_id=task_id,
            user_id=ids[username],
            comment="From the demo data",
            status_id=ids[f"status:{chance.choice(('Approved', 'Pending review', 'In progress'))}"],
        )
        component_id = self._new(
            "FileComponent", name="main", file_type=file_type, version_id=version_id, size=FILE_BYTES
        )
        places = (_HQ, _LONDON) if chance.random() < 0.3 else (_HQ,)
        for place in places:
            self._register(component_id, place, f"{folder}/main{file_type}", is_file=True)
        if file_type == ".mov":
            self._versions.append(version_id)
            if len(self._versions) % 4 == 0:
                self._note(version_id, ids[username])
        return version_id

    def _sequence(self, version_id: str, path: str) -> None:
        common = {"file_type": ".exr"}
        size = FRAMES * FILE_BYTES
        container_id = self._new(
            "SequenceComponent", name="beauty", padding=4, size=size, version_id=version_id, **common
        )
        self._register(container_id, _HQ, f"{path}.%04d.exr", is_file=False)
        for frame in range(1001, 1001 + FRAMES):
            member = self._new("FileComponent", name=str(frame), container_id=container_id, size=FILE_BYTES, **common)
            self._register(member, _HQ, f"{path}.{frame}.exr", is_file=True)

    def _register(self, component_id: str, place: str, identifier: str, *, is_file: bool) -> None:
        where = {"component_id": component_id, "location_id": self._ids[place]}
        self._new("ComponentLocation", resource_identifier=identifier, **where)
        if is_file:
            self._files[place].append(identifier)

    def _note(self, version_id: str, recipient_id: str) -> None:
        told = {"parent_id": version_id, "parent_type": "AssetVersion", "user_id": self._ids["gus"]}
        note_id = self._new("Note", content="The edge flickers around the middle.", **told)
        self._store.create("Recipient", note_id=note_id, resource_id=recipient_id)
        self._store.create("NoteLabelLink", note_id=note_id, label_id=self._ids["note_label:Internal"])

    def _gather(self) -> None:
        """Lists, a review, what uses what, and the scope of the first shots."""
        ids, common = self._ids, {"project_id": self._project_id}
        for name, entity_type, items in (
            ("First delivery", "AssetVersionList", self._versions[:20]),
            ("To be retaken", "TypedContextList", self._shots[:10]),
        ):
            category_id = ids["list_category:Delivery"]
            list_id = self._new(entity_type, name=name, category_id=category_id, user_id=ids["gus"], **common)
            for entity_id in items:
                self._new("ListObject", list_id=list_id, entity_id=entity_id)
        review_id = self._new("ReviewSession", name="Weekly", **common)
        for version_id in self._versions[:6]:
            self._new("ReviewSessionObject", name="comp", review_session_id=review_id, version_id=version_id)
        for used, user in zip(self._versions, self._versions[1:10]):
            self._new("AssetVersionLink", from_id=used, to_id=user)
        for shot_id in self._shots[:10]:
            self._store.create("ContextScope", context_id=shot_id, scope_id=ids["scope:main"])
