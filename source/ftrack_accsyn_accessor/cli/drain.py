"""`ftrack-accsyn drain`: submits and follows from this process until nothing is left."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Callable, Optional

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from ftrack_accsyn_accessor.cli import exit_codes, here, shown
from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import State, Studio
from ftrack_accsyn_accessor.worker.runtime import Runtime

LOOK_S = 0.25
#: How long the background thread gets to finish the call that it is in.
STOP_S = 5.0
#: How long what could not be queued is given to be taken into the outbox, and what is to be retried to be begun with.
TAKE_IN_S = 10.0


@click.command()
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), help="Give up after so many seconds.")
@shown.json_option
@click.pass_context
def drain(context: click.Context, timeout_s: Optional[float], as_json: bool) -> None:
    """Send what waits on this machine, and follow it until all of it has arrived.

    For scripts and farm blades, which end right after they have published. Works beside running applications: one of
    the processes does the work. Needs FTRACK_SERVER, FTRACK_API_USER and FTRACK_API_KEY. What needs attention, or waits
    for another studio, in another staging area or for somebody to fetch it, is not waited for; the exit code tells
    that there is some.
    """
    installation = here.find()
    runtime = here.runtime(installation)
    if runtime.outbox.control.paused() is not None:
        raise here.Stop("Syncing is paused on this machine. Resume it first: ftrack-accsyn resume.")
    runtime.worker.wake()
    try:
        summary = _follow(runtime, installation.studio, timeout_s, as_json)
    finally:
        runtime.worker.stop(STOP_S)
    code = exit_codes.TIMEOUT if summary.left > runtime.outbox.survey.kept_open() else exit_codes.of(summary)
    if as_json:
        shown.print_json({"summary": summary, "left": summary.left, "exit_code": code})
    else:
        shown.console().print(shown.summary_view(summary))
    context.exit(code)


def _follow(runtime: Runtime, studio: Studio, timeout_s: Optional[float], quiet: bool) -> Summary:
    """Return the outbox as it is when nothing is pending or moving any more, or the time is up."""
    began = time.monotonic()
    pause = threading.Event()
    with _bar(quiet) as draw:
        while True:
            summary = status.summary(runtime.outbox, studio)
            draw(summary)
            passed_s = time.monotonic() - began
            over = timeout_s is not None and passed_s >= timeout_s
            begun = passed_s >= TAKE_IN_S or not (_unqueued(summary) or _to_be_retried(runtime))
            if over or (begun and summary.left <= runtime.outbox.survey.kept_open()):
                return summary
            pause.wait(LOOK_S)


def _unqueued(summary: Summary) -> bool:
    return any(each.topic is Topic.UNQUEUED for each in summary.remarks)


def _to_be_retried(runtime: Runtime) -> bool:
    """Whether something needs attention that somebody has told to be tried again at once."""
    stuck = runtime.outbox.survey.totals()[State.NEEDS_ATTENTION]
    return stuck.count > stuck.delayed


@contextlib.contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Summary], None]]:
    """Give a function that draws the progress; with *quiet* one that does not."""
    if quiet:
        yield lambda summary: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=shown.console(), transient=True) as progress:
        task = progress.add_task("Sending", total=None)

        def draw(summary: Summary) -> None:
            text = f"{summary.pending} pending, {summary.moving} moving"
            if summary.problem:
                text += f" - {summary.problem}"
            progress.update(task, description=text, total=summary.total_bytes, completed=summary.done_bytes)

        yield draw
