"""`ftrack-accsyn clean`: frees staged files that are proven to be at their destination, or that nobody wants."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from typing import Any, Optional

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, here, terminal
from ftrack_accsyn_accessor.cli.listing import Column, Line, Listing
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.insight import naming, rows
from ftrack_accsyn_accessor.insight.installation import Installation
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.errors import NotOne
from ftrack_accsyn_accessor.model.item import Reason, Studio
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.settings import PREFIX
from ftrack_accsyn_accessor.outbox import Outbox, records
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging.naming import naming_of
from ftrack_accsyn_accessor.staging.removing import full_path
from ftrack_accsyn_accessor.upkeep import DAY_S, Candidate, Cleaner, Freed, Policy
from ftrack_accsyn_accessor.worker.endpoint import connect

#: Why something lies in this machine's staging area.
_HERE = (Reason.PUBLISH, Reason.GET)
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
@click.option(
    "--withdrawn", is_flag=True, help="Free what nobody wants any more instead: what ftrack does not have here."
)
@click.option("--apply", is_flag=True, help="Do it. Without this, what would be freed is only shown.")
@click.option("--pin", "pinned", multiple=True, metavar="ITEM|FOLDER", help="Keep this staged from now on.")
@click.option("--unpin", "unpinned", multiple=True, metavar="ITEM|FOLDER", help="Take a pin back.")
@terminal.json_option
def clean(
    days: Optional[float],
    quota_bytes: Optional[int],
    withdrawn: bool,
    apply: bool,
    pinned: Sequence[str],
    unpinned: Sequence[str],
    as_json: bool,
) -> None:
    """Free staged files that are proven to be at their destination.

    Proven: accsyn has reported them done, ftrack has the component and all its members at the destination, the staged
    files are still what was published, and at the moment of freeing accsyn shows them at the destination with the sizes
    that were published. What is freed leaves the staging location in ftrack, too; `why` and `log` can still tell when
    it arrived, and where.

    With --older-than, what arrived more than DAYS ago goes. With --quota, what arrived first goes until no more than
    SIZE is left. With both, --quota never frees what arrived less than DAYS ago, even if more than SIZE stays then.
    Without --older-than, FTRACK_ACCSYN_RETENTION_DAYS counts; --older-than 0 overrides it.

    With --withdrawn, what is freed are the staged files of components that ftrack does not have in the staging location
    any more, as their publish failed or their version was deleted, also after it had arrived.

    A pin keeps what is staged. ITEM is a component, a version's id, a staged path (a file of a sequence or a container
    stands for all of it), or words as in "sh010 comp v001 main"; FOLDER covers what is below.
    """
    if withdrawn and (days is not None or quota_bytes is not None):
        raise click.UsageError("--withdrawn goes with neither --older-than nor --quota.")
    if apply and (pinned or unpinned):
        raise click.UsageError("--pin and --unpin do not go with --apply: look at what is left to be freed first.")
    machine = here.find_staging()
    outbox = here.outbox(machine)
    if pinned or unpinned:
        machine.known_area(outbox).require()
        _pin(outbox, pinned, unpinned)
    policy = _policy(machine, days, quota_bytes) if not withdrawn else None
    if policy is None and not withdrawn:
        _tell_pins(outbox, bool(pinned or unpinned), as_json)
        return
    results = _run(machine, outbox, policy, apply)
    if as_json:
        answer.print_json(_all_told(results, apply))
    else:
        _show(results, apply)


def _all_told(results: Sequence[tuple[Candidate, Freed]], apply: bool) -> dict[str, Any]:
    return {
        "applied": apply,
        "items": [_told(candidate, freed) for candidate, freed in results],
        "freeable_bytes": sum(
            candidate.item.progress.size_bytes for candidate, freed in results if not freed.objection
        ),
        "freed_bytes": sum(freed.size_bytes for _, freed in results),
    }


def _policy(machine: Installation, days: Optional[float], quota_bytes: Optional[int]) -> Optional[Policy]:
    kept_days = days if days is not None else machine.settings.retention_days
    if kept_days is None and quota_bytes is None:
        return None
    return Policy(kept_days * DAY_S if kept_days is not None else None, quota_bytes)


def _run(machine: Installation, outbox: Outbox, policy: Optional[Policy], apply: bool) -> list[tuple[Candidate, Freed]]:
    """Return what *policy*, or else what was withdrawn, would free, each with what was freed of it."""
    if apply and machine.settings.problems:
        raise here.Stop(settings.describe(machine.settings.problems), exit_codes.NOT_SET_UP)
    lock = ProcessLock(lock_path(outbox.path))
    if apply and not lock.acquire():
        text = "The worker of an application is at work. Try again when it has nothing to send, or close it."
        raise here.Stop(text)
    connection = FtrackConnection(environment.ftrack_credentials())
    workspace = connect(machine.settings)
    studio = Studio(connection.credentials.server_url, machine.settings.workspace or "")
    cleaner = Cleaner(outbox, machine.known_area(outbox), connection, workspace, studio)
    plan = cleaner.plan_withdrawn() if policy is None else cleaner.plan(policy, time.time())
    try:
        return [(candidate, cleaner.free(candidate) if apply else Freed(0, candidate.objection)) for candidate in plan]
    finally:
        lock.release()
        connection.close()
        workspace.close()


def _pin(outbox: Outbox, pinned: Sequence[str], unpinned: Sequence[str]) -> None:
    key = naming_of(rows.area_of(outbox).staging_path).key
    pins = outbox.control.pins()
    gone: set[str] = set()
    for text in unpinned:
        meant = {key(each) for each in (text, rows.relative_path(outbox, text), *_known_pins(outbox, text))}
        found = {pin for pin in pins if key(pin) in meant}
        if not found:
            raise here.Stop(f"{text} is not pinned. Pinned: {', '.join(sorted(pins)) or 'nothing'}.")
        gone |= found
    outbox.control.keep_pins((pins - gone).union(*(_pins_of(outbox, text) for text in pinned)))


def _known_pins(outbox: Outbox, text: str) -> list[str]:
    """Return what `_pins_of` does; nothing for what is not there any more."""
    try:
        return _pins_of(outbox, text)
    except (NotOne, here.Stop):
        return []


def _pins_of(outbox: Outbox, text: str) -> list[str]:
    """Return the pins that keep what *text* means: component ids, or a path relative to the staging area.

    A file of a sequence or container stands for all of it, as that is freed whole or not at all.
    """
    path = rows.relative_path(outbox, text)
    if path and os.path.isdir(full_path(rows.area_of(outbox).staging_path, path)):
        return [path]
    found = rows.of_path(outbox, path)
    if found is not None:
        return [found.item.publication.path]
    meant = [row for row in rows.of_version(outbox, text) or naming.named(outbox, text) if row.reason in _HERE]
    if not meant:
        raise here.Stop(f"{text} is not staged on this machine.")
    return [row.component_id or row.path for row in meant]


def _tell_pins(outbox: Outbox, changed: bool, as_json: bool) -> None:
    if not changed:
        raise click.UsageError(f"Name --older-than or --quota, or set {PREFIX}RETENTION_DAYS.")
    pins = sorted(outbox.control.pins())
    if as_json:
        answer.print_json({"pins": pins})
    else:
        terminal.say("Pinned: " + (", ".join(pins) or "nothing"))


def _told(candidate: Candidate, freed: Freed) -> dict[str, Any]:
    publication = candidate.item.publication
    return {
        "component_id": publication.component_id,
        "title": publication.title,
        "path": publication.resource_identifier,
        "size_bytes": candidate.item.progress.size_bytes,
        "arrived_at": candidate.item.synced_at,
        "freed_bytes": freed.size_bytes,
        "pinned": candidate.pinned,
        "stays_because": freed.objection,
    }


def _show(results: Sequence[tuple[Candidate, Freed]], apply: bool) -> None:
    table = Listing(
        (Column("Component"), Column("Size", right=True), Column("Arrived", rank=1)),
        [_line(candidate, freed) for candidate, freed in results],
    )
    if results:
        terminal.console().print(table)
    if apply:
        terminal.say(f"Freed {size_text(sum(freed.size_bytes for _, freed in results))}.")
        return
    sizes = [candidate.item.progress.size_bytes for candidate, freed in results if not freed.objection]
    terminal.say(f"{size_text(sum(sizes))} can be freed; to do it, add --apply." if sizes else "Nothing can be freed.")


def _line(candidate: Candidate, freed: Freed) -> Line:
    item = candidate.item
    arrived = f"{duration_text(time.time() - item.synced_at)} ago" if item.synced_at is not None else ""
    stays = f" stays: {freed.objection}" if freed.objection else ""
    return Line(
        (item.publication.title, size_text(item.progress.size_bytes), arrived),
        below=records.printable(f"{item.publication.resource_identifier}{stays}"),
    )
