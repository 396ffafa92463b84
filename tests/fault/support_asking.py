"""What child processes do that ask for something: write a request, carry what waits, and be killed at it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fault.support_jobs import Report, shorten_waits
from fault.support_kill import Step
from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack import request_job
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.worker import delivered, runtime, tracker, worker
from helpers import wait_until

_OUTBOX = ("ftrack_accsyn_accessor.outbox.store", "Outbox")
_REQUESTS = ("ftrack_accsyn_accessor.outbox.requests", "Requests")
_TRACKING = ("ftrack_accsyn_accessor.outbox.tracking", "Tracking")
_WORKSPACE = ("ftrack_accsyn_accessor.workspace.workspace", "Workspace")
_DELIVERIES = ("ftrack_accsyn_accessor.workspace.deliveries", "Deliveries")
_AVAILABILITY = ("ftrack_accsyn_accessor.ftrack.availability", "Availability")
_CONNECTION = ("ftrack_accsyn_accessor.ftrack.connection", "FtrackConnection")

#: In the order in which what is confirmed meets them, to the end that is told.
STEPS: Mapping[str, Step] = {
    "confirmed": Step(*_REQUESTS, "write"),
    "submission begun": Step("ftrack_accsyn_accessor.worker.carrier", "Carrier", "submit", "before"),
    "claims read": Step("ftrack_accsyn_accessor.worker.claims", "Claims", "admit_asked"),
    "job row written": Step(*_OUTBOX, "job"),
    "attempt written down": Step(*_OUTBOX, "attempt"),
    "creation written down": Step(*_OUTBOX, "job_attempted"),
    "job created, answer not recorded": Step(*_WORKSPACE, "create_job"),
    "job recorded, items not": Step(*_OUTBOX, "job_found"),
    "items recorded": Step(*_OUTBOX, "submitted"),
    "ftrack Job made, not recorded": Step(*_CONNECTION, "create"),
    "arrival recorded": Step(*_TRACKING, "record"),
    "about to be registered": Step(*_AVAILABILITY, "register", "before"),
    "registered, not recorded": Step(*_AVAILABILITY, "register"),
    "synced": Step(*_TRACKING, "synced"),
    "end about to be told": Step("ftrack_accsyn_accessor.ftrack.notice", "Notices", "message", "before"),
}

#: The same where it is a delivery.
DELIVERY_STEPS: Mapping[str, Step] = {
    "row written": Step(*_OUTBOX, "job"),
    "attempt written down": Step(*_OUTBOX, "attempt"),
    "creation written down": Step(*_OUTBOX, "job_attempted"),
    "delivery created, answer not recorded": Step(*_DELIVERIES, "create_delivery"),
    "delivery recorded, items not": Step(*_OUTBOX, "job_found"),
    "items recorded": Step(*_OUTBOX, "submitted"),
    "waiting recorded": Step(*_TRACKING, "record"),
    "downloads read": Step(*_DELIVERIES, "downloads"),
    "fetched recorded, not registered": Step(*_AVAILABILITY, "register", "before"),
    "synced": Step(*_TRACKING, "synced"),
}


def write(path: Path, request: Request, wanted: Sequence[Wanted]) -> str:
    """Write down what a child is to ask for; return where."""
    path.write_bytes(pickle.dumps((request, list(wanted))))
    return str(path)


def ask(arguments: Mapping[str, Any], report: Report) -> None:
    """Confirm what `write` has left at `wanted`, and carry it to its end."""
    serving = running(arguments)
    request, wanted = pickle.loads(Path(arguments["wanted"]).read_bytes())
    report.add(asked=serving.outbox.requests.write(request, wanted))
    _carry(serving)


def carry(arguments: Mapping[str, Any], report: Report) -> None:
    """Carry what others have asked for to its end."""
    serving = running(arguments)
    _carry(serving)
    report.add(carried=True)


def running(arguments: Mapping[str, Any]) -> runtime.OutsideRuntime:
    """Return what carries in this process, which waits for nothing that a test need not wait for."""
    shorten_waits(arguments)
    tracker.SOON_S = tracker.QUIET_S = worker.IDLE_S = 0.1
    delivered.SOON_S = delivered.LONGEST_S = 0.2
    request_job.UPDATE_S = 0.2
    current = environment.read_settings()
    return runtime.open_outside(current, environment.ftrack_credentials(), environment.read_settings)


def _carry(serving: runtime.OutsideRuntime) -> None:
    serving.wake()
    wait_until(lambda: not serving.outbox.requests.open(), 30.0, "the end of all requests to be told")
    assert runtime.stop_all(10.0)
