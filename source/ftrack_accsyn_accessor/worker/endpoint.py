"""Where this machine's files come from and go to, as accsyn and ftrack know it; asked seldom, kept in the outbox."""

from __future__ import annotations

import dataclasses
import functools
import time
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.accsyn import Client, is_id
from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, client_memory, probed
from ftrack_accsyn_accessor.outbox.facts import Link, keep, kept
from ftrack_accsyn_accessor.workspace import Workspace

#: What accsyn said of this machine's ends holds this long.
ENDPOINT_S = 3600.0
#: How often accsyn is asked after the client while something is on its way: seldom, for it is one more call.
LOOK_S = 300.0
#: The same while it was not online: it may have been installed anew, as another client.
OFFLINE_LOOK_S = 60.0
#: What a question may take in all, in seconds, where somebody waits for the answer.
SHORT_LIMIT_S = 10.0
#: Words of ours for a machine that accsyn has no client of.
UNKNOWN = "unknown"
_ELSEWHERE = "Name another one in FTRACK_ACCSYN_DESTINATION, or in accsyn's ftrack integration."


class _Known(NamedTuple):
    """A destination, and until when it holds (monotonic, in seconds)."""

    destination: Endpoint
    until: float


class Endpoints:
    """For the worker's thread. Every method may raise `errors.OutboxError`; those with a workspace what that raises."""

    def __init__(
        self,
        outbox: Outbox,
        registrations: Callable[[], Registrations],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._registrations = registrations
        self._clock = clock
        self._monotonic = monotonic
        self._client: Optional[Client] = None
        self._client_until = 0.0
        self._look_at = 0.0
        self._destinations: dict[str, _Known] = {}

    def reads(self, current: Settings) -> None:
        """Keep who logs in to which workspace; what was known of another one is forgotten."""
        self.forget()
        known = kept(self._outbox, Link)
        mine = (current.workspace or "", current.api_user or "")
        if (known.workspace, known.api_user) != mine:
            keep(self._outbox, Link(*mine))

    def forget(self) -> None:
        """Ask anew at the next question."""
        self._client, self._destinations = None, {}

    def source(self, workspace: Workspace, current: Settings) -> Client:
        """Return the accsyn client of this machine; raise `errors.NotReady` where there is none, or more than one."""
        if self._client is None or self._monotonic() >= self._client_until:
            return self._find_client(workspace, current)
        return self._client

    def here(self, workspace: Workspace, current: Settings) -> Optional[Client]:
        """Return the accsyn client of this machine, None where it has none, or more than one."""
        try:
            return self.source(workspace, current)
        except errors.NotReady:
            return None

    def destination(self, workspace: Workspace, current: Settings, location_id: str, client_id: str) -> Endpoint:
        """Return where files of an ftrack location go; see `find_destination`."""
        known = self._destinations.get(location_id)
        if known is not None and self._monotonic() < known.until:
            return known.destination
        found = find_destination(workspace, current, location_id, client_id, self._registrations)
        self._destinations[location_id] = _Known(found, self._monotonic() + ENDPOINT_S)
        link = kept(self._outbox, Link)
        keep(self._outbox, dataclasses.replace(link, party=found.party, destination=found.location_name))
        return found

    def look(self, workspace: Workspace, current: Settings) -> Optional[Client]:
        """Ask after the client, if that is long ago; return it when it was asked after, None otherwise. One call."""
        if self._monotonic() < self._look_at:
            return None
        self._look_at = self._monotonic() + OFFLINE_LOOK_S
        try:
            return self._find_client(workspace, current)
        except errors.NotReady:
            known = kept(self._outbox, Link)
            keep(self._outbox, dataclasses.replace(known, client_status=UNKNOWN, seen_at=self._clock()))
            return None

    def _find_client(self, workspace: Workspace, current: Settings) -> Client:
        client = find_client(workspace, current)
        now = self._monotonic()
        self._client = client
        self._client_until = now + (ENDPOINT_S if client.online else OFFLINE_LOOK_S)
        self._look_at = now + (LOOK_S if client.online else OFFLINE_LOOK_S)
        link = dataclasses.replace(
            kept(self._outbox, Link),
            client_id=client.id,
            client=client.code,
            client_status=client.status,
            seen_at=self._clock(),
        )
        keep(self._outbox, link)
        return client


def known_here(outbox: Outbox) -> str:
    """Return the accsyn party of this machine, as it was known last; empty where it is not known."""
    client_id = kept(outbox, Link).client_id
    return f"client={client_id}" if client_id else ""


def connect(current: Settings, limit_s: Optional[float] = None) -> Workspace:
    """Return the door to the workspace that *current* names; it connects at the first question.

    *limit_s* is what one question may take, by default what the longest answers need.
    """
    credentials = Credentials(current.workspace or "", current.api_user or "", current.api_key or "")
    assumptions = functools.partial(probed.assumptions, credentials.workspace, current.assume)
    return Workspace(
        credentials,
        proxy=current.proxy,
        tls_verify=current.tls_verify,
        limit_s=limit_s,
        assumptions=assumptions,
    )


def find_client(workspace: Workspace, current: Settings) -> Client:
    """Return the accsyn client of this machine, by any of its names, its MAC address, or as it was known earlier.

    Raise `errors.NotReady` where there is none, or more than one, and what accsyn raises.
    """
    mine = (machine.identity(), current.workspace or "", current.api_user or "")
    macs = machine.mac_addresses()
    client = workspace.find_client(machine.names(), macs, current.client, client_memory.known(*mine))
    client_memory.keep(*mine, client.id)
    return client


def find_destination(
    workspace: Workspace,
    current: Settings,
    location_id: str,
    client_id: str,
    registrations: Callable[[], Registrations],
) -> Endpoint:
    """Return where files of a location go: what the environment says, else what accsyn's ftrack integration says.

    *registrations* is called where a location has to be found in ftrack by its name. Raise `errors.NotReady` when there
    is no destination, or one that cannot be meant, and what accsyn or ftrack raise.
    """
    party, wanted = current.destination, current.destination_location or ""
    found: Optional[Endpoint] = Endpoint(party or "", "", "")
    if party is None:
        found = workspace.destination(location_id, client_id)
    elif workspace.party_exists(party) is False:
        raise _refused(party, "accsyn knows no such party", "Correct FTRACK_ACCSYN_DESTINATION.")
    if found is None:
        remedy = "Set one up in accsyn's ftrack integration, or set FTRACK_ACCSYN_DESTINATION."
        raise _refused(f"workspace {current.workspace}", "accsyn's ftrack integration names none", remedy)
    if _is_here(workspace, found.party, current.api_user or "", client_id):
        outcome = "it is this machine itself, so that nothing would ever leave it"
        raise _refused(
            found.party, outcome, "Name another one in FTRACK_ACCSYN_DESTINATION, or in accsyn's integration."
        )
    if wanted:
        found = Endpoint(found.party, _location_id(registrations(), wanted), wanted)
    if found.location_id == location_id:
        outcome = "it is the staging location itself, so that nothing would ever leave this machine"
        remedy = "Name another one in FTRACK_ACCSYN_DESTINATION_LOCATION, or in accsyn's ftrack integration."
        raise _refused(found.location_name or found.party, outcome, remedy)
    return found


def _is_here(workspace: Workspace, party: str, api_user: str, client_id: str) -> bool:
    """Whether *party* is the accsyn client of this machine, or its user on this machine or on any.

    A request is made where a client is named otherwise than by its id.
    """
    kind, separator, name = party.partition("=")
    if separator and kind == "client":
        if is_id(name) or name == client_id:
            return name == client_id
        mine = workspace.client(client_id)
        return mine is not None and mine.code.lower() == name.lower()
    email, host = "@".join(party.split("@")[:2]), "@".join(party.split("@")[2:])
    return email.lower() == api_user.lower() and host.lower() in ("", *map(str.lower, machine.names()))


def _refused(on: str, outcome: str, remedy: str) -> errors.NotReady:
    return errors.NotReady("find the destination of published files", on, outcome, remedy)


def _location_id(registrations: Registrations, name: str) -> str:
    found = registrations.location_id(name)
    if found is None:
        raise errors.NotReady(
            "find the destination location in ftrack",
            name,
            "there is none",
            "Correct FTRACK_ACCSYN_DESTINATION_LOCATION.",
        )
    return found
