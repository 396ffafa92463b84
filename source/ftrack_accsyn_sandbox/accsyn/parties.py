"""Party and path notation: text -> `Endpoint`, with everything that accsyn refuses (accsyn fact sheet, section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Optional

from ftrack_accsyn_sandbox.accsyn import access
from ftrack_accsyn_sandbox.accsyn.entities import Client, Endpoint, Party, Share, Site, User, now
from ftrack_accsyn_sandbox.accsyn.errors import Denied, Refusal
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace, latest

_NAMED_PARTY = re.compile(r"^(site|client)=([^:/]+)(?::(.*))?$", re.DOTALL)
_SHARE_PATH = re.compile(r"^(share|volume|folder|home|collection)=([^/]+)(?:/(.*))?$", re.DOTALL)
# `name.%04d.exr[1001-1100]` or `name.####.exr`: group 1 head, 2 width or marks, 3 tail, 4 and 5 first and last frame.
SEQUENCE = re.compile(r"^(.*?)(%0?\d*d|#+)([^/#%\[\]]*?)(?:\[(-?\d+)-(-?\d+)\])?$", re.DOTALL)
_ID = re.compile(r"^[a-z0-9]{24}$")


@dataclass(frozen=True)
class Reader:
    """Reads endpoints for one call: who asks, and in which workspace.

    With *listing* a folder on the way to one that the user may read can be read, too; *unchecked*: grants do not count.
    """

    workspace: Workspace
    user: User
    listing: bool = False
    unchecked: bool = False

    def source(self, text: str) -> Endpoint:
        """Return the source that *text* names. Raises Refusal."""
        party, path = self._split(text)
        if not path:
            raise Refusal(f"Source has no path: {text}")
        endpoint = self._endpoint(party, path, text, write=False)
        if not endpoint.null:
            awkward = self.workspace.awkward_sequences or not self.workspace.sequences
            _check_sequence(endpoint.path or str(endpoint.absolute), text, awkward=awkward)
        return endpoint

    def destination(self, text: str, source: Endpoint) -> Endpoint:
        """Return the destination that *text* names for *source*; without a path it mirrors that. Raises Refusal.

        The path of a folder (a slash at the end) is followed by the name of the source.
        """
        party, path = self._split(text)
        if not path:
            return self.mirror(party, source, text)
        endpoint = self._endpoint(party, path, text, write=True)
        if SEQUENCE.match(endpoint.path):
            raise Refusal(f"A sequence is not possible as destination: {text}")
        if _is_sequence(source) and not endpoint.into:
            raise Refusal(f"The destination of a sequence must be a folder, with a slash at the end: {text}")
        return _inside(endpoint, source.name) if endpoint.into else endpoint

    def place(self, text: str, *, write: bool) -> Endpoint:
        """Return the place in a share that *text* names for a file operation. Raises Refusal."""
        party, path = self._split(text)
        endpoint = self._endpoint(party, path, text, write=write)
        share = self.workspace.entities.get(endpoint.share_id or "")
        if isinstance(share, Share) and share.status != "enabled":
            raise Refusal(f"The share is disabled: {share.code}")
        return endpoint

    def mirror(self, party: Party, source: Endpoint, text: str) -> Endpoint:
        """Return the place at *party* that lies in the same share as *source*, under the same path. Raises Refusal.

        What a slash at the end of the source does here is not known. As it makes a destination "into that folder", a
        mirrored path is read so, too: the harsher reading (accsyn fact sheet, section 5).
        """
        if source.null:
            return Endpoint(party, null=True)
        if source.share_id is None:
            raise Refusal(f"Cannot mirror a path that is not in a share: {text}")
        if text.startswith("client=") and self._is_foreign(party) and not self.workspace.foreign_client_mirrored:
            raise Refusal(f"A path is needed at the client of another user: {text}")
        self._check_share(party, source.share_id, source.path, write=True)
        endpoint = Endpoint(party, source.share_id, source.path, mirrored=True)
        return _inside(endpoint, source.name) if source.into else endpoint

    def _split(self, text: str) -> tuple[Party, str]:
        """Return the party, resolved, and the rest of *text*; it is the workspace when *text* names none."""
        party, path = self._party_and_path(text)
        resolved = self.workspace.resolved(party)
        if party.kind == "user" and resolved.machine_id is None:
            raise Refusal(f"The user has never had a client: {text}")
        return resolved, path

    def _party_and_path(self, text: str) -> tuple[Party, str]:
        named = _NAMED_PARTY.match(text)
        if named:
            return self._named_party(named.group(1), named.group(2)), named.group(3) or ""
        if text.startswith(("site=", "client=")):
            raise Refusal(f"A party must be followed by a colon: {text}")
        home = Party("workspace", self.workspace.id)
        if is_local(text) and (self.user.role == "standard" or self._in_volume(home, text) is None):
            return Party("user", self.user.id), text  # what no volume holds, or who sees none, means the own machine
        if _SHARE_PATH.match(text) or text.startswith("~") or is_local(text):
            return home, text
        head, colon, rest = text.partition(":")
        if head.lower() == self.workspace.code.lower() or (head == self.workspace.main_site.code and not colon):
            return home, rest
        if "@" in head and "/" not in head:
            return self._user_party(head), rest
        if colon:
            raise Refusal(f"Unknown party: {head}")
        return home, text

    def _named_party(self, kind: str, ident: str) -> Party:
        if kind == "site":
            site = self.workspace.get(Site, ident)
            if site is None or not site.active:
                raise Refusal(f"Unknown site: {ident}")
            return Party("site", site.id)
        client = self.workspace.get(Client, ident) if _ID.match(ident) else None
        if client is None or client.archived:
            raise Refusal(f"Unknown client: {ident}")
        if client.user_id != self.user.id and self.user.role == "standard":
            raise Denied("You are not allowed to use the client of another user.")
        return Party("client", client.id)

    def _user_party(self, text: str) -> Party:
        email, _, hostname = text.partition("@")[2].partition("@")
        address = f"{text.partition('@')[0]}@{email}"
        user = self.workspace.get(User, address)
        if user is None or not user.active:
            raise Refusal(f"Unknown user: {address}")
        if user.id != self.user.id and self.user.role == "standard":
            raise Denied("You are not allowed to use the clients of another user.")
        if not hostname:
            return self._place_of(user) or Party("user", user.id)
        own = [client for client in self.workspace.each(Client) if client.user_id == user.id]
        client = latest(client for client in own if client.code.lower() == hostname.lower())
        if client is None:
            raise Refusal(f"Unknown client of {address}: {hostname}")
        return Party("client", client.id)

    def _place_of(self, user: User) -> Optional[Party]:
        """Return the site that acts for the machine of an elevated user, where the workspace does so."""
        machine = self.workspace.holder(self.workspace.resolved(Party("user", user.id)))
        takes_over = self.workspace.site_takes_over and user.role != "standard"
        return Party("site", machine.site_id) if takes_over and machine is not None and machine.site_id else None

    def _endpoint(self, party: Party, path: str, text: str, *, write: bool) -> Endpoint:
        if path == "null":
            return Endpoint(party, null=True)
        _check_path(path, text)
        if is_local(path):
            return self._absolute(party, path, text, write=write)
        share, relative = self._share_and_path(party, path, text)
        if share.type == "collection":
            return self._collected(party, share, relative, text, write=write)
        self._check_share(party, share.id, relative, write=write)
        return Endpoint(party, share.id, relative.strip("/"), into=relative.endswith("/") or not relative)

    def _collected(self, party: Party, collection: Share, relative: str, text: str, *, write: bool) -> Endpoint:
        """Return the place of what *relative* names in a collection, by the last part of its path only."""
        if write or party.kind != "workspace":
            raise Denied(f"A collection is only read, at the workspace: {text}")
        access.check_share(self.workspace, self.user, collection, "", write=False)
        head, _, below = relative.partition("/")
        entry = next((entry for entry in collection.files.values() if entry.name == head), None)
        if entry is None:
            raise Refusal(f"There is no such file in the collection: {text}")
        return replace(entry, party=party, path=f"{entry.path}/{below}".strip("/"), into=relative.endswith("/"))

    def _share_and_path(self, party: Party, path: str, text: str) -> tuple[Share, str]:
        named = _SHARE_PATH.match(path)
        if named is None and party.kind in ("client", "user"):
            raise Refusal(f"Path must name a share or be absolute at a client: {text}")
        if path == "~" or path.startswith("~/"):
            return self._home(path[2:] or f"{now():%Y%m%d}/", text)
        share = self._share(named.group(1), named.group(2)) if named else self.workspace.default_volume
        if share is None or not share.active or share.archived:
            raise Refusal(f"Unknown share: {named.group(2) if named else '(default)'}")
        relative = (named.group(3) or "") if named else path
        if relative.startswith("/"):
            raise Refusal(f"Path must be relative to the share: {text}")
        return share, relative

    def _home(self, relative: str, text: str) -> tuple[Share, str]:
        """Return the own home share; a bare `~` means the folder of the day in it, where things are dropped."""
        home = own_home(self.workspace, self.user)
        if home is None:
            raise Refusal(f"There is no home share: {text}")
        return home, relative

    def _share(self, kind: str, ident: str) -> Optional[Share]:
        if ident == "(default)":
            return self.workspace.default_volume
        share = self.workspace.get(Share, ident)
        return share if share is not None and kind in ("share", share.type) else None

    def _check_share(self, party: Party, share_id: str, path: str, *, write: bool) -> None:
        """Raise Refusal when the party does not serve the share, or the user may not use it there."""
        share = self.workspace.entities[share_id]
        if not isinstance(share, Share):
            raise Refusal(f"Unknown share: {share_id}")
        if party.kind in ("workspace", "site"):
            if party.machine_id is None or self.workspace.folder(party, share_id) is None:
                raise Refusal(f"The volume of {share.code} is not served at the site.")
            access.check_site(self.workspace.holder(party), write=write)
            if party.kind == "site":
                access.check_site_transfer(self.workspace, self.user, share)
            leads = self.listing and access.leads_to_grant(self.workspace, self.user, share, path)
            if not self.unchecked and not leads:
                access.check_share(self.workspace, self.user, share, path, write=write)
        elif self._is_foreign(party):
            access.check_mapped(self.workspace.holder(party), share, write=write)

    def _is_foreign(self, party: Party) -> bool:
        """Return whether *party* is the machine of another user."""
        return party.kind in ("client", "user") and self.workspace.holder(party).user_id != self.user.id

    def _absolute(self, party: Party, path: str, text: str, *, write: bool) -> Endpoint:
        into = path.endswith(("/", "\\"))
        if party.kind in ("workspace", "site"):
            return self._inside_volume(party, path, text, into, write=write)
        if self._is_foreign(party):
            raise Denied("Only the owner of a client may name local paths on it.")
        return Endpoint(party, absolute=Path(path), into=into)

    def _roots(self, party: Party, volume: Share) -> list[str]:
        """Return the roots of a volume as *party* has it: its folder and, at head quarters, those of all platforms."""
        folder = self.workspace.folder(party, volume.id) if volume.type == "volume" else None
        if folder is None:
            return []
        others = [volume.root, *volume.paths.values()] if self.workspace.holder(party).main else []
        return [str(folder), *filter(None, others)]

    def _inside_volume(self, party: Party, path: str, text: str, into: bool, *, write: bool) -> Endpoint:
        found = self._in_volume(party, path)
        if found is None:
            raise Refusal(f"Path is not below any volume: {text}")
        share, relative = found
        self._check_share(party, share.id, relative, write=write)
        return Endpoint(party, share.id, relative, into=into)

    def _in_volume(self, party: Party, path: str) -> Optional[tuple[Share, str]]:
        """Return the volume below whose root at *party* an absolute *path* lies, and the rest of it; None for none."""
        roots = ((share, root) for share in self.workspace.live(Share) for root in self._roots(party, share))
        found = ((share, _relative(path, root)) for share, root in roots)
        return next(((share, relative) for share, relative in found if relative is not None), None)


def own_home(workspace: Workspace, user: User) -> Optional[Share]:
    """Return the home share of *user*, if any."""
    return next((share for share in workspace.live(Share) if share.type == "home" and share.user_id == user.id), None)


def is_local(path: str) -> bool:
    """Return whether *path*, without a party, is one on a disk: absolute, in any system's notation."""
    return path.startswith("/") or bool(PureWindowsPath(path).drive)


