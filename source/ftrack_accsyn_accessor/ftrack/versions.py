"""Makes a version in ftrack of what was delivered. Doing it twice, also at the same time, does it once.

All ids follow from the key of what is delivered. Components, their members and registrations are made first, belonging
to no version; the version appears with all of them at once, in one commit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import BATCH, FtrackConnection, Written, quoted, quoted_batches
from ftrack_accsyn_accessor.ftrack.notes import create_once, derived_id
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.submission import Shape

#: Key of the metadata of a version that tells which delivery it was made of.
KEY = "ftrack_accsyn_delivery"
_ENTITIES = {Shape.FILE: "FileComponent", Shape.SEQUENCE: "SequenceComponent", Shape.FOLDER: "ContainerComponent"}
#: The type of assets that every ftrack has.
_UPLOAD = "upload"
#: How often a number is taken anew that somebody else has taken at the same moment.
_ROUNDS = 5


@dataclasses.dataclass(frozen=True)
class Member:
    """A file of a sequence or folder; a frame is named by its number. `identifier` is its path in the location."""

    name: str
    file_type: str
    identifier: str
    size_bytes: int


@dataclasses.dataclass(frozen=True)
class Component:
    """A component of a version; `identifier` is its path in the location, `padding` the digits of a frame's number."""

    name: str
    shape: Shape
    file_type: str
    identifier: str
    size_bytes: int
    members: tuple[Member, ...] = ()
    padding: int = 0


class Asset(NamedTuple):
    """An asset that versions are made of; `id` also where it is still to be made."""

    id: str
    name: str
    context_id: str
    exists: bool


class Named(NamedTuple):
    """An asset below a context as it is looked for; `asset_id` is empty where only the name is known."""

    context_id: str
    name: str
    asset_id: str = ""


@dataclasses.dataclass(frozen=True)
class NewVersion:
    """What is to be made: by `key`, once. `uses` are the ids of versions that it was made with."""

    key: str
    task_id: str
    asset: Asset
    number: int
    location_id: str
    components: tuple[Component, ...]
    user_id: str = ""
    status_id: str = ""
    comment: str = ""
    uses: tuple[str, ...] = ()


class Numbered(NamedTuple):
    """A version that is there, and its number."""

    id: str
    number: int


class NumberTaken(Exception):
    """Somebody else has made a version of the wanted number meanwhile; nothing was made."""


