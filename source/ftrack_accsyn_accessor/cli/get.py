"""`ftrack-accsyn get`: fetches what is elsewhere to this machine's staging location."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import click

from ftrack_accsyn_accessor.cli import asked
from ftrack_accsyn_accessor.cli.send import names
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.send.order import Order


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="COMPONENT|VERSION|SHOT...")
@click.option("--from", "source", default="", metavar="LOCATION", help="From where. [default: the nearest that has it]")
@asked.versions
@click.option("--components", metavar="NAMES", help="Only components of these names: commas between, * allowed.")
@click.option("--with-used", is_flag=True, help="Also what the versions use, at any depth.")
@click.option("--again", is_flag=True, help="Also what is registered here already: accsyn sends what differs.")
@click.option("--priority", type=click.IntRange(0, 1000), help="Of its tasks in accsyn, 0 to 1000.")
@asked.options
@click.pass_context
def get(
    context: click.Context,
    /,
    words: Sequence[str],
    source: str,
    latest: bool,
    all_versions: bool,
    components: Optional[str],
    with_used: bool,
    again: bool,
    priority: Optional[int],
    **how: Any,
) -> None:
    """Fetch components from wherever they are to this machine's staging location.

    Each of the arguments is an id in ftrack, or words such as "show_a/sq010/sh010" or "sh010 comp v003". What is staged
    already is not fetched again. When it is registered here, `location.get_filesystem_path` works; `clean` may free it
    again, since it is proven elsewhere.
    """
    order = Order(
        Reason.GET,
        source=source,
        latest_only=asked.latest_only(latest, all_versions),
        components=names(components),
        with_used=with_used,
        priority=priority,
        again=again,
    )
    asked.carry_out(context, order, words, asked.How(**how))
