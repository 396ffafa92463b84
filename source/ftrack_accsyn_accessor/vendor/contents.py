"""What a vendor would be handed for tasks: files where they lie on the volume, and what cannot go. Copies nothing."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Union

from ftrack_accsyn_accessor.model import errors, foreign, manifest, parties, plan, vendors, work
from ftrack_accsyn_accessor.model.item import Kind, Publication, Reason, Studio
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.paths import LINUX, PLATFORMS, LocationPaths, Root, Roots
from ftrack_accsyn_accessor.model.permission import Concern
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Planned, World
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.model.settings import VENDORS
from ftrack_accsyn_accessor.model.submission import Found, FoundKind
from ftrack_accsyn_accessor.model.tasks import never_sent
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.model.work import Remark, Task
from ftrack_accsyn_accessor.send import members
from ftrack_accsyn_accessor.send.adding import Adding, belong
from ftrack_accsyn_accessor.send.endpoints import Endpoints, Resolved
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.send.placing import Placing
from ftrack_accsyn_accessor.send.selection import Component, select
from ftrack_accsyn_accessor.vendor import tasks as reading
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.storage import Storage
from ftrack_accsyn_accessor.vendor.tasks import Tasks

#: Entries and levels of a folder that somebody adds.
_MOST_ENTRIES = 1_000_000
_DEEPEST = 60
#: Files of one package: the spool, and whoever reads the manifest, has all of them in one text.
MOST_FILES = 100_000
_KINDS: Mapping[FoundKind, str] = {
    FoundKind.LINK: "it is a link, and links are not followed",
    FoundKind.FOLDER: "it is a folder, and ftrack has it as a file",
    FoundKind.OTHER: "it is a pipe or a device, and no file",
}
_OTHERS = "it lies in a folder that vendors have to themselves"


class Source(NamedTuple):
    """A file that goes: its path in the package, where it lies below the volume, its size in bytes, and its mark."""

    path: str
    source: str
    size_bytes: int
    mark: str
    component_id: str
    version_id: str


class Left(NamedTuple):
    """Something that cannot go, as people call it, and why, with what to do."""

    name: str
    cause: str

    @property
    def told(self) -> str:
        """Both of it; a cause that names it, does so once."""
        named = self.cause.startswith((f"{self.name}: ", f"{foreign.shown(self.name)}: "))
        return self.cause if named else f"{self.name}: {self.cause}"


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a package for tasks of one project would hold, and what is expected back.

    `version_ids` are the versions in ftrack that something goes of. `concerns` are the projects of all that was looked
    at, whether it goes or not. Two of the same state of the world are equal.
    """

    project_id: str
    project: str
    tasks: tuple[Task, ...]
    deliverables: tuple[Deliverable, ...]
    files: tuple[Source, ...]
    left: tuple[Left, ...] = ()
    concerns: tuple[Concern, ...] = ()

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> Contents:
        """Return what was kept as JSON of its fields."""
        return cls(
            data["project_id"],
            data["project"],
            tuple(_task(each) for each in data["tasks"]),
            tuple(Deliverable(**_tupled(each)) for each in data["deliverables"]),
            tuple(Source(*each) for each in data["files"]),
            tuple(Left(*each) for each in data["left"]),
            tuple(Concern(*each) for each in data["concerns"]),
        )

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(each.size_bytes for each in self.files)

    @property
    def version_ids(self) -> tuple[str, ...]:
        """The ids of the versions in ftrack that something goes of."""
        return tuple(sorted({each.version_id for each in self.files} - {""}))


def gather(
    means: Means,
    task_ids: Sequence[str],
    *,
    components: Sequence[str] = (),
    with_used: bool = True,
    added: Sequence[str] = (),
) -> Contents:
    """Return what would go for *task_ids*: of what they are in, and of themselves, the latest versions' components.

    Those of the names *components* (wildcards allowed), by default of the rules', none for all; *with_used* adds what
    these use. *added* are paths of files and folders in any notation, wildcards allowed. At most 20 requests to ftrack,
    and one more for each 500 rows. Raise `errors.Unresolved`, `errors.SettingsError`, `errors.StorageError`, and what
    ftrack and accsyn raise.
    """
    found = reading.read(means.connection, task_ids, means.rules.notes_label)
    wanted = work.deliverables(found.tasks, means.rules)
    first = found.tasks[0]
    order = Order(
        Reason.SEND, _picked(found), components=tuple(components) or means.rules.components, with_used=with_used
    )
    planned = _Source(means, first.project).planned(order, added)
    files, left = _Files(means, first.project).of(planned)
    if len(files) > MOST_FILES:
        outcome = f"it is {len(files):,} files, and {MOST_FILES:,} are the most in one package"
        raise errors.Unresolved("hand out", first.project, outcome, "Hand it out in parts: choose less in one go.")
    concerns = _concerns(planned, first)
    return Contents(first.project_id, first.project, found.tasks, wanted, tuple(files), tuple(left), concerns)


