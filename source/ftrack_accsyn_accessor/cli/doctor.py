"""`ftrack-accsyn doctor`: every setting and connection, checked one by one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

import click
from rich.text import Text

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes, here, shown, terminal
from ftrack_accsyn_accessor.insight.doctor import Check, Level, Subject, bundle, examine, worst
from ftrack_accsyn_accessor.model.errors import SettingsError

STYLES: Mapping[Level, str] = {
    Level.OK: "green",
    Level.WARN: "yellow",
    Level.FAIL: "bold red",
    Level.SKIPPED: "dim",
}


@click.command()
@click.option(
    "--bundle",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a zip archive for a diagnosis, without secrets.",
)
@shown.json_option
@click.pass_context
def doctor(context: click.Context, archive: Optional[Path], as_json: bool) -> None:
    """Check every setting and connection one by one, and say what to do about what is wrong.

    Asks ftrack and accsyn. The exit code is 1 if a check failed; a warning alone does not make it so.
    """
    checks: list[Check] = []
    subject = _subject()
    for check in examine(subject):
        checks.append(check)
        if not as_json:
            shown.console().print(_line(check))
    if archive is not None:
        _write(archive, subject, checks)
    if as_json:
        shown.print_json({"level": worst(checks), "checks": checks, "bundle": archive})
    elif archive is not None:
        terminal.say(f"Written: {archive}")
    context.exit(exit_codes.FAILED if worst(checks) is Level.FAIL else exit_codes.OK)


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


def _line(check: Check) -> Text:
    line = Text.assemble((f"{check.level.value:8}", STYLES[check.level]), (f"{check.name}  ", "bold"), check.text)
    return line.append(f" {check.remedy}", style="yellow") if check.remedy else line
