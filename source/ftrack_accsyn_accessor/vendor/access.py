"""What a vendor needs in accsyn to take and to bring work: a user, two folders, and exactly one grant on each."""

from __future__ import annotations

import dataclasses

from ftrack_accsyn_accessor.model.access import Machine, Reach, Standing
from ftrack_accsyn_accessor.model.vendors import Places
from ftrack_accsyn_accessor.vendor.means import Means


@dataclasses.dataclass(frozen=True)
class Access:
    """How a vendor stands to a project, in data and in words.

    `steps` are what has to be done (by `look`), or was done (by `open_access`), for them to have what they need.
    `remarks` are what whoever hands out work has to know: that nobody has logged in yet, what they reach besides.
    `wider` are those grants of theirs that reach more than our own folders. `obstacle` tells why nothing may be granted
    or sent to them, or is empty. Ids are empty for what is not there.
    """

    project: str
    vendor: str
    places: Places
    standing: Standing
    user_id: str = ""
    invited_at: str = ""
    to_share_id: str = ""
    from_share_id: str = ""
    machines: tuple[Machine, ...] = ()
    steps: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    wider: tuple[Reach, ...] = ()
    obstacle: str = ""

    @property
    def ready(self) -> bool:
        """Whether they have what they need, and nothing keeps it from them."""
        return not self.steps and not self.obstacle


def look(means: Means, project: str, vendor: str) -> Access:
    """Return how the user *vendor* (e-mail address) stands to the project of this name. Changes nothing.

    May raise `errors.WorkspaceError`.
    """
    raise NotImplementedError


def open_access(means: Means, project: str, vendor: str) -> Access:
    """See to it that the vendor has what they need, and no more of ours, read back and compared; what is so stays.

    Raise `errors.NotAllowed` for a user whom accsyn has disabled or deactivated, or for a folder or code that is
    something else's; `errors.Conflict` where what was read back is not what was granted; `errors.WorkspaceError`.
    """
    raise NotImplementedError
