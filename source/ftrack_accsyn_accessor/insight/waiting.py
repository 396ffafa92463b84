"""Waits until ftrack has components at a location. What this machine knows of them is told, and may end the wait."""

from __future__ import annotations

import contextlib
import enum
import importlib
import threading
import time
from collections.abc import Sequence
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.registrations import AtLocation, Registrations
from ftrack_accsyn_accessor.insight import leading, past, rows
from ftrack_accsyn_accessor.insight.asking import TOLD_S, Asking, Told
from ftrack_accsyn_accessor.insight.past import Past
from ftrack_accsyn_accessor.insight.rows import MOVING, UNSENT, Row
from ftrack_accsyn_accessor.model.claims import shows_older
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import OutboxError, RegistrationRefused, TimeUp
from ftrack_accsyn_accessor.model.item import Item, Reason, State, Studio
from ftrack_accsyn_accessor.model.retry import goes_on
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox, attention
from ftrack_accsyn_accessor.outbox.facts import Link, kept
from ftrack_accsyn_accessor.outbox.survey import Found

#: ftrack is asked at once, then more and more rarely: a hundred farm jobs may wait for the same version.
FIRST_LOOK_S = 1.0
LONGEST_LOOK_S = 15.0
_GROWTH = 1.5
#: How often this machine's outbox is looked into meanwhile.
GLANCE_S = 1.0
_NOTHING_HERE = "Nothing on this machine carries it there."
_WITHOUT = "The version has no components yet."
#: Rows that are written out in a line.
_TOLD_AT_MOST = 3


class Wanted(NamedTuple):
    """What is waited for: a component, or else all of a version, at the ftrack location called `location`."""

    component_id: str
    version_id: str
    location: str


class Outcome(str, enum.Enum):
    """How a wait has ended."""

    THERE = "there"
    ATTENTION = "attention"  # it needs attention on this machine, and does not go on by itself
    WITHDRAWN = "withdrawn"  # nobody wants it any more, as far as this machine carries it
    TIMEOUT = "timeout"


class Waited(NamedTuple):
    """How a wait has ended, what is where, and the items of this machine that were waited for.

    `why` says in words what kept it from being there; empty where it is.
    """

    outcome: Outcome
    arrival: AtLocation
    rows: Sequence[Row]
    why: str


def wait(
    credentials: FtrackCredentials,
    wanted: Wanted,
    outbox: Optional[Outbox],
    timeout_s: Optional[float] = None,
    told: Optional[Told] = None,
    every_s: float = TOLD_S,
    monotonic: Callable[[], float] = time.monotonic,
    pause: Callable[[threading.Event, float], bool] = threading.Event.wait,
    absence: str = "",
) -> Waited:
    """Wait until ftrack has all that is *wanted*, for *timeout_s* seconds at most (None: as long as it takes).

    Blocks the calling thread, which may be any; needs neither *outbox* (this machine's) nor a staging area. ftrack is
    asked again while it cannot be asked. *told* gets a line every *every_s* seconds: what is waited for, and why.
    *monotonic* and *pause* are the clock. *absence* says why there is no outbox, where there should be one.

    Raise `errors.RegistrationRefused` at once for what can never be: a wrong key, no such component, version or
    location; `errors.OutboxError` where the outbox cannot be read.
    """
    with contextlib.suppress(ImportError):
        importlib.import_module("ftrack_api")  # takes a while, which is nobody's waiting
    asking = Asking(timeout_s, told, every_s, monotonic, pause)
    return _Wait(credentials, wanted, outbox, asking, absence or _NOTHING_HERE).run()


def destination(current: Settings, outbox: Optional[Outbox]) -> str:
    """Return the ftrack location to which publishes of this machine go; empty where that is not known on it."""
    return current.destination_location or (kept(outbox, Link).destination if outbox is not None else "")


