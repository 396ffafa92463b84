"""Why there is no outbox to look at, and what is known nevertheless. Pure reading; any thread."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from ftrack_accsyn_accessor.environment import account as account_here
from ftrack_accsyn_accessor.insight.installation import Installation
from ftrack_accsyn_accessor.insight.remarks import Remark, components, earlier_files, outside
from ftrack_accsyn_accessor.outbox.file import other_accounts


class _Reason(NamedTuple):
    kind: str
    what: str
    remedy: str
    unsent: bool


@dataclasses.dataclass(frozen=True)
class Absence:
    """Why there is nothing to look at, what to do, and what is to be told besides.

    `kind` is unplugged, earlier-outbox, no-area or no-outbox. `unsent` tells that components are known to wait, or may.
    """

    kind: str
    what: str
    remedy: str
    unsent: bool
    remarks: tuple[Remark, ...]

    def __str__(self) -> str:
        return "\n".join((f"{self.what} {self.remedy}".rstrip(), *map(str, self.remarks)))


def absence(here: Installation) -> Absence:
    """Return why *here* has no outbox."""
    reason = _reason(here)
    told = outside(here.outbox_path)
    unsent = reason.unsent or any(remark.unsent for remark in told)
    return Absence(reason.kind, reason.what, reason.remedy, unsent, told)


def _reason(here: Installation) -> _Reason:
    root = here.area.root
    refused = here.refused
    if refused is not None:
        return _Reason("no-area", refused.what, refused.remedy, True)
    unplugged = here.unplugged
    if unplugged is not None:
        what = f"The staging area {root} is known on this machine, but is not there: its disk is unplugged."
        if unplugged.unsent:
            what += f" When it was there last, {components(unplugged.unsent)} in it had not been sent."
        remedy = "Plug the disk in again; what waits is sent by itself then, nothing is lost."
        return _Reason("unplugged", what, remedy, bool(unplugged.unsent))
    earlier = earlier_files(here.outbox_path, root)
    if earlier:
        names = ", ".join(map(str, earlier))
        what = f"What an earlier release left in {names} has not been taken over yet."
        return _Reason("earlier-outbox", what, "The next session does that, or `ftrack-accsyn drain`.", True)
    for folder, account in other_accounts(root):
        what = f"{folder} belongs to {account}, and only that account is told of what is in it. {account_here()} has "
        return _Reason("no-outbox", f"{what}published nothing into {root}.", f"Run this as {account}.", False)
    if not here.staging_present:
        what = f"The staging area {root} is not there: its disk is unplugged, or nothing was ever published here."
        return _Reason("no-area", what, "Plug the disk in, or publish something.", False)
    return _Reason("no-outbox", f"Nothing was ever published into {root}.", "Publish something.", False)
