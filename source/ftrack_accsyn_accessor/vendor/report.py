"""Who may reach what of the vendors' folders, and why; and what of it is not as it should be."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.ftrack.people import People
from ftrack_accsyn_accessor.model import access as model
from ftrack_accsyn_accessor.model import closing, errors, vendors
from ftrack_accsyn_accessor.model.access import OPEN, STANDARD, Deed, Reach, Rights, Situation, Standing
from ftrack_accsyn_accessor.model.accsyn import Grant, User
from ftrack_accsyn_accessor.model.vendors import Places
from ftrack_accsyn_accessor.vendor.access import bare_situation, carry_out, with_grants
from ftrack_accsyn_accessor.vendor.closing import (
    TOLD,
    WAITS,
    Deliveries,
    Hand,
    Step,
    being_handed_out,
    hands,
    left_words,
    settle,
)
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.waiting import Waiting, waiting

#: Whose work is being handed out has access before ftrack tells of it: such a grant is not taken back so soon.
_NEW_S = 86_400.0
#: A kind of step besides those of `closing`.
TAKEN_BACK = "taken-back"


class Cause(str, enum.Enum):
    """Why somebody may reach something."""

    OPEN = "open"  # tasks that are not over
    GRACE = "grace"  # tasks that were over a short while ago
    NEW = "new"  # is being handed out, or was granted lately, and no task tells of it yet
    EXPIRED = "expired"  # tasks that have been over for too long
    UNEXPLAINED = "unexplained"  # no task
    FOREIGN = "foreign"  # somebody else's folder
    WIDER = "wider"  # a grant on another share that leads into vendors' folders
    STAFF = "staff"  # has another role, to whom more is open anyway
    ELSEWHERE = "elsewhere"  # has nothing to do with vendors' folders


#: What somebody has to look at.
_ATTENTION = (Cause.EXPIRED, Cause.UNEXPLAINED, Cause.FOREIGN, Cause.WIDER)


@dataclasses.dataclass(frozen=True)
class Reached:
    """A grant: `project` and `of` tell whose folder it is, where it is one of ours. `folder` is empty for unknown."""

    vendor: str
    share: str
    folder: str
    read: bool
    write: bool
    cause: Cause
    words: str
    project: str = ""
    of: str = ""


@dataclasses.dataclass(frozen=True)
class Work:
    """A task that is not over. `returned` means that it has a version that was made after it was handed out."""

    task_id: str
    task: str
    project: str
    vendor: str
    handed_out_at: str
    due: str
    returned: bool
    overdue: bool


@dataclasses.dataclass(frozen=True)
class Report:
    """`remarks` are what else somebody has to look at, `steps` what was done, `waiting` what is not finished here."""

    reached: tuple[Reached, ...]
    work: tuple[Work, ...]
    remarks: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def attention(self) -> bool:
        """Whether somebody has to look at something."""
        wrong = any(each.cause in _ATTENTION for each in self.reached) or any(each.overdue for each in self.work)
        wrong = wrong or any(each.attention for each in self.waiting)
        return wrong or bool(self.remarks) or any(each.kind in (TOLD, WAITS) for each in self.steps)


class _Owner(NamedTuple):
    """Whose folder a share is; with *writable* the vendor's own to write to."""

    project: str
    vendor: str
    writable: bool


class _Known(NamedTuple):
    """What ftrack and accsyn have at one moment."""

    hands: Mapping[tuple[str, str], Hand]
    situation: Situation
    owners: Mapping[str, _Owner]
    places: tuple[Places, ...]
    coming: frozenset[tuple[str, str]]


def report(means: Means, now: float, *, fix: bool = False) -> Report:
    """Return who may reach what at *now* (seconds since the epoch), and why.

    With *fix* access is settled first, and what no task explains is taken back, on our own folders only. Some ten
    requests, two for each project of each vendor and one for each user with the role standard; may raise
    `errors.RegistrationError` or `errors.WorkspaceError`.
    """
    steps = settle(means, now) if fix else []
    known = _look(means)
    if fix:
        taken = list(_take_back(means, known, now))
        steps += taken
        known = _look(means) if taken else known
    reached = sorted(_reached(means, known, now), key=lambda each: (each.vendor, each.project, each.share))
    work = [each for hand in known.hands.values() for each in _work(means, hand, now)]
    remarks, unfinished = list(_remarks(means, known, now)), list[Waiting]()
    try:
        unfinished = waiting(means, now)
    except errors.SpoolError as error:
        remarks.append(f"What is not finished here is not known: {error}")
    return Report(tuple(reached), tuple(work), tuple(remarks), tuple(steps), tuple(unfinished))


