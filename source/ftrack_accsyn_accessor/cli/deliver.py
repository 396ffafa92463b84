"""`ftrack-accsyn deliver`: a vendor checks what was made, and sends it to the studio with accsyn."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, NamedTuple, NoReturn, Optional

import click
from rich.console import Group, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor.cli import answer, exit_codes, here, telling, terminal
from ftrack_accsyn_accessor.cli.extras import needs_extra
from ftrack_accsyn_accessor.cli.telling import Pace
from ftrack_accsyn_accessor.insight.asking import Asking
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, TimeUp, Unresolved
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.submission import Severity
from ftrack_accsyn_accessor.model.upload import Stage, Standing
from ftrack_accsyn_accessor.vendor import delivering, publishing
from ftrack_accsyn_accessor.vendor.delivering import Address, Unit
from ftrack_accsyn_accessor.vendor.publishing import Said, Wishes
from ftrack_accsyn_accessor.vendor.uploading import Sent, Uploading

_WINDOW = "ftrack_accsyn_accessor.connect.deliver_window"
#: Problems of one delivery that are written out; of more only the number.
MOST_PROBLEMS = 20
_GOES_ON = (
    "It is not followed any more; accsyn carries on with what it has. The same command follows it again, and sends "
    "what accsyn does not have yet."
)


class How(NamedTuple):
    """What the options say."""

    named: Optional[Path]
    without: bool
    share: str
    publish: bool
    comment: str
    status: str
    hours: float
    anew: bool
    dry_run: bool
    wait: bool
    timeout_s: Optional[float]
    yes: bool
    as_json: bool

    @property
    def asks(self) -> bool:
        """Whether somebody is there to be asked."""
        return not (self.yes or self.as_json) and sys.stdin.isatty() and sys.stdout.isatty()


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="FOLDER...")
@click.option(
    "--manifest",
    "named",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The manifest of the package. [default: the nearest manifest.json beside or above]",
)
@click.option("--no-manifest", "without", is_flag=True, help="Without one: little can be checked then.")
@click.option("--to", "share", default="", metavar="SHARE", help="The folder in accsyn. [default: the manifest's]")
@click.option("--publish", is_flag=True, help="By accsyn Publish, where the studio uses it.")
@click.option("--comment", default="", metavar="TEXT", help="With --publish: what to say to it.")
@click.option("--status", default="", metavar="NAME", help="With --publish: one of the statuses of the studio.")
@click.option("--time", "hours", type=click.FloatRange(0, 10_000), default=0.0, help="With --publish: hours worked.")
@click.option("--again", "anew", is_flag=True, help="Also what was delivered before as it is.")
@click.option("--dry-run", is_flag=True, help="Check it, and send nothing.")
@click.option("--wait/--no-wait", default=True, help="Whether to follow it to the end. [default: wait]")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), help="Follow it no longer than so many seconds.")
@click.option("--yes", is_flag=True, help="Ask nothing. Without a terminal nothing is asked in any case.")
@click.option("--window", is_flag=True, help="In a small window, to drop folders on.")
@terminal.json_option
@click.pass_context
def deliver(context: click.Context, /, paths: Sequence[Path], window: bool, **how: Any) -> None:
    """Check what you have made, and deliver it to the studio with accsyn. For vendors.

    Each FOLDER, or file, is one version. It is checked by the manifest of the package before anything is sent: names,
    version, frames, empty files, types. Needs accsyn's app or user server on this machine, and ACCSYN_WORKSPACE,
    ACCSYN_API_USER and ACCSYN_API_KEY; no account in ftrack.

    The exit code is 0 when accsyn has proven that all of it is there; 5 with --no-wait; 6 when something is not as the
    studio expects, and was not sent, or could not be sent; 7 when the time is up.
    """
    if window:
        with needs_extra("window"):
            importlib.import_module("PySide6")
        context.exit(subprocess.call([sys.executable, "-m", _WINDOW, *map(str, paths)]))
    if not paths:
        raise click.UsageError("Name what is to be delivered, or open the window with --window.")
    asked = How(**how)
    uploading = Uploading.here()
    try:
        units = [delivering.look(path, asked.named, asked.without) for path in dict.fromkeys(paths)]
        _require_different(units)
        way = _publish if asked.publish else _upload
        way(context, asked, uploading, units)
    finally:
        uploading.close()


def _require_different(units: Sequence[Unit]) -> None:
    names = [unit.name.casefold() for unit in units]
    twice = next((unit.name for unit in units if names.count(unit.name.casefold()) > 1), "")
    if twice:
        raise Unresolved("deliver", twice, "two of these have the same name", "Deliver one after the other.")


# Plain upload.


def _upload(context: click.Context, how: How, uploading: Uploading, units: Sequence[Unit]) -> NoReturn:
    folders = uploading.workspace.own_folders() if any(unit.goes for unit in units) else []
    addresses = {unit.name: delivering.address(unit, folders, how.share) for unit in units if unit.goes}
    going = [unit for unit in units if addresses.get(unit.name, Address()).share]
    causes = {name: each.cause for name, each in addresses.items() if each.cause}
    if not how.as_json:
        terminal.console().print(units_view(units, {name: each.share for name, each in addresses.items()}, causes))
    if how.dry_run or not going:
        _end(context, how, units, causes, {}, _planned_code(units, going))
    _agree(how, going)
    machine = uploading.this_machine()
    _say_offline(how, machine.online)
    with _interruptible(), _reading(how.as_json) as reading:

        def send(unit: Unit) -> Sent:
            return uploading.send(unit, addresses[unit.name].share, machine, reading(unit), how.anew)

        sent, failed = _each(going, send)
    _follow(context, how, uploading, units, sent, causes, failed)


def _each(going: Sequence[Unit], send: Callable[[Unit], Sent]) -> tuple[list[Sent], dict[str, Standing]]:
    """Return what was sent, and why the rest was not, by name: one that fails does not keep the others."""
    sent, failed = [], {}
    for unit in going:
        try:
            sent.append(send(unit))
        except AccsynAccessorError as error:
            if len(going) == 1:
                raise
            failed[unit.name] = Standing(Stage.STOPPED, cause=str(error))
    return sent, failed


# accsyn Publish.


def _publish(context: click.Context, how: How, uploading: Uploading, units: Sequence[Unit]) -> NoReturn:
    checked = [unit for unit in units if unit.goes]
    before = {unit.name: uploading.published(unit, how.anew) for unit in checked}
    sent = [each for each in before.values() if each is not None]
    fresh = [unit for unit in checked if before[unit.name] is None]
    wishes = publishing.ask(uploading.workspace, fresh) if fresh else Wishes(())
    causes = {each.unit.name: each.words for each in wishes.offers if not each.accepted}
    going = [each for each in wishes.offers if each.accepted]
    if not how.as_json:
        terminal.console().print(units_view(units, {}, causes))
        terminal.console().print(_wishes_view(wishes))
    if how.dry_run or not (going or sent):
        _end(context, how, units, causes, {}, _planned_code(units, [each.unit for each in going]))
    failed: dict[str, Standing] = {}
    if going:
        said = _said(how, wishes)
        _agree(how, [each.unit for each in going])
        machine = uploading.this_machine()
        _say_offline(how, machine.online)
        offers = {each.unit.name: each for each in going}
        with _interruptible():
            more, failed = _each(
                [each.unit for each in going], lambda unit: uploading.publish(offers[unit.name], said, machine)
            )
        sent += more
    _follow(context, how, uploading, units, sent, causes, failed)


def _said(how: How, wishes: Wishes) -> Said:
    """Return what is said to what is published, asked for where the studio wants it and somebody is there."""
    comment, status, hours = how.comment, how.status, how.hours
    if wishes.comment and not comment and how.asks:
        comment = click.prompt("Comment")
    if wishes.comment and not comment:
        raise here.Stop("The studio wants a comment with it: --comment TEXT.", exit_codes.USAGE)
    if wishes.time_report and not hours and how.asks:
        hours = click.prompt("Hours worked on it", default=0.0, type=click.FloatRange(0, 10_000))
    known = {each.casefold(): each for each in wishes.statuses}
    if status and known and status.casefold() not in known:
        raise here.Stop(f"The studio has these statuses: {', '.join(wishes.statuses)}.", exit_codes.USAGE)
    status = known.get(status.casefold(), status) or wishes.status
    return Said(comment, status, round(hours * 3600))


def _wishes_view(wishes: Wishes) -> RenderableType:
    lines = [f"{each.unit.name}: {each.words}" for each in wishes.offers if each.accepted and each.words]
    return Group(*map(Text, filter(None, [wishes.guidelines, *lines])))


# What both have in common.


def _planned_code(units: Sequence[Unit], going: Sequence[Unit]) -> int:
    return exit_codes.OK if len(going) == len(units) else exit_codes.ATTENTION


def _agree(how: How, going: Sequence[Unit]) -> None:
    size = size_text(sum(unit.size_bytes for unit in going))
    what = "it" if len(going) == 1 else f"these {len(going)}"
    if how.asks and not click.confirm(f"Deliver {what}, {size}?", default=True):
        raise here.Stop("Nothing was delivered.")


def _say_offline(how: How, online: bool) -> None:
    if not online:
        text = "accsyn's app or user server on this machine is not running: start it, and the upload begins by itself."
        terminal.say(text, err=how.as_json)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise here.Stop(_GOES_ON) from None


def _follow(
    context: click.Context,
    how: How,
    uploading: Uploading,
    units: Sequence[Unit],
    sent: Sequence[Sent],
    causes: Mapping[str, str],
    failed: Mapping[str, Standing],
) -> NoReturn:
    with _interruptible(), _bar(how.as_json) as draw:
        standings = {**_followed(how, uploading, sent, draw), **failed}
    _end(context, how, units, causes, standings, _code(how, units, standings))


def _followed(
    how: How, uploading: Uploading, sent: Sequence[Sent], draw: Callable[[Mapping[str, Standing]], None]
) -> Mapping[str, Standing]:
    """Return how all of *sent* stand in the end, or as it was known last when the time is up."""
    if not how.wait or how.timeout_s is None:
        return uploading.follow(sent, None if how.wait else 0.0, draw)
    known: dict[str, Standing] = {each.unit.name: Standing(Stage.WAITING) for each in sent}

    def note(standings: Mapping[str, Standing]) -> None:
        known.update(standings)
        draw(standings)

    with contextlib.suppress(TimeUp):
        Asking(how.timeout_s).within(lambda: uploading.follow(sent, how.timeout_s, note))
    return known


def _code(how: How, units: Sequence[Unit], standings: Mapping[str, Standing]) -> int:
    stages = [standings[unit.name].stage if unit.name in standings else Stage.STOPPED for unit in units]
    if Stage.STOPPED in stages:
        return exit_codes.ATTENTION
    if all(stage is Stage.DELIVERED for stage in stages):
        return exit_codes.OK
    return exit_codes.TIMEOUT if how.wait else exit_codes.MOVING


def _end(
    context: click.Context,
    how: How,
    units: Sequence[Unit],
    causes: Mapping[str, str],
    standings: Mapping[str, Standing],
    code: int,
) -> NoReturn:
    if how.as_json:
        answer.print_json({"deliveries": [_told(unit, causes, standings) for unit in units], "exit_code": code})
    elif standings:
        terminal.console().print(standings_view(standings))
    context.exit(code)


def _told(unit: Unit, causes: Mapping[str, str], standings: Mapping[str, Standing]) -> Mapping[str, Any]:
    return {
        "name": unit.name,
        "path": str(unit.path),
        "manifest": str(unit.by) if unit.by is not None else "",
        "package": unit.manifest.package if unit.manifest is not None else "",
        "task_id": unit.verdict.task_id,
        "version": unit.verdict.version,
        "files": len(unit.files),
        "size_bytes": unit.size_bytes,
        "goes": unit.goes and unit.name not in causes,
        "cause": causes.get(unit.name, ""),
        "problems": unit.verdict.problems,
        "standing": standings.get(unit.name),
    }


# What is shown.


def units_view(units: Sequence[Unit], shares: Mapping[str, str], causes: Mapping[str, str]) -> RenderableType:
    """Return what was found of each, as a table, and below it what is wrong with it, in words."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("Delivery", "What it is", "Files", "Size", "Goes to"):
        table.add_column(heading, justify="right" if heading in ("Files", "Size") else "left", overflow="fold")
    for unit in units:
        share = shares.get(unit.name, "")
        goes = unit.goes and unit.name not in causes
        where = Text(share or "the studio", style="green") if goes else Text("not sent", style="bold red")
        what = Text(delivering.what_text(unit))
        table.add_row(Text(printable(unit.name)), what, str(len(unit.files)), size_text(unit.size_bytes), where)
    return Group(table, *(line for unit in units for line in _problem_lines(unit, causes.get(unit.name, ""))))


