"""Requests in a terminal that is narrow: nothing of them is left out."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from ftrack_accsyn_accessor.cli import shown
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.request import RequestState

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
