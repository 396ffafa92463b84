"""The group of all commands."""

from __future__ import annotations

import logging
from typing import Any

import click

from ftrack_accsyn_accessor._version import __version__
from ftrack_accsyn_accessor.cli import control, exit_codes, here, requests
from ftrack_accsyn_accessor.cli.clean import clean
from ftrack_accsyn_accessor.cli.deliver import deliver
from ftrack_accsyn_accessor.cli.demo import demo
from ftrack_accsyn_accessor.cli.doctor import doctor
from ftrack_accsyn_accessor.cli.drain import drain
from ftrack_accsyn_accessor.cli.get import get
from ftrack_accsyn_accessor.cli.hook import hook
from ftrack_accsyn_accessor.cli.log import log
from ftrack_accsyn_accessor.cli.outsource import outsource
from ftrack_accsyn_accessor.cli.queue import queue
from ftrack_accsyn_accessor.cli.reconcile import reconcile
from ftrack_accsyn_accessor.cli.sandbox import sandbox
from ftrack_accsyn_accessor.cli.send import send
from ftrack_accsyn_accessor.cli.serve import serve
from ftrack_accsyn_accessor.cli.status import status
from ftrack_accsyn_accessor.cli.sync import sync
from ftrack_accsyn_accessor.cli.vendors import vendors
from ftrack_accsyn_accessor.cli.wait import wait
from ftrack_accsyn_accessor.cli.where import where
from ftrack_accsyn_accessor.cli.why import why
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, SettingsError


class Commands(click.Group):
    """A group whose commands may raise the plugin's errors: they are told in words, with an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        # What ftrack_api logs of a refusal comes back as an error, which is told in words.
        logging.getLogger("ftrack_api").addHandler(logging.NullHandler())
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise here.Stop(str(error), exit_codes.NOT_SET_UP) from error
        except AccsynAccessorError as error:
            raise here.Stop(str(error)) from error


@click.group(
    cls=Commands,
    epilog=exit_codes.epilog(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ftrack-accsyn")
def application() -> None:
    """Publish in ftrack; accsyn carries the files to the studio."""


for command in (
    status,
    why,
    where,
    send,
    get,
    sync,
    outsource,
    requests.requests,
    requests.cancel,
    queue,
    doctor,
    control.retry,
    control.pause,
    control.resume,
    drain,
    wait,
    clean,
    log,
    reconcile,
    vendors,
    serve,
    hook,
    deliver,
    demo,
    sandbox,
):
    application.add_command(command)