def _problem_lines(unit: Unit, cause: str) -> Iterable[Text]:
    problems = sorted(unit.verdict.problems, key=lambda each: each.severity is not Severity.WRONG)
    for each in problems[:MOST_PROBLEMS]:
        style = "bold red" if each.severity is Severity.WRONG else "yellow"
        yield Text.assemble((f"{printable(unit.name)}: ", style), each.text)
    if len(problems) > MOST_PROBLEMS:
        yield Text(f"{printable(unit.name)}: ... and {len(problems) - MOST_PROBLEMS} more", style="dim")
    if cause:
        yield Text.assemble((f"{printable(unit.name)}: ", "bold red"), cause)


_STYLES = {Stage.WAITING: "yellow", Stage.SENDING: "cyan", Stage.DELIVERED: "green", Stage.STOPPED: "bold red"}


def standings_view(standings: Mapping[str, Standing]) -> RenderableType:
    """Return how each stands."""
    return Group(
        *(
            Text.assemble(f"{printable(name)}: ", (each.stage.value, _STYLES[each.stage]), f"  {each.cause}".rstrip())
            for name, each in standings.items()
        )
    )


@contextlib.contextmanager
def _reading(quiet: bool) -> Iterator[Callable[[Unit], Callable[[int, int], None]]]:
    """Give a function that gives one that draws how much of a delivery was read."""
    if quiet:
        yield lambda unit: lambda done, size: None
        return
    columns = (TextColumn("Reading {task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=terminal.console(), transient=True) as progress:

        def begin(unit: Unit) -> Callable[[int, int], None]:
            task = progress.add_task(printable(unit.name), total=unit.size_bytes)
            return lambda done, size: progress.update(task, total=size, completed=done)

        yield begin


@contextlib.contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Mapping[str, Standing]], None]]:
    """Give a function that shows how far deliveries are: with a bar for each where there is a terminal for it."""
    if quiet or not terminal.redraws(err=True):
        with telling.bar() as show:
            yield lambda standings: show(Pace("; ".join(_pace(*each) for each in standings.items())))
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=terminal.console(), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def draw(standings: Mapping[str, Standing]) -> None:
            for name, each in standings.items():
                if name not in tasks:
                    tasks[name] = progress.add_task(printable(name))
                total, done = each.progress.size_bytes or None, each.progress.done_bytes
                progress.update(tasks[name], description=_pace(name, each), total=total, completed=done)

        yield draw


def _pace(name: str, standing: Standing) -> str:
    """Return how it is, how fast it goes and what is left, or what is in its way."""
    told = [f"{printable(name)} {standing.stage.value}"]
    if standing.progress.speed_bytes_per_s:
        told.append(f"{size_text(standing.progress.speed_bytes_per_s)}/s")
    if standing.progress.left_s is not None:
        told.append(f"{duration_text(standing.progress.left_s)} left")
    if standing.cause and not standing.ended:
        told.append(standing.cause)
    return ", ".join(told)
