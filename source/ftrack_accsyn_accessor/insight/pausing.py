"""Waits until accsyn's jobs are where a pause, or its end, wants them. Asks accsyn: not for a host's thread."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor.insight.ability import OTHERS_S, Ability
from ftrack_accsyn_accessor.insight.leading import obstacle
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.control import STILL
from ftrack_accsyn_accessor.outbox.facts import Contact, kept
from ftrack_accsyn_accessor.worker.runtime import Runtime

#: How long it is waited for.
STEER_S = 20.0
#: Of the jobs that somebody has to look after.
NAMED_AT_MOST = 3
LOOK_S = 0.1
#: How long the background thread gets to finish the call that it is in.
STOP_S = 1.0


def astray(outbox: Outbox, studio: Studio) -> list[str]:
    """Return the names of *studio*'s sync jobs that run although the outbox is paused, or are still paused with it."""
    if outbox.control.paused() is not None:
        return [job.row.name for job in outbox.tracking_of(studio).live_jobs() if job.status not in STILL]
    found = (outbox.job_by_id(row_id) for row_id in sorted(outbox.control.paused_jobs()))
    return [row.name for row in found if row is not None]


def steer(
    outbox: Outbox, studio: Studio, runtime: Optional[Runtime], monotonic: Callable[[], float] = time.monotonic
) -> str:
    """Have accsyn's jobs paused or resumed as *outbox* is; return in words why some are not, after `STEER_S` at most.

    The worker of *runtime* does it, and sends nothing, or another process whose worker is at work. Without *runtime*,
    for who cannot log in to accsyn, only the latter. Raise `errors.LoginRefused`, `errors.Unauthorised` or
    `errors.SettingsError` where nobody can as long as this process has the settings that it has.
    """
    if not astray(outbox, studio):
        return ""
    if runtime is None:
        return _wait(outbox, studio, None, monotonic)
    worked = runtime.worker.is_alive
    runtime.worker.wake(to_steer=True)
    try:
        return _wait(outbox, studio, runtime, monotonic)
    finally:
        if not worked:
            runtime.worker.stop(STOP_S)


def _wait(outbox: Outbox, studio: Studio, runtime: Optional[Runtime], monotonic: Callable[[], float]) -> str:
    paused, pause = outbox.control.paused() is not None, threading.Event()
    ability = Ability(runtime, monotonic) if runtime is not None else None
    until = monotonic() + (STEER_S if runtime is not None else OTHERS_S)
    while astray(outbox, studio):
        if (outbox.control.paused() is not None) is not paused:
            return f"Somebody has {'resumed' if paused else 'paused'} syncing meanwhile."
        if ability is not None:
            ability.require()
        if monotonic() >= until:
            return _why(outbox, studio)
        pause.wait(LOOK_S)
    return ""


def _why(outbox: Outbox, studio: Studio) -> str:
    found = obstacle(outbox.path, studio)
    done = f"accsyn has not done it to {', '.join(astray(outbox, studio)[:NAMED_AT_MOST])}."
    return (found.what if found is not None else kept(outbox, Contact).what) or done
