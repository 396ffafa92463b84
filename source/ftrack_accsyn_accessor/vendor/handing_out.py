"""Hands one package out, step by step: what is done is written down after each, and doing it again changes nothing.

The order is that of what must not be missing: nothing is copied before the vendor may have it and nothing more, nothing
is sent before ftrack tells that it was handed out, and nothing leaves the main site before it is proven to be there.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import logging
from collections.abc import Mapping
from typing import Any, Optional

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

#: The ways of a package: to the main site, and from there to the vendor.
RELAY, VENDOR = "relay", "vendor"


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

    def __init__(self, means: Means, carrying: Carrying, entry: Entry) -> None:
        self._means = means
        self._carrying = carrying
        self._entry = entry
        self._confirmed = Confirmed.kept(entry.data)

    def work(self) -> str:
        """Do what is left to do, as far as it can be done now.

        Return what it waits for that it does not get by itself, in words; empty for nothing.
        """
        if not self._entry.data.get("opened"):
            access.open_access(self._means, self._confirmed.project, self._confirmed.vendor)
            self._keep(opened=True)
        if self._confirmed.contents is not None and "package" not in self._entry.data:
            self._assemble(self._confirmed.contents)
        if not self._entry.data.get("told"):
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
        delivered = self._entry.data["way"] == Way.DELIVERY.value
        if not delivered and self._carrying.refused(standing):
            if not self._carrying.deliver(standing, self._confirmed.vendor):
                return ""
            logger.info("accsyn pushes nothing to %s: it is delivered.", self._confirmed.vendor)
            delivered = True
            self._keep(way=Way.DELIVERY.value)
        if delivered or standing.state not in (RequestState.WAITING, RequestState.STUCK):
            self._finish("", standing)
            return ""
        return stuck_words(standing)

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
