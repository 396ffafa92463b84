"""Gathers what is known about something that should be moving, for `why`. Asks accsyn: not for a host's thread."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Optional

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.place import Machine, find_machine
from ftrack_accsyn_accessor.insight.status import Row
from ftrack_accsyn_accessor.insight.why import Accsyn, Fault, Situation
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.entry import State
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.worker.delivery import connect
from ftrack_accsyn_accessor.workspace import Workspace

#: In this order the entry is chosen that stands for everything.
_TELLING = (State.NEEDS_ATTENTION, State.PENDING, State.TRANSFERRING, State.SUBMITTED, State.PREPARED)
_IN_ACCSYN = (State.SUBMITTED, State.TRANSFERRING)


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
    if current.disabled or current.staging_path is None:
        return situation
    here = find_machine(current, api_user)
    try:
        return _with_outbox(situation, here)
    except errors.OutboxError as error:
        present = here.staging_present
        return dataclasses.replace(situation, staging_present=present, outbox_fault=_fault(error))


def _with_outbox(situation: Situation, here: Machine) -> Situation:
    if not here.outbox_path.is_file():
        missing = None if not here.staging_present else _no_outbox(here)
        return dataclasses.replace(situation, staging_present=here.staging_present, outbox_fault=missing)
    outbox = here.outbox()
    try:
        return _with_entries(situation, here, outbox)
    finally:
        outbox.close()


def _with_entries(situation: Situation, here: Machine, outbox: Outbox) -> Situation:
    row = status.find(outbox, _absolute(situation.asked)) if situation.asked else _telling(outbox)
    known = dataclasses.replace(
        situation,
        staging_present=here.is_present(outbox),
        summary=status.summary(outbox),
        row=row,
        uploader_alive=here.uploader_alive(),
    )
    if row is None or row.state in (State.SYNCED, State.PREPARED) or situation.problems:
        return known
    return dataclasses.replace(known, accsyn=ask(here.settings, row))


def ask(current: Settings, row: Row) -> Accsyn:
    """Return what accsyn says about this machine's client and the job of *row*."""
    workspace = connect(current)
    try:
        return _asked(workspace, current, row)
    except errors.WorkspaceError as error:
        return Accsyn(fault=_fault(error))
    finally:
        workspace.close()


def _asked(workspace: Workspace, current: Settings, row: Row) -> Accsyn:
    workspace.check_role()
    client = workspace.find_client(machine.hostname(), machine.mac_addresses(), current.client)
    known = Accsyn(client=client.code, client_status=client.status)
    if row.state not in _IN_ACCSYN or not row.job_id:
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


def _telling(outbox: Outbox) -> Optional[Row]:
    """Return the entry that tells best why not everything has arrived, None when everything has."""
    for state in _TELLING:
        found = status.rows(outbox, (state,), limit=1)
        if found:
            return found[0]
    return None


def _no_outbox(here: Machine) -> Fault:
    others = ", ".join(here.neighbours)
    remedy = f"There are outboxes of {others}: set FTRACK_API_USER." if others else "Publish something."
    return Fault("no-outbox", f"Nothing was ever published on this machine as {here.location_name}.", remedy)


def _fault(error: errors.AccsynAccessorError) -> Fault:
    return Fault(error.kind, error.what, error.remedy)


def _absolute(text: str) -> str:
    """Return *text* as an absolute path if there is such a file, for paths relative to the working directory."""
    return str(Path(text).absolute()) if Path(text).exists() else text
