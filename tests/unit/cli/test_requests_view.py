"""Requests in a terminal that is narrow: nothing of them is left out."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from ftrack_accsyn_accessor.cli import shown
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.model.request import RequestState
from shown import row

ROW = RequestRow(
    request_id=12,
    reason=Reason.SEND,
    words="aurora sh0050, 1,200 items",
    user="artist",
    source="studio.hq",
    destination="studio.london",
    state=RequestState.CANCELLED,
    items=1200,
    there=331,
    moving=1,
    waiting=0,
    stuck=0,
    withdrawn=0,
    files=3,
    size_bytes=1_300_000_000,
    done_bytes=1,
    percent=42,
    speed_bytes_per_s=None,
    time_left_s=75_000.0,
    cause="",
    remedy="",
    created_at=0.0,
    ended_at=None,
)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("state", RequestState)
def test_a_narrow_terminal_cuts_nothing_off(width: int, state: RequestState) -> None:
    written = io.StringIO()
    Console(file=written, width=width).print(shown.requests_view([dataclasses.replace(ROW, state=state)], {}))
    told = "".join(written.getvalue().split())
    assert "…" not in told
    for text in ("Request", "12", "331/1200", "1.3GB", state.value, "20h50min"):
        assert text in told, text
    assert all(len(line) <= width for line in written.getvalue().splitlines())


def test_items_of_an_unfolded_request_are_called_as_they_are_anywhere_with_their_causes() -> None:
    items = [
        row(context="sq010/sh010", reason=Reason.SEND, destination="studio.london", state=State.PENDING),
        row(context="sq010/sh020", reason=Reason.SEND, destination="studio.london", cause="Its task is on hold."),
    ]
    written = io.StringIO()
    Console(file=written, width=120).print(shown.requests_view([ROW], {12: items}))

    lines = [line.rstrip() for line in written.getvalue().splitlines()]
    head = lines.index("request 12: send aurora sh0050, 1,200 items")
    first, second, cause = lines[head + 2 :]
    assert first.startswith("show_a sq010/sh010 plate v003 main to studio.london  120/240")
    assert second.startswith("show_a sq010/sh020 plate v003 main to studio.london  120/240")
    assert cause == "  Its task is on hold."
