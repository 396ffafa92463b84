"""Who asks, and whom: what it takes to reach ftrack and accsyn. No repr shows a key."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class FtrackCredentials:
    """How to reach ftrack, as the host's session does."""

    server_url: str
    api_user: str
    api_key: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Credentials:
    """Who we are to accsyn: the code of the workspace, the user (e-mail address), and the API key."""

    workspace: str
    api_user: str
    api_key: str = dataclasses.field(repr=False)

    def variables(self) -> tuple[tuple[str, str], ...]:
        """Return each value with the name of the variable that sets it."""
        return (
            ("ACCSYN_WORKSPACE", self.workspace),
            ("ACCSYN_API_USER", self.api_user),
            ("ACCSYN_API_KEY", self.api_key),
        )
