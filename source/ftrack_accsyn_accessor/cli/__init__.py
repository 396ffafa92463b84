"""The command line `ftrack-accsyn`; its libraries come with the extras `cli` and `sandbox`."""

from __future__ import annotations

from ftrack_accsyn_accessor.cli.extras import needs_extra


def main() -> None:
    """Run the command line with the arguments of the process, and exit."""
    with needs_extra("cli"):
        from ftrack_accsyn_accessor.cli.application import application
    application()
