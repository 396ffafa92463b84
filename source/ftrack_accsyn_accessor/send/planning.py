"""Makes the plan of an order: what is selected, where it lies, whether it can go."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.workspace import Workspace


class Planner:
    """Plans orders with one user's views of ftrack and accsyn. For one thread, that of *connection* and *workspace*.

    *outboxes* are those in which something may be on its way already.
    """

    def __init__(
        self, connection: FtrackConnection, workspace: Workspace, settings: Settings, outboxes: Sequence[Outbox] = ()
    ) -> None:
        self._connection = connection
        self._workspace = workspace
        self._settings = settings
        self._outboxes = outboxes

    def plan(self, order: Order) -> list[Plan]:
        """Return the plans of *order*: one for each pair of ends (a Get may have several sources).

        At most 12 + (rows / 500) queries of ftrack. Raise `errors.RegistrationError`, `errors.WorkspaceError`, and
        `errors.Unresolved` where an end cannot be told.
        """
        raise NotImplementedError
