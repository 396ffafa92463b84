"""What keeps an entity from being deleted or deactivated, and what goes along with it (accsyn workflow facts, 1, 2, 8).

Of machines and sites accsyn's documents tell it.
"""

from __future__ import annotations

from ftrack_accsyn_sandbox.accsyn import jobs, people, shares
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Client, Entity, Job, Queue, Share, Site, User
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace


def check_deactivation(workspace: Workspace, entity: Entity) -> None:
    """Raise Refusal for a home, which goes with its user, and for a share that a job uses."""
    if isinstance(entity, Share) and entity.type == "home":
        raise Refusal(f"A home cannot be deactivated, deactivate its user: {entity.code}")
    if isinstance(entity, Share):
        shares.check_unused(workspace, entity)


def take_leave(workspace: Workspace, entity: Entity, *, force: bool) -> None:
    """Do to others what the deletion of *entity* does to them. Raises Refusal where it cannot go."""
    if isinstance(entity, User):
        people.delete(workspace, entity)
    elif isinstance(entity, Queue):
        _leave_queue(workspace, entity)
    elif isinstance(entity, Client) and entity.status in ("online", "disabled"):
        raise Refusal(f"The client {entity.code} must be offline to be deleted.")
    elif isinstance(entity, Site):
        _check_site(workspace, entity)
    elif isinstance(entity, Share) and entity.type == "volume":
        _leave_volume(workspace, entity)
    elif isinstance(entity, Share) and not force:
        shares.check_unused(workspace, entity)


def _leave_queue(workspace: Workspace, queue: Queue) -> None:
    """Put the queue's jobs into the default one, which cannot go."""
    if queue.default:
        raise Refusal(f"The default queue cannot be deleted: {queue.code}")
    for job in workspace.each(Job):
        if job.queue_id == queue.id:
            job.queue_id = workspace.default_queue.id


def _check_site(workspace: Workspace, site: Site) -> None:
    if site.main:
        raise Refusal(f"The main site cannot be deleted: {site.code}")
    servers = [client.code for client in workspace.live(Client) if client.site_id == site.id]
    if servers:
        raise Refusal(f"The site {site.code} has servers: {', '.join(servers)}")
    for job in workspace.each(Job):
        if job.status not in jobs.FINISHED and not job.archived and site.id in (job.source.id, job.destination.id):
            raise Refusal(f"The site {site.code} is used by the job {job.code}.")


def _leave_volume(workspace: Workspace, volume: Share) -> None:
    """Delete the shares of the volume with all grants, and abort the jobs that use them; files stay."""
    gone = {share.id for share in workspace.each(Share) if share.volume_id == volume.id}
    for job in workspace.each(Job):
        ends = {end.share_id for task in job.tasks for end in (task.source, task.destination)}
        if job.status not in jobs.FINISHED and not job.archived and ends & gone:
            jobs.set_status(job, "aborted")
    for acl in list(workspace.each(Acl)):
        if acl.share_id in gone:
            del workspace.entities[acl.id]
    for share in workspace.each(Share):
        if share.id in gone:
            share.archived, share.active = True, False
