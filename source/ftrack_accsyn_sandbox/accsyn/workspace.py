"""The state of one workspace: entities, who is logged in, and what tests may look at and change."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional, TypeVar

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.entities import (
    CLIENT_APP,
    CLIENT_SERVER,
    Acl,
    Client,
    Endpoint,
    Entity,
    Job,
    Mail,
    Party,
    Queue,
    Share,
    Site,
    Ticks,
    User,
    known_role,
    new_id,
    now,
)
from ftrack_accsyn_sandbox.accsyn.errors import Unauthenticated
from ftrack_accsyn_sandbox.accsyn.hooks import Hooks
from ftrack_accsyn_sandbox.accsyn.inspection import JobRow, job_row
from ftrack_accsyn_sandbox.accsyn.integration import FtrackIntegration

# Under which of a volume's `paths` this system finds its root.
PLATFORM = {"win32": "windows", "darwin": "mac"}.get(sys.platform, "linux")
_UNTICKED = Ticks()

_Kind = TypeVar("_Kind", bound=Entity)


class Workspace:
    """One workspace, in memory. Every method may be called from any thread; `changed` is its lock and its alarm.

    `hooks` are the commands that it runs; `offered` is what the one before a publish said last of a
    file, by the ids of its user and of its entry. `mails` has what accsyn would have mailed, oldest first.

    What is not known about the real one can be set; the first is "refused", *one_grant_per_share* is on, as accsyn's
    own tests have it, all others are off:

    * *employee_volumes*: what a `Volume` query by an employee yields ("refused", "empty" or "granted")
    * *employee_clients*: employees see the machines of other users
    * *files_at_sites*: file operations accept a site
    * *undocumented_pairs*: files go from machine to machine, and between a site and the machine of another user
    * *foreign_client_mirrored*: `client=<id>` of another user is a destination without a path, too
    * *site_takes_over*: the server of a site acts for what names an elevated user whose machine belongs to that site
    * *sending_enables*: sending or granting to a disabled user, or to a disabled share, enables it again
    * *one_grant_per_share*: a grant for another path of a share takes the place of the first; the answer is then true
    * *create_directories*: the directory of a new folder, or home, is made (accsyn's setting of that name)
    * *auto_homes*: who is created gets a home, unless the call says otherwise
    * *publish_trusts_client*: where a publish goes, and whether it may, is taken from what its client sends
    * *free_space_attribute*: the name under which volumes tell their free space, in bytes
    * *awkward_sequences*: blanks, braces and brackets are understood in sequence expressions
    * *holes*: frames that a sequence does not have are passed over
    * *sequences* (on): off, an expression is taken for the name of a file
    * *twists* (none): what is asked and answered otherwise
    """

    def __init__(self, code: str) -> None:
        self.id = new_id()
        self.code = code
        self.changed = threading.Condition(threading.RLock())
        self.entities: dict[str, Entity] = {}
        self.sessions: dict[str, str] = {}
        self.settings: dict[str, str] = {}
        self.integration = FtrackIntegration()
        self.mails: list[Mail] = []
        self.hooks = Hooks()
        self.offered: dict[tuple[str, str], dict[str, Any]] = {}
        self.employee_volumes = "refused"
        self.employee_clients = False
        self.files_at_sites = False
        self.undocumented_pairs = False
        self.foreign_client_mirrored = False
        self.site_takes_over = False
        self.sending_enables = False
        self.one_grant_per_share = True
        self.create_directories = False
        self.auto_homes = False
        self.publish_trusts_client = False
        self.free_space_attribute: Optional[str] = None
        self.sequences = True
        self.awkward_sequences = self.holes = False
        self.twists: tuple[Any, ...] = ()

    # Content

    def add(self, entity: _Kind) -> _Kind:
        """Add *entity* and return it."""
        with self.changed:
            if isinstance(entity, Job):
                entity.hooks, entity.ending = self.hooks.commands, ""
                jobs.settle(entity)
            self.entities[entity.id] = entity
            self.changed.notify_all()
        return entity

    def add_user(self, email: str, api_key: str, role: str, name: str = "") -> User:
        """Add a user who logs in with *api_key*; *role* is "admin", "employee" or "standard"."""
        return self.add(User(email, name or email.split("@")[0], role=known_role(role), api_key=api_key))

    def add_site(self, code: str, *, main: bool = False) -> Site:
        """Add a site; exactly one is *main*, the head quarters, which other sites reach."""
        return self.add(Site(code, code, main=main, ports_open=main))

    def add_volume(
        self, code: str, folder: Path, *, default: bool = False, paths: Optional[Mapping[str, str]] = None
    ) -> Share:
        """Add a volume that head quarters keeps in *folder*. Needs the main site.

        *paths* are its roots by platform; that of this system is *folder* unless they name it.
        """
        roots = {PLATFORM: str(folder), **(paths or {})}
        volume = self.add(Share(code, code, type="volume", default=default, paths=roots))
        self.main_site.folders[volume.id] = folder
        return volume

    def add_queue(self, code: str, priority: int, *, default: bool = False) -> Queue:
        """Add a queue; *priority* is 0 to 1000."""
        return self.add(Queue(code, code, priority=priority, default=default))

    def add_client(self, code: str, user: User, **attributes: Any) -> Client:
        """Add an online machine of *user*; *attributes* as of `Client`."""
        return self.add(Client(code, code, user_id=user.id, **{"status": "online", "type": CLIENT_APP, **attributes}))

    def map_share(self, client: Client, share: Share, folder: Path, ticks: Ticks = _UNTICKED) -> None:
        """Map *share* to *folder* on all machines that *client*'s user has there now, which their MAC lists tell.

        A machine added later does not have the mapping (accsyn workflow facts, section 3). Raises ValueError for a
        standard user's volume that is not mapped by environment.
        """
        with self.changed:
            standard = self.user(client.user_id).role == "standard"
            if standard and share.type == "volume" and not ticks.by_environment:
                raise ValueError("A standard user maps a volume by environment only.")
            for each in self.each(Client):
                if each is client or (
                    client.host_id and (each.user_id, each.host_id) == (client.user_id, client.host_id)
                ):
                    each.folders[share.id] = folder
                    each.ticks[share.id] = ticks
            self.changed.notify_all()

    def grant(self, user: User, share: Share, *, read: bool = True, write: bool = True, path: str = "/") -> Acl:
        """Let *user* read and write below *path* of *share*."""
        return self.add(Acl("", user_id=user.id, share_id=share.id, path=path, read=read, write=write))

    # Look-up

    def each(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """Yield the entities of a class, deactivated and archived ones included, oldest first."""
        with self.changed:
            return iter([entity for entity in self.entities.values() if isinstance(entity, kind)])

    def get(self, kind: type[_Kind], ident: str) -> Optional[_Kind]:
        """Return the entity with the id, else the live one with the code, without regard to case."""
        entity = self.entities.get(ident.lower())
        if isinstance(entity, kind):
            return entity
        wanted = ident.lower()
        live = (entity for entity in self.each(kind) if entity.active and not entity.archived)
        return next((entity for entity in live if entity.code.lower() == wanted), None)

    @property
    def main_site(self) -> Site:
        """Head quarters."""
        return next(site for site in self.each(Site) if site.main)

    @property
    def default_volume(self) -> Optional[Share]:
        """The volume for paths that name none."""
        return next(
            (share for share in self.each(Share) if share.default and share.active and not share.archived), None
        )

    @property
    def default_queue(self) -> Queue:
        """The queue of jobs that name none."""
        return next(queue for queue in self.each(Queue) if queue.default)

    def folder(self, party: Party, share_id: str) -> Optional[Path]:
        """Return the local folder that *party* has for a share, None when it serves no such share."""
        share = self.entities.get(share_id)
        holder = self.holder(party)
        if not isinstance(share, Share) or holder is None:
            return None
        if share.id in holder.folders:
            mapped: Path = holder.folders[share.id]
            return mapped
        root = holder.folders.get(share.volume_id)
        return root / share.path if root is not None else None

    def path(self, endpoint: Endpoint) -> Optional[Path]:
        """Return the local path of an endpoint, None for the placeholder and for a share without a folder there."""
        if endpoint.null or endpoint.absolute is not None:
            return endpoint.absolute
        folder = self.folder(endpoint.party, endpoint.share_id or "")
        return folder / endpoint.path if folder is not None else None

    def holder(self, party: Party) -> Any:
        """Return the site or client that stands for *party*; for a user the machine that was chosen."""
        if party.kind == "workspace":
            return self.main_site
        return self.entities.get((party.machine_id or "") if party.kind == "user" else party.id)

    def resolved(self, party: Party) -> Party:
        """Return *party* with the machine that stands for it as things are now, if any.

        A client stands for itself; of a user's clients, and of the servers at a place, the one that was online last is
        taken (accsyn fact sheet, section 5).
        """
        if party.kind == "client":
            return replace(party, machine_id=party.id)
        if party.kind == "user":
            able = [client for client in self.each(Client) if client.user_id == party.id]
        else:
            place = self.holder(party)
            able = [c for c in self.live(Client) if c.type == CLIENT_SERVER and c.site_id == place.id]
        machine = latest(able)
        return replace(party, machine_id=machine.id if machine else None)

    def queue_of(self, job: Job) -> Queue:
        """Return the queue of *job*, the default one when its own is gone."""
        queue = self.entities.get(job.queue_id)
        return queue if isinstance(queue, Queue) else self.default_queue

    def inherited_settings(self, job: Job) -> dict[str, str]:
        """Return what *job* inherits: workspace -> queue -> job (accsyn fact sheet, section 8)."""
        return {**self.settings, **self.queue_of(job).settings}

    def reached(self, *idents: Optional[str]) -> None:
        """Enable disabled users and shares again that somebody sends or grants to, where the workspace does so."""
        for entity in (self.entities.get(ident or "") for ident in idents):
            if self.sending_enables and isinstance(entity, (User, Share)) and entity.status == "disabled":
                entity.status = "enabled"

    # Identity

    def authenticate(self, workspace: str, email: str, api_key: str) -> User:
        """Return the user. Raises Unauthenticated; the wording of the real refusal is not known."""
        user = self.get(User, email)
        if workspace.lower() != self.code.lower():
            raise Unauthenticated(f"Unknown workspace: {workspace}")
        if user is None or not self._may_log_in(user) or user.api_key != api_key:
            raise Unauthenticated("Authentication failed! Please check your user name and API key.")
        return user

    @staticmethod
    def _may_log_in(user: User) -> bool:
        return user.active and not user.archived and user.status == "enabled" and user.signed_up

    def login(self, user: User, session_id: Optional[str] = None) -> str:
        """Open a session for *user* and return its id; clients before 3.1 bring their own."""
        with self.changed:
            opened = session_id or str(uuid.uuid4())
            self.sessions[opened] = user.id
            return opened

    def check_session(self, session_id: str, user: User) -> None:
        """Raise Unauthenticated unless *session_id* is a live session of *user*."""
        if self.sessions.get(session_id) != user.id:
            raise Unauthenticated("The session has expired, please log in again.")

    # Switches

    def change_role(self, email: str, role: str) -> None:
        """Give a user another role, which also takes the access grants away (accsyn fact sheet, section 3)."""
        with self.changed:
            user = self.user(email)
            user.role = known_role(role)
            for acl in list(self.each(Acl)):
                if acl.user_id == user.id:
                    del self.entities[acl.id]
            self.changed.notify_all()

    def set_status(self, entity: Entity, status: str) -> None:
        """Give a user, client, site, share or queue another status, as somebody does in the web interface."""
        with self.changed:
            entity.status = status
            self.changed.notify_all()

    def change_key(self, email: str, api_key: str) -> None:
        """Give a user another API key: who still has the old one is refused from now on."""
        with self.changed:
            self.user(email).api_key = api_key

    def sign_up(self, email: str, api_key: str) -> User:
        """Let somebody who was invited make an account and log in with *api_key* from now on."""
        with self.changed:
            user = self.user(email)
            user.signed_up, user.api_key = True, api_key
            return user

    def expire_sessions(self) -> None:
        """End all sessions; the next call of each client is refused until it logs in again."""
        with self.changed:
            self.sessions.clear()

    def set_job_status(self, job_id: str, status: str) -> None:
        """Do what a user of the web interface does: "waiting" (resume, retry), "paused", "aborted" or "done"."""
        with self.changed:
            jobs.set_status(self.job(job_id), status)
            self.changed.notify_all()

    def pause_job(self, job_id: str) -> None:
        """Pause a job."""
        self.set_job_status(job_id, "paused")

    def abort_job(self, job_id: str) -> None:
        """Abort a job."""
        self.set_job_status(job_id, "aborted")

    def resume_job(self, job_id: str) -> None:
        """Resume a paused or aborted job, retry a failed one."""
        self.set_job_status(job_id, "waiting")

    def rename_job(self, job_id: str, name: str) -> None:
        """Give a job another name, which is its code, too."""
        with self.changed:
            job = self.job(job_id)
            job.code = job.name = name
            job.modified = now()
            self.changed.notify_all()

    def archive_job(self, job_id: str) -> None:
        """Archive a job: only `archived=True` and look-ups by id find it, and it takes no more tasks."""
        with self.changed:
            job = self.job(job_id)
            job.archived = True
            job.modified = now()
            self.changed.notify_all()

    def delete_job(self, job_id: str) -> None:
        """Remove a job without a trace."""
        with self.changed:
            del self.entities[self.job(job_id).id]
            self.changed.notify_all()

    def set_task_status(self, job_id: str, uri: str, status: str) -> None:
        """Set a task "queued" (retry), "onhold", "excluded", "failed" or "done" by its uri."""
        with self.changed:
            job = self.job(job_id)
            task = next(task for task in job.tasks if task.uri == uri)
            jobs.set_task_status(task, status)
            jobs.settle(job)
            self.changed.notify_all()

    # Inspection

    def jobs(self) -> list[JobRow]:
        """Return copies of all jobs with their tasks, in the order in which they were created."""
        with self.changed:
            return [job_row(self.entities, job) for job in self.each(Job)]

    def user(self, email: str) -> User:
        """Return a user by e-mail or id. Raises KeyError."""
        return _found(self.get(User, email), email)

    def job(self, job_id: str) -> Job:
        """Return the live record of a job by id. Raises KeyError."""
        return _found(self.get(Job, job_id), job_id)

    def client(self, ident: str) -> Client:
        """Return a client by id or host name. Raises KeyError."""
        return _found(self.get(Client, ident), ident)

    def site(self, ident: str) -> Site:
        """Return a site by id or code. Raises KeyError."""
        return _found(self.get(Site, ident), ident)

    def live(self, kind: type[_Kind]) -> Iterable[_Kind]:
        """Return the entities of a class that are neither deactivated nor archived."""
        return [entity for entity in self.each(kind) if entity.active and not entity.archived]


def latest(clients: Iterable[Client]) -> Optional[Client]:
    """Return the client that was online last, one that is online now before all others."""
    return max(clients, key=lambda client: (client.status == "online", client.last_checkin), default=None)


def _found(entity: Optional[_Kind], ident: str) -> _Kind:
    if entity is None:
        raise KeyError(ident)
    return entity
