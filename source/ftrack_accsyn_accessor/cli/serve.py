"""`ftrack-accsyn serve`: actions and requests for everybody, from a machine that runs all the time."""

from __future__ import annotations

import logging
import signal
import sys
import threading

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions.service import Service
from ftrack_accsyn_accessor.cli import here
from ftrack_accsyn_accessor.worker.runtime import stop_all

#: How long what is under way gets when the service is told to end.
STOP_S = 5.0


@click.command()
def serve() -> None:
    """Answer the actions "accsyn Send", "accsyn Sync" and "accsyn Status" for everybody in ftrack, until it is stopped.

    Needs FTRACK_SERVER, FTRACK_API_USER and FTRACK_API_KEY, and accsyn's variables. It acts with its own rights, and
    looks after those of whoever asks: what ftrack lets them see, and FTRACK_ACCSYN_SEND_TO.
    """
    _log_to_the_terminal()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    runtime = here.runtime(here.find())
    try:
        Service(runtime, environment.ftrack_credentials(), environment.read_settings).run(stop)
    finally:
        stop_all(STOP_S)


def _log_to_the_terminal() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("ftrack_accsyn_accessor")
    logger.addHandler(handler)
    logger.setLevel(environment.read_settings().log_level or logging.INFO)