class _Wait:
    def __init__(
        self, credentials: FtrackCredentials, wanted: Wanted, outbox: Optional[Outbox], asking: Asking, nothing: str
    ) -> None:
        self._credentials = credentials
        self._wanted = wanted
        self._outbox = outbox
        self._asking = asking
        self._nothing = nothing
        self._looked = False
        self._location_id = ""
        self._arrival = AtLocation((wanted.component_id,) if wanted.component_id else (), ())

    def run(self) -> Waited:
        try:
            outcome = self._asking.within(self._follow, self._line)
        except TimeUp:
            outcome = self._ended() or Outcome.TIMEOUT
        shown = [rows.row(each) for each in self._here()]
        why = self._why() if outcome is not Outcome.THERE else ""
        return Waited(outcome, self._arrival, shown, why)

    # The thread of the questions.

    def _follow(self) -> Outcome:
        registrations = Registrations(self._credentials)
        try:
            self._location_id = self._asking.ask(lambda: self._find_location(registrations))
            look_s = FIRST_LOOK_S
            while True:
                try:
                    self._arrival = self._asking.ask(lambda: self._look(registrations))
                except RegistrationRefused as error:
                    return self._without(error)
                if self._arrival.complete:
                    return Outcome.THERE
                ended = self._ended()
                if ended is not None:
                    return ended
                self._rest(look_s)
                look_s = min(LONGEST_LOOK_S, look_s * _GROWTH)
        finally:
            registrations.close()

    def _without(self, error: RegistrationRefused) -> Outcome:
        """Return how it has ended for what ftrack has no more; raise *error* where this machine knows no better."""
        is_none = error.on in (self._wanted.component_id, self._wanted.version_id)
        ended = self._ended() if is_none else None
        if ended is None:
            raise error
        return ended

    def _rest(self, look_s: float) -> None:
        """Wait before ftrack is asked again; something that ends here is looked after at once."""
        while look_s > 0:
            if self._outbox is not None:
                attention.give(self._outbox.path)
            self._asking.pause(min(GLANCE_S, look_s))
            look_s -= GLANCE_S
            if self._ended() is not None:
                return

    def _find_location(self, registrations: Registrations) -> str:
        name = self._wanted.location
        found = registrations.location_id(name)
        if found is None:
            raise RegistrationRefused("find the location in ftrack", name, "there is none", "Correct its name.")
        return found

    def _look(self, registrations: Registrations) -> AtLocation:
        """Return what is where; what this machine knows to be replaced, and ftrack still shows, is not there."""
        if self._wanted.version_id:
            found = registrations.of_version(self._wanted.version_id, self._location_id)
        else:
            found = registrations.of_component(self._wanted.component_id, self._location_id)
        stale = self._outbox.stale() if self._outbox is not None else []
        older = {
            item.publication.component_id for item in stale if item.stale_at == self._location_id and shows_older(item)
        }
        self._looked = True
        return AtLocation(found.wanted, tuple(each for each in found.arrived if each not in older))

    # This machine.

    def _here(self) -> list[Found]:
        """Return the items of this machine that are to be at the location, the newest first."""
        if self._outbox is None:
            return []
        survey = self._outbox.survey
        version_id = self._wanted.version_id
        found = survey.of_version(version_id) if version_id else survey.of_component(self._wanted.component_id)
        to = kept(self._outbox, Link).destination
        return [each for each in found if self._goes_there(each.item, to)]

    def _goes_there(self, item: Item, to: str) -> bool:
        """Whether *item* is to be at the location: *to* is where publishes go that do not know yet."""
        if item.destination.location_id:
            return item.destination.location_id == self._location_id or not self._location_id
        return item.reason is Reason.PUBLISH and to in ("", self._wanted.location)

    def _ended(self) -> Optional[Outcome]:
        """Return how it has ended for something that is missing, by what this machine alone knows of it."""
        missing: dict[str, list[Item]] = {}
        for each in self._here():
            component_id = each.item.publication.component_id
            if component_id not in self._arrival.arrived:
                missing.setdefault(component_id, []).append(each.item)
        found = {_settled(items) for items in missing.values()}
        found |= {Outcome.WITHDRAWN for each in self._forgotten() if each.row.component_id not in missing}
        return next((each for each in (Outcome.ATTENTION, Outcome.WITHDRAWN) if each in found), None)

    def _forgotten(self) -> list[Past]:
        """Return what is missing because somebody has taken it out of the list for good."""
        if self._outbox is None:
            return []
        known, destination = self._outbox.past, kept(self._outbox, Link).destination
        missing = known.forgotten_ids().intersection(self._arrival.wanted).difference(self._arrival.arrived)
        gone = [known.of_component(each)[0].found.item for each in sorted(missing)]
        wanted = [item.publication.component_id for item in gone if self._goes_there(item, destination)]
        return [past.of_component(self._outbox, each)[0] for each in wanted]

    # Words.

    def _line(self) -> str:
        why = self._why()
        return f"Waiting for {_named(self._wanted, self._arrival)}: {why}" if why else ""

    def _why(self) -> str:
        """Return what keeps what is wanted from being there."""
        with contextlib.suppress(OutboxError):
            obstacle = self._asking.obstacle()
            return " ".join(filter(None, (obstacle, self._why_here()))) or "it is not registered there yet."
        return self._asking.obstacle()

    def _why_here(self) -> str:
        here = [each for each in self._here() if each.item.publication.component_id not in self._arrival.arrived]
        gone = [f"{each.row.title}: {each.sentence}" for each in self._forgotten()]
        if self._outbox is None or not here:
            none = self._looked and not self._arrival.wanted
            return " ".join(gone[:_TOLD_AT_MOST]) or (_WITHOUT if none else self._nothing)
        shown = [rows.row(each) for each in here]
        told = [_row_text(row) for row in shown[:_TOLD_AT_MOST]]
        more = [f"And {len(shown) - _TOLD_AT_MOST} more."] if shown[_TOLD_AT_MOST:] else []
        return " ".join((*gone[:_TOLD_AT_MOST], *told, *more, *_sender(self._outbox, here[0].item.studio, shown)))


