"""`ftrack-accsyn serve`: actions and requests for everybody, from a machine that runs all the time."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Optional

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions.assigned import Wish
from ftrack_accsyn_accessor.actions.service import Service
from ftrack_accsyn_accessor.cli import exit_codes, here
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.worker.runtime import open_outside, stop_all

#: How long what is under way gets when the service is told to end.
STOP_S = 5.0
#: How often it is looked whether it still runs.
LOOK_S = 0.5


@click.command()
@click.option("--send-on-assignment", is_flag=True, help="Send people what belongs to tasks assigned to them.")
@click.option("--components", default="", help="Of that, only components of these names, separated by commas.")
@click.option("--from", "source", default="hq", show_default=True, help="The location, or party, to send that from.")
@click.option(
    "--outsource",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[GROUP]",
    help="Hand tasks out that are assigned to members of this group in ftrack. [default: the rules' group]",
)
@click.pass_context
def serve(
    context: click.Context, send_on_assignment: bool, components: str, source: str, outsource: Optional[str]
) -> None:
    """Answer the actions "accsyn Send", "Sync", "Status" and "Outsource" for everybody in ftrack, until it is stopped.

    Needs FTRACK_SERVER, FTRACK_API_USER and FTRACK_API_KEY, and accsyn's variables. It acts with its own rights, and
    looks after those of whoever asks: what ftrack lets them see, and FTRACK_ACCSYN_SEND_TO. It goes on with what hooks
    and `outsource` of this account have not finished.
    """
    _log_to_the_terminal()
    wish = Wish(tuple(filter(None, map(str.strip, components.split(",")))), source)
    credentials = environment.ftrack_credentials()
    current = _settings()
    group = _group(current, outsource) if outsource is not None else ""
    runtime = open_outside(current, credentials, environment.read_settings)
    service = Service(runtime, credentials, environment.read_settings, wish if send_on_assignment else None, group)
    try:
        told = _run(service)
    finally:
        stop_all(STOP_S)
    context.exit(0 if told else exit_codes.FAILED)


def _run(service: Service) -> bool:
    """Run *service* until a signal tells it to end; return False where it has ended by itself.

    It has a thread of its own: a call that hangs, such as one to a server that is away, would hold the signal up.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=service.run, args=(stop,), name="ftrack-accsyn-service", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(LOOK_S):
        pass
    told = stop.is_set()
    thread.join(STOP_S)
    return told


def _settings() -> Settings:
    """Return the settings; stop where one is missing."""
    current = settings.outside(environment.read_settings())
    if current.disabled:
        raise here.Stop("The plugin is switched off by FTRACK_ACCSYN_DISABLE.", exit_codes.NOT_SET_UP)
    if current.problems:
        raise here.Stop(settings.describe(current.problems), exit_codes.NOT_SET_UP)
    return current


def _group(current: Settings, named: str) -> str:
    """Return the group whose members get work; stop where there is none, or where none of them could get any."""
    group = named.strip() or environment.read_vendors(current).group
    if not group:
        text = f"No group is named: --outsource GROUP, or group in the file that {settings.VENDORS} names."
        raise here.Stop(text, exit_codes.NOT_SET_UP)
    if not any("@" in pattern for pattern in current.send_to):
        text = "Nothing may be handed out: FTRACK_ACCSYN_SEND_TO names no vendors. Add a pattern, such as *@acme.test."
        raise here.Stop(text, exit_codes.NOT_SET_UP)
    return group


def _log_to_the_terminal() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("ftrack_accsyn_accessor")
    logger.addHandler(handler)
    logger.setLevel(environment.read_settings().log_level or logging.INFO)
