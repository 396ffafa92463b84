"""Wires the plugin into an ftrack session; what the hooks call. Nothing gets out of here but log messages."""

from __future__ import annotations

import functools
import logging
import os
from typing import Any, Callable

import ftrack_api

from ftrack_accsyn_accessor import announce, environment
from ftrack_accsyn_accessor.environment import read_settings as read_settings
from ftrack_accsyn_accessor.ftrack.registrations import FtrackCredentials
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, RegistrationError, words
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.worker.runtime import open_runtime

logger = logging.getLogger(__name__)

PLUGIN_PATH = "FTRACK_EVENT_PLUGIN_PATH"


def register(session: Any, hook_folder: str) -> None:
    """Subscribe *session* to what the plugin reacts to. Called while the session is being built: it only subscribes.

    *hook_folder* is the folder of hooks that applications launched by Connect are to load as well.
    """
    if not isinstance(session, ftrack_api.Session):
        return  # Connect's predecessors called every hook with other registries, too.
    subscribe = session.event_hub.subscribe
    subscribe("topic=ftrack.api.session.configure-location", _guarded(functools.partial(configure_location, session)))
    launch = _guarded(functools.partial(add_to_launch_environment, hook_folder))
    subscribe("topic=ftrack.connect.application.launch", launch)
    subscribe("topic=ftrack.action.launch", launch)


def configure_location(session: Any, event: Any) -> None:
    """Make the staging location of this machine known to *session*, where the environment asks for one."""
    if event["data"].get("session", session) is not session:
        return
    current = read_settings()
    if current.log_level is not None:
        logging.getLogger("ftrack_accsyn_accessor").setLevel(current.log_level)
    if not _is_staging_machine(current):
        return
    name = environment.location_name(current, session.api_user)
    credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
    try:
        runtime = open_runtime(current, name, credentials, read_settings)
    except AccsynAccessorError as error:
        text = f"{current.staging_variable}: {error} Nothing can be staged on this machine."
        announce.once(logger, logging.ERROR, text)
        return
    runtime.uploader.start()
    try:
        location.configure(session, name, runtime)
    except Exception as error:  # noqa: BLE001 - whatever ftrack answers, the host's session opens
        outcome = f"{type(error).__name__}: {words(error, session.api_key)}"
        refusal = RegistrationError("find or create the location", name, outcome, "Open a new session later.")
        announce.once(logger, logging.ERROR, f"{refusal} Nothing can be staged in this one.")


def _is_staging_machine(current: Settings) -> bool:
    """Whether there is a staging area to serve; if not, say why."""
    if current.disabled:
        announce.once(logger, logging.INFO, "FTRACK_ACCSYN_DISABLE is set: the accsyn location is off.")
        return False
    if current.problems:
        announce.once(logger, logging.WARNING, settings.describe(current.problems))
    if current.staging_path is None:
        if not current.problems:
            text = f"{current.staging_variable} is not set: this is no staging machine, the accsyn location is off."
            announce.once(logger, logging.INFO, text)
        return False
    return True


def add_to_launch_environment(hook_folder: str, event: Any) -> None:
    """Let an application that Connect launches load the plugin, too.

    The environment is changed in place and nothing is returned: Connect wants more of a returned value than we have to
    say.
    """
    options = event["data"].get("options")
    environment = options.get("env") if isinstance(options, dict) else None
    if not isinstance(environment, dict):
        return
    folders = [folder for folder in str(environment.get(PLUGIN_PATH) or "").split(os.pathsep) if folder]
    if hook_folder not in folders:
        environment[PLUGIN_PATH] = os.pathsep.join([*folders, hook_folder])


def _guarded(callback: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return *callback* so that no fault in it ever reaches the host."""

    def guarded(event: Any) -> None:
        try:
            callback(event)
        except Exception:
            logger.exception("The accsyn plugin could not handle %s; the session goes on without it.", event["topic"])

    return guarded
