"""Which ftrack location a staging area is, for which ftrack user: kept in the area, whatever its machine is called."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Iterable, NamedTuple

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import lockable
from ftrack_accsyn_accessor.outbox.file import state_folder, write
from ftrack_accsyn_accessor.outbox.filelocks import filelock

logger = logging.getLogger(__name__)

NAME = "locations.json"
SCHEMA = 1
#: Writing takes milliseconds; whoever waits longer met a broken file lock.
_LOCK_TIMEOUT_S = 2.0


class Located(NamedTuple):
    """The name of the ftrack location that an area is for one user of one ftrack server."""

    server_url: str
    username: str
    name: str


def location_name(current: Settings, server_url: str, username: str) -> str:
    """Return the name of the staging location of *username* (ftrack): the one that is set, or was, or the default.

    *server_url* may be empty where it is not known.
    """
    if current.location or current.staging_path is None:
        return environment.location_name(current, username)
    wanted = _plain(server_url)
    found = [
        each
        for each in located(current.staging_path)
        if each.username == username and wanted in ("", _plain(each.server_url))
    ]
    return found[-1].name if found else environment.location_name(current, username)


def located(root: str) -> tuple[Located, ...]:
    """Return all that the area at *root* remembers, the latest last; nothing where that cannot be read."""
    try:
        content: Any = json.loads(read_text(_path(root)))
        return tuple(Located(str(row["server"]), str(row["user"]), str(row["name"])) for row in content["locations"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError):
        logger.debug("%s cannot be read.", _path(root), exc_info=True)
        return ()


def keep(root: str, found: Iterable[Located], known_win: bool = False) -> None:
    """Remember the names in *found*; with *known_win* only for users of whom none is known.

    Nothing is written when all is known already. What cannot be written is only not remembered.
    """
    wanted = tuple(found)
    if _merged(located(root), wanted, known_win) == located(root):
        return
    path = _path(root)
    try:
        os.stat(path.parent)  # filelock would make it, and the root above it while its disk is unplugged
        with lockable.alone(path.with_suffix(".lock"), _LOCK_TIMEOUT_S):
            _write(path, _merged(located(root), wanted, known_win))
    except (OSError, filelock.Timeout):
        logger.debug("The location's name cannot be kept in %s.", path, exc_info=True)


def _merged(before: tuple[Located, ...], wanted: tuple[Located, ...], known_win: bool) -> tuple[Located, ...]:
    merged = {(_plain(each.server_url), each.username): each for each in before}
    for each in wanted:
        key = (_plain(each.server_url), each.username)
        if key in merged and (known_win or merged[key].name == each.name):
            continue
        merged.pop(key, None)
        merged[key] = each
    return tuple(merged.values())


def _write(path: Path, rows: tuple[Located, ...]) -> None:
    listed = [{"server": plain_server(each.server_url), "user": each.username, "name": each.name} for each in rows]
    write(path, json.dumps({"schema": SCHEMA, "locations": listed}, indent=1))


def _path(root: str) -> Path:
    return Path(root) / state_folder(root) / NAME


def _plain(server_url: str) -> str:
    return plain_server(server_url).rstrip("/").lower()
