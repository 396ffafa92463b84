"""Walks the members of containers in ftrack, level by level: a sequence has frames, a container may hold sequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Callable, NamedTuple

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches

#: Containers may hold containers; deeper than this nobody nests them.
_DEPTH = 8


class Member(NamedTuple):
    """A member of a container; `outermost` is the component, of those asked for, that it is in at some depth.

    `row` is what ftrack answered.
    """

    component_id: str
    outermost: str
    is_file: bool
    row: Any


def members(connection: FtrackConnection, containers: Iterable[str]) -> Iterator[list[Member]]:
    """Yield the members of *containers* (component ids) in ftrack, one list for each level, the outer ones first.

    One request for each 500 containers of a level and each 500 of its members. May raise `errors.RegistrationError`.
    """
    query = "select id, container_id from Component where container_id in ({}) order by id"
    return _levels(connection, containers, query, lambda row: row)


def registered_members(
    connection: FtrackConnection, containers: Iterable[str], location_id: str, columns: str = ""
) -> Iterator[list[Member]]:
    """Yield the members of *containers* that are registered in a location, as `members` does.

    A row is a ComponentLocation with its id, component_id and resource_identifier, and with *columns* (", a, b").
    """
    query = (
        f"select id, component_id, resource_identifier, component.container_id{columns} "  # noqa: S608
        f'from ComponentLocation where location_id is "{location_id}" and component.container_id in ({{}}) '
        "order by component_id"
    )
    return _levels(connection, containers, query, lambda row: row["component"])


def _levels(
    connection: FtrackConnection, containers: Iterable[str], query: str, component_in: Callable[[Any], Any]
) -> Iterator[list[Member]]:
    outermost = {component_id: component_id for component_id in containers}
    for _ in range(_DEPTH):
        level = []
        for ids in quoted_batches(sorted(outermost)):
            for row in connection.query(query.format(ids)):
                component = component_in(row)
                is_file = component.entity_type == "FileComponent"
                level.append(Member(component["id"], outermost[component["container_id"]], is_file, row))
        if not level:
            return
        yield level
        outermost = {member.component_id: member.outermost for member in level if not member.is_file}
