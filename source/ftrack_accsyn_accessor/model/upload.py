"""A vendor's upload: what its job is called and holds, and how it stands. Pure."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.model import proof
from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.item import Progress, Trouble
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.progress import job_pace
from ftrack_accsyn_accessor.model.tasks import spelt

#: Of the digest of what is sent: enough to tell any two deliveries of one name apart.
_DIGITS = 12
#: Statuses of a job that has not ended.
_GOING_ON = frozenset({"waiting", "running"})
_FULL = re.compile(r"[/\\]|[A-Za-z]:")


@dataclasses.dataclass(frozen=True)
class OwnFolder:
    """A folder share that the user sees; `writable` is None where accsyn does not tell what was granted."""

    id: str
    code: str
    enabled: bool
    writable: Optional[bool] = None


# The job.


def digest(text: str) -> str:
    """Return by what two deliveries are told apart, made of the *text* of their notes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def job_name(name: str, share: str, content: str) -> str:
    """Return what the job is called that sends *name* with this *content* (a digest) to a share.

    The same content has the same job, whenever and however often it is asked for; another content has another one.
    """
    return f"{name} deliver {share} {content}"


def source(path: str, client_id: str) -> str:
    """Return how accsyn is told of the full *path* on the vendor's own machine, or on that of a client, if given.

    Without a party it is the user's own machine, and the studio's hook is told that it came from the user.
    """
    return f"client={client_id}:{path}" if client_id else path


def payload(job: str, client_id: str, share: str, sources: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the job that sends *sources*, pairs of a full path on this machine and a path below the share.

    All in one job: the studio's hook runs when it has ended, and sees the whole. *client_id* is as in `source`.
    """
    tasks = [{"source": source(path, client_id), "destination": f"folder={share}/{there}"} for path, there in sources]
    return {"code": job, "tasks": tasks}


def is_of(tasks: Collection[Task], paths: Collection[str]) -> bool:
    """Whether *tasks*, those of a job, are just those that send the full *paths* of this machine.

    What accsyn tells of a path on a machine is not settled: where it is no full one, their number has to do.
    """
    told = [str(task.source.get("path") or "") for task in tasks]
    if all(_FULL.match(path) for path in told):
        return sorted(map(spelt, told)) == sorted(map(spelt, paths))
    return len(told) == len(paths)


# How it stands.


class Stage(str, enum.Enum):
    """Where a delivery is."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    STOPPED = "stopped"


_WHAT: Mapping[Optional[Trouble], str] = {
    Trouble.FAILED: "accsyn could not send all of it",
    Trouble.ABORTED: "The upload was aborted in accsyn",
    Trouble.ENDED: "The upload was set to done in accsyn before all of it had arrived",
    Trouble.ON_HOLD: "A part of the upload was put on hold in accsyn",
    Trouble.EXCLUDED: "A part of the upload was excluded in accsyn",
    Trouble.TASK_MISSING: "The upload does not hold all of its parts any more",
    Trouble.JOB_GONE: "The upload was archived or deleted in accsyn before it had arrived",
}
_AGAIN = "Deliver it again: what has arrived is not sent twice."
#: What is said of what is there already.
BEFORE = "It was delivered before, as it is; --again sends it anew."


@dataclasses.dataclass(frozen=True)
class Standing:
    """How far a delivery is: `cause` says what is wrong, or what it waits for, and what to do; empty for nothing."""

    stage: Stage
    progress: Progress = dataclasses.field(default_factory=Progress)
    cause: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it by itself."""
        return self.stage in (Stage.DELIVERED, Stage.STOPPED)


def running(job: Job) -> Standing:
    """Return how a job stands that runs: what has become of its tasks is not asked before it has ended."""
    return Standing(Stage.SENDING, job_pace(job))


def standing(job: Optional[Job], tasks: Collection[Task], parts: int, reason: str = "") -> Standing:
    """Return how the job stands that has to have so many *parts*; None is one that accsyn does not know any more.

    The *job* is as it was after all *tasks* were done, where they are: hooks of the studio's run between the two.
    *reason* is accsyn's own for a failure, where it tells one.
    """
    status = job.status if job is not None else proof.DELETED
    verdict = proof.judge(tasks, len(tasks) >= parts, status, certain=True)
    pace = job_pace(job) if job is not None else Progress()
    if verdict.arrived and status in _GOING_ON:
        return Standing(Stage.SENDING, pace)
    if verdict.arrived:
        cause = _not_taken_in(reason) if status == "failed" else ""
        return Standing(Stage.DELIVERED, Progress(pace.size_bytes, pace.size_bytes), cause)
    if verdict.trouble is Trouble.PAUSED:
        return Standing(Stage.WAITING, pace, "The upload is paused in accsyn: resume it there.")
    if verdict.trouble is not None:
        told = _told(reason) if verdict.trouble is Trouble.FAILED else ""
        return Standing(Stage.STOPPED, pace, f"{_WHAT[verdict.trouble]}{told}. {_AGAIN}")
    at_work = any(task.status in proof.AT_WORK for task in tasks)
    return Standing(Stage.SENDING if at_work else Stage.WAITING, pace)


def _not_taken_in(reason: str) -> str:
    """Say of a job that failed after all of it had arrived: then a hook of the studio's did (workflow facts, 5)."""
    told = f"All of it is there, but the studio could not take it in{_told(reason)}."
    return f"{told} Tell the studio: a retry of the job in accsyn does it again."


def _told(reason: str) -> str:
    return f": {printable(reason).rstrip('.')}" if reason else ""
