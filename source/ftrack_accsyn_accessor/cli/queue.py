"""`ftrack-accsyn queue`: project queues in accsyn."""

from __future__ import annotations

from typing import Optional

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes, here, shown
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.worker import endpoint

#: Of a queue that nobody has given one: that of accsyn's default queue.
PRIORITY = 500


@click.group()
def queue() -> None:
    """Look after accsyn's queues."""


@queue.command()
@click.argument("project")
@click.option(
    "--priority", type=click.IntRange(0, 1000), default=PRIORITY, show_default=True, help="Of a queue that is made."
)
@shown.json_option
def ensure(project: str, priority: int, as_json: bool) -> None:
    """Make the queue of a project in accsyn, unless it is there.

    Jobs of the project go through it from then on. It takes an administrator of accsyn to make one; without it the
    project's jobs go through accsyn's default queue.
    """
    current = environment.read_settings()
    if not (current.workspace and current.api_user and current.api_key):
        problems = settings.describe(current.problems) if current.problems else "accsyn is not set up here."
        raise here.Stop(problems, exit_codes.NOT_SET_UP)
    workspace = endpoint.connect(current)
    try:
        found: Optional[str] = workspace.find_queue(project)
        made = found is None
        queue_id = found or workspace.create_queue(project, priority)
    finally:
        workspace.close()
    if as_json:
        shown.print_json({"queue": queue_id, "created": made})
    else:
        click.echo(f"The queue {project} {'was made' if made else 'is there'}.")
