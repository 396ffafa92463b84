"""Keeps in the outbox what accsyn says of this machine's client, and where its files go."""

from __future__ import annotations

import dataclasses
import time
from typing import Callable

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.model.errors import NotReady
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.transfer import Destination
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.facts import Endpoint, keep, kept
from ftrack_accsyn_accessor.workspace import Client, Workspace

#: How often accsyn is asked after the client while something is on its way: seldom, for it is one more call.
LOOK_S = 300.0
#: Words of ours for a machine that accsyn has no client of.
UNKNOWN = "unknown"


class Presence:
    """For the uploader's thread. Every method may raise `errors.OutboxError`."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._monotonic = monotonic
        self._look_at = 0.0

    def reads(self, current: Settings) -> None:
        """Keep who logs in to which workspace; what was known of another one is forgotten."""
        known = kept(self._outbox, Endpoint)
        mine = (current.workspace or "", current.api_user or "")
        if (known.workspace, known.api_user) != mine:
            keep(self._outbox, Endpoint(*mine))

    def found(self, client: Client) -> None:
        """Keep the client of this machine."""
        known = kept(self._outbox, Endpoint)
        now = self._clock()
        mine = dataclasses.replace(
            known, client_id=client.id, client=client.code, client_status=client.status, seen_at=now
        )
        keep(self._outbox, mine)
        self._look_at = self._monotonic() + LOOK_S

    def goes_to(self, destination: Destination) -> None:
        """Keep where files go."""
        known = kept(self._outbox, Endpoint)
        keep(self._outbox, dataclasses.replace(known, party=destination.party, destination=destination.location_name))

    def look(self, workspace: Workspace, current: Settings) -> None:
        """Ask after the client, if that is long ago; one call. May raise `errors.WorkspaceError`."""
        if self._monotonic() < self._look_at:
            return
        self._look_at = self._monotonic() + LOOK_S
        known = kept(self._outbox, Endpoint)
        try:
            client_id = current.client or known.client_id
            self.found(workspace.find_client(machine.hostname(), machine.mac_addresses(), client_id or None))
        except NotReady:
            keep(self._outbox, dataclasses.replace(known, client_status=UNKNOWN, seen_at=self._clock()))
