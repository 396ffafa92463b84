"""Brings entries to accsyn with the settings of the moment: connection, endpoint, submission.

On the uploader's thread only.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Callable, Optional

from ftrack_accsyn_accessor import announce, machine
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors, settings
from ftrack_accsyn_accessor.model.entry import Entry
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.transfer import Destination
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.confirmation import Confirmation
from ftrack_accsyn_accessor.worker.presence import Presence
from ftrack_accsyn_accessor.worker.retention import Retention
from ftrack_accsyn_accessor.worker.steering import Steering
from ftrack_accsyn_accessor.worker.submission import Submission
from ftrack_accsyn_accessor.worker.tracker import Tracker
from ftrack_accsyn_accessor.workspace import Credentials, Workspace

logger = logging.getLogger(__name__)

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
        server_url: Callable[[], str],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._read_settings = read_settings
        self._open_registrations = registrations
        self._clock = clock
        self._monotonic = monotonic
        self._confirmation = Confirmation(outbox, owners, server_url, self._opened_registrations, clock, monotonic)
        self._presence = Presence(outbox, clock, monotonic)
        self._retention = Retention(outbox, area, read_settings, clock, monotonic)
        self._steering: Optional[Steering] = None
        self._settings: Optional[Settings] = None
        self._workspace: Optional[Workspace] = None
        self._registrations: Optional[Registrations] = None
        self._submission: Optional[Submission] = None
        self._submission_until = 0.0
        self._tracker: Optional[Tracker] = None

    def changed(self) -> bool:
        """Read the settings anew; return whether they differ from those before. New ones get a new connection."""
        current = self._read_settings()
        if current == self._settings:
            return False
        if current.problems:
            announce.once(logger, logging.WARNING, settings.describe(current.problems))
        self._settings = current
        self._presence.reads(current)
        self._disconnect()
        return True

    def close(self) -> None:
        """Give all connections back."""
        self._disconnect()
        if self._registrations is not None:
            self._registrations.close()
            self._registrations = None

    def settle(self) -> None:
        """Find out what became of entries that stayed prepared."""
        self._confirmation.step()

    # Submission.

    def steer(self) -> bool:
        """Pause or resume running jobs as the outbox asks for; return whether nothing is to be submitted."""
        paused = self._outbox.control.paused() is not None
        if paused or self._outbox.control.paused_jobs():
            if self._steering is None:
                self._steering = Steering(self._outbox, self._opened_workspace(self._complete_settings()))
            self._steering.step()
        return paused

    def submit(self, entries: list[Entry]) -> None:
        """Submit *entries*; raise what concerns all of them."""
        current = self._complete_settings()
        if self._submission is None or self._monotonic() >= self._submission_until:
            try:
                self._submission = self._open_submission(current, entries[0].publication.location_id)
            except errors.Refused as error:  # it concerns this machine, not one of the entries
                raise errors.NotReady(error.tried, error.on, error.outcome, error.remedy) from error
            except errors.NotReady:
                self._disconnect()  # a role is known from the login: only a new one shows that it was changed
                raise
            self._submission_until = self._monotonic() + ENDPOINT_S
        try:
            self._submission.submit(entries)
        except (errors.NotReady, errors.Unauthorised):
            self._submission = None
            raise

    def _open_submission(self, current: Settings, location_id: str) -> Submission:
        workspace = self._opened_workspace(current)
        workspace.check_role()
        client = workspace.find_client(machine.hostname(), machine.mac_addresses(), current.client)
        self._presence.found(client)
        destination = find_destination(workspace, current, location_id, client.id, self._opened_registrations)
        self._presence.goes_to(destination)
        return Submission(
            outbox=self._outbox,
            area=self._area,
            workspace=workspace,
            client_id=client.id,
            volume=current.volume,
            destination=destination,
            queue=current.queue,
            clock=self._clock,
        )

    # Tracking.

    @property
    def calls(self) -> int:
        """How many calls accsyn was sent over the present connection."""
        return self._workspace.calls if self._workspace is not None else 0

    def track(self) -> Optional[float]:
        """Follow what is on its way; return the seconds until there is more to do, None while nothing is."""
        current = self._complete_settings()
        workspace = self._opened_workspace(current)
        if self._tracker is None:
            registrations = self._opened_registrations()
            self._tracker = Tracker(self._outbox, workspace, registrations, current, self._clock, self._monotonic)
        self._presence.look(workspace, current)
        return self._tracker.step()

    # Retention.

    def may_tidy(self) -> bool:
        """Whether it is time to look for staged files that have been at their destination for long enough."""
        return self._retention.due()

    def tidy(self) -> None:
        """Free them, and give the connection back."""
        self._retention.step(self._opened_registrations())
        self.close()

    # Connections.

    def _complete_settings(self) -> Settings:
        if self._settings is None or not self._settings.complete:
            self.changed()
        assert self._settings is not None  # noqa: S101 - `changed` has read them
        if not self._settings.complete:
            raise errors.SettingsError("submit", outcome=settings.describe(self._settings.problems))
        return self._settings

    def _opened_workspace(self, current: Settings) -> Workspace:
        if self._workspace is None:
            self._workspace = connect(current)
        return self._workspace

    def _opened_registrations(self) -> Registrations:
        if self._registrations is None:
            self._registrations = self._open_registrations()
        return self._registrations

    def _disconnect(self) -> None:
        self._submission = None
        self._steering = None
        if self._tracker is not None:
            self._tracker.close()
            self._tracker = None
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None


def connect(current: Settings) -> Workspace:
    """Return the door to the workspace that *current* names; it connects at the first question."""
    credentials = Credentials(current.workspace or "", current.api_user or "", current.api_key or "")
    return Workspace(credentials, proxy=current.proxy, tls_verify=current.tls_verify)


def find_destination(
    workspace: Workspace,
    current: Settings,
    location_id: str,
    client_id: str,
    registrations: Callable[[], Registrations],
) -> Destination:
    """Return where files of a location go: what the environment says, else what accsyn's ftrack integration says.

    *registrations* is called where a location has to be found in ftrack by its name. Raise `errors.NotReady` when there
    is no destination, and what accsyn or ftrack raise.
    """
    wanted = current.destination_location or ""
    if current.destination is not None:
        return Destination(current.destination, _location_id(registrations(), wanted) if wanted else "", wanted)
    found = workspace.destination(location_id, client_id)
    if found is None:
        raise errors.NotReady(
            "find the destination of published files",
            f"workspace {current.workspace}",
            "accsyn's ftrack integration names none",
            "Set one up in accsyn's ftrack integration, or set FTRACK_ACCSYN_DESTINATION.",
        )
    if wanted:
        return Destination(found.party, _location_id(registrations(), wanted), wanted)
    return found


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
