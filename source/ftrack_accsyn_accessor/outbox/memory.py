"""What this machine remembers, outside of the staging areas, of those that it has served.

An area that is remembered and not there is unplugged: no other one is made in its place, and what waits in it is told.
Nothing here raises; a folder that cannot be written only costs the memory.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model.errors import OutboxError
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import lockable
from ftrack_accsyn_accessor.outbox.file import digest, is_state_folder, normalised, read_marker, write
from ftrack_accsyn_accessor.outbox.file import state_folder as of_account
from ftrack_accsyn_accessor.outbox.filelocks import filelock
from ftrack_accsyn_accessor.outbox.store import Outbox

logger = logging.getLogger(__name__)

SCHEMA = 1
#: What accsyn does not have, or not any more: an application that ends leaves it behind.
UNSENT = (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION)
#: How old `served_at` may be before it is written anew.
SERVED_S = 3600.0
#: Writing takes milliseconds; whoever waits longer met a broken file lock.
_LOCK_TIMEOUT_S = 2.0


@dataclasses.dataclass(frozen=True)
class Served:
    """A staging area as it was when it was served last.

    `root` is its folder, `uuid` what stands in its marker, `outbox` the file that serves it, `locations` the names of
    the ftrack locations that it is. `served_at` is in seconds since the epoch; `unsent` counts the items in `UNSENT`.
    """

    root: str
    uuid: str
    outbox: str
    locations: tuple[str, ...] = ()
    served_at: float = 0.0
    unsent: int = 0

    @property
    def record(self) -> Optional[Path]:
        """The file that holds this; whoever removes it makes the machine forget the area."""
        folder = state_folder()
        return folder / f"{digest(self.root, self.uuid, normalised(self.outbox))[:32]}.json" if folder else None

    @property
    def present(self) -> bool:
        """Whether the area is there at this moment, and not another one in its place."""
        return self.marker == self.uuid

    @property
    def marker(self) -> str:
        """What stands in the marker that is there; empty for none."""
        try:
            return read_marker(self.root)
        except OSError:
            return ""

    @property
    def is_another_accounts(self) -> bool:
        """Whether its state folder is there, and another account's: a process that changes its own keeps its home."""
        folder = Path(self.outbox).parent
        return is_state_folder(folder.name) and os.path.isdir(folder) and folder.name != of_account(self.root)

    def is_of(self, outbox: Path) -> bool:
        """Whether *outbox* is the one that serves this area: not where another disk is there, and that one's in it."""
        in_area = is_state_folder(Path(self.outbox).parent.name)
        exchanged = in_area and self.marker not in ("", self.uuid)
        return normalised(self.outbox) == normalised(str(outbox)) and not exchanged


@dataclasses.dataclass(frozen=True)
class Other:
    """Another staging area of this machine: where it is, whether it is there, and how many items were not sent.

    Where it is not there, `unsent` is what was known last. `record` is the file to remove to have it forgotten.
    """

    root: str
    present: bool
    unsent: int
    locations: tuple[str, ...]
    record: Optional[Path]


def state_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Optional[Path]:
    """Return this user's folder for what the plugin keeps outside of staging areas; None where there is no home.

    XDG_STATE_HOME is heeded on every system: it is how a sandbox or a test keeps out of what the machine remembers.
    """
    named = environ.get("XDG_STATE_HOME") or ""
    if os.path.isabs(named):
        return Path(named, "ftrack-accsyn")
    try:
        home = Path.home()
    except (RuntimeError, KeyError):  # the latter on CPython 3.9, for an account without a name
        return None
    if platform == "win32":
        default = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        default = home / "Library" / "Application Support"
    else:
        default = home / ".local" / "state"
    return default / "ftrack-accsyn"


def served() -> list[Served]:
    """Return all that is remembered, the area that was served last first."""
    folder = state_folder()
    found = [_read(path) for path in folder.glob("*.json")] if folder is not None else []
    return sorted((each for each in found if each is not None), key=lambda each: each.served_at, reverse=True)


