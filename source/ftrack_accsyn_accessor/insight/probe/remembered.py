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
    day = datetime.datetime.fromtimestamp(max(each.at for each in seen.values())).isoformat(" ", "minutes")
    wrong = [name for name in BY_ID if name in seen and not seen[name].holds]
    text = f"The probe of {day} saw {len(seen) - len(wrong)} of {len(ASSUMPTIONS)} assumptions hold"
    if not wrong:
        return f"{text}, and none that does not."
    return f"{text}; otherwise: {', '.join(wrong)}."
