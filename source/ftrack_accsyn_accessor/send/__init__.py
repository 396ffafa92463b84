"""Send, Sync and Get: selection -> plan -> request. What is confirmed is carried by the worker like a publish.

For a studio's own tools: `from ftrack_accsyn_accessor.send import send, get, site_sync, queue_ensure`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.send.functions import get, queue_ensure, send, site_sync

__all__ = ["get", "queue_ensure", "send", "site_sync"]


def __getattr__(name: str) -> Any:
    # Late, for whoever imports a module of this room has no use for all the others.
    if name in __all__:
        from ftrack_accsyn_accessor.send import functions

        return getattr(functions, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
