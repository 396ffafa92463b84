"""What a person or program names as source or destination -> an endpoint, and how its ftrack location names files."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import parties, paths
from ftrack_accsyn_accessor.model.errors import Unresolved
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.mapping import Entry, LocationMapping
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.model.paths import LocationPaths, Root, Roots
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.send.machines import Machines
from ftrack_accsyn_accessor.send.reach import Obstacle, Reach
from ftrack_accsyn_accessor.send.surroundings import Location, Surroundings
from ftrack_accsyn_accessor.workspace import Workspace

_REMEDY = "Name a ftrack location, site=<code>, hq or an e-mail address; FTRACK_ACCSYN_LOCATIONS may tell what is what."

_NONE_YET = (
    "The first session with the plugin makes it: start Connect, or any other application with the plugin, on this "
    "machine once, then do it again."
)


class Resolved(NamedTuple):
    """An endpoint, and what goes with it.

    `paths` is how its ftrack location names files; without a location, how one would that begins at the volume. `entry`
    is what the mapping file says of it. `here` means this machine.
    """

    endpoint: Endpoint
    party: Party
    paths: LocationPaths
    entry: Entry
    here: bool = False


class Endpoints:
    """Tells what is meant, and whether it can be reached; for one thread.

    Each kind of thing in accsyn and ftrack is asked for once at most, and remembered: make a new one for the next
    request. Every method may raise what accsyn and ftrack raise, and `errors.Unresolved` in words.
    """

    def __init__(
        self,
        connection: FtrackConnection,
        workspace: Workspace,
        mapping: LocationMapping,
        current: Settings,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._around = Surroundings(connection, workspace, current, environ)
        self._machines = Machines(self._around)
        self._reach = Reach(self._around, self._machines)
        self._mapping = mapping
        self._resolved: dict[str, Resolved] = {}

    def resolve(self, text: str) -> Resolved:
        """Return what *text* names: a ftrack location by its name, id or label, or a party as accsyn writes it."""
        text = text.strip()
        if text not in self._resolved:
            self._resolved[text] = self._resolve(text)
        return self._resolved[text]

    def destination(self, text: str, deliver: bool = False) -> Resolved:
        """Return what *text* names as `resolve` does.

        A user who gets deliveries, by the mapping file or because *deliver* says so, comes as that.
        """
        found = self.resolve(text)
        if found.party.kind != parties.USER or not (deliver or found.entry.deliver):
            return found
        party = Party(parties.DELIVERY, found.party.name)
        return found._replace(party=party, endpoint=found.endpoint._replace(party=str(party)))

    def here(self) -> Resolved:
        """Return this machine, with its staging location where ftrack has that already."""
        party = Party(parties.CLIENT, self._machines.own.id)
        return self._at(party, self.location_of(party))

    def location_of(self, party: Party) -> Optional[Location]:
        """Return the ftrack location that stands for *party*, None where none does.

        Where several do, the mapping file decides, then the environment, accsyn's ftrack integration, ftrack's storage
        scenario, and the names; those that are still several are `errors.Unresolved`.
        """
        for found in self._tiers(party):
            if len(found) > 1:
                names = ", ".join(sorted(location.name for location in found))
                outcome = f"several ftrack locations stand for it: {names}"
                raise Unresolved("find the ftrack location", str(party), outcome, "Name one of them.")
            if found:
                return found[0]
        return None

    @property
    def roots(self) -> Roots:
        """All roots that are known, by which a path that a person types on any machine is read."""
        mapped = [root for entry in self._mapping.entries for root in entry.roots]
        return Roots([*self._around.local_roots, *mapped, *self._around.volume_roots])

    def reachability(self, endpoint: Endpoint, volume: str, write: bool) -> Optional[Obstacle]:
        """Return what keeps files of *volume* from going to *endpoint*, or without *write* from coming from it.

        None where nothing does, as far as accsyn tells beforehand: a share that no user has mapped shows in the job.
        """
        party = parties.of_endpoint(endpoint.party, self._around.settings.workspace or "")
        return self._reach.obstacle(self._around.known(party), volume, write)

    def free_bytes(self, end: Resolved, volume: str) -> Optional[int]:
        """Return what is free for *volume* at the main site or on this machine, None where nobody tells."""
        if end.here:
            folder = next((root.path for root in self._around.local_roots if root.volume == volume), None)
            with contextlib.suppress(OSError):
                return shutil.disk_usage(folder).free if folder else None
            return None
        if end.party.kind != parties.MAIN:
            return None
        return next((each.free_bytes for each in self._around.volumes or () if each.code == volume), None)

    # From a text to a party

    def _resolve(self, text: str) -> Resolved:
        location = self._around.location(text)
        if location is None:
            return self._bare(text)
        nowhere = paths.NO_PLACES.get(location.name)
        if nowhere:
            raise Unresolved("use the ftrack location", location.name, nowhere, "Name another location.")
        return self._at(self._party_of(location), location)

    def _bare(self, text: str) -> Resolved:
        if text == self._machines.own_location:
            raise Unresolved("find the location of this machine in ftrack", text, "there is none yet", _NONE_YET)
        tried = "find what is meant"
        try:
            party = self._around.party(text)
        except ValueError:
            close = self._around.close_to(text)
            outcome = "there is no such ftrack location, and it is no party of accsyn"
            outcome += f"; there is {' and '.join(close)}" if close else ""
            raise Unresolved(tried, text, outcome, _REMEDY) from None
        self._reach.require(party)
        return self._at(party, self.location_of(party))

    def _at(self, party: Party, location: Optional[Location]) -> Resolved:
        name = location.name if location is not None else ""
        here = self._machines.is_here(party)
        called = name or (self._machines.own_location if here else "")
        entry = self._mapping.of(called) or self._mapping.of(party.name) or Entry(called)
        endpoint = Endpoint(str(party), location.id if location is not None else "", name)
        return Resolved(endpoint, party, self._paths(party, name, entry, here), entry, here)

    def _paths(self, party: Party, name: str, entry: Entry, here: bool) -> LocationPaths:
        volume = entry.volume or self._around.settings.volume
        served = party.kind in (parties.MAIN, parties.SITE)
        known = self._mapped_roots(party) if served else self._around.local_roots if here else []
        scenario = self._around.scenario
        prefixes: Iterable[str] = [entry.prefix] if entry.prefix else []
        if not prefixes and scenario is not None and name and scenario.location_name == name:
            prefixes = scenario.mounts
        full = True if name == paths.UNMANAGED else None if served else False
        return LocationPaths(Roots([*entry.roots, *known]), volume, prefixes, full=full)

    def _mapped_roots(self, party: Party) -> list[Root]:
        """Return the roots of a place: what the mapping file says of any of its locations, then what accsyn has."""
        told = [(entry.party, entry.roots) for entry in self._mapping.entries]
        mapped = [
            root for each, roots in told if each is not None and self._around.known(each) == party for root in roots
        ]
        return [*mapped, *self._around.volume_roots]

    def _party_of(self, location: Location) -> Party:
        """Return the party that *location* stands for, which accsyn has to know."""
        told = (self._mapped, self._central, self._unmanaged, self._staged, self._configured)
        for way in (*told, self._named, self._labelled, self._integrated):
            party = way(location)
            if party is not None:
                self._reach.require(party)
                return party
        if location.is_staging:
            raise self._machines.unknown(location)
        outcome = "nothing tells which party of accsyn it is"
        close = self._around.close_to(location.name)
        outcome += f"; there is {' and '.join(close)}" if close else ""
        remedy = "Name it like the site or user that it is, or let FTRACK_ACCSYN_LOCATIONS say so."
        raise Unresolved("use the ftrack location", location.name, outcome, remedy)

    # What may tell the party of a location

    def _tiers(self, party: Party) -> Iterator[list[Location]]:
        for way in (self._mapped, self._configured):
            yield self._standing(way, party)
        yield self._machines.standing_for(party)
        for way in (self._integrated, self._central, self._named, self._labelled):
            yield self._standing(way, party)

    def _standing(self, way: Callable[[Location], Optional[Party]], party: Party) -> list[Location]:
        """Return the locations that stand for *party* by this *way*, but for those that every ftrack has."""
        shared = (*paths.NO_PLACES, paths.UNMANAGED)
        found = []
        for location in self._around.locations:
            with contextlib.suppress(Unresolved):  # what may be several others stands for none
                named = None if location.name in shared else way(location)
                if named is not None and self._machines.same(named, party):
                    found.append(location)
        return found

    def _mapped(self, location: Location) -> Optional[Party]:
        entry = self._mapping.of(location.name)
        return None if entry is None or entry.party is None else self._around.known(entry.party)

    def _central(self, location: Location) -> Optional[Party]:
        scenario = self._around.scenario
        return self._around.main if scenario is not None and scenario.location_id == location.id else None

    def _unmanaged(self, location: Location) -> Optional[Party]:
        """Full paths that lie below a root of accsyn's lie on the studio's storage."""
        return self._around.main if location.name == paths.UNMANAGED else None

    def _configured(self, location: Location) -> Optional[Party]:
        settings = self._around.settings
        named = bool(settings.destination) and settings.destination_location == location.name
        return self._around.party(settings.destination or "") if named else None

    def _named(self, location: Location) -> Optional[Party]:
        return None if location.is_staging else self._around.named(location, location.name)

    def _labelled(self, location: Location) -> Optional[Party]:
        return None if location.is_staging else self._around.named(location, location.label)

    def _staged(self, location: Location) -> Optional[Party]:
        return self._machines.of(location) if location.is_staging else None

    def _integrated(self, location: Location) -> Optional[Party]:
        destination = self._around.integration(self._machines.own_location)
        if destination is None or destination.location_id != location.id:
            return None
        try:
            return self._around.party(destination.party)
        except ValueError:  # its exact form is not documented
            return None
