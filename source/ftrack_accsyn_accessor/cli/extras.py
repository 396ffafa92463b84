"""Libraries that only the command line's extras bring."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

OURS = ("ftrack_accsyn_accessor", "ftrack_accsyn_sandbox")


@contextlib.contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Exit with the remedy when an import of the body finds a library of *extra* missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in OURS:
            raise
        raise SystemExit(
            f"ftrack-accsyn needs {missing}, which is not installed. "
            f"Install it with: pip install 'ftrack-accsyn-accessor[{extra}]'"
        ) from None
