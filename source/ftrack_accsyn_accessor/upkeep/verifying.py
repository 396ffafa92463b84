"""Looks at the destination, through accsyn: whether the files there have the sizes that were published."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, Reason, StagedFile
from ftrack_accsyn_accessor.model.tasks import is_workspace
from ftrack_accsyn_accessor.workspace import Workspace


def difference(workspace: Workspace, item: Item) -> str:
    """Return the first file of *item* that is missing, or has another size, where it is kept; empty when none has.

    *item* comes with its files. One request for each folder, two for a file alone in its folder that accsyn tells no
    size of. May raise `errors.WorkspaceError`; `errors.Refused` when accsyn can tell nothing of a folder.
    """
    folders: dict[str, list[StagedFile]] = {}
    for file in item.publication.files:
        folders.setdefault(posixpath.dirname(file.path), []).append(file)
    for folder, wanted in folders.items():
        sizes = _sizes(workspace, folder, [file.path for file in wanted], item)
        for file in wanted:
            size = sizes.get(file.path)
            if size != file.size_bytes and (file.size_bytes or item.reason is Reason.PUBLISH or size is None):
                there = "is missing" if size is None else f"has {size} bytes"
                return f"{file.path} {there}, published with {file.size_bytes}"
    return ""


def can_be_seen(party: str) -> bool:
    """Whether accsyn tells sizes at *party*: that is documented for the main site only (workflow facts, section 7)."""
    return is_workspace(party)


def _sizes(workspace: Workspace, folder: str, paths: Sequence[str], item: Item) -> dict[str, int]:
    """Return the sizes at the destination by path: one call, which lists the folder unless one file is wanted.

    Why accsyn tells no size of a file (it is not there, its server is offline) shows when the folder is listed.
    """
    if len(paths) == 1:
        try:
            size = workspace.file_size(_at_destination(paths[0], item))
        except errors.Refused:
            size = None
        if size is not None:
            return {paths[0]: size}
    listed = workspace.file_sizes(_at_destination(folder, item))
    return {posixpath.join(folder, name): size for name, size in listed.items()}


def _at_destination(path: str, item: Item) -> str:
    """Return *path* where *item* is kept, in accsyn's notation (accsyn fact sheet, section 5)."""
    place = f"share={item.publication.volume}/{path}"
    party = item.kept_at.party
    return f"{party}:{place}" if "=" in party else place
