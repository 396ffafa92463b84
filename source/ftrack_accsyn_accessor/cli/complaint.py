"""Why a command has no answer: in words on standard error, or as JSON on standard output; with an exit code."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, secrets, terminal
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, SettingsError, words

#: What scripts tell errors apart by that have no kind of their own.
KINDS: Mapping[int, str] = {
    exit_codes.FAILED: "failed",
    exit_codes.USAGE: "usage",
    exit_codes.NOT_SET_UP: "not-set-up",
    exit_codes.UNSENT: "unsent",
    exit_codes.MOVING: "moving",
    exit_codes.ATTENTION: "attention",
    exit_codes.TIMEOUT: "timeout",
}


_UNEXPECTED = "unexpected"
#: What click raises where no command is named; before 8.2 it shows the help by itself.
_HELP: tuple[type[click.ClickException], ...] = tuple(
    filter(None, [getattr(click.exceptions, "NoArgsIsHelpError", None)])
)


class Stop(click.ClickException):
    """Ends a command with *message* on standard error and an exit code of `exit_codes`."""

    exit_code: int = exit_codes.FAILED  # type: ignore[misc]  # click has one for each class

    def __init__(self, message: str, exit_code: int = exit_codes.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: Any = None) -> None:
        """Print the message as it is: it is a sentence of its own, in which others may have named things."""
        terminal.say(self.message, err=True)


class Told(NamedTuple):
    """An error as scripts get it."""

    kind: str
    message: str
    exit_code: int
    remedy: str = ""


def tell(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell why the command that *arguments* say has no answer, and return its exit code."""
    told = of(error)
    if answer.wanted(arguments):
        answer.print_error(told.kind, told.message, told.exit_code, told.remedy)
    elif isinstance(error, _HELP):
        click.echo(error.format_message(), err=True)
    else:
        sign = "Error: " if isinstance(error, click.ClickException) and not isinstance(error, Stop) else ""
        terminal.say(f"{_usage(error)}{sign}{told.message} {told.remedy}".rstrip(), err=True)
    if told.kind == _UNEXPECTED and environment.read_settings().log_level == logging.DEBUG:
        trail = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        sys.stderr.write(secrets.concealed(trail, secrets.known()))
    return told.exit_code


def _usage(error: BaseException) -> str:
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return ""
    usage, path, option = error.ctx.get_usage(), error.ctx.command_path, error.ctx.help_option_names[0]
    return f"{usage}\nTry '{path} {option}' for help.\n\n"


def of(error: BaseException) -> Told:
    """Return what is told of *error*."""
    if isinstance(error, AccsynAccessorError):
        code = exit_codes.NOT_SET_UP if isinstance(error, SettingsError) else exit_codes.FAILED
        return Told(error.kind, error.what, code, error.remedy)
    if isinstance(error, click.Abort):
        return Told("interrupted", "Aborted!", exit_codes.FAILED)
    if isinstance(error, click.ClickException):
        return _of_stop(error)
    text = f"{type(error).__name__}: {words(error)}".rstrip(": ")
    remedy = "Please report this, with what it prints when FTRACK_ACCSYN_LOG_LEVEL is DEBUG."
    return Told(_UNEXPECTED, f"Something is wrong in ftrack-accsyn ({text}).", exit_codes.FAILED, remedy)


def _of_stop(error: click.ClickException) -> Told:
    cause = error.__cause__
    message = error.format_message().replace("\n\t", " ")  # click lists choices with tabs, which are told as such
    if not isinstance(cause, AccsynAccessorError):
        return Told(KINDS.get(error.exit_code, "failed"), message, error.exit_code)
    if message == str(cause):
        return Told(cause.kind, cause.what, error.exit_code, cause.remedy)
    return Told(cause.kind, message, error.exit_code)
