"""The command line on the artist's machine, to compare with."""

from __future__ import annotations

from integration.cli.conftest import run, told

__all__ = ["run", "told"]
