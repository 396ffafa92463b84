"""What a vendor needs in accsyn to take and to bring work: a user, two folders, and exactly one grant on each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Optional

from ftrack_accsyn_accessor.model import access as model
from ftrack_accsyn_accessor.model import errors, vendors
from ftrack_accsyn_accessor.model.access import Act, Deed, Machine, Reach, Situation, Standing
from ftrack_accsyn_accessor.model.accsyn import APP, USER_SERVER, Client, User, Volume
from ftrack_accsyn_accessor.model.outsourcing import PUSHED_FROM_TEXT, takes_pushed
from ftrack_accsyn_accessor.model.vendors import Places
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.workspace import Workspace

#: How often it is looked again after something was done: users and folders come first, then what builds upon them.
_ROUNDS = 4
_KINDS = {APP: "desktop app", USER_SERVER: "user server"}


@dataclasses.dataclass(frozen=True)
class Access:
    """How a vendor stands to a project, in data and in words.

    `steps` are what has to be done (by `look`), or was done (by `open_access`), for them to have what they need.
    `remarks` are what whoever hands out work has to know: that nobody has logged in yet, what they reach besides.
    `wider` are those grants of theirs that reach more than our own folders. `obstacle` tells why nothing may be granted
    or sent to them, or is empty. Ids are empty for what is not there.
    """

    project: str
    vendor: str
    places: Places
    standing: Standing
    user_id: str = ""
    invited_at: str = ""
    to_share_id: str = ""
    from_share_id: str = ""
    machines: tuple[Machine, ...] = ()
    steps: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    wider: tuple[Reach, ...] = ()
    obstacle: str = ""

    @property
    def ready(self) -> bool:
        """Whether they have what they need, and nothing keeps it from them."""
        return not self.steps and not self.obstacle


def look(means: Means, project: str, vendor: str) -> Access:
    """Return how the user *vendor* (e-mail address) stands to the project of this name. Changes nothing.

    A dozen requests; may raise `errors.WorkspaceError`.
    """
    places = vendors.places(means.rules, project, vendor)
    situation = situation_of(means, [places], [vendor])
    steps = tuple(each.words for each in model.deeds(situation, places, vendor))
    return _told(means, situation, project, vendor, steps)


def open_access(means: Means, project: str, vendor: str) -> Access:
    """See to it that the vendor has what they need, and no more of ours, read back and compared; what is so stays.

    Raise `errors.NotAllowed` for a user whom accsyn has disabled or deactivated, or for a folder or code that is
    something else's; `errors.Conflict` where what was read back is not what was granted; `errors.WorkspaceError`.
    """
    places = vendors.places(means.rules, project, vendor)
    done: list[str] = []
    for _ in range(_ROUNDS):
        situation = situation_of(means, [places], [vendor])
        refuse(situation, places, vendor)
        waiting = model.deeds(situation, places, vendor)
        if not waiting:
            return _told(means, situation, project, vendor, tuple(done))
        done += carry_out(means, situation.volume, vendor, waiting)
    words = "; ".join(each.words for each in waiting)
    remedy = "Look at what is granted on these folders in accsyn; somebody else may be changing it."
    raise errors.Conflict("grant a vendor access", vendor, f"accsyn still has something else: {words}", remedy)


def refuse(situation: Situation, places: Places, vendor: str) -> None:
    """Raise `errors.NotAllowed` where nothing may be granted to the vendor."""
    words = model.obstacle(situation, places, vendor)
    if words:
        raise errors.NotAllowed("grant a vendor access", vendor, words)


def situation_of(means: Means, places: Iterable[Places], addresses: Iterable[str]) -> Situation:
    """Return what accsyn has, with the grants of these users, and those on the folders of these places.

    Seven requests, and one more for each user and folder that is there.
    """
    return with_grants(means, bare_situation(means), places, addresses)


def bare_situation(means: Means) -> Situation:
    """Return what accsyn has, without grants; seven requests."""
    workspace = means.workspace
    found = workspace.volumes() or []
    volume = next((each for each in found if each.code.lower() == means.settings.volume.lower()), None)
    if volume is None:
        outcome = f"accsyn shows {means.settings.api_user} no volume with the code {means.settings.volume}"
        remedy = "Ask an accsyn administrator for the role admin, or for read and write access to the volume."
        raise errors.NotReady("look at what vendors may reach", "", outcome, remedy)
    return Situation(volume, workspace.people(), [*workspace.folders(), *workspace.folders("home")])


def with_grants(means: Means, situation: Situation, places: Iterable[Places], addresses: Iterable[str]) -> Situation:
    """Return *situation* with the grants of these users, and those on the folders of these places."""
    workspace = means.workspace
    users = filter(None, map(situation.user, dict.fromkeys(addresses)))
    grants = {grant.id: grant for user in users for grant in workspace.granted_to(user.id)}
    for each in places:
        for share in situation.both(each):
            grants.update({grant.id: grant for grant in (workspace.granted_on(share.id) if share else ())})
    return dataclasses.replace(situation, grants=grants)


def carry_out(means: Means, volume: Volume, vendor: str, waiting: Iterable[Deed]) -> list[str]:
    """Do what can be done of *waiting*, and return the words for it. What another process was faster at is as good."""
    done = []
    for deed in waiting:
        if deed.act is Act.GRANT and not deed.share_id:
            continue
        _do(means, volume, vendor, deed)
        done.append(deed.words)
    return done


def _do(means: Means, volume: Volume, vendor: str, deed: Deed) -> None:
    workspace = means.workspace
    if deed.act is Act.INVITE:
        _invite(workspace, vendor, means.rules.message, means.rules.home_share)
    elif deed.act is Act.SHARE:
        _share(workspace, volume, deed)
    elif deed.act is Act.TAKE_BACK and deed.grant is not None:
        workspace.take_back(deed.grant)
    elif deed.act is Act.GRANT:
        user = _user(workspace, vendor)
        if model.standing(user) in (Standing.ENABLED, Standing.INVITED) and user is not None:
            workspace.grant(user.id, deed.share_id, read=deed.read, write=deed.write)


def _user(workspace: Workspace, vendor: str) -> Optional[User]:
    found = [each for each in workspace.people(vendor) if vendors.lowered(each.email) == vendors.lowered(vendor)]
    return next((each for each in found if each.active), next(iter(found), None))


def _invite(workspace: Workspace, vendor: str, message: str, home: bool) -> None:
    try:
        workspace.invite(vendors.lowered(vendor), message, home)
    except errors.Refused:
        if _user(workspace, vendor) is None:
            raise


def _share(workspace: Workspace, volume: Volume, deed: Deed) -> None:
    workspace.make_folders(volume.code, deed.folder)
    try:
        workspace.share_folder(volume.id, deed.folder, deed.code)
    except errors.Refused:
        if not any((each.code.lower(), each.path) == (deed.code, deed.folder) for each in workspace.folders()):
            raise


def _told(means: Means, situation: Situation, project: str, vendor: str, steps: tuple[str, ...]) -> Access:
    places = vendors.places(means.rules, project, vendor)
    user = situation.user(vendor)
    to, back = situation.both(places)
    machines = _machines(means.workspace.clients() or [], user)
    wider = tuple(model.wider(situation, places, vendor))
    return Access(
        project=project,
        vendor=vendor,
        places=places,
        standing=model.standing(user),
        user_id=user.id if user is not None else "",
        invited_at=user.created if user is not None and user.invited else "",
        to_share_id=to.id if to is not None else "",
        from_share_id=back.id if back is not None else "",
        machines=machines,
        steps=steps,
        remarks=tuple(_remarks(vendor, user, machines, wider)),
        wider=wider,
        obstacle=model.obstacle(situation, places, vendor),
    )


def _machines(clients: Iterable[Client], user: Optional[User]) -> tuple[Machine, ...]:
    own = [each for each in clients if user is not None and each.user_id == user.id and each.type in _KINDS]
    return tuple(Machine(each.code, _KINDS[each.type or 0], each.online, each.version) for each in own)


def _remarks(vendor: str, user: Optional[User], machines: tuple[Machine, ...], wider: tuple[Reach, ...]) -> list[str]:
    told = []
    if user is not None and user.invited:
        told.append(f"{vendor} was invited on {user.created[:10] or 'an unknown day'}, and has never logged in.")
    if user is not None and user.role not in ("", model.STANDARD):
        told.append(f"{vendor} has the role {user.role} in accsyn, which may reach more than what is granted.")
    if user is not None and not machines:
        told.append(f"{vendor} has no machine with accsyn yet: deliveries are fetched with the app.")
    for each in machines:
        state = "online" if each.online else "not online"
        told.append(f"{vendor} has the {each.kind} {each.version or 'of an unknown version'} on {each.name}, {state}.")
        if not takes_pushed(each):
            told.append(
                f"On {each.name} files cannot be put into mapped folders: that takes version {PUSHED_FROM_TEXT}."
            )
    told += [f"{vendor} may do more than what is granted here: {each}." for each in wider]
    return told