class Versions:
    """For one thread, that of *connection*; every method may raise `errors.RegistrationError`."""

    def __init__(self, connection: FtrackConnection) -> None:
        self._connection = connection

    def find(self, key: str) -> Optional[Numbered]:
        """Return the version that was made of a delivery, None for none. One query."""
        query = f"select version from AssetVersion where id is {quoted([derived(key, 'version')])}"  # noqa: S608
        rows = self._connection.query(query)
        return Numbered(str(rows[0]["id"]), int(rows[0]["version"])) if rows else None

    def assets(self, wanted: Iterable[Named]) -> dict[Named, Asset]:
        """Return the assets that are looked for: that with the id, or else of the name, or else how it is to be made.

        Of several of this name that of the type Upload goes first. One query for each 500.
        """
        found: dict[Named, Asset] = {}
        several = list(dict.fromkeys(wanted))
        for start in range(0, len(several), BATCH):
            batch = several[start : start + BATCH]
            contexts, names, ids = (quoted(sorted(set(each))) for each in zip(*batch))
            rows = self._connection.query(
                "select name, context_id, type.short from Asset "  # noqa: S608 - ftrack's query language
                f"where context_id in ({contexts}) and (id in ({ids}) or name in ({names})) order by id"
            )
            found.update((each, _asset(each, rows)) for each in batch)
        return found

    def asset(self, context_id: str, name: str, asset_id: str = "") -> Asset:
        """Return one asset as `assets` does."""
        (found,) = self.assets([Named(context_id, name, asset_id)]).values()
        return found

    def numbers(self, asset_ids: Iterable[str]) -> dict[str, frozenset[int]]:
        """Return the numbers of the versions that assets have. One query for each 500 assets."""
        wanted = sorted(set(filter(None, asset_ids)))
        found: dict[str, set[int]] = {asset_id: set() for asset_id in wanted}
        for batch in quoted_batches(wanted):
            query = f"select asset_id, version from AssetVersion where asset_id in ({batch}) order by id"  # noqa: S608
            for row in self._connection.rows(query)[0]:
                found[row["asset_id"]].add(int(row["version"] or 0))
        return {asset_id: frozenset(numbers) for asset_id, numbers in found.items()}

    def free_number(self, key: str, asset_id: str, wanted: Optional[int]) -> int:
        """Return *wanted*, or the next number where that is taken or none is wanted; its own where it was made."""
        made = self.find(key)
        if made is not None:
            return made.number
        taken = self.numbers([asset_id])[asset_id]
        return wanted if wanted and wanted not in taken else max(taken, default=0) + 1

    def make(self, wanted: NewVersion) -> Numbered:
        """Make a version, or what is missing of it; return it with the number that it has got.

        Its files lie where the components say, and are on the disk. Raise `NumberTaken` where its number belongs to
        another version; another number is taken only where two were made at the very same moment.
        """
        made = self.find(wanted.key)
        if made is None:
            self._make_asset(wanted.asset)
            self._make_components(wanted)
            if wanted.number in self.numbers([wanted.asset.id])[wanted.asset.id]:
                made = self.find(wanted.key)
                if made is None:
                    raise NumberTaken
            else:
                made = self._make_version(wanted)
        return self._settled(wanted, made)

    def take_back(self, wanted: NewVersion) -> None:
        """Remove what was made for a version that did not come to be: nobody's path is claimed by it any more."""
        if self.find(wanted.key) is not None:
            return
        rows = [*reversed(list(_registrations(wanted))), *reversed(list(_components(wanted)))]
        for entity_type in ("ComponentLocation", *sorted(_ENTITIES.values(), key=lambda each: each != "FileComponent")):
            ids = [each.values["id"] for each in rows if each.entity_type == entity_type]
            self._connection.delete(entity_type, self._existing(entity_type, ids))

    def log_time(self, key: str, user_id: str, task_id: str, seconds: int, started_at: str, comment: str) -> None:
        """Have the time that was spent on a task counted; *started_at* is in ISO 8601."""
        values = {
            "id": derived(key, "timelog"),
            "user_id": user_id,
            "context_id": task_id,
            "duration": seconds,
            "start": {"__type__": "datetime", "value": started_at},
            "comment": comment,
            "name": comment,
        }
        create_once(self._connection, "Timelog", values)

    # The parts of a version

    def _make_asset(self, asset: Asset) -> None:
        if asset.exists:
            return
        rows = self._connection.query("select id, short from AssetType order by id")
        rows.sort(key=lambda row: str(row["short"] or "").lower() != _UPLOAD)
        values = {"id": asset.id, "name": asset.name, "context_id": asset.context_id, "type_id": rows[0]["id"]}
        create_once(self._connection, "Asset", values)

    def _make_components(self, wanted: NewVersion) -> None:
        """Make what is not there yet; containers stand before their members, registrations after what they are of."""
        for entity_type, rows in (
            ("Component", list(_components(wanted))),
            ("ComponentLocation", list(_registrations(wanted))),
        ):
            for start in range(0, len(rows), BATCH):
                self._once(rows[start : start + BATCH], entity_type)

    def _make_version(self, wanted: NewVersion) -> Numbered:
        """Let the version appear: with its components, links and metadata, in one commit."""
        version_id = derived(wanted.key, "version")
        values: dict[str, Any] = {
            "id": version_id,
            "asset_id": wanted.asset.id,
            "task_id": wanted.task_id,
            "version": wanted.number,
            "comment": wanted.comment,
            **({"user_id": wanted.user_id} if wanted.user_id else {}),
            **({"status_id": wanted.status_id} if wanted.status_id else {}),
        }
        told = {"parent_id": version_id, "parent_type": "AssetVersion", "key": KEY, "value": wanted.key}
        mine = ((_ENTITIES[each.shape], component_id(wanted.key, each.name)) for each in wanted.components)
        writes = [
            Written("AssetVersion", values),
            *(Written(kind, {"id": each, "version_id": version_id}, existing=True) for kind, each in mine),
            *(_link(wanted.key, used, version_id) for used in self._existing("AssetVersion", wanted.uses)),
            Written("Metadata", told, key=("parent_id", "key")),
        ]
        try:
            self._connection.write(writes)
        except errors.RegistrationRefused:
            made = self.find(wanted.key)
            if made is None:
                raise
            return made
        return Numbered(version_id, wanted.number)

    def _settled(self, wanted: NewVersion, made: Numbered) -> Numbered:
        """Give way where another version has got the same number at the same moment: of two of ours the greater id."""
        for _ in range(_ROUNDS):
            rivals = self._rivals(wanted.asset.id, made)
            if not any(not ours or rival < made.id for rival, ours in rivals.items()):
                break
            number = max(self.numbers([wanted.asset.id])[wanted.asset.id]) + 1
            self._connection.update("AssetVersion", made.id, {"version": number})
            made = Numbered(made.id, number)
        return made

    def _rivals(self, asset_id: str, made: Numbered) -> dict[str, bool]:
        """Return the other versions of this number, each with whether it is a delivery as well."""
        where = f'asset_id is {quoted([asset_id])} and version is {made.number} and id is_not "{made.id}"'
        (rows,) = self._connection.rows(f"select metadata.key from AssetVersion where {where} order by id")  # noqa: S608
        return {row["id"]: any(each["key"] == KEY for each in row["metadata"]) for row in rows}

    # Writing once

    def _once(self, writes: Sequence[Written], entity_type: str) -> None:
        """Make what is not there; somebody else may be making the same at this moment."""
        for _ in range(2):
            missing = self._missing(writes, entity_type)
            if not missing:
                return
            try:
                self._connection.write(missing)
            except errors.RegistrationRefused as error:
                refusal = error
            else:
                return
        raise refusal

    def _missing(self, writes: Sequence[Written], entity_type: str) -> list[Written]:
        there = set(self._existing(entity_type, [each.values["id"] for each in writes]))
        return [each for each in writes if each.values["id"] not in there]

    def _existing(self, entity_type: str, ids: Iterable[str]) -> list[str]:
        found: list[str] = []
        for batch in quoted_batches(ids):
            query = f"select id from {entity_type} where id in ({batch}) order by id"  # noqa: S608
            found += [row["id"] for row in self._connection.rows(query)[0]]
        return found


