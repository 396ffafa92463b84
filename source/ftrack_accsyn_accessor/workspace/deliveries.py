"""The verbs for deliveries: files kept open for a user until they are fetched (workflow facts, section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model.delivery import Delivery, Download
from ftrack_accsyn_accessor.model.errors import Refused, Uncertain
from ftrack_accsyn_accessor.workspace.answers import Problem
from ftrack_accsyn_accessor.workspace.door import Door, quoted, rows_of
from ftrack_accsyn_accessor.workspace.session import Call

#: Deliveries named in one query: keeps the address of the request short (accsyn fact sheet, section 1).
DELIVERIES_PER_CALL = 40


class Deliveries(Door):
    """One HTTP request each, unless a verb says otherwise."""

    def create_delivery(self, name: str, sources: Sequence[str], address: str) -> Delivery:
        """Make a delivery of *sources* (accsyn's notation) to a user; it is submitted at once, and holds these alone.

        A user whom accsyn does not know is invited by it: look first. Raises Uncertain when the answer names no id.
        """
        tried, data = "create the delivery", {"name": name, "tasks": list(sources), "recipients": [address]}
        for row in rows_of(self._call(tried, name, Call("POST", "delivery/create", data))) or []:
            delivery = Delivery.from_answer(row)
            if model.is_id(delivery.id):
                return delivery
        raise self._error(tried, name, Problem(Uncertain, "the answer names no delivery"))

    def find_delivery(self, name: str) -> Optional[Delivery]:
        """Return the delivery of exactly this *name*, the oldest open one if there are several; up to two requests."""
        return next((each for data in ({}, {"finished": True}) for each in self._named(name, dict(data))), None)

    def open_named(self, name: str) -> list[Delivery]:
        """Return the open deliveries of exactly this *name*, the oldest first: machines may make one at once."""
        return [each for each in self._named(name, {}) if not each.finished]

    def _named(self, name: str, data: dict[str, Any]) -> list[Delivery]:
        rows = self._find("find the delivery", name, "delivery", f"name={quoted(name)}", data)
        found = (each for each in map(Delivery.from_answer, rows) if each.id and each.name == name)
        return sorted(found, key=lambda each: each.id)

    def open_deliveries(self) -> list[Delivery]:
        """Return all deliveries that can still be fetched, whoever made them."""
        found = map(Delivery.from_answer, self._find("look for open deliveries", "", "delivery"))
        return [each for each in found if each.id and not each.finished]

    def delivery(self, delivery_id: str) -> Optional[Delivery]:
        """Return the delivery with this id in whatever state, None where accsyn does not know it any more."""
        try:
            rows = self._entity("look the delivery up", delivery_id, "delivery", delivery_id)
        except Refused:
            return None  # how accsyn answers for an id that it does not know is not documented
        return Delivery.from_answer(rows[0]) if rows else None

    def deliveries(self, delivery_ids: Iterable[str]) -> dict[str, Delivery]:
        """Return the deliveries with these ids that are not archived, by id; up to two requests.

        *delivery_ids* are `DELIVERIES_PER_CALL` at most.
        """
        found: dict[str, Delivery] = {}
        for data in ({}, {"finished": True}):
            missing = sorted(set(delivery_ids) - found.keys())
            if missing:
                query = 'id in "{}"'.format(",".join(missing))
                rows = self._find("look the deliveries up", "", "delivery", query, dict(data))
                found.update((each.id, each) for each in map(Delivery.from_answer, rows) if each.id in missing)
        return found

    def downloads(self, delivery_ids: Iterable[str]) -> list[Download]:
        """Return what recipients take, and have taken, of these deliveries; two requests.

        *delivery_ids* are `DELIVERIES_PER_CALL` at most.
        """
        wanted = sorted(set(delivery_ids))
        query = " OR ".join(f"parent={delivery_id}" for delivery_id in wanted)
        found: dict[str, Download] = {}
        for data in ({}, {"finished": True}) if wanted else ():
            rows = self._find("look for what was fetched", "", "transfer", query, dict(data))
            found.update((each.id, each) for each in map(Download.from_answer, rows) if each.delivery in wanted)
        return list(found.values())

    def abort_delivery(self, delivery_id: str) -> None:
        """End a delivery: nobody can fetch it any more, and what is being fetched is cut."""
        call = Call("PUT", "delivery/edit", {"status": "aborted"}, entity_id=delivery_id)
        self._call("abort the delivery", delivery_id, call)
