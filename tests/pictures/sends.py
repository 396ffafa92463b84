"""A production at head quarters, much of which is not in London yet; a service that answers actions for it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from fault.service.test_processes import Process
from ftrack_accsyn_sandbox.studio import Studio

MB, GB = 1_000_000, 1_000_000_000
SHOTS = ("sh0040", "sh0050")
PROJECT, SHOT = "aurora", "aurora/sq120/sh0040"
#: Of a file that the pictures show under way: that long enough for it to be seen, that short enough to wait for.
MOVING_BYTES_PER_S = 180e6


class Production:
    """Components that lie at head quarters. Files are as large as they say, and take no room."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._store, self._ids = studio.ftrack.store, studio.ids
        schema = self._ids["project_schema"]
        self._ids[PROJECT] = self._made("Project", name=PROJECT, full_name="Aurora", project_schema_id=schema)
        self._ids[f"{PROJECT}/sq120"] = self._made("Sequence", name="sq120", parent_id=self._ids[PROJECT])
        for shot in SHOTS:
            self._ids[f"{PROJECT}/sq120/{shot}"] = self._made(
                "Shot", name=shot, parent_id=self._ids[f"{PROJECT}/sq120"]
            )
        kind = self._ids["type:Compositing"]
        self._ids[f"{SHOT}/comp"] = self._made("Task", name="comp", parent_id=self._ids[SHOT], type_id=kind)

    def fill(self) -> None:
        """Make what the pictures show."""
        plate = self._version(SHOT, "plate", 3)
        self._sequence(plate, "undistorted", range(1001, 1241), 52 * MB, "plate/v003/undistorted.%04d.exr")
        self._file(plate, "preview", 48 * MB, "plate/v003/preview.mov", at=("studio.hq", "studio.london"))
        comp = self._version(SHOT, "comp", 12)
        self._file(comp, "main", 4 * GB, "comp/v012/main.mov")
        self._sequence(comp, "beauty", [*range(1001, 1101), *range(1120, 1241)], 12 * MB, "comp/v012/beauty.%04d.exr")
        script = self._made("FileComponent", name="nuke_script", version_id=comp, size=3 * MB, file_type=".nk")
        self._register(script, "/net/scratch/anna/sh0040_comp_v012.nk", ("studio.hq",))
        for number in range(1, 4):
            self._studio.hq.joinpath(f"{SHOT}/scans").mkdir(parents=True, exist_ok=True)
            self._sparse(f"{SHOT}/scans/reel_{number:02d}.mov", 900 * MB)

    def _version(self, shot: str, asset: str, number: int) -> str:
        asset_type, context = self._ids["asset_type:Render"], self._ids[shot]
        made = self._made("Asset", name=asset, context_id=context, type_id=asset_type)
        return self._made("AssetVersion", asset_id=made, version=number, task_id=self._ids[f"{SHOT}/comp"])

    def _file(self, version: str, name: str, size: int, path: str, at: tuple[str, ...] = ("studio.hq",)) -> None:
        made = self._made("FileComponent", name=name, version_id=version, size=size, file_type=Path(path).suffix)
        self._register(made, f"{SHOT}/{path}", at)
        self._sparse(f"{SHOT}/{path}", size)

    def _sequence(self, version: str, name: str, frames: range | list[int], size: int, path: str) -> None:
        data = {"version_id": version, "padding": 4, "size": size * len(frames), "file_type": ".exr"}
        made = self._made("SequenceComponent", name=name, **data)
        self._register(made, f"{SHOT}/{path}", ("studio.hq",))
        for frame in frames:
            member = self._made("FileComponent", name=str(frame), container_id=made, size=size, file_type=".exr")
            self._register(member, f"{SHOT}/{path % frame}", ("studio.hq",))
            self._sparse(f"{SHOT}/{path % frame}", size)

    def _register(self, component: str, path: str, at: tuple[str, ...]) -> None:
        for place in at:
            data = {"component_id": component, "location_id": self._ids[place], "resource_identifier": path}
            self._store.create("ComponentLocation", **data)

    def _sparse(self, path: str, size: int) -> None:
        whole = self._studio.hq / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        with whole.open("wb") as file:
            file.truncate(size)

    def _made(self, entity_type: str, **data: object) -> str:
        return str(self._store.create(entity_type, **data)["id"])


@contextlib.contextmanager
def serving(studio: Studio, folder: Path) -> Iterator[None]:
    """Run `ftrack-accsyn serve`, with what it remembers in *folder*."""
    service = Process(studio, folder / "service")
    try:
        service.says("Listening to ftrack's event hub")
        yield
    finally:
        service.end()


def settings(folder: Path) -> dict[str, str]:
    """Return the variables by which the machines of the studio know its places and folders."""
    path = folder / "locations.json"
    parties = {"studio.hq": {"party": "hq"}, "studio.london": {"party": "site=london"}}
    path.write_text(json.dumps({"locations": parties}))
    return {"FTRACK_ACCSYN_LOCATIONS": str(path), "FTRACK_ACCSYN_SYNC_PATH": "{project}/{sequence}/{shot}/scans"}
