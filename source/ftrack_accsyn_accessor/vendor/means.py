"""What the studio's side of the vendor loop works with: both services, the volume, and what is not finished."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import errors, settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.vendors import VendorRules
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
    def storage(self) -> Storage:
        """The volume, where `VendorRules.root`, or else accsyn, says that this machine sees it."""
        if self._storage is None:
            self._storage = Storage(Path(self.rules.root))
        return self._storage

    @property
    def spool(self) -> Spool:
        """What is not finished."""
        return Spool(Path(self.rules.spool))

    def close(self) -> None:
        """Close what was opened."""
        if self._connection is not None:
            self._connection.close()
        if self._workspace is not None:
            self._workspace.close()
