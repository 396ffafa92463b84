"""Finds the outbox of this machine as a session of this process would, without making anything."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.facts import Place, kept
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.runtime import outbox_path


@dataclasses.dataclass(frozen=True)
class Machine:
    """This machine as one ftrack user sees it: settings, staging location, staging area and outbox file."""

    settings: Settings
    api_user: str
    location_name: str
    area: StagingArea
    outbox_path: Path

    @property
    def staging_present(self) -> bool:
        """Whether there is a staging area at the path."""
        return Path(self.area.marker_path).is_file()

    @property
    def neighbours(self) -> list[str]:
        """Names of other outboxes in the same folder, which belong to other users or locations."""
        return sorted(path.stem for path in self.outbox_path.parent.glob("*.sqlite3") if path != self.outbox_path)

    def outbox(self) -> Outbox:
        """Return the outbox, which has to be there."""
        return Outbox(self.outbox_path)

    def known_area(self, outbox: Outbox) -> StagingArea:
        """Return the staging area that *outbox* belongs to: another disk at the same path does not count as present."""
        area = StagingArea(self.area.root)
        area.uuid = kept(outbox, Place).staging_uuid
        return area

    def is_present(self, outbox: Outbox) -> bool:
        """Whether the staging area that *outbox* belongs to is there."""
        area = self.known_area(outbox)
        return area.present() if area.uuid else self.staging_present

    def uploader_alive(self) -> bool:
        """Whether a process is at work on the outbox at this moment. One that has nothing to do is not."""
        lock = ProcessLock(self.outbox_path.with_suffix(".lock"))
        if not self.outbox_path.parent.is_dir() or not lock.acquire():
            return True
        lock.release()
        return False


def find_machine(current: Settings, api_user: str) -> Machine:
    """Return the machine of *api_user*; *current* has to name a staging path."""
    assert current.staging_path is not None  # noqa: S101 - the caller has looked
    area = StagingArea(current.staging_path)
    name = environment.location_name(current, api_user)
    return Machine(current, api_user, name, area, outbox_path(current, area, name))
