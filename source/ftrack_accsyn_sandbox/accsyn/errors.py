"""How the workspace says no; each becomes a JSON `message` to the client."""

from __future__ import annotations


class Refusal(Exception):
    """The call was read and refused. The text is what the client raises."""

    status = 400


class Denied(Refusal):
    """The user's role or access does not allow the call."""

    status = 403


class Unauthenticated(Refusal):
    """The user, the key, the workspace or the session is not accepted."""

    status = 401


class TransferFailure(Exception):
    """A task cannot be carried out; the text ends in accsyn's code (accsyn workflow facts, section 8)."""
