"""Ends a process by SIGKILL at a named step from publish to recorded job, or before any line of the plugin."""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any, Callable, Optional

PLUGIN = f"{os.sep}ftrack_accsyn_accessor{os.sep}"


@dataclass(frozen=True)
class Step:
    """A boundary: before or after the *nth* call of a method, named as module, class, method."""

    module: str
    owner: str
    method: str
    when: str = "after"
    nth: int = 1


_LOCATION = ("ftrack_accsyn_accessor.staging.location", "StagingLocationMixin", "_register")
_OUTBOX = ("ftrack_accsyn_accessor.outbox.store", "Outbox")
_WORKSPACE = ("ftrack_accsyn_accessor.workspace.workspace", "Workspace")
_DATA = ("ftrack_accsyn_accessor.staging.accessor", "StagedData")

#: In the order in which a publish meets them. What is registered with one call for a single file takes two for the
#: members of a container and itself, and three when there is a sequence among them.
PUBLISH_STEPS: Mapping[str, Step] = {
    "first bytes staged": Step(*_DATA, "fill"),
    "all bytes written, final name not given": Step(*_DATA, "close", "before"),
    "staged": Step(*_DATA, "close"),
    "second file staged": Step(*_DATA, "close", nth=2),
    "about to be prepared": Step(*_OUTBOX, "prepare", "before"),
    "prepared": Step(*_OUTBOX, "prepare"),
    "innermost level registered": Step(*_LOCATION),
    "second level prepared": Step(*_LOCATION, "before", 2),
    "second level registered": Step(*_LOCATION, nth=2),
    "third level registered": Step(*_LOCATION, nth=3),
    "about to be pending": Step(*_OUTBOX, "activate", "before"),
    "pending": Step(*_OUTBOX, "activate"),
}

#: In the order in which the worker meets them while it creates the job.
CREATION_STEPS: Mapping[str, Step] = {
    "upload begun": Step("ftrack_accsyn_accessor.worker.carrier", "Carrier", "submit", "before"),
    "logged in": Step(*_WORKSPACE, "check_role"),
    "job row written": Step(*_OUTBOX, "job"),
    "attempt written down": Step(*_OUTBOX, "attempt"),
    "creation written down": Step(*_OUTBOX, "job_attempted"),
    "job created, answer not recorded": Step(*_WORKSPACE, "create_job"),
    "job recorded, item not": Step(*_OUTBOX, "job_found"),
    "item recorded": Step(*_OUTBOX, "submitted"),
}

#: The same where the job is there already.
ADDITION_STEPS: Mapping[str, Step] = {
    "attempt written down": Step(*_OUTBOX, "attempt"),
    "about to add tasks": Step(*_WORKSPACE, "add_tasks", "before"),
    "tasks added, answer not recorded": Step(*_WORKSPACE, "add_tasks"),
    "about to record the item": Step(*_OUTBOX, "submitted", "before"),
    "item recorded": Step(*_OUTBOX, "submitted"),
}

#: What the next session does with what it finds; it may be killed, too.
RECOVERY_STEPS: Mapping[str, Step] = {
    "ftrack asked": Step("ftrack_accsyn_accessor.ftrack.registrations", "Registrations", "registered"),
    "settled": Step("ftrack_accsyn_accessor.worker.carrier", "Carrier", "settle"),
    "attempt written down": Step(*_OUTBOX, "attempt"),
    "job created, answer not recorded": Step(*_WORKSPACE, "create_job"),
    "tasks added, answer not recorded": Step(*_WORKSPACE, "add_tasks"),
    "item recorded": Step(*_OUTBOX, "submitted"),
}


def die() -> None:
    """End this process as the system does when memory runs out or somebody has no patience: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(step: Step) -> None:
    """Make this process die at *step*."""
    owner = getattr(importlib.import_module(step.module), step.owner)
    method = getattr(owner, step.method)
    calls = itertools.count(1)

    @functools.wraps(method)
    def deadly(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == step.nth
        if last and step.when == "before":
            die()
        result = method(*args, **kwargs)
        if last:
            die()
        return result

    # Only the process itself knows when it is at a step; seen from outside the moment is over before a signal arrives.
    setattr(owner, step.method, deadly)


class Lines:
    """Counts the lines of the plugin that this process runs from now on, and dies before the line number *fatal*."""

    def __init__(self, fatal: Optional[int] = None) -> None:
        self.run = 0
        self._fatal = fatal

    def start(self) -> None:
        """Begin to count, on this thread and on those that start later."""
        threading.settrace(self._call)
        sys.settrace(self._call)

    def _call(self, frame: FrameType, event: str, _: Any) -> Optional[Callable[..., Any]]:
        return self._line if PLUGIN in frame.f_code.co_filename else None

    def _line(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == "line":
            self.run += 1
            if self.run == self._fatal:
                die()
        return self._line
