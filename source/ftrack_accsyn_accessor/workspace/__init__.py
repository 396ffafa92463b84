"""The only door to accsyn: a hardened session, few verbs, and one error for each kind of failure.

Nothing outside this package imports `accsyn_api`, and this package loads it only when a `Workspace` is used for the
first time, which the plugin does on its background thread, or the command line on its own.
"""

from __future__ import annotations

from ftrack_accsyn_accessor.model.accsyn import Client, Job, Task
from ftrack_accsyn_accessor.workspace.queues import QueuePlace
from ftrack_accsyn_accessor.workspace.workspace import Workspace

__all__ = ["Client", "Job", "QueuePlace", "Task", "Workspace"]
