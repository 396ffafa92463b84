"""Gathers what is known about something that should be moving, for `why`. Asks accsyn: not for a host's thread."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Optional

from ftrack_accsyn_accessor.insight import naming, past, remarks, rows, status
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import Installation, find_installation
from ftrack_accsyn_accessor.insight.leading import obstacle
from ftrack_accsyn_accessor.insight.remarks import Remark
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.situation import Accsyn, Alike, Fault, Place, Situation
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, unqueued
from ftrack_accsyn_accessor.staging.naming import naming_of

#: Of these accsyn has nothing to tell.
_SETTLED = (State.SYNCED, State.PREPARED, State.WITHDRAWN)


def gather(current: Settings, api_user: str, asked: str = "", asks: bool = True) -> Situation:
    """Return what is known about *asked*, see `naming.named`, or about everything. A handful of accsyn calls.

    Where nobody *asks* accsyn, it is what the worker knows of it, and of its way there. Raise `errors.NotOne` where
    several items are called *asked*.
    """
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
        return _with_outbox(situation, here, asks)
    except errors.OutboxError as error:
        present = here.staging_present
        return dataclasses.replace(situation, staging_present=present, outbox_fault=_fault(error))


def _with_outbox(situation: Situation, here: Installation, asks: bool) -> Situation:
    if not here.has_outbox:
        return dataclasses.replace(situation, staging_present=here.staging_present, absence=absence(here))
    outbox = here.outbox()
    try:
        return _with_items(situation, here, outbox, asks)
    finally:
        outbox.close()


def _with_items(situation: Situation, here: Installation, outbox: Outbox, asks: bool) -> Situation:
    studio, asked = here.studio, situation.asked
    present = here.is_present(outbox)
    found = _named(outbox, asked, studio) if asked else everything(outbox, studio)
    known = dataclasses.replace(
        situation,
        staging_present=present,
        summary=status.summary(outbox, studio),
        alike=found,
        unqueued=_unqueued(outbox, asked) if asked and not found else None,
        past=next(iter(past.past(outbox, asked, studio)), None) if asked and not found else None,
        obstacle=obstacle(outbox.path, studio),
    )
    mine = [each.row for each in found if each.row.state not in _SETTLED and not rows.is_others(each.row)]
    if not mine or situation.problems:
        return known
    return dataclasses.replace(known, accsyn=_ask(here.settings, mine) if asks else _remembered(known, mine))


def _ask(current: Settings, wanted: Sequence[Row]) -> Accsyn:
    from ftrack_accsyn_accessor.insight import accsyn  # late: who looks into the outbox alone needs no HTTP library

    return accsyn.ask(current, wanted)


def _remembered(known: Situation, wanted: Sequence[Row]) -> Accsyn:
    """Return what the worker knows of accsyn; nothing where none is there: it is no more than what was once."""
    summary = known.summary
    if summary is None or summary.unattended:
        return Accsyn()
    contact, link = summary.contact, summary.endpoint
    fault = Fault(contact.kind, contact.what, contact.remedy) if contact.what else None
    jobs = {row.job_id: Place(row.job_status) for row in wanted if row.state in rows.MOVING and row.job_id}
    return Accsyn(fault, link.client, link.client_status, jobs)


def _named(outbox: Outbox, asked: str, studio: Studio) -> tuple[Alike, ...]:
    """Return the items that are called *asked*; raise `errors.NotOne` where several are that have nothing in common."""
    try:
        found = naming.named(outbox, asked, studio)
    except errors.NotOne as error:
        if error.candidates:
            raise
        return ()
    return tuple(Alike(row, 1, row.size_bytes) for row in found)


def everything(outbox: Outbox, studio: Studio = remarks.ANYBODY) -> tuple[Alike, ...]:
    """Return all that has not arrived, the most alike first."""
    groups = outbox.survey.groups.not_there()
    shown = {
        found.item.id: rows.row(found, studio) for found in outbox.survey.with_ids([each.item_id for each in groups])
    }
    return tuple(Alike(shown[each.item_id], each.items, each.size_bytes) for each in groups if each.item_id in shown)


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
