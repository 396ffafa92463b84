"""`ftrack-accsyn drain`: submits and follows from this process until nothing is left."""

from __future__ import annotations

import math
import threading
import time
from typing import Optional

import click

from ftrack_accsyn_accessor.cli import answer, exit_codes, here, shown, telling, terminal
from ftrack_accsyn_accessor.cli.telling import Pace
from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.ability import Ability
from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.outbox import attention
from ftrack_accsyn_accessor.worker.runtime import Runtime

LOOK_S = 0.25
#: How long the background thread gets to finish the call that it is in, and how long when the time is up.
STOP_S = 5.0
STOP_LATE_S = 1.0
#: How long what could not be queued is given to be taken into the outbox.
TAKE_IN_S = 10.0


@click.command()
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), help="Give up after so many seconds.")
@terminal.json_option
@click.pass_context
def drain(context: click.Context, timeout_s: Optional[float], as_json: bool) -> None:
    """Send what waits on this machine, and follow it until all of it has arrived.

    For scripts and farm blades, which end right after they have published. Works beside running applications: one of
    the processes does the work. Needs FTRACK_SERVER, FTRACK_API_USER and FTRACK_API_KEY. What needs attention, or waits
    for another studio, in another staging area or for somebody to fetch it, is not waited for; the exit code tells
    that there is some. What is being tried again, as by `retry`, is.

    ftrack and accsyn are asked again while they do not answer; off a terminal it says every half minute on standard
    error what it waits for, and why. With a key that ftrack or accsyn does not accept it ends at once, with exit code
    1, unless another process is there that can send.
    """
    installation = here.find()
    runtime = here.runtime(installation)
    pause = runtime.outbox.control.paused()
    if pause is not None:
        text = f"Syncing was paused on this machine by {pause.by}, {shown.moment(pause.at)}: nothing is sent."
        raise here.Stop(f"{text} Resume it first, with ftrack-accsyn resume; then drain.")
    with telling.refusals():
        runtime.worker.wake()
        draining = _Draining(runtime, installation.studio, timeout_s)
        try:
            summary = draining.follow()
        finally:
            runtime.worker.stop(min(STOP_S, max(STOP_LATE_S, draining.left_s())))
    code = exit_codes.TIMEOUT if draining.left(summary) else exit_codes.of(summary)
    if as_json:
        answer.print_json({"summary": summary, "left": summary.left, "exit_code": code})
    else:
        terminal.console().print(shown.summary_view(summary))
    context.exit(code)


class _Draining:
    """Waits for what the worker of this process, or of another one, sends and follows."""

    def __init__(self, runtime: Runtime, studio: Studio, timeout_s: Optional[float]) -> None:
        self._ability = Ability(runtime)
        self._outbox = runtime.outbox
        self._studio = studio
        self._began = time.monotonic()
        self._until = math.inf if timeout_s is None else self._began + timeout_s

    def follow(self) -> Summary:
        """Return the outbox as it is when nothing is pending or moving any more, or the time is up.

        Raise what keeps this process from sending as long as nobody changes its settings.
        """
        pause = threading.Event()
        with telling.bar() as show:
            while True:
                summary = status.summary(self._outbox, self._studio)
                show(self._pace(summary))
                begun = time.monotonic() >= self._began + TAKE_IN_S or not _unqueued(summary)
                if not self.left_s() or (begun and not self.left(summary)):
                    return summary
                self._ability.require()
                attention.give(self._outbox.path)
                pause.wait(min(LOOK_S, self.left_s()))

    def left(self, summary: Summary) -> int:
        """Return how many items are still to be sent, followed, tried again or taken back, and wait for nobody else."""
        survey, forgotten = self._outbox.survey, self._outbox.past.to_exclude(self._studio)
        return max(0, summary.left - survey.kept_open()) + survey.retried(self._studio) + len(forgotten)

    def left_s(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self._until - time.monotonic())

    def _pace(self, summary: Summary) -> Pace:
        told = [f"{summary.pending} pending, {summary.moving} moving"]
        retried = self._outbox.survey.retried(self._studio)
        told += [f", {retried} tried again"] if retried else []
        problem = f"{summary.problem} {summary.problem_remedy}".strip()
        if summary.paused is not None:
            problem = f"Syncing was paused by {summary.paused.by}; resume it with: ftrack-accsyn resume."
        told += [f" - {problem}"] if problem else []
        return Pace("".join(told), summary.total_bytes, summary.done_bytes)


def _unqueued(summary: Summary) -> bool:
    return any(each.topic is Topic.UNQUEUED for each in summary.remarks)
