"""The demo workspace `acme`: users, sites, a volume, machines and queues."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ftrack_accsyn_sandbox.accsyn.entities import (
    CLIENT_APP,
    CLIENT_SERVER,
    CLIENT_USER_SERVER,
    Client,
    Share,
    Site,
    Ticks,
    User,
)
from ftrack_accsyn_sandbox.accsyn.workspace import PLATFORM, Workspace

WORKSPACE = "acme"
VOLUME = "projects"
# Where the volume lies on systems that nothing here runs on.
MADE_UP_PATHS = {"windows": "P:/projects", "mac": "/Volumes/projects", "linux": "/mnt/projects"}


@dataclass(frozen=True)
class Demo:
    """The demo's entities that tests name.

    *remote* is an employee who works elsewhere: the user server has the volume mapped and ticked for others. The
    vendor's machine has nothing mapped.
    """

    workspace: Workspace
    volume: Share
    hq: Site
    london: Site
    admin: User
    artist: User
    vendor: User
    remote: User
    hq_server: Client
    london_server: Client
    artist_client: Client
    remote_client: Client
    vendor_client: Client

    def add_machine(
        self,
        hostname: str,
        folder: Optional[Path],
        *,
        user: Optional[User] = None,
        host_id: str = "",
        type: int = CLIENT_APP,
        status: str = "online",
        ticks: Optional[Ticks] = None,
    ) -> Client:
        """Add one more client of *user* (the artist) and return it; its host name need not be new.

        *folder* is what it has mapped for the volume (None: nothing), *ticks* what others may do there, *host_id* its
        MAC list, *type* a `CLIENT_` number of `entities`. With *status* "offline" its tasks wait, for good unless
        somebody changes it.
        """
        folders = {} if folder is None else {self.volume.id: folder}
        ticked = {} if ticks is None else {self.volume.id: ticks}
        return self.workspace.add_client(
            hostname, user or self.artist, host_id=host_id, type=type, status=status, folders=folders, ticks=ticked
        )


def build(staging: Path, hq_folder: Path, london_folder: Path, remote_folder: Optional[Path] = None) -> Demo:
    """Return the workspace; *staging* is the volume's folder on the artist's machine.

    *hq_folder* and *london_folder* are those of the sites, *remote_folder* that on the machine of the employee who
    works elsewhere; without it nothing is mapped there.
    """
    workspace = Workspace(WORKSPACE)
    hq, london = workspace.add_site("hq", main=True), workspace.add_site("london")
    volume = workspace.add_volume(VOLUME, hq_folder, default=True, paths=_paths(hq_folder))
    london.folders[volume.id] = london_folder
    for name, priority in (("High", 999), ("Medium", 500), ("Low", 1)):
        workspace.add_queue(name, priority, default=name == "Medium")
    workspace.add_queue("show_a", 600)
    admin = workspace.add_user("admin@acme.test", "admin-demo-key", "admin")
    artist = workspace.add_user("artist@acme.test", "artist-demo-key", "employee")
    vendor = workspace.add_user("vendor@acme.test", "vendor-demo-key", "standard")
    remote = workspace.add_user("remote@acme.test", "remote-demo-key", "employee")
    for employee in (artist, remote):
        workspace.grant(employee, volume)
    hq_server, london_server = (
        workspace.add_client(f"server-{site.code}", admin, type=CLIENT_SERVER, site_id=site.id, roles=roles)
        for site, roles in ((hq, "storage"), (london, "storage,site"))
    )
    machine = workspace.add_client(
        socket.gethostname(), artist, host_id=_mac_list() or "", folders={volume.id: staging}
    )
    away = workspace.add_client("remote-desk", remote, type=CLIENT_USER_SERVER)
    if remote_folder is not None:
        workspace.map_share(away, volume, remote_folder, Ticks(read=True, write=True, by_environment=True))
    return Demo(
        *(workspace, volume, hq, london, admin, artist, vendor, remote, hq_server, london_server, machine, away),
        workspace.add_client("vendor-desk", vendor),
    )


def _paths(hq_folder: Path) -> dict[str, str]:
    """Return the volume's roots by platform: on this one *hq_folder*, on the others made up ones."""
    return {**MADE_UP_PATHS, PLATFORM: str(hq_folder)}


def _mac_list() -> Optional[str]:
    """Return this machine's MAC as accsyn lists it, None when there is only a random one."""
    node = uuid.getnode()
    if (node >> 40) & 1:  # the bit by which Python marks a made-up address
        return None
    return ":".join(f"{(node >> shift) & 0xFF:02X}" for shift in range(40, -1, -8))
