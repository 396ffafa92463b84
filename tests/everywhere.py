"""What people are shown of one machine, in four places at once: outbox, ftrack, `status --json`, the tab's model.

Modules that import this are skipped where Qt cannot be loaded.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.connect.actions import OutboxActions
from ftrack_accsyn_accessor.connect.shapes import Column, Line
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.connect.table import LINE
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.registrations import FtrackCredentials
from qt_support import QtCore, Window, settle
from runner import RUNNER
from tracking import Desk

#: Where the components of the first version of the desk's asset lie, below the root of a location.
FOLDER = PurePosixPath("show_a/sq010/sh010/plate/v001")


class Summary(NamedTuple):
    """The sums of `status --json`; `exit_code` is both the one printed and the one the command ended with."""

    pending: int
    moving: int
    stuck: int
    synced: int
    percent: int
    safe_to_quit: bool
    exit_code: int


class Shown(NamedTuple):
    """A situation as each place shows it. Rows stand in the order in which they are shown.

    `outbox`: state and cause kind by component. `at_hq`: what is registered at head quarters, "component: identifier";
    files of the version without their folder. `ftrack_jobs`: status and description of each Job. `status`: "component:
    state (cause kind), percent, files". `tab`: the cells for component, files, state and progress, and what the row's
    colour says. `head`: the sentence above the table. `unsent`: how many components Connect would ask about on quitting.
    """

    outbox: dict[str, str]
    at_hq: list[str]
    ftrack_jobs: list[tuple[str, str]]
    status: list[str]
    summary: Summary
    reason: str
    tab: list[str]
    head: str
    unsent: int


class Places:
    """The desk's machine, with the command line and an open tab on the desk's outbox."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        # Faces find the outbox by the name of their location: this is the one that the desk's file is named after.
        desk.publisher.environment(FTRACK_ACCSYN_LOCATION="desk")
        credentials = FtrackCredentials(desk.session.server_url, desk.session.api_user, desk.session.api_key)
        source = OutboxSource(credentials)
        tab = Tab(source, OutboxActions(source, credentials))
        self._unsent: Optional[int] = None
        tab.unsent_changed.connect(self._take_unsent)
        self._window = Window(tab)
        self._window.loaded()

    def _take_unsent(self, count: int, size_bytes: float) -> None:
        self._unsent = count

    def close(self) -> None:
        self._window.close()

    def show(self, wanted: Shown, causes: Mapping[str, str]) -> None:
        """Require that every place shows what is *wanted*, and of each component the text in *causes*, or no cause."""
