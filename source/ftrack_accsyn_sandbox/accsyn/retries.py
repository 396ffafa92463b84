"""What accsyn retries by itself (accsyn fact sheet, sections 7 and 8); nothing unless settings say so."""

from __future__ import annotations

import time
from typing import Optional

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.entities import Job
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

MAX_RETRIES = "job_max_retries"
DELAY_S = "job_autoretray_delay_s"  # the misspelling is accsyn's


def retry(workspace: Workspace, job: Job) -> bool:
    """Queue the failed tasks of a failed job again, if its settings leave it a retry; tell whether they did.

    The caller holds the workspace's lock.
    """
    if not _has_retry_left(workspace, job):
        return False
    job.retries += 1
    for task in job.tasks:
        if task.status == "failed":
            task.requeue()
    jobs.settle(job)
    return True


def due_in_s(workspace: Workspace, job: Job) -> Optional[float]:
    """Return the seconds until *job* is to be retried, 0 or less when it is time, None when it never will be.

    How the delay grows is not known beyond "exponential"; here it doubles with each retry. Without a delay in the
    settings only `Engine.retry_failed` retries: what accsyn takes then is not known either.
    """
    delay_s = _number(_settings(workspace, job).get(DELAY_S))
    if delay_s is None or not _has_retry_left(workspace, job):
        return None
    return job.failed_at_s + delay_s * 2.0**job.retries - time.monotonic()


def _has_retry_left(workspace: Workspace, job: Job) -> bool:
    if job.status != "failed" or job.archived or job.ending == jobs.HOOK_FAILED:
        return False
    return job.retries < (_number(_settings(workspace, job).get(MAX_RETRIES)) or 0)


def _settings(workspace: Workspace, job: Job) -> dict[str, str]:
    return {**workspace.inherited_settings(job), **job.settings}


def _number(text: Optional[str]) -> Optional[float]:
    """Return the number that a setting spells; what spells none counts as not set."""
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None
