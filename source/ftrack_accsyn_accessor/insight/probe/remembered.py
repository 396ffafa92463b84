"""What the last probe of a workspace has seen, as it is remembered on this machine, in a line."""

from __future__ import annotations

import datetime
from typing import Optional

from ftrack_accsyn_accessor.insight.probe.finding import Outcome, Report
from ftrack_accsyn_accessor.model.assumptions import ASSUMPTIONS, BY_ID
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import Sight


def remember(report: Report) -> None:
    """Keep what *report* has seen, so that the plugin goes the right ways from the start. Raises OSError."""
    seen = [each for each in report.findings if each.outcome is not Outcome.UNSEEN]
    sights = {each.id: Sight(each.outcome is Outcome.HOLDS, each.seen, report.at) for each in seen}
    probed.keep(report.workspace, sights)


def last(current: Settings) -> Optional[str]:
    """Return what was seen of the workspace, when, and what somebody has set against it; None where nothing was."""
    seen = probed.seen(current.workspace or "")
    told = [f"{name} is assumed {'to hold' if value else 'not to hold'}" for name, value in current.assume]
    if not seen and not told:
        return None
    parts = [_seen(seen)] if seen else []
    if told:
        parts.append(f"By FTRACK_ACCSYN_ASSUME {', '.join(told)}.")
    return " ".join(parts)


def _seen(seen: dict[str, Sight]) -> str:
    latest = max(each.at for each in seen.values())
    day = datetime.datetime.fromtimestamp(latest).isoformat(" ", "minutes")
    now = {name: each for name, each in seen.items() if each.at == latest}
    before = {name: each for name, each in seen.items() if name not in now}
    held, wrong = _counted(now)
    text = f"The probe of {day} saw {held} of {len(ASSUMPTIONS)} assumptions hold"
    text += f"; otherwise: {', '.join(wrong)}." if wrong else ", and none that does not."
    if not before:
        return text
    held, wrong = _counted(before)
    told = [f"{held} more hold"] if held else []
    told += [f"otherwise: {', '.join(wrong)}"] if wrong else []
    return f"{text} Earlier ones saw {'; '.join(told)}."


def _counted(seen: dict[str, Sight]) -> tuple[int, list[str]]:
    """Return how many of *seen* hold, and those that do not."""
    wrong = [name for name in BY_ID if name in seen and not seen[name].holds]
    return len(seen) - len(wrong), wrong
