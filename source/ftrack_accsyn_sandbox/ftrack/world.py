"""A studio of any size, made at once: shots with versions, their components and frames, for measuring at scale."""

from __future__ import annotations

import contextlib
import gc
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator

from .store import Store

FRAME_BYTES = 1_000_000
SHOTS_PER_SEQUENCE = 50
_PADDING = 4


@dataclass
class World:
    """What `build` made, by id and in order; `frames` counts the members of all sequences."""

    project_id: str
    sequence_ids: list[str] = field(default_factory=list)
    shot_ids: list[str] = field(default_factory=list)
    task_ids: list[str] = field(default_factory=list)
    asset_ids: list[str] = field(default_factory=list)
    version_ids: list[str] = field(default_factory=list)
    component_ids: list[str] = field(default_factory=list)
    frames: int = 0


def build(
    store: Store,
    ids: dict[str, str],
    *,
    project: str = "big",
    shots: int = 100,
    versions: int = 20,
    components: int = 3,
    frames: int = 0,
    location: str | None = "studio.hq",
) -> World:
    """Add a project to the demo studio (*ids* is what `demo.build` returned) and return what is in it.

    Each of the *shots* has a task and an asset with *versions* versions, each of those *components* components: single
    files, but for as many sequences, spread evenly, as it takes to hold *frames* frames in all, at most 100 each (more
    where the components do not suffice). With a *location* everything is registered there, members included, by
    identifiers as StandardStructure makes them.
    """
    with store.transaction(), _without_collector():
        project_id = store.create("Project", name=project, full_name=project, project_schema_id=ids["project_schema"])
        world = World(project_id["id"])
        _add_shots(store, ids, world, shots)
        _add_versions(store, ids, world, versions)
        location_id = ids[location] if location else None
        _Filling(store, world, project, versions, location_id).add_components(components, frames)
    return world


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing made meanwhile is garbage, now or later, and looking for it takes longer than the making."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _new_ids(count: int) -> list[str]:
    """Ids as others are, at a fraction of their cost: chance makes the beginning, which they share."""
    beginning = str(uuid.uuid4())[:24]
    return [f"{beginning}{number:012x}" for number in range(count)]


def _add_shots(store: Store, ids: dict[str, str], world: World, shots: int) -> None:
    for number in range(shots):
        if number % SHOTS_PER_SEQUENCE == 0:
            name = f"sq{number // SHOTS_PER_SEQUENCE + 1:03d}"
            made = store.create("Sequence", name=name, parent_id=world.project_id)
            world.sequence_ids.append(made["id"])
        shot = store.create("Shot", name=f"sh{number + 1:04d}", parent_id=world.sequence_ids[-1])
        task = store.create("Task", name="Lighting", parent_id=shot["id"], type_id=ids["type:Lighting"])
        asset = store.create("Asset", name="main", context_id=shot["id"], type_id=ids["asset_type:Render"])
        world.shot_ids.append(shot["id"])
        world.task_ids.append(task["id"])
        world.asset_ids.append(asset["id"])


def _add_versions(store: Store, ids: dict[str, str], world: World, versions: int) -> None:
    world.version_ids = _new_ids(len(world.asset_ids) * versions)
    owners = itertools.product(zip(world.asset_ids, world.task_ids), range(1, versions + 1))
    common = {"status_id": ids["status:Approved"], "user_id": ids["artist"], "date": "2026-01-01T00:00:00"}
    store.fill(
        "AssetVersion",
        (
            {"id": version_id, "asset_id": asset_id, "task_id": task_id, "version": number, **common}
            for version_id, ((asset_id, task_id), number) in zip(world.version_ids, owners)
        ),
    )


@dataclass
class _Filling:
    """Fills the versions of a world."""

    store: Store
    world: World
    project: str
    versions: int
    location_id: str | None

    def add_components(self, per_version: int, frames: int) -> None:
        total = len(self.world.version_ids) * per_version
        self.world.component_ids = _new_ids(total)
        self.world.frames = frames if total else 0
        sequences = min(total, -(-frames // 100))
        frames_of = {
            index * total // sequences: frames * (index + 1) // sequences - frames * index // sequences
            for index in range(sequences)
        }
        rows = list(self._components(per_version, frames_of))
        for entity_type in ("FileComponent", "SequenceComponent"):
            self.store.fill(entity_type, (data for kind, data, _ in rows if kind == entity_type))
        self._register((data["id"], path) for _, data, path in rows)
        for kind, data, path in rows:
            if kind == "SequenceComponent":
                self._add_members(data["id"], path, data["size"] // FRAME_BYTES)

    def _components(self, per_version: int, frames_of: dict[int, int]) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Entity type, columns and identifier of each component."""
        owners = itertools.product(self.world.version_ids, range(per_version))
        for index, (component_id, (version_id, place)) in enumerate(zip(self.world.component_ids, owners)):
            folder, name = self._folder(index // per_version), f"part{place + 1}"
            data = {"id": component_id, "name": name, "version_id": version_id, "size": FRAME_BYTES}
            frames = frames_of.get(index)
            if frames is None:
                yield "FileComponent", {**data, "file_type": ".exr"}, f"{folder}/{name}.exr"
            else:
                data.update(size=frames * FRAME_BYTES, padding=_PADDING, file_type=".exr")
                yield "SequenceComponent", data, f"{folder}/{name}.%0{_PADDING}d.exr"

    def _folder(self, version: int) -> str:
        shot, number = divmod(version, self.versions)
        sequence = shot // SHOTS_PER_SEQUENCE + 1
        return f"{self.project}/sq{sequence:03d}/sh{shot + 1:04d}/main/v{number + 1:03d}"

    def _add_members(self, container_id: str, path: str, frames: int) -> None:
        member_ids = _new_ids(frames)
        common = {"container_id": container_id, "size": FRAME_BYTES, "file_type": ".exr"}
        self.store.fill(
            "FileComponent",
            ({"id": member, "name": f"{frame:04d}", **common} for frame, member in enumerate(member_ids, 1)),
        )
        self._register((member, path % frame) for frame, member in enumerate(member_ids, 1))

    def _register(self, places: Iterable[tuple[str, str]]) -> None:
        if self.location_id is None:
            return
        places = list(places)
        self.store.fill(
            "ComponentLocation",
            (
                {
                    "id": new_id,
                    "component_id": component_id,
                    "location_id": self.location_id,
                    "resource_identifier": path,
                }
                for new_id, (component_id, path) in zip(_new_ids(len(places)), places)
            ),
        )
