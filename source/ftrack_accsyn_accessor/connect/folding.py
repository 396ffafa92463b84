"""Requests in the table: one line each, which unfolds into lines of its items; below them what was published.

Knows nothing of Qt. For the reader's thread.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.connect import shapes
from ftrack_accsyn_accessor.connect.shapes import Filter, Line, Tone, moment_text
from ftrack_accsyn_accessor.insight import requests, rows
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.model.item import Kind, Studio
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.reasons import reason_first
from ftrack_accsyn_accessor.model.request import RequestState
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED

_WORDS: Mapping[RequestState, tuple[str, Tone]] = {
    RequestState.WAITING: ("Waiting", Tone.WAITING),
    RequestState.MOVING: ("On the way", Tone.BUSY),
    RequestState.STUCK: ("Needs attention", Tone.BAD),
    RequestState.DONE: ("All there", Tone.GOOD),
    RequestState.CANCELLED: ("Cancelled", Tone.WAITING),
}


class _Section(NamedTuple):
    """What stands together: a request (None: what was published) with `items` lines below its own."""

    request: Optional[RequestRow]
    items: int

    @property
    def lines(self) -> int:
        return self.items + (self.request is not None)


class Listing:
    """All lines that a filter and a search leave, without having read them: requests first, *unfolded* ones (ids) open.

    Reading may raise `errors.OutboxError`.
    """

    def __init__(
        self, outbox: Outbox, studio: Studio, choice: Filter, search: str, unfolded: Collection[int], paused: bool
    ) -> None:
        self._outbox = outbox
        self._studio = studio
        self._states = choice.states
        self._search = search
        self._paused = paused
        asked = requests.requests(outbox, choice.states, search, studio)
        self._sections = [_Section(row, self._items(row) if row.request_id in unfolded else 0) for row in asked]
        self._sections.append(_Section(None, rows.count(outbox, choice.states, search, PUBLISHED)))

    def _items(self, row: RequestRow) -> int:
        return requests.count(self._outbox, row, self._states, self._search)

    def __len__(self) -> int:
        return sum(section.lines for section in self._sections)

    def lines(self, start: int, count: int) -> tuple[Line, ...]:
        """Return *count* lines from *start* on, fewer at the end."""
        return tuple(self._lines(start, start + count))

    def _lines(self, start: int, end: int) -> Iterator[Line]:
        at = 0
        for section in self._sections:
            first, last = max(start, at), min(end, at + section.lines)
            if first < last:
                yield from self._of(section, first - at, last - at)
            at += section.lines

    def _of(self, section: _Section, first: int, last: int) -> Iterator[Line]:
        row = section.request
        if row is None:
            found = rows.rows(
                self._outbox, self._states, self._search, last - first, first, self._studio, request=PUBLISHED
            )
            yield from (shapes.line(each, self._paused) for each in found)
            return
        if first == 0:
            yield request_line(row, self._paused, unfolded=section.items > 0)
        skipped = max(0, first - 1)
        if last - 1 > skipped:
            items = requests.items(
                self._outbox, row, self._states, self._search, last - 1 - skipped, skipped, self._studio
            )
            yield from (item_line(each, self._paused) for each in items)


def request_line(row: RequestRow, paused: bool, unfolded: bool) -> Line:
    """Return *row* as it is shown; *paused* tells that nothing is submitted until somebody resumes."""
    state, tone = _WORDS[row.state]
    if row.state is RequestState.WAITING and paused:
        state, tone = "Paused", Tone.HELD
    wanted = row.items - row.withdrawn
    return Line(
        item_id=-row.request_id,
        component_id="",
        component=row.title,
        parts=(row.reason.value, f"{row.source} > {row.destination}", row.user),
        project="",
        kind=Kind.CONTAINER,
        files=f"{row.there:,} / {wanted:,}",
        size=size_text(row.size_bytes),
        state=state,
        tone=tone,
        percent=row.percent if row.state not in (RequestState.WAITING, RequestState.CANCELLED) else None,
        left="" if row.time_left_s is None else duration_text(row.time_left_s),
        cause=row.cause,
        reason=reason_first(row.cause, there=row.destination),
        remedy=row.remedy,
        failed=row.state is RequestState.STUCK,
        retryable=bool(row.stuck),
        path="",
        published=f"Asked for {moment_text(row.created_at)} by {row.user}",
        notes="",
        request=row.request_id,
        unfolded=unfolded,
        cancellable=row.cancellable,
        hurriable=row.state in (RequestState.WAITING, RequestState.MOVING),
    )


def item_line(row: rows.Row, paused: bool) -> Line:
    """Return an item of a request as it is shown below it."""
    line = shapes.line(row, paused)
    asked = f"Asked for {moment_text(row.created_at)} by {row.user}, from {row.source} to {row.destination}"
    return dataclasses.replace(line, path=row.path, published=asked, request=row.request)