def _look(means: Means) -> _Known:
    grouped = {(each.project, each.vendor): each for each in hands(means)}
    situation = bare_situation(means)
    everybody = {vendors.lowered(each.email) for each in situation.people if each.role == STANDARD}
    everybody |= {vendor for _, vendor in grouped}
    projects = {each.name for each in People(means.connection).projects().values()} | {name for name, _ in grouped}
    codes = {each.code.lower() for each in situation.shares}
    owners: dict[str, _Owner] = {}
    places = []
    for project in sorted(projects):
        for vendor in sorted(everybody):
            found = vendors.places(means.rules, project, vendor)
            if codes.isdisjoint((found.to_code, found.from_code)) and (project, vendor) not in grouped:
                continue
            shares = situation.both(found)
            owners.update(
                {each.id: _Owner(project, vendor, writable) for each, writable in zip(shares, (False, True)) if each}
            )
            if any(shares) or (project, vendor) in grouped:
                places.append(found)
    situation = with_grants(means, situation, places, everybody)
    return _Known(grouped, situation, owners, tuple(places), frozenset(being_handed_out(means)))


def _reached(means: Means, known: _Known, now: float) -> Iterator[Reached]:
    users = {each.id: each for each in known.situation.people}
    concerned = {_address(users, grant) for grant in known.situation.grants.values() if grant.share_id in known.owners}
    concerned |= {vendor for _, vendor in known.hands}
    for grant in known.situation.grants.values():
        reach, address = known.situation.reach(grant), _address(users, grant)
        owner = known.owners.get(grant.share_id)
        if owner is not None:
            cause, words = _judge(means, known, grant, owner, now)
        elif model.touches(reach.folder, (folder for each in known.places for folder in each[:4])):
            cause, words = Cause.WIDER, "a grant on another share that leads into folders of vendors"
        else:
            cause, words = Cause.ELSEWHERE, "nothing of the folders of vendors"
        if cause is not Cause.ELSEWHERE or address in concerned:
            yield _told(reach, address, cause, words, owner)


def _told(reach: Reach, address: str, cause: Cause, words: str, owner: Optional[_Owner]) -> Reached:
    grant = reach.grant
    folder = "" if reach.folder is None else reach.folder or model.ALL
    project, of = (owner.project, owner.vendor) if owner is not None else ("", "")
    return Reached(address, reach.share, folder, grant.read, grant.write, cause, words, project, of)


def _address(users: Mapping[str, User], grant: Grant) -> str:
    user = users.get(grant.user_id)
    return vendors.lowered(user.email if user is not None else grant.user or grant.user_id)


def _judge(means: Means, known: _Known, grant: Grant, owner: _Owner, now: float) -> tuple[Cause, str]:
    """Return why a user has a grant on one of our folders, and the words for it."""
    if not known.situation.is_of(grant, owner.vendor):
        if known.situation.role(grant.user_id) not in ("", STANDARD):
            return Cause.STAFF, f"the folder of {owner.vendor}"
        return Cause.FOREIGN, f"the folder of {owner.vendor}"
    hand = known.hands.get((owner.project, owner.vendor))
    if (owner.project, owner.vendor) in known.coming:
        return Cause.NEW, "work is being handed out to them"
    if hand is None:
        made = closing.moment(grant.created[:19], now + _NEW_S)  # accsyn's clock may be ahead
        if made is not None and now - made < _NEW_S:
            return Cause.NEW, "granted within a day; no task tells of it yet"
        return Cause.UNEXPLAINED, "no task was handed out"
    names = [hand.name(each) for each in hand.open(means)]
    if names:
        more = _more(grant, owner, OPEN)
        return (Cause.UNEXPLAINED, f"more than is needed for {names[0]}") if more else (Cause.OPEN, ", ".join(names))
    since = closing.closed_at(hand.handouts, now)
    if _more(grant, owner, closing.rights(since, now, means.rules)):
        return Cause.EXPIRED, "no task is open any more"
    return Cause.GRACE, f"no task is open any more since {closing.stamp(since)[:10]}"


