"""The parties between which accsyn moves files, as it writes and reads them (accsyn fact sheet, section 5). Pure.

An endpoint's party and the source and destination of every task are written here, so that they are always written in
the same way: accsyn knows a task again by its texts.
"""

from __future__ import annotations

import dataclasses
import re

MAIN, SITE, USER, CLIENT = "main", "site", "user", "client"
#: A user to whom files are delivered: no party of accsyn's, and nothing that `parse` reads or accsyn is told.
DELIVERY = "delivery"
#: What accsyn calls the main site of every workspace.
HQ = "hq"

_NAMED = re.compile(r"(site|client)=([\w.\-]+)")
#: Without what means something else in a source or destination, or cannot be asked for.
_ADDRESS = re.compile(r"([^\s@:/\\\"*=<>()\[\],;]+@[\w.\-]+)(?:@([\w.\-]+))?")


@dataclasses.dataclass(frozen=True, eq=False)
class Party:
    """One end of a transfer, the same however it is spelt.

    `name` is the code of the workspace or `hq` for the main site, a site's code or id, a user's e-mail address, or a
    client's id. `host` is the one machine that is meant of a user's; empty for the one that accsyn takes.
    """

    kind: str
    name: str
    host: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same for all spellings of a party."""
        return (self.kind, "" if self.kind == MAIN else self.name.casefold(), self.host.casefold())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Party) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        if self.kind in (SITE, CLIENT, DELIVERY):
            return f"{self.kind}={self.name}"
        return f"{self.name}@{self.host}" if self.host else self.name

    def source(self, volume: str, path: str) -> str:
        """Return the source of a task that reads *path* of *volume* there.

        A folder's path has no slash at its end (accsyn fact sheet, section 5); the main site is left out.
        """
        place = f"share={volume}/{path}"
        return place if self.kind == MAIN else f"{self}:{place}"

    @property
    def destination(self) -> str:
        """The destination of a task whose path is mirrored: the party alone."""
        return str(self)


def recipient(party: str) -> str:
    """Return the e-mail address of the user to whom files are delivered at an endpoint's *party*; else empty."""
    kind, _, address = party.partition("=")
    return address if kind == DELIVERY else ""


def of_endpoint(party: str, workspace: str = "") -> Party:
    """Return what an endpoint's *party* says, as `parse` does: there it may be a delivery as well."""
    address = recipient(party)
    return Party(DELIVERY, address) if address else parse(party, workspace)


def parse(text: str, workspace: str = "") -> Party:
    """Return the party that *text* names in a workspace with the code *workspace*.

    Raise ValueError, with the reason in words, for what accsyn would not read as a party: a bare word, say.
    """
    text = text.strip()
    for main in (HQ, workspace):  # in its own spelling: whether accsyn reads another one as a party is not documented
        if main and text.casefold() == main.casefold():
            return Party(MAIN, main)
    named, address = _NAMED.fullmatch(text), _ADDRESS.fullmatch(text)
    if named:
        kind, name = named.groups()
        # The built-in code of the main site, which need not be addressed as a site.
        return Party(MAIN, workspace or HQ) if kind == SITE and name.casefold() == HQ else Party(kind, name)
    if address:
        return Party(USER, address[1], address[2] or "")
    if re.fullmatch(r"[\w.\-]+", text):
        raise ValueError("it is no party: accsyn would read it as a path")
    raise ValueError("it is not an accsyn party such as acme or site=london")
