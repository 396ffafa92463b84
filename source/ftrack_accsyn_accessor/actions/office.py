"""What one thread works with on actions: its own connections to ftrack and accsyn, with the settings of the moment."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Callable, Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack import assignments, outsourced
from ftrack_accsyn_accessor.ftrack.ancestry import ancestry
from ftrack_accsyn_accessor.ftrack.assignments import Assignment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.people import People
from ftrack_accsyn_accessor.ftrack.places import Place, places
from ftrack_accsyn_accessor.ftrack.task_states import task_states
from ftrack_accsyn_accessor.model import errors, parties, permission, settings, template
from ftrack_accsyn_accessor.model.closing import ended
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.permission import Concern
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.send import asking
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.send.where import Answer, where
from ftrack_accsyn_accessor.worker.endpoint import connect
from ftrack_accsyn_accessor.worker.runtime import Runtime
from ftrack_accsyn_accessor.workspace import Workspace

if TYPE_CHECKING:  # and where it is needed: Connect starts without the vendor loop
    from ftrack_accsyn_accessor.vendor.means import Means
    from ftrack_accsyn_accessor.vendor.outsourcing import Outsourcing
    from ftrack_accsyn_accessor.vendor.picked import Meant

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
        self._means: Optional[Means] = None

    @property
    def settings(self) -> Settings:
        """The settings of the moment, for which no staging area is needed."""
        return settings.outside(self._read_settings())

    def places(self) -> list[Place]:
        """Return the locations to choose from."""
        return places(self._connection)

    def who(self, requester: Requester) -> Requester:
        """Return *requester* as ftrack knows them; raise `errors.NotAllowed` for nobody, or somebody inactive.

        Whoever an event names, for others than the user of the credentials nothing is done unless it is for everybody.
        """
        asking = requester if self.everybody else Requester(self._connection.credentials.api_user)
        person = self._people.person(*asking)
        refused = permission.refusal(person, {}, ())
        if person is None or refused:
            raise errors.NotAllowed("work for", asking.username or asking.user_id, refused)
        return Requester(person.username, person.id)

    def plan(self, order: Order) -> list[Plan]:
        """Return the plans of *order*."""
        runtime = self.runtime()
        return Planner(self._connection, self._opened(), self.settings, [runtime.outbox]).plan(order)

    def whereabouts(self, picked: Sequence[Picked]) -> Answer:
        """Return where the components of *picked* are."""
        current = self.settings
        return where(self._connection, self._opened() if current.workspace else None, picked, [self.runtime().outbox])

    def folders(self, picked: Sequence[Picked]) -> tuple[list[str], list[str]]:
        """Return the folders of *picked* by the template that is set, and what is wrong with the others."""
        named = ancestry(self._connection, [each.entity_id for each in picked])
        folders, problems = [], []
        for names in named.values():
            folder, wrong = template.fill(self.settings.sync_path or "", names)
            if wrong:
                problems.append(f"{'/'.join(names.values())} has no folder: {wrong}.")
            elif folder:
                folders.append(folder)
        return list(dict.fromkeys(folders)), problems

    def sites(self) -> list[Place]:
        """Return accsyn's sites but head quarters to choose from."""
        found = self._opened().sites() or []
        return [Place(f"site={each.code}", each.code, each.name or each.code) for each in found if not each.main]

    def require(self, requester: Requester, plans: Sequence[Plan]) -> None:
        """Raise `errors.NotAllowed` where *requester* may not have *plans* carried out, or even see them."""
        if not self.everybody:
            return
        self.require_projects(requester, permission.concerns(plans))
        addresses = {plan.destination.party for plan in plans if "@" in plan.destination.party}
        refused = permission.closed_to(plans, self.settings.send_to, self._outsiders(addresses))
        if refused:
            raise errors.NotAllowed("do what is asked for", "", refused)

    def require_projects(self, requester: Requester, concerns: Iterable[Concern]) -> None:
        """Raise `errors.NotAllowed` where *requester* may not see what is of *concerns*."""
        wanted = set(concerns)
        if not self.everybody or not wanted:
            return
        person = self._people.person(*requester)
        refused = permission.refusal(person, self._people.projects(), wanted)
        if refused:
            raise errors.NotAllowed("do what is asked for", "", refused)

    def assignments(self) -> list[Assignment]:
        """Return what is assigned to people who have a location."""
        return assignments.assignments(self._connection)

    def with_parents(self, found: list[Assignment]) -> list[Assignment]:
        """Return those of *found* whose tasks are there, with what these are of."""
        return assignments.with_parents(self._connection, found)

    def confirm(self, order: Order, plans: Sequence[Plan], requester: Requester, token: str) -> list[int]:
        """Write down what goes of *plans*, and have the worker begin; return the ids of the requests."""
        runtime = self.runtime()
        ids = asking.confirm(runtime.outbox, order, plans, requester, token)
        runtime.wake()
        return ids

    # Work for vendors.

    def tasks(self, picked: Sequence[Picked]) -> list[Meant]:
        """Return the tasks that are selected, or in what is; raise `errors.Unresolved` where there are none."""
        from ftrack_accsyn_accessor.vendor.picked import tasks_of

        return tasks_of(self._connection, picked)

    def vendors(self) -> list[str]:
        """Return whom work may be handed out to: who has had some, and the members of the group of the rules."""
        group = self.means().rules.group
        found = [each.vendor for each in outsourced.read(self._connection)]
        found += [str(row["email"] or "") for row in (assignments.members(self._connection, group) if group else ())]
        return sorted({each.strip().lower() for each in found if self._may_have_work(each.strip().lower())})

    def of_members(self, group: str) -> list[Assignment]:
        """Return what is assigned to the members of a group, for whom there may be no location."""
        return assignments.of_members(self._connection, group)

    def not_handed_out(self, task_ids: Iterable[str], vendor: str) -> list[str]:
        """Return those tasks that are there, are not over, and that the vendor neither has nor is getting."""
        from ftrack_accsyn_accessor.vendor.spool import HAND_OUT

        means, wanted = self.means(), list(task_ids)
        known = outsourced.read(self._connection)
        has = {each.task_id for each in known if each.vendor == vendor and not each.closed_at}
        for entry in means.spool.waiting(HAND_OUT):
            if entry.data.get("vendor") == vendor:
                has |= set(entry.data.get("tasks") or ())
        states = task_states(self._connection, wanted)
        return [each for each in wanted if each in states and each not in has and not ended(states[each], means.rules)]

    def private_besides(self, project_id: str, concerns: Iterable[Concern]) -> bool:
        """Whether one of *concerns* is another project than that with *project_id*, and not open to everybody."""
        others = {each.project_id for each in concerns} - {project_id}
        projects = self._people.projects() if others else {}
        return any(each not in projects or projects[each].private for each in others)

    def require_vendor(self, address: str) -> None:
        """Raise `errors.NotAllowed` where nothing may be handed out to the user with this address from here."""
        if not self._may_have_work(address):
            outcome = "FTRACK_ACCSYN_SEND_TO of the service has no pattern with an @ that names them"
            raise errors.NotAllowed("hand out work", address, outcome)

    def _may_have_work(self, address: str) -> bool:
        return "@" in address and permission.may_go_to(Endpoint(address, "", ""), self.settings.send_to, True)

    def means(self) -> Means:
        """Return what the vendor loop works with, by the settings and the rules of the moment."""
        from ftrack_accsyn_accessor.vendor.means import Means

        current = self._settled()
        rules, credentials = environment.read_vendors(current), self._connection.credentials
        if self._means is None or (self._means.settings, self._means.rules) != (current, rules):
            if self._means is not None:
                self._means.close()
            self._means = Means(current, rules, credentials)
        return self._means

    def outsourcing(self) -> Outsourcing:
        """Return what hands work out."""
        from ftrack_accsyn_accessor.vendor.outsourcing import Outsourcing

        return Outsourcing(self.means(), self.runtime())

    def runtime(self) -> Runtime:
        """Return what carries requests from this machine."""
        if self._runtime is None:
            self._runtime = self._open_runtime()
        return self._runtime

    def close(self) -> None:
        """Give the connections back."""
        self._connection.close()
        if self._means is not None:
            self._means.close()
        with contextlib.suppress(errors.WorkspaceError):
            self._disconnect()
        if self._runtime is not None:
            self._runtime.outbox.close()

    def _outsiders(self, addresses: Collection[str]) -> set[str]:
        """Return those of *addresses*, parties with an e-mail address, who are no employees as far as accsyn tells."""
        if not addresses:
            return set()
        emails = {each: "@".join((parties.recipient(each) or each).split("@")[:2]).casefold() for each in addresses}
        users = self._opened().users(emails.values()) or []
        employees = {user.email.casefold() for user in users if user.role in ("employee", "admin")}
        return {party for party, email in emails.items() if email not in employees}

    def _opened(self) -> Workspace:
        current = self.settings
        if self._workspace is None or current != self._settings:
            self._settled()
            self._disconnect()
            self._settings, self._workspace = current, connect(current)
        return self._workspace

    def _settled(self) -> Settings:
        current = self.settings
        if current.problems:
            raise errors.SettingsError("use accsyn", "", settings.describe(current.problems))
        return current

    def _disconnect(self) -> None:
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            workspace.close()
