"""Who may reach what of a vendor's folders, and what has to be done so that they may, or may not any more. Pure."""

from __future__ import annotations

import dataclasses
import enum


class Standing(enum.Enum):
    """How an accsyn user stands; nothing is granted, or sent, to those who are `DISABLED` or `INACTIVE`."""

    UNKNOWN = "unknown"
    INVITED = "invited"
    ENABLED = "enabled"
    DISABLED = "disabled"
    INACTIVE = "inactive"


@dataclasses.dataclass(frozen=True)
class Machine:
    """A client of a vendor: its host name, what it is ("desktop app", "user server"), and its version, if told."""

    name: str
    kind: str
    online: bool
    version: str = ""


@dataclasses.dataclass(frozen=True)
class Reach:
    """What a user may do below `folder` (relative to the volume, empty for all of it) by a grant on a share."""

    grant_id: str
    share_id: str
    share: str
    volume: str
    folder: str
    read: bool
    write: bool
