"""`ftrack-accsyn wait`: returns when components are at a location. Gates farm jobs and hooks."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Optional

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, here, telling, terminal
from ftrack_accsyn_accessor.insight import waiting
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.insight.waiting import Outcome, Waited, Wanted
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.outbox import Outbox

_CODES: Mapping[Outcome, int] = {
    Outcome.THERE: exit_codes.OK,
    Outcome.ATTENTION: exit_codes.ATTENTION,
    Outcome.WITHDRAWN: exit_codes.ATTENTION,
    Outcome.TIMEOUT: exit_codes.TIMEOUT,
}
_BEGINNINGS: Mapping[Outcome, str] = {
    Outcome.THERE: "All there",
    Outcome.ATTENTION: "It needs attention",
    Outcome.WITHDRAWN: "It was withdrawn",
    Outcome.TIMEOUT: "The time is up",
}


@click.command()
@click.option("--component", "component_id", default="", metavar="ID", help="Wait for this component.")
@click.option("--version", "version_id", default="", metavar="ID", help="Wait for all components of this version.")
@click.option("--at", "location", default="", metavar="LOCATION", help="Where. [default: this machine's destination]")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), help="Give up after so many seconds.")
@terminal.json_option
@click.pass_context
def wait(
    context: click.Context,
    component_id: str,
    version_id: str,
    location: str,
    timeout_s: Optional[float],
    as_json: bool,
) -> None:
    """Wait until ftrack knows a component, or all components of a version, at a location.

    Asks ftrack, on any machine, and again while it does not answer; on the machine that published it also says what
    holds it up. Of a version, what only ftrack's own server has (thumbnails, reviews) does not count. A version without
    components is waited for.

    Off a terminal it says every half minute on standard error what it waits for, and why. The exit code is 0 when all
    of it is there; 6 when something needs attention here and is not tried again by itself in a moment, was withdrawn,
    or was forgotten; 7 when the time is up; 1 when it can never be, by a wrong key, or an id or location that ftrack
    does not have.
    """
    if bool(component_id) == bool(version_id):
        raise click.UsageError("Name either --component or --version.")
    outbox = _outbox()
    wanted = Wanted(component_id, version_id, location or _destination(outbox))
    with telling.line(f"Asking ftrack what is at {wanted.location}") as line:
        waited = waiting.wait(
            environment.ftrack_credentials(), wanted, outbox, timeout_s, line.told, line.every_s, absence=_absence()
        )
    code = _CODES[waited.outcome]
    if as_json:
        told = {"location": wanted.location, **dataclasses.asdict(waited.arrival), "outcome": waited.outcome}
        answer.print_json({**told, "why": waited.why, "here": waited.rows, "exit_code": code})
    else:
        terminal.say(_sentence(wanted, waited))
        if waited.why:
            terminal.say(waited.why, err=True)
    context.exit(code)


def _outbox() -> Optional[Outbox]:
    """Return this machine's outbox, if it has one."""
    return next(iter(here.outboxes(environment.read_settings())), None)


def _absence() -> str:
    """Return why this machine knows nothing, though it may have published what is waited for; empty otherwise."""
    with contextlib.suppress(AccsynAccessorError):
        found = find_installation(environment.read_settings(), environment.ftrack_user())
        return absence(found).what if found.unplugged is not None else ""
    return ""


def _destination(outbox: Optional[Outbox]) -> str:
    known = waiting.destination(environment.read_settings(), outbox)
    if not known:
        raise here.Stop("Where is not known on this machine. Name the ftrack location with --at.", exit_codes.USAGE)
    return known


def _sentence(wanted: Wanted, waited: Waited) -> str:
    arrival = waited.arrival
    there = f"{len(arrival.arrived)} of {len(arrival.wanted)} component(s) at {wanted.location}"
    return f"{_BEGINNINGS[waited.outcome]}: {there}."
