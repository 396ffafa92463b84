"""The whole embedded studio: ftrack, accsyn, demo data and folders, ready for a client that reads its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ftrack_accsyn_sandbox.accsyn import deliveries
from ftrack_accsyn_sandbox.accsyn import demo as accsyn_demo
from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_USER_SERVER, Client, Ticks
from ftrack_accsyn_sandbox.accsyn.hooks import POST_DONE, POST_FAILED, PRE_PUBLISH, PUBLISH
from ftrack_accsyn_sandbox.accsyn.service import AccsynService
from ftrack_accsyn_sandbox.ftrack import FtrackService
from ftrack_accsyn_sandbox.ftrack import demo as ftrack_demo
from ftrack_accsyn_sandbox.ftrack import demo_data as ftrack_demo_data
from ftrack_accsyn_sandbox.service import HOST
from ftrack_accsyn_sandbox.unplugging import plug_in

# A proxy, or a netrc entry, of the machine would stand between client and loopback.
_DIRECT = {"NO_PROXY": f"{HOST},localhost", "NETRC": os.devnull}
_HOOK_WORDS = {
    PRE_PUBLISH: ("pre-publish", "${PATH_JSON_INPUT}", "${PATH_JSON_OUTPUT}"),
    PUBLISH: ("publish", "${PATH_JSON_INPUT}"),
    POST_DONE: ("job-done", "${PATH_JSON_INPUT}"),
    POST_FAILED: ("job-failed", "${PATH_JSON_INPUT}"),
}
_BOTH_WAYS = Ticks(read=True, write=True, by_environment=True)


@dataclass(frozen=True)
class Credentials:
    """How one person logs in to both services."""

    ftrack_user: str
    ftrack_key: str
    accsyn_user: str
    accsyn_key: str


class Studio:
    """Both services with the demo studio in them, its folders below *root*.

    `staging` is the artist's staging area (what ACCSYN_PROJECTS_PATH names), `hq` the folder of the volume `projects`
    at head quarters, `site("london")` the one there. `demo` holds the accsyn entities, `ids` the ids of the ftrack
    entities by name (see `ftrack.demo.build`). The vendor has the role "standard" in accsyn and is the artist in
    ftrack; `vendor_desk` is the disk of their machine. `remote@acme.test` is an employee who works elsewhere, with the
    volume mapped in `user_folder` of that name. With *demo_data* there is a lot more in ftrack (`ftrack.demo_data`),
    and a small file for each that is registered at the two sites.
    """

    def __init__(self, root: Path, *, engine_paused: bool = False, demo_data: bool = False) -> None:
        self.root = root
        self.staging = root / "staging"
        self.hq = root / "hq" / accsyn_demo.VOLUME
        self._sites = {"hq": self.hq, "london": root / "london" / accsyn_demo.VOLUME}
        remote = root / "remote" / accsyn_demo.VOLUME
        self.vendor_desk = root / "vendor-desk"
        self._users = {"artist@acme.test": self.staging, "remote@acme.test": remote}
        self._schema_cache = root / "ftrack-schema-cache"
        plug_in(self.staging)  # a studio that was killed may have left it unplugged
        for folder in (*self._users.values(), *self._sites.values(), self._schema_cache, self.vendor_desk):
            folder.mkdir(parents=True, exist_ok=True)
        self.demo = accsyn_demo.build(self.staging, self.hq, self._sites["london"], remote)
        self.accsyn = AccsynService(workspace=self.demo.workspace, engine_paused=engine_paused)
        self.ftrack = FtrackService()
        self.ids = ftrack_demo.build(self.ftrack.store)
        self.ftrack.add_user("producer", "producer-ftrack-demo-key")
        self.artist = self._person("artist", "artist")
        self.admin = self._person("admin", "admin")
        self.vendor = self._person("vendor", "artist")
        self.remote = self._person("remote", "remote", email="remote@acme.test", first_name="Rita", last_name="Demo")
        self._connect_integration()
        if demo_data:
            self._fill(ftrack_demo_data.build(self.ftrack.store, self.ids).files)

    def start(self) -> None:
        """Start both services and the engine."""
        self.ftrack.start()
        try:
            self.accsyn.start()
        except BaseException:
            self.ftrack.stop()
            raise

    def stop(self) -> None:
        """Stop both services and the engine; the folders stay."""
        try:
            self.accsyn.stop()
        finally:
            self.ftrack.stop()

    def __enter__(self) -> Studio:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def site(self, code: str) -> Path:
        """Return the folder of the volume at a site. Raises KeyError."""
        return self._sites[code]

    def user_folder(self, email: str) -> Path:
        """Return the folder that a user has mapped for the volume. Raises KeyError."""
        return self._users[email]

    def fetch_delivery(self, delivery_id: str, email: str, folder: Path, parts: Optional[Sequence[str]] = None) -> str:
        """Let a recipient fetch an open delivery, or *parts* of it, into *folder*; return the id of the transfer.

        See `accsyn.deliveries.fetch`. The engine carries it out.
        """
        return deliveries.fetch(self.demo.workspace, delivery_id, email, folder, parts)

    def machine(self, hostname: str) -> dict[str, str]:
        """Return the variables for a process on one more machine of the artist, added the first time it is named.

        Its staging area is a folder of its own, in ACCSYN_PROJECTS_PATH; FTRACK_ACCSYN_CLIENT names its client.
        """
        staging = self.root / "machines" / hostname
        client = self.demo.workspace.get(Client, hostname)
        if client is None:
            staging.mkdir(parents=True, exist_ok=True)
            client = self.demo.add_machine(hostname, staging)
        return {
            **self.environment(),
            "ACCSYN_PROJECTS_PATH": str(staging),
            "FTRACK_ACCSYN_CLIENT": client.id,
        }

    def vendor_server(self, ticks: Ticks = _BOTH_WAYS) -> Client:
        """Add a user server beside the app on the vendor's machine, and map the volume on both; return it.

        The volume is in `vendor_desk` / "projects", mapped by environment; *ticks* is what others may do there.
        """
        workspace, app = self.demo.workspace, self.demo.vendor_client
        app.host_id = app.host_id or "02:00:00:00:00:01"
        server = self.demo.add_machine(
            app.code, None, user=self.demo.vendor, host_id=app.host_id, type=CLIENT_USER_SERVER
        )
        folder = self.vendor_desk / accsyn_demo.VOLUME
        folder.mkdir(exist_ok=True)
        workspace.map_share(app, self.demo.volume, folder, ticks)
        return server

    def connect_hooks(self, command: Sequence[str], **environment: str) -> None:
        """Have the workspace run *command*, with the words "hook pre-publish INPUT OUTPUT", "hook publish INPUT", ...

        The studio must be running: its administrator's variables are those of the processes, with *environment*.
        """
        hooks = self.demo.workspace.hooks
        hooks.environment = {**self.environment("admin"), **environment}
        for name, words in _HOOK_WORDS.items():
            hooks.set(name, [*command, "hook", *words])

    def outside(self, email: str = "vendor@acme.test") -> dict[str, str]:
        """Return the variables for a process of somebody who knows accsyn only, and has no ftrack account."""
        user = self.demo.workspace.user(email)
        return {**self._accsyn(user.code, user.api_key), **_DIRECT}

    def environment(self, user: str = "artist") -> dict[str, str]:
        """Return the variables by which a process of *user* finds the running studio.

        *user* is "artist", "admin", "vendor" or "remote". The last one's accsyn client is not called as this machine,
        so FTRACK_ACCSYN_CLIENT names it.
        """
        people = {"artist": self.artist, "admin": self.admin, "vendor": self.vendor, "remote": self.remote}
        person = people[user]
        client = {"FTRACK_ACCSYN_CLIENT": self.demo.remote_client.id} if user == "remote" else {}
        return {
            **client,
            "FTRACK_SERVER": self.ftrack.url,
            "FTRACK_API_USER": person.ftrack_user,
            "FTRACK_API_KEY": person.ftrack_key,
            "FTRACK_API_SCHEMA_CACHE_PATH": str(self._schema_cache),
            **self._accsyn(person.accsyn_user, person.accsyn_key),
            "ACCSYN_PROJECTS_PATH": str(self._users.get(person.accsyn_user, self.staging)),
            **_DIRECT,
        }

    def _accsyn(self, user: str, key: str) -> dict[str, str]:
        return {
            "ACCSYN_WORKSPACE": self.accsyn.workspace.code,
            "ACCSYN_API_USER": user,
            "ACCSYN_API_KEY": key,
            "ACCSYN_PROXY": f"{HOST}:{self.accsyn.port}",
        }

    def _person(self, accsyn_name: str, ftrack_user: str, **attributes: str) -> Credentials:
        user = self.demo.workspace.user(f"{accsyn_name}@acme.test")
        ftrack_key = f"{ftrack_user}-ftrack-demo-key"
        self.ftrack.add_user(ftrack_user, ftrack_key, **attributes)
        return Credentials(ftrack_user, ftrack_key, user.code, user.api_key)

    def _fill(self, files: Mapping[str, Sequence[str]]) -> None:
        """Write small files for what is registered at a location, by the name of which *files* tells their paths."""
        content = bytes(ftrack_demo_data.FILE_BYTES)
        for location, paths in files.items():
            folder = self.site(location.rpartition(".")[2])
            for parent in {folder / Path(path).parent for path in paths}:
                parent.mkdir(parents=True, exist_ok=True)
            for path in paths:
                (folder / path).write_bytes(content)

    def _connect_integration(self) -> None:
        integration = self.demo.workspace.integration
        integration.upload_location = {"id": self.ids["studio.hq"], "name": "studio.hq"}
        integration.upload_ident = self.demo.workspace.code
