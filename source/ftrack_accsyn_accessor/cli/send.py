"""`ftrack-accsyn send`: components from one location to another, with a preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import click

from ftrack_accsyn_accessor.cli import asked
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.send.order import Order


def names(text: Optional[str]) -> tuple[str, ...]:
    """Return what *text* lists, separated by commas."""
    return tuple(filter(None, map(str.strip, (text or "").split(","))))


@click.command()
@click.argument("words", nargs=-1, metavar="SELECTION...")
@click.option(
    "--from", "source", required=True, metavar="LOCATION", help="Where it is: an ftrack location, or a party."
)
@click.option("--to", "destination", required=True, metavar="LOCATION", help="Where it is to be.")
@asked.versions
@click.option("--components", metavar="NAMES", help="Only components of these names: commas between, * allowed.")
@click.option("--with-used", is_flag=True, help="Also what the versions use, at any depth.")
@click.option("--add", "added", multiple=True, metavar="PATH", help="Also this file or folder; * allowed. Repeatable.")
@click.option("--again", is_flag=True, help="Also what is registered there already: accsyn sends what differs.")
@click.option("--queue", default="", metavar="NAME", help="The accsyn queue. [default: the project's]")
@click.option("--priority", type=click.IntRange(0, 1000), help="Of its tasks in accsyn, 0 to 1000.")
@asked.options
@click.pass_context
def send(
    context: click.Context,
    /,
    words: Sequence[str],
    source: str,
    destination: str,
    latest: bool,
    all_versions: bool,
    components: Optional[str],
    with_used: bool,
    added: Sequence[str],
    again: bool,
    queue: str,
    priority: Optional[int],
    **how: Any,
) -> None:
    """Send the components of a selection from one location to another.

    SELECTION are ids in ftrack, or words such as "show_a/sq010/sh010" or "sh010 comp v003". First the plan is shown:
    what goes, what is there already, what is on its way, and what cannot go and why. On a terminal it is asked whether
    to go ahead. Then one request is written down, and handed to accsyn from this process; what that does not manage in
    time is left to the next application with the plugin.

    The exit code is 0 when accsyn has it; with --wait when all of it is there, 6 when something needs attention or
    cannot go, 7 when the time is up.
    """
    if not words and not added:
        raise click.UsageError("Name what is to be sent, or add a path with --add.")
    order = Order(
        Reason.SEND,
        source=source,
        destination=destination,
        latest_only=asked.latest_only(latest, all_versions),
        components=names(components),
        with_used=with_used,
        added=tuple(added),
        queue=queue,
        priority=priority,
        again=again,
    )
    asked.carry_out(context, order, words, asked.How(**how))
