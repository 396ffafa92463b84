"""What becomes of a vendor's access when their tasks are over, and when they are not over any more."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.ftrack.task_states import task_states
from ftrack_accsyn_accessor.model import access as model
from ftrack_accsyn_accessor.model import closing, errors, vendors
from ftrack_accsyn_accessor.model.access import Act, Situation
from ftrack_accsyn_accessor.model.accsyn import Moving
from ftrack_accsyn_accessor.model.closing import TaskState
from ftrack_accsyn_accessor.model.delivery import Delivery
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.submission import FoundKind
from ftrack_accsyn_accessor.model.vendors import Places
from ftrack_accsyn_accessor.vendor.access import carry_out, open_access, situation_of
from ftrack_accsyn_accessor.vendor.handing_out import SENT
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT

#: Kinds of steps. `WAITS` is what has to be tried again later, `TOLD` what somebody has to look at.
CLOSED, WRITE_TAKEN, READ_TAKEN, ENDED, REOPENED, WAITS, TOLD = (
    "closed",
    "write-taken",
    "read-taken",
    "delivery-ended",
    "reopened",
    "waits",
    "told",
)
#: How often it is looked again whether what was taken is gone.
_ROUNDS = 4


@dataclasses.dataclass(frozen=True)
class Step:
    """Something that was done, or could not be done, about one vendor in one project; `words` are for people."""

    kind: str
    project: str
    vendor: str
    words: str
    task_id: str = ""


@dataclasses.dataclass(frozen=True)
class Hand:
    """All that one vendor was handed out in one project, and how these tasks stand."""

    project: str
    vendor: str
    handouts: tuple[HandOut, ...]
    states: Mapping[str, TaskState]

    def why(self, means: Means, handout: HandOut) -> str:
        """Return why a task is over, empty where it is not."""
        return closing.over(handout, self.states.get(handout.task_id), means.rules)

    def open(self, means: Means) -> list[HandOut]:
        """Return what is not over."""
        return [each for each in self.handouts if not self.why(means, each)]

    def name(self, handout: HandOut) -> str:
        """Return what people call a task."""
        state = self.states.get(handout.task_id)
        return state.name if state is not None else f"the task {handout.task_id}"


def hands(means: Means) -> list[Hand]:
    """Return all that was handed out, by project and vendor."""
    found = outsourced.read(means.connection)
    states = task_states(means.connection, (each.task_id for each in found))
    grouped: dict[tuple[str, str], list[HandOut]] = {}
    for each in found:
        grouped.setdefault((each.project, vendors.lowered(each.vendor)), []).append(each)
    return [Hand(project, vendor, tuple(each), states) for (project, vendor), each in sorted(grouped.items())]


def being_handed_out(means: Means) -> set[tuple[str, str]]:
    """Return the projects and vendors for which this machine is handing out work: they have access before a record."""
    try:
        waiting = means.spool.waiting(HAND_OUT)
    except errors.SpoolError:
        return set()
    coming = (each.data for each in waiting if not each.data.get(SENT))
    return {(str(data.get("project")), vendors.lowered(str(data.get("vendor")))) for data in coming}


def settle(means: Means, now: float) -> list[Step]:
    """Bring the access of all vendors to where their tasks are at *now* (seconds since the epoch), and tell what for.

    What is so already stays, so that it may run as often as one likes, and at the same time as itself. A vendor whose
    access cannot be brought there does not keep it from others: that is told as a step; one to whom this machine is
    handing out more at the moment is left alone. Raise
    `errors.RegistrationError` or `errors.WorkspaceError` where a service cannot be asked at all.
    """
    known = hands(means)
    if not known:
        return []
    moving = means.workspace.moving()
    coming = being_handed_out(means)
    deliveries = Deliveries(means)
    steps: list[Step] = []
    for each in known:
        if (each.project, each.vendor) in coming:
            continue
        try:
            steps += _Settling(means, each, moving, deliveries, now).steps()
        except errors.AccsynAccessorError as error:
            steps.append(Step(TOLD, each.project, each.vendor, str(error)))
    return steps


class Deliveries:
    """What is kept open for vendors: it is read where somebody has nothing left to read, and asked for once."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._open: Optional[list[Delivery]] = None
        self._paths: dict[str, list[str]] = {}

    def of(self, project: str, vendor: str, folder: str) -> list[Delivery]:
        """Return those that hold something below *folder*; their names tell which may be a vendor's."""
        if self._open is None:
            self._open = self._means.workspace.open_deliveries()
        named = [each for each in self._open if vendor in each.name.lower() or each.name.startswith(project)]
        return [each for each in named if any(f"{path}/".startswith(f"{folder}/") for path in self._held(each))]

    def _held(self, delivery: Delivery) -> list[str]:
        if delivery.id not in self._paths:
            tasks = self._means.workspace.tasks(delivery.id)
            self._paths[delivery.id] = [str(task.source.get("path") or "").strip("/") for task in tasks]
        return self._paths[delivery.id]


