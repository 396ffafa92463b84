"""Makes the accsyn staging location known to every ftrack session, and to the applications that Connect launches."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from types import ModuleType

HOOK_FOLDER = os.path.dirname(os.path.abspath(__file__))
logger = logging.getLogger("ftrack_accsyn_accessor.hook")


def register(session: object, **_: object) -> None:
    """Register the plugin with *session*; never raises, whatever is wrong with the installation."""
    try:
        load("ftrack_accsyn_accessor.plugin").register(session, HOOK_FOLDER)
    except ImportError as error:
        # A frozen application has of Python what it was frozen with.
        lacks = isinstance(error, ModuleNotFoundError) and getattr(sys, "frozen", False)
        remedy = " Freeze this application with that module." if lacks else ""
        logger.error("The accsyn plugin could not be loaded; this session has no accsyn location: %s.%s", error, remedy)
    except Exception:
        logger.exception("The accsyn plugin could not be loaded; this session has no accsyn location.")


def load(name: str) -> ModuleType:
    """Import the module *name* of the plugin.

    A crash or a full disk may leave damage to what Python has compiled of one. That is removed, and compiled anew;
    raise ImportError where it cannot be, or is not the plugin's.
    """
    for folder in ("dependencies", "source"):  # The unpacked archive, or a checkout.
        path = os.path.join(os.path.dirname(HOOK_FOLDER), folder)
        # At the end: what the host brings itself always wins.
        if os.path.isdir(path) and path not in sys.path:
            sys.path.append(path)
    while True:
        try:
            return importlib.import_module(name)
        except Exception as error:
            if not _remove_compiled(error):
                raise


def _remove_compiled(error: BaseException) -> bool:
    """Remove the compiled file that was damaged, if *error* of an import means that; return whether it does."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_name != "_compile_bytecode":  # of Python's own importlib
        return False
    compiled, source = (str(trace.tb_frame.f_locals.get(name)) for name in ("bytecode_path", "source_path"))
    try:
        if not source.startswith(os.path.dirname(HOOK_FOLDER) + os.sep):
            raise PermissionError
        os.remove(compiled)
    except FileNotFoundError:
        return True  # another process was quicker
    except OSError:
        raise ImportError(f"{compiled} is damaged: remove it, and Python makes it anew") from error
    return True
