"""What is registered where in ftrack, asked on a background thread with a session of its own."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted, quoted_batches
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION, Claim, identifiers_there, same_path, spellings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import RegistrationRefused
from ftrack_accsyn_accessor.model.item import Item, Kind, label

#: Locations of ftrack's own servers, with the ids that they have in every ftrack (ftrack_api.symbol).
SERVER_LOCATIONS = ("3a372bde-05bc-11e4-8908-20c9d081909b", "cd41be70-8809-11e3-b98a-20c9d081909b")
#: Sequences and containers whose files are asked after in one request.
_PATTERNS = 50
_FRAME = re.compile(r"%\d*d")
_VERSION = ("version.version", "version.date", "version.asset.name")
_CLAIM = (
    *("component_id", "resource_identifier", "location_id", "location.name", "component.name"),
    *("component.container_id", "component.container.container_id"),
    *(f"component.{column}" for column in _VERSION),
    *(f"component.container.{column}" for column in _VERSION),
)


@dataclasses.dataclass(frozen=True)
class AtLocation:
    """The ids of the components that are wanted at a location, and of those that have arrived there."""

    wanted: tuple[str, ...]
    arrived: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether something is wanted, and all of it is there."""
        return bool(self.wanted) and set(self.wanted) == set(self.arrived)


class Registrations:
    """A window on ftrack's registrations. For one thread only; the session is opened at the first question.

    *connection* is another way to ask with these *credentials*.

    Every method may raise `errors.RegistrationError` when ftrack cannot be asked.
    """

    def __init__(self, credentials: FtrackCredentials, connection: Optional[FtrackConnection] = None) -> None:
        self.connection = connection or FtrackConnection(credentials)

    def registered(self, component_ids: Iterable[str], location_id: str) -> set[str]:
        """Return those of *component_ids* that are registered in the location, or one of whose members is.

        Members are registered before their container, and ftrack shows a container as available where its members are.
        They may be in a container of their own, such as the frames of a sequence.
        """
        missing = list(component_ids)
        found: set[str] = set()
        for path in ("component_id", "component.container_id", "component.container.container_id"):
            for ids in quoted_batches(missing):
                where = f'location_id is "{location_id}" and {path} in ({ids})'
                rows = self.connection.query(f"select {path} from ComponentLocation where {where}")  # noqa: S608
                found.update(_value(row, path) for row in rows)
            missing = [component_id for component_id in missing if component_id not in found]
        return found

    def location_id(self, name: str) -> Optional[str]:
        """Return the id of the ftrack location called *name*, or None."""
        rows = self.connection.query(f"select id from Location where name is {quoted([name])}")  # noqa: S608
        return str(rows[0]["id"]) if rows else None

    def of_component(self, component_id: str, location_id: str) -> AtLocation:
        """Return whether a component is at the location; raise `errors.RegistrationRefused` if there is no such one."""
        self._require("Component", component_id, "component")
        return AtLocation((component_id,), tuple(self._at([location_id], {component_id})))

    def of_version(self, version_id: str, location_id: str) -> AtLocation:
        """Return which components of a version are at the location.

        What only ftrack's own servers have is not wanted elsewhere. Raise `errors.RegistrationRefused` if there is no
        such version.
        """
        self._require("AssetVersion", version_id, "version")
        rows = self.connection.query(f'select id from Component where version_id is "{version_id}"')  # noqa: S608
        wanted = {str(row["id"]) for row in rows}
        arrived = self._at([location_id], wanted)
        wanted -= self._at(SERVER_LOCATIONS, wanted - arrived)
        return AtLocation(tuple(sorted(wanted)), tuple(sorted(arrived)))

    def close(self) -> None:
        """Close the session, if one was opened."""
        self.connection.close()

    def _require(self, entity_type: str, entity_id: str, noun: str) -> None:
        if not self.connection.query(f'select id from {entity_type} where id is "{entity_id}"'):  # noqa: S608
            raise RegistrationRefused(f"find the {noun} in ftrack", entity_id, "there is none", "Correct its id.")

    def _at(self, location_ids: Sequence[str], component_ids: Collection[str]) -> set[str]:
        found: set[str] = set()
        for ids in quoted_batches(sorted(component_ids)):
            where = f"location_id in ({quoted(location_ids)}) and component_id in ({ids})"
            rows = self.connection.query(f"select component_id from ComponentLocation where {where}")  # noqa: S608
            found.update(str(row["component_id"]) for row in rows)
        return found