def _settled(items: Sequence[Item]) -> Optional[Outcome]:
    """Return how it has ended for a component with these items, the newest first; None while one of them goes on."""
    if any(item.state in (*UNSENT, *MOVING) or goes_on(item) for item in items):
        return None
    if any(item.state is State.NEEDS_ATTENTION for item in items):
        return Outcome.ATTENTION
    return Outcome.WITHDRAWN if items[0].state is State.WITHDRAWN else None


def _named(wanted: Wanted, arrival: AtLocation) -> str:
    if not arrival.wanted:
        return f"the components of version {wanted.version_id} at {wanted.location}"
    return f"{len(arrival.wanted)} component(s) at {wanted.location}, {len(arrival.arrived)} there"


def _row_text(row: Row) -> str:
    """Return in a sentence or two how *row* is."""
    state = f"{row.state.value} {row.percent} %" if row.state in MOVING else row.state.value
    return f"{row.title}: {state}. {row.cause} {row.remedy}".rstrip()


def _sender(outbox: Outbox, studio: Studio, shown: Sequence[Row]) -> Sequence[str]:
    """Return in words why nobody sends what waits here, if that is so."""
    if not any(row.state in (*UNSENT, *MOVING) for row in shown):
        return ()
    pause = outbox.control.paused()
    if pause is not None:
        return (f"Syncing was paused on this machine by {pause.by}; resume it with: ftrack-accsyn resume.",)
    found = leading.obstacle(outbox.path, studio)
    if found is not None:
        return (found.what, found.remedy)
    return (leading.NOBODY, leading.NOBODY_REMEDY) if leading.unattended(outbox, studio) else ()
