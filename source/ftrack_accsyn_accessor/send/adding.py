"""Paths that somebody names in addition -> files and folders of volumes: any platform's notation, wildcards allowed."""

from __future__ import annotations

import dataclasses
import fnmatch
import os
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Optional, Union

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model import errors, parties, paths
from ftrack_accsyn_accessor.model.accsyn import FolderEntry
from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile, Studio
from ftrack_accsyn_accessor.model.paths import LINUX, PLATFORMS, Place, Roots
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Planned
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.send.endpoints import Resolved
from ftrack_accsyn_accessor.workspace import Workspace

_WILD = re.compile(r"[*?\[]")


_NAME_IT = "Name it in full, without wildcards."


class _Asked(NamedTuple):
    """A path in a volume that somebody named: what is certain of it, and the wildcards below that."""

    place: Place
    patterns: tuple[str, ...]


class Adding:
    """Finds what paths mean at *source*. Every method may raise what accsyn raises.

    What lies at the main site is asked for there, what lies on this machine is looked for on its disk. Of another site
    accsyn may not tell; there a path counts as it was named.
    """

    def __init__(self, studio: Studio, source: Resolved, roots: Roots, volume: str, workspace: Workspace) -> None:
        self._studio = studio
        self._source = source
        self._roots = roots
        self._volume = volume
        self._workspace = workspace
        self._listed: dict[tuple[Place, int], Optional[list[FolderEntry]]] = {}
        self._refused: dict[Place, str] = {}

    def found(self, texts: Iterable[str]) -> list[Union[Wanted, Planned]]:
        """Return what each of *texts* leads to, or why it does not; one call of accsyn for each folder in question."""
        return [each for text in dict.fromkeys(text.strip() for text in texts) if text for each in self._of(text)]

    def _of(self, text: str) -> Iterator[Union[Wanted, Planned]]:
        asked = self._asked(text)
        if isinstance(asked, str):
            yield self._misplaced(text, Obstacle.NO_PATH, asked)
            return
        depth = len(asked.patterns)
        folder, patterns = asked
        if not depth:
            parent, _, name = asked.place.path.rpartition("/")
            folder, patterns, depth = Place(asked.place.volume, parent), (), 1
        entries = self._entries(folder, depth)
        if entries is None:
            yield self._unseen(text, asked)
            return
        if patterns:
            entries = [each for each in entries if self._fits(each.path, patterns, folder.volume)]
        else:
            entries = [each for each in entries if self._roots.naming(folder.volume).same(each.path, name)]
        for each in entries:
            yield self._wanted(Place(folder.volume, f"{folder.path}/{each.path}".lstrip("/")), each)
        if not entries:
            outcome = self._refused.get(folder, "there is no such file or folder at the source")
            yield self._misplaced(text, Obstacle.NOT_AT_SOURCE, f"{text}: {outcome.rstrip('.')}.")

    def _asked(self, text: str) -> Union[_Asked, str]:
        """Return what *text* names, or in words why it names nothing."""
        names = text.replace("\\", "/").split("/")
        count = next((index for index, name in enumerate(names) if _WILD.search(name)), len(names))
        if paths.is_full(text):
            place = self._roots.place("/".join(names[:count]))
            if place is None:
                return f"{text}: {self._roots.why_not('/'.join(names[:count]))}."
        else:
            path = paths.relative("/".join(names[:count]))
            if path is None:
                return f"{text}: it leads out of the volume {self._volume}."
            place = Place(self._volume, path)
        patterns = tuple(name for name in names[count:] if name not in ("", "."))
        if not place.path and not patterns:
            return f"{text}: it is all of the volume {place.volume}. Name folders in it."
        return _Asked(place, patterns)

    def _fits(self, path: str, patterns: Sequence[str], volume: str) -> bool:
        naming = self._roots.naming(volume)
        names = path.split("/")
        return len(names) == len(patterns) and all(
            fnmatch.fnmatchcase(naming.key(name), naming.key(pattern)) for name, pattern in zip(names, patterns)
        )

    def _entries(self, folder: Place, depth: int) -> Optional[list[FolderEntry]]:
        """Return what is in a folder at the source, down to *depth*; None where nobody tells."""
        if (folder, depth) not in self._listed:
            self._listed[folder, depth] = self._look(folder, depth)
        return self._listed[folder, depth]

    def _look(self, folder: Place, depth: int) -> Optional[list[FolderEntry]]:
        if self._source.here:
            root = self._roots_here(folder)
            return None if root is None else list_folder(root, depth)
        if self._source.party.kind not in (parties.MAIN, parties.SITE):
            return None
        try:
            return self._workspace.folder(self._source.party.source(folder.volume, folder.path), depth)
        except errors.Refused as error:
            self._refused[folder] = error.outcome
            return [] if self._source.party.kind == parties.MAIN else None

    def _roots_here(self, folder: Place) -> Optional[str]:
        return self._source.paths.roots.written(folder, PLATFORMS.get(sys.platform, LINUX))

    def _unseen(self, text: str, asked: _Asked) -> Union[Wanted, Planned]:
        """Return what a path means at a source where nobody can look."""
        if asked.patterns:
            where = self._source.endpoint.location_name or self._source.endpoint.party
            return self._misplaced(text, Obstacle.NOT_AT_SOURCE, f"{text}: accsyn does not list {where}. {_NAME_IT}")
        is_folder = not posixpath.splitext(asked.place.path)[1]
        return self._wanted(asked.place, FolderEntry(asked.place.path, is_folder, 0))

    def _wanted(self, place: Place, entry: FolderEntry) -> Wanted:
        files = () if entry.is_folder else (StagedFile(place.path, entry.size_bytes, 0),)
        return Wanted(self._publication(place, Kind.FOLDER if entry.is_folder else Kind.FILE, files))

    def _misplaced(self, text: str, obstacle: Obstacle, cause: str) -> Planned:
        place = Place(self._volume, text.replace("\\", "/"))
        return Planned(Wanted(self._publication(place, Kind.FOLDER, ())), Fate.CANNOT, obstacle, cause)

    def _publication(self, place: Place, kind: Kind, files: tuple[StagedFile, ...]) -> Publication:
        return Publication(
            component_id="",
            component_name=posixpath.basename(place.path),
            kind=kind,
            resource_identifier="",
            location_id=self._source.endpoint.location_id,
            location_name=self._source.endpoint.location_name,
            server_url=self._studio.server_url,
            username="",
            project_id="",
            project_name="",
            version_id="",
            version_name="",
            files=files,
            workspace=self._studio.workspace,
            volume=place.volume,
            path=place.path,
        )


