"""The command line `ftrack-accsyn`; its libraries come with the extras `cli` and `sandbox`."""

from __future__ import annotations

import io
import sys

from ftrack_accsyn_accessor.cli.extras import needs_extra


def main() -> None:
    """Run the command line with the arguments of the process, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console of Windows has a few hundred letters; names have all, and a command must not end by one of them.
            stream.reconfigure(errors="backslashreplace")
    with needs_extra("cli"):
        if sys.argv[1:2] == ["hook"]:  # run for every job of a workspace, most of which are none of its business
            from ftrack_accsyn_accessor.cli.hook import hook

            hook(sys.argv[2:], prog_name="ftrack-accsyn hook")
        from ftrack_accsyn_accessor.cli.application import application
    application()