def known(root: str) -> Optional[Served]:
    """Return the area that this account has served last at *root* (absolute)."""
    here = (each for each in served() if normalised(each.root) == normalised(root))
    return next((each for each in here if not each.is_another_accounts), None)


def elsewhere(location_name: str, root: str) -> bool:
    """Whether another folder than *root* is remembered as the ftrack location called *location_name*."""
    return any(location_name in each.locations and normalised(each.root) != normalised(root) for each in served())


def others(outbox: Path) -> list[Other]:
    """Return the areas of this machine that another outbox than the present one at *outbox* serves.

    Only those with items that were not sent. Their outboxes are read where they are there; nothing is made.
    """
    found = []
    for each in served():
        if each.is_of(outbox):
            continue
        present = each.present
        read = _unsent(Path(each.outbox)) if present else None
        count = each.unsent if read is None else read
        if count:
            found.append(Other(each.root, present, count, each.locations, each.record))
    return found


def keep(area: Served, begun: bool = False) -> None:
    """Remember *area*; names of locations are added to those that are known.

    With *begun* it was made just now: what was remembered of its folder is no more.
    """
    with _alone():
        before = [each for each in served() if normalised(each.root) == normalised(area.root)]
        for each in before:
            if begun and each.uuid != area.uuid and each.record is not None:
                with contextlib.suppress(OSError):
                    each.record.unlink()
        same = next((each for each in before if each.record == area.record), None)
        if same is not None:
            names = tuple(sorted({*same.locations, *area.locations}))
            fresh = 0 <= area.served_at - same.served_at < SERVED_S
            area = dataclasses.replace(area, locations=names, unsent=same.unsent)
            if fresh and dataclasses.replace(area, served_at=same.served_at) == same:
                return
        _write(area)


def keep_unsent(area: Served) -> None:
    """Remember how many items of *area* had not been sent when it was looked at last."""
    with _alone():
        record = area.record
        same = _read(record) if record is not None else None
        if same is not None and same.unsent != area.unsent:
            _write(dataclasses.replace(same, unsent=area.unsent, served_at=max(same.served_at, area.served_at)))


def unsent(outbox: Outbox) -> int:
    """Return how many items of *outbox* accsyn does not have. Raise `errors.OutboxError`."""
    counts = outbox.counts()
    return sum(counts[state] for state in UNSENT)


def _unsent(path: Path) -> Optional[int]:
    """Return the same of the outbox at *path*; None where it cannot be read."""
    if not path.is_file():
        return None
    outbox = Outbox(path)
    try:
        return unsent(outbox)
    except OutboxError as error:
        logger.debug("The outbox %s cannot be read: %s", path, error)
        return None
    finally:
        outbox.close()


def _read(path: Path) -> Optional[Served]:
    try:
        content: Any = json.loads(read_text(path))
        return Served(
            str(content["root"]),
            str(content["uuid"]),
            str(content["outbox"]),
            tuple(map(str, content["locations"])),
            float(content["served_at"]),
            int(content["unsent"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        logger.debug("What is remembered in %s cannot be read.", path, exc_info=True)
        return None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Read and write with nobody between: what another application makes the machine forget would come back.

    Whoever cannot have the lock goes on without it.
    """
    folder = state_folder()
    with contextlib.ExitStack() as held:
        if folder is not None:
            with contextlib.suppress(OSError, filelock.Timeout):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                held.enter_context(lockable.alone(folder / "areas.lock", _LOCK_TIMEOUT_S))
        yield


def _write(area: Served) -> None:
    record = area.record
    if record is None:
        return
    try:
        write(record, json.dumps({"schema": SCHEMA, **dataclasses.asdict(area)}, sort_keys=True))
    except OSError:
        logger.debug("The staging area %s cannot be remembered in %s.", area.root, record, exc_info=True)
