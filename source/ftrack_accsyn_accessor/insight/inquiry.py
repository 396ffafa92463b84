"""Gathers what is known about something that should be moving, for `why`. Asks accsyn: not for a host's thread."""

from __future__ import annotations

import dataclasses
import time
from typing import Optional

from ftrack_accsyn_accessor.insight import remarks, requests, rows, status
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import Installation, find_installation
from ftrack_accsyn_accessor.insight.leading import obstacle
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.why import Accsyn, Fault, Situation
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason, State, Studio
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, unqueued
from ftrack_accsyn_accessor.staging.naming import naming_of
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Workspace

#: In this order the item is chosen that stands for everything.
_TELLING = (State.NEEDS_ATTENTION, State.PENDING, State.TRANSFERRING, State.SUBMITTED, State.PREPARED)
#: Of these accsyn has nothing to tell.
_SETTLED = (State.SYNCED, State.PREPARED, State.WITHDRAWN)
#: Items looked at in one go.
_PAGE = 500


def gather(current: Settings, api_user: str, asked: str = "") -> Situation:
    """Return what is known about *asked*, a component id or a path, or about everything. A handful of accsyn calls."""
    situation = Situation(
        now=time.time(),
        asked=asked,
        disabled=current.disabled,
        problems=current.problems,
        staging_variable=current.staging_variable,
        staging_path=current.staging_path,
    )
    if current.disabled:
        return situation
    try:
        here = find_installation(current, api_user)
    except errors.OutboxError:
        return situation
    if here.outside:
        if not here.has_outbox:
            return situation
        situation = dataclasses.replace(situation, problems=here.settings.problems, outside=True)
    try:
        return _with_outbox(situation, here)
    except errors.OutboxError as error:
        present = here.staging_present
        return dataclasses.replace(situation, staging_present=present, outbox_fault=_fault(error))


def _with_outbox(situation: Situation, here: Installation) -> Situation:
    if not here.has_outbox:
        return dataclasses.replace(situation, staging_present=here.staging_present, absence=absence(here))
    outbox = here.outbox()
    try:
        return _with_items(situation, here, outbox)
    finally:
        outbox.close()


def _with_items(situation: Situation, here: Installation, outbox: Outbox) -> Situation:
    studio, asked = here.studio, situation.asked
    row = _named(outbox, asked, studio) if asked else _telling(outbox, studio)
    known = dataclasses.replace(
        situation,
        staging_present=here.is_present(outbox),
        summary=status.summary(outbox, studio),
        row=row,
        unqueued=_unqueued(outbox, asked) if asked and row is None else None,
        worker_alive=here.worker_alive(),
        obstacle=obstacle(outbox.path, studio),
    )
    others = row is not None and row.cause_kind == Topic.OTHER_STUDIO.value
    if row is None or row.state in _SETTLED or others or situation.problems:
        return known
    return dataclasses.replace(known, accsyn=ask(here.settings, row))


def ask(current: Settings, row: Row) -> Accsyn:
    """Return what accsyn says about this machine's client and the job of *row*."""
    workspace = endpoint.connect(current, endpoint.SHORT_LIMIT_S)
    try:
        return _asked(workspace, current, row)
    except errors.WorkspaceError as error:
        return Accsyn(fault=_fault(error))
    finally:
        workspace.close()


def _asked(workspace: Workspace, current: Settings, row: Row) -> Accsyn:
    workspace.check_role()
    known = Accsyn()
    if row.reason is Reason.PUBLISH:  # what was asked for goes from a place that is not this machine, as a rule
        client = endpoint.find_client(workspace, current)
        known = Accsyn(client=client.code, client_status=client.status)
    if row.state not in rows.MOVING or not row.job_id:
        return known
    job = workspace.get_job(row.job_id)
    if job is None:
        return known
    place = workspace.queue_place(row.job_id) if not job.finished else None
    if place is None:
        return dataclasses.replace(known, job_status=job.status)
    return dataclasses.replace(
        known, job_status=job.status, queue=place.name, queue_status=place.status, ahead=place.ahead
    )


def _named(outbox: Outbox, asked: str, studio: Studio) -> Optional[Row]:
    """Return the item that is called *asked*; of a request the one that tells best why not all of it is there."""
    found = requests.numbered(outbox, asked, studio)
    ranks = {state: rank for rank, state in enumerate(_TELLING)}
    best = min(found, key=lambda each: ranks.get(each.state, len(ranks)), default=None)
    return best or rows.find(outbox, asked, studio)


def _telling(outbox: Outbox, studio: Studio) -> Optional[Row]:
    """Return the item of *studio* that tells best why not everything has arrived, None when everything of it has."""
    for state in _TELLING:
        for start in range(0, rows.count(outbox, (state,)), _PAGE):
            page = rows.rows(outbox, (state,), limit=_PAGE, offset=start, studio=studio)
            found = next((row for row in page if row.cause_kind != Topic.OTHER_STUDIO.value), None)
            if found is not None:
                return found
    return None


def _unqueued(outbox: Outbox, asked: str) -> Optional[Remark]:
    """Return why the component or staged file that was *asked* for could not be queued, None where that is not so."""
    path, naming = rows.relative_path(outbox, asked), naming_of(rows.area_of(outbox).staging_path)
    for each in unqueued.kept(outbox.path):
        known = {*each.component_ids, *(publication.component_id for publication in each.publications)}
        paths = {publication.path for publication in each.publications}
        paths |= {file.path for publication in each.publications for file in publication.files}
        if asked in known or (path and naming.key(path) in map(naming.key, paths)):
            return remarks.not_queued(outbox.path, each.words, each.count)
    return None


def _fault(error: errors.AccsynAccessorError) -> Fault:
    return Fault(error.kind, error.what, error.remedy)
