"""What is shown of one machine, in four places at once: outbox, ftrack, `status --json`, the tab's model.

Modules that import this are skipped where Qt cannot be loaded.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.connect.actions import OutboxActions
from ftrack_accsyn_accessor.connect.leaving import Leaving
from ftrack_accsyn_accessor.connect.shapes import Column, Line
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.connect.tab import Tab
from ftrack_accsyn_accessor.connect.table import LINE
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from qt_support import QtCore, Window, settle
from runner import RUNNER
from tracking import Desk

#: Longer than the tab takes to notice a change, by far.
TAB_S = 10.0
_JOB_NAME = re.compile(r"show_a ftrack upload artist\.desk > studio\.hq \d{4}-\d\d-\d\d")
_FOLDER = "show_a/sq010/sh010/plate/"


class Shown(NamedTuple):
    """One situation. Rows stand in the order in which they are shown; JOB stands for the name of the sync job.

    `outbox` gives states by component, with the cause kind. `causes` are parts of what the outbox, `status` and the tab
    tell of components that have a cause. `at_hq` is what is registered at head quarters, by component, and
    `ftrack_jobs` each Job's status and description.

    `status` are the rows of `status --json`, `summary` its sums, `reason` why it is safe to quit or not. `exit_code` is
    both the one in the JSON and the one that the command ended with.

    `tab` are the rows of the tab's model and `head` is the sentence above them, each with what its colour says;
    `unsent` is the number of components that Connect asks about on quitting.
    """

    outbox: dict[str, str]
    causes: dict[str, str]
    at_hq: dict[str, str]
    ftrack_jobs: list[tuple[str, str]]
    status: list[str]
    summary: str
    safe_to_quit: bool
    reason: str
    exit_code: int
    tab: list[str]
    head: str
    unsent: Optional[int]


class Places:
    """The desk's machine seen from all sides; its tab stays open and follows by itself."""

    def __init__(self, desk: Desk, windows: Callable[[Tab], Window]) -> None:
        self._desk = desk
        self._leader = ProcessLock(lock_path(desk.outbox.path))  # the desk does the worker's work: somebody is there
        assert self._leader.acquire()
        credentials = FtrackCredentials(desk.session.server_url, desk.session.api_user, desk.session.api_key)
        source = OutboxSource(credentials)
        tab = Tab(source, OutboxActions(source, credentials))
        self._unsent: Optional[int] = None
        tab.leaving_changed.connect(self._take_unsent)
        self._window = windows(tab)
        self._window.loaded()

    def _take_unsent(self, leaving: Leaving) -> None:
        self._unsent = leaving.unsent

    def shown(self, wanted: Shown) -> Shown:
        """Return what all places show; the tab gets the time that it needs to show what is *wanted*."""
        with contextlib.suppress(AssertionError):  # comparing everything will say more
            settle(lambda: self._tab() == (wanted.tab, wanted.head, wanted.unsent), timeout_s=TAB_S)
        told, exit_code = self._status()
        assert told["exit_code"] == exit_code
        tab, head, unsent = self._tab()
        return Shown(
            outbox=self._desk.states(),
            causes=self._causes(told["items"], wanted.causes),
            at_hq=self._at_hq(),
            ftrack_jobs=[(status, _without_job_name(text)) for status, text in self._desk.ftrack_jobs()],
            status=[_status_row(item) for item in told["items"]],
            summary=_sums(told["summary"]),
            safe_to_quit=told["summary"]["safe_to_quit"],
            reason=told["summary"]["safe_reason"],
            exit_code=exit_code,
            tab=tab,
            head=head,
            unsent=unsent,
        )

    def notes(self, component: str) -> tuple[list[str], str]:
        """Return what `status --json` and the tab tell of a component besides its cause."""
        told, _ = self._status()
        (found,) = [item["notes"] for item in told["items"] if item["component"] == component]

        def line() -> Optional[Line]:
            lines = map(self._line, range(self._window.tab.model.rowCount()))
            return next((line for line in lines if line is not None and line.component == component), None)

        shown = settle(lambda: (found_line := line()) is not None and found_line.notes, timeout_s=TAB_S)
        return found, str(shown)

    def summary(self) -> dict[str, Any]:
        """Return the summary of `status --json`."""
        told, _ = self._status()
        summary: dict[str, Any] = told["summary"]
        return summary

    # ftrack.

    def _at_hq(self) -> dict[str, str]:
        """Return identifiers by the component's name; what is registered twice is not mistaken for once."""
        store = self._desk.studio.ftrack.store
        names = {row["id"]: row["name"] for row in store.find("Component")}
        rows = store.find("ComponentLocation", location_id=self._desk.studio.ids["studio.hq"])
        found = {names[row["component_id"]]: row["resource_identifier"] for row in rows}
        assert len(found) == len(rows)
        return {name: path[len(_FOLDER) :] if path.startswith(_FOLDER) else path for name, path in found.items()}

    # The command line.

    def _status(self) -> tuple[dict[str, Any], int]:
        result = RUNNER.invoke(application, ["status", "--json"], catch_exceptions=False)
        return json.loads(result.stdout), result.exit_code

    # The tab.

    def _tab(self) -> tuple[list[str], str, Optional[int]]:
        rows = range(self._window.tab.model.rowCount())
        sentence = self._window.tab.head.sentence
        head = f"{sentence.text()} | {sentence.tone.value if sentence.tone else ''}"
        return [self._tab_row(row) for row in rows], head, self._unsent

    def _tab_row(self, row: int) -> str:
        line = self._line(row)
        if line is None:
            return "being read"
        cells = [self._cell(row, column) for column in (Column.COMPONENT, Column.FRAMES, Column.STATE, Column.PROGRESS)]
        marks = [line.tone.value, *["failed"] * line.failed]
        return " | ".join([*cells, ", ".join(marks)])

    def _line(self, row: int) -> Optional[Line]:
        line: Optional[Line] = self._window.tab.model.index(row, 0).data(LINE)
        return line

    def _cell(self, row: int, column: Column, role: int = int(QtCore.Qt.ItemDataRole.DisplayRole)) -> str:
        return str(self._window.tab.model.index(row, column).data(role) or "")

    # Causes.

    def _causes(self, items: list[dict[str, Any]], wanted: Mapping[str, str]) -> dict[str, str]:
        """Return the cause of each component that has one, shortened to what is *wanted* of it.

        Causes that differ from place to place are returned all, and whole.
        """
        rows = range(self._window.tab.model.rowCount())
        tip = int(QtCore.Qt.ItemDataRole.ToolTipRole)
        places = (
            {item.publication.component_name: item.cause for item in self._desk.outbox.items()},
            {item["component"]: f"{item['cause']} {item['remedy']}".strip() for item in items},
            {self._cell(row, Column.COMPONENT): self._cell(row, Column.STATE, tip) for row in rows},
        )
        found = {}
        for name in sorted({name for place in places for name in place}):
            texts = dict.fromkeys(_without_job_name(place.get(name, "not there")) for place in places)
            part = wanted.get(name, "")
            found[name] = part if part and len(texts) == 1 and part in "".join(texts) else " != ".join(texts)
        return {name: text for name, text in found.items() if text}


def _without_job_name(text: str) -> str:
    return _JOB_NAME.sub("JOB", text)


def _status_row(item: Mapping[str, Any]) -> str:
    kind = f" ({item['cause_kind']})" if item["cause_kind"] else ""
    return f"{item['component']}: {item['state']}{kind}, {item['percent']} %, {item['files_done']}/{item['files']}"


def _sums(summary: Mapping[str, Any]) -> str:
    percent = "" if summary["percent"] is None else f", {summary['percent']} %"
    names = ("pending", "moving", "stuck", "synced", *["withdrawn"] * bool(summary["withdrawn"]))
    return ", ".join(f"{summary[name]} {name}" for name in names) + percent
