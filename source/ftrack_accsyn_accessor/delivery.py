"""Brings entries to accsyn with the settings of the moment: connection, endpoint, submission.

On the uploader's thread only.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Callable, Optional

from ftrack_accsyn_accessor import announce, errors, machine, settings
from ftrack_accsyn_accessor.entry import Entry
from ftrack_accsyn_accessor.locks import owner_is_alive
from ftrack_accsyn_accessor.outbox import Outbox, Prepared
from ftrack_accsyn_accessor.registrations import Registrations
from ftrack_accsyn_accessor.settings import Settings
from ftrack_accsyn_accessor.staging import StagingArea
from ftrack_accsyn_accessor.submission import Submission
from ftrack_accsyn_accessor.transfer import Destination
from ftrack_accsyn_accessor.workspace import Credentials, Workspace

logger = logging.getLogger(__name__)

#: After this long a registration that was not confirmed is looked up, even though its process lives.
CONFIRM_S = 30.0
#: What accsyn said about this machine's endpoint holds this long.
ENDPOINT_S = 3600.0


class Delivery:
    """The way of one outbox to accsyn.

    Every method may raise the errors of `errors`; none may be called on a host's thread.
    """

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        owners: Path,
        read_settings: Callable[[], Settings],
        registrations: Callable[[], Registrations],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._owners = owners
        self._read_settings = read_settings
        self._open_registrations = registrations
        self._clock = clock
        self._settings: Optional[Settings] = None
        self._workspace: Optional[Workspace] = None
        self._registrations: Optional[Registrations] = None
        self._submission: Optional[Submission] = None
        self._submission_until = 0.0
        self._settle_at = 0.0

    def changed(self) -> bool:
        """Read the settings anew; return whether they differ from those before. New ones get a new connection."""
        current = self._read_settings()
        if current == self._settings:
            return False
        if current.problems:
            announce.once(logger, logging.WARNING, settings.describe(current.problems))
        self._settings = current
        self._disconnect()
        return True

    def close(self) -> None:
        """Give all connections back."""
        self._disconnect()
        if self._registrations is not None:
            self._registrations.close()
            self._registrations = None

    # Prepared entries.

    def settle(self) -> None:
        """Find out what became of prepared entries whose process is gone, or which stayed so for long.

        Registered ones are to be submitted. The others were never published: their process died, or ftrack refused them.
        """
        now = self._clock()
        doubtful = [item for item in self._outbox.prepared() if self._is_doubtful(item, now)]
        if not doubtful or now < self._settle_at:
            return
        self._settle_at = now + CONFIRM_S
        try:
            self._settle(doubtful)
        except errors.RegistrationError as error:
            announce.once(logger, logging.WARNING, str(error))

    def _settle(self, items: list[Prepared]) -> None:
        if self._registrations is None:
            self._registrations = self._open_registrations()
        dropped = 0
        for location_id in {item.entry.publication.location_id for item in items}:
            here = [item for item in items if item.entry.publication.location_id == location_id]
            orphans = {item.entry.publication.component_id for item in here if self._is_orphan(item)}
            ids = {item.entry.publication.component_id for item in here}
            registered = self._registrations.registered(ids, location_id)
            self._outbox.activate(registered, location_id)
            dropped += self._outbox.cancel(orphans - registered, location_id)
        if dropped:
            logger.info("%d publish(es) ended before ftrack had registered them; they are not sent.", dropped)

    def _is_doubtful(self, item: Prepared, now: float) -> bool:
        return now - item.entry.updated_at > CONFIRM_S or self._is_orphan(item)

    def _is_orphan(self, item: Prepared) -> bool:
        return not owner_is_alive(self._owners, item.owner)

    # Submission.

    def submit(self, entries: list[Entry]) -> None:
        """Submit *entries*; raise what concerns all of them."""
        if self._settings is None or not self._settings.complete:
            self.changed()
        assert self._settings is not None  # noqa: S101 - `changed` has read them
        if not self._settings.complete:
            raise errors.SettingsError("submit", outcome=settings.describe(self._settings.problems))
        if self._submission is None or self._clock() >= self._submission_until:
            self._submission = self._open_submission(self._settings, entries[0].publication.location_id)
            self._submission_until = self._clock() + ENDPOINT_S
        try:
            self._submission.submit(entries)
        except errors.WorkspaceError:
            self._submission = None
            raise

    def _open_submission(self, current: Settings, location_id: str) -> Submission:
        if self._workspace is None:
            self._workspace = connect(current)
        workspace = self._workspace
        workspace.check_role()
        client = workspace.find_client(machine.hostname(), machine.mac_addresses(), current.client)
        return Submission(
            outbox=self._outbox,
            area=self._area,
            workspace=workspace,
            client_id=client.id,
            volume=current.volume,
            destination=self._destination(workspace, current, location_id, client.id),
            queue=current.queue,
            clock=self._clock,
        )

    def _destination(self, workspace: Workspace, current: Settings, location_id: str, client_id: str) -> Destination:
        """Return where files go: what the environment says, else what accsyn's ftrack integration says."""
        if current.destination is not None:
            name = current.destination_location or ""
            return Destination(current.destination, self._location_id(name) if name else "", name)
        found = workspace.destination(location_id, client_id)
        if found is None:
            raise errors.NotReady(
                "find the destination of published files",
                f"workspace {current.workspace}",
                "accsyn's ftrack integration names none",
                "Set one up in accsyn's ftrack integration, or set FTRACK_ACCSYN_DESTINATION.",
            )
        if current.destination_location:
            name = current.destination_location
            return Destination(found.party, self._location_id(name), name)
        return Destination(found.party, found.location_id, found.location_name)

    def _location_id(self, name: str) -> str:
        if self._registrations is None:
            self._registrations = self._open_registrations()
        found = self._registrations.location_id(name)
        if found is None:
            raise errors.NotReady(
                "find the destination location in ftrack",
                name,
                "there is none",
                "Correct FTRACK_ACCSYN_DESTINATION_LOCATION.",
            )
        return found

    def _disconnect(self) -> None:
        self._submission = None
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None


def connect(current: Settings) -> Workspace:
    """Return the door to the workspace that *current* names; it connects at the first question."""
    credentials = Credentials(current.workspace or "", current.api_user or "", current.api_key or "")
    return Workspace(credentials, proxy=current.proxy, tls_verify=current.tls_verify)
