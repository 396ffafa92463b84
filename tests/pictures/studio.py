"""The studio that the pictures show: real data in the sandbox, published by the artist of this process."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import ftrack_api
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_sandbox.studio import Studio

MB = 1_000_000


class Artist:
    """Publishes into *studio*, from files made up in *folder*."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self._studio = studio
        self._folder = folder
        folder.mkdir()
        self.session = ftrack_api.Session(auto_connect_event_hub=False)

    def version(self, asset: str, project: str = "show_a", shot: str = "sq010/sh010") -> Any:
        """Create the next version of an asset."""
        parent = self.session.get("Shot", self._studio.ids[f"{project}/{shot}"])
        found = self.session.query(f'Asset where name is "{asset}" and context_id is "{parent["id"]}"').first()
        if found is None:
            asset_type = self.session.query("AssetType").first()
            found = self.session.create("Asset", {"name": asset, "type": asset_type, "parent": parent})
        version = self.session.create("AssetVersion", {"asset": found})
        self.session.commit()
        return version

    def file(self, version: Any, name: str, extension: str, size_bytes: int) -> None:
        """Publish a file."""
        path = self._make(f"{name}{extension}", size_bytes)
        version.create_component(str(path), {"name": name}, location="auto")

    def sequence(self, version: Any, name: str, frames: int, size_bytes: int) -> None:
        """Publish so many frames of this size."""
        for frame in range(1001, 1001 + frames):
            self._make(f"{name}.{frame}.exr", size_bytes)
        expression = f"{self._folder}/{name}.%04d.exr [1001-{1000 + frames}]"
        version.create_component(expression, {"name": name}, location="auto")

    def container(self, version: Any, name: str, members: tuple[str, ...], size_bytes: int) -> None:
        """Publish files as one component."""
        container = self.session.create("ContainerComponent", {"name": name, "version": version})
        for member in members:
            path = self._make(f"{member}.tx", size_bytes)
            data = {"name": member, "container": container}
            container["members"].append(self.session.create_component(str(path), data, location=None))
        self.session.commit()
        self.session.pick_location().add_component(container, self.session.get("Location", ORIGIN_LOCATION_ID))

    def _make(self, name: str, size_bytes: int) -> Path:
        path = self._folder / name
        path.write_bytes(random.Random(name).randbytes(size_bytes))
        return path


def morning(artist: Artist) -> None:
    """Publish what has arrived, or failed, when the artist looks."""
    plate = artist.version("plate")
    artist.sequence(plate, "undistorted", 48, 250_000)
    artist.file(plate, "preview", ".mov", 8 * MB)
    look = artist.version("lookdev", shot="sq010/sh020")
    artist.container(look, "textures", ("diffuse", "displacement", "normal", "roughness"), 2 * MB)
    artist.file(artist.version("anim"), "cache", ".abc", 5 * MB)


def noon(artist: Artist) -> None:
    """Publish what is on its way when the artist looks."""
    comp = artist.version("comp")
    artist.sequence(comp, "beauty", 96, 300_000)
    artist.file(comp, "main", ".mov", 42 * MB)
    artist.file(artist.version("edit", project="show_b"), "reel", ".mov", 20 * MB)


def log_in(studio: Studio, folder: Path) -> None:
    """Make this process the artist's."""
    hook = Path(__file__).resolve().parents[2] / "hook"
    state = str(folder / "state")
    os.environ.update(studio.environment(), XDG_STATE_HOME=state, FTRACK_EVENT_PLUGIN_PATH=str(hook))
