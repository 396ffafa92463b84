"""The staging area on disk: made once and known again."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, Optional, Tuple

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model.errors import StagingError, StagingGone
from ftrack_accsyn_accessor.outbox import lockable, memory
from ftrack_accsyn_accessor.outbox.file import MARKER_NAME, read_marker, state_folder, write
from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER as STATE_FOLDER
from ftrack_accsyn_accessor.outbox.filelocks import filelock
from ftrack_accsyn_accessor.staging import rights
from ftrack_accsyn_accessor.staging.files import StagedFiles
from ftrack_accsyn_accessor.staging.held import READERS, is_held
from ftrack_accsyn_accessor.staging.probe import probe
from ftrack_accsyn_accessor.staging.refusal import absent_disk, remedy

MARKER_SCHEMA = 1

# Making the marker takes milliseconds; a process that waits this long for another one, on a host's thread, met one that
# does not respond.
_LOCK_TIMEOUT_S = 1.0

_UNPLUGGED = "it is known on this machine, but is not there: its disk is unplugged"
_NOT_THERE = "there is no staging area: its disk is unplugged, or nothing was ever published here"
_NOTHING_LOST = "Nothing is lost: plug the disk in again."
_NEVER_SERVED = "Plug it in, or correct the path. Where no disk is meant, make that folder by hand."

# Roots that this process has prepared, and as which account of the system, with the identity of their markers: a root
# that vanishes while the process lives is waited for and never made anew, whichever object asks.
_prepared: Dict[Tuple[str, str], str] = {}
_prepared_lock = threading.Lock()


class StagingArea(StagedFiles):
    """The folder *root* that ACCSYN_<VOLUME>_PATH names, known again by a marker file.

    Nothing is touched before `prepare`. Paths given to the other methods are relative to *root*, with forward slashes.
    Safe to use from several threads; `prepare` also from several processes.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(os.path.expanduser(os.path.expandvars(root)))  # as ftrack's DiskAccessor does
        self.was_new = False
        self.uuid = ""
        self._awaited = False
        self._seen: Optional[Tuple[int, ...]] = None
        self._refused: Optional[PermissionError] = None
        self._state = ""  # once it was seen: that costs more than a look at the marker

    @property
    def state_dir(self) -> str:
        """The folder for the plugin's own files, private to their owner."""
        return os.path.join(self.root, self._state or state_folder(self.root))

    @property
    def marker_path(self) -> str:
        """The file by which the staging area is known again."""
        return os.path.join(self.state_dir, MARKER_NAME)

    def is_there(self) -> bool:
        """Return whether there is a staging area at the root, of this account or of another one."""
        return os.path.isdir(self.state_dir) or os.path.isdir(os.path.join(self.root, STATE_FOLDER))

    def prepare(self, begin: bool = True, known: str = "") -> None:
        """Make the root, its state folder and its marker where they are missing; `was_new` tells if the marker was.

        StagingGone, and nothing is made, where the area is not there and this process has prepared it, the machine
        remembers it, *known* is not empty (the identity in its marker), nothing new is to *begin*, or the disk is not
        there that the path lies on: it is waited for then. Who wants a new one there makes the state folder by hand.
        StagingError when the path cannot be used.
        """
        with _prepared_lock:
            key = (os.path.normcase(self.root), environment.account())
            self.was_new = False
            prepared = _prepared.get(key, "")
            try:
                if prepared:
                    self.uuid = prepared
                    self.require()
                else:
                    self._begin(begin, known)
                probe(self.root)
            except (OSError, filelock.Timeout) as error:
                if prepared:
                    self.require()
                raise self._unusable(error) from error
            _prepared[key] = self.uuid

    def _begin(self, begin: bool, known: str) -> None:
        """Find the area or make it, the first time in this process."""
        found = read_marker(self.root)
        if not found and not os.path.isdir(self.state_dir):
            remembered = memory.known(self.root)
            known = known or (remembered.uuid if remembered is not None else "")
            if known or not begin or absent_disk(self.root):
                self.uuid, self._awaited = known, True
                self.require()
        self._make_folders()
        try:
            self.uuid = found or self._make_marker()
        except filelock.Timeout:
            self.uuid = read_marker(self.root)  # of many that make it at once, one is enough
            if not self.uuid:
                raise
        self._awaited = False

    def present(self) -> bool:
        """Return whether the root is there and is the one that was prepared (another disk has another marker).

        Of one that is waited for and was never seen by this machine the first marker counts. Costs one stat as long as
        nothing changed.
        """
        state = self._state or state_folder(self.root)
        try:
            found = os.stat(os.path.join(self.root, state, MARKER_NAME))
            seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if seen != self._seen:
                marker = read_marker(self.root)
                if self._awaited and not self.uuid:
                    self.uuid = marker
                if not self.uuid or marker != self.uuid:
                    return False
                self._seen = seen
        except OSError as error:
            self._refused = error if isinstance(error, PermissionError) else None
            return False
        self._state = state
        return True

    def require(self) -> None:
        """Raise StagingGone unless the staging area is present."""
        if self.present():
            return
        tried = "use the staging area"
        if self._refused is not None:
            raise StagingGone(tried, self.root, str(self._refused.strerror), remedy(self._refused, self.state_dir))
        outcome = "it has vanished, or another one is in its place"
        if self._awaited:
            outcome = _UNPLUGGED if self.uuid else _NOT_THERE
        disk = absent_disk(self.root)
        if not disk:
            anew = f"To begin a new staging area there, make the folder {self.state_dir} and restart the application."
            raise StagingGone(tried, self.root, outcome, f"{_NOTHING_LOST} {anew}")
        if self._awaited and not self.uuid:
            raise StagingGone(tried, self.root, disk, _NEVER_SERVED)
        raise StagingGone(tried, self.root, f"{outcome}: {disk}", _NOTHING_LOST)

    def _make_folders(self) -> None:
        try:
            os.stat(self.root)  # why it may not be looked at, `makedirs` would not tell
        except FileNotFoundError:
            os.makedirs(self.root, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.state_dir, 0o700)
            rights.hide(self.state_dir)
        if stat.S_IMODE(os.stat(self.state_dir).st_mode) & 0o077:
            with contextlib.suppress(OSError):  # file systems without modes
                os.chmod(self.state_dir, 0o700)

    def _make_marker(self) -> str:
        with lockable.alone(Path(self.state_dir, "staging.lock"), _LOCK_TIMEOUT_S):
            known = read_marker(self.root)
            if known:
                return known
            identity = str(uuid.uuid4())
            created = datetime.now(timezone.utc).isoformat(timespec="seconds")
            content = {"schema": MARKER_SCHEMA, "uuid": identity, "created": created}
            write(Path(self.marker_path), json.dumps(content))
            self.was_new = True
            return identity

    def _unusable(self, error: Exception) -> StagingError:
        reason = getattr(error, "strerror", None) or str(error)
        path = str(getattr(error, "filename", None) or self.root)
        cure = remedy(error, path)
        if isinstance(error, OSError) and is_held(error, path):
            cure = f"Another program has {error.filename} open, {READERS}. Open a new session when it has let go."
        return StagingError("prepare the staging area", self.root, reason, cure)


class NoStagingArea(StagingArea):
    """What stands in a staging area's place where there is none: nothing lies in it, and nothing keeps it away."""

    def __init__(self) -> None:
        super().__init__("")
        self.root = ""

    def prepare(self, begin: bool = True, known: str = "") -> None:
        """There is nothing to make."""

    def present(self) -> bool:
        """Return True: nobody waits for it."""
        return True
