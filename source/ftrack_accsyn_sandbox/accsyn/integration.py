"""What accsyn's ftrack integration answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional


@dataclass
class FtrackIntegration:
    """What accsyn's ftrack integration answers (accsyn fact sheet, section 8).

    *upload_location* is `{"id", "name"}` of the destination location in ftrack, None when there is nothing to sync;
    *upload_ident* the text of the destination party. Both can differ for a location: *locations* maps its id to such
    a pair. *registered* maps a location's id to the id of the client that registered it.
    """

    enabled: bool = True
    upload_location: Optional[dict[str, str]] = None
    upload_ident: Optional[str] = None
    locations: dict[str, tuple[Optional[dict[str, str]], Optional[str]]] = field(default_factory=dict)
    registered: dict[str, str] = field(default_factory=dict)
