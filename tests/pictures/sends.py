"""A production at head quarters, much of which is not in London yet; a service that answers actions for it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ftrack_accsyn_sandbox.studio import Studio

MB, GB = 1_000_000, 1_000_000_000
PROJECT, SHOT, NEXT_SHOT = "aurora", "aurora/sq120/sh0040", "aurora/sq120/sh0050"
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
        for shot in (SHOT, NEXT_SHOT):
            self._ids[shot] = self._made("Shot", name=shot.rpartition("/")[2], parent_id=self._ids[f"{PROJECT}/sq120"])

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

        anim = self._version(NEXT_SHOT, "anim", 7)
        self._file(anim, "curves", 90 * MB, "anim/v007/curves.ma", shot=NEXT_SHOT)
        frames = range(1001, 1087)
        render = self._version(NEXT_SHOT, "render", 5)
        self._sequence(render, "beauty", frames, 9 * MB, "render/v005/beauty.%04d.exr", shot=NEXT_SHOT)
        self._sequence(render, "depth", frames, 5 * MB, "render/v005/depth.%04d.exr", shot=NEXT_SHOT)

    def _version(self, shot: str, asset: str, number: int) -> str:
        asset_type, context = self._ids["asset_type:Render"], self._ids[shot]
        made = self._made("Asset", name=asset, context_id=context, type_id=asset_type)
        return self._made("AssetVersion", asset_id=made, version=number)

    def _file(
        self, version: str, name: str, size: int, path: str, at: Sequence[str] = ("studio.hq",), shot: str = SHOT
    ) -> None:
        made = self._made("FileComponent", name=name, version_id=version, size=size, file_type=Path(path).suffix)
        self._register(made, f"{shot}/{path}", at)
        self._sparse(f"{shot}/{path}", size)

    def _sequence(self, version: str, name: str, frames: Sequence[int], size: int, path: str, shot: str = SHOT) -> None:
        data = {"version_id": version, "padding": 4, "size": size * len(frames), "file_type": ".exr"}
        made = self._made("SequenceComponent", name=name, **data)
        self._register(made, f"{shot}/{path}", ("studio.hq",))
        for frame in frames:
            member = self._made("FileComponent", name=str(frame), container_id=made, size=size, file_type=".exr")
            self._register(member, f"{shot}/{path % frame}", ("studio.hq",))
            self._sparse(f"{shot}/{path % frame}", size)

    def _register(self, component: str, path: str, at: Sequence[str]) -> None:
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
    from fault.service.test_processes import Process  # Connect's interpreter has no pytest, and needs no service

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
