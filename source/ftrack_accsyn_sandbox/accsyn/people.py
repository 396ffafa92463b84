"""Users that come, go and come back (accsyn workflow facts, section 1)."""

from __future__ import annotations

from typing import Optional

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Acl, Client, Job, Mail, Share, User, new_id
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace


def invited(
    workspace: Workspace, email: str, *, name: str = "", role: str = "standard", message: str = "", mail: bool = True
) -> User:
    """Return a new user who has not signed up yet and gets *message* by mail, unless *mail* is off.

    Somebody who was deactivated comes back, with all grants and the home; whether the role of before is kept is not
    known, here it is. Who was deleted comes back with the role of the invitation and with nothing but what belongs to
    the person: id, account, key and the machines whose app was signed in. (An account is one for all workspaces and
    outlives being deleted from one; that the key does, too, is only how accsyn's own tests use theirs.)
    """
    user = next((user for user in workspace.each(User) if user.code.lower() == email.lower()), None)
    if user is None:
        user = workspace.add(User(email, name or email, role=role, api_key=new_id(), signed_up=False))
    elif user.archived:
        user.role, user.status = role, "enabled"
        _set_deleted(workspace, user, deleted=False)
    else:
        set_active(workspace, user, active=True)
    if mail:
        workspace.mails.append(Mail(user.code, "invitation", message))
    return user


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


def delete(workspace: Workspace, user: User) -> None:
    """Take a user out of the workspace: with the grants and the home (its files stay), and with all jobs aborted."""
    for job in workspace.each(Job):
        if job.status not in jobs.FINISHED and not job.archived and _involves(workspace, user, job):
            jobs.set_status(job, "aborted")
    for acl in list(workspace.each(Acl)):
        if acl.user_id == user.id:
            del workspace.entities[acl.id]
    for share in workspace.each(Share):
        if share.type == "home" and share.user_id == user.id:
            share.archived = True
    _set_deleted(workspace, user, deleted=True)


def _set_deleted(workspace: Workspace, user: User, *, deleted: bool) -> None:
    user.archived, user.active = deleted, not deleted
    for client in workspace.each(Client):
        if client.user_id == user.id and client.type != CLIENT_SERVER:
            client.archived = deleted


def _active_job(workspace: Workspace, user: User) -> Optional[Job]:
    live = (job for job in workspace.each(Job) if job.status not in jobs.FINISHED and not job.archived)
    return next((job for job in live if _involves(workspace, user, job)), None)


def _involves(workspace: Workspace, user: User, job: Job) -> bool:
    """Return whether *job* is the user's, or one to or from a machine of the user."""
    machines = {client.id for client in workspace.each(Client) if client.user_id == user.id}
    return job.user_id == user.id or bool({job.source.machine_id, job.destination.machine_id} & machines)
