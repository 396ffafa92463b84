"""Users that come, go and come back (accsyn workflow facts, section 1)."""

from __future__ import annotations

from typing import Optional

from ftrack_accsyn_sandbox.accsyn.entities import Client, Job, Mail, Share, User, new_id
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.jobs import FINISHED
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace


def invited(
    workspace: Workspace, email: str, *, name: str = "", role: str = "standard", message: str = "", mail: bool = True
) -> User:
    """Return a new user who has not signed up yet and gets *message* by mail, unless *mail* is off.

    Somebody who was deactivated comes back, with all grants and the home; whether the role of before is kept is not
    known, here it is.
    """
    gone = [user for user in workspace.each(User) if user.code.lower() == email.lower() and not user.archived]
    if gone:
        set_active(workspace, gone[0], active=True)
    else:
        gone = [workspace.add(User(email, name or email, role=role, api_key=new_id(), signed_up=False))]
    if mail:
        workspace.mails.append(Mail(gone[0].code, "invitation", message))
    return gone[0]


def known(workspace: Workspace, ident: str) -> Optional[User]:
    """Return the user with the id or address who is in the workspace, invited ones included; None for nobody."""
    user = workspace.get(User, ident)
    return user if user is not None and user.active and not user.archived else None


def set_active(workspace: Workspace, user: User, *, active: bool) -> None:
    """Deactivate a user, or bring one back; the home goes and comes along. Raises Refusal while a job is active."""
    job = None if active else _active_job(workspace, user)
    if job is not None:
        raise Refusal(f"The user {user.code} has an active job: {job.code}.")
    user.active = active
    for share in workspace.each(Share):
        if share.type == "home" and share.user_id == user.id:
            share.active = active


def _active_job(workspace: Workspace, user: User) -> Optional[Job]:
    machines = {client.id for client in workspace.each(Client) if client.user_id == user.id}
    for job in workspace.each(Job):
        ends = {job.source.machine_id, job.destination.machine_id}
        if job.status not in FINISHED and not job.archived and (job.user_id == user.id or ends & machines):
            return job
    return None
