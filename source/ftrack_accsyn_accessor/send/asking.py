"""A plan that was confirmed becomes a request in the outbox; from there on the worker carries it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ftrack_accsyn_accessor.model.item import Publication
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send.order import Order


class Requester(NamedTuple):
    """Who asks: name and id (empty where it is not known) of a user in ftrack."""

    username: str
    user_id: str = ""


def confirm(outbox: Outbox, order: Order, plans: Sequence[Plan], requester: Requester, token: str) -> list[int]:
    """Write what goes of *plans* down, one request for each that has something; return their ids.

    All in one transaction: from its end on it survives whatever happens. The same *token* again writes nothing and
    returns the same ids. Raise `errors.OutboxError`.
    """
    return outbox.requests.write_all(
        [
            (_request(order, plan, requester, token and f"{token}/{number}"), _signed(plan, requester))
            for number, plan in enumerate(plans)
            if plan.going
        ]
    )


def _request(order: Order, plan: Plan, requester: Requester, token: str) -> Request:
    return Request(
        reason=plan.reason,
        studio=plan.studio,
        username=requester.username,
        source=plan.source,
        destination=plan.destination,
        user_id=requester.user_id,
        token=token,
        words=order.words or _words(plan.going),
        queue=order.queue,
        priority=order.priority,
    )


def _signed(plan: Plan, requester: Requester) -> list[Wanted]:
    """Return what goes, on behalf of *requester*."""
    return [
        dataclasses.replace(each, publication=dataclasses.replace(each.publication, username=requester.username))
        for each in plan.going
    ]


def _words(going: Sequence[Wanted]) -> str:
    """Return what was asked for: "show_a sq010/sh010 plate v003 main", of several what they share."""
    names = [_names(each.publication) for each in going]
    if len(going) == 1:
        return " ".join(names[0])
    common = " ".join(column[0] for column in itertools.takewhile(lambda column: len(set(column)) == 1, zip(*names)))
    return f"{common}, {len(going):,} items" if common else f"{' '.join(names[0])} and {len(going) - 1:,} more"


def _names(publication: Publication) -> list[str]:
    return publication.title.split() if publication.component_id else [publication.path]
