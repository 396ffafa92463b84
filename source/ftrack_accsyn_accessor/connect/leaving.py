"""What stays behind when Connect is quit, in words that are true. Pure; knows nothing of Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ftrack_accsyn_accessor.insight.remarks import has
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.progress import size_text

#: So many causes are told in full.
_MOST = 3


@dataclasses.dataclass(frozen=True)
class Leaving:
    """What is not in accsyn yet: `unsent` components of `unsent_bytes`, which this process could send.

    `paused_by` is who paused, empty where nobody did. `causes` are why they wait, `elsewhere` tells what waits for
    somebody else: a sentence each.
    """

    unsent: int = 0
    unsent_bytes: int = 0
    paused_by: str = ""
    causes: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What has not been sent."""
        noun = "component" if self.unsent == 1 else "components"
        size = size_text(self.unsent_bytes)
        return f"{self.unsent:,} published {noun} {has(self.unsent)} not been sent yet ({size})."

    @property
    def then(self) -> str:
        """What becomes of it, and what else there is to know, in paragraphs."""
        safe = "It is safe" if self.unsent == 1 else "They are safe"
        start = "at the next start of Connect or of any application that publishes on this machine"
        if self.paused_by:
            when = f"Syncing was paused by {self.paused_by}: nothing is sent, now or later, until somebody resumes."
            told = [f"{safe} in the staging area. {when}"]
        elif self.causes:
            told = [f"{safe} in the staging area. Sending is tried again {start}."]
        else:
            told = [f"{safe} in the staging area, and will be sent {start}."]
        if self.causes:
            more = len(self.causes) - _MOST
            lines = [*self.causes[:_MOST], *([f"{more} more: see the tab accsyn."] if more > 0 else [])]
            told.append("\n".join(["What is in the way:", *(f"- {line}" for line in lines)]))
        return "\n\n".join([*told, *self.elsewhere])


def leaving(summary: Summary, causes: Iterable[str]) -> Leaving:
    """Return what would stay behind of what *summary* tells; *causes* are those of what waits."""
    known = [summary.problem if summary.unattended else "", summary.contact.what, *causes]
    return Leaving(
        unsent=summary.pending - summary.pending_elsewhere,
        unsent_bytes=summary.unsent_bytes,
        paused_by=summary.paused.by if summary.paused is not None else "",
        causes=tuple(dict.fromkeys(filter(None, known))),
        elsewhere=tuple(remark.what for remark in summary.remarks if remark.unsent),
    )
