"""The files of sequences and containers, at any depth, where they lie at the source; and whether all are there already.

A page at a time becomes files, so that hundreds of thousands of frames take little memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ftrack_accsyn_accessor.ftrack.connection import BATCH, FtrackConnection, quoted

#: Containers asked after in the first request; how many members they have tells how many the next one bears.
_FIRST = 25
#: Members that one query is to give, and such queries in one request: each waits for the network once.
_ROWS = 5000
_TOGETHER = 4
#: Containers may hold containers; deeper than this nobody nests them.
_DEPTH = 8


@dataclasses.dataclass
class Members:
    """The members of one container that are files: `files` are their resource identifiers at the source and sizes.

    `missing` tells whether one of them, or all, are not registered at the destination.
    """

    files: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    missing: bool = False


def read(
    connection: FtrackConnection, source_id: str, destination_id: str, containers: Iterable[str]
) -> dict[str, Members]:
    """Return the members that each of *containers* (component ids) has at the source location.

    One request for each 100 to 2,000 containers of a level, or for each 5,000 to 20,000 registrations in either
    location where these are more. Raise `errors.RegistrationError`.
    """
    reader = _Reader(connection, source_id, destination_id)
    found: dict[str, Members] = {container: Members() for container in containers}
    level = {container: container for container in found}
    for _ in range(_DEPTH):
        if not level:
            break
        level = reader.level(level, found)
    for members in found.values():
        members.files.sort()
        members.missing = members.missing or not members.files
    return found


class _Reader:
    def __init__(self, connection: FtrackConnection, source_id: str, destination_id: str) -> None:
        self._connection = connection
        self._source_id, self._destination_id = source_id, destination_id
        location_ids = {source_id, destination_id} - {""}
        self._query = (
            "select id, resource_identifier, location_id, component.container_id, component.size "  # noqa: S608
            f"from ComponentLocation where location_id in ({quoted(sorted(location_ids))}) "
            "and component.container_id in ({}) order by id"
        )
        self._count = _FIRST

    def level(self, outermost: Mapping[str, str], found: Mapping[str, Members]) -> dict[str, str]:
        """Read the members of some containers into *found*; return those that are containers, with their outermost."""
        waiting, inner = sorted(outermost), {}
        while waiting:
            asked, waiting = waiting[: self._count * _TOGETHER], waiting[self._count * _TOGETHER :]
            groups = [asked[start : start + self._count] for start in range(0, len(asked), self._count)]
            answers = self._connection.rows(*(self._query.format(quoted(group)) for group in groups))
            count = sum(map(len, answers))
            self._count = max(1, min(BATCH, len(asked) * _ROWS // max(count, 1)))
            for rows in answers:
                inner.update(self._take(rows, outermost, found))
        return inner

    def _take(
        self, rows: Sequence[Mapping[str, Any]], outermost: Mapping[str, str], found: Mapping[str, Members]
    ) -> dict[str, str]:
        there = {row["component"]["id"] for row in rows if row["location_id"] == self._destination_id}
        inner = {}
        for row in rows:
            component = row["component"]
            if row["location_id"] != self._source_id:
                continue
            container = outermost[component["container_id"]]
            if component["__entity_type__"] != "FileComponent":
                inner[component["id"]] = container
                continue
            found[container].files.append((row["resource_identifier"] or "", component["size"] or 0))
            found[container].missing |= component["id"] not in there
        return inner
