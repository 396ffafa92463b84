"""What accsyn's answers say of an entry: state, trouble, bytes, speed and time left, in numbers and words. Pure.

Task truth, not job truth: an entry is judged by its own tasks. The job's status only tells whether unfinished ones will
go on (accsyn fact sheet, section 7).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.entry import Entry, Kind, Progress, Publication, State, Trouble
from ftrack_accsyn_accessor.model.transfer import COMPONENT_ID, source_paths

#: Words of ours for a job that accsyn does not show among its jobs any more.
ARCHIVED = "archived"
DELETED = "deleted"

_RUNNING = frozenset({"booting", "executing"})
_WAITING = frozenset({"queued", "pending"})
_BYTES_PER_MB = 1_000_000

_WHAT: Mapping[Trouble, str] = {
    Trouble.FAILED: "accsyn could not transfer it{reason}.",
    Trouble.ABORTED: 'The sync job "{job}" was aborted in accsyn before it had arrived.',
    Trouble.ENDED: 'The sync job "{job}" was set to done in accsyn before it had arrived.',
    Trouble.ON_HOLD: "Its task was put on hold in accsyn.",
    Trouble.EXCLUDED: "Its task was excluded in accsyn.",
    Trouble.TASK_MISSING: 'The sync job "{job}" does not hold all of its tasks.',
    Trouble.JOB_GONE: 'The sync job "{job}" was {reason} in accsyn before it had arrived.',
    Trouble.SIZE_DIFFERS: "At the destination it is not what was published{reason}.",
    Trouble.PAUSED: 'The sync job "{job}" is paused in accsyn.',
    Trouble.UNVERIFIED: "It has arrived, but accsyn could not tell its size at the destination{reason}.",
}
_REMEDY: Mapping[Trouble, str] = {
    Trouble.FAILED: "Put that right, then retry it; it is also tried again by itself.",
    Trouble.ABORTED: "Resume the job in accsyn, or retry it here.",
    Trouble.ENDED: "Retry it.",
    Trouble.ON_HOLD: "Queue the task in accsyn, or retry it here.",
    Trouble.EXCLUDED: "Queue the task in accsyn, or retry it here.",
    Trouble.TASK_MISSING: "It is submitted again by itself; retry it to have that done at once.",
    Trouble.JOB_GONE: "Retry it to have it sent with a new job.",
    Trouble.SIZE_DIFFERS: "It is sent again by itself; retry it to have that done at once.",
    Trouble.PAUSED: "Resume the job in accsyn.",
    Trouble.UNVERIFIED: "It is asked again; FTRACK_ACCSYN_VERIFY=none does without.",
}


class Verdict(NamedTuple):
    """What an entry's tasks say. `state` None means that nothing can be said now. `arrived`: all of them are done."""

    state: Optional[State]
    trouble: Optional[Trouble] = None
    arrived: bool = False


_UNKNOWN = Verdict(None)


def judge(tasks: Collection[Task], whole: bool, job_status: str, certain: bool) -> Verdict:
    """Return what *tasks*, all those of one entry, say of it.

    *whole* tells whether they are as many as the entry has, *job_status* is accsyn's word, `ARCHIVED` or `DELETED`.
    *certain* tells that the job looked the same a moment ago: what the next answer may take back is said only then.
    """
    statuses = {task.status for task in tasks}
    if statuses == {"done"} and whole:
        return Verdict(State.TRANSFERRING, arrived=True)
    if job_status == ARCHIVED:
        return _stopped(Trouble.JOB_GONE)
    if job_status == DELETED:
        return _stopped(Trouble.JOB_GONE) if certain else _UNKNOWN
    if not statuses or statuses == {"done"}:
        return _stopped(Trouble.TASK_MISSING) if certain else _UNKNOWN
    if job_status == "aborted":
        return _stopped(Trouble.ABORTED)
    if "excluded" in statuses:
        return _stopped(Trouble.EXCLUDED)
    if job_status == "done":
        return _stopped(Trouble.ENDED) if certain else _UNKNOWN
    if "failed" in statuses:
        return _stopped(Trouble.FAILED)
    if "onhold" in statuses:
        return _stopped(Trouble.ON_HOLD)
    return _on_its_way(statuses, Trouble.PAUSED if job_status == "paused" else None)


def _stopped(trouble: Trouble) -> Verdict:
    return Verdict(State.NEEDS_ATTENTION, trouble)


def _on_its_way(statuses: set[str], trouble: Optional[Trouble]) -> Verdict:
    if statuses <= _WAITING:
        return Verdict(State.SUBMITTED, trouble)
    if statuses <= _WAITING | _RUNNING | {"done"}:
        return Verdict(State.TRANSFERRING, trouble)
    return _UNKNOWN


