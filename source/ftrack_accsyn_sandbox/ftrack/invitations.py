"""Invitations by mail, to ftrack and to a review; here nobody is really mailed."""

from __future__ import annotations

from typing import Any

from .access import View
from .store import Store
from .values import now


class Invitations:
    """Answers `send_user_invite` and `send_review_session_invite`; the client reads nothing of the answers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def invite_user(self, operation: dict[str, Any], view: View) -> dict[str, Any]:
        """Answer for a user, who must be there."""
        self._store.existing(self._store.schema["User"], [operation.get("user_id")])
        return {"action": "send_user_invite", "data": True}

    def invite_to_review(self, operation: dict[str, Any], view: View) -> dict[str, Any]:
        """Answer for an invitee, who keeps when that was."""
        schema = self._store.schema["ReviewSessionInvitee"]
        invitee = self._store.existing(schema, [operation.get("review_session_invitee_id")])
        self._store.change(invitee, {"last_sent_at": now()})
        return {"action": "send_review_session_invite", "data": True}