def list_folder(root: str, depth: int) -> list[FolderEntry]:
    """Return what is in the folder *root* of this machine, down to *depth*, without what cannot be looked at."""
    found = []
    try:
        entries = sorted(os.scandir(root), key=lambda each: each.name)
    except OSError:
        return []
    for each in entries:
        try:
            is_folder = each.is_dir()
            size_bytes = 0 if is_folder else each.stat().st_size
        except OSError:  # a link that leads nowhere, say
            continue
        found.append(FolderEntry(each.name, is_folder, size_bytes))
        if is_folder and depth > 1:
            inner = list_folder(each.path, depth - 1)
            found += [entry._replace(path=f"{each.name}/{entry.path}") for entry in inner]
    return found


def belong(
    connection: FtrackConnection, added: Sequence[Union[Wanted, Planned]], project: str
) -> list[Union[Wanted, Planned]]:
    """Return *added* with the projects that they belong to: *project*, or that which the first folder names.

    One request, none without *added*. May raise `errors.RegistrationError`; `errors.Unresolved` for a path in the
    folder of another project than *project*.
    """
    names = sorted({name for each in added for name in (project, _first(each)) if name})
    ids: dict[str, str] = {}
    for batch in quoted_batches(names):
        for row in connection.rows(f"select id, name from Project where name in ({batch}) order by id")[0]:  # noqa: S608
            ids[row["name"].casefold()] = row["id"]
    for each in added:
        first = _first(each)
        if project and first.casefold() in ids and first.casefold() != project.casefold():
            outcome = f"it is in the folder of the project {first}, and {project} is named for it"
            remedy = "Leave the project out: each path belongs to that which its first folder names."
            # Not the path: a pattern may have found it, in a project that whoever asks does not see.
            raise errors.Unresolved("tell the project of the path", first, outcome, remedy)
    return [_with_project(each, project or _first(each), ids) for each in added]


def _first(added: Union[Wanted, Planned]) -> str:
    return _path(added).split("/")[0]


def _path(added: Union[Wanted, Planned]) -> str:
    wanted = added.wanted if isinstance(added, Planned) else added
    return wanted.publication.path


def _with_project(added: Union[Wanted, Planned], name: str, ids: Mapping[str, str]) -> Union[Wanted, Planned]:
    if isinstance(added, Planned):
        return added
    project_id = ids.get(name.casefold(), "")
    publication = dataclasses.replace(added.publication, project_id=project_id, project_name=name)
    return dataclasses.replace(added, publication=publication)
