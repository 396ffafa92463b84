"""What the studio's side of the vendor loop works with: both services, the volume, and what is not finished."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import errors, folders, parties, paths, settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.mapping import Entry, LocationMapping
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.outbox.file import digest
from ftrack_accsyn_accessor.outbox.memory import state_folder
from ftrack_accsyn_accessor.vendor.spool import Spool
from ftrack_accsyn_accessor.vendor.storage import Storage
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Workspace


class Means:
    """For one thread; what is not used is not opened. Every property may raise an `errors.AccsynAccessorError`."""

    def __init__(self, current: Settings, rules: VendorRules, credentials: FtrackCredentials) -> None:
        self.settings = current
        self.rules = rules
        self.credentials = credentials
        self._connection: Optional[FtrackConnection] = None
        self._workspace: Optional[Workspace] = None
        self._storage: Optional[Storage] = None

    @classmethod
    def here(cls) -> Means:
        """Return those that the environment of this process names."""
        current = settings.outside(environment.read_settings())
        if current.problems:
            raise errors.SettingsError("use accsyn", "", settings.describe(current.problems))
        return cls(current, environment.read_vendors(current), environment.ftrack_credentials())

    @property
    def connection(self) -> FtrackConnection:
        """The way to ftrack."""
        if self._connection is None:
            self._connection = FtrackConnection(self.credentials)
        return self._connection

    @property
    def workspace(self) -> Workspace:
        """The way to accsyn."""
        if self._workspace is None:
            self._workspace = endpoint.connect(self.settings)
        return self._workspace

    @property
    def mapping(self) -> LocationMapping:
        """What the mapping file says; of the location that the rules name, at least that it is the storage's."""
        told, name = environment.read_locations(self.settings), self.rules.location
        entry = told.of(name) or Entry(name)
        if not name or entry.party is not None:
            return told
        party = parties.parse(self.rules.production or parties.HQ, self.settings.workspace or "")
        return LocationMapping((dataclasses.replace(entry, pattern=name, party=party), *told.entries))

    @property
    def storage(self) -> Storage:
        """The volume, where `VendorRules.root`, or else accsyn, says that this machine sees it.

        Raise `errors.StorageError` where this machine does not see it there.
        """
        if self._storage is None:
            self._storage = Storage(self._root())
        return self._storage

    def _root(self) -> Path:
        places = [self.rules.root] if self.rules.root else self._told_roots()
        for place in places:
            if folders.full(place) and os.path.isdir(place):
                return Path(place)
        outcome = (
            f"there is no folder {' or '.join(places)}" if places else "accsyn tells no path of it for this system"
        )
        remedy = f"Mount it, or name its folder as root in the file that {settings.VENDORS} names."
        raise errors.StorageError("look at the volume", self.settings.volume, outcome, remedy)

    def _told_roots(self) -> list[str]:
        """Return where accsyn says that machines of this platform see the volume."""
        platform = {"win32": paths.WINDOWS, "darwin": paths.MAC}.get(sys.platform, paths.LINUX)
        code = self.settings.volume.lower()
        volumes = [each for each in self.workspace.volumes() or () if each.code.lower() == code]
        if not volumes:
            outcome = f"accsyn shows {self.settings.api_user} no such volume"
            remedy = (
                f"Correct ACCSYN_API_KEY or {settings.PREFIX}VOLUME, have an administrator grant read and write access "
                f"to it, or name its folder here as root in the file that {settings.VENDORS} names."
            )
            raise errors.StorageError("look at the volume", self.settings.volume, outcome, remedy)
        return [root.path for volume in volumes for root in volume.roots if root.platform == platform]

    @property
    def spool(self) -> Spool:
        """What is not finished of this studio, in the folder that the rules name, or else of this account.

        Raise `errors.SpoolError` where there is neither.
        """
        if self.rules.spool:
            return Spool(Path(self.rules.spool))
        folder = state_folder()
        if folder is None:
            remedy = f"Name a folder as spool in the file that {settings.VENDORS} names."
            raise errors.SpoolError("find the folder for what is not finished", "", "this account has no home", remedy)
        studio = digest(self.credentials.server_url, self.settings.workspace or "")
        return Spool(folder / "vendors" / studio[:16])

    def close(self) -> None:
        """Close what was opened."""
        if self._connection is not None:
            self._connection.close()
        if self._workspace is not None:
            self._workspace.close()
