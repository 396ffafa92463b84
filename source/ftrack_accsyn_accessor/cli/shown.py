"""How the commands show things: as JSON for scripts, as rich texts and tables for people."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor.cli.listing import Column, Line, Listing, Paragraphs
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.insight.rows import Row, common_cause
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.request import RequestState

STYLES: Mapping[State, str] = {
    State.PREPARED: "dim",
    State.PENDING: "yellow",
    State.SUBMITTED: "cyan",
    State.TRANSFERRING: "bold cyan",
    State.SYNCED: "green",
    State.NEEDS_ATTENTION: "bold red",
    State.WITHDRAWN: "dim",
}

REQUEST_STYLES: Mapping[RequestState, str] = {
    RequestState.WAITING: "yellow",
    RequestState.MOVING: "cyan",
    RequestState.STUCK: "bold red",
    RequestState.DONE: "green",
    RequestState.CANCELLED: "dim",
}


def moment(at: Optional[float]) -> str:
    """Return a time (seconds since the epoch) as local date and time."""
    return datetime.datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


# The summary.


def summary_view(summary: Summary) -> RenderableType:
    """Return the outbox at a glance."""
    grid = Table.grid(padding=(0, 2))
    for name, value in _lines(summary):
        grid.add_row(Text(name, style="dim"), value)
    return grid


def _lines(summary: Summary) -> Iterable[tuple[str, Text]]:
    safe = ("yes", "bold green") if summary.safe_to_quit else ("no", "bold yellow")
    yield "safe to quit", Text.assemble(safe, f"  {summary.safe_reason}")
    yield "components", _counts(summary)
    if summary.left_bytes or summary.moving:
        yield "progress", Text(_progress(summary))
    if summary.paused is not None:
        told = " (accsyn has not paused all jobs yet)" if summary.pausing else ""
        text = f"since {moment(summary.paused.at)} by {summary.paused.by}{told}; resume with: ftrack-accsyn resume"
        yield "paused", Text(text, style="yellow")
    for remark in summary.remarks:
        yield remark.topic.heading, Text(str(remark), style="yellow")
    if summary.problem:
        yield "problem", Text(f"{summary.problem} {summary.problem_remedy}".strip(), style="red")
    if summary.staging_path:
        location = summary.location_name or "not in ftrack yet"
        yield "location", Text(f"{location} > {summary.destination or 'not known yet'}")
    yield "accsyn", Text(_endpoint(summary))
    if not summary.staging_path:
        yield "staging area", Text("none: what was asked for goes from elsewhere")
        return
    free = "not there" if not summary.staging_present else f"{size_text(summary.free_bytes or 0)} free"
    yield "staging area", Text(f"{summary.staging_path} ({free})", style="" if summary.staging_present else "red")


def _counts(summary: Summary) -> Text:
    parts = [
        (f"{summary.pending} pending", "yellow" if summary.pending else "dim"),
        (f"{summary.moving} moving", "cyan" if summary.moving else "dim"),
        (f"{summary.stuck} stuck", "bold red" if summary.stuck else "dim"),
        (f"{summary.synced} synced", "green" if summary.synced else "dim"),
    ]
    if summary.withdrawn:
        parts.append((f"{summary.withdrawn} withdrawn", "dim"))
    return Text("  ").join(Text(text, style=style) for text, style in parts)


def _progress(summary: Summary) -> str:
    text = f"{summary.percent} % of {size_text(summary.total_bytes)}, {size_text(summary.left_bytes)} left"
    if summary.speed_bytes_per_s:
        text += f", {size_text(summary.speed_bytes_per_s)}/s"
    return f"{text}, {duration_text(summary.time_left_s)}" if summary.time_left_s is not None else text


def _endpoint(summary: Summary) -> str:
    endpoint = summary.endpoint
    if not endpoint.workspace:
        return "not asked yet"
    client = f"client {endpoint.client} {endpoint.client_status}" if endpoint.client else "client not known yet"
    seen = f" ({moment(endpoint.seen_at)})" if endpoint.seen_at is not None else ""
    return f"{endpoint.workspace}, {endpoint.api_user}, {client}{seen}"


# Rows.


_COLUMNS = (
    Column("Component"),
    Column("Files", right=True, rank=2),
    Column("Size", right=True, rank=3),
    Column("State", styled=True),
    Column("Done", right=True, rank=4),
    Column("Left", right=True, rank=1),
)


def rows_view(rows: Iterable[Row], total: int = 0) -> RenderableType:
    """Return items, of *total*, as a table with their causes below it; what is said of several is said once."""
    lines: list[Line] = []
    said: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for row in rows:
        title = row.title
        lines.append(Line(_cells(row, title), STYLES[row.state]))
        sentences = " ".join(_sentences(row))
        if sentences:
            alike = (STYLES[row.state], common_cause(row), row.remedy, *row.notes)
            said.setdefault(alike, (sentences, []))[1].append(title)
    more = total - len(lines)
    below = [Text(f"... and {more} more", style="dim")] if more > 0 else []
    told = [(_those(titles), style, sentences) for (style, *_), (sentences, titles) in said.items()]
    return Group(Listing(_COLUMNS, lines), *below, Paragraphs(told))


def _cells(row: Row, title: str) -> tuple[str, ...]:
    return (
        title,
        f"{row.files_done}/{row.files}",
        size_text(row.size_bytes),
        row.state.value,
        f"{row.percent} %" if row.state is not State.WITHDRAWN else "",
        duration_text(row.time_left_s) if row.time_left_s is not None else "",
    )


def _those(titles: Sequence[str]) -> str:
    """Return what items of which the same is said are called: the first, and how many more."""
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1:,} more"


def _sentences(row: Row) -> list[str]:
    """Return what there is to be said of an item."""
    return [*filter(None, (row.cause, row.remedy)), *row.notes]


# Requests.


def requests_view(rows: Iterable[RequestRow], unfolded: Mapping[int, Sequence[Row]]) -> RenderableType:
    """Return requests as a table with their causes below it, and the items of *unfolded* (by the request's id)."""
    shown = list(rows)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("Request", "What", "Items", "Size", "State", "Done, left"):
        number = heading in ("Items", "Size", "Done, left")
        table.add_column(heading, justify="right" if number else "left", no_wrap=heading != "What", overflow="fold")
    for row in shown:
        ends = f"{row.source} > {row.destination} by {row.user}"
        table.add_row(
            str(row.request_id),
            Text.assemble(f"{row.reason.value} {row.title}\n", (ends, "dim")),
            f"{row.there}/{row.items - row.withdrawn}",
            size_text(row.size_bytes),
            Text(row.state.value, style=REQUEST_STYLES[row.state]),
            _far("" if row.state is RequestState.CANCELLED else f"{row.percent} %", row.time_left_s),
        )
    told = [
        Text.assemble((f"request {row.request_id}: ", REQUEST_STYLES[row.state]), f"{row.cause} {row.remedy}".rstrip())
        for row in shown
        if row.cause
    ]
    return Group(table, *told, *(part for row in shown for part in _items(row, unfolded.get(row.request_id, ()))))


def _items(request: RequestRow, rows: Sequence[Row]) -> Iterable[RenderableType]:
    """Yield the items of a request, each with its cause below it."""
    if rows:
        yield Text.assemble("\n", (f"request {request.request_id}: {request.reason.value} {request.title}", "dim"))
        yield Listing(_COLUMNS, [Line(_cells(row, row.title), STYLES[row.state], row.cause) for row in rows])


def _far(percent: str, left_s: Optional[float]) -> str:
    return "\n".join(filter(None, (percent, "" if left_s is None else duration_text(left_s))))
