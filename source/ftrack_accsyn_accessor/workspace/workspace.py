"""The verbs in which the plugin speaks to accsyn."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.accsyn import Client, FolderEntry, Job, Task
from ftrack_accsyn_accessor.model.assumptions import IDS_IN_QUERY, JOB_BY_NAME
from ftrack_accsyn_accessor.model.errors import NotReady, Refused, Unauthorised, Uncertain
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.route import KEY
from ftrack_accsyn_accessor.workspace.answers import Problem
from ftrack_accsyn_accessor.workspace.clients import choose_clients
from ftrack_accsyn_accessor.workspace.deliveries import Deliveries
from ftrack_accsyn_accessor.workspace.directory import named_location
from ftrack_accsyn_accessor.workspace.door import quoted, rows_of
from ftrack_accsyn_accessor.workspace.granting import Granting
from ftrack_accsyn_accessor.workspace.probing import NAMELESS, Probing
from ftrack_accsyn_accessor.workspace.queues import QueuePlace, queue_place
from ftrack_accsyn_accessor.workspace.session import Call
from ftrack_accsyn_accessor.workspace.uploads import Uploads

#: Tasks asked for in one call.
PAGE = 500
#: Jobs named in one query: keeps the address of the request below the limit (accsyn fact sheet, section 1).
IDS_PER_CALL = 60

#: Letters, digits, `.`, `_` and `-` make up a queue's code (workflow facts, section 2).
_NO_CODE = re.compile(r"[^A-Za-z0-9._-]+")
_LOOK = "look the sync job up"
_CLIENT_REMEDY = (
    "Start accsyn's desktop app or user server on this machine once, or set FTRACK_ACCSYN_CLIENT to its client's id."
)
_DESTINATION_REMEDY = (
    "Switch the ftrack integration on in accsyn, or name the destination in FTRACK_ACCSYN_DESTINATION."
)


class Workspace(Uploads, Deliveries, Granting, Probing):
    """One user's view of one accsyn workspace.

    Nothing happens on the network before the first verb, which logs in. A verb is one HTTP request unless it says
    otherwise. Every verb raises one of errors.Unreachable, Busy, Uncertain, Refused, Unauthorised or NotReady, and no
    other error; a session that accsyn no longer accepts is renewed once, silently. All methods, `close` included,
    belong to one thread at a time.

    *proxy* is the text of ACCSYN_PROXY. *hostname* and *port* spare the look-up of the workspace's host.
    *certificate* is a file of authorities to trust instead of the usual ones. *limit_s* is how many seconds one request
    may take in all, the login included where it is needed; by default half a minute. *assumptions* gives what is known
    of this accsyn at the moment.
    """

    # Who and where

    def check_role(self) -> str:
        """Return the user's role at login; raises NotReady for `standard`, which may not upload to a volume."""
        session = self._login()
        if session.role == "standard":
            raise NotReady(
                "use the workspace",
                self._credentials.workspace,
                f"{self._credentials.api_user} has the role standard, which may not upload to volumes",
                "Ask an accsyn administrator for the role employee or admin.",
            )
        return session.role

    def user_id(self) -> str:
        """Return the id of the user."""
        return self._login().user_id

    def find_client(
        self, names: Sequence[str], macs: Iterable[str], client_id: Optional[str] = None, known_id: str = ""
    ) -> Client:
        """Return the accsyn client of the machine with *names* and *macs*, or the one with *client_id* if given.

        *names* begin with the host name; *known_id* is the client that the machine had, if known. Raises NotReady when
        there is none, or when several may be meant. The rules: `clients.choose_clients`.
        """
        tried = "find this machine's accsyn client"
        if client_id:
            rows = self._entity(tried, client_id, "client", client_id)
            if not rows:
                raise NotReady(tried, client_id, "accsyn knows no client with this id", _CLIENT_REMEDY)
            return Client.from_answer(rows[0])
        mine = f"(type={model.APP} OR type={model.USER_SERVER}) AND user={self.user_id()}"
        hostname = ", ".join(names)
        found = self._find(tried, hostname, "client", mine)
        clients = [Client.from_answer(row) for row in found if model.entity_id(row)]
        addresses = sorted(macs)
        chosen = choose_clients(clients, names, addresses, known_id)
        if len(chosen) == 1:
            return chosen[0]
        looked_for = f"host name {hostname}" + (f" or MAC address {', '.join(addresses)}" if addresses else "")
        if chosen:
            named = ", ".join(f"{client.id} ({client.code}, {client.status})" for client in chosen)
            outcome = f"{len(chosen)} clients of {self._credentials.api_user} may be this machine: {named}"
            remedy = "Set FTRACK_ACCSYN_CLIENT to the id of the one that has this machine's staging folder mapped."
            raise NotReady(tried, hostname, outcome, remedy)
        known = ", ".join(sorted(client.code for client in clients)) or "none"
        outcome = f"no client of {self._credentials.api_user} has {looked_for}; there are: {known}"
        raise NotReady(tried, hostname, outcome, _CLIENT_REMEDY)

    def client(self, client_id: str) -> Optional[Client]:
        """Return the accsyn client with this id, None where accsyn knows none."""
        rows = self._entity("look the accsyn client up", client_id, "client", client_id)
        return Client.from_answer(rows[0]) if rows else None

    def destination(self, location_id: str, client_id: str) -> Optional[Endpoint]:
        """Return where accsyn's ftrack integration wants the files of an ftrack location sent; three requests.

        None when the integration has no destination for this location. Raises NotReady when it cannot be asked, which
        is when it is not switched on. (accsyn fact sheet, section 8)
        """
        tried = "ask accsyn's ftrack integration for the destination"
        refusal = None
        register = {"operation": "client_register", "data": {"client": client_id, "location": location_id}}
        try:
            self._call(tried, location_id, Call("PUT", "workspace/integration/ftrack/utility", register))
        except Refused as error:
            refusal = error.outcome  # a client that cannot be registered may still have a destination
        try:
            location = named_location(self._setting(tried, location_id, "upload_location"))
            answer = self._setting(tried, location_id, "upload_ident") if location is not None else None
        except Refused as error:
            raise NotReady(tried, location_id, refusal or error.outcome, _DESTINATION_REMEDY) from None
        if location is None:
            if refusal is not None:
                raise NotReady(tried, location_id, refusal, _DESTINATION_REMEDY)
            return None
        party = self._party(answer)
        if not party:
            instead = f": {answer!r}" if answer else ""
            outcome = f"it names the location {location[1] or location[0]} but no party for it{instead}"
            raise NotReady(tried, location_id, outcome, _DESTINATION_REMEDY)
        return Endpoint(party, *location)

    def find_queue(self, code_or_name: str) -> Optional[str]:
        """Return the id of the queue with exactly this code, else exactly this name; None when there is none."""
        text = quoted(code_or_name)
        rows = self._find("find the queue", code_or_name, "queue", f"code={text} OR name={text}")
        for attribute in ("code", "name"):
            for row in rows:
                if row.get(attribute) == code_or_name and model.entity_id(row):
                    return model.entity_id(row)
        return None

    def create_queue(self, name: str, priority: int) -> str:
        """Make a queue and return its id; raises NotReady for a user who may not.

        Its code is the name with what a code cannot hold left out (workflow facts, section 8).
        """
        tried = "make the queue"
        if self.check_role() != "admin":
            outcome = f"{self._credentials.api_user} is no administrator of accsyn"
            remedy = "Have one make it; until then the project's jobs go through the default queue."
            raise NotReady(tried, name, outcome, remedy)
        code = _NO_CODE.sub("_", name)
        data = {"name": name, "code": code, "priority": priority}
        for row in rows_of(self._call(tried, name, Call("POST", "queue/create", data))) or []:
            if model.entity_id(row):
                return model.entity_id(row)
        raise self._error(tried, name, Problem(Uncertain, "the answer names no queue"))

    def queue_place(self, job_id: str) -> Optional[QueuePlace]:
        """Return where a job stands in its queue, None for one that accsyn does not know; three requests."""
        tried = "find the job's place in its queue"
        rows = self._entity(tried, job_id, "transfer", job_id)
        if not rows:
            return None
        live = self._find(tried, job_id, "transfer", "status=running OR status=waiting")
        return queue_place(rows[0], self._find(tried, job_id, "queue"), live)

    def volume_exists(self, code: str) -> Optional[bool]:
        """Return whether there is a volume *code*, None when the user may not look (accsyn fact sheet, section 3)."""
        try:
            rows = self._find("look for the volume", code, "volume")
        except (Refused, Unauthorised):
            return None
        codes = {str(row.get("code")) for row in rows}
        return code in codes if codes else None  # a workspace has a volume: seeing none means not being shown any

    def site_exists(self, code: str) -> Optional[bool]:
        """Return whether there is a site with this code or id, None when the user may not look."""
        try:
            rows = self._find("look for the site", code, "site")
        except (Refused, Unauthorised):
            return None
        return any(code in (str(row.get("code")), model.entity_id(row)) for row in rows) if rows else None

    def party_exists(self, party: str) -> Optional[bool]:
        """Return whether accsyn knows the *party* of a destination, None when the user may not look; one request.

        The forms of a party (an e-mail address may have a host behind it): accsyn fact sheet, section 5.
        """
        try:
            known = parties.parse(party, self._credentials.workspace)
        except ValueError:
            return False  # it would be read as a path
        if known.kind == parties.SITE:
            return self.site_exists(known.name)
        return True if known.kind == parties.MAIN else self._exists(known.kind, known.name)

    def _exists(self, entity_type: str, name: str) -> Optional[bool]:
        """Return whether there is an entity with this id or code, None when the user may not look."""
        try:
            if model.is_id(name):
                return bool(self._entity(f"look for the {entity_type}", name, entity_type, name))
            rows = self._find(f"look for the {entity_type}", name, entity_type, f"code={quoted(name)}")
        except (Refused, Unauthorised):
            return None
        return any(str(row.get("code")).lower() == name.lower() for row in rows)

    def file_size(self, path: str) -> Optional[int]:
        """Return the size in bytes of the file at *path* ("share=projects/a/b.mov"), None when accsyn tells none.

        Raises Refused when the server of the volume cannot be asked, or has no such file.
        """
        call = Call("GET", "workspace/file", {"op": "getsize", "path": path})
        return model.size_bytes(self._call("ask for the size of the file", path, call))

    def file_sizes(self, folder: str) -> dict[str, int]:
        """Return the size in bytes of each file directly in *folder* ("share=projects/a"), by its name.

        Raises Refused when the server of the volume cannot be asked, or has no such folder.
        """
        data = {"op": "ls", "path": folder, "download": True, "recursive": False, "getsize": True, "files_only": True}
        rows = rows_of(self._call("list the files of the folder", folder, Call("GET", "workspace/file", data))) or []
        sizes = {str(row.get("filename")): model.size_bytes(row) for row in rows}
        return {name: size for name, size in sizes.items() if size is not None}

    def folder(self, path: str, depth: int = 1) -> list[FolderEntry]:
        """Return what is in the folder *path* ("share=projects/a"), down to *depth* levels.

        Raises Refused when the server of the volume cannot be asked, or has no such folder.
        """
        data = {"op": "ls", "path": path, "download": True, "recursive": depth > 1, "maxdepth": depth}
        return list(model.folder_entries(self._rows("list the folder", path, Call("GET", "workspace/file", data))))

    # Jobs

    def find_jobs(self, name: str, among_all: bool = False) -> list[Job]:
        """Return the jobs with exactly this *name*, live and finished but not archived ones; two requests.

        Where accsyn does not find jobs by their names, and for whom asks for it, they are looked for *among all*.
        """
        query = f"code={quoted(name)}" if self.assumptions.holds(JOB_BY_NAME) and not among_all else ""
        found: dict[str, Job] = {}
        for data in ({}, {"finished": True}):
            for row in self._find("find the sync job", name, "transfer", query, data):
                job = Job.from_answer(row)
                if job.id and name in (job.name, row.get("code")):
                    found[job.id] = job  # one that finishes in between is in both answers: the later counts
        return list(found.values())

    def our_jobs(self, finished_on: Sequence[str] = ()) -> list[Job]:
        """Return the live sync jobs of every machine that has the plugin, whoever's they are.

        With *finished_on* (days as their names have them, "2026-11-21") those that have finished of these days instead.
        """
        ends = [quoted(f"*ftrack *{day}") for day in finished_on] or [quoted("*ftrack *")]
        query = " OR ".join(f"code={end}" for end in ends)
        rows = self._find("list the sync jobs", "", "transfer", query, {"finished": True} if finished_on else {})
        return [job for job in map(Job.from_answer, rows) if job.id and job.metadata.get(KEY)]

    def first_tasks(self, job_id: str, most: int) -> list[Task]:
        """Return at most *most* tasks of the job, whichever accsyn tells first; one request."""
        data = {"parent": job_id, "limit": most}
        return [Task.from_answer(row) for row in self._find("list the tasks of the sync job", job_id, "task", "", data)]

    def clients_by_id(self, client_ids: Iterable[str]) -> list[Client]:
        """Return the accsyn clients with these ids, as far as they are shown to the user."""
        wanted = sorted(filter(model.is_id, set(client_ids)))[:IDS_PER_CALL]
        rows = self._find("look the accsyn clients up", "", "client", 'id in "{}"'.format(",".join(wanted)))
        return [client for client in map(Client.from_answer, rows) if client.id in wanted]

    def get_job(self, job_id: str) -> Optional[Job]:
        """Return the job with this id in whatever state, or None when accsyn does not know it, or no longer."""
        try:
            rows = self._entity(_LOOK, job_id, "transfer", job_id)
        except Refused:
            return None  # how accsyn answers for an id that it does not know is not documented
        return Job.from_answer(rows[0]) if rows else None

    def present_job(self, job_id: str) -> Optional[Job]:
        """Return the job with this id if it is among the live or the finished ones, whatever it is called by now.

        An archived or deleted one is not there any more. One request, seldom up to six.
        """
        # Whether jobs can be asked for by several ids is documented for no attribute in particular.
        found = None
        with contextlib.suppress(Refused):
            found = self.jobs_by_id([job_id]).get(job_id)
        if found is not None:
            return found
        job = self.get_job(job_id)
        if job is None:
            return self.job_among_all(job_id)
        return next((other for other in self.find_jobs(job.name) if other.id == job_id), None)

    def job_among_all(self, job_id: str) -> Optional[Job]:
        """Return the job with this id where accsyn finds none by it: of all, live and finished; two long answers."""
        rows = [row for data in ({}, {"finished": True}) for row in self._find(_LOOK, job_id, "transfer", "", data)]
        return next((Job.from_answer(row) for row in reversed(rows) if model.entity_id(row) == job_id), None)

    def jobs_by_id(self, live: Iterable[str], finished: Iterable[str] = ()) -> dict[str, Job]:
        """Return the jobs with these ids that are not archived, by id.

        *live* ones are looked for among the live jobs first, *finished* ones among the finished; each that is not there
        is looked for among the others. One request for each `IDS_PER_CALL` ids and place.
        """
        missing, expected = set(live), set(finished)
        found = self._jobs_among(missing, {})
        missing = (missing | expected) - found.keys()
        found.update(self._jobs_among(missing, {"finished": True}))
        found.update(self._jobs_among(expected - found.keys(), {}))
        return found

    def _jobs_among(self, ids: set[str], scope: Mapping[str, Any]) -> dict[str, Job]:
        found = {}
        wanted = sorted(filter(model.is_id, ids)) if self.assumptions.holds(IDS_IN_QUERY) else []
        for start in range(0, len(wanted), IDS_PER_CALL):
            query = 'id in "{}"'.format(",".join(wanted[start : start + IDS_PER_CALL]))
            for row in self._find("look the sync jobs up", "", "transfer", query, dict(scope)):
                job = Job.from_answer(row)
                if job.id in ids:
                    found[job.id] = job
        return found

    def job_log(self, job_id: str) -> list[str]:
        """Return the lines of a job's log that tell of errors, latest first; none where accsyn does not show it."""
        data = {"entitytype": "job", "sort": "date", "sort_reverse": True}
        try:
            answer = self._call("read the log of the sync job", job_id, Call("GET", "log/find", data, "", job_id))
        except Refused:
            return []
        return model.error_lines(rows_of(answer) or [])

    def tasks(self, job_id: str) -> list[Task]:
        """Return all tasks of the job; one request for each `PAGE` tasks."""
        found: dict[str, Task] = {}
        seen = 0
        while True:
            data = {"parent": job_id, "limit": PAGE, **({"skip": seen} if seen else {})}
            rows = self._find("list the tasks of the sync job", job_id, "task", "", data)
            known = len(found)
            for row in rows:
                task = Task.from_answer(row)
                found[task.id or task.uri] = task
            seen += len(rows)
            if len(rows) < PAGE or len(found) == known:  # the second: a service that ignores `skip`
                return list(found.values())

    def create_job(self, payload: Mapping[str, Any]) -> Job:
        """Create a job from *payload* (accsyn fact sheet, section 6); raises Uncertain when the answer names no id."""
        tried, name = "create the sync job", str(payload.get("code") or payload.get("name") or "")
        for row in rows_of(self._call(tried, name, Call("POST", "transfer/create", dict(payload)))) or []:
            job = Job.from_answer(row)
            if model.is_id(job.id):
                return job
        raise self._error(tried, name, Problem(Uncertain, NAMELESS))

    def add_tasks(self, job_id: str, tasks: Iterable[Mapping[str, Any]]) -> None:
        """Add *tasks* to a job; one that is there already, with the same source and destination text, is retried.

        What the answer lists is not documented, so nothing is read from it: look with `tasks` when it matters.
        """
        tried, data = "add tasks to the sync job", {"tasks": [dict(task) for task in tasks]}
        if self._call(tried, job_id, Call("POST", "task/create", data, entity_id=job_id)) is False:
            raise self._error(tried, job_id, Problem(Uncertain, "accsyn answered that it did not succeed"))

    def retry_tasks(self, job_id: str, task_ids: Iterable[str]) -> None:
        """Queue tasks of a job again."""
        self._set_tasks("retry tasks of the sync job", job_id, task_ids, "queued")

    def prioritise_tasks(self, job_id: str, priorities: Mapping[str, int]) -> None:
        """Give tasks of a job the priorities (0 to 1000) that *priorities* has by their ids."""
        data = [{"id": task_id, "priority": priority} for task_id, priority in priorities.items()]
        self._call("give tasks of the sync job a priority", job_id, Call("PUT", "task/edit", data, entity_id=job_id))

    def exclude_tasks(self, job_id: str, task_ids: Iterable[str]) -> None:
        """Let tasks of a job never run: they cannot be deleted (accsyn fact sheet, section 6)."""
        self._set_tasks("exclude tasks of the sync job", job_id, task_ids, "excluded")

    def _set_tasks(self, tried: str, job_id: str, task_ids: Iterable[str], status: str) -> None:
        data = [{"id": task_id, "status": status} for task_id in task_ids]
        self._call(tried, job_id, Call("PUT", "task/edit", data, entity_id=job_id))

    def set_job_status(self, job_id: str, status: str) -> None:
        """Set a job's status: waiting (resume, retry), paused, aborted or done."""
        call = Call("PUT", "transfer/edit", {"status": status}, entity_id=job_id)
        self._call(f"set the sync job to {status}", job_id, call)
