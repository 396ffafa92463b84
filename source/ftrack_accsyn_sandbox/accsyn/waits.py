"""Why a task waits, and why its two ends cannot be joined (accsyn workflow facts, sections 3, 7 and 8)."""

from __future__ import annotations

from typing import Optional

from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Client, Job, Party, Share, Site, Task, User
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

# The end of a job that stands behind another one between the same two parties.
BEHIND = "Waiting for other jobs between the same source and destination (W#J053)"


def reason(workspace: Workspace, job: Job, task: Task) -> Optional[str]:
    """Return what keeps *task* from running, with accsyn's code at the end; None when nothing does.

    Nothing here is a failure: the task goes on by itself when the cause is gone.
    """
    queue = workspace.queue_of(job)
    if queue.status == "paused":
        return f"The queue {queue.code} is paused (W#J067)"
    for party in (task.source.party, task.destination.party):
        trouble = _of_people(workspace, job, party) or of_machine(workspace, party)
        if trouble:
            return trouble
    for endpoint in (task.source, task.destination):
        trouble = _of_share(workspace, endpoint.share_id)
        if trouble:
            return trouble
    return None


def unreachable(workspace: Workspace, job: Job) -> Optional[str]:
    """Return why the servers of the two sites of *job* do not reach each other, None when they do.

    Head quarters must be reachable from a site; of two other sites both must, by VPN or forwarded ports. What accsyn
    says then, and under which code, is not known.
    """
    ends = [workspace.holder(party) for party in (job.source, job.destination)]
    sites = [end for end in ends if isinstance(end, Site)]
    if len(sites) < 2 or sites[0] is sites[1]:
        return None
    needed = [site for site in sites if site.main] or sites
    closed = [site.code for site in needed if not site.ports_open]
    return f"No connection to {' and '.join(closed)}: a VPN or forwarded ports are needed" if closed else None


def _of_people(workspace: Workspace, job: Job, party: Party) -> Optional[str]:
    machine = workspace.entities.get(party.machine_id or "")
    owner = machine.user_id if isinstance(machine, Client) and machine.type != CLIENT_SERVER else ""
    for ident in (owner, job.user_id):
        user = workspace.entities.get(ident)
        if isinstance(user, User) and not (user.status == "enabled" and user.active):
            return f"The user {user.code} is disabled (E#J051)"
    return None


def of_machine(workspace: Workspace, party: Party) -> Optional[str]:
    """Return what keeps the machine, or the place, that stands for *party* from taking part; None when nothing does."""
    place = workspace.holder(party)
    if isinstance(place, Site) and not (place.status == "enabled" and place.active):
        return f"The site {place.code} is disabled (W#J052)"
    machine = workspace.entities.get(party.machine_id or "")
    if not isinstance(machine, Client):
        return "The client is gone (W#J050)"
    if machine.status == "online" and machine.active and not machine.archived:
        return None
    kind, code = ("server", "W#J055") if machine.type == CLIENT_SERVER else ("client", "W#J050")
    state = machine.status if machine.status != "online" else "deactivated"
    return f"The {kind} {machine.code} is {state} ({code})"


def _of_share(workspace: Workspace, share_id: Optional[str]) -> Optional[str]:
    share = workspace.entities.get(share_id or "")
    for each in (share, workspace.entities.get(share.parent_id or "") if isinstance(share, Share) else None):
        if isinstance(each, Share) and each.status != "enabled":
            return f"The {each.type} {each.code} is disabled (W#J052)"
    return None
