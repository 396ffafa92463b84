"""Entries -> batches -> sync jobs: names, keys, parties, paths and task payloads. Pure: knows no disk, no network."""

from __future__ import annotations

import dataclasses
import datetime
import posixpath
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model.entry import Entry, Kind, Publication, StagedFile

#: Tasks sent in one call: far from any limit, as 3,000 compress to 11.5 KB (accsyn fact sheet, section 1).
TASKS_PER_CALL = 1000

#: Metadata that names what accsyn's ftrack integration needs (design, "Job"); the key is how we know a job for our own.
KEY = "ftrack_accsyn_key"
COMPONENT_ID = "ftrack_component_id"

_KEY_NAMESPACE = uuid.UUID("6f5b4c5e-5f0a-5d5e-9a55-0c8f0e0f7a11")
_SEQUENCE = re.compile(r"(?P<head>.*?)%(?:0(?P<padding>[0-9]{1,2}))?d(?P<tail>.*)")
#: How accsyn reads these inside a sequence expression is not known (accsyn fact sheet, section 5).
_AWKWARD = re.compile(r"[\s\[\]{}#%*?]")
#: Quotes, `*` and backslashes cannot be escaped in accsyn's query language (accsyn fact sheet, section 4). The last
#: range is what Python makes of names that are no UTF-8.
_FORBIDDEN_IN_NAMES = re.compile(r"[\"'*\\\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class Destination(NamedTuple):
    """Where files go: accsyn's party, and the ftrack location that stands for it (empty texts when there is none)."""

    party: str
    location_id: str
    location_name: str


@dataclasses.dataclass(frozen=True)
class Route:
    """What one sync job is for: one project, source, destination and day."""

    project_id: str
    project_name: str
    location_id: str
    location_name: str
    client_id: str
    volume: str
    destination: Destination
    day: datetime.date

    @property
    def name(self) -> str:
        """The job's name; unique only together with its key."""
        end = self.destination.location_name or self.destination.party
        text = f"{self.project_name} ftrack upload {self.location_name} > {end} {self.day.isoformat()}"
        return re.sub(r"\s+", " ", _FORBIDDEN_IN_NAMES.sub(" ", text)).strip()

    def key(self, generation: int) -> str:
        """Return the key that marks our job for this route.

        The same route gives the same key again, so a job is recognised even after the outbox was lost. *generation*
        counts the jobs of the route that were archived or deleted in accsyn, whose keys are used up.
        """
        source = [self.location_id, self.project_id or self.project_name, self.client_id, self.volume]
        target = [self.destination.party, self.day.isoformat(), str(generation)]
        text = "\n".join([*source, *target]).encode("utf-8", "backslashreplace").decode()
        return str(uuid.uuid5(_KEY_NAMESPACE, text))


@dataclasses.dataclass(frozen=True)
class Batch:
    """Entries that go into the job of one route, in the order in which they were published."""

    route: Route
    entries: tuple[Entry, ...]


def batches(
    entries: Iterable[Entry], client_id: str, volume: str, destination: Destination, day: datetime.date
) -> list[Batch]:
    """Return *entries* grouped into one batch for each project (and staging location)."""
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        publication = entry.publication
        project = publication.project_id or publication.project_name
        groups.setdefault((publication.location_id, project, publication.server_url), []).append(entry)
    return [
        Batch(_route(group[0].publication, client_id, volume, destination, day), tuple(group))
        for group in groups.values()
    ]


def _route(
    publication: Publication, client_id: str, volume: str, destination: Destination, day: datetime.date
) -> Route:
    return Route(
        project_id=publication.project_id,
        project_name=publication.project_name,
        location_id=publication.location_id,
        location_name=publication.location_name,
        client_id=client_id,
        volume=volume,
        destination=destination,
        day=day,
    )


def job_payload(route: Route, key: str, publication: Publication, queue: Optional[str]) -> dict[str, Any]:
    """Return the data that creates the job of *route*, its tasks left out (accsyn fact sheet, section 6).

    *publication* is any of the batch: it tells ftrack's server and who published.
    """
    payload: dict[str, Any] = {
        "code": route.name,
        "mirror_paths": True,
        "settings": {"integration": "ftrack"},
        "metadata": {
            KEY: key,
            "ftrack_workspace": publication.server_url,
            "ftrack_user": publication.username,
            "ftrack_project_id": route.project_id,
            "ftrack_project_name": route.project_name,
            "ftrack_source_location_id": route.location_id,
            "ftrack_source_location_name": route.location_name,
            "ftrack_destination_location_id": route.destination.location_id,
            "ftrack_destination_location_name": route.destination.location_name,
        },
    }
    if queue:
        payload["queue"] = queue
    return payload


def task_payloads(publication: Publication, route: Route, whole_folder: bool = True) -> list[dict[str, Any]]:
    """Return the tasks that carry *publication*, always written in the same way.

    Accsyn knows a task again by its source and destination text, so the text must never vary for the same files.
    *whole_folder* tells whether a container's folder holds nothing but its own files; otherwise they travel one by one.
    """
    return [
        {
            "source": f"client={route.client_id}:share={route.volume}/{path}",
            "destination": route.destination.party,
            "metadata": {COMPONENT_ID: publication.component_id},
        }
        for path in source_paths(publication, whole_folder)
    ]


def source_paths(publication: Publication, whole_folder: bool = True) -> list[str]:
    """Return the paths of *publication*'s tasks, relative to the volume: files, folders and frame ranges."""
    identifier = posixpath.normpath(publication.resource_identifier.replace("\\", "/"))
    if publication.kind is Kind.SEQUENCE:
        paths = _sequence_paths(identifier, publication.files)
        if paths is not None:
            return paths
    if publication.kind is Kind.CONTAINER and whole_folder and _all_below(identifier, publication.files):
        return [f"{identifier}/"]
    return [file.path for file in publication.files]


def _sequence_paths(identifier: str, files: Sequence[StagedFile]) -> Optional[list[str]]:
    """Return one frame-range expression for each unbroken run of frames, or None where it does not describe *files*."""
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
            paths.append(f"{identifier}[{_pad(first, match)}-{_pad(last, match)}]")
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


def chunks(batch: Batch, sizes: Mapping[int, int], limit: int = TASKS_PER_CALL) -> Iterator[tuple[Entry, ...]]:
    """Yield the entries of *batch* in runs of at most *limit* tasks; *sizes* maps an entry's id to its number of tasks.

    An entry is never split: one that has more tasks than *limit* goes alone.
    """
    chunk: list[Entry] = []
    total = 0
    for entry in batch.entries:
        if chunk and total + sizes[entry.id] > limit:
            yield tuple(chunk)
            chunk, total = [], 0
        chunk.append(entry)
        total += sizes[entry.id]
    if chunk:
        yield tuple(chunk)
