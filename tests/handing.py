"""A studio's machine that sees the volume, and hands work out from it; the worker runs step by step."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from asking import Asking
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Outsourcing, Work
from ftrack_accsyn_accessor.worker.runtime import Runtime
from ftrack_accsyn_sandbox.accsyn.entities import Delivery, Ticks
from ftrack_accsyn_sandbox.studio import Studio

VENDOR = "vendor@acme.test"
PLATE = "show_a/sq010/sh010/plate/v001/plate.mov"


class Handing(Asking):
    """`outsourcing` is that of one process; `again` gives that of the next one."""

    def __init__(self, studio: Studio, folder: Path, **rules: Any) -> None:
        super().__init__(studio, **studio.environment("admin"))
        self.rules = VendorRules(root=str(studio.hq), spool=str(folder / "spool"), **rules)
        self._means: list[Means] = []
        self.folder = folder
        self.outsourcing = self.again()

    def again(self, **rules: Any) -> Outsourcing:
        """Return what the next process has, with other *rules* if there are any."""
        person = self.studio.artist
        credentials = FtrackCredentials(self.studio.ftrack.url, person.ftrack_user, person.ftrack_key)
        current = settings.outside(self.read_settings())
        self.rules = dataclasses.replace(self.rules, **rules)
        self._means.append(Means(current, self.rules, credentials))
        self.runtime = Runtime(self.area, self.outbox.path, credentials, self.read_settings)
        self.outsourcing = Outsourcing(self._means[-1], self.runtime)
        return self.outsourcing

    def close(self) -> None:
        for each in self._means:
            each.close()
        super().close()

    @property
    def means(self) -> Means:
        """What the latest process works with."""
        return self._means[-1]

    def task(self, path: str = "show_a/sq010/sh010/Animation") -> str:
        return self.studio.ids[path]

    def work(self, *tasks: str, **more: Any) -> Work:
        """Return work of *tasks*, by default of one, with a plate of the volume."""
        self.write_at(self.hq, PLATE, 300)
        return Work(tasks or (self.task(),), VENDOR, **{"added": (PLATE,), **more})

    def hand_out(self, work: Work, token: str = "confirmed-once") -> list[HandedOut]:
        return self.outsourcing.confirm(self.outsourcing.preview(work), Requester("artist"), token)

    def map_volume(self, **ticks: bool) -> Path:
        """Let the vendor's machine have the volume mapped; return where."""
        demo, folder = self.studio.demo, self.folder / "at vendor"
        given = Ticks(**{"read": True, "write": True, "by_environment": True, **ticks})
        demo.workspace.map_share(demo.vendor_client, demo.volume, folder, given)
        return folder

    def deliveries(self) -> list[Delivery]:
        return list(self.studio.demo.workspace.each(Delivery))

    def fetch(self) -> Path:
        """Let the vendor fetch the only delivery; return where to."""
        (delivery,) = self.deliveries()
        self.studio.accsyn.engine.wait_idle(20.0)
        self.studio.fetch_delivery(delivery.id, VENDOR, self.folder / "fetched")
        self.studio.accsyn.engine.wait_idle(20.0)
        return self.folder / "fetched"

    def carry(self, key_or_request: int, limit_s: float = 600.0) -> list[State]:
        """Step, and go on with what was confirmed, until nothing of a request moves any more."""
        passed_s = 0.0
        while self.states(key_or_request) != [State.SYNCED] and passed_s < limit_s:
            self.studio.accsyn.engine.wait_idle(20.0)
            passed_s += self.step()
            self.outsourcing.advance()
        return self.states(key_or_request)
