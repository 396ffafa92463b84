"""Finds the outbox of this machine as a session of this process would, without making anything."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.settings import Settings, outside
from ftrack_accsyn_accessor.outbox import Outbox, locations, memory, takeover
from ftrack_accsyn_accessor.outbox.facts import Area, kept
from ftrack_accsyn_accessor.outbox.file import outbox_path, outside_path
from ftrack_accsyn_accessor.staging.area import NoStagingArea, StagingArea


@dataclasses.dataclass(frozen=True)
class Installation:
    """The plugin on this machine as one ftrack user has it: settings, staging location, staging area and outbox."""

    settings: Settings
    api_user: str
    location_name: str
    area: StagingArea
    outbox_path: Path

    @property
    def outside(self) -> bool:
        """Whether there is no staging area: the outbox in the user's state folder holds what was asked for."""
        return isinstance(self.area, NoStagingArea)

    @property
    def studio(self) -> Studio:
        """Whose items a process of this environment sends; empty texts for what is not set."""
        return Studio(environment.ftrack_server(), self.settings.workspace or "")

    @property
    def staging_present(self) -> bool:
        """Whether there is a staging area at the path."""
        return self.outside or os.path.isfile(self.area.marker_path)

    @property
    def has_outbox(self) -> bool:
        """Whether there is an outbox that may be looked at."""
        return os.path.isfile(self.outbox_path)

    @property
    def refused(self) -> Optional[errors.StagingGone]:
        """Why this process may not look into the area, where the system keeps it out; else None."""
        if self.outside:
            return None
        try:
            os.stat(self.area.marker_path)
        except PermissionError:
            try:
                self.area.require()
            except errors.StagingGone as error:
                return error
        except OSError:
            return None
        return None

    @property
    def unplugged(self) -> Optional[memory.Served]:
        """What the machine remembers of the area at the path, where that is known and not there; else None."""
        there = self.staging_present or self.refused is not None or os.path.isdir(self.area.state_dir)
        return None if there else memory.known(self.area.root)

    @property
    def earlier(self) -> list[Path]:
        """The outboxes of an earlier release that the next session will take over, as far as their names tell."""
        return [] if self.outside else takeover.candidates(self.outbox_path, self.area.root)

    def others(self) -> list[memory.Other]:
        """Return the other staging areas of this machine in which something waits that accsyn does not have."""
        return memory.others(self.outbox_path)

    def outbox(self) -> Outbox:
        """Return the outbox, which has to be there."""
        return Outbox(self.outbox_path)

    def known_area(self, outbox: Outbox) -> StagingArea:
        """Return the staging area that *outbox* belongs to: another disk at the same path does not count as present."""
        if self.outside:
            return self.area
        area = StagingArea(self.area.root)
        area.uuid = kept(outbox, Area).staging_uuid
        return area

    def is_present(self, outbox: Outbox) -> bool:
        """Whether the staging area that *outbox* belongs to is there."""
        area = self.known_area(outbox)
        return area.present() if area.uuid or self.outside else self.staging_present


def find_installation(current: Settings, api_user: str) -> Installation:
    """Return the installation of *api_user*.

    Without a staging path it is that of what is asked for on this machine; raise `errors.OutboxUnusable` where there is
    no place for that.
    """
    if current.staging_path is None:
        path = outside_path(current.outbox, memory.state_folder())
        return Installation(outside(current), api_user, "", NoStagingArea(), path)
    area = StagingArea(current.staging_path)
    name = locations.location_name(current, environment.ftrack_server(), api_user)
    return Installation(current, api_user, name, area, outbox_path(current.outbox, area.root))
