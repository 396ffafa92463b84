"""Who and what there is in a workspace: volumes, sites, users and machines, as far as the user may look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Optional
from urllib.parse import quote

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.accsyn import Client, Grant, Site, User, Volume
from ftrack_accsyn_accessor.model.errors import Refused, Unauthorised
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.workspace.door import Door, quoted
from ftrack_accsyn_accessor.workspace.session import Call

#: Characters of a query as it is sent: the request line holds more than that, and may be no longer than 4 KB (accsyn
#: fact sheet, section 1).
_MOST_CHARACTERS = 2_000
_BARE = re.compile(r"[\w.\-]+")


def named_location(answer: Any) -> Optional[tuple[str, str]]:
    """Return id and name of the location that accsyn's ftrack integration names in *answer*; None where it names none.

    It may do so by the bare id.
    """
    if isinstance(answer, dict):
        return (model.entity_id(answer), str(answer.get("name") or ""))
    return (answer, "") if isinstance(answer, str) and answer else None


class Directory(Door):
    """The verbs that list what there is; one request each. None in place of a list: the user may not look.

    What of a kind a user is not shown is missing in the list (accsyn fact sheet, section 3).
    """

    def role(self) -> str:
        """Return the user's role at login: admin, employee or standard."""
        return self._login().role

    def volumes(self) -> Optional[list[Volume]]:
        """Return the volumes; an empty list may mean that none is shown."""
        rows = self._listed("list the volumes", "volume")
        return None if rows is None else [Volume.from_answer(row) for row in rows]

    def sites(self) -> Optional[list[Site]]:
        """Return the sites, head quarters among them."""
        rows = self._listed("list the sites", "site")
        return None if rows is None else [Site.from_answer(row) for row in rows]

    def users(self, emails: Iterable[str]) -> Optional[list[User]]:
        """Return the users with these e-mail addresses, disabled ones included; one request for each 30 or so."""
        wanted = {email.casefold() for email in emails}
        found: dict[str, User] = {}
        for query in _joined(f"code={quoted(email)}" for email in sorted(wanted)):
            rows = self._listed("look the users up", "user", query)
            if rows is None:
                return None
            found.update((user.id, user) for user in map(User.from_answer, rows) if user.email.casefold() in wanted)
        return list(found.values())

    def clients(self) -> Optional[list[Client]]:
        """Return the apps and user servers of all users, and the servers of all sites."""
        query = " OR ".join(f"type={number}" for number in (model.APP, model.SERVER, model.USER_SERVER))
        rows = self._listed("list the clients", "client", query)
        return None if rows is None else [Client.from_answer(row) for row in rows]

    def servers_of(self, volume_id: str) -> Optional[list[Client]]:
        """Return the servers that serve a volume, at all sites."""
        call = Call("GET", "volume/servers", {}, entity_id=volume_id)
        try:
            rows = self._call("list the servers of the volume", volume_id, call)
        except (Refused, Unauthorised):
            return None
        listed = rows if isinstance(rows, list) else []
        return [Client.from_answer(row) for row in listed if isinstance(row, dict) and model.entity_id(row)]

    def grants(self) -> Optional[list[Grant]]:
        """Return what the user was granted; whether accsyn shows it is not settled (workflow facts, section 2)."""
        rows = self._listed("list what is granted to the user", "acl", f"entity=user:{self._login().user_id}")
        return None if rows is None else [Grant.from_answer(row) for row in rows]

    def upload_destination(self, location_id: str) -> Optional[Endpoint]:
        """Return where accsyn's ftrack integration wants the files of a ftrack location sent, None if nowhere.

        Nothing is registered for that, unlike by `Workspace.destination`; two requests.
        """
        tried = "ask accsyn's ftrack integration for the destination"
        try:
            location = named_location(self._setting(tried, location_id, "upload_location"))
            party = self._setting(tried, location_id, "upload_ident") if location is not None else None
        except (Refused, Unauthorised):
            return None
        found = self._party(party)
        return Endpoint(found, *location) if location is not None and found else None

    def _party(self, answer: Any) -> str:
        """Return the party that the integration's *answer* names, as a destination has it; empty where it names none.

        That a bare word is the code of a site is not documented; as a destination it would be a path (accsyn fact
        sheet, section 5).
        """
        text = answer.strip().rstrip(":") if isinstance(answer, str) else ""
        main = (parties.HQ, self._credentials.workspace.casefold())
        if not text or text.casefold() in main or _BARE.fullmatch(text) is None:
            return text
        return next((f"site={site.code}" for site in self.sites() or () if text in (site.code, site.id)), "")

    def _listed(self, tried: str, entity_type: str, query: str = "") -> Optional[list[dict[str, Any]]]:
        try:
            rows = self._find(tried, "", entity_type, query)
        except (Refused, Unauthorised):
            return None
        return [row for row in rows if model.entity_id(row)]


def _joined(terms: Iterable[str]) -> Iterator[str]:
    """Yield queries that find what meets any of *terms*, as few as may be sent."""
    chosen: list[str] = []
    length = 0
    for term in terms:
        more = len(quote(f" OR {term}"))
        if chosen and length + more > _MOST_CHARACTERS:
            yield " OR ".join(chosen)
            chosen, length = [], 0
        chosen.append(term)
        length += more
    if chosen:
        yield " OR ".join(chosen)
