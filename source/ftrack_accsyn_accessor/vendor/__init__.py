"""The vendor loop: hand work out, take it back, publish it, close.

For a studio's own tools: `from ftrack_accsyn_accessor.vendor import outsource`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.vendor.functions import outsource

__all__ = ["outsource"]


def __getattr__(name: str) -> Any:
    # Late, for whoever imports a module of this room has no use for all the others.
    if name in __all__:
        from ftrack_accsyn_accessor.vendor import functions

        return getattr(functions, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
