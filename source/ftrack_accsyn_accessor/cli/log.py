"""`ftrack-accsyn log`: where everything is written, and what happened to items lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import click
from rich.text import Text

from ftrack_accsyn_accessor.cli import answer, here, shown, terminal
from ftrack_accsyn_accessor.cli.listing import Column, Line, Listing
from ftrack_accsyn_accessor.insight import past, rows, status
from ftrack_accsyn_accessor.insight.doctor.bundle import log_files, log_folder
from ftrack_accsyn_accessor.insight.naming import named
from ftrack_accsyn_accessor.insight.past import Past
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model.errors import NotOne
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.outbox import Outbox


@click.command()
@click.argument("item", required=False, metavar="[ITEM]")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many items to list.")
@terminal.json_option
def log(item: Optional[str], limit: int, as_json: bool) -> None:
    """Show where the outbox and the log are, and what happened to items lately, the latest first.

    ITEM is words of one ("sh010 comp v001 main"), a component's id, a staged path, or the number of a request. What was
    freed or forgotten is among them.
    The plugin writes to the log of its host, under the name `ftrack_accsyn_accessor`; FTRACK_ACCSYN_LOG_LEVEL sets how
    much. Of Connect's log the folder is shown.
    """
    installation = here.find()
    outbox, studio = here.outbox(installation), installation.studio
    found, gone = _known(outbox, studio, item, limit)
    told = status.summary(outbox, studio).remarks
    logs = log_files()
    if as_json:
        where = {"outbox": outbox.path, "log_folder": log_folder(), "logs": logs}
        answer.print_json({**where, "remarks": told, "items": found, "past": [_told(each) for each in gone]})
        return
    console = terminal.console()
    console.print(Text(f"outbox         {outbox.path}"))
    console.print(Text(f"Connect's log  {logs[0] if logs else f'none in {log_folder()}'}"))
    for remark in told:
        console.print(Text(f"{remark.topic.heading:13}  {remark}", style="yellow"))
    console.print(_table(found, gone, limit))


def _known(outbox: Outbox, studio: Studio, item: Optional[str], limit: int) -> tuple[Sequence[Row], Sequence[Past]]:
    """Return the items that are meant, and what was let go of them."""
    if item is None:
        return rows.latest(outbox, limit, studio), past.latest(outbox, limit, studio)
    try:
        found = sorted(named(outbox, item, studio), key=lambda each: -each.updated_at)[:limit]
    except NotOne as error:
        gone = past.past(outbox, item, studio) if not error.candidates else []
        if not gone:
            raise
        return [], gone
    components = dict.fromkeys(each.component_id for each in found if each.component_id)
    return found, [each for component in components for each in past.of_component(outbox, component, studio)]


_COLUMNS = (
    Column("Component"),
    Column("When", rank=2),
    Column("Size", right=True, rank=1),
    Column("State", styled=True),
)


def _table(found: Sequence[Row], gone: Sequence[Past], limit: int) -> Listing:
    """Return what happened, the latest first, each with what there is to say of it below it."""
    there = {row.item_id for row in found}
    lines = [(row.updated_at, _line(row)) for row in found]
    lines += [(each.ended_at, _past_line(each)) for each in gone if each.row.item_id not in there]
    return Listing(_COLUMNS, [line for _, line in sorted(lines, key=lambda each: -each[0])[:limit]])


def _line(row: Row) -> Line:
    return Line(
        (row.title, shown.moment(row.updated_at), size_text(row.size_bytes), row.state.value),
        shown.STYLES[row.state],
        " ".join((row.cause or row.job, *row.notes)),
    )


def _past_line(each: Past) -> Line:
    row = each.row
    return Line(
        (row.title, shown.moment(each.ended_at), size_text(row.size_bytes), each.ended.value), "dim", each.sentence
    )


def _told(each: Past) -> dict[str, object]:
    row = each.row
    return {
        "item_id": row.item_id,
        "title": row.title,
        "component_id": row.component_id,
        "path": row.path,
        "size_bytes": row.size_bytes,
        "destination": row.destination,
        "arrived_at": row.synced_at,
        "ended": each.ended,
        "ended_at": each.ended_at,
        "ended_by": each.ended_by,
        "sentence": each.sentence,
    }
