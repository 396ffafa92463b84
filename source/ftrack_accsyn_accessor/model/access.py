"""Who may reach what of a vendor's folders, and what has to be done so that they may, or may not any more. Pure."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.accsyn import Grant, Share, User, Volume
from ftrack_accsyn_accessor.model.naming import LOOSE
from ftrack_accsyn_accessor.model.vendors import Places, lowered

ALL = "/"
#: Whether the server's disk tells names apart that differ in case or form is not known: rather one too many is told.
#: The role of those to whom nothing is open but what was granted to them.
STANDARD = "standard"


class Standing(enum.Enum):
    """How an accsyn user stands; nothing is granted, or sent, to those who are `DISABLED` or `INACTIVE`."""

    UNKNOWN = "unknown"
    INVITED = "invited"
    ENABLED = "enabled"
    DISABLED = "disabled"
    INACTIVE = "inactive"


@dataclasses.dataclass(frozen=True)
class Machine:
    """A client of a vendor: its host name, what it is ("desktop app", "user server"), and its version, if told."""

    name: str
    kind: str
    online: bool
    version: str = ""


@dataclasses.dataclass(frozen=True)
class Reach:
    """What a user may do below `folder` (relative to the volume, empty for all of it) by a grant on a share.

    `folder` is None where it is not known: of a collection, or of a share that accsyn does not show.
    """

    grant: Grant
    share: str
    folder: Optional[str]

    def __str__(self) -> str:
        rights = " and ".join(word for word, given in (("read", self.grant.read), ("write", self.grant.write)) if given)
        return f"{rights or 'nothing'} of {self.share}{'' if self.folder is None else f' ({self.folder or ALL})'}"


class Rights(NamedTuple):
    """What a vendor may do with the two folders; TO is never written."""

    read_to: bool
    read_from: bool
    write_from: bool


OPEN = Rights(True, True, True)
CLOSING = Rights(True, True, False)
CLOSED = Rights(False, False, False)


class Act(enum.Enum):
    """What can be done about access."""

    INVITE = "invite"
    SHARE = "share"
    GRANT = "grant"
    TAKE_BACK = "take back"


@dataclasses.dataclass(frozen=True)
class Deed:
    """Something to do, and `words` for it. Of the other fields those count that the act needs."""

    act: Act
    words: str
    code: str = ""
    folder: str = ""
    share_id: str = ""
    read: bool = False
    write: bool = False
    grant: Optional[Grant] = None


@dataclasses.dataclass(frozen=True)
class Situation:
    """What accsyn has: all users, all shares that have a path, and the grants that are of interest.

    `grants` are all of the vendor's, and all on the two folders, by their ids.
    """

    volume: Volume
    people: Sequence[User]
    shares: Sequence[Share]
    grants: Mapping[str, Grant] = dataclasses.field(default_factory=dict)

    def user(self, address: str) -> Optional[User]:
        """Return the user with this address, one who was deactivated only where there is no other."""
        found = [each for each in self.people if lowered(each.email) == lowered(address)]
        return next((each for each in found if each.active), next(iter(found), None))

    def share(self, code: str, folder: str) -> Optional[Share]:
        """Return the shared folder that has this code and lies there in the volume, None where there is none."""
        wanted = (self.volume.id, code.lower(), folder)
        found = [each for each in self.shares if (each.volume_id, each.code.lower(), each.path) == wanted]
        return next((each for each in found if each.active), next(iter(found), None))

    def both(self, places: Places) -> tuple[Optional[Share], Optional[Share]]:
        """Return the two folders of a vendor, TO and FROM, None for what is not there."""
        return self.share(places.to_code, places.to_folder), self.share(places.from_code, places.from_folder)

    def role(self, user_id: str) -> str:
        """Return the role of a user, empty where there is no such."""
        return next((each.role for each in self.people if each.id == user_id), "")

    def is_of(self, grant: Grant, vendor: str) -> bool:
        """Whether *grant* is that of the user with this address."""
        user = self.user(vendor)
        return user is not None and grant.user_id == user.id

    def on(self, share: Optional[Share]) -> list[Grant]:
        """Return the grants on *share*."""
        return [each for each in self.grants.values() if share is not None and each.share_id == share.id]

    def reach(self, grant: Grant) -> Reach:
        """Return where *grant* leads to."""
        shares = {each.id: (each.code, each.path) for each in self.shares if each.volume_id == self.volume.id}
        shares[self.volume.id] = (self.volume.code, "")
        code, path = shares.get(grant.share_id, (grant.share or grant.share_id, None))
        folder = None if path is None else "/".join(filter(None, (path, grant.path.strip("/"))))
        return Reach(grant, code, folder)


def standing(user: Optional[User]) -> Standing:
    """Return how *user* stands."""
    if user is None:
        return Standing.UNKNOWN
    if not user.active:
        return Standing.INACTIVE
    if user.status not in ("", "enabled"):
        return Standing.DISABLED
    return Standing.INVITED if user.invited else Standing.ENABLED


def obstacle(situation: Situation, places: Places, vendor: str) -> str:
    """Return why nothing may be granted or sent to the vendor, in words; empty where nothing speaks against it."""
    user = situation.user(vendor)
    how = standing(user)
    if not vendor.isascii() or "@" not in vendor:
        return f"{vendor} is no e-mail address in plain letters: which user accsyn takes it for is not certain."
    if how in (Standing.DISABLED, Standing.INACTIVE):
        did = "disabled" if how is Standing.DISABLED else "deactivated"
        return f"{vendor} is {did} in accsyn; granting or sending might bring them back. Do so there, if that is meant."
    for code, folder in ((places.to_code, places.to_folder), (places.from_code, places.from_folder)):
        words = _in_the_way(situation, code, folder)
        if words:
            return words
    return ""


def _in_the_way(situation: Situation, code: str, folder: str) -> str:
    """Return what keeps *folder* from being shared as *code*, or that from being used."""
    ours = situation.share(code, folder)
    if ours is not None and not ours.active:
        return (
            f"The folder {code} was deactivated in accsyn. Activate it there: what is granted on it is compared then."
        )
    if ours is not None and ours.status == "disabled":
        return f"The folder {code} is disabled in accsyn; granting might enable it. Do so there, if that is meant."
    for each in situation.shares:
        same = each.volume_id == situation.volume.id and LOOSE.same(each.path, folder)
        if each == ours or not (same or each.code.lower() == code):
            continue
        if same and not each.active:
            continue
        what = f"shared already, as {each.code}" if same else f"not what is shared as {code}: that is {each.path}"
        return f"The folder {folder} is {what}. Give that share another {'folder' if same else 'code'} in accsyn."
    return ""


def deeds(situation: Situation, places: Places, vendor: str) -> list[Deed]:
    """Return what has to be done for the vendor to have exactly what they need on their folders; none where it is so.

    What builds upon other things comes once these are there: do it, look again. Nothing of what keeps from it is heeded
    here: see `obstacle`.
    """
    user = situation.user(vendor)
    found = [] if user else [Deed(Act.INVITE, f"invite {vendor} to accsyn, with the role standard")]
    for code, folder, rights in _folders(places, OPEN):
        share = situation.share(code, folder)
        if share is None:
            found.append(Deed(Act.SHARE, f"make the folder {folder}, and share it as {code}", code, folder))
        may = "read and write" if rights[1] else "read"
        if share is None or user is None:
            found.append(Deed(Act.GRANT, f"let {vendor} {may} {folder}", code, folder, "", *rights))
            continue
        found += _surplus(situation, share, user)
        if not any(_exact(each, user, rights) for each in situation.on(share)):
            found.append(Deed(Act.GRANT, f"let {vendor} {may} {folder}", code, folder, share.id, *rights))
        else:
            found += _doubled(situation, share, user, rights)
    return found


def narrowing(situation: Situation, places: Places, vendor: str, rights: Rights) -> list[Deed]:
    """Return what has to be done for the vendor to have no more than *rights*; nothing is granted that they lack.

    Who is disabled, or has a disabled folder, is taken everything there: a grant of less might enable them again.
    """
    user = situation.user(vendor)
    found: list[Deed] = []
    for code, folder, (read, write) in _folders(places, rights):
        share = situation.share(code, folder)
        own = [each for each in situation.on(share) if user is not None and each.user_id == user.id]
        enough = any((each.path, each.read, each.write) == (ALL, True, False) for each in own)
        for grant in own:
            if share is None or not read or grant.path != ALL:
                found.append(take_back(grant, code, "it is not needed any more"))
            elif grant.write and not write:
                enabled = standing(user) in (Standing.ENABLED, Standing.INVITED) and share.status != "disabled"
                # Of several grants on one folder accsyn would change another one than this.
                found.append(
                    Deed(Act.GRANT, f"let {vendor} only read {folder}", code, folder, share.id, True, False)
                    if grant.read and enabled and not enough
                    else take_back(grant, code, "it is not needed any more")
                )
    return found


def _folders(places: Places, rights: Rights) -> list[tuple[str, str, tuple[bool, bool]]]:
    return [
        (places.to_code, places.to_folder, (rights.read_to, False)),
        (places.from_code, places.from_folder, (rights.read_from, rights.write_from)),
    ]


def _exact(grant: Grant, user: User, rights: tuple[bool, bool]) -> bool:
    return (grant.user_id, grant.path, grant.read, grant.write) == (user.id, ALL, *rights)


def _surplus(situation: Situation, share: Share, user: User) -> list[Deed]:
    """Return how grants on a vendor's folder go that are on a part of it, or some other vendor's."""
    found = []
    for grant in situation.on(share):
        if grant.user_id == user.id and grant.path != ALL:
            found.append(take_back(grant, share.code, "each has exactly one grant on a folder"))
        elif grant.user_id != user.id and situation.role(grant.user_id) in ("", STANDARD):
            found.append(take_back(grant, share.code, f"nobody but {user.email} has anything to do there"))
    return found


def _doubled(situation: Situation, share: Share, user: User, rights: tuple[bool, bool]) -> list[Deed]:
    """Return how all grants of a user on the whole of a folder go but one that is what it should be."""
    own = [each for each in situation.on(share) if (each.user_id, each.path) == (user.id, ALL)]
    kept = next(each for each in own if _exact(each, user, rights))
    return [take_back(each, share.code, "each has exactly one grant on a folder") for each in own if each != kept]


def take_back(grant: Grant, code: str, why: str) -> Deed:
    """Return that a grant on the share with this code goes, and why."""
    whose = grant.user or grant.user_id
    words = f"take back what {whose} was granted on {code} ({grant.path}): {why}"
    return Deed(Act.TAKE_BACK, words, code, share_id=grant.share_id, grant=grant)


def lacks(situation: Situation, places: Places, vendor: str) -> bool:
    """Whether the vendor has less than what open tasks take."""
    user = situation.user(vendor)
    for code, folder, (read, write) in _folders(places, OPEN):
        own = [each for each in situation.on(situation.share(code, folder)) if user and each.user_id == user.id]
        whole = [each for each in own if each.path == ALL]
        if not (any(each.read >= read for each in whole) and any(each.write >= write for each in whole)):
            return True
    return False


def wider(situation: Situation, places: Places, vendor: str) -> list[Reach]:
    """Return those of a vendor's grants on other shares that lead into, or to what lies above, one of their folders.

    Rights of several grants add up: with one of these they may do more than what is granted on their folders.
    """
    user = situation.user(vendor)
    own = {share.id for share in situation.both(places) if share is not None}
    reaches = (situation.reach(each) for each in situation.grants.values() if user and each.user_id == user.id)
    return [each for each in reaches if each.grant.share_id not in own and touches(each.folder, places[:4])]


def touches(folder: Optional[str], others: Iterable[str]) -> bool:
    """Whether one of *folder* and *others* lies in the other, as far as any disk may take them for one."""
    return folder is not None and any(
        not folder or LOOSE.covers(folder, other) or LOOSE.covers(other, folder) for other in others
    )