def read_claims(connection: FtrackConnection, items: Sequence[Item], location_ids: Collection[str]) -> list[Claim]:
    """Return what is registered of the components of *items*, and of others under their resource identifiers.

    In the locations *location_ids* both, in all other staging locations only the latter. *items* are at most
    `connection.BATCH`; one request, and one more for each 500 registrations beyond that. For sequences and containers
    there is at least another one, about the paths of their files; what others have under these comes with what they
    have there themselves. May raise `errors.RegistrationError`.
    """
    paths = quoted(sorted({path for item in items for path in spellings(item.publication.resource_identifier)}))
    ids = quoted(sorted({item.publication.component_id for item in items}))
    here = f"location_id in ({quoted(sorted(location_ids))})"
    rows = connection.query(
        f"select {', '.join(_CLAIM)} from ComponentLocation where (component_id in ({ids}) and {here}) "  # noqa: S608
        f'or (resource_identifier in ({paths}) and ({here} or location.description is "{STAGING_DESCRIPTION}")) '
        "order by id"
    )
    for contested in quoted_batches(sorted(_contested(connection, items, here))):
        rows += connection.query(
            f"select {', '.join(_CLAIM)} from ComponentLocation where resource_identifier in ({contested}) "  # noqa: S608
            f'and ({here} or location.description is "{STAGING_DESCRIPTION}") order by id'
        )
    return [_claim(row) for row in rows]


def read_asked(connection: FtrackConnection, items: Sequence[Item], location_ids: Collection[str]) -> list[Claim]:
    """Return what is registered of the components of *items*, and of others under their identifiers at the destination.

    *items* were asked for, at most `connection.BATCH`, with one source and destination, whose locations *location_ids*
    are. Requests as of `read_claims`. May raise `errors.RegistrationError`.
    """
    paths = quoted(sorted({path for item in items for path in spellings(item.identifier_there)}))
    ids = quoted(sorted({item.publication.component_id for item in items}))
    here = f"location_id in ({quoted(sorted(location_ids))})"
    rows = connection.query(
        f"select {', '.join(_CLAIM)} from ComponentLocation where {here} "  # noqa: S608 - ftrack's query language
        f"and (component_id in ({ids}) or resource_identifier in ({paths})) order by id"
    )
    there = f'location_id is "{items[0].destination.location_id}"'
    wide = [item for item in items if item.publication.kind is not Kind.FILE and item.publication.files]
    for start in range(0, len(wide) if items[0].destination.location_id else 0, _PATTERNS):
        group = wide[start : start + _PATTERNS]
        likes = " or ".join(f"resource_identifier like {quoted([_pattern(item)])}" for item in group)
        mine = {same_path(path) for item in group for path in identifiers_there(item)}
        found = connection.query(
            f"select {', '.join(_CLAIM)} from ComponentLocation where ({likes}) and {there} "  # noqa: S608
            f"and component_id not_in ({ids}) and (component.container_id is none "
            f"or component.container_id not_in ({ids})) order by id"
        )
        rows += [row for row in found if same_path(row["resource_identifier"] or "") in mine]
    return [_claim(row) for row in rows]


def read_holders(connection: FtrackConnection, location_id: str, identifiers: Iterable[str]) -> list[Claim]:
    """Return which components a location has under *identifiers*, in whatever form of Unicode.

    One request for each 4,000. May raise `errors.RegistrationError`.
    """
    paths = sorted({path for identifier in identifiers for path in spellings(identifier)})
    queries = [
        f"select {', '.join(_CLAIM)} from ComponentLocation where location_id is {quoted([location_id])} "  # noqa: S608
        f"and resource_identifier in ({batch}) order by id"
        for batch in quoted_batches(paths)
    ]
    return [_claim(row) for rows in connection.rows(*queries) for row in rows]


