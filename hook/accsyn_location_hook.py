"""Makes the accsyn staging location known to every ftrack session, and to the applications that Connect launches."""

from __future__ import annotations

import logging
import os
import sys

HOOK_FOLDER = os.path.dirname(os.path.abspath(__file__))
logger = logging.getLogger("ftrack_accsyn_accessor.hook")


def register(session: object, **_: object) -> None:
    """Register the plugin with *session*; never raises, whatever is wrong with the installation."""
    try:
        for folder in ("dependencies", "source"):  # The unpacked archive, or a checkout.
            path = os.path.join(os.path.dirname(HOOK_FOLDER), folder)
            # At the end: what the host brings itself always wins.
            if os.path.isdir(path) and path not in sys.path:
                sys.path.append(path)
        from ftrack_accsyn_accessor import plugin

        plugin.register(session, HOOK_FOLDER)
    except ImportError as error:
        # A frozen application has of Python what it was frozen with.
        lacks = isinstance(error, ModuleNotFoundError) and getattr(sys, "frozen", False)
        remedy = " Freeze this application with that module." if lacks else ""
        logger.error("The accsyn plugin could not be loaded; this session has no accsyn location: %s.%s", error, remedy)
    except Exception:
        logger.exception("The accsyn plugin could not be loaded; this session has no accsyn location.")
