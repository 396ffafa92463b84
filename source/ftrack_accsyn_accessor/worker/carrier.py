"""Brings items to accsyn with the settings of the moment: connection, endpoint, submission.

On the worker's thread only.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable, Optional, Union

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors, parties, retry, settings
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Reason, Studio
from ftrack_accsyn_accessor.model.pacing import OLD_S, Pace
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, attention
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.archiving import Archiving
from ftrack_accsyn_accessor.worker.asked import Asked
from ftrack_accsyn_accessor.worker.cancelling import Cancelling
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.delivering import Delivering
from ftrack_accsyn_accessor.worker.endpoint import Endpoints, connect, known_here
from ftrack_accsyn_accessor.worker.intake import Intake
from ftrack_accsyn_accessor.worker.lookup import ReadJobs
from ftrack_accsyn_accessor.worker.priorities import Priorities
from ftrack_accsyn_accessor.worker.retention import Retention
from ftrack_accsyn_accessor.worker.settling import Settling
from ftrack_accsyn_accessor.worker.steering import Steering
from ftrack_accsyn_accessor.worker.submission import Submission
from ftrack_accsyn_accessor.worker.tracker import Tracker
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)


class Carrier:
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
        self._server_url = server_url
        self._clock = clock
        self._monotonic = monotonic
        self._intake = Intake(outbox, area, self._opened_registrations, server_url, clock, monotonic)
        self._settling = Settling(outbox, owners, server_url, self._opened_registrations, clock, monotonic)
        self._claims = Claims(outbox, self._opened_registrations, clock)
        self._endpoints = Endpoints(outbox, self._opened_registrations, clock, monotonic)
        self._retention = Retention(outbox, area, read_settings, clock, monotonic)
        self._archiving = Archiving(outbox, clock, monotonic)
        self._may_free = False
        self._steering: Optional[Steering] = None
        self._cancelling: Optional[Cancelling] = None
        self._priorities: Optional[Priorities] = None
        self._read_jobs: ReadJobs = {}
        self._settings: Optional[Settings] = None
        self._workspace: Optional[Workspace] = None
        self._registrations: Optional[Registrations] = None
        self._recovered = 0
        self._tracker: Optional[Tracker] = None
        self._pace = Pace()
        self._attended = False
        self._refusals = 0

    def changed(self) -> bool:
        """Read the settings anew; return whether they, or who asks ftrack, differ from those before.

        New ones get new connections.
        """
        current = self._read_settings()
        if current == self._settings:
            return self._renewed()
        if current.problems:
            announce.once(logger, logging.WARNING, settings.describe(current.problems))
        self._settings = current
        self._endpoints.reads(current)
        self._disconnect()
        self._renewed()
        return True

    def _renewed(self) -> bool:
        """Give up the connection to ftrack where a session of the process has come with newer credentials."""
        if self._registrations is None:
            return False
        newest = self._open_registrations()
        if newest.connection.credentials == self._registrations.connection.credentials:
            return False
        self.close()
        self._registrations = newest
        return True

    def close(self) -> None:
        """Give all connections back."""
        self._disconnect()
        if self._registrations is not None:
            self._registrations.close()
            self._registrations = None

    def may_settle(self) -> bool:
        """Whether withdrawn items, or what could not be queued, are to be looked at, though no item is unsettled."""
        return self._settling.due() or self._intake.waiting()

    def settle(self) -> None:
        """Find out what became of items that stayed prepared."""
        if self._intake.waiting():
            self._intake.step()
        self._settling.step()
        self._ask_ftrack_again()

    @property
    def studio(self) -> Studio:
        """Whose items are carried at the moment."""
        if self._settings is None:
            self.changed()
        assert self._settings is not None  # noqa: S101 - `changed` has read them
        return Studio(self._server_url(), self._settings.workspace or "")

    # Submission.

    def steer(self) -> bool:
        """Take back, pause, resume or put first in accsyn what the outbox asks for; return whether nothing may go."""
        requests, past = self._outbox.requests, self._outbox.past
        endangered = requests.to_take_back(self.studio) or requests.endangering(self.studio, known_here(self._outbox))
        if endangered or past.to_exclude(self.studio):
            if self._cancelling is None:
                workspace = self._opened_workspace(self._complete_settings())
                self._cancelling = Cancelling(self._outbox, workspace, self.studio, self._clock, self._monotonic)
            self._cancelling.step()
            self._read_jobs.clear()
        paused = self._outbox.control.paused() is not None
        if paused or self._outbox.control.paused_jobs():
            if self._steering is None:
                self._steering = Steering(self._outbox, self._opened_workspace(self._complete_settings()))
            self._steering.step()
        untold = self._outbox.control.untold(self.studio)
        if untold:
            if self._priorities is None:
                workspace = self._opened_workspace(self._complete_settings())
                self._priorities = Priorities(self._outbox, workspace, self._monotonic)
            self._priorities.tell(untold)
        return paused

    def submit(self, items: list[Item]) -> Optional[errors.AccsynAccessorError]:
        """Submit *items*; raise what concerns all of them, return what kept this process from sending some of them."""
        current = self._complete_settings()
        workspace = self._opened_workspace(current)
        if all(self._clock() - item.created_at > OLD_S for item in items):
            self._pace.calm(self._monotonic())
        try:
            workspace.check_role()
            return self._submit_groups(items)
        except errors.Refused as error:  # it concerns this machine, not one of the items
            raise _not_ready(error) from error
        except errors.NotReady:
            self._endpoints.forget()
            workspace.close()  # a role is known from the login: only a new one shows that it was changed
            raise
        except errors.Unauthorised:
            self._endpoints.forget()  # whoever is let in next may be told something else
            raise
        finally:
            self._take_a_rest(workspace)

    def _submit_groups(self, items: Sequence[Item]) -> Optional[errors.AccsynAccessorError]:
        """Submit *items*, those with the same ends and reason together; one group that cannot be sent stops no other.

        Return the first that was in the way of some.
        """
        groups: dict[tuple[object, ...], list[Item]] = {}
        requests = self._outbox.requests.asked(item.request for item in items if item.reason is not Reason.PUBLISH)
        for item in items:
            groups.setdefault(_way(item, requests), []).append(item)
        homeless: list[errors.AccsynAccessorError] = []
        unready: list[errors.AccsynAccessorError] = []
        for group in groups.values():
            try:
                published = group[0].reason is Reason.PUBLISH
                submission = self._submission(group) if published else self._asked(group, requests)
                unready += filter(None, [submission.submit(group)])
            except errors.Unserved as error:
                announce.once(logger, logging.WARNING, str(error))
                self._outbox.delay(group, error, self._clock() + retry.delay(error, 1, 0.0, 0.0))
            except (errors.Refused, errors.NotReady, errors.RegistrationError) as error:
                failure = _not_ready(error) if isinstance(error, errors.Refused) else error
                homeless.append(failure)
                if len(groups) > 1:
                    self._outbox.delay(group, failure, self._clock() + retry.delay(failure, 1, 0.0, 0.0))
        if len(homeless) == len(groups):
            raise homeless[0]
        return next(iter((*unready, *homeless)), None)

    def _submission(self, items: Sequence[Item]) -> Submission:
        """Return the way of what was published into one staging location of this machine."""
        current, workspace = self._complete_settings(), self._opened_workspace(self._complete_settings())
        client = self._endpoints.source(workspace, current)
        location_id = items[0].publication.location_id
        return Submission(
            outbox=self._outbox,
            area=self._area,
            workspace=workspace,
            claims=self._claims,
            client_id=client.id,
            destination=self._endpoints.destination(workspace, current, location_id, client.id),
            studio=self.studio,
            queue=current.queue,
            clock=self._clock,
        )

    def _asked(self, items: Sequence[Item], requests: Mapping[int, Request]) -> Union[Submission, Delivering]:
        """Return the way of what was asked for, all with the ends of the first of *items*."""
        current, workspace = self._complete_settings(), self._opened_workspace(self._complete_settings())
        source, destination = items[0].source, items[0].destination
        ours = bool(self._area.root) and _is_client(source, destination)
        client = self._endpoints.here(workspace, current) if ours else None
        here = f"client={client.id}" if client is not None else ""
        if items[0].reason is Reason.GET and destination.party != here:
            outcome = "it is not this machine's accsyn client, or this machine has no staging area"
            raise errors.Unserved("fetch", destination.party, outcome, "Fetch it on that machine.")
        request = requests.get(items[0].request or 0)
        asked = Asked(
            self._outbox, self._area, self._claims, (source, destination), requests, here, current.volume, self._clock
        )
        if parties.recipient(destination.party):
            return Delivering(self._outbox, workspace, asked, self.studio, self._clock)
        return Submission(
            outbox=self._outbox,
            area=self._area,
            workspace=workspace,
            claims=self._claims,
            client_id="",
            destination=destination,
            studio=self.studio,
            queue=request.queue if request is not None else None,
            clock=self._clock,
            asked=asked,
            source=source,
            read=self._read_jobs,
        )

    # Tracking.

    @property
    def calls(self) -> int:
        """How many calls accsyn was sent over the present connection."""
        return self._workspace.calls if self._workspace is not None else 0

    def track(self) -> Optional[float]:
        """Follow what is on its way; return the seconds until there is more to do, None while nothing is."""
        self._archiving.step()
        current = self._complete_settings()
        workspace = self._opened_workspace(current)
        if self._tracker is None:
            registrations = self._opened_registrations()
            self._tracker = Tracker(
                self._outbox,
                self._area,
                workspace,
                registrations,
                current,
                self._clock,
                self._monotonic,
                self._paced,
            )
        attended = attention.is_given(self._outbox.path, self._clock())
        if attended and not self._attended:
            self._tracker.look_soon()
        self._attended = attended
        try:
            with contextlib.suppress(errors.Refused):  # what runs is followed, whatever accsyn says of its ends
                client = self._endpoints.look(workspace, current) if self._area.root else None
                if client is not None:
                    self._tracker.leave_behind(client)
            return self._step(self._tracker)
        finally:
            self._take_a_rest(workspace)

    def _step(self, tracker: Tracker) -> Optional[float]:
        try:
            return tracker.step()
        finally:
            self._ask_ftrack_again()

    def _paced(self, wanted_s: float, calls: int, took_s: float) -> float:
        """Return the pause after a look; see `tracker.Paced`."""
        chance = random.random()  # noqa: S311 - jitter
        return self._pace.looked(wanted_s, calls, self._monotonic(), chance, self._attended, took_s)

    def _take_a_rest(self, workspace: Workspace) -> None:
        """Give the line back until the next time; take note of what was refused."""
        if workspace.refusals > self._refusals:
            self._refusals = workspace.refusals
            self._pace.refused(self._monotonic())
        workspace.rest()

    @property
    def refused(self) -> Optional[errors.AccsynAccessorError]:
        """Why what has arrived cannot be registered by this process, where another one may be able to."""
        return self._registrations.connection.refused if self._registrations is not None else None

    def _ask_ftrack_again(self) -> None:
        """Make due what waits because ftrack could not be asked, once it has answered again."""
        recovered = self._opened_registrations().connection.recovered
        if recovered != self._recovered:
            self._recovered = recovered
            self._outbox.wake(errors.RegistrationError.kind)

    # Retention.

    def may_tidy(self) -> bool:
        """Whether it is time to look for staged files, or items, that have been at their destination for so long."""
        self._may_free = self._retention.due()
        return self._may_free or self._archiving.due()

    def tidy(self) -> None:
        """Free the files, and give the connection back; move the items to the archive."""
        self._archiving.step()
        if not self._may_free:
            return
        self._retention.step(self._opened_registrations(), self._opened_workspace(self._complete_settings()))
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
        self._endpoints.forget()
        self._steering = self._cancelling = self._priorities = None
        self._read_jobs.clear()
        if self._tracker is not None:
            self._tracker.close()
            self._tracker = None
        if self._workspace is not None:
            self._workspace.close()
            self._workspace, self._refusals = None, 0


def _way(item: Item, requests: Mapping[int, Request]) -> tuple[object, ...]:
    """Return what *item* has in common with those that are submitted together with it."""
    if item.reason is Reason.PUBLISH:
        return (item.reason, item.publication.location_id)
    request = requests.get(item.request or 0)
    return (item.reason, item.source, item.destination, request.queue if request is not None else "")


def _not_ready(error: errors.Refused) -> errors.NotReady:
    """Return what accsyn refused to tell of this machine's ends as what it is: no fault of the items."""
    return errors.NotReady(error.tried, error.on, error.outcome, error.remedy)


def _is_client(*ends: Endpoint) -> bool:
    """Whether one of *ends* is an accsyn client, which may be this machine's."""
    return any(end.party.startswith("client=") for end in ends)
