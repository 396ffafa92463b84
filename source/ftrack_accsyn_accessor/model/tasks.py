"""Items <-> tasks of accsyn: which paths carry an item, in which words, and which task is whose. Pure.

accsyn knows a task again by its source and destination text, and answers with the paths in them. So that is how an
item's tasks are found; their metadata is of no use for that: a task that was added again keeps the old one (accsyn fact
sheet, section 6).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model.accsyn import PATH, Task
from ftrack_accsyn_accessor.model.assumptions import USUAL, Notation
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, StagedFile
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.model.route import REQUEST, Route

#: In a task's metadata, for accsyn's ftrack integration: the component that it was made for.
COMPONENT_ID = "ftrack_component_id"

#: The end of a frame range.
FRAMES = re.compile(r"\[[\d\-]+\]$")
_SEQUENCE = re.compile(r"(?P<head>.*?)%(?:0(?P<padding>[0-9]{1,2}))?d(?P<tail>.*)")
#: A frame range whose expression asks for as many digits as its first frame has.
_PADDED = re.compile(r"%0(?P<padding>[0-9]{1,2})d(?P<tail>[^/%]*\[(?P<first>0|[1-9][0-9]*)-[0-9]+\])\Z")
#: How accsyn reads these inside a sequence expression is not known (accsyn fact sheet, section 5).
_AWKWARD = re.compile(r"[\s\[\]{}#%*?]")
#: accsyn passes over files of these names, or takes them for its own temporaries (workflow facts, section 6).
_NEVER_SENT = re.compile(
    r"(?:^|/)(?:thumbs\.db|\.ds_store|icon\r|\.accsyn_tmp\.[^/]*|\.accsyn_checkpoint\.[^/]*|_accsyn_incomplete\.[^/]*|"
    r"[^/]*\.asc_tmp[^/]*|asc_rename_failed|asc_locked_destination_files)(?:/|\Z)",
    re.IGNORECASE,
)


def never_sent(path: str) -> bool:
    """Whether accsyn would pass over the file *path* (forward slashes): a task with it ends done without it."""
    return _NEVER_SENT.search(path) is not None


def task_payloads(
    publication: Publication,
    paths: Iterable[str],
    route: Route,
    request: Optional[Request] = None,
    mirrored: bool = True,
) -> list[dict[str, Any]]:
    """Return the tasks that carry *paths*, always written in the same way: the text must never vary for a path.

    Their destinations have no path unless *mirrored* is False: accsyn takes that of the source then.
    """
    more: dict[str, Any] = {} if publication.priority is None else {"priority": publication.priority}
    metadata = {COMPONENT_ID: publication.component_id, **({REQUEST: request.token} if request is not None else {})}
    return [
        {
            "source": source_text(route.source_party, route.volume, path),
            "destination": route.destination.party if mirrored else _whole(route, path),
            **more,
            "metadata": {**metadata, PATH: path},
        }
        for path in paths
    ]


def _whole(route: Route, path: str) -> str:
    """Return the destination with the path in it; that of a frame range is a folder, with a slash at the end."""
    there = f"{posixpath.dirname(path)}/".lstrip("/") if FRAMES.search(path) else path
    return source_text(route.destination.party, route.volume, there)


def source_text(party: str, volume: str, path: str) -> str:
    """Return *path* of a volume at *party*, in accsyn's notation: the workspace's own needs no party."""
    place = f"share={volume}/{path}"
    return place if is_workspace(party) else f"{party}:{place}"


def is_workspace(party: str) -> bool:
    """Whether *party* is the workspace's main site: it has a bare name, every other one tells its kind or an address.

    (accsyn fact sheet, section 5)
    """
    return "=" not in party and "@" not in party


def source_paths(publication: Publication, whole_folder: bool = True, notation: Notation = USUAL) -> list[str]:
    """Return the paths of *publication*'s tasks, relative to the volume: files, folders and frame ranges.

    *whole_folder* tells whether a container's folder holds nothing but its own files; otherwise they travel one by one,
    as all do that *notation* does not let go together.
    What was asked for by its path travels whole. A folder has no slash at the end: a mirrored destination might be read
    as "into that folder" (accsyn fact sheet, section 5).
    """
    whole_folder = whole_folder and notation.folders
    if publication.kind is Kind.SEQUENCE and notation.ranges:
        paths = _sequence_paths(publication.path, publication.files)
        if paths is not None:
            return paths
    if publication.kind is Kind.CONTAINER and whole_folder and _all_below(publication.path, publication.files):
        return [publication.path]
    if publication.kind is Kind.FOLDER or not (publication.files or publication.component_id):
        return [publication.path]  # asked for by its path: nobody has counted what lies there
    return [file.path for file in publication.files]


class TaskIndex:
    """The tasks of one sync job, by the path that each carries."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._by_path: dict[str, Task] = {}
        self._by_component: dict[str, list[Task]] = {}
        for task in tasks:
            self._by_component.setdefault(str(task.metadata.get(COMPONENT_ID, "")), []).append(task)
            path = _carries(str(task.source.get("path") or ""))
            known = self._by_path.get(path)
            # Release 1.0.0 put a slash behind folders: a path has two tasks where accsyn reads that as another place.
            if path and (known is None or not leads_elsewhere(task) or leads_elsewhere(known)):
                self._by_path[path] = task

    def get(self, path: str) -> Optional[Task]:
        """Return the task that carries *path*."""
        return self._by_path.get(_carries(path))

    def made_for(self, component_id: str) -> list[Task]:
        """Return the tasks that were made for a component, whatever they carry; a hint, for the metadata may be old."""
        return self._by_component.get(component_id, [])

    def of(self, item: Item) -> tuple[list[Task], bool]:
        """Return the tasks of *item*, and whether those are all that it has.

        An item of which it was not written down how it was sent needs its files, unless it is a single one.
        """
        publication = item.publication
        for paths in _ways(item):
            found = [task for task in map(self.get, paths) if task is not None]
            if found:
                return found, len(found) == len(paths)
        # Whether every service answers with paths is not known; where it does not, the component must do.
        known = self.made_for(publication.component_id) if publication.component_id else ()
        found = [task for task in known if not task.source.get("path")]
        return found, any(len(found) >= len(paths) for paths in _ways(item)) and bool(found)


