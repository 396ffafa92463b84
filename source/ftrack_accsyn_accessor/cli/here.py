"""What every command begins with: this machine's outbox, or an exit that says why there is none."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.complaint import Stop as Stop
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import Installation, find_installation
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox

if TYPE_CHECKING:
    from ftrack_accsyn_accessor.worker.runtime import Runtime


def find(begin: bool = False) -> Installation:
    """Return the installation on this machine; stop where it is no staging machine and nothing was asked for on it.

    With *begin* something is about to be: no staging area is needed for that.
    """
    current = environment.read_settings()
    wrong = [str(each) for each in current.problems if each.variable == current.staging_variable]
    if current.staging_path is None and wrong:
        raise Stop(wrong[0], exit_codes.NOT_SET_UP)
    found = find_installation(current, environment.ftrack_user())
    if found.outside and not (begin or found.has_outbox):
        text = f"{current.staging_variable} is not set: this is no staging machine, and nothing was asked for on it."
        raise Stop(text, exit_codes.NOT_SET_UP)
    return found


def find_staging() -> Installation:
    """Return the installation as `find` does; stop where there is no staging area."""
    found = find()
    if found.outside:
        text = f"{found.settings.staging_variable} is not set: this is no staging machine."
        raise Stop(text, exit_codes.NOT_SET_UP)
    return found


def outbox(here: Installation) -> Outbox:
    """Return the outbox; stop where there is none."""
    if here.has_outbox:
        return here.outbox()
    missing = absence(here)
    raise Stop(str(missing), exit_codes.UNSENT if missing.unsent else exit_codes.NOT_SET_UP)


def outboxes(current: Settings) -> list[Outbox]:
    """Return the outboxes of this machine that are there, for what asks the studio and only adds what they know."""
    with contextlib.suppress(AccsynAccessorError):
        found = find_installation(current, environment.ftrack_user())
        return [found.outbox()] if found.has_outbox else []
    return []


def outside_outbox() -> Optional[Outbox]:
    """Return the outbox of what was asked for without a staging area, as by a service; None where there is none."""
    bare = dataclasses.replace(environment.read_settings(), staging_path=None)
    with contextlib.suppress(AccsynAccessorError):
        found = find_installation(bare, environment.ftrack_user())
        return found.outbox() if found.has_outbox else None
    return None


def runtime(here: Installation, begin: bool = False) -> Runtime:
    """Return what serves the outbox in this process, its worker not started; stop where a setting is missing.

    With *begin* the staging area is made where there never was one.
    """
    # Late, for it brings both services' clients, and most commands only look at the outbox.
    from ftrack_accsyn_accessor.worker.runtime import open_outside, open_runtime

    if here.settings.disabled:
        raise Stop("The plugin is switched off by FTRACK_ACCSYN_DISABLE.", exit_codes.NOT_SET_UP)
    if here.settings.problems:
        raise Stop(settings.describe(here.settings.problems), exit_codes.NOT_SET_UP)
    if here.outside:
        return open_outside(here.settings, environment.ftrack_credentials(), environment.read_settings)
    begin = begin and not here.unplugged
    if not (here.earlier or begin):
        outbox(here)
    try:
        found = open_runtime(here.settings, environment.ftrack_credentials(), environment.read_settings, begin)
        found.area.require()
        return found
    except AccsynAccessorError as error:
        raise Stop(str(error), exit_codes.NOT_SET_UP) from error
