"""Between accsyn's "done" and `synced`: sizes are compared where that is asked, the component is made available."""

from __future__ import annotations

import logging
import posixpath
import time
from collections.abc import Iterable, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.ftrack.availability import Availability
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model import errors, progress, retry
from ftrack_accsyn_accessor.model.entry import Entry, StagedFile, State, Trouble
from ftrack_accsyn_accessor.model.settings import VERIFY_SIZE, Settings
from ftrack_accsyn_accessor.outbox import JobRow
from ftrack_accsyn_accessor.outbox.tracking import Change, Tracking
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: Entries handled in one step: bounds memory, and the time until accsyn is looked at again.
ENTRIES_PER_STEP = 500
#: Calls for sizes in one step; entries beyond it have their turn in the next one.
CALLS_PER_STEP = 6
#: How long an entry waits after accsyn could not tell its size, or ftrack could not be asked.
AGAIN_S = 30.0
#: The pause between two steps that had more to do than one step may.
BUSY_S = 2.0

#: What tells one publication of a component from the next: id and time of its entry.
_Key = tuple[int, float]


class Arrivals:
    """Takes entries whose tasks are all done to `synced`. For one thread only.

    What arrived is in the outbox, so nothing of this depends on accsyn still having the job.
    """

    def __init__(
        self,
        tracking: Tracking,
        workspace: Workspace,
        connection: FtrackConnection,
        notices: Notices,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tracking = tracking
        self._workspace = workspace
        self._availability = Availability(connection)
        self._notices = notices
        self._volume = settings.volume
        self._verifies = settings.verify == VERIFY_SIZE
        self._clock = clock
        self._monotonic = monotonic
        self._verified: set[_Key] = set()
        self._not_before: dict[_Key, float] = {}

    def step(self) -> Optional[float]:
        """Take entries on; return the seconds until there is more to do, None when nothing waits.

        May raise `errors.WorkspaceError` when accsyn cannot be asked for sizes.
        """
        arrived = self._tracking.arrived(ENTRIES_PER_STEP)
        now = self._monotonic()
        due = [entry for entry in arrived if self._not_before.get(_key(entry), now) <= now]
        if due:
            self._take_on(due)
            arrived = self._tracking.arrived(ENTRIES_PER_STEP)
        keys = {_key(entry) for entry in arrived}
        self._verified &= keys
        self._not_before = {key: at for key, at in self._not_before.items() if key in keys}
        return min((max(BUSY_S, self._not_before.get(key, now) - now) for key in keys), default=None)

    def _take_on(self, entries: Sequence[Entry]) -> None:
        jobs = self._tracking.jobs(entry.job for entry in entries if entry.job is not None)
        groups: dict[Optional[int], list[Entry]] = {}
        for entry in entries:
            groups.setdefault(entry.job, []).append(entry)
        outage: Optional[errors.RegistrationError] = None
        for job_id, group in groups.items():
            job = jobs.get(job_id) if job_id is not None else None
            sound = self._sound(group, job) if self._verifies else group
            outage = self._register(sound, job, outage)

    # Sizes.

    def _sound(self, entries: Sequence[Entry], job: Optional[JobRow]) -> list[Entry]:
        """Return the entries that have their published sizes at the destination; the others get a cause."""
        sound = []
        calls = self._workspace.calls
        for entry in entries:
            if _key(entry) not in self._verified:
                if self._workspace.calls - calls >= CALLS_PER_STEP:
                    break
                if not self._verify(entry, job):
                    continue
                self._verified.add(_key(entry))
            sound.append(entry)
        return sound

    def _verify(self, entry: Entry, job: Optional[JobRow]) -> bool:
        (full,) = self._tracking.with_files([entry])
        name = job.name if job is not None else ""
        try:
            wrong = self._differences(full.publication.files, job)
        except errors.Refused as error:
            self._hold(entry, Trouble.UNVERIFIED.value, progress.cause(Trouble.UNVERIFIED, name, error.outcome))
            return False
        if not wrong:
            return True
        cause = progress.cause(Trouble.SIZE_DIFFERS, name, wrong)
        logger.warning("%s needs attention. %s", entry.publication.component_name, cause)
        again_at = self._clock() + retry.ITEM_DELAY_S
        change = Change(entry, State.NEEDS_ATTENTION, entry.progress, Trouble.SIZE_DIFFERS.value, cause, again_at)
        self._tracking.record([change])
        return False

    def _differences(self, files: Iterable[StagedFile], job: Optional[JobRow]) -> str:
        """Return the first file that is missing or has another size at the destination, empty when none has."""
        folders: dict[str, list[StagedFile]] = {}
        for file in files:
            folders.setdefault(posixpath.dirname(file.path), []).append(file)
        for folder, wanted in folders.items():
            sizes = self._sizes(folder, [file.path for file in wanted], job)
            for file in wanted:
                size = sizes.get(file.path)
                if size != file.size_bytes:
                    there = "is missing" if size is None else f"has {size} bytes"
                    return f"{file.path} {there}, published with {file.size_bytes}"
        return ""

    def _sizes(self, folder: str, paths: Sequence[str], job: Optional[JobRow]) -> dict[str, int]:
        """Return the sizes at the destination by path: one call, which lists the folder unless one file is wanted.

        Why accsyn tells no size of a file (it is not there, its server is offline) shows when the folder is listed.
        """
        if len(paths) == 1:
            try:
                size = self._workspace.file_size(self._path(paths[0], job))
            except errors.Refused:
                size = None
            if size is not None:
                return {paths[0]: size}
        listed = self._workspace.file_sizes(self._path(folder, job))
        return {posixpath.join(folder, name): size for name, size in listed.items()}

    def _path(self, path: str, job: Optional[JobRow]) -> str:
        """Return *path* at the destination, in accsyn's notation (accsyn fact sheet, section 5)."""
        place = f"share={self._volume}/{path}"
        return f"{job.party}:{place}" if job is not None and "=" in job.party else place

    # Availability.

    def _register(
        self, entries: Sequence[Entry], job: Optional[JobRow], outage: Optional[errors.RegistrationError]
    ) -> Optional[errors.RegistrationError]:
        """Make entries available at the destination location, if one is known; those are synced then.

        *outage* is why ftrack could not be asked a moment ago; return why it cannot be asked now.
        """
        refusals: dict[int, errors.RegistrationError] = {}
        if entries and job is not None and job.destination_id:
            try:
                if outage is None:
                    refusals.update(self._availability.register(entries, job.destination_id))
            except errors.RegistrationError as error:
                outage = error
            if outage is not None:
                refusals = {entry.id: outage for entry in entries}
        for entry in entries:
            if entry.id in refusals:
                self._hold(entry, refusals[entry.id].kind, str(refusals[entry.id]))
        self._synced([entry for entry in entries if entry.id not in refusals], job)
        return None if isinstance(outage, errors.RegistrationRefused) else outage

    def _synced(self, entries: Sequence[Entry], job: Optional[JobRow]) -> None:
        if not entries:
            return
        self._tracking.synced(entries)
        logger.info("%d component(s) have arrived: %s", len(entries), job.name if job is not None else "")
        for entry in entries:
            self._notices.component_synced(entry, job)

    def _hold(self, entry: Entry, kind: str, cause: str) -> None:
        """Keep *entry* where it is, with a cause, and try again later."""
        self._not_before[_key(entry)] = self._monotonic() + AGAIN_S
        if (entry.cause_kind, entry.cause) != (kind, cause):
            change = Change(entry, State.TRANSFERRING, entry.progress, kind, cause, arrived=True)
            self._tracking.record([change])


def _key(entry: Entry) -> _Key:
    return entry.id, entry.created_at
