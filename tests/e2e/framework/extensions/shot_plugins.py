"""The plugins of a studio's framework set-up: collect, export and publish, and what goes wrong in between.

They do to ftrack what the framework's own publisher does, in its order: one version, its components by the location
that the session picks, the thumbnail and the reviewable to ftrack's server, and all of it taken back when one fails.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import clique
from ftrack_framework_core.exceptions.plugin import PluginExecutionError
from ftrack_framework_core.plugin import BasePlugin
from ftrack_utils.paths import find_image_sequence, get_temp_path


class CollectFile(BasePlugin):  # type: ignore[misc]
    """Takes the file that the option `path` names, or its sequence; nothing where it names none."""

    name = "collect_file"

    def run(self, store: dict[str, Any]) -> None:
        path = self.options.get("path")
        if path:
            found = find_image_sequence(path) if self.options.get("sequence") else path
            store["components"][self.options["component"]] = found


class ExportCopy(BasePlugin):  # type: ignore[misc]
    """Copies what was collected to a temporary path of the framework, as exporters of applications write there."""

    name = "export_copy"

    def run(self, store: dict[str, Any]) -> None:
        component = self.options["component"]
        path = store["components"].get(component)
        if path is not None:
            store["components"][component] = self._sequence(path) if "[" in path else self._file(path)

    def _file(self, path: str) -> str:
        target = get_temp_path(filename_extension=Path(path).suffix)  # it exists, and only its owner may read it
        shutil.copyfile(path, target)
        return str(target)

    def _sequence(self, path: str) -> str:
        folder = get_temp_path(is_directory=True)
        for frame in clique.parse(path):
            shutil.copy(frame, folder)
        return str(find_image_sequence(folder))


class BreakOff(BasePlugin):  # type: ignore[misc]
    """Fails, as an exporter of an application does."""

    name = "break_off"

    def run(self, store: dict[str, Any]) -> None:
        raise PluginExecutionError("The application could not export.")


class PublishVersion(BasePlugin):  # type: ignore[misc]
    """Publishes what was exported as the next version on the context; the option `hold` names a file to wait for."""

    name = "publish_version"

    def run(self, store: dict[str, Any]) -> None:
        version = self._version()
        self.session.commit()
        try:
            for name, path in store["components"].items():
                self._add(version, name, path)
            self.session.commit()
        except Exception as error:
            self.session.reset()
            self.session.delete(version)
            self.session.commit()
            raise PluginExecutionError(f"Rolled back: {error}") from error
        store["asset_version_id"] = version["id"]

    def _version(self) -> Any:
        task = self.session.query(f"Context where id is {self.context_id}").one()
        parent, name = task["parent"], self.options["asset_name"]
        asset = self.session.query(f'Asset where name is "{name}" and parent.id is {parent["id"]}').first()
        if asset is None:
            asset_type = self.session.query("AssetType").first()
            asset = self.session.create("Asset", {"name": name, "type": asset_type, "parent": parent})
        return self.session.create("AssetVersion", {"asset": asset, "task": task, "comment": "From the framework"})

    def _add(self, version: Any, name: str, path: str) -> None:
        hold = self.options.get("hold")
        if name == "thumbnail":
            version.create_thumbnail(path)
            os.remove(path)
        elif name == "reviewable":
            version.encode_media(path)
            os.remove(path)
        elif name == "late" and hold:
            while not Path(hold).exists():
                time.sleep(0.01)
            self._stage(version, name, path)
        else:
            self._stage(version, name, path)

    def _stage(self, version: Any, name: str, path: str) -> None:
        version.create_component(path, data={"name": name}, location=self.session.pick_location())
