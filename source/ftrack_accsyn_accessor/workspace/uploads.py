"""What a vendor does in accsyn: looks which folders were granted to them, and publishes without any grant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model.errors import Uncertain
from ftrack_accsyn_accessor.model.upload import OwnFolder
from ftrack_accsyn_accessor.workspace.answers import Problem
from ftrack_accsyn_accessor.workspace.directory import Directory
from ftrack_accsyn_accessor.workspace.session import Call


class Uploads(Directory):
    """For users of any role, standard ones included."""

    def own_folders(self) -> list[OwnFolder]:
        """Return the folder shares that the user sees, by code; two requests.

        Whether one can be written to is told by a grant of all of it; where accsyn shows no grants it is not known.
        """
        rows = self._find("list the folders", "", "folder")
        granted = self.grants()
        writable = {each.share_id for each in granted or () if each.write and each.path == "/"}
        found = []
        for row in rows:
            folder_id, code = model.entity_id(row), str(row.get("code") or "")
            may = folder_id in writable if granted else None
            if folder_id and code:
                found.append(OwnFolder(folder_id, code, str(row.get("status")) != "disabled", may))
        return sorted(found, key=lambda each: each.code)

    def prepublish(self, entries: Sequence[Mapping[str, Any]], size_bytes: int) -> Mapping[str, Any]:
        """Ask the studio's hook what it thinks of what is to be published; accsyn waits for it, up to half a minute.

        *entries* and the answer are as in the workflow facts, section 5.
        """
        tried, data = "ask the studio about the delivery", {"files": [dict(each) for each in entries]}
        call = Call("PUT", "workspace/publish/preprocess", {**data, "size": size_bytes})
        answer = self._call(tried, "", call)
        if not isinstance(answer, dict) or not isinstance(answer.get("files"), list):
            raise self._error(tried, "", Problem(Uncertain, "the answer tells of no files"))
        return answer
