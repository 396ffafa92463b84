"""Makes the plan of an order: what is selected, where it lies, whether it can go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional, Union

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import errors, parties
from ftrack_accsyn_accessor.model.item import Kind, Reason, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Part, Plan, Planned, World, make_all
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, locations
from ftrack_accsyn_accessor.send import members, moment
from ftrack_accsyn_accessor.send.adding import Adding, belong
from ftrack_accsyn_accessor.send.endpoints import Endpoints, Resolved
from ftrack_accsyn_accessor.send.members import Members
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.placing import Placing
from ftrack_accsyn_accessor.send.published import Published
from ftrack_accsyn_accessor.send.selection import Component, Selection, select
from ftrack_accsyn_accessor.send.sources import Sources
from ftrack_accsyn_accessor.staging.files import StagedFiles
from ftrack_accsyn_accessor.workspace import Workspace

_NOT_AT_MAIN = "A delivery is made of files of the main site. Send them there first, or have a share mapped."
_BY_WAY_OF_HQ = "accsyn carries nothing between these two. Send it to head quarters first, and from there."
_GONE = "It is registered here alone, and its files are not here any more. Publish it again, or remove it in ftrack."
_ONCE_MORE = "that stays, and accsyn sends what differs."
_BESIDE = ": files lie beside each other there, without the folders that they are in."


class Planner:
    """Plans orders with one user's views of ftrack and accsyn. For one thread, that of *connection* and *workspace*.

    *outboxes* are those in which something may be on its way already. *staged* are the files of this machine's staging
    area: what is registered in it and lacks files is not there.
    """

    def __init__(
        self,
        connection: FtrackConnection,
        workspace: Workspace,
        settings: Settings,
        outboxes: Sequence[Outbox] = (),
        staged: Optional[StagedFiles] = None,
    ) -> None:
        self._connection = connection
        self._workspace = workspace
        self._settings = settings
        self._outboxes = outboxes
        self._staged = staged

    def plan(self, order: Order) -> list[Plan]:
        """Return the plans of *order*: one for each pair of ends (a Get may have several sources).

        At most 12 + (rows / 500) queries of ftrack. Raise `errors.RegistrationError`, `errors.WorkspaceError`
        (`errors.NotReady` where there is no such volume or queue), and `errors.Unresolved` where an end cannot be told.
        """
        planning = _Planning(self._connection, self._workspace, self._settings, self._outboxes, self._staged, order)
        return planning.plans()


class _Planning:
    """One order, while it is planned."""

    def __init__(
        self,
        connection: FtrackConnection,
        workspace: Workspace,
        settings: Settings,
        outboxes: Sequence[Outbox],
        staged: Optional[StagedFiles],
        order: Order,
    ) -> None:
        self._connection = connection
        self._workspace = workspace
        self._settings = settings
        self._outboxes = outboxes
        self._order = order
        self._verify()
        self._studio = Studio(connection.credentials.server_url, settings.workspace or "")
        self._endpoints = Endpoints(connection, workspace, environment.read_locations(settings), settings)
        credentials = connection.credentials
        here = locations.location_name(settings, credentials.server_url, credentials.api_user)
        self._destination = self._endpoints.destination(order.destination or here, order.deliver)
        self._recipient = parties.recipient(self._destination.endpoint.party)
        self._staged = staged if self._destination.endpoint.location_name == here else None
        self._sources = Sources(self._endpoints, self._destination, self._source())
        self._require_a_way()
        self._there: set[str] = set()
        self._overwritten: list[str] = []

    def _verify(self) -> None:
        """Raise `errors.NotReady` where accsyn does not have what is named, before anything is looked for."""
        self._workspace.role()  # logs in: to whom accsyn shows nothing may lack rights, or have a wrong key
        volume, queue = self._settings.volume, self._order.queue
        if self._order.added and self._workspace.volume_exists(volume) is False:
            remedy = "Name the code of a volume in FTRACK_ACCSYN_VOLUME."
            raise errors.NotReady("find the volume", volume, "accsyn knows none of this code", remedy)
        if queue and self._workspace.find_queue(queue) is None:
            remedy = "Correct its name, or have an administrator make it: ftrack-accsyn queue ensure."
            raise errors.NotReady("find the queue", queue, "accsyn knows none of this name", remedy)

    def _source(self) -> str:
        if self._order.source or self._order.reason is Reason.GET:
            return self._order.source
        remedy = "Name a ftrack location, or a party of accsyn."
        raise errors.Unresolved("plan", self._order.reason.value, "no source is named", remedy)

    def _require_a_way(self) -> None:
        source = self._sources.named
        if source is not None and source.endpoint == self._destination.endpoint:
            name = source.endpoint.location_name or source.endpoint.party
            outcome = "it is the source and the destination as well"
            raise errors.Unresolved("plan", name, outcome, "Name two different ends.")

    def plans(self) -> list[Plan]:
        """Return one plan for each source."""
        selection = select(self._connection, self._order) if self._order.picked else Selection(())
        groups = self._sources.grouped(selection.components)
        parts = [(source, self._placed(source, group)) for source, group in groups if source is not None]
        end = self._end_of_the_rest(parts[0][0] if parts else None)
        rest = self._unsourced(end, [each for source, group in groups if source is None for each in group])
        rest += self._added(end)
        if rest or not parts:
            if end not in [source for source, _ in parts]:
                parts.append((end, []))
            next(items for source, items in parts if source == end).extend(rest)
        return self._decided(selection, parts)

    def _end_of_the_rest(self, first: Optional[Resolved]) -> Resolved:
        """Return where added paths come from, and whose plan names what is nowhere."""
        if self._sources.named is not None:
            return self._sources.named
        return self._endpoints.resolve(parties.HQ) if self._order.added or first is None else first

    def _placed(self, source: Resolved, components: Sequence[Component]) -> list[Union[Wanted, Planned]]:
        placing = Placing(self._studio, source, self._destination)
        ends = (source.endpoint.location_id, self._destination.endpoint.location_id)
        containers = [component.id for component in components if component.kind is not Kind.FILE]
        found = members.read(self._connection, *ends, containers)
        self._there |= {each.id for each in components if self._is_there(each, found.get(each.id))}
        return [placing.place(component, found.get(component.id)) for component in components]

    def _is_there(self, component: Component, found: Optional[Members]) -> bool:
        """Whether *component* is at the destination: a container is where its members are."""
        there = self._destination.endpoint.location_id
        return bool(there) and (there in component.registered if found is None else not found.missing)

    def _unsourced(self, end: Resolved, components: Sequence[Component]) -> list[Union[Wanted, Planned]]:
        """Return what no usable place has: it is at the destination already, or cannot go."""
        there = self._destination.endpoint.location_id
        arrived = [component for component in components if there and there in component.registered]
        others = [component for component in components if not there or there not in component.registered]
        placing = Placing(self._studio, end, self._destination)
        return [*map(self._unless_gone, self._placed(self._destination, arrived)), *map(placing.nowhere, others)]

    def _unless_gone(self, each: Union[Wanted, Planned]) -> Union[Wanted, Planned]:
        """Return what is registered at the destination alone; it is nowhere if that is here, and its files are not."""
        gone = (
            self._staged is not None
            and isinstance(each, Wanted)
            and self._staged.lacks(file.path for file in each.publication.files)
        )
        return Planned(each, Fate.CANNOT, Obstacle.NOT_AT_SOURCE, _GONE) if gone and isinstance(each, Wanted) else each

    def _added(self, source: Resolved) -> list[Union[Wanted, Planned]]:
        if not self._order.added:
            return []
        volume = source.paths.volume or self._settings.volume
        adding = Adding(self._studio, source, self._endpoints.roots, volume, self._workspace)
        added = belong(self._connection, adding.found(self._order.added), self._order.project)
        if self._recipient:
            return added  # a delivery lies by itself
        published = Published(self._connection, source, self._destination)
        self._overwritten = published.remarks(added)
        return published.guarded(added)

    def _decided(
        self, selection: Selection, parts: Sequence[tuple[Resolved, Sequence[Union[Wanted, Planned]]]]
    ) -> list[Plan]:
        destination = self._destination.endpoint
        under_way = moment.moving(self._outboxes, destination, self._studio)
        moving, stuck = moment.carriers(under_way), moment.stuck(under_way)
        self._there -= moment.outdated(self._outboxes, destination)
        wanted = [each for _, items in parts for each in items if isinstance(each, Wanted)]
        self._there -= self._lost(wanted)
        again = self._again(wanted)
        self._there -= again
        waiting = [
            [
                each
                for each in items
                if isinstance(each, Wanted)
                and each.publication.component_id not in self._there
                and each.key not in moving
                and each.key not in stuck
            ]
            for _, items in parts
        ]
        volumes = {each.publication.volume for group in waiting for each in group}
        unreachable, delays = self._obstacles([source for source, _ in parts], waiting)
        world = World(
            there=self._there,
            moving=moving,
            stuck=stuck,
            rivals=moment.rivals(
                self._connection, destination, [each for group in waiting for each in group], under_way
            ),
            unreachable=unreachable,
            free_bytes=self._endpoints.free_bytes(self._destination, *volumes) if len(volumes) == 1 else None,
            delivered=bool(self._recipient),
            dates={component.id: component.version.date for component in selection.components},
        )
        asked = [Part(source.endpoint, items) for source, items in parts]
        return make_all(
            self._order.reason,
            self._studio,
            destination,
            asked,
            world,
            [*delays, *self._delivered(wanted), *self._remarks(selection, len(again))],
        )

    def _delivered(self, wanted: Iterable[Wanted]) -> list[str]:
        """Return that it goes as a delivery, where it does; a folder keeps what it is made of."""
        kinds = {each.publication.kind for each in wanted}
        if not self._recipient or not kinds:
            return []
        return [f"It goes as a delivery that {self._recipient} fetches{'.' if kinds == {Kind.FOLDER} else _BESIDE}"]

    def _again(self, wanted: Iterable[Wanted]) -> set[str]:
        """Return what is registered at the destination, and asked for all the same; it has to be elsewhere as well."""
        there = self._destination.endpoint.location_id
        ids = {each.publication.component_id for each in wanted if each.publication.location_id != there}
        return self._there & ids if self._order.again else set()

    def _lost(self, wanted: Iterable[Wanted]) -> set[str]:
        """Return what is registered in this machine's staging area, lacks files there, and is elsewhere as well."""
        if self._staged is None:
            return set()
        here = self._destination.endpoint.location_id
        return {
            each.publication.component_id
            for each in wanted
            if each.publication.component_id in self._there
            and each.publication.location_id != here
            and self._staged.lacks(file.path for file in each.publication.files)
        }

    def _obstacles(
        self, sources: Sequence[Resolved], waiting: Sequence[Sequence[Wanted]]
    ) -> tuple[dict[tuple[str, str], str], list[str]]:
        """Return in words, by the source's location and the volume, why nothing gets from one end to the other.

        And what only delays it: accsyn takes such a job, and goes on by itself.
        """
        unreachable: dict[tuple[str, str], str] = {}
        delays: dict[str, None] = {}
        for source, wanted in zip(sources, waiting):
            for volume in sorted({each.publication.volume for each in wanted}):
                ends = ((source, False), (self._destination, True))
                told = (self._endpoints.reachability(end.endpoint, volume, write) for end, write in ends)
                obstacles = [obstacle for obstacle in told if obstacle is not None]
                lasting = (str(obstacle) for obstacle in obstacles if not obstacle.waits)
                reason = next(lasting, "") or self._apart(source)
                if reason:
                    unreachable[source.endpoint.location_id, volume] = reason
                else:
                    delays.update((obstacle.delay, None) for obstacle in obstacles)
        return unreachable, list(delays)

    def _apart(self, source: Resolved) -> str:
        """Return in words why accsyn carries nothing between these ends, whatever is right at each of them.

        From machine to machine, and between a site and another user's machine, is in none of its documents (accsyn
        workflow facts, section 7).
        """
        if self._recipient and source.party.kind != parties.MAIN:
            return _NOT_AT_MAIN
        kinds = {source.party.kind, self._destination.party.kind}
        mine = (self._settings.api_user or "").casefold()
        foreign = any(
            each.kind == parties.USER and each.name.casefold() != mine
            for each in (source.party, self._destination.party)
        )
        machines = kinds <= {parties.USER, parties.CLIENT}
        return _BY_WAY_OF_HQ if machines or (foreign and parties.SITE in kinds) else ""

    def _remarks(self, selection: Selection, again: int) -> list[str]:
        """Return what is to be said of *selection* beside what becomes of its components, *again* of them once more."""
        if self._order.picked and not selection.components and not selection.left_out:
            user = self._connection.credentials.api_user
            nothing = f"ftrack shows {user} no components of what was picked, or none of these names."
            return [nothing, *self._overwritten]
        told = [*self._overwritten]
        if again:
            told.append(f"{again} of it {'is' if again == 1 else 'are'} registered there already: {_ONCE_MORE}")
        names = sorted(set(selection.left_out))
        if not names:
            return told
        count = len(selection.left_out)
        what = "1 component is" if count == 1 else f"{count} components are"
        return [*told, f"{what} left out, for ftrack itself shows them from its own servers: {', '.join(names)}."]
