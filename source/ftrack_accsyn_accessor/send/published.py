"""What ftrack has registered at a destination under paths that somebody names: none of it is replaced unseen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Union

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.registrations import read_like
from ftrack_accsyn_accessor.model.claims import Claim, same_path
from ftrack_accsyn_accessor.model.item import Kind
from ftrack_accsyn_accessor.model.paths import Place
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Planned
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.send.endpoints import Resolved

_Added = Union[Wanted, Planned]


class Published:
    """What is registered at *destination*, asked when files and folders are to go there by their paths.

    Methods may raise `errors.RegistrationError`; where no ftrack location stands for the destination nobody is asked.
    """

    def __init__(self, connection: FtrackConnection, source: Resolved, destination: Resolved) -> None:
        self._connection = connection
        self._source = source
        self._destination = destination

    def guarded(self, added: Sequence[_Added]) -> list[_Added]:
        """Return *added*; a file that is registered for a component at the destination cannot go."""
        files = {_key(place): place for place in _places(added, folders=False)}
        held = {key: claims[0] for key, claims in self._found(self._destination, files).items()}
        mine = self._found(self._source, {key: files[key] for key in held})
        return [self._judged(each, held, mine) for each in added]

    def remarks(self, added: Sequence[_Added]) -> list[str]:
        """Return what is to be said of folders among *added* below which something is registered."""
        folders = {_key(place): place for place in _places(added, folders=True)}
        found = self._found(self._destination, folders, below=True, outermost=True)
        # A folder within that of a container holds members only.
        rest = {key: place for key, place in folders.items() if key not in found}
        found.update(self._found(self._destination, rest, below=True))
        return [self._remark(folders[key].path, found[key]) for key in folders if key in found]

    def _judged(self, each: _Added, held: Mapping[Place, Claim], mine: Mapping[Place, Sequence[Claim]]) -> _Added:
        if isinstance(each, Planned) or each.publication.kind is Kind.FOLDER:
            return each
        key = _key(_place(each))
        claim = held.get(key)
        if claim is None:
            return each
        cause = f"{each.publication.path} is registered in {_name(self._destination)} for {claim}. "
        if any(other.component_id == claim.component_id for other in mine.get(key, ())):
            cause += f"Send the component itself: {claim}."
        else:
            cause += "Publish it as a new version, or send it under another name."
        return Planned(each, Fate.CANNOT, Obstacle.CONFLICT, cause)

    def _remark(self, folder: str, claims: Sequence[Claim]) -> str:
        count = len({claim.within[-1] if claim.within else claim.component_id for claim in claims})
        what = "1 component is" if count == 1 else f"{count} components are"
        return (
            f"{what} registered below {folder} at {_name(self._destination)} (first: {min(map(str, claims))}); "
            f"what differs there is overwritten by what {_name(self._source)} has."
        )

    def _found(
        self, end: Resolved, wanted: Mapping[Place, Place], below: bool = False, outermost: bool = False
    ) -> dict[Place, list[Claim]]:
        """Return what is registered at an *end* for each of *wanted*, and with *below* in it, by the same keys."""
        if not end.endpoint.location_id or not wanted:
            return {}
        patterns = [each for place in wanted.values() for each in _patterns(end, place, below)]
        found: dict[Place, list[Claim]] = {}
        for claim in read_like(self._connection, end.endpoint.location_id, patterns, outermost=outermost):
            place = end.paths.read(claim.resource_identifier)
            for key in _around(_key(place)) if place is not None else ():
                if key in wanted:
                    found.setdefault(key, []).append(claim)
                if not below:
                    break
        return found


def _patterns(end: Resolved, place: Place, below: bool) -> Iterator[str]:
    """Yield what the identifiers of *place*, and with *below* of what is in it, are like, however they are written."""
    for identifier in end.paths.names(place):
        yield identifier.replace("\\", "/").replace("/", "_")
        if below:
            yield f"{identifier.rstrip('/')}/%".replace("\\", "/").replace("/", "_")
    if below and end.paths.begins_in(place):
        yield "%"


def _around(key: Place) -> Iterator[Place]:
    """Yield *key*, and those of the folders around it."""
    yield key
    path = key.path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield Place(key.volume, path)


def _places(added: Iterable[_Added], folders: bool) -> Iterator[Place]:
    for each in added:
        if isinstance(each, Wanted) and (each.publication.kind is Kind.FOLDER) is folders:
            yield _place(each)


def _place(wanted: Wanted) -> Place:
    return Place(wanted.publication.volume, wanted.publication.path)


def _key(place: Place) -> Place:
    """Return what is equal for one path: whether an end tells upper from lower case is not known."""
    return Place(place.volume, same_path(place.path))


def _name(end: Resolved) -> str:
    return end.endpoint.location_name or end.endpoint.party
