"""What every command begins with: this machine's outbox, or an exit that says why there is none."""

from __future__ import annotations

from typing import Any

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.insight.place import Machine, find_machine
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_runtime


class Stop(click.ClickException):
    """Ends a command with *message* on standard error and an exit code of `exit_codes`."""

    exit_code: int = exit_codes.FAILED  # type: ignore[misc]  # click has one for each class

    def __init__(self, message: str, exit_code: int = exit_codes.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: Any = None) -> None:
        """Print the message as it is: it is a sentence of its own."""
        click.echo(self.message, err=True, file=file)


def find() -> Machine:
    """Return this machine; stop where it is no staging machine."""
    current = environment.read_settings()
    if current.staging_path is None:
        wrong = [str(each) for each in current.problems if each.variable == current.staging_variable]
        text = wrong[0] if wrong else f"{current.staging_variable} is not set: this is no staging machine."
        raise Stop(text, exit_codes.NOT_SET_UP)
    return find_machine(current, environment.ftrack_user())


def outbox(here: Machine) -> Outbox:
    """Return the outbox; stop where there is none."""
    if here.outbox_path.is_file():
        return here.outbox()
    if not here.staging_present:
        raise Stop(
            f"There is no staging area at {here.area.root}: its disk is unplugged, or nothing was ever published here.",
            exit_codes.NOT_SET_UP,
        )
    others = ", ".join(here.neighbours)
    hint = f" There are outboxes of {others}: set FTRACK_API_USER." if others else ""
    raise Stop(f"Nothing was ever published on this machine as {here.location_name}.{hint}", exit_codes.NOT_SET_UP)


def runtime(here: Machine) -> Runtime:
    """Return what serves the outbox in this process, its uploader not started; stop where a setting is missing."""
    if here.settings.disabled:
        raise Stop("The plugin is switched off by FTRACK_ACCSYN_DISABLE.", exit_codes.NOT_SET_UP)
    if here.settings.problems:
        raise Stop(settings.describe(here.settings.problems), exit_codes.NOT_SET_UP)
    outbox(here)
    try:
        credentials = environment.ftrack_credentials()
        return open_runtime(here.settings, here.location_name, credentials, environment.read_settings)
    except AccsynAccessorError as error:
        raise Stop(str(error), exit_codes.NOT_SET_UP) from error
