"""How far an item is, and what is in its way: bytes, speed and time left, in numbers and words. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Optional

from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.item import Item, Progress, Reason, Trouble
from ftrack_accsyn_accessor.model.proof import AT_WORK

_BYTES_PER_MB = 1_000_000
#: Ten years: what takes longer by accsyn's account is not known.
_MOST_LEFT_S = 10 * 365 * 86400.0

_WHAT: Mapping[Trouble, str] = {
    Trouble.FAILED: "accsyn could not transfer it{reason}.",
    Trouble.ABORTED: 'The sync job "{job}" was aborted in accsyn before it had arrived.',
    Trouble.ENDED: 'The sync job "{job}" was set to done in accsyn before it had arrived.',
    Trouble.ON_HOLD: "Its task was put on hold in accsyn.",
    Trouble.EXCLUDED: "Its task was excluded in accsyn.",
    Trouble.TASK_MISSING: 'The sync job "{job}" does not hold all of its tasks.',
    Trouble.JOB_GONE: 'The sync job "{job}" was {reason} in accsyn before it had arrived.',
    Trouble.SIZE_DIFFERS: "At the destination it is not what was published{reason}.",
    Trouble.PAUSED: 'The sync job "{job}" is paused in accsyn{reason}.',
    Trouble.UNVERIFIED: "It has arrived, but accsyn could not tell its size at the destination{reason}.",
    Trouble.CONFLICT: "At the destination its path belongs to another component{reason}.",
    Trouble.WRONG_DESTINATION: "accsyn would carry it to another place than was meant{reason}.",
    Trouble.WRONG_CLIENT: "accsyn reads it from another machine or folder than the one that it was staged in{reason}.",
    Trouble.CLIENT_GONE: "It waits in accsyn for a client that is not this machine's present one{reason}.",
    Trouble.NEVER_SENT: "accsyn passes over files of this name{reason}.",
    Trouble.FORM: "accsyn does not read its task as it was meant{reason}.",
    Trouble.SOURCE_CHANGED: "It was published while its source was still being written to{reason}.",
}
_REMEDY: Mapping[Trouble, str] = {
    Trouble.FAILED: "The log of the job in accsyn says more. It is tried again by itself; retry it to have that now.",
    Trouble.ABORTED: "Resume the job in accsyn, or retry it here.",
    Trouble.ENDED: "Retry it.",
    Trouble.ON_HOLD: "Queue the task in accsyn, or retry it here.",
    Trouble.EXCLUDED: "Queue the task in accsyn, or retry it here.",
    Trouble.TASK_MISSING: "It is submitted again by itself; retry it to have that done at once.",
    Trouble.JOB_GONE: "Retry it to have it sent with a new job.",
    Trouble.SIZE_DIFFERS: "It is sent again by itself; retry it to have that done at once.",
    Trouble.PAUSED: "Resume the job in accsyn.",
    Trouble.UNVERIFIED: "It is asked again; FTRACK_ACCSYN_VERIFY=none does without.",
    Trouble.CONFLICT: "Publish it under another name or version, or remove the other component; then retry it.",
    Trouble.WRONG_DESTINATION: "Correct FTRACK_ACCSYN_DESTINATION or accsyn's ftrack integration, then retry it.",
    Trouble.WRONG_CLIENT: "Name this machine's accsyn client in FTRACK_ACCSYN_CLIENT and give it the staging folder as "
    "local folder of the volume, then retry it.",
    Trouble.CLIENT_GONE: "Retry it to have it sent by the present client.",
    Trouble.NEVER_SENT: "Publish it under another name, or without such files.",
    Trouble.FORM: "It is sent again by itself in plainer words; retry it to have that done at once.",
    Trouble.SOURCE_CHANGED: "Publish it again once it is complete; retry it to have it sent as it is staged.",
}
#: What is likely to help when accsyn gives a reason with one of these words.
_LIKELY: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"permission|access(?: is)? denied|not permitted|read-only", re.IGNORECASE),
        "Have accsyn's rights on that folder mended there, then retry it; it is also tried again by itself.",
    ),
    (
        re.compile(r"disk (?:is )?full|no space|out of space|E#J066", re.IGNORECASE),
        "Have room made on that disk, then retry it; it is also tried again by itself.",
    ),
    (
        re.compile(r"E#J001|no such file|(?:file|source) (?:was )?not found", re.IGNORECASE),
        "Bring the file back to where it was read from, then retry it; it is also tried again by itself.",
    ),
)
#: Why a job is paused that stands still with this machine, and what to do then: it is resumed with it.
PAUSED_HERE = "as syncing is paused on this machine"
_RESUME = "Resume it: ftrack-accsyn resume."
#: With what an earlier release ended the same cause.
_EARLIER = ("Put that right, then retry it; it is also tried again by itself.",)
#: The same for what was not published here, but asked for: nothing has to be published anew.
_REMEDY_ASKED: Mapping[Trouble, str] = {
    Trouble.CONFLICT: "Remove the other component at the destination, or name another destination; then retry it.",
    Trouble.WRONG_DESTINATION: "Correct the destination's party and roots in FTRACK_ACCSYN_LOCATIONS, then retry it.",
    Trouble.WRONG_CLIENT: "Correct the source's accsyn client in FTRACK_ACCSYN_LOCATIONS, then retry it.",
    Trouble.CLIENT_GONE: "Retry it to have it carried by the present client.",
    Trouble.NEVER_SENT: "Rename such files at the source, or leave them out, and ask for it again.",
    Trouble.SOURCE_CHANGED: "Ask for it again once it is complete at the source.",
}


# Bytes and time.


def running_share(job: Job, tasks: Iterable[Task]) -> float:
    """Return how much (0 to 1) of its running tasks the job has moved, for tasks that do not say so themselves."""
    if not job.progress or not job.size_bytes:
        return 0.0
    done = running = 0
    for task in tasks:
        if task.status == "done":
            done += task.size_bytes or 0
        elif task.status in AT_WORK:
            running += task.size_bytes or 0
    return min(1.0, max(0.0, (job.progress / 100 * job.size_bytes - done) / running)) if running else 0.0


def measure(tasks: Collection[Task], size_bytes: int, job: Job, share: float) -> Progress:
    """Return how far an item of *size_bytes* is, by its *tasks*; *share* as of `running_share`."""
    moved = 0.0
    speed_mb_per_s = 0.0
    for task in tasks:
        task_bytes = size_bytes / len(tasks) if task.size_bytes is None else task.size_bytes
        if task.status == "done":
            moved += task_bytes
        elif task.status in AT_WORK:
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
    left_bytes = size_bytes - done_bytes
    return Progress(done_bytes, size_bytes, speed, left_bytes / speed if left_bytes < speed * _MOST_LEFT_S else None)


# Words.


def remedy(trouble: Trouble, reason: Reason = Reason.PUBLISH, words: str = "") -> str:
    """Return what to do about *trouble*; *words* are accsyn's own, or the cause that holds them.

    For a publish it is the sentence with which its cause ends.
    """
    if trouble is Trouble.FAILED:
        return next((text for pattern, text in _LIKELY if pattern.search(words)), _REMEDY[trouble])
    if trouble is Trouble.PAUSED and PAUSED_HERE in words:
        return _RESUME
    asked = None if reason is Reason.PUBLISH else _REMEDY_ASKED.get(trouble)
    return asked or _REMEDY[trouble]


def without_remedy(cause: str, trouble: Trouble) -> str:
    """Return *cause* without the sentence on what to do with which it ends, as this release says it or another."""
    for text in (remedy(trouble, words=cause), _REMEDY[trouble], *_EARLIER):
        if cause.endswith(text):
            return cause[: -len(text)].rstrip()
    return cause


def cause(trouble: Optional[Trouble], job_name: str, reason: str = "") -> str:
    """Return a sentence on what is wrong and one on what to do; *reason* is accsyn's own, where it gives one."""
    if trouble is None:
        return ""
    words = reason
    if reason and trouble is not Trouble.JOB_GONE:
        reason = f"{',' if trouble is Trouble.PAUSED else ':'} {reason.rstrip('.')}"
    return f"{_WHAT[trouble].format(job=job_name, reason=reason)} {remedy(trouble, words=words)}"


def stays(left_over: str) -> str:
    """Return a sentence, without its full stop, on what `Item.left_over` tells."""
    return f"{left_over} {'stays' if left_over.startswith('1 file ') else 'stay'} at the destination"


def reason_of(item: Item, tasks: Iterable[Task], log: Sequence[str]) -> str:
    """Return the latest line of *log*, a job's errors, that is about one of the failed *tasks* of *item*.

    Lines name files; nothing else connects them to tasks. A log that speaks of one thing only needs no name.
    """
    paths = [item.publication.path]
    paths += [str(task.source.get("path") or "") for task in tasks if task.status == "failed"]
    patterns = [_mention(path) for path in paths if path]
    for line in log:
        if any(pattern.search(line) for pattern in patterns):
            return line
    return log[0] if len(set(log)) == 1 else ""


def _mention(path: str) -> re.Pattern[str]:
    """Return what finds *path*, as it is or a frame of it, or a file in it, in a text."""
    text = re.escape(re.sub(r"\[[\d\-]+\]$", "", path).strip("/"))
    frames = re.sub(r"%(?:0\d+)?d", r"(?:\\d+|%\\d*d)", text)
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
