"""`ftrack-accsyn reconcile`: queues what ftrack has registered on this machine and the outbox does not know."""

from __future__ import annotations

import os
from typing import Optional

import click
from rich.console import Group, RenderableType
from rich.text import Text

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, here, telling, terminal
from ftrack_accsyn_accessor.cli.listing import Column, Line, Listing
from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.insight.asking import Asking, PatientConnection
from ftrack_accsyn_accessor.insight.installation import Installation
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.upkeep.reconcile import Outcome, Reconciliation
from ftrack_accsyn_accessor.worker.endpoint import connect, find_client, find_destination
from ftrack_accsyn_accessor.worker.runtime import make_outbox

#: Missing files named for each component.
_NAMED_AT_MOST = 3


@click.command()
@click.option("--dry-run", is_flag=True, help="Only tell what would be queued.")
@click.option("--forgotten", is_flag=True, help="Queue what was forgotten, too.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), help="Give up after so many seconds.")
@terminal.json_option
@click.pass_context
def reconcile(
    context: click.Context, dry_run: bool, forgotten: bool, timeout_s: Optional[float], as_json: bool
) -> None:
    """Queue what was published on this machine and is neither at its destination nor in the outbox.

    For an outbox that was lost or damaged, and for what earlier releases have published. Works beside running
    applications. Components whose files have vanished from the staging area are listed, and the exit code tells that
    there are some; nothing is ever taken out of ftrack. Needs FTRACK_SERVER, FTRACK_API_USER and FTRACK_API_KEY.

    ftrack and accsyn are asked again while they do not answer; off a terminal it says so every half minute on standard
    error. The exit code is 7 when the time is up; what was queued by then stays queued.
    """
    found = here.find_staging()
    if found.settings.problems:
        raise here.Stop(settings.describe(found.settings.problems), exit_codes.NOT_SET_UP)
    _require_staging(found, dry_run)
    credentials = environment.ftrack_credentials()
    with telling.in_time(), telling.line("Asking ftrack what is registered here") as line:
        asking = Asking(timeout_s, line.told, line.every_s)
        outcome = asking.within(lambda: _reconcile(found, credentials, asking, dry_run, forgotten))
    code = exit_codes.ATTENTION if outcome.vanished else exit_codes.OK
    if as_json:
        answer.print_json({"outcome": outcome, "dry_run": dry_run, "exit_code": code})
    else:
        terminal.console().print(_view(outcome, dry_run))
    context.exit(code)


def _require_staging(found: Installation, dry_run: bool) -> None:
    """Stop where the staging area seems to be unplugged: every file would be missing, or a second area be made."""
    root = found.area.root
    if found.staging_present:
        return
    if not os.path.isdir(root) or not os.listdir(root):
        raise here.Stop(f"There is nothing at {root}. Is its disk plugged in?", exit_codes.NOT_SET_UP)
    if dry_run:
        text = f"{root} is no staging area yet. Open a session with the plugin first, or leave --dry-run out."
        raise here.Stop(text, exit_codes.NOT_SET_UP)


def _reconcile(
    found: Installation, credentials: FtrackCredentials, asking: Asking, dry_run: bool, forgotten: bool
) -> Outcome:
    found.area.prepare()
    registrations = Registrations(credentials, PatientConnection(credentials, asking))
    outbox = found.outbox() if found.has_outbox or not dry_run else None
    if outbox is not None and not dry_run:
        make_outbox(outbox, found.area)
    try:
        location_id = registrations.location_id(found.location_name)
        if location_id is None:
            return Outcome(0, 0, 0, (), ())
        destination_id = _destination_id(found, location_id, registrations, asking)
        codes = (found.settings.workspace or "", found.settings.volume)
        reconciliation = Reconciliation(outbox, found.area, registrations.connection, *codes)
        return reconciliation.run(location_id, found.location_name, destination_id, dry_run, forgotten)
    finally:
        registrations.close()


def _destination_id(found: Installation, location_id: str, registrations: Registrations, asking: Asking) -> str:
    """Return the id of the ftrack location that stands for the destination; empty where none does."""
    current = found.settings
    workspace = connect(current)

    def destination() -> str:
        client_id = find_client(workspace, current).id if current.destination is None else ""
        return find_destination(workspace, current, location_id, client_id, lambda: registrations).location_id

    try:
        return asking.ask(destination, "accsyn")
    finally:
        workspace.close()


def _view(outcome: Outcome, dry_run: bool) -> RenderableType:
    would = "would be queued" if dry_run else "queued"
    parts: list[RenderableType] = [
        f"{outcome.registered} component(s) are registered in the staging location: {outcome.available} at the "
        f"destination, {outcome.known} in the outbox, {len(outcome.queued)} {would}, {len(outcome.vanished)} vanished."
    ]
    if outcome.forgotten:
        parts.append(f"{outcome.forgotten} more were forgotten, and stay so; --forgotten queues them, too.")
    if outcome.queued:
        parts.append(_queued_table(outcome))
    if outcome.vanished:
        parts.append(
            Text("Their files are not found in the staging area. Put them back and reconcile again:", style="red")
        )
    for item in outcome.vanished:
        named = ", ".join(item.missing[:_NAMED_AT_MOST]) + (", .." if len(item.missing) > _NAMED_AT_MOST else "")
        parts.append(Text(f"  {item.title}: {len(item.missing)} missing: {named}"))
    if outcome.queued and not dry_run:
        parts.append("A running application with the plugin sends them; without one: ftrack-accsyn drain.")
    return Group(*parts)


def _queued_table(outcome: Outcome) -> Listing:
    columns = (Column("Component"), Column("Files", right=True, rank=1), Column("Size", right=True))
    lines = [
        Line((each.title, str(each.file_count), size_text(each.size_bytes)), "", each.path) for each in outcome.queued
    ]
    return Listing(columns, lines)
