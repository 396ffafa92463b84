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
        from ftrack_accsyn_accessor.cli.application import application
    application()
