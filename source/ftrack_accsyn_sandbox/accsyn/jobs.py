"""How a job's status follows from its tasks, and what adding and setting do (accsyn fact sheet, sections 6, 7)."""

from __future__ import annotations

import time

from ftrack_accsyn_sandbox.accsyn.entities import Job, Task, now
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.hooks import POST_DONE, POST_FAILED, PUBLISH

FINISHED = ("done", "aborted")
JOB_WRITABLE = ("waiting", "paused", "aborted", "done")
TASK_WRITABLE = ("queued", "failed", "onhold", "excluded", "done")
RUNNING = ("booting", "executing")
# How far the hooks are of a job whose tasks are through: only then it is done, or failed.
DUE, HOOK_RUNS, HOOK_FAILED, PASSED = "due", "runs", "failed", "passed"


def end_hooks(job: Job) -> list[str]:
    """Return the names of the hooks that run when the tasks of *job* are through, in order."""
    names = [*([PUBLISH] if job.published is not None else []), POST_DONE]
    return [name for name in names if name in job.hooks]


def settle(job: Job) -> None:
    """Derive the job's status from what was set on it and from its tasks, and note when it finished or failed."""
    before = job.status
    job.status = job.held or _status_of(job.tasks)
    if job.status != "done":
        job.ending = ""
    else:
        job.ending = job.ending or (DUE if end_hooks(job) else PASSED)
        job.status = {PASSED: "done", HOOK_FAILED: "failed"}.get(job.ending, "running")
    if job.status == "failed" != before:
        job.failing = POST_FAILED in job.hooks
    if job.status == "paused":
        job.note_wait("The job is paused (W#J067)")
    if job.status == "failed" != before:
        job.failed_at_s = time.monotonic()
    if job.status not in FINISHED:
        job.finished = None
    elif job.finished is None:
        job.finished = now()
    job.modified = now()


def _status_of(tasks: list[Task]) -> str:
    states = {task.status for task in tasks} - {"excluded"}
    if states & set(RUNNING):
        return "running"
    if states & {"queued", "pending"}:
        return "waiting"
    if "failed" in states:
        return "failed"
    return "paused" if "onhold" in states else "done"


def set_status(job: Job, status: str) -> None:
    """Set a job's status as a user may. Raises Refusal for other words and for archived jobs.

    "waiting" resumes or retries: failed tasks, and all unfinished ones of an aborted job, are queued again; tasks on
    hold stay there.
    """
    if job.archived:
        raise Refusal("The job has been archived and cannot be changed.")
    if status not in JOB_WRITABLE:
        raise Refusal(f"Job status cannot be set to {status}, use one of: {', '.join(JOB_WRITABLE)}.")
    again = ("failed", "onhold") if job.held == "aborted" else ("failed",)
    job.held = None if status == "waiting" else status
    if status == "waiting":
        job.retries = 0
        job.ending = "" if job.ending == HOOK_FAILED else job.ending
        for task in job.tasks:
            if task.status in again:
                task.requeue()
    settle(job)


def set_task_status(task: Task, status: str) -> None:
    """Set a task's status as a user may. Raises Refusal for other words."""
    if status not in TASK_WRITABLE:
        raise Refusal(f"Task status cannot be set to {status}, use one of: {', '.join(TASK_WRITABLE)}.")
    if status == "queued":
        task.requeue()
    else:
        task.status = status
        task.finished = now() if status in ("done", "failed") else None


def revive(job: Job) -> None:
    """Make a job take tasks again: done, failed and aborted ones wait, paused ones stay paused.

    Of an aborted job the unfinished tasks go on hold (accsyn fact sheet, section 6, from an old change log); failed
    ones stay failed.
    """
    job.retries = 0
    if job.status == "aborted":
        for task in job.tasks:
            if task.status in ("queued", "pending", *RUNNING):
                task.status = "onhold"
    if job.held in FINISHED:
        job.held = None
    elif job.status == "paused":
        job.held = "paused"  # also where only tasks on hold had paused it


def add_tasks(job: Job, added: list[Task], *, allow_duplicates: bool, replace_duplicates: bool) -> list[Task]:
    """Add tasks to a job under the rules for duplicates and return the rows concerned, one each.

    A task with the source and destination, or the uri, of an existing one is not added: the existing one is retried
    (not when it is executing). With *replace_duplicates* the new one takes its place; without *allow_duplicates*
    nothing at all is added and Refusal is raised. Raises Refusal for archived jobs.
    """
    if job.archived or not job.active:
        raise Refusal("Cannot add tasks to the job, it has been archived.")
    by_key = {task.key: task for task in job.tasks}
    by_uri = {task.uri: task for task in job.tasks}
    pairs = [(task, by_key.get(task.key) or by_uri.get(task.uri)) for task in added]
    if not allow_duplicates:
        taken = [task for task, existing in pairs if existing is not None]
        if taken or len({task.key for task in added}) < len(added):
            raise Refusal(f"Duplicate tasks are not allowed: {(taken or added)[0].source_text}")
    revive(job)
    rows: dict[str, Task] = {}
    for task, _ in pairs:
        existing = by_key.get(task.key) or by_uri.get(task.uri)
        row = _merge(job, task, existing, replace_duplicates) if existing is not None else task
        if existing is None:
            job.tasks.append(row)
        by_key[row.key] = by_uri[row.uri] = row
        rows[row.id] = row
    settle(job)
    return list(rows.values())


def _merge(job: Job, task: Task, existing: Task, replace: bool) -> Task:
    if existing.status in RUNNING:
        return existing
    if replace:
        task.uri = existing.uri
        job.tasks[job.tasks.index(existing)] = task
        return task
    existing.requeue()
    return existing


def next_uri(job: Job) -> int:
    """Return the number of the next task that names no uri of its own."""
    numbers = [int(task.uri) for task in job.tasks if task.uri.isdecimal()]
    return max(numbers, default=-1) + 1
