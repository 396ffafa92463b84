"""The second leg of the way back: what has arrived at accsyn's main site goes on to where versions are kept.

And receipts, which are written there, to where the vendor reads them.
"""

from __future__ import annotations

import logging

from ftrack_accsyn_accessor.ftrack import notes
from ftrack_accsyn_accessor.model import delivered, parties
from ftrack_accsyn_accessor.model.delivered import Unit
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.request import RequestState
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.vendor import case as cases
from ftrack_accsyn_accessor.vendor import receipt
from ftrack_accsyn_accessor.vendor.carrying import Carrying, Leg, stuck_words
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import INGEST, RECEIPT, RELAY, Entry, going_on
from ftrack_accsyn_accessor.worker.runtime import Runtime

logger = logging.getLogger(__name__)

NOT_OURS = "It lies in no folder of a vendor who was handed out something there, and was left alone."
CANCELLED = "It was cancelled on its way from accsyn's main site, where it still lies."


class Relaying:
    """For one thread, that of *means*. Methods raise what ftrack, accsyn, spool and outbox raise."""

    def __init__(self, means: Means, runtime: Runtime) -> None:
        self._means = means
        self._carrying = Carrying(means, runtime)

    @property
    def written(self) -> int:
        """How often the worker was given something new to do."""
        return self._carrying.written

    def work(self, entry: Entry) -> str:
        """Go on with an entry, claimed, as far as that is possible now: it is ingested after the proof of its leg.

        Return what it waits for that it does not get by itself, in words; empty for nothing.
        """
        unit = delivered.unit(entry.data)
        standing = self._carrying.standing(_token(entry))
        if unit is None or (standing is None and not self._begin(entry, unit)):
            entry.finish({"words": NOT_OURS})
            return ""
        standing = standing or self._carrying.standing(_token(entry))
        if standing is not None and standing.state is RequestState.CANCELLED:
            entry.finish({"words": CANCELLED})
        elif standing is not None and standing.state is RequestState.DONE:
            self._means.spool.put(INGEST, entry.key, going_on(entry.data))
            entry.finish({"words": "It has arrived.", "request": standing.id})
        return stuck_words(standing) if standing is not None else ""

    def carry_receipt(self, entry: Entry) -> str:
        """Go on with a receipt, claimed: the vendor hears of it when it has arrived at the main site. As `work`."""
        data, username = entry.data, self._means.credentials.api_user
        order = Order(
            Reason.SEND,
            source=self._means.rules.production,
            destination=parties.HQ,
            added=(data["path"], *data["beside"]),
            queue=self._means.rules.queue,
            project=data["project"],
        )
        token = f"{RECEIPT} {entry.key} {entry.put_at}"  # of this name there may have been one long ago
        standing = self._carrying.ask(Leg(order, Requester(username), token))
        if standing.state is RequestState.CANCELLED:
            entry.finish({"words": "It was cancelled on its way to accsyn's main site."})
        elif standing.state is RequestState.DONE:
            untold = receipt.send_word(self._means, data["vendor"], data["project"], data["path"], data["name"])
            if untold:
                logger.warning("%s: %s", data["name"], untold)
            entry.finish({"words": untold or "They were told."})
        return stuck_words(standing)

    def _begin(self, entry: Entry, unit: Unit) -> bool:
        """Ask for the way of a unit; return False for what is nobody's who was handed out something."""
        case = cases.recognise(self._means, unit)
        if case is None:
            return False
        username = self._means.credentials.api_user
        order = Order(
            Reason.SEND,
            source=parties.HQ,
            destination=self._means.rules.production,
            added=(unit.path,),
            queue=self._means.rules.queue,
            project=case.project,
        )
        requester = Requester(username, notes.user_id(self._means.connection, username))
        self._carrying.ask(Leg(order, requester, _token(entry)))
        return True


def _token(entry: Entry) -> str:
    return f"{RELAY} {entry.key}"
