"""What Connect asks of the plugin besides its tab: is it set up, which version is it, with which settings."""

from __future__ import annotations

import logging
import sys
import weakref
from typing import Any, Optional

from ftrack_accsyn_accessor import __version__, environment
from ftrack_accsyn_accessor.actions import connected
from ftrack_accsyn_accessor.connect.about import settings_lines
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox.patience import Patience
from ftrack_accsyn_accessor.worker.runtime import open_runtime

logger = logging.getLogger(__name__)

#: The name under which Connect knows the unpacked archive.
NAME = "ftrack-accsyn-accessor"
APPLICATION = "ftrack_connect.ui.application"
#: The tab stands after Connect's own.
TAB_PRIORITY = 30
#: The sessions that have been told. A second hook, of a second folder, finds the same module.
_registered: weakref.WeakSet[Any] = weakref.WeakSet()


def register(session: Any) -> None:
    """Subscribe *session* to Connect's questions and to the actions of its user; without effect in any other host.

    It does so once a session, in however many folders the hook is; and not in the copy that ftrack_api makes of each
    module that it finds when it searches for hooks too high up.
    """
    application = sys.modules.get(APPLICATION)
    if application is None or not __package__ or session in _registered:
        return
    _registered.add(session)
    subscribe = session.event_hub.subscribe
    subscribe("topic=ftrack.connect.verify-startup", lambda event: _quietly(problems_text, session))
    subscribe("topic=ftrack.connect.plugin.debug-information", lambda event: _quietly(debug_information))
    connected.register(session)
    from ftrack_accsyn_accessor.connect.widget import tab_class

    application.ConnectWidgetPlugin(tab_class(application.ConnectWidget)).register(session, TAB_PRIORITY)


def problems_text(session: Any) -> Optional[str]:
    """Return everything that keeps published files on this machine from being sent, in one text, or None."""
    current = environment.read_settings()
    if current.disabled:
        return None
    parts = []
    if current.problems:
        parts.append(settings.describe(current.problems))
    if current.staging_path is not None:
        parts += _staging_problem(session, current)
    return "accsyn\n\n" + "\n\n".join(parts) if parts else None


def _staging_problem(session: Any, current: Settings) -> list[str]:
    """Return why nothing can be staged, if so. What was opened for the session's location is merely found again."""
    credentials = FtrackCredentials(session.server_url, session.api_user, session.api_key)
    try:
        open_runtime(current, credentials, environment.read_settings).area.require()
    except AccsynAccessorError as error:
        return [f"{current.staging_variable}: {error} Nothing can be staged on this machine."]
    return []


def debug_information() -> dict[str, str]:
    """Return what "About" shows. Connect makes a set of the values, so all of them are plain texts."""
    return {"name": NAME, "version": __version__, "settings": "; ".join(settings_lines(environment.read_settings()))}


def _quietly(answer: Any, *arguments: Any) -> Any:
    """Return what *answer* returns; nothing that goes wrong in it gets out, and it waits no longer than a host may."""
    try:
        with Patience():
            return answer(*arguments)
    except Exception:
        logger.exception("The accsyn plugin could not answer Connect.")
        return None
