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
        raise SystemExit(f"ftrack-accsyn needs {missing}, which is not installed. {remedy(extra)}") from None


def remedy(extra: str) -> str:
    """Return how to get the libraries of *extra*; no package index has the package itself."""
    return f"In a checkout install it with: pip install '.[{extra}]'; elsewhere name the wheel in place of the dot."
