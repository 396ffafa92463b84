"""`ftrack-accsyn status`: what is pending, moving and stuck on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Group
from rich.live import Live
from rich.text import Text

from ftrack_accsyn_accessor.cli import answer, exit_codes, here, shown, streams, terminal
from ftrack_accsyn_accessor.insight import remarks, requests, rows
from ftrack_accsyn_accessor.insight import status as snapshot
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.errors import OutboxError
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.plain import plain
from ftrack_accsyn_accessor.outbox import Outbox, attention
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED

#: How often a watched outbox is looked at.
LOOK_S = 0.5


@click.command()
@click.option("--watch", is_flag=True, help="Stay and keep it up to date, until Ctrl-C.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="How many components to list.")
@click.option("--search", default="", help="List only components in which every one of these words occurs.")
@click.option("--unfold", is_flag=True, help="List the items of each request below it.")
@terminal.json_option
@click.pass_context
def status(context: click.Context, watch: bool, limit: int, search: str, unfold: bool, as_json: bool) -> None:
    """Tell what is pending, moving and stuck, and whether it is safe to quit.

    Requests (Send, Sync, Get) have a row each, what was published has one for each component.
    Reads this machine's outbox only: neither ftrack nor accsyn is asked. The exit code tells a script the same as the
    first line: 0 everything has arrived, 4 not safe to quit, 5 safe to quit, 6 something needs attention.
    """
    installation = here.find()
    look = _Look(here.outbox(installation), installation.studio, search, limit, unfold)
    try:
        if watch:
            _watch(look, as_json)
        summary = look.summary()
        if not watch and as_json:
            answer.print_json(look.told(summary))
        elif not watch:
            terminal.console().print(look.view(summary), crop=False)
    except OutboxError as error:
        raise _unreadable(look.outbox, error) from error
    context.exit(exit_codes.of(summary))


@dataclasses.dataclass(frozen=True)
class _Look:
    """What is looked at: an outbox, for somebody of *studio*, and *limit* of the rows in which *search* occurs.

    With *unfold* as many items of each request.
    """

    outbox: Outbox
    studio: Studio
    search: str
    limit: int
    unfold: bool

    def summary(self) -> Summary:
        return snapshot.summary(self.outbox, self.studio)

    def rows(self) -> Iterator[Row]:
        return rows.each(self.outbox, search=self.search, limit=self.limit, studio=self.studio, request=PUBLISHED)

    def requests(self, summary: Summary) -> tuple[list[RequestRow], dict[int, list[Row]]]:
        """Return the requests, and by their ids the items of those that are unfolded."""
        found = requests.requests(self.outbox, search=self.search, studio=self.studio)
        unfolded = found if self.unfold else []
        shown = {
            row.request_id: list(
                snapshot.with_nobody(
                    requests.items(self.outbox, row, (), self.search, self.limit, 0, self.studio), summary
                )
            )
            for row in unfolded
        }
        return snapshot.requests_with_nobody(found, summary), shown

    def told(self, summary: Summary) -> dict[str, Any]:
        found, unfolded = self.requests(summary)
        asked = [{**plain(row), "unfolded": plain(unfolded.get(row.request_id, []))} for row in found]
        items = list(snapshot.with_nobody(self.rows(), summary))
        return {"summary": summary, "requests": asked, "items": items, "exit_code": exit_codes.of(summary)}

    def view(self, summary: Summary) -> Group:
        found, unfolded = self.requests(summary)
        parts = [shown.summary_view(summary), ""]
        if found:
            parts += [shown.requests_view(found, unfolded), ""]
        total = rows.count(self.outbox, search=self.search, request=PUBLISHED)
        if total or not found:
            parts.append(shown.rows_view(snapshot.with_nobody(self.rows(), summary), total))
        return Group(*parts, *self.elsewhere())

    def elsewhere(self) -> list[Text]:
        """Return what is to be said of requests of this machine that are in the outbox of no staging area."""
        other = here.outside_outbox()
        if other is None or other.path == self.outbox.path:
            return []
        try:
            count = len(other.requests.open())
        except OutboxError as error:
            return [Text(str(error), style="yellow")]
        finally:
            other.close()
        are = "1 request is" if count == 1 else f"{count} requests are"
        how = "the same command shows them with ACCSYN_PROJECTS_PATH unset"
        return [Text(f"{are} under way in the outbox of no staging area, {other.path}; {how}.")] if count else []


def _watch(look: _Look, as_json: bool) -> None:
    """Show the outbox whenever it has changed, until Ctrl-C or nobody reads it any more."""
    with contextlib.suppress(KeyboardInterrupt):
        if as_json or not terminal.redraws():
            for summary in _changes(look):
                if as_json:
                    answer.print_json(look.told(summary))
                else:
                    terminal.console().print(Text(shown.moment(time.time()), style="dim"), look.view(summary), "")
            return
        with Live(console=terminal.console(), auto_refresh=False) as live:
            for summary in _changes(look):
                live.update(look.view(summary), refresh=True)


def _changes(look: _Look) -> Iterator[Summary]:
    """Yield the outbox at a glance, now and whenever it has changed, as long as somebody reads it."""
    pause = threading.Event()
    seen = None
    while not streams.reader_gone():
        changes = snapshot.changes(look.outbox)
        if changes != seen:
            seen = changes
            yield look.summary()
        attention.give(look.outbox.path)
        pause.wait(LOOK_S)


def _unreadable(outbox: Outbox, error: OutboxError) -> here.Stop:
    """Return the exit for an outbox that cannot be read: what it could not take is known nevertheless."""
    outside = remarks.outside(outbox.path)
    text = "\n".join((str(error), *map(str, outside)))
    return here.Stop(text, exit_codes.UNSENT if outside else exit_codes.FAILED)
