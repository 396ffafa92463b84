"""accsyn as the fact sheet has it, in this process and on a clock that is moved by hand: all that machines ask of it.

30 requests a second, 60 at once, 100 connections, all of one internet address; whoever asks for more gets a 429.
"""

from __future__ import annotations

import collections
import dataclasses
import email.utils
import itertools
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple, Optional

import requests
import urllib3.exceptions

RATE_PER_S = 30.0
BURST = 60.0
CONNECTIONS = 100
#: How long a connection is kept by the server while nothing is asked.
KEEP_ALIVE_S = 60.0
#: What a call takes.
LATENCY_S = 0.15
#: A task is begun so long after it was queued.
BEGIN_S = 3.0

_IDS = re.compile(r'id in "([^"]*)"')
_CODE = re.compile(r'code="([^"]*)"')


class Time:
    """The time of whichever machine is at work, in seconds since the epoch."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Asked(NamedTuple):
    """A call: when, what, and whether it was answered; else it was refused for there were too many."""

    at: float
    uri: str
    answered: bool


@dataclasses.dataclass
class Task:
    """What one path is in a job. `begins_at` and `ends_at` are of its latest run."""

    id: str
    uri: str
    path: str
    metadata: Mapping[str, Any]
    created: float
    begins_at: float = 0.0
    ends_at: float = 0.0
    excluded: bool = False

    def status(self, now: float) -> str:
        if self.excluded:
            return "excluded"
        return "queued" if now < self.begins_at else "executing" if now < self.ends_at else "done"

    def share(self, now: float) -> float:
        return min(1.0, max(0.0, (now - self.begins_at) / max(1e-6, self.ends_at - self.begins_at)))


@dataclasses.dataclass
class Job:
    id: str
    code: str
    user: str
    client: str
    metadata: Mapping[str, Any]
    created: float
    tasks: dict[str, Task] = dataclasses.field(default_factory=dict)

    def status(self, now: float) -> str:
        statuses = {task.status(now) for task in self.tasks.values()} - {"excluded"}
        return "done" if statuses == {"done"} else "running" if "executing" in statuses else "waiting"

    def modified(self, now: float) -> float:
        """Of a job that runs it is now: its progress changes all the time."""
        moments = [self.created, *(each.created for each in self.tasks.values())]
        for task in self.tasks.values():
            moments += [min(at, now) for at in (task.begins_at, task.ends_at) if at <= now]
        return now if self.status(now) == "running" else max(moments)


class Refusal(Exception):
    """accsyn says no, in words."""


class Accsyn:
    """One workspace. *wish* writes the header `Retry-After` of a refusal; not every server is known to."""

    def __init__(self, time: Time, wish: Callable[[], Optional[float]] = lambda: None, strict: bool = False) -> None:
        self.time = time
        self.asked: list[Asked] = []
        self.away = ""  # "refused" or "503" while nothing is answered
        self.jobs: dict[str, Job] = {}
        self.users: dict[str, str] = {}  # e-mail address to the id of its client
        self.durations_s: dict[str, float] = {}
        self.used_up_until = 0.0  # by others at the same address
        self.turned_away = 0
        self.most_connections = 0
        self._wish = wish
        self._strict = strict
        self._tokens, self._at = BURST, time.now
        self._connections: dict[object, float] = {}
        self._ids = itertools.count(1)
        self._sessions: dict[str, str] = {}

    # The network.

    def call(self, connection: object, method: str, url: str, params: Optional[str], data: Optional[str]) -> Answer:
        """Answer a request; raise what requests raises where there is nobody, or no connection left."""
        now = self.time.now
        self.time.now += LATENCY_S
        path = urllib.parse.urlparse(url).path
        if self.away == "refused":
            raise _unreachable()
        self._connect(connection, now)
        envelope = json.loads(urllib.parse.unquote(params or "") or data or "{}")
        if not path.endswith(("/event", "/login")):
            return Answer(200, {"result": {"hostname": "acme.test", "port": 443}}, now)  # another host's
        uri = "login" if path.endswith("/login") else str(envelope["uri"])
        if self.away == "503":
            self.asked.append(Asked(now, uri, True))
            return Answer(503, {}, now)
        if not self._admits(now):
            self.asked.append(Asked(now, uri, False))
            wish_s = self._wish()
            headers = {} if wish_s is None else {"Retry-After": f"{wish_s:.0f}"}
            return Answer(429, {"error": "Too Many Requests"}, now, headers)
        self.asked.append(Asked(now, uri, True))
        try:
            return Answer(200, {"result": self._answer(method, uri, envelope, now)}, now)
        except Refusal as refusal:
            return Answer(400, {"message": str(refusal)}, now)

    def hang_up(self, connection: object) -> None:
        self._connections.pop(connection, None)

    def _connect(self, connection: object, now: float) -> None:
        for each in [each for each, at in self._connections.items() if at < now - KEEP_ALIVE_S]:
            del self._connections[each]
        if connection not in self._connections and len(self._connections) >= CONNECTIONS:
            self.turned_away += 1
            raise _unreachable()
        self._connections[connection] = now
        self.most_connections = max(self.most_connections, len(self._connections))

    def _admits(self, now: float) -> bool:
        at = max(now, self._at)
        if at < self.used_up_until:
            self._tokens = 0.0
            self._at = at
            return False
        self._tokens = min(BURST, self._tokens + RATE_PER_S * (at - self._at))
        self._at = at
        admitted = self._tokens >= 1.0
        if admitted or self._strict:  # whether a refused request counts is not known
            self._tokens = max(0.0, self._tokens - 1.0)
        return admitted

    # What it knows.

    def add_user(self, address: str) -> str:
        self.users[address] = self._new_id()
        return self.users[address]

    def _new_id(self) -> str:
        return f"{next(self._ids):024x}"

    def _answer(self, method: str, uri: str, envelope: Mapping[str, Any], now: float) -> Any:
        if uri == "login":
            return {"role": "employee", "id": "f" * 24, "session_id": f"session {next(self._ids)}"}
        handler = _VERBS.get((method, uri))
        if handler is None:
            raise Refusal(f"The operation is not supported: {method} {uri}")
        return handler(self, envelope, envelope.get("data") or {}, now)

    def _find_clients(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        wanted = envelope.get("id") or self.users[envelope["ident"]]
        return [{"id": wanted, "code": HOST, "type": 0, "status": "online", "user": "f" * 24}]

    def _setting(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        return {"id": LOCATION["id"], "name": LOCATION["name"]} if data["name"] == "upload_location" else "acme"

    def _find_jobs(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        if envelope.get("id"):
            found = [self.jobs[envelope["id"]]] if envelope["id"] in self.jobs else []
            return [self._job(job, now) for job in found]
        ids = _IDS.search(envelope.get("query") or "")
        if ids is not None:
            found = [self.jobs[each] for each in ids[1].split(",") if each in self.jobs]
        else:
            code = _CODE.search(envelope.get("query") or "")
            found = [job for job in self.jobs.values() if code is not None and job.code.lower() == code[1]]
        finished = bool(data.get("finished"))
        return [self._job(job, now) for job in found if (job.status(now) == "done") is finished]

    def _job(self, job: Job, now: float) -> dict[str, Any]:
        tasks = [task for task in job.tasks.values() if not task.excluded]
        progress = int(100 * sum(task.share(now) for task in tasks) / max(1, len(tasks)))
        return {
            "id": job.id,
            "code": job.code,
            "name": job.code,
            "status": job.status(now),
            "progress": progress,
            "size": 1000 * len(tasks),
            "metadata": job.metadata,
            "created": _iso(job.created),
            "modified": _iso(job.modified(now)),
            "speed": 10.0,
            "etr": "",
        }

    def _find_tasks(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        job = self.jobs[data["parent"]]
        skip, limit = data.get("skip", 0), data.get("limit", 500)
        return [self._task(job, task, now) for task in list(job.tasks.values())[skip : skip + limit]]

    def _task(self, job: Job, task: Task, now: float) -> dict[str, Any]:
        status = task.status(now)
        return {
            "id": task.id,
            "uri": task.uri,
            "status": status,
            "size": 1000,
            "priority": 500,
            "progress": int(100 * task.share(now)),
            "metadata": task.metadata,
            "created": _iso(task.created),
            "finished": _iso(task.ends_at) if status == "done" else _iso(0.0),
            "source": {"client": job.client, "path": task.path},
            "destination": {"client": None, "path": task.path},
        }

    def _create_job(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        client = self.users[envelope["ident"]]
        job = Job(self._new_id(), data["code"], envelope["ident"], client, data["metadata"], now)
        self.jobs[job.id] = job
        self._add(job, data["tasks"], now)
        return [self._job(job, now)]

    def _create_tasks(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        self._add(self.jobs[envelope["id"]], data["tasks"], now)
        return []

    def _add(self, job: Job, rows: Any, now: float) -> None:
        for row in rows:
            path = row["source"].partition("/")[2]
            task = job.tasks.get(path)
            if task is None:
                task = Task(f"task {next(self._ids)}", str(len(job.tasks)), path, row.get("metadata") or {}, now)
                job.tasks[path] = task
            task.begins_at = now + BEGIN_S
            task.ends_at = task.begins_at + self.durations_s.get(path, 60.0)

    def _edit_tasks(self, envelope: Mapping[str, Any], data: Any, now: float) -> Any:
        for task in self.jobs[envelope["id"]].tasks.values():
            for row in data:
                if row["id"] == task.id and row.get("status") == "queued":
                    task.begins_at, task.ends_at = now + BEGIN_S, now + BEGIN_S + self.durations_s.get(task.path, 60.0)
        return True

    def hurry(self) -> None:
        """Carry everything within seconds from now on."""
        self.durations_s = dict.fromkeys(self.durations_s, 1.0)
        for _, task in self.tasks_of():
            task.ends_at = min(task.ends_at, max(task.begins_at, self.time.now) + 1.0)

    # What is looked at afterwards.

    def tasks_of(self) -> Iterator[tuple[Job, Task]]:
        for job in self.jobs.values():
            for task in job.tasks.values():
                yield job, task


HOST = "desk"
#: The ftrack location that stands for the destination; its id is filled in when ftrack is made.
LOCATION = {"id": "", "name": "studio.hq"}
_VERBS: dict[tuple[str, str], Callable[[Accsyn, Mapping[str, Any], Any, float], Any]] = {
    ("GET", "client/find"): Accsyn._find_clients,
    ("GET", "setting"): Accsyn._setting,
    ("PUT", "workspace/integration/ftrack/utility"): lambda accsyn, envelope, data, now: True,
    ("GET", "queue/find"): lambda accsyn, envelope, data, now: [],
    ("GET", "volume/find"): lambda accsyn, envelope, data, now: [{"id": "e" * 24, "code": "projects"}],
    ("GET", "log/find"): lambda accsyn, envelope, data, now: [],
    ("GET", "transfer/find"): Accsyn._find_jobs,
    ("POST", "transfer/create"): Accsyn._create_job,
    ("GET", "task/find"): Accsyn._find_tasks,
    ("POST", "task/create"): Accsyn._create_tasks,
    ("PUT", "task/edit"): Accsyn._edit_tasks,
}


class Answer:
    """As much of a response of requests as the transport reads."""

    def __init__(self, status: int, body: Any, now: float, headers: Optional[Mapping[str, str]] = None) -> None:
        self.status_code = status
        dated = {"Date": email.utils.formatdate(now, usegmt=True), **(headers or {})}
        self.headers = requests.structures.CaseInsensitiveDict(dated)
        self.content = json.dumps(body).encode()


class Line:
    """Stands for a session of requests: one connection, which stays open until it is closed."""

    def __init__(self, accsyn: Accsyn) -> None:
        self._accsyn = accsyn

    def request(self, method: str, url: str, params: Any = None, data: Any = None, **ignored: Any) -> Answer:
        return self._accsyn.call(self, method, url, params, data)

    def close(self) -> None:
        self._accsyn.hang_up(self)


def windows(asked: list[Asked], seconds: float) -> Iterator[int]:
    """Yield how many calls there were in the window that ends at each of them."""
    inside: collections.deque[float] = collections.deque()
    for at in sorted(each.at for each in asked):
        inside.append(at)
        while inside[0] <= at - seconds:
            inside.popleft()
        yield len(inside)


def _unreachable() -> requests.exceptions.ConnectionError:
    cause = urllib3.exceptions.MaxRetryError(None, "/", OSError("connection refused"))  # type: ignore[arg-type]
    error = requests.exceptions.ConnectionError(cause)
    error.__context__ = cause
    return error


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
