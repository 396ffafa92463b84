"""`ftrack-accsyn sync`: folders of a volume between head quarters and a site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ftrack_accsyn_accessor.cli import asked
from ftrack_accsyn_accessor.send.tools import sync_order


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--site", required=True, metavar="CODE", help="The site in accsyn, such as london.")
@click.option(
    "--direction",
    required=True,
    type=click.Choice(["download", "upload"]),
    help="download: from head quarters to the site; upload: from the site to head quarters.",
)
@click.option("--project", default="", metavar="NAME", help="Whose paths they are. [default: by their first folder]")
@click.option("--queue", default="", metavar="NAME", help="The accsyn queue. [default: the project's]")
@asked.options
@click.pass_context
def sync(
    context: click.Context, /, paths: Sequence[str], site: str, direction: str, project: str, queue: str, **how: Any
) -> None:
    """Sync files and folders of a volume between head quarters and a site.

    PATH is relative to the volume, or absolute in any platform's notation; wildcards are allowed, and several projects
    at once. It lies at the same place at both ends. Files that are the same there are not sent again by accsyn.
    """
    order = sync_order(site, direction, paths, project, queue)
    asked.carry_out(context, order, (), asked.How(**how))
