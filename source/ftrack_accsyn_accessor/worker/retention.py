"""Frees in the background what has been at its destination for FTRACK_ACCSYN_RETENTION_DAYS."""

from __future__ import annotations

import logging
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.upkeep.cleaner import Cleaner
from ftrack_accsyn_accessor.upkeep.policy import DAY_S, Policy
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: A process that starts has better to do; later, once in an hour is enough for something that is counted in days.
FIRST_S = 120.0
AGAIN_S = 3600.0
#: Items looked at in one go, after which others get their turn.
AT_ONCE = 100
SOON_S = 30.0


class Retention:
    """For the worker's thread while it has nothing else to do, with the outbox's lock held for `step`."""

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        read_settings: Callable[[], Settings],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._read_settings = read_settings
        self._clock = clock
        self._monotonic = monotonic
        self._due_at = monotonic() + FIRST_S
        #: Items that are not as published at their destination: looked at once in the life of a process.
        self._stay: set[int] = set()

    def due(self) -> bool:
        """Whether there may be something to free now. Costs nothing until an hour has passed."""
        if self._monotonic() < self._due_at:
            return False
        self._due_at = self._monotonic() + AGAIN_S
        policy = self._policy()
        return policy is not None and self._outbox.resting.any_synced(self._clock() - (policy.older_than_s or 0.0))

    def step(self, registrations: Registrations, workspace: Workspace) -> None:
        """Free some. May raise `errors.StagingGone` and `errors.OutboxError`; that ftrack cannot be asked is logged."""
        policy = self._policy()
        if policy is None:
            return
        connection = registrations.connection
        studio = Studio(connection.credentials.server_url, self._read_settings().workspace or "")
        cleaner = Cleaner(self._outbox, self._area, connection, workspace, studio)
        tried = 0
        try:
            for candidate in cleaner.plan(policy, self._clock()):
                if candidate.objection or candidate.item.id in self._stay:
                    continue
                if cleaner.free(candidate).objection and not cleaner.blind:
                    self._stay.add(candidate.item.id)
                tried += 1
                if cleaner.blind or tried >= AT_ONCE:
                    self._due_at = self._monotonic() + (AGAIN_S if cleaner.blind else SOON_S)
                    return
        except errors.RegistrationError as error:
            announce.once(logger, logging.WARNING, f"Staged files were not freed. {error}")

    def _policy(self) -> Optional[Policy]:
        days = self._read_settings().retention_days
        return Policy(older_than_s=days * DAY_S) if days is not None else None