def _more(grant: Grant, owner: _Owner, rights: Rights) -> bool:
    """Whether *grant* is more than what a vendor should have by *rights*."""
    read, write = (rights.read_from, rights.write_from) if owner.writable else (rights.read_to, False)
    return grant.path != model.ALL or (grant.read and not read) or (grant.write and not write)


def _work(means: Means, hand: Hand, now: float) -> Iterator[Work]:
    for each in hand.open(means):
        state = hand.states[each.task_id]
        published, sent = (closing.moment(text, now) for text in (state.published_at, each.handed_out_at))
        returned = published is not None and (sent is None or published >= sent)
        due = closing.moment(each.due[:10], now - 86_400.0)  # the whole of that day is left
        yield Work(
            task_id=each.task_id,
            task=state.name,
            project=hand.project,
            vendor=hand.vendor,
            handed_out_at=each.handed_out_at,
            due=each.due,
            returned=returned,
            overdue=due is not None and not returned,
        )


def _remarks(means: Means, known: _Known, now: float) -> Iterator[str]:
    """Yield what is not as it should be, though it is no grant."""
    deliveries = Deliveries(means)
    for (project, vendor), hand in sorted(known.hands.items()):
        places = vendors.places(means.rules, project, vendor)
        situation = known.situation
        if not hand.open(means):
            left = left_words(means, places)
            if left:
                yield left
            if closing.rights(closing.closed_at(hand.handouts, now), now, means.rules) is model.CLOSED:
                for each in deliveries.of(project, vendor, places.to_folder):
                    yield f"{vendor} has no open work in {project}, and can still fetch the delivery {each.name}."
            continue
        how = model.standing(situation.user(vendor))
        if how in (Standing.DISABLED, Standing.INACTIVE, Standing.UNKNOWN):
            yield f"{vendor} has open work in {project}, and is {how.value} in accsyn."
        elif model.lacks(situation, places, vendor):
            yield f"{vendor} has open work in {project}, and not all the access that it takes: hand it out again."


def _take_back(means: Means, known: _Known, now: float) -> Iterator[Step]:
    """Take back what no task explains on our own folders, if nothing of it runs, and tell it."""
    moving = means.workspace.moving()
    for owner, deed, user_id in _unexplained(means, known, now):
        places = vendors.places(means.rules, owner.project, owner.vendor)
        running = closing.busy(deed, places, moving, user_id)
        if running is not None:
            waits = f"{running.name or running.id} is still running; after it: {deed.words}."
            yield Step(WAITS, owner.project, owner.vendor, waits)
            continue
        carry_out(means, known.situation.volume, owner.vendor, [deed])
        yield Step(TAKEN_BACK, owner.project, owner.vendor, f"Done: {deed.words}.")


def _unexplained(means: Means, known: _Known, now: float) -> Iterator[tuple[_Owner, Deed, str]]:
    """Yield what has to be done about each grant that no task explains, and whose it is (the id of the user)."""
    for (project, vendor), hand in known.hands.items():
        user, places = known.situation.user(vendor), vendors.places(means.rules, project, vendor)
        for deed in model.narrowing(known.situation, places, vendor, OPEN) if hand.open(means) and user else ():
            yield _Owner(project, vendor, True), deed, user.id if user else ""
    for grant in known.situation.grants.values():
        owner = known.owners.get(grant.share_id)
        if owner is None or (
            known.situation.is_of(grant, owner.vendor) and (owner.project, owner.vendor) in known.hands
        ):
            continue
        cause, words = _judge(means, known, grant, owner, now)
        if cause in (Cause.UNEXPLAINED, Cause.FOREIGN):
            share = known.situation.reach(grant).share
            yield owner, model.take_back(grant, share, words), grant.user_id
