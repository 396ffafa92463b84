"""Finds what is wrong with a publish when it is staged: a source that is still being written, a name never sent."""

from __future__ import annotations

import os
import posixpath
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ftrack_api.accessor.disk import DiskAccessor

from ftrack_accsyn_accessor.model.item import StagedFile, Trouble
from ftrack_accsyn_accessor.model.progress import cause
from ftrack_accsyn_accessor.model.stamp import Stamp, is_same
from ftrack_accsyn_accessor.model.tasks import never_sent
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.entities import is_container, known

_NAMED_AT_MOST = 3


def gives_files(source: Any) -> bool:
    """Return whether the location *source* opens files of a disk as they are, with ftrack's `open` for disks or ours.

    Other accessors may open what they fetch, decrypt or put together.
    """
    opens = getattr(getattr(source, "accessor", None), "open", None)
    return getattr(opens, "__func__", None) in (DiskAccessor.open, AccsynAccessor.open)


class Doubt(NamedTuple):
    """What is wrong with a publish, and a sentence on that with one on what to do."""

    trouble: Trouble
    words: str

    def __str__(self) -> str:
        """As `Publication.doubt` has it."""
        return f"{self.trouble.value} {self.words}"


class SourceFile:
    """The file that a component is copied from, as it was when this object was made.

    Only a file on a disk can be looked at, also one of `ftrack.origin`; *identifier* is the component's in the location
    *source*. Costs one stat, `changed` another one. Only `is_at` raises.
    """

    def __init__(self, source: Any, identifier: Optional[str]) -> None:
        self._path = _path(source, identifier)
        self._before = _stamp(self._path)

    def changed(self) -> str:
        """Return in words how the file differs from what it was; empty while nothing shows that it does."""
        before, after = self._before, _stamp(self._path)
        if before is None or after is None or before == after or _is_rounded(after, before):
            return ""
        name = os.path.basename(self._path)
        if before.size_bytes != after.size_bytes:
            return f"{name} had {before.size_bytes} bytes before it was copied and {after.size_bytes} after"
        return f"{name} was written to while it was copied"

    def below(self, folder: str) -> str:
        """Return the path of the file, links followed, relative to *folder*; empty where it does not lie in there."""
        top, path = (os.path.realpath(each) for each in (folder, self._path))
        inside = self._path and os.path.normcase(path).startswith(os.path.normcase(os.path.join(top, "")))
        return os.path.relpath(path, top).replace(os.sep, "/") if inside else ""

    def is_at(self, path: str) -> bool:
        """Return whether the file is the one at *path*, by whatever way. May raise OSError."""
        return bool(self._path) and os.path.samefile(self._path, path)


def _is_rounded(after: Stamp, before: Stamp) -> bool:
    """Whether a disk has rounded a time down when it wrote it down; who writes to the file meanwhile moves it on."""
    return after.mtime_ns < before.mtime_ns and is_same(after, before)


def _path(source: Any, identifier: Optional[str]) -> str:
    accessor = getattr(source, "accessor", None)
    if not identifier or not isinstance(accessor, DiskAccessor):
        return ""
    try:
        return str(accessor.get_filesystem_path(identifier))
    except Exception:  # noqa: BLE001 - the copy itself tells what is wrong with it
        return ""


def _stamp(path: str) -> Optional[Stamp]:
    if not path:
        return None
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(found.st_size, found.st_mtime_ns)


def other_sizes(component: Any, staged: Mapping[str, StagedFile]) -> List[str]:
    """Return in words which of the *staged* files, by component id, have another size than ftrack has.

    ftrack_api takes the size of a component when it is created from its source. A size that is not known is none to
    compare with; a sequence that was given one size for all of its frames is taken as a whole. Asks ftrack nothing.
    """
    if not is_container(component):
        file, size_bytes = staged[component["id"]], _size(component)
        if size_bytes in (0, file.size_bytes):
            return []
        name = posixpath.basename(file.path)
        return [f"{name} is staged with {file.size_bytes} bytes, its component was created with {size_bytes}"]
    members = list(component["members"])
    if component.entity_type == "SequenceComponent":
        total = sum(staged[member["id"]].size_bytes for member in members if member["id"] in staged)
        if total == _size(component):
            return []
    return [text for member in members for text in other_sizes(member, staged)]


def _size(component: Any) -> int:
    size = known(component, "size")
    return int(size) if size else 0


def doubts(files: Sequence[StagedFile], changes: Sequence[str]) -> List[Doubt]:
    """Return what is wrong with a publish of *files*, the most lasting first; *changes* are words on its sources."""
    found: Dict[Trouble, Sequence[str]] = {
        Trouble.NEVER_SENT: [posixpath.basename(file.path) for file in files if never_sent(file.path)],
        Trouble.SOURCE_CHANGED: changes,
    }
    return [Doubt(trouble, cause(trouble, "", _listed(texts))) for trouble, texts in found.items() if texts]


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED_AT_MOST} more" if len(texts) > _NAMED_AT_MOST else ""
    return "; ".join(texts[:_NAMED_AT_MOST]) + more
