"""An ftrack location whose files travel to the studio by accsyn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_accsyn_accessor._version import __version__

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor

__all__ = ["AccsynAccessor", "__version__"]


def __getattr__(name: str) -> Any:
    # Late, for the accessor needs ftrack_api: the pure parts and the command line work without it.
    if name == "AccsynAccessor":
        from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor

        return AccsynAccessor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
