"""The locations of ftrack that a person may choose from."""

from __future__ import annotations

from typing import NamedTuple

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection

UNMANAGED = "ftrack.unmanaged"
#: ftrack's own: they are no storage, or one that accsyn does not reach.
_HIDDEN = frozenset({"ftrack.origin", "ftrack.connect", "ftrack.review", "ftrack.server"})


class Place(NamedTuple):
    """A location; `words` are what people call it."""

    id: str
    name: str
    words: str


def places(connection: FtrackConnection) -> list[Place]:
    """Return the locations by their words. One query; may raise `errors.RegistrationError`."""
    rows = connection.query("select id, name, label from Location order by id")
    found = [Place(row["id"], row["name"], str(row["label"] or row["name"])) for row in rows]
    return sorted((each for each in found if each.name not in _HIDDEN), key=lambda each: each.words.lower())
