"""What somebody asks for, before anything is known of it."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.item import Reason


class Picked(NamedTuple):
    """An entity in ftrack as it was picked: `entity_type` in ftrack's words of events or of its API, any case."""

    entity_type: str
    entity_id: str


@dataclasses.dataclass(frozen=True)
class Order:
    """What is to go where.

    `source` and `destination` are names or ids of ftrack locations, or accsyn parties; an empty source of a Get means
    wherever it is, an empty destination this machine's staging location. `components` are names, wildcards allowed,
    compared without regard to case; none for all. `with_used` adds what the versions use, at any depth. `added` are
    paths of files and folders in any platform's notation, wildcards allowed. `queue` is an accsyn queue's code or
    name, empty for the project's; `priority` is from 0 to 1000. `project` is the name of the project that added paths
    belong to; empty for that which the first folder of each names. `again` means also what is registered at the
    destination already: its files may have been taken away there. `deliver` has a user get a delivery, whatever the
    mapping file says. `words` are what the request is called in place of the names of what goes.
    """

    reason: Reason
    picked: tuple[Picked, ...] = ()
    source: str = ""
    destination: str = ""
    latest_only: bool = True
    components: tuple[str, ...] = ()
    with_used: bool = False
    added: tuple[str, ...] = ()
    queue: str = ""
    priority: Optional[int] = None
    project: str = ""
    again: bool = False
    deliver: bool = False
    words: str = ""
