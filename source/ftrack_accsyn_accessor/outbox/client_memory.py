"""Which accsyn client this machine was last: known again when its name and its network card have changed.

Nothing here raises; what cannot be kept is only not remembered.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Optional

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.outbox.file import write
from ftrack_accsyn_accessor.outbox.memory import state_folder

logger = logging.getLogger(__name__)

#: No `.json`: those are the areas that the machine remembers.
NAME = "accsyn-clients"
SCHEMA = 1


def known(machine: str, workspace: str, api_user: str) -> str:
    """Return the id of the client that the machine with the identity *machine* was; empty where none is known.

    A home folder may serve several machines, so each has its own.
    """
    return _read().get(_key(machine, workspace, api_user), "") if machine else ""


def keep(machine: str, workspace: str, api_user: str, client_id: str) -> None:
    """Remember it. Nothing is written when it is known already."""
    path = _path()
    if not machine or path is None or known(machine, workspace, api_user) == client_id:
        return
    clients = {**_read(), _key(machine, workspace, api_user): client_id}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path, json.dumps({"schema": SCHEMA, "clients": clients}, sort_keys=True))
    except OSError:
        logger.debug("accsyn's client cannot be remembered in %s.", path, exc_info=True)


def _key(*parts: str) -> str:
    return " ".join(parts)


def _read() -> dict[str, str]:
    path = _path()
    try:
        content: Any = json.loads(read_text(path)) if path is not None else {"clients": {}}
        return {str(key): str(value) for key, value in content["clients"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        logger.debug("What is remembered in %s cannot be read.", path, exc_info=True)
        return {}


def _path() -> Optional[Path]:
    folder = state_folder()
    return folder / NAME if folder is not None else None
