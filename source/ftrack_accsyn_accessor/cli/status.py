"""`ftrack-accsyn status`: what is pending, moving and stuck on this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Group
from rich.live import Live

from ftrack_accsyn_accessor.cli import exit_codes, here, shown
from ftrack_accsyn_accessor.insight import status as snapshot
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.outbox import Outbox

#: How often a watched outbox is looked at.
LOOK_S = 0.5


@click.command()
@click.option("--watch", is_flag=True, help="Stay and keep it up to date, until Ctrl-C.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="How many components to list.")
@click.option("--search", default="", help="List only components in which every one of these words occurs.")
@shown.json_option
@click.pass_context
def status(context: click.Context, watch: bool, limit: int, search: str, as_json: bool) -> None:
    """Tell what is pending, moving and stuck, and whether it is safe to quit.

    Reads this machine's outbox only: neither ftrack nor accsyn is asked. The exit code tells a script the same as the
    first line: 0 everything has arrived, 4 not safe to quit, 5 safe to quit, 6 something needs attention.
    """
    outbox = here.outbox(here.find())
    if watch:
        _watch(outbox, search, limit, as_json)
    summary = snapshot.summary(outbox)
    if not watch and as_json:
        shown.print_json(_told(outbox, summary, search, limit))
    elif not watch:
        shown.console().print(_view(outbox, summary, search, limit))
    context.exit(exit_code(summary))


def exit_code(summary: Summary) -> int:
    """Return the exit code that stands for *summary*."""
    if not summary.safe_to_quit:
        return exit_codes.UNSENT
    if summary.stuck or (summary.all_arrived and summary.problem):
        return exit_codes.ATTENTION
    return exit_codes.MOVING if summary.moving else exit_codes.OK


def _watch(outbox: Outbox, search: str, limit: int, as_json: bool) -> None:
    """Show the outbox whenever it has changed, until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        if as_json:
            for summary in _changes(outbox):
                shown.print_json(_told(outbox, summary, search, limit))
            return
        with Live(console=shown.console(), auto_refresh=False) as live:
            for summary in _changes(outbox):
                live.update(_view(outbox, summary, search, limit), refresh=True)


def _changes(outbox: Outbox) -> Iterator[Summary]:
    """Yield the outbox at a glance, now and whenever it has changed, without end."""
    pause = threading.Event()
    seen = None
    while True:
        changes = outbox.changes()
        if changes != seen:
            seen = changes
            yield snapshot.summary(outbox)
        pause.wait(LOOK_S)


def _told(outbox: Outbox, summary: Summary, search: str, limit: int) -> dict[str, Any]:
    rows = snapshot.rows(outbox, search=search, limit=limit)
    return {"summary": summary, "entries": rows, "exit_code": exit_code(summary)}


def _view(outbox: Outbox, summary: Summary, search: str, limit: int) -> Group:
    rows = snapshot.rows(outbox, search=search, limit=limit)
    more = snapshot.count(outbox, search=search) - len(rows)
    return Group(shown.summary_view(summary), "", shown.rows_view(rows, more))