class _Settling:
    """Settles one vendor in one project."""

    def __init__(self, means: Means, hand: Hand, moving: Sequence[Moving], deliveries: Deliveries, now: float) -> None:
        self._means = means
        self._hand = hand
        self._moving = moving
        self._deliveries = deliveries
        self._now = now
        self._places = vendors.places(means.rules, hand.project, hand.vendor)

    def steps(self) -> Iterator[Step]:
        """Do what has to be done, and tell it."""
        before = self._hand.handouts
        open_now = self._hand.open(self._means)
        closed = [each for each in before if each not in open_now]
        for each in open_now:
            self._remember(each)
        for each in closed:
            yield from self._close(each)
        if not open_now:
            yield from self._narrow(closing.closed_at(before, self._now))
            return
        reopened = [each for each in open_now if each.closed_at]
        if reopened and all(each.closed_at for each in before):
            obstacle = self._obstacle(reopened[0])
            if obstacle:
                yield self._step(TOLD, f"What is open again cannot be given back: {obstacle}")
                return
            open_access(self._means, self._hand.project, self._hand.vendor)
        for each in reopened:
            self._write(dataclasses.replace(each, closed_at=""))
            yield self._step(REOPENED, f"{self._hand.name(each)} is open again.", each)

    def _step(self, kind: str, words: str, handout: Optional[HandOut] = None) -> Step:
        return Step(kind, self._hand.project, self._hand.vendor, words, handout.task_id if handout else "")

    def _write(self, handout: HandOut) -> None:
        outsourced.write(self._means.connection, handout)

    def _remember(self, handout: HandOut) -> None:
        """Keep that the task is assigned to the vendor, so that it is known when it is not any more."""
        state = self._hand.states[handout.task_id]
        if not handout.assigned and not handout.closed_at and self._hand.vendor in state.assigned:
            self._write(dataclasses.replace(handout, assigned=True))

    def _close(self, handout: HandOut) -> Iterator[Step]:
        """Keep that a task is over from now on. Where ftrack does not keep it, access ends nevertheless."""
        if closing.moment(handout.closed_at, self._now) is not None:
            return
        words = f"{self._hand.name(handout)} {self._hand.why(self._means, handout)}."
        try:
            self._write(dataclasses.replace(handout, closed_at=closing.stamp(self._now)))
        except errors.RegistrationError as error:
            yield self._step(TOLD, f"{words} {error}", handout)
            return
        yield self._step(CLOSED, words, handout)

    def _obstacle(self, handout: HandOut) -> str:
        """Return why access that had ended is not given back, in words.

        Whoever may write a task's metadata could name anybody there: nobody is invited, nothing is shared by it.
        """
        vendor = self._hand.vendor
        state = self._hand.states[handout.task_id]
        if state.project != self._hand.project:
            return f"the project is called {state.project} now. Hand the work out again."
        situation = self._situation()
        if situation.user(vendor) is None or None in situation.both(self._places):
            return "accsyn has no such user, or not their folders. Hand the work out again."
        return model.obstacle(situation, self._places, vendor)

    def _situation(self) -> Situation:
        return situation_of(self._means, [self._places], [self._hand.vendor])

    def _narrow(self, since: float) -> Iterator[Step]:
        """Take what the vendor may not do any more, and look whether it is gone."""
        rights = closing.rights(since, self._now, self._means.rules)
        vendor, told = self._hand.vendor, dict[str, Step]()
        for _ in range(_ROUNDS):
            situation = self._situation()
            user = situation.user(vendor)
            deeds = model.narrowing(situation, self._places, vendor, rights)
            ready = []
            for deed in deeds:
                running = closing.busy(deed, self._places, self._moving, user.id if user else "")
                if running is None:
                    ready.append(deed)
                    continue
                words = f"{running.name or running.id} of {vendor} is still running; after it: {deed.words}."
                told[deed.words] = self._step(WAITS, words)
            for deed in ready:
                gone = rights is model.CLOSED or deed.act is Act.TAKE_BACK
                told[deed.words] = self._step(READ_TAKEN if gone else WRITE_TAKEN, f"Done: {deed.words}.")
            if not ready:
                yield from told.values()
                if any(each.kind in (WRITE_TAKEN, READ_TAKEN) for each in told.values()):
                    yield from self._left()
                if rights is model.CLOSED:
                    yield from self._end_deliveries(user.id if user else "")
                return
            carry_out(self._means, situation.volume, vendor, ready)
        words = "; ".join(each.words for each in ready)
        yield self._step(TOLD, f"accsyn still has something else: {words}. Look at it there.")

    def _end_deliveries(self, user_id: str) -> Iterator[Step]:
        """End what is kept open for the vendor of their folder: it is read without a grant."""
        hand = self._hand
        for each in self._deliveries.of(hand.project, hand.vendor, self._places.to_folder):
            running = closing.fetched(self._moving, user_id)
            if running is not None:
                words = f"{running.name or running.id} of {hand.vendor} is still running; after it: end {each.name}."
                yield self._step(WAITS, words)
                continue
            self._means.workspace.abort_delivery(each.id)
            yield self._step(ENDED, f"Done: end the delivery {each.name}.")

    def _left(self) -> Iterator[Step]:
        """Tell of what lies in the vendor's folder and was not taken in: nobody changes it any more."""
        words = left_words(self._means, self._places)
        if words:
            yield self._step(TOLD, words)


def left_words(means: Means, places: Places) -> str:
    """Return in words what a vendor has left in their folder that was not taken in; empty for nothing."""
    try:
        if means.storage.find(places.from_folder) is None:
            return ""
        found = means.storage.walk(places.from_folder, means.rules.most_files, means.rules.most_depth)
    except errors.StorageError as error:
        return f"What is left in {places.from_folder} is not known: {error}"
    count = sum(each.kind is not FoundKind.FOLDER for each in found)
    files = "1 file was" if count == 1 else f"{count} files were"
    return f"{files} left in {places.from_folder} and not taken in." if count else ""
