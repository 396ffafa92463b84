"""`ftrack-accsyn vendors`: who may reach what of the vendors' folders, and why."""

from __future__ import annotations

import time
from typing import Optional

import click
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor.cli import answer, exit_codes, terminal
from ftrack_accsyn_accessor.model.errors import in_person
from ftrack_accsyn_accessor.model.plain import plain
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.report import Cause, Reached, Report, report
from ftrack_accsyn_accessor.vendor.waiting import give_up

_STYLES = {Cause.OPEN: "green", Cause.GRACE: "yellow", Cause.NEW: "yellow", Cause.STAFF: "dim", Cause.ELSEWHERE: "dim"}
_WRONG = "bold red"
#: Characters of what is told of one thing.
_LINE = 2_000


@click.command()
@click.option("--fix", is_flag=True, help="End what is over, and take back what no task explains.")
@click.option("--give-up", "name", metavar="NAME", help="End what waits under this name: a note in ftrack tells it.")
@terminal.json_option
@click.pass_context
def vendors(context: click.Context, fix: bool, name: Optional[str], as_json: bool) -> None:
    """List who may reach what of the vendors' folders, why, what work is not back yet, and what is not finished here.

    Asks ftrack and accsyn. With --fix the access of vendors whose tasks are over ends first (writing at once, reading
    after the days of grace), what is open again is given back, and grants on vendors' folders that no task explains
    are taken back; grants on other folders are only told. It may run as often as one likes, as by cron. The exit code
    is 0 when all is as it should be, 6 when something needs attention: such a grant, one that leads into vendors'
    folders from elsewhere, work that is past due, files that were left and not taken in; or something that was
    confirmed or delivered, waits here, and does not go on by itself or has not for a day. With --give-up such a thing
    is ended before all else: nothing is deleted by it, and nothing that was granted is taken back.
    """
    means = Means.here()
    given_up = ""
    try:
        with in_person():
            given_up = give_up(means, name) if name else ""
            found = report(means, time.time(), fix=fix)
    finally:
        means.close()
    code = exit_codes.ATTENTION if found.attention else exit_codes.OK
    if as_json:
        answer.print_json({**_told(found), "given_up": given_up, "exit_code": code})
    else:
        if given_up:
            terminal.say(printable(given_up, _LINE))
        _show(found)
    context.exit(code)


def _told(found: Report) -> dict[str, object]:
    return {
        "steps": plain(found.steps),
        "reached": plain(found.reached),
        "work": plain(found.work),
        "remarks": list(found.remarks),
        "waiting": plain(found.waiting),
    }


def _show(found: Report) -> None:
    for step in found.steps:
        terminal.say(printable(f"{step.project}, {step.vendor}: {step.words}", _LINE))
    if found.reached:
        terminal.console().print(_grants(found))
    if found.work:
        terminal.console().print(_work(found))
    if found.waiting:
        terminal.console().print(_waiting(found))
    for remark in found.remarks:
        terminal.console().print(Text(printable(remark, _LINE), style="yellow"))
    if not (found.reached or found.work or found.remarks or found.waiting):
        terminal.say("No vendor has work, or access.")


def _grants(found: Report) -> Table:
    table = _table("Who", "Folder", "May", "Why")
    for each in found.reached:
        may = " and ".join(word for word, given in (("read", each.read), ("write", each.write)) if given)
        why = Text(printable(f"{each.cause.value}: {each.words}", _LINE), style=_STYLES.get(each.cause, _WRONG))
        table.add_row(*map(_text, (each.vendor, _place(each), may)), why)
    return table


def _place(each: Reached) -> str:
    return f"{each.share} ({each.folder})" if each.folder else each.share


def _work(found: Report) -> Table:
    table = _table("Out with", "Task", "Since", "Due", "")
    for each in found.work:
        state = "past due" if each.overdue else "came back" if each.returned else "not back yet"
        style = _WRONG if each.overdue else ""
        texts = (each.vendor, f"{each.project} {each.task}", each.handed_out_at[:10], each.due[:10])
        table.add_row(*map(_text, texts), Text(state, style=style))
    return table


def _waiting(found: Report) -> Table:
    table = _table("Not finished", "What", "Of", "Since", "Why")
    for each in found.waiting:
        whose = " ".join(filter(None, (each.project, each.vendor)))
        style = _WRONG if each.attention else "yellow"
        why = Text(printable(each.cause or "it goes on", _LINE), style=style if each.cause else "")
        table.add_row(*map(_text, (each.name, each.what, whose, each.since[:16].replace("T", " "))), why)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _text(text: str) -> Text:
    return Text(printable(text, _LINE))
