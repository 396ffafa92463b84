"""Staging locations and the accsyn clients of their machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Optional, Union

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.accsyn import SERVER, Client
from ftrack_accsyn_accessor.model.errors import NotReady, Unresolved
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.outbox import locations
from ftrack_accsyn_accessor.send.surroundings import Location, Surroundings
from ftrack_accsyn_accessor.worker.endpoint import find_client
from ftrack_accsyn_accessor.workspace.clients import choose_clients, short_name

_HOST = re.compile(r"[\w.\-]+")


class Machines:
    """For one thread."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._read_names: dict[str, list[tuple[str, str]]] = {}
        self._own: Union[Client, NotReady, None] = None

    @property
    def own(self) -> Client:
        """The client of this machine; raise `errors.NotReady` where there is none, or more than one."""
        if self._own is None:
            try:
                self._own = find_client(self._around.workspace, self._around.settings)
            except NotReady as error:
                self._own = error
        if isinstance(self._own, NotReady):
            raise self._own
        return self._own

    @cached_property
    def own_location(self) -> str:
        """The name of the staging location that this machine has, or would have."""
        credentials = self._around.connection.credentials
        return locations.location_name(self._around.settings, credentials.server_url, credentials.api_user)

    def of(self, location: Location) -> Optional[Party]:
        """Return the machine that the staging *location* belongs to, None where none can be found.

        This machine is named by its client, as accsyn advises. Another user's is named by user and host: whether a
        client's id may stand alone as a mirrored destination is not known for those (workflow facts, section 3). Raise
        `errors.Unresolved` where several may be meant, `errors.NotReady` where this machine has no client.
        """
        if location.name == self.own_location:
            return Party(parties.CLIENT, self.own.id)
        found: dict[str, Client] = {}
        people = self._readings(location.name)
        for email, host in people:
            for client in choose_clients(self._clients_of(email), [host], ()):
                found[client.id] = client
        if len(found) > 1:
            named = ", ".join(
                f"{client.id} ({client.code} of {client.user}, {client.status})" for client in found.values()
            )
            remedy = "Let FTRACK_ACCSYN_LOCATIONS say which client it is."
            raise Unresolved(
                "use the staging location", location.name, f"several clients may be its machine: {named}", remedy
            )
        if found:
            return self._party(*found.values())
        unseen = [Party(parties.USER, email, host) for email, host in people if not self.shown(email)]
        return unseen[0] if len(unseen) == 1 and _HOST.fullmatch(unseen[0].host) else None

    def unknown(self, location: Location) -> Unresolved:
        """Return the error for a staging location whose machine is not found."""
        people = self._readings(location.name)
        has = [f"{email} has {self._named(email) or 'none'}" for email, _ in people]
        outcome = "accsyn has no client of its machine" if people else "no user of ftrack or accsyn has such a location"
        outcome += f": {'; '.join(has)}" if has else ""
        remedy = "Start accsyn's desktop app or user server there once, or let FTRACK_ACCSYN_LOCATIONS say which it is."
        return Unresolved("use the staging location", location.name, outcome, remedy)

    def is_here(self, party: Party) -> bool:
        """Whether *party* is this machine."""
        if party.kind == parties.USER and party.host:
            mine = party.name.casefold() == (self._around.settings.api_user or "").casefold()
            return mine and short_name(party.host) in map(short_name, machine.names())
        if party.kind != parties.CLIENT:
            return False
        try:
            return party.name == self.own.id
        except NotReady:
            return False

    def same(self, one: Party, other: Party) -> bool:
        """Whether both are one party, a machine being named by its client or by user and host."""
        return one == other or (self._key(one) or one) == (self._key(other) or other)

    def standing_for(self, party: Party) -> list[Location]:
        """Return the staging locations of the machine *party*; none where that is no machine."""
        key = self._key(party)
        here = key is not None and self.is_here(party)
        found = []
        for location in self._around.locations if key is not None else ():
            own = here and location.name == self.own_location
            if own or (location.is_staging and key is not None and self._fits(location, *key)):
                found.append(location)
        return found

    def client_of(self, party: Party) -> Optional[Client]:
        """Return the client of the machine *party*, None where it is not shown to the user."""
        if party.kind == parties.CLIENT:
            return next((client for client in self._around.clients if client.id == party.name), None)
        own = self._clients_of(party.name)
        return next(iter(choose_clients(own, [party.host], ())), None) if party.host else None

    def clients_of(self, email: str) -> Optional[list[Client]]:
        """Return the clients of a user, None where they are not shown to this one."""
        return self._clients_of(email) if self.shown(email) else None

    def shown(self, email: str) -> bool:
        """Whether the clients of that user would be shown: which an employee sees is not documented."""
        mine = (self._around.settings.api_user or "").casefold()
        others = (client for client in self._around.clients if client.type != SERVER)
        return (
            email.casefold() == mine
            or self._around.role == "admin"
            or any(client.user.casefold() != mine for client in others if client.user)
        )

    def _clients_of(self, email: str) -> list[Client]:
        return [
            client
            for client in self._around.clients
            if client.type != SERVER and client.user.casefold() == email.casefold()
        ]

    def _named(self, email: str) -> str:
        return ", ".join(sorted(client.code for client in self._clients_of(email)))

    def _party(self, client: Client) -> Party:
        mine = client.user.casefold() == (self._around.settings.api_user or "").casefold()
        if mine or not _HOST.fullmatch(client.code):
            return Party(parties.CLIENT, client.id)
        return Party(parties.USER, client.user, client.code)

    def _key(self, party: Party) -> Optional[tuple[str, str]]:
        """Return user and host of a machine in one spelling, None where *party* is none, or is not shown."""
        if party.kind == parties.USER and party.host:
            return party.name.casefold(), short_name(party.host)
        client = self.client_of(party) if party.kind == parties.CLIENT else None
        return (client.user.casefold(), short_name(client.code)) if client is not None else None

    def _fits(self, location: Location, email: str, host: str) -> bool:
        name = location.name.casefold()
        if not (name.endswith(f".{host}") or f".{host}." in name):  # before anybody is asked
            return False
        return any(each.casefold() == email and short_name(at) == host for each, at in self._readings(location.name))

    def _readings(self, name: str) -> list[tuple[str, str]]:
        """Return the (e-mail address, host) that *name* of a staging location may mean: user names have dots, too."""
        if name not in self._read_names:
            self._read_names[name] = list(self._read(_cuts(name)))
        return self._read_names[name]

    @cached_property
    def _people(self) -> dict[str, str]:
        """The e-mail addresses of ftrack's users that have a staging location, by user name; asked for all at once."""
        staging = (location.name for location in self._around.locations if location.is_staging)
        return self._around.people(sorted({user for name in staging for user in _cuts(name)}))

    def _read(self, users: dict[str, str]) -> Iterator[tuple[str, str]]:
        for user, host in users.items():
            if user in self._people:
                yield self._people[user], host
            elif "@" in user and self._clients_of(user):
                yield user, host


def _cuts(name: str) -> dict[str, str]:
    """Return each user that *name* of a staging location may begin with, and the host that then follows."""
    dots = [index for index, letter in enumerate(name) if letter == "." and 0 < index < len(name) - 1]
    return {name[:dot]: name[dot + 1 :] for dot in dots}
