"""Hands one package out, step by step: what is done is written down after each, and doing it again changes nothing.

The order is that of what must not be missing: nothing is copied before the vendor may have it and nothing more, nothing
is sent before ftrack tells that it was handed out, and nothing leaves the main site before it is proven to be there.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.ftrack import notes, outsourced
from ftrack_accsyn_accessor.ftrack.notes import Note
from ftrack_accsyn_accessor.model import errors, manifest, outsourcing, parties
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.model.request import RequestState, Standing
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.vendor import access, package
from ftrack_accsyn_accessor.vendor.carrying import Carrying, Leg, stuck_words
from ftrack_accsyn_accessor.vendor.contents import Contents
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import Entry

logger = logging.getLogger(__name__)

#: In the data of an entry: accsyn has taken the push, and since when it stands still, with the bytes moved by then.
SENT, _STALLED = "sent", "stalled"
#: The ways of a package: to the main site, and from there to the vendor.
RELAY, VENDOR = "relay", "vendor"
#: A second way to the vendor, once the first was taken back.
INSTEAD = "instead"
#: How long a push that accsyn has taken may stand still before it is delivered instead.
STALLED_S = 3600.0
#: How long it is looked whether one that another outbox has has arrived.
_LOOKED_AFTER_S = 30 * 86_400.0


@dataclasses.dataclass(frozen=True)
class Confirmed:
    """What is handed out of one project, as it is kept in the spool from the confirmation on.

    `contents` are what goes, as it was shown: nothing that comes after it does. They are None when the package is made.
    `due` has the end dates of tasks, by their ids, `assigned` the ids of those that are assigned to the vendor in
    ftrack.
    """

    project_id: str
    project: str
    vendor: str
    tasks: tuple[str, ...]
    contents: Optional[Contents]
    message: str
    username: str
    user_id: str
    way: str
    due: Mapping[str, str]
    assigned: tuple[str, ...]

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> Confirmed:
        """Return what an entry has kept."""
        values: dict[str, Any] = {field.name: data[field.name] for field in dataclasses.fields(cls)}
        values.update({name: tuple(value) for name, value in values.items() if isinstance(value, list)})
        contents = None if values["contents"] is None else Contents.kept(values["contents"])
        return cls(**{**values, "contents": contents})


class HandingOut:
    """One entry of the spool, claimed; for one thread. Methods raise what all parts of the vendor loop raise."""

    def __init__(self, means: Means, carrying: Carrying, entry: Entry, clock: Callable[[], float] = time.time) -> None:
        self._means = means
        self._clock = clock
        self._carrying = carrying
        self._entry = entry
        self._confirmed = Confirmed.kept(entry.data)

    def work(self) -> str:
        """Do what is left to do, as far as it can be done now.

        Return what it waits for that it does not get by itself, in words; empty for nothing.
        """
        if self._entry.data.get(SENT):
            return self._look_after()
        if not self._entry.data.get("opened"):
            access.open_access(self._means, self._confirmed.project, self._confirmed.vendor)
            self._keep(opened=True)
        if self._confirmed.contents is not None and "package" not in self._entry.data:
            self._assemble(self._confirmed.contents)
        if not self._entry.data.get("told"):
            self._carrying.require_new(self._entry.data["folder"])
            self._tell()
        return self._carry()

    def _keep(self, **known: Any) -> None:
        self._entry.save({**self._entry.data, **known})

    def _assemble(self, contents: Contents) -> None:
        made = package.assemble(self._means, contents, self._confirmed.vendor)
        files = {each.path: each.size_bytes for each in made.files}
        beside = self._beside(made.folder)
        self._keep(package=made.id, folder=made.folder, files=files, beside=beside, contents=None)

    def _beside(self, folder: str) -> dict[str, int]:
        """Return the sizes of what lies in a package beside its files."""
        found = {name: self._means.storage.find(f"{folder}/{name}") for name in (manifest.NAME, manifest.WORK)}
        return {name: each.size_bytes for name, each in found.items() if each is not None}

    # ftrack.

    def _tell(self) -> None:
        for task_id in self._confirmed.tasks:
            self._record(task_id)
        # Before that another machine may have taken the access of a vendor whose earlier tasks are all over.
        access.open_access(self._means, self._confirmed.project, self._confirmed.vendor)
        for task_id in self._confirmed.tasks:
            self._note(task_id)
        refused = self._set_status()
        self._keep(told=True, **({"no_status": refused} if refused else {}))

    def _record(self, task_id: str) -> None:
        confirmed, data = self._confirmed, self._entry.data
        at = datetime.datetime.fromtimestamp(self._entry.put_at, datetime.timezone.utc)
        record = HandOut(
            task_id=task_id,
            project_id=confirmed.project_id,
            project=confirmed.project,
            vendor=confirmed.vendor,
            package=data["package"],
            folder=data["folder"],
            handed_out_at=at.isoformat(timespec="seconds"),
            due=confirmed.due.get(task_id, ""),
            assigned=task_id in confirmed.assigned,
        )
        outsourced.write(self._means.connection, record)

    def _note(self, task_id: str) -> None:
        confirmed, data = self._confirmed, self._entry.data
        text = outsourcing.note_text(confirmed.vendor, data["package"], data["files"], confirmed.message)
        note = Note("Task", task_id, confirmed.user_id, text)
        notes.write(self._means.connection, f"hand-out {data['package']} {self._entry.key} {task_id}", note)

    def _set_status(self) -> list[str]:
        name = self._means.rules.status_out
        refused = notes.set_task_status(self._means.connection, self._confirmed.tasks, name) if name else []
        if refused:
            logger.warning("The status %s is none that these tasks may have: %s", name, ", ".join(refused))
        return refused

    # accsyn.

    def _carry(self) -> str:
        production = self._means.rules.production
        if production:
            relay = self._order(production, parties.HQ)
            standing = self._carrying.ask(self._leg(relay, RELAY))
            if standing.state is RequestState.CANCELLED:
                self._finish("cancelled on its way to the main site")
            if standing.state is not RequestState.DONE:
                return stuck_words(standing)
        return self._to_vendor()

    def _to_vendor(self) -> str:
        """Have the package go to the vendor; over is what accsyn has taken, or what can only be fetched."""
        standing = self._asked()
        if self._entry.data["way"] != Way.DELIVERY.value and self._delivered_instead(standing):
            self._keep(way=Way.DELIVERY.value)
        if self._entry.data["way"] == Way.DELIVERY.value:
            self._finish("", standing)
            return ""
        if standing.state not in (RequestState.WAITING, RequestState.STUCK):
            self._keep(**{SENT: True})
            return self._look_after()
        return stuck_words(standing)

    def _delivered_instead(self, standing: Standing) -> bool:
        """Let a push that accsyn refused go as a delivery; return whether it goes as one, since now or since before."""
        if not self._carrying.refused(standing) or not self._carrying.deliver(standing, self._confirmed.vendor):
            return self._carrying.delivered(standing)
        logger.info("accsyn pushes nothing to %s: it is delivered.", self._confirmed.vendor)
        return True

    def _look_after(self) -> str:
        """Have a push that accsyn has taken, and that stands still for long, delivered instead.

        It is taken back first: nothing goes both ways.
        """
        standing = self._carrying.standing(token_of(self._entry.data["package"], self._entry.key, VENDOR))
        if standing is None:
            if self._clock() - self._entry.put_at > _LOOKED_AFTER_S:
                self._finish("")
            return ""
        instead = bool(self._entry.data.get(INSTEAD))
        if standing.state is RequestState.CANCELLED and instead:
            self._deliver_instead(standing)
        elif standing.state in (RequestState.CANCELLED, RequestState.DONE):
            self._finish("", standing)
        elif not instead:
            return self._watch(standing)
        elif standing.cancelled_at is None:
            self._carrying.take_back(standing)
        return ""

    def _deliver_instead(self, standing: Standing) -> None:
        """Deliver what was taken back, unless the work was over by then: a delivery is fetched without a grant."""
        records = outsourced.read(self._means.connection)
        if all(each.closed_at for each in records if each.package == self._entry.data["package"]):
            self._finish("the push stood still, and the work was over before it was delivered", standing)
            return
        order = self._order(parties.HQ, self._confirmed.vendor, True)
        asked = self._carrying.ask(self._leg(order, INSTEAD))
        self._keep(way=Way.DELIVERY.value)
        self._finish("", standing, asked)

    def _watch(self, standing: Standing) -> str:
        """Return why a push stands still; empty where it moves. What has stood still for long is taken back."""
        moved, now = standing.done_bytes, self._clock()
        cause = self._carrying.stalled(standing, now)
        since, before = self._entry.data.get(_STALLED) or (now, moved)
        if not cause:
            if standing.state is RequestState.STUCK:
                self._finish("", standing)  # that is for somebody to look at, as with any request
            elif moved > before:
                self._keep(**{_STALLED: None})
        elif moved > before or not self._entry.data.get(_STALLED):
            self._keep(**{_STALLED: (now, moved)})
        elif now - since > STALLED_S:
            logger.info("A push to %s stands still, and is delivered instead. %s", self._confirmed.vendor, cause)
            self._keep(**{INSTEAD: True})  # first: whoever comes next takes it back, and knows what for
            self._carrying.take_back(standing)
        return cause

    def _asked(self) -> Standing:
        delivered = self._entry.data["way"] == Way.DELIVERY.value
        ends = (parties.HQ, self._confirmed.vendor)
        try:
            return self._carrying.ask(self._leg(self._order(*ends, delivered), VENDOR))
        except errors.Unserved:
            if delivered:
                raise
        standing = self._carrying.ask(self._leg(self._order(*ends, True), VENDOR))
        self._keep(way=Way.DELIVERY.value)
        return standing

    def _order(self, source: str, destination: str, deliver: bool = False) -> Order:
        package_id = self._entry.data["package"]
        return Order(
            Reason.SEND,
            source=source,
            destination=destination,
            added=(str(self._entry.data["folder"]),),
            queue=self._means.rules.queue,
            project=self._confirmed.project,
            deliver=deliver,
            words=f"work of {self._confirmed.project} outsourced to {self._confirmed.vendor}: {package_id}",
        )

    def _leg(self, order: Order, name: str) -> Leg:
        data, confirmed = self._entry.data, self._confirmed
        files = {f"{data['folder']}/{path}": size for path, size in {**data["files"], **data["beside"]}.items()}
        requester = Requester(confirmed.username, confirmed.user_id)
        return Leg(order, requester, token_of(data["package"], self._entry.key, name), files)

    def _finish(self, failed: str, *standings: Standing) -> None:
        kept = {name: self._entry.data.get(name) for name in ("project", "package", "folder", "way", "no_status")}
        self._entry.finish({**kept, "failed": failed, "requests": [each.id for each in standings]})


def token_of(package_id: str, key: str, leg: str) -> str:
    """Return the token of the request for one leg ("relay", VENDOR) of a package; *key* is that of its entry.

    The same package may be handed out again, after it was cancelled, say.
    """
    return f"hand-out {package_id} {hashlib.sha256(key.encode()).hexdigest()[:12]} {leg}"
