"""What accsyn brings into this machine's staging area: fetched, or sent here."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Optional

from ftrack_accsyn_accessor.model.folders import above
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, Reason, State
from ftrack_accsyn_accessor.outbox import records
from ftrack_accsyn_accessor.outbox.archive import Archive
from ftrack_accsyn_accessor.outbox.connection import Connections
from ftrack_accsyn_accessor.outbox.listing import gone

_COMING = "reason <> 'publish' AND (reason = 'get' OR party = :here)"


class Incoming:
    """The incoming items of one outbox, where *here* is the accsyn party of this machine. Any thread may call it.

    Every method may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`.
    """

    def __init__(self, connections: Connections, archive: Archive) -> None:
        self._connections = connections
        self._archive = archive

    def over(self, items: Iterable[Item], here: str) -> dict[int, Item]:
        """Return, by the id of each of *items*, what accsyn has, and has not brought yet, that goes to its place."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM item LEFT JOIN files ON files.item = item.id "  # noqa: S608 - constants
                f"WHERE state IN (:submitted, :transferring) AND {_COMING} AND arrived_at IS NULL ORDER BY id DESC",
                {"here": here, "submitted": State.SUBMITTED.value, "transferring": State.TRANSFERRING.value},
            ).fetchall()
        coming = {place: each for each in map(records.item, rows) for place in _filled(each.publication)}
        found = ((item.id, next(filter(None, map(coming.get, _taken(item.publication))), None)) for item in items)
        return {item_id: each for item_id, each in found if each is not None} if coming else {}

    def since(self, item: Item, here: str) -> Optional[Item]:
        """Return what was brought to the place of *item* after that was published, None where nothing was."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                # What was asked for is few among what was published, and has an index of its own.
                "SELECT * FROM item INDEXED BY item_asked_for LEFT JOIN files ON files.item = item.id "  # noqa: S608
                f"WHERE {_COMING} AND coalesce(arrived_at, synced_at) >= :published AND volume = :volume ORDER BY id",
                {"here": here, "published": item.created_at, "volume": item.publication.volume},
            ).fetchall()
        archived = gone(self._connections, self._archive.related(item.publication, files=True))
        places = set(_taken(item.publication))
        both = (*map(records.item, rows), *(each for each in map(records.item, archived) if _came(each, item, here)))
        brought = (each for each in both if not places.isdisjoint(_filled(each.publication)))
        return next(brought, None)


def _came(each: Item, item: Item, here: str) -> bool:
    """Whether *each*, which has left the outbox, was brought here after *item* was published."""
    coming = each.reason is Reason.GET or (each.reason is not Reason.PUBLISH and each.destination.party == here)
    same = each.publication.volume == item.publication.volume
    return coming and same and (each.arrived_at or each.synced_at or 0.0) >= item.created_at


#: A volume, a path, and whether all that is below it is meant.
_Where = tuple[str, str, bool]


def _filled(publication: Publication) -> Iterator[_Where]:
    """Yield where something is written when *publication* is brought."""
    yield publication.volume, publication.path, publication.kind is Kind.FOLDER
    yield from ((publication.volume, file.path, False) for file in publication.files)


def _taken(publication: Publication) -> Iterator[_Where]:
    """Yield the places that meet with *publication*."""
    paths = [publication.path, *(file.path for file in publication.files)]
    yield from ((publication.volume, path, False) for path in paths)
    folders = {posixpath.dirname(path) for path in paths}
    around = {publication.path, *folders, *(each for folder in folders for each in above(folder, posixpath))}
    yield from ((publication.volume, folder, True) for folder in around if folder)
