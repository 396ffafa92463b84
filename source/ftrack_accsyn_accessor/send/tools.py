"""Send, Get and Sync as functions, for tools: the same as the command line does, without a question.

Not for a host's thread: each asks ftrack and accsyn, and `wait` follows what was asked for to its end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.plan import Fate, Plan
from ftrack_accsyn_accessor.model.request import RequestState
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.ordering import Ordering, Preview
from ftrack_accsyn_accessor.worker.runtime import Runtime

DOWNLOAD, UPLOAD = "download", "upload"


@dataclasses.dataclass(frozen=True)
class Asked:
    """What was asked for: the plan, and the ids of the requests that were written down for what goes."""

    preview: Preview
    requests: tuple[int, ...]
    ordering: Ordering

    @property
    def plans(self) -> Sequence[Plan]:
        """What becomes of each thing that was asked for: one plan for each pair of ends."""
        return self.preview.plans

    def wait(self, timeout_s: Optional[float] = None) -> bool:
        """Follow it to its end; return whether all that was asked for is there. With *timeout_s* at most so long.

        False for a dry run of what would go, and where nothing was found that was meant.
        """
        if not any(plan.planned for plan in self.plans) or (self.preview.count(Fate.GOES) and not self.requests):
            return False
        if not self.ordering.follow(self.requests, timeout_s):
            return False
        done = all(each.state is RequestState.DONE for each in self.ordering.standings(self.requests))
        return done and not self.preview.count(Fate.CANNOT) and not self.preview.count(Fate.ON_ITS_WAY)


def ask(runtime: Runtime, order: Order, words: Sequence[str] = (), dry_run: bool = False) -> Asked:
    """Plan *order*, for what *words* say in addition, and write what goes down, but for a *dry_run*.

    Raise what `Ordering` does.
    """
    ordering = Ordering(runtime, environment.read_settings(), environment.ftrack_credentials())
    preview = ordering.preview(order, words)
    ids = ordering.confirm(preview) if preview.count(Fate.GOES) and not dry_run else []
    return Asked(preview, tuple(ids), ordering)


def sync_order(site: str, direction: str, paths: Sequence[str], project: str = "", queue: str = "") -> Order:
    """Return the order to sync *paths* between head quarters and a *site*; see `site_sync`.

    Raise `errors.SettingsError` for a *direction* that is neither `DOWNLOAD` (to the site) nor `UPLOAD`.
    """
    party = f"site={site}"
    ends = {DOWNLOAD: ("hq", party), UPLOAD: (party, "hq")}.get(direction)
    if ends is None:
        raise errors.SettingsError("sync", direction, "a direction is download or upload", "Name one of them.")
    return Order(Reason.SYNC, source=ends[0], destination=ends[1], added=tuple(paths), queue=queue, project=project)