def derived(key: str, *role: str) -> str:
    """Return the id of what is made of a delivery in a role."""
    return derived_id("\n".join((key, *role)))


def component_id(key: str, name: str) -> str:
    """Return the id of a delivery's component."""
    return derived(key, "component", name)


def _asset(wanted: Named, rows: Iterable[Mapping[str, Any]]) -> Asset:
    """Return the asset of *rows* that is looked for; a database may take names for one that differ in case."""
    context_id, name, asset_id = wanted
    alike = [row for row in rows if row["id"] == asset_id or str(row["name"]).casefold() == name.casefold()]
    found = min(
        (row for row in alike if row["context_id"] == context_id),
        key=lambda row: (
            row["id"] != asset_id,
            row["name"] != name,
            not row["type"] or row["type"]["short"] != _UPLOAD,
            row["id"],
        ),
        default=None,
    )
    if found is None:
        return Asset(derived(context_id, "asset", name), name, context_id, exists=False)
    return Asset(str(found["id"]), str(found["name"]), context_id, exists=True)


def _components(wanted: NewVersion) -> Iterator[Written]:
    for each in wanted.components:
        own_id = component_id(wanted.key, each.name)
        values: dict[str, Any] = {"id": own_id, "name": each.name, "file_type": each.file_type, "size": each.size_bytes}
        padding = {"padding": each.padding} if each.shape is Shape.SEQUENCE else {}
        yield Written(_ENTITIES[each.shape], {**values, **padding})
        for member in each.members:
            values = {"id": _member_id(wanted.key, each, member), "name": member.name, "file_type": member.file_type}
            yield Written("FileComponent", {**values, "size": member.size_bytes, "container_id": own_id})


def _registrations(wanted: NewVersion) -> Iterator[Written]:
    """Yield the rows of the location, members before their containers."""
    for each in wanted.components:
        for member in each.members:
            yield _registration(_member_id(wanted.key, each, member), wanted.location_id, member.identifier)
        yield _registration(component_id(wanted.key, each.name), wanted.location_id, each.identifier)


def _registration(of_id: str, location_id: str, identifier: str) -> Written:
    values: Mapping[str, str] = {"component_id": of_id, "location_id": location_id, "resource_identifier": identifier}
    return Written("ComponentLocation", {"id": derived(of_id, location_id), **values})


def _member_id(key: str, component: Component, member: Member) -> str:
    return derived(key, "member", component.name, member.name, member.file_type)


def _link(key: str, used: str, version_id: str) -> Written:
    return Written("AssetVersionLink", {"id": derived(key, "uses", used), "from_id": used, "to_id": version_id})
