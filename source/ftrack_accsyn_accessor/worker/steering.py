"""Does in accsyn what people asked for in the outbox: running sync jobs are paused with it, and resumed with it."""

from __future__ import annotations

import logging

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.control import STILL
from ftrack_accsyn_accessor.outbox.tracking import TrackedJob
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)


class Steering:
    """For one thread only, whoever holds the outbox's lock. May raise `errors.WorkspaceError` or `errors.OutboxError`.

    Jobs that somebody paused in accsyn are left alone, and so are those that somebody resumed there meanwhile.
    """

    def __init__(self, outbox: Outbox, workspace: Workspace) -> None:
        self._outbox = outbox
        self._control = outbox.control
        self._workspace = workspace
        self._told: set[int] = set()

    def step(self) -> None:
        """Bring accsyn's jobs to where the outbox wants them."""
        if self._control.paused() is not None:
            self._pause()
        else:
            self._resume()

    def _pause(self) -> None:
        for job in self._outbox.tracking.live_jobs():
            if job.row.id not in self._told and job.status not in STILL:
                self._pause_job(job)
                self._told.add(job.row.id)

    def _pause_job(self, job: TrackedJob) -> None:
        # Written down first: a job that is paused without anybody knowing would stay so for ever.
        self._control.keep_paused_jobs({*self._control.paused_jobs(), job.row.id})
        try:
            self._workspace.set_job_status(job.row.accsyn_id, "paused")
            self._outbox.tracking.saw_job(job.row.id, "paused")
        except errors.Refused as error:
            self._control.keep_paused_jobs(self._control.paused_jobs() - {job.row.id})
            logger.warning("%s It goes on although syncing is paused.", error)

    def _resume(self) -> None:
        self._told.clear()
        for row_id in sorted(self._control.paused_jobs()):
            row = self._outbox.job_by_id(row_id)
            job = self._workspace.get_job(row.accsyn_id) if row is not None and row.accsyn_id else None
            if job is not None and job.status == "paused":
                try:
                    self._workspace.set_job_status(job.id, "waiting")
                    self._outbox.tracking.saw_job(row_id, "waiting")
                except errors.Refused as error:
                    logger.warning("%s Resume it in accsyn.", error)
            self._control.keep_paused_jobs(self._control.paused_jobs() - {row_id})
