"""A plan that was confirmed becomes a request in the outbox; from there on the worker carries it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send.order import Order


class Requester(NamedTuple):
    """Who asks: name and id (empty where it is not known) of a user in ftrack."""

    username: str
    user_id: str = ""


def confirm(outbox: Outbox, order: Order, plans: Sequence[Plan], requester: Requester, token: str) -> list[int]:
    """Write what goes of *plans* down, one request for each that has something; return their ids.

    The same *token* again writes nothing and returns the same ids. Raise `errors.OutboxError`.
    """
    raise NotImplementedError
