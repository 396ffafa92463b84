"""Keeps what could not be written into the outbox: one small file for each publish, until the worker takes it up.

The files lie in a folder beside the outbox; where that cannot be written, in the user's state folder. They are private
to their owner, appear complete or not at all, and hold no secret. Any thread of any process may use this.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model.errors import words
from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile
from ftrack_accsyn_accessor.outbox import memory
from ftrack_accsyn_accessor.outbox.file import LEFT_S, digest, patiently, write

logger = logging.getLogger(__name__)

FOLDER_NAME = "unqueued"
_UNFINISHED = re.compile(r"\..+\.json\.[0-9a-f]{8}|\.[0-9a-f]{32}")  # the latter of release 1.1


@dataclasses.dataclass(frozen=True)
class Unqueued:
    """What one publish could not queue.

    `publications` are those that were complete; of the other components only `component_ids` is known. `registered`
    tells that ftrack has all of them; unless it does, ftrack is to be asked. `at` is when the publish began, in seconds
    since the epoch; `words` is why it could not be queued. Where the file itself cannot be read there are only an `id`,
    a time and words.
    """

    id: str
    at: float
    words: str
    server_url: str = ""
    username: str = ""
    location_id: str = ""
    location_name: str = ""
    workspace: str = ""
    volume: str = ""
    publications: tuple[Publication, ...] = ()
    component_ids: tuple[str, ...] = ()
    registered: bool = False

    @property
    def readable(self) -> bool:
        """Whether the file could be read."""
        return bool(self.location_id)

    @property
    def count(self) -> int:
        """How many components it is about; one where that is not known."""
        return len(self.publications) + len(self.component_ids) or 1


def new_id() -> str:
    """Return an id for what another publish could not queue."""
    return uuid.uuid4().hex


def keep(outbox: Path, unqueued: Unqueued) -> bool:
    """Write what the outbox file *outbox* could not take, in place of what has its id; return whether it is kept."""
    places = list(_places(outbox))
    for place in places:
        try:
            place.write(unqueued)
        except OSError:
            logger.debug("What could not be queued cannot be kept in %s.", place.folder, exc_info=True)
        else:
            for other in places:
                if other != place:
                    other.remove(unqueued)
            return True
    return False


def kept(outbox: Path) -> list[Unqueued]:
    """Return what is kept for the outbox file *outbox*, the oldest first; cheap while there is nothing.

    A file that cannot be read is among it, with the reason.
    """
    found = [each for place in _places(outbox) for each in place.read()]
    return sorted(found, key=lambda each: (each.at, each.id))


def ids(outbox: Path) -> frozenset[str]:
    """Return the ids of what is kept, without reading it: one look into each of two folders, mostly missing ones."""
    return frozenset(place.id_of(path) for place in _places(outbox) for path in place.files())


def forget(outbox: Path, unqueued: Unqueued) -> None:
    """Remove the file of *unqueued*; what cannot be removed stays."""
    for place in _places(outbox):
        place.remove(unqueued)


class _Place(NamedTuple):
    """A folder for the files of one outbox, whose names begin with `prefix`; other outboxes may keep theirs there."""

    folder: Path
    prefix: str
    make_parents: bool

    def files(self) -> list[Path]:
        ours = re.compile(re.escape(self.prefix) + r"-[0-9a-f]{32}\.json")
        try:
            return [self.folder / name for name in os.listdir(self.folder) if ours.fullmatch(name)]
        except OSError:
            return []

    def read(self) -> Iterator[Unqueued]:
        for path in self.files():
            with contextlib.suppress(FileNotFoundError):  # somebody has just taken it up
                yield _read(path, self.id_of(path))

    def id_of(self, path: Path) -> str:
        return path.stem[len(self.prefix) + 1 :]

    def write(self, unqueued: Unqueued) -> None:
        self.folder.mkdir(mode=0o700, parents=self.make_parents, exist_ok=True)
        write(self._path(unqueued), _text(unqueued))

    def remove(self, unqueued: Unqueued) -> None:
        with contextlib.suppress(OSError):
            patiently(lambda: os.remove(self._path(unqueued)))
            self._sweep()
            os.rmdir(self.folder)

    def _sweep(self) -> None:
        """Remove what killed processes, or files that were held, have left unfinished long ago."""
        for name in os.listdir(self.folder):
            path = self.folder / name
            if _UNFINISHED.fullmatch(name) and path.stat().st_mtime < time.time() - LEFT_S:
                os.remove(path)

    def _path(self, unqueued: Unqueued) -> Path:
        return self.folder / f"{self.prefix}-{unqueued.id}.json"


def _places(outbox: Path) -> Iterator[_Place]:
    # Beside the outbox its name does, as the folder may be moved; that one is not made where a disk is unplugged.
    yield _Place(outbox.parent / FOLDER_NAME, outbox.stem, make_parents=False)
    state = memory.state_folder()
    if state is not None:
        yield _Place(state / FOLDER_NAME, digest(str(outbox))[:16], make_parents=True)


def _text(unqueued: Unqueued) -> str:
    row: dict[str, Any] = {field.name: getattr(unqueued, field.name) for field in dataclasses.fields(unqueued)}
    row["publications"] = [_row(publication) for publication in unqueued.publications]
    return json.dumps(row, separators=(",", ":"))


def _row(publication: Publication) -> dict[str, Any]:
    row = {field.name: getattr(publication, field.name) for field in dataclasses.fields(publication)}
    row["files"] = [dataclasses.astuple(file) for file in publication.files]
    return row


def _read(path: Path, unqueued_id: str) -> Unqueued:
    try:
        row = json.loads(read_text(path, "ascii"))
        row["publications"] = tuple(_publication(each) for each in row["publications"])
        row["component_ids"] = tuple(map(str, row["component_ids"]))
        return Unqueued(**{**_known(Unqueued, row), "id": unqueued_id, "at": float(row["at"])})
    except FileNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are read
        remedy = "Run `ftrack-accsyn reconcile`, then remove the file."
        return Unqueued(unqueued_id, _changed_at(path), f"{path} cannot be read: {words(error)}. {remedy}")


def _publication(row: Mapping[str, Any]) -> Publication:
    values = _known(Publication, row)
    values["kind"] = Kind(values["kind"])
    values["files"] = tuple(StagedFile(*file) for file in values["files"])
    return Publication(**values)


def _known(kind: type, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this release knows of *row*; one of a later release may say more."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in row.items() if name in names}


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
