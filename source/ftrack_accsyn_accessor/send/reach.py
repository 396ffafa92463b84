"""What is known beforehand to keep files from an endpoint. Whether a share is mapped there is not told by accsyn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.accsyn import SERVER, Client
from ftrack_accsyn_accessor.model.errors import Unresolved
from ftrack_accsyn_accessor.model.parties import Party
from ftrack_accsyn_accessor.send.machines import Machines
from ftrack_accsyn_accessor.send.surroundings import Surroundings

_ADMINISTRATOR = "Ask an accsyn administrator."


class Obstacle(NamedTuple):
    """Why files do not get to or from an endpoint, and what to do.

    With `waits` a job would wait and go on by itself; else it would be refused, or would change what it must not.
    """

    what: str
    remedy: str
    waits: bool = False

    def __str__(self) -> str:
        return f"{self.what[:1].upper()}{self.what[1:]}. {self.remedy}"

    @property
    def delay(self) -> str:
        """What one that `waits` means for what goes all the same."""
        return f"{self.what[:1].upper()}{self.what[1:]}. What goes waits in accsyn, and is carried when that is back."


class Reach:
    """For one thread."""

    def __init__(self, around: Surroundings, machines: Machines) -> None:
        self._around = around
        self._machines = machines

    def require(self, party: Party) -> None:
        """Raise `errors.Unresolved` where accsyn knows no such *party*; what is not shown may be there."""
        around, known = self._around, True
        if party.kind == parties.SITE and around.sites is not None:
            known = any(site.code == party.name for site in around.sites)
        elif party.kind == parties.CLIENT:
            shown = any(client.id == party.name for client in around.clients)
            known = shown or around.workspace.client(party.name) is not None
        elif party.kind == parties.USER:
            known = around.user(party.name) is not None
            if known and party.host and self._machines.shown(party.name):
                known = self._machines.client_of(party) is not None
        if not known:
            raise Unresolved("find what is meant", str(party), "accsyn knows no such party", self._instead(party))

    def _instead(self, party: Party) -> str:
        if party.kind == parties.SITE:
            return f"There is {' and '.join(f'site={site.code}' for site in self._around.sites or ())}."
        if party.kind == parties.USER and party.host:
            codes = sorted(client.code for client in self._machines.clients_of(party.name) or ())
            return f"The machines of {party.name} are: {', '.join(codes) or 'none'}."
        return "Correct it." if party.kind == parties.CLIENT else "Correct it, or invite the user in accsyn."

    def obstacle(self, party: Party, volume: str, write: bool) -> Optional[Obstacle]:
        """Return what keeps files of *volume* from going to *party*, or without *write* from coming from it."""
        found = self._of_role() or self._of_volume(volume) or self._of_rights(party, volume, write)
        if found is None and party.kind in (parties.MAIN, parties.SITE):
            found = self._of_site(party, volume)
        if found is None and party.kind in (parties.USER, parties.DELIVERY):
            found = self._of_account(party)
        if found is None and party.kind == parties.USER:
            found = self._of_clients(party)
        if found is None and (party.kind == parties.CLIENT or party.host):
            client = self._machines.client_of(party)
            found = None if client is None else _of_machines([client], f"the accsyn client of {client.code}")
        return found

    def _of_role(self) -> Optional[Obstacle]:
        if self._around.role != "standard":
            return None
        what = f"{self._around.settings.api_user} has the role standard in accsyn, which may not transfer volumes"
        return Obstacle(what, "Ask an accsyn administrator for the role employee or admin.")

    def _of_volume(self, code: str) -> Optional[Obstacle]:
        volumes = self._around.volumes
        if not volumes:  # a workspace has a volume: seeing none means not being shown any
            return None
        found = next((volume for volume in volumes if volume.code == code), None)
        if found is None:
            what = f"accsyn has no volume {code}, or does not show it to {self._around.settings.api_user}"
            return Obstacle(what, f"There is {' and '.join(volume.code for volume in volumes)}.")
        if "disabled" in found.status:  # sending to it may enable it again (workflow facts, section 1)
            return Obstacle(f"the volume {code} is disabled in accsyn", _ADMINISTRATOR)
        return None

    def _of_rights(self, party: Party, code: str, write: bool) -> Optional[Obstacle]:
        """Employees have rights for each volume, and need all of them where a site is an end."""
        if self._around.role == "admin" or party.kind not in (parties.MAIN, parties.SITE):
            return None
        ids = {volume.id for volume in self._around.volumes or () if volume.code == code}
        granted = [grant for grant in self._around.grants if grant.share == code or grant.share_id in ids]
        if not granted or any(grant.path != "/" for grant in granted):  # not shown, or for a part only: not known
            return None
        site = party.kind == parties.SITE
        needed = {"read": site or not write, "write": site or write}
        has = {"read": any(grant.read for grant in granted), "write": any(grant.write for grant in granted)}
        missing = [right for right in needed if needed[right] and not has[right]]
        if not missing:
            return None
        what = f"{self._around.settings.api_user} may not {' or '.join(missing)} in the volume {code}"
        what += ", which transfers of sites need" if site else ""
        return Obstacle(what, "Ask an accsyn administrator for the right.")

    def _of_site(self, party: Party, volume: str) -> Optional[Obstacle]:
        sites = self._around.sites or ()
        main = party.kind == parties.MAIN
        site = next((site for site in sites if (site.main if main else site.code == party.name)), None)
        if site is None:
            return None
        called = "the main site" if main else f"the site {site.code}"
        serving = self._around.servers_of(volume)
        here = [server for server in serving or () if server.site_id == site.id]
        if serving and not here:
            return Obstacle(f"{called} does not serve the volume {volume}", _ADMINISTRATOR)
        if "disabled" in site.status:
            return Obstacle(f"{called} is disabled in accsyn", _ADMINISTRATOR, waits=True)
        servers = here or [c for c in self._around.clients if c.type == SERVER and c.site_id == site.id]
        return _of_machines(servers, f"the accsyn server of {called}")

    def _of_account(self, party: Party) -> Optional[Obstacle]:
        user = self._around.user(party.name)
        if user is None:
            return Obstacle(f"accsyn knows no user {party.name}", "Correct the address, or invite the user in accsyn.")
        if "disabled" in user.status:  # sending to a disabled user may enable it again (workflow facts, section 1)
            return Obstacle(f"the user {party.name} is disabled in accsyn", _ADMINISTRATOR)
        return None

    def _of_clients(self, party: Party) -> Optional[Obstacle]:
        user = self._around.user(party.name)
        clients = self._machines.clients_of(party.name)
        if (user is not None and user.invited) or clients == []:
            what = f"{party.name} never had accsyn's app or user server running"
            return Obstacle(what, "Let the user start it once, and map the share there.")
        if party.host or clients is None:
            return None
        return _of_machines(clients, f"accsyn's app or user server of {party.name}")


def _of_machines(clients: Sequence[Client], called: str) -> Optional[Obstacle]:
    """Return why none of *clients* does anything at the moment, None where one does, or where there are none."""
    if not clients or any(client.online for client in clients):
        return None
    if any("disabled" in client.status for client in clients):
        return Obstacle(
            f"{called} is disabled", "It is enabled in accsyn, or by its schedule; jobs wait for that.", True
        )
    return Obstacle(f"{called} is offline", "Start accsyn there; jobs wait for that.", waits=True)
