"""Adds the tab "accsyn", the start-up check and the version to ftrack Connect; does nothing in any other host."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from typing import Any

# Only Connect itself has this module loaded; where it is not, nothing of the tab is, Qt least of all.
CONNECT = "ftrack_connect.ui.application"
# The hook beside this one, which knows how the plugin is loaded.
LOCATION_HOOK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "accsyn_location_hook.py")
logger = logging.getLogger("ftrack_accsyn_accessor.hook")


def register(session: object, **_: object) -> None:
    """Register the tab with *session*; never raises, whatever is wrong with the installation."""
    if CONNECT not in sys.modules:
        return
    try:
        spec: Any = importlib.util.spec_from_file_location("accsyn_location_hook", LOCATION_HOOK)
        location_hook: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(location_hook)
        location_hook.load("ftrack_accsyn_accessor.connect.host").register(session)
    except ImportError as error:
        logger.error("The accsyn tab could not be loaded; Connect goes on without it: %s.", error)
    except Exception:
        logger.exception("The accsyn tab could not be loaded; Connect goes on without it.")
