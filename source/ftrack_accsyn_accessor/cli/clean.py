"""`ftrack-accsyn clean`: frees staged files that are proven to be at their destination."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any, Optional

import click
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import here, shown
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.place import Machine
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.settings import PREFIX
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.upkeep import DAY_S, Cleaner, Item, Policy

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)


def _size(context: click.Context, parameter: click.Parameter, value: Optional[str]) -> Optional[int]:
    """Return the bytes that *value* stands for, which may have a unit: 500G, 1.5 TB."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is no size such as 500G.", context, parameter)
    return int(float(match[1]) * _UNITS[match[2].upper()])


@click.command()
@click.option("--older-than", "days", type=click.FloatRange(min=0), metavar="DAYS", help="Free what arrived before.")
@click.option(
    "--quota", "quota_bytes", callback=_size, metavar="SIZE", help="Free the oldest beyond this size, such as 500G."
)
@click.option("--apply", is_flag=True, help="Do it. Without this, what would be freed is only shown.")
@click.option("--pin", "pinned", multiple=True, metavar="COMPONENT|PATH", help="Keep this staged from now on.")
@click.option("--unpin", "unpinned", multiple=True, metavar="COMPONENT|PATH", help="Take a pin back.")
@shown.json_option
def clean(
    days: Optional[float],
    quota_bytes: Optional[int],
    apply: bool,
    pinned: Sequence[str],
    unpinned: Sequence[str],
    as_json: bool,
) -> None:
    """Free staged files that are proven to be at their destination.

    Proven: accsyn has reported them done, ftrack has the component and all its members at the destination, and the
    staged files are still what was published. What is freed leaves the staging location in ftrack, too. Without
    --older-than, FTRACK_ACCSYN_RETENTION_DAYS counts. A PATH is relative to the staging area and covers what is below.
    """
    machine = here.find()
    outbox = here.outbox(machine)
    if pinned or unpinned:
        _pin(outbox, pinned, unpinned)
    policy = _policy(machine, days, quota_bytes)
    if policy is None:
        _tell_pins(outbox, bool(pinned or unpinned), as_json)
        return
    items, freed = _run(machine, outbox, policy, apply)
    freeable = [item for item in items if not item.objection]
    told = {
        "applied": apply,
        "entries": [_told(item, freed) for item in items],
        "freeable_bytes": sum(item.entry.progress.size_bytes for item in freeable),
        "freed_bytes": sum(freed.values()),
    }
    if as_json:
        shown.print_json(told)
    else:
        _show(items, freed, apply)


def _policy(machine: Machine, days: Optional[float], quota_bytes: Optional[int]) -> Optional[Policy]:
    kept_days = days if days is not None else machine.settings.retention_days
    if kept_days is None and quota_bytes is None:
        return None
    return Policy(kept_days * DAY_S if kept_days is not None else None, quota_bytes)


def _run(machine: Machine, outbox: Outbox, policy: Policy, apply: bool) -> tuple[list[Item], dict[int, int]]:
    """Return what the policy chose, and the bytes freed by the entry's id."""
    area = machine.known_area(outbox)
    connection = FtrackConnection(environment.ftrack_credentials())
    lock = ProcessLock(outbox.path.with_suffix(".lock"))
    cleaner = Cleaner(outbox, area, connection)
    if apply and not lock.acquire():
        text = "The uploader of an application is at work. Try again when it has nothing to send, or close it."
        raise here.Stop(text)
    items: list[Item] = []
    freed: dict[int, int] = {}
    try:
        for item in cleaner.plan(policy, time.time()):
            items.append(item)
            if apply:
                freed[item.entry.id] = cleaner.free(item)
    finally:
        lock.release()
        connection.close()
    return items, freed


def _pin(outbox: Outbox, pinned: Sequence[str], unpinned: Sequence[str]) -> None:
    gone = {_pin_of(outbox, text) for text in unpinned}
    outbox.control.keep_pins((outbox.control.pins() | {_pin_of(outbox, text) for text in pinned}) - gone)


def _pin_of(outbox: Outbox, text: str) -> str:
    """Return *text* as a pin: a component's id, or a path relative to the staging area."""
    if outbox.survey.of_component(text):
        return text
    path = status.relative_path(outbox, text)
    if not path:
        raise here.Stop(f"{text} is neither a component of this machine nor a path in its staging area.")
    return path.rstrip("/")


def _tell_pins(outbox: Outbox, changed: bool, as_json: bool) -> None:
    if not changed:
        raise click.UsageError(f"Name --older-than or --quota, or set {PREFIX}RETENTION_DAYS.")
    pins = sorted(outbox.control.pins())
    if as_json:
        shown.print_json({"pins": pins})
    else:
        click.echo("Pinned: " + (", ".join(pins) or "nothing"))


def _told(item: Item, freed: dict[int, int]) -> dict[str, Any]:
    publication = item.entry.publication
    return {
        "component_id": publication.component_id,
        "path": publication.resource_identifier,
        "size_bytes": item.entry.progress.size_bytes,
        "arrived_at": item.entry.synced_at,
        "freed_bytes": freed.get(item.entry.id, 0),
        "stays_because": item.objection,
    }


def _show(items: Sequence[Item], freed: dict[int, int], apply: bool) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("Staged path", "Size", "Arrived", "Stays because"):
        table.add_column(heading, overflow="fold")
    for item in items:
        ago_s = time.time() - (item.entry.synced_at or 0.0)
        path = Text(item.entry.publication.resource_identifier)
        table.add_row(path, size_text(item.entry.progress.size_bytes), f"{duration_text(ago_s)} ago", item.objection)
    if items:
        shown.console().print(table)
    size = sum(item.entry.progress.size_bytes for item in items if not item.objection)
    if apply:
        click.echo(f"Freed {size_text(sum(freed.values()))}.")
    else:
        click.echo(f"{size_text(size)} can be freed; to do it, add --apply.")
