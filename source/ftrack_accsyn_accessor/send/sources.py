"""From where each component is taken: for a Send from the one place that was named, for a Get from the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional

from ftrack_accsyn_accessor.model import errors, parties
from ftrack_accsyn_accessor.send.endpoints import Endpoints, Resolved
from ftrack_accsyn_accessor.send.selection import Component


class Sources:
    """Chooses among the ends of one destination. Raises what `Endpoints` does, for *source* only."""

    def __init__(self, endpoints: Endpoints, destination: Resolved, source: str) -> None:
        self._endpoints = endpoints
        self._destination = destination
        self._source = endpoints.resolve(source) if source else None
        self._ranks: dict[str, tuple[int, str]] = {}
        self._known: dict[str, Optional[Resolved]] = {}

    def grouped(self, components: Iterable[Component]) -> list[tuple[Optional[Resolved], list[Component]]]:
        """Return *components* by their source, the nearest first; None for those that no usable place has."""
        groups: dict[str, list[Component]] = {}
        for component in components:
            source = self._of(component)
            groups.setdefault(source.endpoint.location_id if source is not None else "", []).append(component)
        ordered = sorted(groups, key=lambda each: self._ranks.get(each, (99, "")) if each else (100, ""))
        return [(self._resolved(each) if each else None, groups[each]) for each in ordered]

    @property
    def named(self) -> Optional[Resolved]:
        """The source that was named, if one was."""
        return self._source

    def _of(self, component: Component) -> Optional[Resolved]:
        if self._source is not None:
            return self._source if self._source.endpoint.location_id in component.registered else None
        known = [self._resolved(each) for each in component.registered]
        usable = [each for each in known if each is not None and each.endpoint != self._destination.endpoint]
        return min(usable, key=self._rank, default=None)

    def _resolved(self, location_id: str) -> Optional[Resolved]:
        """Return the end that a location is, None for one that accsyn does not reach."""
        if self._source is not None and location_id == self._source.endpoint.location_id:
            return self._source
        if location_id not in self._known:
            try:
                self._known[location_id] = self._endpoints.resolve(location_id)
            except (errors.Unresolved, errors.NotReady):
                self._known[location_id] = None
        return self._known[location_id]

    def _rank(self, source: Resolved) -> tuple[int, str]:
        """Return what puts the nearest first: those that the mapping names, the main site, other sites, machines.

        What is away comes after those, and what cannot be reached at all comes last.
        """
        key = source.endpoint.location_id
        if key not in self._ranks:
            near: Sequence[parties.Party] = self._destination.entry.near
            kinds = (parties.MAIN, parties.SITE)
            place = kinds.index(source.party.kind) if source.party.kind in kinds else len(kinds)
            rank = near.index(source.party) if source.party in near else len(near) + place
            obstacle = self._endpoints.reachability(source.endpoint, source.paths.volume, write=False)
            away = 0 if obstacle is None else 50 if obstacle.waits else 100
            self._ranks[key] = (rank + away, source.endpoint.location_name)
        return self._ranks[key]
