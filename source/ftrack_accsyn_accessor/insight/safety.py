"""Whether an application may be quit without leaving anything behind, and why: one sentence. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ftrack_accsyn_accessor.insight.remarks import Remark, components, has


@dataclasses.dataclass(frozen=True)
class Standing:
    """How many items stand where.

    `moving` and `stuck` as in `status.Summary`; `waiting` are the pending ones that a process of this studio sends.
    `paused` tells that the outbox is, `held` that all jobs are paused in accsyn itself, `unattended` that no process is
    there to send or follow anything. `forgotten` are the publishes that somebody has forgotten.
    """

    waiting: int
    moving: int
    stuck: int
    paused: bool
    held: bool
    unattended: bool = False
    forgotten: int = 0


def safety(standing: Standing, remarks: Sequence[Remark]) -> tuple[bool, str]:
    """Return whether accsyn has everything, so that the application may be closed, and why."""
    if standing.waiting:
        text = f"{components(standing.waiting)} {has(standing.waiting)} not been handed to accsyn yet"
        if standing.paused:
            return False, f"{text}, because syncing is paused."
        if standing.unattended:
            return False, f"{text}, and no application with the plugin runs here that would do it."
        return False, f"{text}; after quitting, that waits for the next application with the plugin."
    unsent = [remark.what for remark in remarks if remark.unsent]
    if unsent:
        return False, unsent[0]
    if standing.moving:
        return True, _moving(standing)
    if standing.stuck:
        text = (
            f"{components(standing.stuck)} {has(standing.stuck)} not arrived, for reasons that somebody should look at"
        )
        return True, f"{text}; staying open does not change that."
    but = f", but for {components(standing.forgotten)} that somebody has forgotten" if standing.forgotten else ""
    return True, f"Everything that was published has arrived{but}."


def _moving(standing: Standing) -> str:
    if not (standing.paused or standing.held):
        text = f"accsyn carries {components(standing.moving)} on by itself"
        text = f"{text}, as long as its client runs on this machine"
        return f"{text}; {_UNNOTICED}" if standing.unattended else f"{text}."
    text = f"{components(standing.moving)} {has(standing.moving)} not arrived"
    where, who = (" in accsyn", "somebody resumes them there") if standing.held else ("", "you resume")
    return f"{text}; the jobs are paused{where}, so that nothing moves until {who}."


_UNNOTICED = "no application with the plugin runs here that would register in ftrack what arrives."