def by_component(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    """Return *tasks* by the id of the component that each was made for."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(str(task.metadata.get(COMPONENT_ID, "")), []).append(task)
    return found


def is_whole(publication: Publication, count: int) -> bool:
    """Whether *count* tasks are as many as *publication*, with its files, was sent as."""
    if publication.kind is Kind.FILE:
        return count >= 1
    ways = len(source_paths(publication, whole_folder=True))
    return count >= ways if publication.kind is Kind.SEQUENCE else count == ways or count >= len(publication.files)


# Bytes and time.


def running_share(job: Job, tasks: Iterable[Task]) -> float:
    """Return how much (0 to 1) of its running tasks the job has moved, for tasks that do not say so themselves."""
    if not job.progress or not job.size_bytes:
        return 0.0
    done = running = 0
    for task in tasks:
        if task.status == "done":
            done += task.size_bytes or 0
        elif task.status in _RUNNING:
            running += task.size_bytes or 0
    return min(1.0, max(0.0, (job.progress / 100 * job.size_bytes - done) / running)) if running else 0.0


def measure(tasks: Collection[Task], size_bytes: int, job: Job, share: float) -> Progress:
    """Return how far an entry of *size_bytes* is, by its *tasks*; *share* as of `running_share`."""
    moved = 0.0
    speed_mb_per_s = 0.0
    for task in tasks:
        task_bytes = size_bytes / len(tasks) if task.size_bytes is None else task.size_bytes
        if task.status == "done":
            moved += task_bytes
        elif task.status in _RUNNING:
            moved += task_bytes * (share if task.progress is None else min(task.progress, 100) / 100)
            speed_mb_per_s += job.speed_mb_per_s or 0.0 if task.speed_mb_per_s is None else task.speed_mb_per_s
    done = all(task.status == "done" for task in tasks) and bool(tasks)
    done_bytes = size_bytes if done else min(size_bytes, int(moved))
    return _paced(done_bytes, size_bytes, speed_mb_per_s)


def job_pace(job: Job) -> Progress:
    """Return how far a job as a whole is, by its own account."""
    size_bytes = job.size_bytes or 0
    done_bytes = int(min(job.progress or 0, 100) / 100 * size_bytes)
    return _paced(done_bytes, size_bytes, (job.speed_mb_per_s or 0.0) if job.status == "running" else 0.0)


def _paced(done_bytes: int, size_bytes: int, speed_mb_per_s: float) -> Progress:
    if speed_mb_per_s <= 0:
        return Progress(done_bytes, size_bytes)
    speed = speed_mb_per_s * _BYTES_PER_MB
    return Progress(done_bytes, size_bytes, speed, (size_bytes - done_bytes) / speed)


# Words.


def remedy(trouble: Trouble) -> str:
    """Return what to do about *trouble*: the sentence with which its cause ends."""
    return _REMEDY[trouble]


def cause(trouble: Optional[Trouble], job_name: str, reason: str = "") -> str:
    """Return a sentence on what is wrong and one on what to do; *reason* is accsyn's own, where it gives one."""
    if trouble is None:
        return ""
    if reason and trouble is not Trouble.JOB_GONE:
        reason = f": {reason.rstrip('.')}"
    return f"{_WHAT[trouble].format(job=job_name, reason=reason)} {_REMEDY[trouble]}"


def reason_of(entry: Entry, tasks: Iterable[Task], log: Sequence[str]) -> str:
    """Return the latest line of *log*, a job's errors, that is about one of the failed *tasks* of *entry*.

    Lines name files; nothing else connects them to tasks. A log that speaks of one thing only needs no name.
    """
    paths = [entry.publication.resource_identifier]
    paths += [str(task.source.get("path") or "") for task in tasks if task.status == "failed"]
    patterns = [_mention(path) for path in paths if path]
    for line in log:
        if any(pattern.search(line) for pattern in patterns):
            return line
    return log[0] if len(set(log)) == 1 else ""


def _mention(path: str) -> re.Pattern[str]:
    """Return what finds *path*, or a frame of it, or a file in it, in a text."""
    text = re.escape(re.sub(r"\[[\d\-]+\]$", "", path).strip("/"))
    frames = re.sub(r"%(?:0\d+)?d", r"\\d+", text)
    return re.compile(rf"(?<![\w.\-]){frames}(?![\w\-]|\.\w)")


def size_text(size_bytes: float) -> str:
    """Return a size for people: "1.2 GB"."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while size_bytes >= 1000 and len(units) > 1:
        size_bytes /= 1000
        del units[0]
    return f"{size_bytes:.0f} {units[0]}" if units[0] == "B" or size_bytes >= 100 else f"{size_bytes:.1f} {units[0]}"


def duration_text(seconds: float) -> str:
    """Return a time for people: "40 s", "3 min", "2 h 5 min"."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