def _task(data: Mapping[str, Any]) -> Task:
    return Task(**{**_tupled(data), "notes": tuple(Remark(*each) for each in data["notes"])})


def _tupled(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def _concerns(planned: Iterable[Planned], task: Task) -> tuple[Concern, ...]:
    """Return the projects of *planned*: files that somebody named are of the project in whose folder they lie."""
    own = {each.casefold() for each in (task.project, vendors.project_folder(task.project))}
    found = {Concern(task.project_id)}
    for each in (one.wanted.publication for one in planned):
        folder = each.path.split("/")[0]
        inside = folder.casefold() in own
        named = Concern(task.project_id) if inside else Concern("", folder)
        found.add(Concern(each.project_id) if each.component_id else named)
    return tuple(sorted(found))


def _picked(found: Tasks) -> tuple[Picked, ...]:
    """Return what to pick: the tasks, and what they are in, without what else is below that."""
    own = [Picked("Task", task.id) for task in found.tasks]
    parents = dict.fromkeys(task.parent_id for task in found.tasks)
    project_ids = {task.project_id for task in found.tasks}
    whole = [each for each in parents if each not in found.branches and each not in project_ids]
    assets = [each for parent in parents if parent not in whole for each in found.assets.get(parent, ())]
    return (*own, *(Picked("TypedContext", each) for each in whole), *(Picked("Asset", each) for each in assets))


class _Source:
    """The place that work comes from, which this machine sees."""

    def __init__(self, means: Means, project: str) -> None:
        self._means = means
        self._project = project
        rules, settings = means.rules, means.settings
        self._endpoints = Endpoints(means.connection, means.workspace, means.mapping, settings)
        self._end = self._here(self._endpoints.resolve(rules.location or rules.production or parties.HQ))
        self._studio = Studio(means.connection.credentials.server_url, settings.workspace or "")

    def _here(self, end: Resolved) -> Resolved:
        """Return *end* with its volume where this machine sees it."""
        own = Root(self._means.settings.volume, str(self._means.storage.root), PLATFORMS.get(sys.platform, LINUX))
        known = end.paths
        roots = Roots([own, *known.roots])
        paths = LocationPaths(roots, known.volume, known.prefixes, full=known.full, nowhere=known.nowhere)
        return end._replace(paths=paths, here=True)

    def planned(self, order: Order, added: Sequence[str]) -> Sequence[Planned]:
        """Return what becomes of what *order* picks, and of *added*."""
        components = select(self._means.connection, order).components
        items = [*self._placed(components), *self._added(added)]
        dates = {component.id: component.version.date for component in components}
        part = plan.Part(self._end.endpoint, items)
        made = plan.make_all(order.reason, self._studio, self._end.endpoint, [part], World(dates=dates))[0]
        return list(map(self._explained, made.planned))

    def _explained(self, each: Planned) -> Planned:
        """Return *each* with the cause by which people know what to do where ftrack has nothing at this place."""
        end = self._end.endpoint
        if each.obstacle is not Obstacle.NOT_AT_SOURCE or end.location_id:
            return each
        cause = f"no ftrack location stands for {end.party}. Name it as `location` in the file that {VENDORS} names."
        return dataclasses.replace(each, cause=cause)

    def _placed(self, components: Sequence[Component]) -> list[Union[Wanted, Planned]]:
        placing, location_id = Placing(self._studio, self._end, self._end), self._end.endpoint.location_id
        containers = [each.id for each in components if each.kind is not Kind.FILE and location_id in each.registered]
        found = members.read(self._means.connection, location_id, location_id, containers)
        return [placing.place(component, found.get(component.id)) for component in components]

    def _added(self, added: Sequence[str]) -> list[Union[Wanted, Planned]]:
        volume = self._means.settings.volume
        roots = Roots([*self._end.paths.roots, *self._endpoints.roots])
        adding = Adding(self._studio, self._end, roots, volume, self._means.workspace)
        return belong(self._means.connection, adding.found(added), self._project)


class _Files:
    """Looks after what is planned, file by file, where it lies."""

    def __init__(self, means: Means, project: str) -> None:
        self._storage: Storage = means.storage
        self._volume = means.settings.volume
        self._own = {each.casefold() for each in (project, vendors.project_folder(project))}
        self._closed = _closed(means.rules)
        self._tree = foreign.Tree()
        for name in (manifest.NAME, manifest.WORK):
            self._tree.add(name)

    def of(self, planned: Iterable[Planned]) -> tuple[list[Source], list[Left]]:
        """Return the files of what goes, and what does not go with the reason."""
        files: list[Source] = []
        left: list[Left] = []
        for each in planned:
            publication = each.wanted.publication
            try:
                if each.fate is not Fate.GOES:
                    raise _Refused(each.cause)
                files += self._of(publication, left)
            except _Refused as refused:
                left.append(Left(publication.title, str(refused)))
        return files, left

    def _of(self, publication: Publication, left: list[Left]) -> list[Source]:
        if publication.volume != self._volume:
            raise _Refused(f"It lies in the volume {publication.volume}, and packages are made in {self._volume}.")
        if publication.kind is Kind.FOLDER:
            return list(self._below(publication, left))
        found = [self._source(publication, path.path, self._found(path.path)) for path in publication.files]
        return [self._beside(each) for each in found]

    def _below(self, publication: Publication, left: list[Left]) -> Iterator[Source]:
        """Yield the files in a folder; what in it cannot go is added to *left*, and keeps nothing else back."""
        folder = publication.path
        if self._closed.fullmatch(folder):
            raise _Refused(_told(folder, _OTHERS))
        try:
            entries = self._storage.walk(folder, _MOST_ENTRIES, _DEEPEST)
        except errors.StorageError as error:
            raise _Refused(str(error)) from error
        others: dict[str, None] = {}
        for each in entries:
            path = f"{folder}/{each.path}"
            closed = self._closed.fullmatch(path)
            if closed is not None:
                others[closed[1]] = None
            elif each.kind is not FoundKind.FOLDER and not never_sent(path):
                try:
                    yield self._beside(self._source(publication, path, each))
                except _Refused as refused:
                    left.append(Left(path, str(refused)))
        left.extend(Left(each, _told(each, _OTHERS)) for each in others)

    def _found(self, path: str) -> Found:
        try:
            found = self._storage.find(path)
        except errors.StorageError as error:
            raise _Refused(str(error)) from error
        if found is None:
            raise _Refused(f"{path} is not on the volume. Publish it again, or remove it in ftrack.")
        return found

    def _source(self, publication: Publication, path: str, found: Found) -> Source:
        if self._closed.fullmatch(path):
            raise _Refused(_told(path, _OTHERS))
        if found.kind is not FoundKind.FILE:
            raise _Refused(_told(path, _KINDS[found.kind]))
        first, _, rest = path.partition("/")
        inside = rest if rest and first.casefold() in self._own else path
        reason = foreign.why_no_path(inside)
        if reason:
            raise _Refused(_told(path, reason))
        return Source(inside, path, found.size_bytes, found.mark, publication.component_id, publication.version_id)

    def _beside(self, source: Source) -> Source:
        clash = self._tree.add(source.path)
        if clash:
            raise _Refused(f"{clash}. Give one of them another name.")
        return source


class _Refused(Exception):
    """Why something cannot go, in words."""


def _told(path: str, reason: str) -> str:
    return f"{foreign.shown(path)}: {reason}."


def _closed(rules: VendorRules) -> re.Pattern[str]:
    """Return what the folders of all vendors match, in all projects, and all that is below them."""
    templates = (rules.to_folder, rules.from_folder, rules.publish_folder, rules.quarantine_folder)
    parts: Mapping[str, str] = {"{project}": "[^/]+", "{vendor}": "[^/]*-[0-9a-f]{8}"}
    patterns = (
        "".join(parts.get(each, re.escape(each)) for each in re.split(r"(\{[a-z]+\})", template))
        for template in templates
    )
    return re.compile(f"((?:{'|'.join(patterns)}))(?:/.*)?", re.IGNORECASE | re.DOTALL)
