"""Asks accsyn what `why` wants to know of it. Not for a host's thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Optional

from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.situation import Accsyn, Fault, Place
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Workspace

#: So many sync jobs are asked after, those with the most items first.
_MOST_JOBS = 5


def ask(current: Settings, wanted: Sequence[Row]) -> Accsyn:
    """Return what accsyn says about this machine's client and the jobs of *wanted*."""
    workspace = endpoint.connect(current, endpoint.SHORT_LIMIT_S)
    try:
        return _asked(workspace, current, wanted)
    except errors.WorkspaceError as error:
        return Accsyn(fault=Fault(error.kind, error.what, error.remedy))
    finally:
        workspace.close()


def _asked(workspace: Workspace, current: Settings, wanted: Sequence[Row]) -> Accsyn:
    workspace.check_role()
    known = Accsyn()
    if any(row.reason is Reason.PUBLISH for row in wanted):  # what was asked for goes from elsewhere, as a rule
        client = endpoint.find_client(workspace, current)
        known = Accsyn(client=client.code, client_status=client.status)
    job_ids = dict.fromkeys(row.job_id for row in wanted if row.state in rows.MOVING and row.job_id)
    places = {job_id: _place(workspace, job_id) for job_id in list(job_ids)[:_MOST_JOBS]}
    jobs = {job_id: place for job_id, place in places.items() if place is not None}
    return dataclasses.replace(known, jobs=jobs)


def _place(workspace: Workspace, job_id: str) -> Optional[Place]:
    job = workspace.get_job(job_id)
    if job is None:
        return None
    place = workspace.queue_place(job_id) if not job.finished else None
    if place is None:
        return Place(job.status)
    return Place(job.status, place.name, place.status, place.ahead)
