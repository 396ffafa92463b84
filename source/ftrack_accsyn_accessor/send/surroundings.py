"""What ftrack and accsyn have that an endpoint may be: asked for when needed, once, and remembered."""

from __future__ import annotations

import contextlib
import difflib
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model import parties, paths
from ftrack_accsyn_accessor.model.accsyn import Client, Grant, Site, User, Volume
from ftrack_accsyn_accessor.model.claims import STAGING_DESCRIPTION
from ftrack_accsyn_accessor.model.errors import RegistrationRefused, Unresolved
from ftrack_accsyn_accessor.model.item import NOWHERE, Endpoint
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.model.paths import Root, Scenario
from ftrack_accsyn_accessor.model.settings import Settings, local_folders
from ftrack_accsyn_accessor.workspace import Workspace

#: Of many locations and sites, so many are named that what somebody meant may be among them.
_MOST_CLOSE = 4
#: For so many staging locations accsyn's integration is asked for a destination.
_MOST_ASKED = 3


class Location(NamedTuple):
    """A location of ftrack."""

    id: str
    name: str
    label: str
    is_staging: bool


class Surroundings:
    """For one thread. What is read of it for the first time may raise what accsyn and ftrack raise."""

    def __init__(
        self, connection: FtrackConnection, workspace: Workspace, current: Settings, environ: Mapping[str, str]
    ) -> None:
        self.connection = connection
        self.workspace = workspace
        self.settings = current
        self._environ = environ
        self._users: dict[str, Optional[User]] = {}
        self._integration: Optional[Endpoint] = None
        self._servers: dict[str, Optional[list[Client]]] = {}

    # ftrack

    @cached_property
    def locations(self) -> list[Location]:
        """All locations of ftrack."""
        rows = self.connection.query("select id, name, label, description from Location order by id")
        return [
            Location(row["id"], row["name"] or "", row["label"] or "", row["description"] == STAGING_DESCRIPTION)
            for row in rows
        ]

    def location(self, text: str) -> Optional[Location]:
        """Return the location with this id or name, else the one with this label; raise Unresolved for several."""
        for attribute in ("id", "name", "label") if text else ():
            found = [each for each in self.locations if getattr(each, attribute).casefold() == text.casefold()]
            exact = [each for each in found if getattr(each, attribute) == text]
            found = exact if len(exact) == 1 else found
            if len(found) > 1:
                names = ", ".join(sorted(f"{each.name} ({each.id})" for each in found))
                raise Unresolved("find the ftrack location", text, f"several are called so: {names}", "Name its id.")
            if found:
                return found[0]
        return None

    @cached_property
    def scenario(self) -> Optional[Scenario]:
        """ftrack's centralised storage, None where ftrack is not set to it."""
        with contextlib.suppress(RegistrationRefused):  # whether everybody may read settings is not known
            return self._scenario()
        return None

    def _scenario(self) -> Optional[Scenario]:
        rows = self.connection.query(
            'select value from Setting where name is "storage_scenario" and group is "STORAGE"'
        )
        return next(filter(None, (paths.storage_scenario(row["value"] or "") for row in rows)), None)

    def people(self, names: Iterable[str]) -> dict[str, str]:
        """Return the e-mail addresses of ftrack's users by those of *names* that are their user names.

        One request for each `connection.BATCH` names.
        """
        rows = []
        for wanted in quoted_batches(names):
            query = f"select username, email from User where username in ({wanted}) order by id"  # noqa: S608
            rows += self.connection.query(query)
        return {row["username"]: row["email"] or row["username"] for row in rows}

    # accsyn

    @cached_property
    def role(self) -> str:
        """The role of the user in accsyn."""
        return self.workspace.role()

    @cached_property
    def volumes(self) -> Optional[list[Volume]]:
        """The volumes, None where the user may not look."""
        return self.workspace.volumes()

    @cached_property
    def sites(self) -> Optional[list[Site]]:
        """The sites, None where the user may not look."""
        return self.workspace.sites()

    @cached_property
    def clients(self) -> list[Client]:
        """The clients that are shown to the user."""
        return self.workspace.clients() or []

    def servers_of(self, volume: str) -> Optional[list[Client]]:
        """Return the servers that serve a volume, None where the user may not look."""
        if volume not in self._servers:
            found = next((each for each in self.volumes or () if each.code == volume), None)
            self._servers[volume] = self.workspace.servers_of(found.id) if found is not None else None
        return self._servers[volume]

    @cached_property
    def grants(self) -> list[Grant]:
        """What the user was granted, as far as it is shown."""
        return self.workspace.grants() or []

    def user(self, email: str) -> Optional[User]:
        """Return a user; one of whom nothing is known where the user may not look, None where there is none."""
        key = email.casefold()
        if key not in self._users:
            found = self.workspace.users([email])
            unknown = User("", email, "", "", invited=False)
            self._users[key] = unknown if found is None else next(iter(found), None)
        return self._users[key]

    def integration(self, own_location: str) -> Optional[Endpoint]:
        """Return the destination that accsyn's ftrack integration names for staging locations, this machine's first.

        It may name none for those that it does not know yet: some are asked for, and none is made known to it.
        """
        if self._integration is None:
            staged = [location for location in self.locations if location.is_staging]
            staged.sort(key=lambda location: location.name != own_location)
            asked = (self.workspace.upload_destination(location.id) for location in staged[:_MOST_ASKED])
            self._integration = next(filter(None, asked), NOWHERE)
        return self._integration if self._integration != NOWHERE else None

    # Roots

    @cached_property
    def volume_roots(self) -> list[Root]:
        """The roots that accsyn has of its volumes."""
        return [root for volume in self.volumes or () for root in volume.roots]

    @cached_property
    def local_roots(self) -> list[Root]:
        """Where this machine has volumes, by the environment."""
        codes = dict.fromkeys([self.settings.volume, *(volume.code for volume in self.volumes or ())])
        platform = paths.PLATFORMS.get(sys.platform, paths.LINUX)
        return [Root(code, path, platform) for code, path in local_folders(self._environ, codes).items()]

    # Parties

    @property
    def main(self) -> Party:
        """The main site."""
        return Party(parties.MAIN, self.settings.workspace or parties.HQ)

    def party(self, text: str) -> Party:
        """Return the party that *text* names, in the spelling that accsyn has; raise ValueError for what is none."""
        return self.known(parties.parse(text, self.settings.workspace or ""))

    def known(self, party: Party) -> Party:
        """Return *party* in the spelling that accsyn has."""
        if party.kind == parties.MAIN:
            return self.main
        if party.kind == parties.SITE:
            found = next(
                (site for site in self.sites or () if party.name.casefold() in (site.id, site.code.casefold())), None
            )
            return party if found is None else self.site(found)
        return party

    def site(self, site: Site) -> Party:
        """Return the party that *site* is."""
        return self.main if site.main else Party(parties.SITE, site.code)

    def named(self, location: Location, text: str) -> Optional[Party]:
        """Return the site or user that *text*, the name or label of *location*, is that of; None for neither."""
        try:
            return self.party(text)
        except ValueError:
            found = list(self._sites_called(text))
        if len(found) > 1:
            codes = ", ".join(sorted(f"site={site.code}" for site in found))
            outcome, remedy = f"several sites are called so: {codes}", "Let FTRACK_ACCSYN_LOCATIONS say which."
            raise Unresolved("use the ftrack location", location.name, outcome, remedy)
        return self.site(found[0]) if found else None

    def _sites_called(self, text: str) -> Iterator[Site]:
        sites = self.sites or [] if text else []
        coded = [site for site in sites if site.code.casefold() == text.casefold()]
        yield from coded or [site for site in sites if site.name.casefold() == text.casefold()]

    def close_to(self, text: str) -> list[str]:
        """Return what somebody may have meant by *text*: locations and sites, by the names to use."""
        named = {site.code.casefold(): f"site={site.code}" for site in self.sites or ()}
        others = {location.name.casefold(): location.name for location in self.locations if location.name != text}
        named = {**others, **named}
        close = difflib.get_close_matches(text.casefold(), named, _MOST_CLOSE)
        within = [name for name in named if text.casefold() in name.split(".")]
        return [named[name] for name in dict.fromkeys([*close, *within])][:_MOST_CLOSE]
