"""Adds the tab "accsyn", the start-up check and the version to ftrack Connect; does nothing in any other host."""

from __future__ import annotations

import logging
import os
import sys

HOOK_FOLDER = os.path.dirname(os.path.abspath(__file__))
# Only Connect itself has this module loaded; where it is not, nothing of the tab is, Qt least of all.
CONNECT = "ftrack_connect.ui.application"
logger = logging.getLogger("ftrack_accsyn_accessor.hook")


def register(session: object, **_: object) -> None:
    """Register the tab with *session*; never raises, whatever is wrong with the installation."""
    if CONNECT not in sys.modules:
        return
    try:
        for folder in ("dependencies", "source"):  # The unpacked archive, or a checkout.
            path = os.path.join(os.path.dirname(HOOK_FOLDER), folder)
            # At the end: what the host brings itself always wins.
            if os.path.isdir(path) and path not in sys.path:
                sys.path.append(path)
        from ftrack_accsyn_accessor.connect import host

        host.register(session)
    except ImportError as error:
        logger.error("The accsyn tab could not be loaded; Connect goes on without it: %s.", error)
    except Exception:
        logger.exception("The accsyn tab could not be loaded; Connect goes on without it.")
