"""An outbox that takes nothing, and what takes up later what it missed."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor.outbox import Outbox, unqueued
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from ftrack_accsyn_accessor.worker.intake import Intake
from tracking import Desk as Machine


class Closed:
    """Lets nobody use an outbox: it passes for one of a later release."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        with contextlib.closing(sqlite3.connect(outbox.path)) as connection:
            self.version = connection.execute("PRAGMA user_version").fetchone()[0]

    def _set(self, version: int) -> None:
        self.outbox.close()
        with contextlib.closing(sqlite3.connect(self.outbox.path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")

    def __enter__(self) -> None:
        self._set(99)

    def __exit__(self, *ignored: object) -> None:
        self._set(self.version)


def new_intake(machine: Machine, server_url: str = "", now: float = 0.0) -> Intake:
    url = server_url or machine.studio.ftrack.url
    clock = {"clock": lambda: now} if now else {}
    return Intake(
        machine.outbox, machine.area, lambda: machine.registrations, lambda: url, monotonic=machine.monotonic, **clock
    )


def kept(machine: Machine) -> list[Unqueued]:
    return unqueued.kept(machine.outbox.path)


def add(machine: Machine, component: Any) -> None:
    machine.location.add_component(component, machine.session.get("Location", ORIGIN_LOCATION_ID))


def publish_three(machine: Machine) -> list[Any]:
    version = machine.version()
    return [
        machine.publisher.publish_file(version),
        machine.publisher.publish_sequence(version, [1001, 1002, 1004]),
        machine.publisher.publish_container(machine.session, version),
    ]
