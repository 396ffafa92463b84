"""Wires the plugin into an ftrack session; what the hooks call. Nothing gets out of here but log messages."""

from __future__ import annotations

import functools
import logging
import os
from typing import Any, Callable

import ftrack_api

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.environment import read_settings as read_settings
from ftrack_accsyn_accessor.ftrack import subscribing
from ftrack_accsyn_accessor.ftrack.connection import quoted
from ftrack_accsyn_accessor.ftrack.trouble import trouble
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, RegistrationError
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import locations, memory
from ftrack_accsyn_accessor.outbox.patience import Patience
from ftrack_accsyn_accessor.staging import location
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_runtime
from ftrack_accsyn_accessor.workspace import library

logger = logging.getLogger(__name__)

PLUGIN_PATH = "FTRACK_EVENT_PLUGIN_PATH"


def register(session: Any, hook_folder: str = "") -> None:
    """Subscribe *session* to what the plugin reacts to. Called while the session is being built: it only subscribes.

    *hook_folder* is the folder of hooks that applications launched by Connect are to load as well. ftrack_api that
    searches too high up takes each module for a hook, and calls this with a session alone: without effect.
    """
    if not hook_folder or not isinstance(session, ftrack_api.Session):
        return  # Connect's predecessors called every hook with other registries, too.
    announce.shield(logging.getLogger("ftrack_accsyn_accessor"))
    library.find()
    subscribe = functools.partial(subscribing.subscribe, session.event_hub)
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
    credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
    name = locations.location_name(current, credentials.server_url, session.api_user)
    try:
        runtime = open_runtime(current, credentials, read_settings, _may_begin(session, current, name))
    except AccsynAccessorError as error:
        text = f"{current.staging_variable}: {error} Nothing can be staged on this machine."
        announce.once(logger, logging.ERROR, text)
        return
    runtime.worker.start()
    try:
        location.configure(session, name, runtime)
        _require(runtime, current)
    except Exception as error:  # noqa: BLE001 - whatever ftrack answers, the host's session opens
        refusal = _refusal("find or create the location", name, error, session)
        announce.once(logger, logging.ERROR, f"{refusal} Nothing can be staged in this one.")
    else:
        runtime.located(name)


def _may_begin(session: Any, current: Settings, name: str) -> bool:
    """Whether a staging area may be made where there is none: not where ftrack has components in it, or may have.

    ftrack is asked only where this machine has never seen an area at the path.
    """
    assert current.staging_path is not None  # noqa: S101 - the caller has looked
    area = StagingArea(current.staging_path)
    if area.is_there() or memory.known(area.root) or memory.elsewhere(name, area.root):
        return True
    try:
        query = f"select id from ComponentLocation where location.name is {quoted([name])}"  # noqa: S608
        found = session.query(query).first()
    except Exception as error:  # noqa: BLE001 - whatever ftrack answers, the host's session opens
        announce.once(logger, logging.ERROR, str(_refusal("ask what is in the location", name, error, session)))
        return False
    return found is None


def _require(runtime: Runtime, current: Settings) -> None:
    """Say it where the staging area is not there. The location then refuses what is published, until it is there."""
    try:
        runtime.area.require()
    except AccsynAccessorError as error:
        announce.once(logger, logging.ERROR, f"{current.staging_variable}: {error} Nothing can be staged until then.")


def _refusal(tried: str, name: str, error: Exception, session: Any) -> RegistrationError:
    outcome, remedy = trouble(error, session.api_key)
    return RegistrationError(tried, name, outcome, f"{remedy or ''} Open a new session later.".lstrip())


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
            with Patience():
                callback(event)
        except Exception:
            logger.exception("The accsyn plugin could not handle %s; the session goes on without it.", event["topic"])

    return guarded
