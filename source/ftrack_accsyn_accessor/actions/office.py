"""What one thread works with on actions: its own connections to ftrack and accsyn, with the settings of the moment."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.people import People
from ftrack_accsyn_accessor.ftrack.places import Place, places
from ftrack_accsyn_accessor.model import errors, permission, settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.send import asking
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.worker.endpoint import connect
from ftrack_accsyn_accessor.worker.runtime import Runtime
from ftrack_accsyn_accessor.workspace import Workspace

#: What anything asked of accsyn may take, in seconds, while a person waits.
LIMIT_S = 20.0


class Office:
    """For one thread, from `open_office` on. Every method may raise an `errors.AccsynAccessorError`.

    With *everybody* it works for whoever asks, with its own rights: what they may have is looked up. Otherwise for the
    user of *credentials* alone, whose rights ftrack and accsyn look after.
    """

    def __init__(
        self,
        open_runtime: Callable[[], Runtime],
        credentials: FtrackCredentials,
        read_settings: Callable[[], Settings],
        everybody: bool,
    ) -> None:
        self.everybody = everybody
        self._open_runtime = open_runtime
        self._read_settings = read_settings
        self._connection = FtrackConnection(credentials)
        self._people = People(self._connection)
        self._settings: Optional[Settings] = None
        self._workspace: Optional[Workspace] = None
        self._runtime: Optional[Runtime] = None

    @property
    def settings(self) -> Settings:
        """The settings of the moment."""
        return self._read_settings()

    def places(self) -> list[Place]:
        """Return the locations to choose from."""
        return places(self._connection)

    def who(self, requester: Requester) -> Requester:
        """Return *requester* as ftrack knows them; raise `errors.NotAllowed` for nobody, or somebody inactive."""
        person = self._people.person(*requester)
        refused = permission.refusal(person, {}, ())
        if person is None or refused:
            raise errors.NotAllowed("work for", requester.username or requester.user_id, refused)
        return Requester(person.username, person.id)

    def plan(self, order: Order) -> list[Plan]:
        """Return the plans of *order*."""
        runtime = self.runtime()
        return Planner(self._connection, self._opened(), self.settings, [runtime.outbox]).plan(order)

    def require(self, requester: Requester, plans: Sequence[Plan]) -> None:
        """Raise `errors.NotAllowed` where *requester* may not have *plans* carried out."""
        if not self.everybody:
            return
        person = self._people.person(*requester)
        outsiders = [plan.destination.party for plan in plans if self._is_outsider(plan.destination.party)]
        refused = permission.refusal(person, self._people.projects(), plans, self.settings.send_to, outsiders)
        if refused:
            raise errors.NotAllowed("ask for this", "", refused)

    def confirm(self, order: Order, plans: Sequence[Plan], requester: Requester, token: str) -> list[int]:
        """Write down what goes of *plans*, and have the worker begin; return the ids of the requests."""
        runtime = self.runtime()
        ids = asking.confirm(runtime.outbox, order, plans, requester, token)
        runtime.wake()
        return ids

    def runtime(self) -> Runtime:
        """Return what carries requests from this machine."""
        if self._runtime is None:
            self._runtime = self._open_runtime()
        return self._runtime

    def close(self) -> None:
        """Give the connections back."""
        self._connection.close()
        with contextlib.suppress(errors.WorkspaceError):
            self._disconnect()
        if self._runtime is not None:
            self._runtime.outbox.close()

    def _is_outsider(self, party: str) -> bool:
        return "@" in party and self._opened().role_of(party) not in ("employee", "admin")

    def _opened(self) -> Workspace:
        current = self.settings
        if self._workspace is None or current != self._settings:
            if current.problems:
                raise errors.SettingsError("use accsyn", "", settings.describe(current.problems))
            self._disconnect()
            self._settings, self._workspace = current, connect(current)
        return self._workspace

    def _disconnect(self) -> None:
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            workspace.close()
