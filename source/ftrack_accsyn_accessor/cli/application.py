"""The group of all commands."""

from __future__ import annotations

import click

from ftrack_accsyn_accessor._version import __version__
from ftrack_accsyn_accessor.cli.demo import demo
from ftrack_accsyn_accessor.cli.sandbox import sandbox


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ftrack-accsyn")
def application() -> None:
    """Publish in ftrack; accsyn carries the files to the studio."""


application.add_command(demo)
application.add_command(sandbox)
