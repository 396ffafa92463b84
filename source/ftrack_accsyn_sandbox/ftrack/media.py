"""`encode_media`: what a browser plays, made of an uploaded file; here nothing is really encoded."""

from __future__ import annotations

import base64
import json
from typing import Any

from . import demo, errors
from .access import View
from .storage import Storage
from .store import Store
from .table import Row

VIDEO = "ftrackreview-mp4", ".mp4", "video/mp4"
IMAGE = "ftrackreview-image", ".jpg", "image/jpeg"
# By the type of the file that is given: what becomes of it.
_KINDS = {
    **dict.fromkeys((".mov", ".mp4", ".avi", ".mkv", ".m4v", ".mxf", ".webm", ".mpg", ".mpeg", ".wmv"), VIDEO),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff"), IMAGE),
}
# What the player is told of it: made up, like the picture, which is of one pixel.
_FACTS = {
    "ftrackreview-mp4": {"frameIn": 0, "frameOut": 24, "frameRate": 25.0, "width": 1920, "height": 1080},
    "ftrackreview-image": {"format": "image", "width": 1920, "height": 1080},
}
PICTURE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q=="
)


class Encoder:
    """Answers `encode_media` out of the files of ftrack.server; a file that no browser can play fails its job.

    With *is_working* off, jobs stay queued for ever.
    """

    def __init__(self, store: Store, storage: Storage) -> None:
        self.is_working = True
        self._store = store
        self._storage = storage

    def encode(self, operation: dict[str, Any], view: View) -> dict[str, Any]:
        """The answer: the id of a job that has ended already. Raises `ServerError` for what was never uploaded."""
        source = self._store.existing(self._store.schema["FileComponent"], [str(operation.get("component_id"))])
        if not view.sees(source) or source.key[0] not in self._storage.files:
            raise errors.invalid_value(f"There is no media in the component {source.key[0]}.")
        kind = _KINDS.get(str(source.values["file_type"] or "").lower()) if self.is_working else None
        kept = operation.get("keep_original") is not False
        version_id = operation.get("version_id")
        made = [self._make(source, each, version_id) for each in dict.fromkeys((kind, IMAGE))] if kind else []
        job = self._job(source, made, kept=kept)
        if version_id and made:
            version = self._store.existing(self._store.schema["AssetVersion"], [version_id])
            self._store.change(version, {"thumbnail_id": made[-1][0].key[0]})
        if made and not kept:
            self._store.remove(source)
            self._storage.files.pop(source.key[0], None)
        return {"action": "encode_media", "job_id": job.key[0]}

    def _make(self, source: Row, kind: tuple[str, str, str], version_id: Any) -> tuple[Row, str]:
        name, file_type, content_format = kind
        content = PICTURE if kind is IMAGE else self._storage.get(source.key[0])
        data = {"name": name, "file_type": file_type, "size": len(content), "version_id": version_id}
        component = self._store.insert(self._store.schema["FileComponent"], data)
        component_id = component.key[0]
        location_id = demo.BUILT_IN_LOCATIONS["ftrack.server"]
        where = {"component_id": component_id, "location_id": location_id, "resource_identifier": component_id}
        self._store.insert(self._store.schema["ComponentLocation"], where)
        told = {"parent_id": component_id, "parent_type": "FileComponent", "key": "ftr_meta"}
        self._store.insert(self._store.schema["Metadata"], {**told, "value": json.dumps(_FACTS[name])})
        self._storage.files[component_id] = content
        return component, content_format

    def _job(self, source: Row, made: list[tuple[Row, str]], *, kept: bool) -> Row:
        output = [{"format": content_format, "component_id": row.key[0]} for row, content_format in made]
        data = {"source_component_id": source.key[0], "keep_original": kept, "output": output}
        status = "queued" if not self.is_working else "done" if made else "failed"
        job = self._store.insert(self._store.schema["Job"], {"status": status, "data": json.dumps(data)})
        for row, _ in made:
            self._store.insert(self._store.schema["JobComponent"], {"job_id": job.key[0], "component_id": row.key[0]})
        return job
