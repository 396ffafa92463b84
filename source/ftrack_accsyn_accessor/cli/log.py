"""`ftrack-accsyn log`: where everything is written, and what happened to items lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import click
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor.cli import exit_codes, here, shown
from ftrack_accsyn_accessor.insight import requests, rows, status
from ftrack_accsyn_accessor.insight.doctor.bundle import log_files, log_folder
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.outbox import Outbox


@click.command()
@click.argument("component", required=False, metavar="[COMPONENT|PATH|REQUEST]")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many components to list.")
@shown.json_option
def log(component: Optional[str], limit: int, as_json: bool) -> None:
    """Show where the outbox and the log are, and what happened to components lately, the latest first.

    The plugin writes to the log of its host, under the name `ftrack_accsyn_accessor`; FTRACK_ACCSYN_LOG_LEVEL sets how
    much. Of Connect's log the folder is shown.
    """
    installation = here.find()
    outbox, studio = here.outbox(installation), installation.studio
    found = _rows(outbox, studio, component, limit)
    told = status.summary(outbox, studio).remarks
    logs = log_files()
    if as_json:
        where = {"outbox": outbox.path, "log_folder": log_folder(), "logs": logs}
        shown.print_json({**where, "remarks": told, "items": found})
        return
    console = shown.console()
    console.print(Text(f"outbox         {outbox.path}"))
    console.print(Text(f"Connect's log  {logs[0] if logs else f'none in {log_folder()}'}"))
    for remark in told:
        console.print(Text(f"{remark.topic.heading:13}  {remark}", style="yellow"))
    console.print(_table(found))


def _rows(outbox: Outbox, studio: Studio, component: Optional[str], limit: int) -> Sequence[Row]:
    if component is None:
        return rows.latest(outbox, limit, studio)
    asked = requests.numbered(outbox, component, studio)
    row = None if asked else rows.find(outbox, component, studio)
    if row is not None:
        return [row]
    if not asked:
        text = f"Nothing that was published on this machine, or asked for from it, is called {component}."
        raise here.Stop(text, exit_codes.FAILED)
    return sorted(asked, key=lambda each: -each.updated_at)[:limit]


def _table(found: Sequence[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("When", "Component", "Project", "Size", "State", "What"):
        table.add_column(heading, overflow="fold")
    for row in found:
        table.add_row(
            shown.moment(row.updated_at),
            Text(f"{row.version} {row.component}".strip()),
            Text(row.project),
            size_text(row.size_bytes),
            Text(row.state.value, style=shown.STYLES[row.state]),
            Text(" ".join((row.cause or row.job, *row.notes))),
        )
    return table