def _ways(item: Item) -> Sequence[Sequence[str]]:
    """Return the ways in which *item* may have been sent, each as the paths of its tasks."""
    publication = item.publication
    if item.sent.paths is not None:
        return [item.sent.paths]
    if publication.kind is Kind.FILE:
        return [[publication.path]]
    ways = [source_paths(publication), [file.path for file in publication.files]]
    return ways[: 1 + (publication.kind is Kind.CONTAINER)]


def leads_elsewhere(task: Task) -> bool:
    """Whether the path of *task* is certainly another one at its destination than at its source.

    How the end of a mirrored frame range reads is not documented (accsyn fact sheet, section 5): the folder will do.
    """
    here, there = (spelt(str(end.get("path") or "")) for end in (task.source, task.destination))
    meant = {here, FRAMES.sub("", here), posixpath.dirname(here)} if FRAMES.search(here) else {here}
    return bool(here and there) and there not in meant


def together(publication: Publication, paths: Sequence[str]) -> set[str]:
    """Return in which words the tasks with *paths* carry several files of *publication* in one.

    They are names of `Notation`'s fields; a folder that was asked for by its path could not go otherwise.
    """
    ranges = {"ranges"} if any(FRAMES.search(path) for path in paths) else set()
    whole = publication.kind is Kind.CONTAINER and list(paths) == [publication.path]
    return ranges | ({"folders"} if whole else set())


def spelt(path: str) -> str:
    """Return the one spelling of a task's path. Release 1.0.0 put a slash behind folders."""
    return posixpath.normpath(path.replace("\\", "/")).lstrip("/") if path else ""


def _carries(path: str) -> str:
    """Return the one spelling of what a task with *path* carries. Up to release 1.5 an expression `%d` was kept."""
    one = spelt(path)
    padded = _PADDED.search(one)
    if padded and len(padded["first"]) == int(padded["padding"]):
        return f"{one[: padded.start()]}%d{padded['tail']}"
    return one


def _sequence_paths(identifier: str, files: Sequence[StagedFile]) -> Optional[list[str]]:
    """Return one frame-range expression for each unbroken run of frames, or None where it does not describe *files*.

    Documented are padded expressions alone (accsyn fact sheet, section 5), so one is made of `%d`, as clique, and with
    it ftrack's framework, calls frames that begin with no zero: padded to the digits of the first it means the same.
    """
    match = _SEQUENCE.fullmatch(identifier)
    if match is None or _AWKWARD.search(match["head"] + match["tail"]):
        return None
    frames = _frames(match, files)
    if frames is None:
        return None
    paths = []
    for first, last in runs(frames):
        if first == last:
            paths.append(frames[first])
        else:
            digits = match["padding"] or f"{len(str(first))}"
            expression = f"{match['head']}%0{digits}d{match['tail']}"
            paths.append(f"{expression}[{_pad(first, match)}-{_pad(last, match)}]")
    return paths


def _frames(match: re.Match[str], files: Sequence[StagedFile]) -> Optional[Mapping[int, str]]:
    """Return the path of each frame number, or None when a file's name is not one that the expression would make."""
    frames = {}
    head, tail = match["head"], match["tail"]
    for file in files:
        digits = file.path[len(head) : len(file.path) - len(tail)]
        if not (file.path.startswith(head) and file.path.endswith(tail) and digits.isascii() and digits.isdigit()):
            return None
        if _pad(int(digits), match) != digits:
            return None
        frames[int(digits)] = file.path
    return frames or None


def _pad(frame: int, match: re.Match[str]) -> str:
    return str(frame).zfill(int(match["padding"] or 1))


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each unbroken run in *numbers*, in ascending order."""
    ordered = sorted(set(numbers))
    start = 0
    for index in range(1, len(ordered) + 1):
        if index == len(ordered) or ordered[index] != ordered[index - 1] + 1:
            yield ordered[start], ordered[index - 1]
            start = index


def _all_below(folder: str, files: Sequence[StagedFile]) -> bool:
    return bool(files) and all(file.path.startswith(f"{folder}/") for file in files)
