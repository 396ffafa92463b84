"""Why something is not moving: what is in its way, one plain sentence and what to do for each. Pure.

`inquiry` gathers what is known; `explain` only judges it. Of one item all is told that is in its way, and nothing of
another; of everything first what holds up the most.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.insight import obstacles, own
from ftrack_accsyn_accessor.insight.own import NOTHING_TO_DO
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.rows import MOVING, Row, common_cause, is_others
from ftrack_accsyn_accessor.insight.situation import Alike, Cause, Situation
from ftrack_accsyn_accessor.model.item import State, Trouble
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.outbox.groups import MOST
from ftrack_accsyn_accessor.outbox.past import Ended

#: With less than this a staging disk is as good as full.
LOW_BYTES = 500_000_000
#: So many causes of one kind are told apart; what is more stands together.
MOST_OF_A_KIND = 5
#: What holds for all that accsyn carries while nobody is there who follows it.
NOBODY_NOTES = "Its arrival is noted once an application with the plugin runs, or drain does."
_SETTLED = (State.SYNCED, State.WITHDRAWN)


def explain(situation: Situation) -> tuple[Cause, ...]:
    """Return why what was asked for has not arrived, or that it has; at least one, the first tells the most."""
    for rule in (_machine, _absent, _outbox, _unqueued, _past, _unknown):
        only = rule(situation)
        if only is not None:
            return (only,)
    found = _once(_causes(situation))
    if not situation.one:
        found.sort(key=lambda each: (-each.items, -each.size_bytes))
    found += _rest(situation, found)
    return tuple(found) or (_all_there(situation),)


# What hides everything else.


def _machine(situation: Situation) -> Optional[Cause]:
    if situation.disabled:
        return Cause("disabled", "The plugin is switched off by FTRACK_ACCSYN_DISABLE.", "Unset it.")
    if situation.staging_path is None and not situation.outside:
        wrong = next((each for each in situation.problems if each.variable == situation.staging_variable), None)
        what = wrong.what if wrong is not None else "is not set, so this is no staging machine."
        sentence = f"{situation.staging_variable} {what}"
        return Cause("settings", sentence, "Set it to the folder that accsyn syncs, and restart.")
    return None


def _absent(situation: Situation) -> Optional[Cause]:
    absence = situation.absence
    if absence is None and situation.summary is None and not situation.staging_present:
        gone = next(obstacles.in_the_way(situation))
        return Cause(gone.kind, gone.sentence, gone.remedy)
    if absence is None:
        return None
    if absence.remarks:
        first = absence.remarks[0]
        return Cause(absence.kind, f"{absence.what} {first.what}", first.remedy or absence.remedy)
    return Cause(absence.kind, absence.what, absence.remedy)


def _outbox(situation: Situation) -> Optional[Cause]:
    fault = situation.outbox_fault
    return Cause(fault.kind, fault.what, fault.remedy) if fault is not None else None


def _unqueued(situation: Situation) -> Optional[Cause]:
    return _of_remark(situation, situation.unqueued) if situation.unqueued is not None else None


def _past(situation: Situation) -> Optional[Cause]:
    gone = situation.past
    if gone is None:
        return None
    remedy = (
        NOTHING_TO_DO if gone.ended is Ended.FREED else "Publish it again, or run ftrack-accsyn reconcile --forgotten."
    )
    return Cause(gone.ended.value, f"{gone.row.title}: {gone.sentence}", remedy)


def _unknown(situation: Situation) -> Optional[Cause]:
    if not situation.asked or situation.alike:
        return None
    known = situation.summary.remarks if situation.summary is not None else ()
    others = [remark.where for remark in known if remark.topic is Topic.OTHER_AREA]
    if others:
        return Cause(
            "unknown",
            f"Nothing that was published into {situation.staging_path} is called {situation.asked}.",
            f"This machine has other staging areas, in which something waits: {', '.join(others)}.",
        )
    return Cause(
        "unknown",
        f"Nothing that was published or asked for on this machine is called {situation.asked}.",
        "Ask on the machine on which that was done, with a component id or the path of a staged file; "
        "ftrack-accsyn where asks for all machines.",
    )


# What is in the way.


def _causes(situation: Situation) -> list[Cause]:
    """Return all that is in the way of the items that it is about, the nearest to this machine first."""
    shared = [_counted(situation, each) for each in obstacles.in_the_way(situation)]
    in_all = [each for each in shared if each.items]
    known = {each.kind for each in in_all}
    mine = _own(situation, known)
    if situation.one:  # its own need of help goes before what is in the way of all
        attention = [each for each in situation.alike if each.row.state is State.NEEDS_ATTENTION]
        return [*mine, *in_all] if attention else [*in_all, *mine]
    return [*_of_everything(situation), *in_all, *mine]


def _once(causes: Iterable[Cause]) -> list[Cause]:
    """Return *causes*, what says the same together."""
    found: dict[tuple[str, str], Cause] = {}
    for each in causes:
        key = (each.kind, each.sentence)
        before = found.get(key, dataclasses.replace(each, items=0, size_bytes=0))
        items, size_bytes = before.items + each.items, before.size_bytes + each.size_bytes
        found[key] = dataclasses.replace(before, items=items, size_bytes=size_bytes)
    return list(found.values())


def _counted(situation: Situation, found: obstacles.InTheWay) -> Cause:
    held = [each for each in situation.alike if found.holds(each.row)]
    items, size_bytes = sum(each.items for each in held), sum(each.size_bytes for each in held)
    return Cause(found.kind, found.sentence, found.remedy, items, size_bytes)


def _own(situation: Situation, known: set[str]) -> list[Cause]:
    """Return the items' own causes, those that say the same together, without what is *known* to be in all's way."""
    found: dict[tuple[str, str], Alike] = {}
    for each in situation.alike:
        told = own.cause(situation, each)
        if told is None or (each.row.state is not State.NEEDS_ATTENTION and _is_known(told.kind, known)):
            continue
        key = (f"{each.row.state.value} {told.kind}", common_cause(each.row))
        before = found.get(key)
        found[key] = (
            Alike(before.row, before.items + each.items, before.size_bytes + each.size_bytes) if before else each
        )
    return list(_at_most(situation, found))


def _at_most(situation: Situation, found: dict[tuple[str, str], Alike]) -> Iterator[Cause]:
    """Yield a cause for each of *found*, by kind and text; what is too many of a kind in one."""
    by_kind: dict[str, list[Alike]] = {}
    for (kind, _), each in found.items():
        by_kind.setdefault(kind, []).append(each)
    for kind_of in by_kind.values():
        kind_of.sort(key=lambda each: (-each.items, -each.size_bytes))
        for each in kind_of[:MOST_OF_A_KIND]:
            told = own.cause(situation, each)
            if told is not None:
                yield dataclasses.replace(told, items=each.items, size_bytes=each.size_bytes)
        more = kind_of[MOST_OF_A_KIND:]
        if more:
            kind, items = more[0].row.cause_kind, sum(each.items for each in more)
            sentence = f"They have other causes of the same kind ({kind})."
            yield Cause(kind, sentence, "See ftrack-accsyn status.", items, sum(each.size_bytes for each in more))


def _is_known(kind: str, known: set[str]) -> bool:
    """Whether a cause of this *kind* says once more what is *known* to be in the way of all."""
    return kind in known or (kind == Trouble.PAUSED.value and bool(known & {"job-paused", "paused"}))


def _of_everything(situation: Situation) -> Iterator[Cause]:
    """Yield what is in the way besides items: it is told to who asks for everything."""
    summary = situation.summary
    if situation.asked or summary is None:
        return
    if summary.free_bytes is not None and summary.free_bytes < LOW_BYTES and situation.staging_present:
        free = size_text(summary.free_bytes)
        sentence = f"The disk of the staging area {situation.staging_path} is full: {free} are free."
        yield Cause("disk-full", sentence, "Free some space: ftrack-accsyn clean removes what has arrived.")
    for remark in sorted(summary.remarks, key=lambda each: not each.unsent):
        yield _of_remark(situation, remark)
    more = summary.pending + summary.moving + summary.stuck - sum(each.items for each in situation.alike)
    if len(situation.alike) >= MOST and more > 0:
        yield Cause("more", "They were not looked at: there are too many causes.", "See ftrack-accsyn status.", more)


def _of_remark(situation: Situation, remark: Remark) -> Cause:
    """Return the cause that *remark* is. What cannot be queued waits for a frozen process, if one is there."""
    found = situation.obstacle
    if remark.topic is Topic.UNQUEUED and found is not None and found.frozen:
        return Cause("frozen", found.what, found.remedy, remark.count)
    return Cause(remark.topic.value, remark.what, remark.remedy, remark.count)


# What nothing is in the way of.


def _rest(situation: Situation, found: Sequence[Cause]) -> list[Cause]:
    """Return where the items stand that nothing is in the way of; nobody's being there stops nothing in accsyn."""
    ways = [each for each in obstacles.in_the_way(situation) if each.kind != "nobody"]
    free = [each for each in situation.alike if _is_free(situation, each, ways)]
    open_items = [each for each in free if each.row.state not in _SETTLED]
    nobody = any(each.kind == "nobody" for each in found)
    alone = [each for each in open_items if each.row.state in MOVING or not nobody]
    if not open_items and not found:
        return _settled(situation, free)
    items, size_bytes = sum(each.items for each in alone), sum(each.size_bytes for each in alone)
    if items == 1:
        told = dataclasses.replace(own.standing(situation, alone[0].row), items=1, size_bytes=size_bytes)
        return [dataclasses.replace(told, remedy=NOBODY_NOTES) if nobody else told]
    if not items:
        return []
    sentence = "They are on their way, and nothing that can be seen from here holds them back."
    return [Cause("moving", sentence, NOBODY_NOTES if nobody else NOTHING_TO_DO, items, size_bytes)]


