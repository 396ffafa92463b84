"""The verbs by which others get into the workspace, and out again: users, folders, grants (workflow facts, 1 and 2)."""

from __future__ import annotations

from typing import TypeVar

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model.accsyn import Grant, Moving, Share, User
from ftrack_accsyn_accessor.model.errors import Refused, Uncertain
from ftrack_accsyn_accessor.workspace.answers import Problem
from ftrack_accsyn_accessor.workspace.door import Door, quoted, rows_of
from ftrack_accsyn_accessor.workspace.session import Call

#: Statuses of live jobs of which nothing moves; any other one may be a running one's.
_AT_REST = frozenset({"init", "pending", "queued", "waiting", "paused", "onhold", "failed", "done", "aborted"})
_ALL = "/"

_Made = TypeVar("_Made", User, Share)


class Granting(Door):
    """One HTTP request each, unless a verb says otherwise. What the user may not do is raised as Refused."""

    def people(self, address: str = "") -> list[User]:
        """Return the users, deactivated and disabled ones among them, or those with this address; two requests.

        accsyn compares without regard to case, and may do so with letters that only look the same: compare afterwards.
        """
        query = f"code={quoted(address)}" if address else ""
        return [
            User.from_answer(row, active)
            for active, data in ((True, {}), (False, {"inactive": True}))
            for row in self._find("look the users up", address, "user", query, dict(data))
            if model.entity_id(row)
        ]

    def invite(self, address: str, message: str, home: bool) -> User:
        """Make a user with the role standard, to whom accsyn writes *message*; with *home* they get a home share.

        What accsyn does for an address that it knows, also of one who was deactivated, is not known: look first.
        """
        data = {"code": address, "role": "standard", "message": message, "create_home_share": home}
        tried = "invite the user"
        rows = rows_of(self._call(tried, address, Call("POST", "user/create", data))) or []
        return self._made(tried, address, [User.from_answer(row) for row in rows])

    def folders(self, entity_type: str = "folder") -> list[Share]:
        """Return the shared folders, or the homes or collections, deactivated ones among them; two requests."""
        return [
            Share.from_answer(row, active)
            for active, data in ((True, {}), (False, {"inactive": True}))
            for row in self._find("list the shared folders", "", entity_type, "", dict(data))
            if model.entity_id(row)
        ]

    def share_folder(self, volume_id: str, path: str, code: str) -> Share:
        """Share the directory *path* of a volume under a code that no share has; nobody is granted anything by it."""
        data = {"parent": volume_id, "path": path, "name": code, "code": code}
        tried = "share the folder"
        rows = rows_of(self._call(tried, path, Call("POST", "folder/create", data))) or []
        return self._made(tried, path, [Share.from_answer(row) for row in rows])

    def make_folders(self, volume: str, path: str) -> None:
        """Make the directory *path* of the volume with the code *volume*, and those above it; three requests a level.

        accsyn makes one level at a time, and refuses what is there, which is as good, also where another was faster.
        """
        parts = path.split("/")
        for index in range(len(parts)):
            place = f"volume={volume}/{'/'.join(parts[: index + 1])}"
            if self._is_there(place):
                continue
            try:
                self._call("make the folder", place, Call("POST", "workspace/file", {"op": "mkdir", "path": place}))
            except Refused:
                if not self._is_there(place):
                    raise

    def _is_there(self, place: str) -> bool:
        call = Call("GET", "workspace/file", {"op": "exists", "path": place})
        return self._call("look for the folder", place, call) is True

    def granted_to(self, user_id: str) -> list[Grant]:
        """Return everything that was granted to a user, on any share."""
        return [each for each in self._grants(f"entity=user:{user_id}") if each.user_id == user_id]

    def granted_on(self, share_id: str) -> list[Grant]:
        """Return what was granted on a share, to anybody."""
        return [each for each in self._grants(f"target=share:{share_id}") if each.share_id == share_id]

    def _grants(self, expression: str) -> list[Grant]:
        """Return the grants that *expression* finds; where accsyn does not offer them to queries, as its client asks.

        That one says twice what it asks for (workflow facts, section 2).
        """
        tried = "list what is granted"
        try:
            rows = self._find(tried, "", "acl", expression)
        except Refused:
            rows = self._find(tried, "", "acl", f"acl where {expression}", {"recursive": False})
        return [Grant.from_answer(row) for row in rows if model.entity_id(row)]

    def grant(self, user_id: str, share_id: str, *, read: bool, write: bool) -> None:
        """Let a user do this with all of a share, and no more; a grant of theirs on all of it is changed.

        Every key is given: what accsyn's own client leaves out means more than nothing. Nobody is invited, and whether
        it came to what was meant has to be read back: a grant of another path may have been moved.
        """
        data = {
            "entity": f"user:{user_id}",
            "target": f"share:{share_id}",
            "path": _ALL,
            "read": read,
            "write": write,
            "invite": False,
            "notify": False,
            "message": "",
        }
        self._call("grant access", share_id, Call("POST", "acl/create", data))

    def take_back(self, grant: Grant) -> None:
        """Delete one grant; whether another of the same user and share is left has to be read back."""
        try:
            self._call(
                "take the access back", grant.share or grant.share_id, Call("DELETE", "acl/delete", {}, "", grant.id)
            )
        except Refused:
            if any(each.id == grant.id for each in self.granted_on(grant.share_id)):
                raise

    def moving(self) -> list[Moving]:
        """Return the transfers of this moment of which something may be moving."""
        rows = self._find("look for what is moving", "", "transfer")
        return [Moving.from_answer(row) for row in rows if row.get("status") not in _AT_REST]

    def _made(self, tried: str, on: str, made: list[_Made]) -> _Made:
        found = next((each for each in made if model.is_id(each.id)), None)
        if found is None:
            raise self._error(tried, on, Problem(Uncertain, "the answer names no id"))
        return found