def _relative(path: str, root: str) -> Optional[str]:
    """Return the part of *path* below *root*, None when it does not lie there; Windows paths go without case."""
    kind = PureWindowsPath if PureWindowsPath(root).drive else PurePosixPath
    below, above = kind(path), kind(root)
    return below.relative_to(above).as_posix() if above in below.parents else None


def check_pair(workspace: Workspace, user: User, source: Party, destination: Party) -> None:
    """Raise Refusal for two parties between which no document lets files go.

    Documented are workspace and machine, workspace and site, site and site, site and own machine.
    """
    ends = [workspace.holder(party) for party in (source, destination)]
    machines = [end for end in ends if isinstance(end, Client)]
    sites = [end for end in ends if isinstance(end, Site) and not end.main]
    at_site = bool(sites) and any(machine.user_id != user.id for machine in machines)
    if not workspace.undocumented_pairs and (len(machines) == 2 or at_site):
        what = "a site and the machine of another user" if at_site else "two machines"
        raise Refusal(f"Files cannot be transferred between {what}.")


def _inside(folder: Endpoint, name: str) -> Endpoint:
    """Return the place called *name* in *folder*; the folder itself when the source is a whole share."""
    if folder.absolute is not None:
        return replace(folder, absolute=folder.absolute / name)
    return replace(folder, path=f"{folder.path}/{name}".strip("/"))


def _check_path(path: str, text: str) -> None:
    if any(part == ".." for part in re.split(r"[/\\]", path)) or "\0" in path:
        raise Refusal(f"Invalid path: {text}")
    if "\\" in path and not PureWindowsPath(path).drive:
        raise Refusal(f"Use forward slashes in paths: {text}")


def _check_sequence(path: str, text: str, *, awkward: bool) -> None:
    """Refuse sequence expressions whose reading is not documented (accsyn fact sheet, section 5)."""
    match = SEQUENCE.match(path)
    if match is None:
        return
    first, last = match.group(4), match.group(5)
    if first is not None and int(first) > int(last):
        raise Refusal(f"Invalid frame range: {text}")
    if not awkward and re.search(r"[\s{}\[\]]", path[: match.start(4) - 1 if first is not None else None]):
        raise Refusal(f"Blanks, braces and brackets are not possible in a sequence expression: {text}")


def _is_sequence(endpoint: Endpoint) -> bool:
    return not endpoint.null and SEQUENCE.match(endpoint.path or str(endpoint.absolute)) is not None
