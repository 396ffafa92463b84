"""The process that sends, where it is in the way of what is to be sent. Pure reading; any thread."""

from __future__ import annotations

import dataclasses
import time
from datetime import datetime
from pathlib import Path
from typing import Callable, Optional

from ftrack_accsyn_accessor.model.errors import Unreachable
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.progress import duration_text
from ftrack_accsyn_accessor.outbox import Outbox, leadership
from ftrack_accsyn_accessor.outbox.leadership import Leader
from ftrack_accsyn_accessor.outbox.survey import is_of

#: Within this time a process that has just started, or was idle, begins with an item.
ALIVE_S = 5.0
NOBODY = "No application with the plugin runs here: nothing is sent, and what arrives is not registered in ftrack."
NOBODY_REMEDY = "Open one, or run: ftrack-accsyn drain."
#: The same where somebody looks at it in such an application.
ENDED = "The worker of this application has ended: nothing is sent, and what arrives is not registered in ftrack."
ENDED_REMEDY = "Restart this application."


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """A process by whose fault nothing is sent, what is wrong with it and what to do. A `frozen` one holds the lock."""

    leader: Leader
    frozen: bool
    what: str
    remedy: str


def unattended(outbox: Outbox, studio: Optional[Studio]) -> bool:
    """Whether something of *studio* (None: of any) is to be sent or followed, and no process is there to do it.

    Reads the outbox, and mostly a file; raise as that does.
    """
    return outbox.survey.groups.waits_for_somebody(studio, ALIVE_S) and not leadership.attended(outbox.path)


def obstacle(
    outbox: Path,
    studio: Studio,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> Optional[Obstacle]:
    """Return the process that is in the way of what *studio* has in the file *outbox*; mostly there is none.

    Reads a file. Whoever is frozen is in everybody's way; whoever cannot send, in that of its own studio.
    """
    frozen = leadership.frozen(outbox, clock, monotonic)
    if frozen is not None:
        since = f"{datetime.fromtimestamp(frozen.seen_at):%Y-%m-%d %H:%M}"
        silent = duration_text(monotonic() - frozen.beat)
        what = f"it has given no sign of life for {silent}, since {since}."
        return Obstacle(
            frozen,
            True,
            f"{frozen.name}, which sends what is published on this machine, is frozen: {what}",
            "Let it go on, or end it: another application with the plugin takes over then, or ftrack-accsyn drain.",
        )
    unable = leadership.unable(outbox, clock, monotonic)
    if unable is None or unable.kind == Unreachable.kind:  # that is everybody's, as a rule
        return None
    if not is_of(unable.studio, studio):
        return None
    what = f"{unable.name} cannot send all that is published on this machine. {unable.what}"
    return Obstacle(unable, False, what, f"{unable.remedy} One that can takes over by itself.".lstrip())
