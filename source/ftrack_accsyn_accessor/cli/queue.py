"""`ftrack-accsyn queue`: project queues in accsyn."""

from __future__ import annotations

import click

from ftrack_accsyn_accessor.cli import answer, exit_codes, terminal
from ftrack_accsyn_accessor.send.functions import PRIORITY, queue_ensure


@click.group()
def queue() -> None:
    """Look after accsyn's queues."""


@queue.command()
@click.argument("project")
@click.option(
    "--priority", type=click.IntRange(0, 1000), default=PRIORITY, show_default=True, help="Of a queue that is made."
)
@terminal.json_option
@click.pass_context
def ensure(context: click.Context, project: str, priority: int, as_json: bool) -> None:
    """Make the queue of a project in accsyn, unless it is there.

    Jobs of the project go through it from then on. It takes an administrator of accsyn to make one; for others the exit
    code is 1, and the project's jobs go through accsyn's default queue.
    """
    found = queue_ensure(project, priority)
    if as_json:
        answer.print_json({"queue": found.id, "told": found.words})
    else:
        terminal.say(found.words)
    context.exit(exit_codes.OK if found.id else exit_codes.FAILED)
