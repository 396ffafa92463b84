"""Folders and homes below volumes (accsyn workflow facts, sections 1 and 2)."""

from __future__ import annotations

import itertools
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access
from ftrack_accsyn_sandbox.accsyn.call import Call, check_keys
from ftrack_accsyn_sandbox.accsyn.entities import Job, Queue, Share, User
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.jobs import FINISHED
from ftrack_accsyn_sandbox.accsyn.parties import own_home
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

_FOLDER_KEYS = ("code", "name", "parent", "path", "queue", "email", "description", "settings", "metadata")
_HOMES = "homes"  # the workspace's "homes directory" on the default volume


def new_folder(call: Call) -> Share:
    """Return a new folder share. Raises Refusal.

    Nobody but a volume's root is said to allow two shares on one directory; here nothing does.
    """
    check_keys(call.options, _FOLDER_KEYS, "folder")
    volume = call.workspace.get(Share, call.text("parent"))
    if volume is None or volume.type != "volume":
        raise Refusal(f"Unknown volume: {call.text('parent')}")
    access.check_share(call.workspace, call.user, volume, "", write=True)
    path = call.text("path").strip("/")
    if not path or ".." in path.split("/"):
        raise Refusal(f"Invalid path: {path}")
    taken = [share for share in call.workspace.live(Share) if (share.parent_id, share.path) == (volume.id, path)]
    if taken:
        raise Refusal(f"The directory {path} is shared already, as {taken[0].code}.")
    name = call.text("name", path.rsplit("/", 1)[-1])
    folder = Share(_code(call, name), name, type="folder", parent_id=volume.id, path=path)
    folder.queue_id, folder.email = queue_id(call), str(call.options.get("email", ""))
    make_directory(call.workspace, folder)
    return folder


def new_home(call: Call) -> Share:
    """Return the home of a user, to which nobody has access yet. Raises Refusal."""
    check_keys(call.options, ("user", "description", "settings", "metadata"), "home")
    user = call.workspace.get(User, call.text("user"))
    if user is None:
        raise Refusal(f"Unknown user: {call.text('user')}")
    return give_home(call.workspace, user)


def give_home(workspace: Workspace, user: User) -> Share:
    """Return the new home of a user, to which nobody has access yet. Raises Refusal."""
    volume = workspace.default_volume
    if volume is None:
        raise Refusal("There is no default volume.")
    if own_home(workspace, user) is not None:
        raise Refusal(f"{user.code} has a home already.")
    home = Share(
        *(user.code, user.code), type="home", parent_id=volume.id, path=f"{_HOMES}/{user.code}", user_id=user.id
    )
    make_directory(workspace, home)
    return workspace.add(home)


def make_directory(workspace: Workspace, share: Share) -> None:
    """Make the directory of a new share at head quarters, where the workspace does so."""
    folder = workspace.main_site.folders.get(share.volume_id)
    if workspace.create_directories and folder is not None:
        (folder / share.path).mkdir(parents=True, exist_ok=True)


def change(call: Call, share: Share) -> None:
    """Change what only shares have: code, queue and e-mail addresses. Raises Refusal."""
    data = call.options
    code = call.text("code", share.code)
    if code.lower() != share.code.lower() and call.workspace.get(Share, code) is not None:
        raise Refusal(f"There is a {call.kind} with the code {code} already.")
    share.queue_id = queue_id(call) if "queue" in data else share.queue_id
    share.code, share.email = code, str(data.get("email", share.email))


def check_unused(workspace: Workspace, share: Share) -> None:
    """Raise Refusal when a job that is not finished uses *share*: it cannot be deactivated then."""
    for job in workspace.each(Job):
        ends = (end for task in job.tasks for end in (task.source, task.destination))
        if job.status not in FINISHED and not job.archived and any(end.share_id == share.id for end in ends):
            raise Refusal(f"The share {share.code} is used by the job {job.code}.")


def _code(call: Call, name: str) -> str:
    """Return the code of the data, which must be new, or one made from *name*. Codes are unique among all shares."""
    if "code" in call.options:
        if call.workspace.get(Share, call.text("code")) is not None:
            raise Refusal(f"There is a {call.kind} with the code {call.text('code')} already.")
        return call.text("code")
    numbered = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(code for code in numbered if call.workspace.get(Share, code) is None)


def queue_id(call: Call) -> Optional[str]:
    """Return the id of the queue that the data name, None for none. Raises Refusal."""
    ident: Any = call.options.get("queue")
    if ident is None:
        return None
    queue = call.workspace.get(Queue, ident) if isinstance(ident, str) else None
    if queue is None:
        raise Refusal(f"Unknown queue: {ident}")
    return queue.id
