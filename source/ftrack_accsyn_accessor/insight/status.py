"""The one snapshot of an outbox that all faces show. Pure reading; nothing of ftrack or accsyn is asked.

Any thread may call these functions; each may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`. Sizes are in
bytes, times in seconds since the epoch, durations in seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.insight import leading, remarks
from ftrack_accsyn_accessor.insight.leading import obstacle
from ftrack_accsyn_accessor.insight.remarks import ANYBODY, Remark
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.insight.rows import MOVING, UNSENT, Row, area_of, is_others, told
from ftrack_accsyn_accessor.insight.safety import Standing, safety
from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.outbox import Outbox, damage, takeover, unqueued
from ftrack_accsyn_accessor.outbox.control import STILL, Pause
from ftrack_accsyn_accessor.outbox.facts import Contact, Earlier, Link, kept
from ftrack_accsyn_accessor.outbox.file import state_folder
from ftrack_accsyn_accessor.outbox.survey import UnderWay


@dataclasses.dataclass(frozen=True)
class Summary:
    """Everything at a glance.

    `pending` items are not in accsyn yet, `moving` ones are, `stuck` ones need attention, and `withdrawn` ones are in
    none of the other numbers; nor is what somebody has `forgotten`, which is no item any more. `pending_elsewhere` and
    `moving_elsewhere` of them are another studio's: nobody of this one can send or follow them; `unsent_bytes` is the
    size of the other pending ones. `remarks` tell what is in no row.

    `total_bytes` is the size of what is pending or moving and of what has arrived since that began; `done_bytes` of it
    have been transferred. `speed_bytes_per_s` and `time_left_s` are None while nothing moves.

    `safe_to_quit` tells whether the application may be closed without leaving anything behind that accsyn does not have
    yet. `all_arrived` tells whether even the machine may be switched off: nothing is pending, moving or stuck, and
    nothing unsent is known anywhere else on it.

    `pausing` tells that the outbox is paused, but not all running jobs are in accsyn yet, `resuming` that it is not
    paused any more, but jobs in accsyn still are. `held` tells that all of what is moving stands still, because its
    sync jobs were paused in accsyn itself. `unattended` tells that something waits for a process that sends it or takes
    note of its arrival, and that none is there; `problem` says so then. `staging_present` is False while the staging
    disk is unplugged; `free_bytes` is None then.
    """

    counts: Mapping[State, int]
    sizes_bytes: Mapping[State, int]
    pending: int
    moving: int
    stuck: int
    synced: int
    withdrawn: int
    forgotten: int
    pending_elsewhere: int
    moving_elsewhere: int
    unsent_bytes: int
    total_bytes: int
    done_bytes: int
    speed_bytes_per_s: Optional[float]
    time_left_s: Optional[float]
    safe_to_quit: bool
    safe_reason: str
    all_arrived: bool
    paused: Optional[Pause]
    pausing: bool
    resuming: bool
    problem: str
    problem_remedy: str
    location_name: str
    staging_path: str
    staging_present: bool
    free_bytes: Optional[int]
    destination: str
    endpoint: Link
    contact: Contact
    outbox_path: str
    held: bool
    remarks: tuple[Remark, ...]
    unattended: bool = False

    @property
    def items(self) -> int:
        """How many items there are."""
        return sum(self.counts.values())

    @property
    def left_bytes(self) -> int:
        """What has still to be transferred of what is pending or moving."""
        return self.total_bytes - self.done_bytes

    @property
    def percent(self) -> Optional[int]:
        """Whole percents of `total_bytes`, rounded down; 100 when all has arrived, None when nothing of it can move."""
        if self.pending or self.moving:
            return 100 * self.done_bytes // self.total_bytes if self.total_bytes else 0
        return 100 if self.all_arrived else None

    @property
    def left(self) -> int:
        """How many items a process of this studio has still to send or to follow."""
        return self.pending + self.moving - self.pending_elsewhere - self.moving_elsewhere


def changes(outbox: Outbox) -> tuple[int, frozenset[str]]:
    """Return what is another one after the snapshot has changed, as far as that can be told cheaply."""
    return outbox.changes(), unqueued.ids(outbox.path)


def summary(outbox: Outbox, studio: Studio = ANYBODY, worker: Optional[bool] = None) -> Summary:
    """Return the outbox at a glance, for somebody of *studio*.

    *worker* tells whether the worker of an application that shows it is alive; None for who has none.
    """
    area, endpoint, contact = area_of(outbox), kept(outbox, Link), kept(outbox, Contact)
    others = outbox.survey.of_others(studio)
    noted = remarks.remarks(outbox, others)
    sums = _sums(outbox, others)
    left = sums["pending"] + sums["moving"] - sums["pending_elsewhere"] - sums["moving_elsewhere"]
    staging_present, free_bytes = _disk(area.staging_path)
    looked = left > 0 and not worker and (staging_present or not area.staging_path)
    unattended = looked and leading.unattended(outbox, studio if others else None)
    problem, remedy = _problem(outbox, studio, contact, waiting=left > 0)
    if unattended:
        ended = worker is not None
        problem, remedy = (leading.ENDED, leading.ENDED_REMEDY) if ended else (leading.NOBODY, leading.NOBODY_REMEDY)
    pauses = _pauses(outbox, bool(sums["moving"]))
    waiting = sums["pending"] - sums["pending_elsewhere"]
    paused = pauses["paused"] is not None
    standing = Standing(waiting, sums["moving"], sums["stuck"], paused, pauses["held"], unattended, sums["forgotten"])
    safe, reason = safety(standing, noted)
    all_arrived = safe and not (sums["moving"] or sums["stuck"])
    return Summary(
        **sums,
        **pauses,
        safe_to_quit=safe,
        safe_reason="What the present outbox knows of has arrived." if problem and all_arrived else reason,
        all_arrived=all_arrived,
        problem=problem,
        problem_remedy=remedy,
        location_name=area.location_name,
        staging_path=area.staging_path,
        staging_present=staging_present,
        free_bytes=free_bytes,
        destination=endpoint.destination or endpoint.party,
        endpoint=endpoint,
        contact=contact,
        outbox_path=str(outbox.path),
        remarks=noted,
        unattended=unattended,
    )


def with_nobody(rows: Iterable[Row], known: Summary) -> Iterator[Row]:
    """Yield *rows* as they are to be told while *known* says that nobody is there to send or follow anything."""
    states = (*UNSENT, *MOVING) if known.unattended else ()
    for row in rows:
        waits = row.state in states and not is_others(row)
        yield dataclasses.replace(row, unattended=True) if waits else row


def requests_with_nobody(rows: Sequence[RequestRow], known: Summary) -> list[RequestRow]:
    """Return the same of requests: what goes on of one that nothing else keeps."""
    return [
        dataclasses.replace(row, cause=leading.NOBODY, remedy=leading.NOBODY_REMEDY)
        if known.unattended and not row.cause and (row.waiting or row.moving)
        else row
        for row in rows
    ]


def _sums(outbox: Outbox, others: Sequence[UnderWay]) -> dict[str, Any]:
    """Return what a summary says in numbers."""
    totals = outbox.survey.totals()
    done_before_bytes, speed = outbox.survey.round()
    under_way = [totals[state] for state in (*UNSENT, *MOVING)]
    total_bytes = done_before_bytes + sum(each.size_bytes for each in under_way)
    done_bytes = done_before_bytes + sum(each.done_bytes for each in under_way)
    return {
        "counts": {state: each.count for state, each in totals.items()},
        "sizes_bytes": {state: each.size_bytes for state, each in totals.items()},
        "pending": sum(totals[state].count for state in UNSENT),
        "moving": sum(totals[state].count for state in MOVING),
        "stuck": totals[State.NEEDS_ATTENTION].count,
        "synced": totals[State.SYNCED].count,
        "withdrawn": totals[State.WITHDRAWN].count,
        "forgotten": len(outbox.past.forgotten_ids()),
        "pending_elsewhere": sum(each.unsent for each in others),
        "moving_elsewhere": sum(each.moving for each in others),
        "unsent_bytes": sum(totals[state].size_bytes for state in UNSENT) - sum(each.unsent_bytes for each in others),
        "total_bytes": total_bytes,
        "done_bytes": done_bytes,
        "speed_bytes_per_s": speed,
        "time_left_s": (total_bytes - done_bytes) / speed if speed else None,
    }


def _pauses(outbox: Outbox, moving: bool) -> dict[str, Any]:
    """Return what a summary says of pauses; *moving* tells whether anything is in accsyn."""
    paused = outbox.control.paused()
    resuming = paused is None and bool(outbox.control.paused_jobs())
    return {
        "paused": paused,
        "pausing": paused is not None and _still_running(outbox),
        "resuming": resuming,
        "held": moving and paused is None and not resuming and outbox.survey.all_held(),
    }


def _still_running(outbox: Outbox) -> bool:
    """Whether accsyn has not reported every live job as standing still."""
    return any(job.status not in STILL for job in outbox.tracking.live_jobs())


def _problem(outbox: Outbox, studio: Studio, contact: Contact, waiting: bool) -> tuple[str, str]:
    """Return what is wrong with everything, or else with the item that met a problem last."""
    in_the_way = obstacle(outbox.path, studio) if waiting else None
    if in_the_way is not None:
        return in_the_way.what, in_the_way.remedy
    if contact.what and waiting:
        return contact.what, contact.remedy
    last = outbox.survey.last_cause()
    return told(last) if last is not None else _damage(outbox)


def _damage(outbox: Outbox) -> tuple[str, str]:
    """Return what is to be said as long as a damaged outbox lies beside the present one."""
    aside = [path.name for path in damage.kept_aside(outbox.path)]
    files = kept(outbox, Earlier).files.items()
    aside += [path for path, became in files if became == takeover.DAMAGED and os.path.isfile(path)]
    return (f"An earlier outbox was damaged and is kept as {aside[-1]}.", damage.REMEDY) if aside else ("", "")


def _disk(staging_path: str) -> tuple[bool, Optional[int]]:
    """Return whether the staging area is there, and the free space of its disk; without a path neither is."""
    if not staging_path:
        return False, None
    if not os.path.isdir(os.path.join(staging_path, state_folder(staging_path))):
        return False, None
    with contextlib.suppress(OSError):
        return True, shutil.disk_usage(staging_path).free
    return True, None