def _is_free(situation: Situation, each: Alike, ways: Iterable[obstacles.InTheWay]) -> bool:
    holds: list[Callable[[Row], bool]] = [way.holds for way in ways]
    if is_others(each.row) and not situation.asked:
        return False  # nobody here knows
    return own.cause(situation, each) is None and not any(held(each.row) for held in holds)


def _settled(situation: Situation, free: Sequence[Alike]) -> list[Cause]:
    if sum(each.items for each in free) == 1:
        return [dataclasses.replace(own.standing(situation, free[0].row), items=1, size_bytes=free[0].size_bytes)]
    there = [each for each in free if each.row.state is State.SYNCED]
    if not there:
        return [own.standing(situation, each.row) for each in free[:1]]
    items, size_bytes = sum(each.items for each in there), sum(each.size_bytes for each in there)
    return [Cause("arrived", f"All that is called {situation.asked} has arrived.", NOTHING_TO_DO, items, size_bytes)]


def _all_there(situation: Situation) -> Cause:
    summary = situation.summary
    if summary is not None and summary.problem:
        return Cause("problem", summary.problem, summary.problem_remedy)
    if summary is not None and summary.forgotten:
        return Cause("arrived", summary.safe_reason, NOTHING_TO_DO)
    there = f" at {summary.destination}" if summary is not None and summary.destination else ""
    done = "asked for" if situation.outside and not there else "published"
    return Cause("arrived", f"Everything that was {done} on this machine has arrived{there}.", NOTHING_TO_DO)
