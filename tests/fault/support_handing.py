"""What child processes do that hand work out: confirm it, go on with it to its end, and be killed at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fault.support_asking import running
from fault.support_jobs import Report
from fault.support_kill import Step
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.outsourcing import Outsourcing, Work
from ftrack_accsyn_accessor.worker import runtime
from helpers import wait_until

_VENDOR = "ftrack_accsyn_accessor.vendor"
_SPOOL = f"{_VENDOR}.spool"
_FTRACK = "ftrack_accsyn_accessor.ftrack"
_REQUESTS = ("ftrack_accsyn_accessor.outbox.requests", "Requests")

#: In the order in which what is confirmed meets them.
STEPS: Mapping[str, Step] = {
    "written down": Step(_SPOOL, "Spool", "put"),
    "access given": Step(_VENDOR, "access", "open_access"),
    "access recorded": Step(_SPOOL, "Entry", "save"),
    "first file copied": Step(f"{_VENDOR}.storage", "Storage", "copy"),
    "package made": Step(_VENDOR, "package", "assemble"),
    "package recorded": Step(_SPOOL, "Entry", "save", nth=2),
    "first task recorded": Step(_FTRACK, "outsourced", "write"),
    "all tasks recorded": Step(_FTRACK, "outsourced", "write", nth=2),
    "access given again": Step(_VENDOR, "access", "open_access", nth=2),
    "first note written": Step(_FTRACK, "notes", "write"),
    "status set": Step(_FTRACK, "notes", "set_task_status"),
    "told": Step(_SPOOL, "Entry", "save", nth=3),
    "request written": Step(*_REQUESTS, "write_all"),
    "refused, delivered instead": Step("ftrack_accsyn_accessor.outbox.control", "Control", "deliver"),
    "way recorded": Step(_SPOOL, "Entry", "save", nth=4),
    "about to be over": Step(_SPOOL, "Entry", "finish", "before"),
    "over": Step(_SPOOL, "Entry", "finish"),
}


def hand_out(arguments: Mapping[str, Any], report: Report) -> None:
    """Hand the tasks out as the same confirmation each time, and go on to the end."""
    serving = running(arguments)
    means = Means.here()
    outsourcing = Outsourcing(means, serving)
    work = Work(tuple(arguments["tasks"]), arguments["vendor"], added=tuple(arguments["added"]))
    try:
        (key,) = [
            each.key for each in outsourcing.confirm(outsourcing.preview(work), Requester("artist"), "confirmed-once")
        ]
        serving.wake()
        wait_until(lambda: _over(outsourcing, serving, key), 30.0, "the end of what was handed out")
        report.add(**dict(outsourcing.handed_out([key])[0].__dict__))
    except errors.AccsynAccessorError as error:
        report.add(error=str(error))
        raise
    finally:
        means.close()
    assert runtime.stop_all(10.0)


def _over(outsourcing: Outsourcing, serving: runtime.OutsideRuntime, key: str) -> bool:
    if outsourcing.advance():
        serving.wake()
    if serving.outbox.requests.open() or not outsourcing.handed_out([key])[0].over:
        return False
    outsourcing.advance()  # what has arrived since it was looked for is written down as over
    return True
