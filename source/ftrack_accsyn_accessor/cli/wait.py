"""`ftrack-accsyn wait`: returns when components are at a location. Gates farm jobs and hooks."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Sequence
from typing import Optional

import click
from rich.console import Console

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes, here, shown
from ftrack_accsyn_accessor.ftrack.registrations import AtLocation, Registrations
from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.model.claims import shows_older
from ftrack_accsyn_accessor.model.errors import RegistrationError, RegistrationRefused
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.facts import Link, kept

#: ftrack is asked at once, then more and more rarely: a hundred farm jobs may wait for the same version.
FIRST_LOOK_S = 1.0
LONGEST_LOOK_S = 15.0
_GROWTH = 1.5


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """What is waited for: one component, or all of a version, at a location."""

    component_id: str
    version_id: str
    location: str


@click.command()
@click.option("--component", "component_id", default="", metavar="ID", help="Wait for this component.")
@click.option("--version", "version_id", default="", metavar="ID", help="Wait for all components of this version.")
@click.option("--at", "location", default="", metavar="LOCATION", help="Where. [default: this machine's destination]")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0), help="Give up after so many seconds.")
@shown.json_option
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

    Asks ftrack, on any machine; on the one that published it also says what holds it up. Of a version, what only
    ftrack's own server has (thumbnails, reviews) does not count. A version without components is waited for.
    """
    if bool(component_id) == bool(version_id):
        raise click.UsageError("Name either --component or --version.")
    outbox = _outbox()
    wanted = _Wanted(component_id, version_id, location or _destination(outbox))
    arrival, over = _follow(wanted, outbox, timeout_s)
    found = _rows(wanted, outbox)
    stuck = [row for row in found if row.state is State.NEEDS_ATTENTION]
    code = exit_codes.OK if not over else exit_codes.ATTENTION if stuck else exit_codes.TIMEOUT
    if as_json:
        shown.print_json({"location": wanted.location, **dataclasses.asdict(arrival), "here": found, "exit_code": code})
    else:
        click.echo(_sentence(wanted, arrival, over))
        for row in stuck:
            click.echo(f"{row.component}: {row.cause} {row.remedy}", err=True)
    context.exit(code)


def _follow(wanted: _Wanted, outbox: Optional[Outbox], timeout_s: Optional[float]) -> tuple[AtLocation, bool]:
    """Return what is where in the end, and whether the time was up before all of it was."""
    deadline = time.monotonic() + timeout_s if timeout_s is not None else None
    console = Console(stderr=True, highlight=False)
    registrations = Registrations(environment.ftrack_credentials())
    pause, look_s = threading.Event(), FIRST_LOOK_S
    try:
        location_id = _location_id(registrations, wanted.location)
        arrival = _look(registrations, location_id, wanted, outbox)
        with console.status(_waiting(wanted, arrival, outbox)) as spinner:
            while not arrival.complete:
                left_s = deadline - time.monotonic() if deadline is not None else look_s
                if left_s <= 0:
                    return arrival, True
                pause.wait(min(look_s, left_s))
                look_s = min(LONGEST_LOOK_S, look_s * _GROWTH)
                arrival = _look_again(registrations, location_id, wanted, arrival, outbox, console)
                spinner.update(_waiting(wanted, arrival, outbox))
        return arrival, False
    finally:
        registrations.close()


def _location_id(registrations: Registrations, name: str) -> str:
    found = registrations.location_id(name)
    if found is None:
        raise RegistrationRefused("find the location in ftrack", name, "there is none", "Correct its name.")
    return found


def _look(registrations: Registrations, location_id: str, wanted: _Wanted, outbox: Optional[Outbox]) -> AtLocation:
    """Return what is where; what this machine knows to be replaced, and ftrack still shows, is not there."""
    if wanted.version_id:
        found = registrations.of_version(wanted.version_id, location_id)
    else:
        found = registrations.of_component(wanted.component_id, location_id)
    stale = outbox.stale() if outbox is not None else []
    older = {item.publication.component_id for item in stale if item.stale_at == location_id and shows_older(item)}
    return AtLocation(found.wanted, tuple(each for each in found.arrived if each not in older))


def _look_again(
    registrations: Registrations,
    location_id: str,
    wanted: _Wanted,
    before: AtLocation,
    outbox: Optional[Outbox],
    console: Console,
) -> AtLocation:
    try:
        return _look(registrations, location_id, wanted, outbox)
    except RegistrationRefused:
        raise
    except RegistrationError as error:  # ftrack was there a moment ago and will be again
        console.print(str(error), markup=False)
        return before


def _outbox() -> Optional[Outbox]:
    """Return this machine's outbox, if it has one."""
    return next(iter(here.outboxes(environment.read_settings())), None)


def _destination(outbox: Optional[Outbox]) -> str:
    configured = environment.read_settings().destination_location
    known = configured or (kept(outbox, Link).destination if outbox is not None else "")
    if not known:
        raise here.Stop("Where is not known on this machine. Name the ftrack location with --at.", exit_codes.USAGE)
    return known


def _rows(wanted: _Wanted, outbox: Optional[Outbox]) -> Sequence[rows.Row]:
    """Return the items of this machine that are waited for."""
    if outbox is None:
        return ()
    if wanted.version_id:
        return rows.of_version(outbox, wanted.version_id)
    row = rows.find(outbox, wanted.component_id)
    return (row,) if row is not None else ()


def _waiting(wanted: _Wanted, arrival: AtLocation, outbox: Optional[Outbox]) -> str:
    text = f"{len(arrival.arrived)} of {len(arrival.wanted)} component(s) at {wanted.location}"
    told = [f"{row.component} {row.state.value} {row.percent} %" for row in _rows(wanted, outbox)]
    return f"{text} ({', '.join(told[:3])})" if told else text


def _sentence(wanted: _Wanted, arrival: AtLocation, over: bool) -> str:
    text = f"{len(arrival.arrived)} of {len(arrival.wanted)} component(s) at {wanted.location}"
    return f"The time is up: {text}." if over else f"All there: {text}."