def read_like(
    connection: FtrackConnection, location_id: str, patterns: Iterable[str], *, outermost: bool = False
) -> list[Claim]:
    """Return which components a location has under identifiers like *patterns*, in whatever form of Unicode.

    In these "%" is any text, "_" any one letter, and case counts for nothing: what is found is to be compared. With
    *outermost* no members of sequences and containers. One request for each 400 patterns, and one more for each 5,000
    rows of 50. May raise `errors.RegistrationError`.
    """
    wanted = sorted({form for pattern in patterns for form in spellings(pattern)})
    mine = f"location_id is {quoted([location_id])}" + (" and component.container_id is none" if outermost else "")
    queries = []
    for start in range(0, len(wanted), _PATTERNS):
        likes = " or ".join(f"resource_identifier like {quoted([each])}" for each in wanted[start : start + _PATTERNS])
        queries.append(f"select {', '.join(_CLAIM)} from ComponentLocation where {mine} and ({likes}) order by id")  # noqa: S608
    found = {row["id"]: row for rows in connection.rows(*queries) for row in rows}
    return [_claim(row) for row in found.values()]


def _contested(connection: FtrackConnection, items: Sequence[Item], here: str) -> set[str]:
    """Return the identifiers of other components that stand for a file of a sequence or container of *items*."""
    wide = [item for item in items if item.publication.kind is not Kind.FILE and item.publication.files]
    found: set[str] = set()
    for start in range(0, len(wide), _PATTERNS):
        group = wide[start : start + _PATTERNS]
        ids = quoted(sorted({item.publication.component_id for item in group}))
        likes = " or ".join(f"resource_identifier like {quoted([_pattern(item)])}" for item in group)
        rows = connection.query(
            f"select resource_identifier from ComponentLocation where ({likes}) "  # noqa: S608 - ftrack's language
            f'and ({here} or location.description is "{STAGING_DESCRIPTION}") and component_id not_in ({ids}) '
            f"and (component.container_id is none or component.container_id not_in ({ids})) order by id"
        )
        paths = {same_path(file.path) for item in group for file in item.publication.files}
        found |= {row["resource_identifier"] for row in rows if same_path(row["resource_identifier"] or "") in paths}
    return found


def _pattern(item: Item) -> str:
    """Return what is like the identifiers of all files of a sequence or container, in ftrack's query language.

    Of a publish they are the same at both ends.
    """
    identifier = item.identifier_there
    return _FRAME.sub("%", identifier) if item.publication.kind is Kind.SEQUENCE else f"{identifier.rstrip('/')}/%"


def hidden(connection: FtrackConnection, items: Iterable[Item]) -> dict[int, RegistrationRefused]:
    """Return, by the item's id, an error for each of *items* in a project that ftrack does not show to this user.

    What seems to be missing in such a project may be there all the same. Without items nobody is asked. May raise
    `errors.RegistrationError`.
    """
    wanted = [item for item in items if item.publication.project_id]
    shown: set[str] = set()
    for ids in quoted_batches(sorted({item.publication.project_id for item in wanted})):
        rows = connection.query(f"select id from Project where id in ({ids})")  # noqa: S608 - ftrack's query language
        shown.update(str(row["id"]) for row in rows)
    return {
        item.id: RegistrationRefused(
            f"find {label(item)} in ftrack",
            item.publication.project_name,
            f"this project is not shown to {connection.credentials.api_user}",
            "Let a user work here who may see it, unless the project was deleted.",
        )
        for item in wanted
        if item.publication.project_id not in shown
    }


def _claim(row: Any) -> Claim:
    component = row["component"]
    container = component["container"]
    version = component["version"] or (container["version"] if container else None)
    within = (component["container_id"], container["container_id"] if container else None)
    return Claim(
        component_id=row["component_id"],
        component_name=component["name"],
        resource_identifier=row["resource_identifier"] or "",
        location_id=row["location_id"],
        location_name=row["location"]["name"],
        within=tuple(filter(None, within)),
        version_name="{} v{:03d}".format(version["asset"]["name"], version["version"]) if version else "",
        version_date=_moment(version["date"]) if version and version["date"] else "",
    )


def _moment(date: Any) -> str:
    """Return a date of an entity, or of a plain row, in ISO 8601."""
    return str(date["value"]) if isinstance(date, dict) else str(date.isoformat())


def _value(row: Any, path: str) -> str:
    for name in path.split("."):
        row = row[name]
    return str(row)
