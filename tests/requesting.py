"""Requests in an outbox, as a confirmed plan writes them."""

from __future__ import annotations

import dataclasses
from typing import Any

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Reason, Studio
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from making import HQ, publication, route

LONDON = Endpoint("site=london", "loc-london", "studio.london")


def ask(outbox: Outbox, *names: str, words: str = "sh010 comp v003", **changes: Any) -> int:
    """Write a request for components down, which go from head quarters to London; return its id."""
    request = Request(Reason.SEND, Studio("https://acme.test", "acme"), "producer", HQ, LONDON, words=words)
    publications = [
        publication(
            f"show_a/sq010/sh010/{name}.mov",
            component_id=name,
            component_name=name,
            version_name="comp v003",
            location_id="loc-hq",
            location_name="studio.hq",
            workspace="acme",
        )
        for name in names
    ]
    return outbox.requests.write(dataclasses.replace(request, **changes), [Wanted(each) for each in publications])


def in_accsyn(outbox: Outbox, request_id: int) -> list[Item]:
    """Let accsyn have all items of a request; return them."""
    job = outbox.job(route(location_id="loc-hq", location_name="studio.hq", destination=LONDON))
    outbox.submitted(outbox.requests.items(request_id), outbox.job_found(job, "j" * 24))
    return outbox.requests.items(request_id)
