"""`ftrack-accsyn doctor`: every setting and connection, checked one by one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional

import click
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, fitting, here, probing, terminal
from ftrack_accsyn_accessor.insight.doctor import Check, Level, Subject, bundle, examine, worst
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.printable import visible

STYLES: Mapping[Level, str] = {
    Level.OK: "green",
    Level.WARN: "yellow",
    Level.FAIL: "bold red",
    Level.SKIPPED: "dim",
}

#: The width of the longest usual name, the least room for a text beside it, and how far in one below it begins.
_NAME, _LEAST, _BELOW = 23, 30, 2


@click.command()
@click.option(
    "--bundle",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a zip archive for a diagnosis, without secrets.",
)
@click.option("--probe", "probes", is_flag=True, help="Also try out what is assumed of accsyn, with a job of its own.")
@click.option("--yes", is_flag=True, help="With --probe: do not ask.")
@terminal.json_option
@click.pass_context
def doctor(context: click.Context, archive: Optional[Path], probes: bool, yes: bool, as_json: bool) -> None:
    """Check every setting and connection one by one, and say what to do about what is wrong.

    Asks ftrack and accsyn. The exit code is 1 if a check failed; a warning alone does not make it so. With --probe it
    says first what it will do, and asks.
    """
    checks: list[Check] = []
    subject = _subject()

    def found(check: Check) -> None:
        checks.append(check)
        if not as_json:
            terminal.console().print(Line(check))

    if probes and not probing.agreed(subject, yes, as_json):
        context.exit(exit_codes.OK)
    for check in examine(subject):
        found(check)
    if probes and archive is not None:
        _write(archive, subject, checks)  # minutes are not to be spent where that is impossible
    report = probing.run(subject, found) if probes else None
    if report is not None and not as_json:
        terminal.say(probing.summary(report))
    if archive is not None:
        _write(archive, subject, checks)
    if as_json:
        told = {"level": worst(checks), "checks": checks, "bundle": archive}
        answer.print_json(
            {**told, "probe": probing.as_object(report, subject.settings)} if report is not None else told
        )
    elif archive is not None:
        terminal.say(f"Written: {archive}")
    failed = worst(checks) is Level.FAIL or (report is not None and bool(report.left))
    context.exit(exit_codes.FAILED if failed else exit_codes.OK)


def _subject() -> Subject:
    credentials = None
    with contextlib.suppress(SettingsError):
        credentials = environment.ftrack_credentials()
    return Subject(environment.read_settings(), environment.ftrack_user(), credentials)


def _write(archive: Path, subject: Subject, checks: list[Check]) -> None:
    try:
        bundle.write(archive, subject, checks, os.environ)
    except OSError as error:
        raise here.Stop(f"Could not write {archive}: {error.strerror}.") from error


class Line:
    """A check in columns that line up with every other's; what has no room beside its name stands below it."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Draw it."""
        check, letters, width = self._check, getattr(console, "letters", visible), options.max_width
        head = Text.assemble((f"{check.level.value:8}", STYLES[check.level]), (f"{check.name:{_NAME}}  ", "bold"))
        told = Text.assemble(check.text, (f" {check.remedy}" if check.remedy else "", "yellow"))
        head, told = fitting.readable(head, console, letters), fitting.readable(told, console, letters)
        longest, beside = max(map(cell_len, told.plain.split(" "))), cell_len(head.plain)
        if max(longest, _LEAST) <= width - beside:
            yield head.append_text(Text("\n" + " " * beside).join(fitting.wrapped(told, width - beside)))
            return
        head.rstrip()
        indent = _BELOW if longest <= width - _BELOW else 0
        yield Text("\n" + " " * indent).join([head, *fitting.wrapped(told, width - indent)])
