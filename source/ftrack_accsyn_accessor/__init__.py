"""An ftrack location whose files travel to the studio by accsyn.

What `__all__` lists is for studios' own tools, and promised to stay: see the manual's page "Python API and events".
Importing this is light; each name is fetched when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ftrack_accsyn_accessor._version import __version__

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.insight.functions import first, pause, resume, retry, status, wait, why
    from ftrack_accsyn_accessor.insight.known import Arrival, ItemStatus, Status
    from ftrack_accsyn_accessor.insight.situation import Cause
    from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
    from ftrack_accsyn_accessor.model.events import COMPONENT_SYNCED, ComponentSynced, read_event
    from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor

__all__ = [
    "COMPONENT_SYNCED",
    "AccsynAccessor",
    "AccsynAccessorError",
    "Arrival",
    "Cause",
    "ComponentSynced",
    "ItemStatus",
    "Status",
    "__version__",
    "first",
    "pause",
    "read_event",
    "resume",
    "retry",
    "status",
    "wait",
    "why",
]

#: Where they come from. Late, for only the accessor needs ftrack_api, and pure parts and command line need none of it.
_HOMES = {
    **dict.fromkeys(("first", "pause", "resume", "retry", "status", "wait", "why"), "insight.functions"),
    **dict.fromkeys(("Arrival", "ItemStatus", "Status"), "insight.known"),
    "Cause": "insight.situation",
    "AccsynAccessorError": "model.errors",
    **dict.fromkeys(("COMPONENT_SYNCED", "ComponentSynced", "read_event"), "model.events"),
    "AccsynAccessor": "staging.accessor",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
