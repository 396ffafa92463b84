"""What an item itself tells: its own cause, or else where it stands. Pure."""

from __future__ import annotations

from typing import Optional

from ftrack_accsyn_accessor.insight.leading import NOBODY_REMEDY
from ftrack_accsyn_accessor.insight.rows import MOVING, STILL_OLDER, Row, is_others
from ftrack_accsyn_accessor.insight.situation import Alike, Cause, Situation
from ftrack_accsyn_accessor.model import pacing
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.progress import duration_text, size_text

NOTHING_TO_DO = "Nothing needs to be done."


def cause(situation: Situation, alike: Alike) -> Optional[Cause]:
    """Return what keeps these very items, None where nothing is known to."""
    row = alike.row
    if is_others(row):
        told = _of_others(situation, alike)
    elif row.state is State.NEEDS_ATTENTION:
        told = _attention(situation, alike)
    elif row.state is State.PENDING and row.cause and row.next_try_at:
        told = _delayed(situation, alike, row.next_try_at)
    elif row.state in MOVING and row.cause:
        who = f"{row.title}: " if alike.items == 1 else ""
        told = Cause(row.cause_kind, f"{who}{row.cause}", row.remedy or "It is tried again by itself.")
    else:
        told = _failed(situation, alike)
    return told


def _delayed(situation: Situation, alike: Alike, next_try_at: float) -> Cause:
    again, remedy = f"It is tried again in {_in(next_try_at, situation.now)}.", alike.row.remedy or NOTHING_TO_DO
    if next_try_at <= situation.now and _nobody(situation):
        again, remedy = "Nobody was there since then to try it again.", NOBODY_REMEDY
    return Cause(alike.row.cause_kind, f"{_name(alike, 'waits', 'They wait')}: {alike.row.cause} {again}", remedy)


def _nobody(situation: Situation) -> bool:
    return situation.summary is not None and situation.summary.unattended


def _of_others(situation: Situation, alike: Alike) -> Optional[Cause]:
    if not situation.asked:
        return None  # a remark tells it of all of them
    who = f"{alike.row.title} is" if alike.items == 1 else "They are"
    return Cause(alike.row.cause_kind, f"{who} another studio's. {alike.row.cause}", alike.row.remedy)


def _attention(situation: Situation, alike: Alike) -> Cause:
    row = alike.row
    again = f" It is tried again in {_in(row.next_try_at, situation.now)}." if row.next_try_at else ""
    sentence = f"{_name(alike, 'needs attention', 'They need attention')}: {row.cause}{again}"
    return Cause(row.cause_kind, sentence, row.remedy or "Retry it once that has changed.")


def _failed(situation: Situation, alike: Alike) -> Optional[Cause]:
    row, place = alike.row, situation.accsyn.jobs.get(alike.row.job_id)
    if row.state not in MOVING or place is None or place.status != "failed":
        return None
    return Cause(
        "job-failed",
        f'accsyn could not transfer everything in the sync job "{row.job}"; what of it failed is noticed within '
        "seconds while an application with the plugin runs.",
        f"{NOBODY_REMEDY} It tells which." if _nobody(situation) else "Wait a moment, then see ftrack-accsyn status.",
    )


def standing(situation: Situation, row: Row) -> Cause:
    """Return where an item stands that nothing is in the way of."""
    if row.state is State.SYNCED:
        return _arrived(situation, row)
    if row.state is State.WITHDRAWN:
        return Cause("withdrawn", f"{row.title} was withdrawn: {row.cause}", row.remedy)
    if row.state is State.PREPARED:
        return Cause(
            "registering",
            f"{row.title} is being registered in ftrack by the application that publishes it.",
            "Wait a moment; if that application is gone, the next one with the plugin asks ftrack what became of it.",
        )
    if row.state is State.PENDING:
        done = "published" if row.reason is Reason.PUBLISH else "asked for"
        settling = 0 <= situation.now - row.updated_at < pacing.QUIET_S + 1.0
        now = f"was {done} a moment ago and" if settling else "is the worker's next work: it"
        return Cause("next", f"{row.title} {now} is sent in a moment.", "Wait a moment.")
    return _in_accsyn(situation, row)


def _arrived(situation: Situation, row: Row) -> Cause:
    there = row.destination
    if row.reason is Reason.PUBLISH and situation.summary is not None:
        there = situation.summary.destination
    ago = duration_text(max(1.0, situation.now - (row.synced_at or row.updated_at)))
    return Cause("arrived", f"{row.title} has arrived{f' at {there}' if there else ''}, {ago} ago.", NOTHING_TO_DO)


def _in_accsyn(situation: Situation, row: Row) -> Cause:
    place = situation.accsyn.jobs.get(row.job_id)
    if row.waits_for_older:
        return Cause("older", f"{row.title} was published anew: {STILL_OLDER}", NOTHING_TO_DO)
    if row.state is State.TRANSFERRING:
        done = f"{row.percent} % of {size_text(row.size_bytes)} transferred"
        done += f" at {size_text(row.speed_bytes_per_s)}/s" if row.speed_bytes_per_s else ""
        done += f", {duration_text(row.time_left_s)} left" if row.time_left_s is not None else ""
        return Cause("moving", f"{row.title} is moving: {done}.", NOTHING_TO_DO)
    if place is not None and place.status == "done":
        nobody = situation.summary is not None and situation.summary.unattended
        noted = "" if nobody else ", and is taken note of in a moment"
        return Cause("through", f"{row.title} is through in accsyn{noted}.", "Wait a moment.")
    if place is not None and place.ahead:
        jobs = "1 other job" if place.ahead == 1 else f"{place.ahead} other jobs"
        return Cause(
            "queued",
            f'{row.title} waits in accsyn\'s queue "{place.queue}" behind {jobs} between the same two places.',
            "Wait, or give its queue a higher priority in accsyn.",
        )
    return Cause("queued", f"{row.title} is in accsyn and is about to be transferred.", "Wait a moment.")


def _name(alike: Alike, does: str, they: str) -> str:
    return f"{alike.row.title} {does}" if alike.items == 1 else they


def _in(at: Optional[float], now: float) -> str:
    return duration_text(max(1.0, (at or now) - now))
