"""What the tasks of an item say of it: where it is, and whether its arrival is proven. Pure.

Task truth, not job truth: an item is judged by its own tasks. The job's status only tells whether unfinished ones will
go on (accsyn fact sheet, section 7). And a task proves an arrival only by a run that began after the item's content was
complete: what was running when newer content was queued may have read the older one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model.accsyn import Task, is_id
from ftrack_accsyn_accessor.model.item import RUNNING, Sent, State, Trouble
from ftrack_accsyn_accessor.model.tasks import leads_elsewhere, spelt

#: Words of ours for a job that accsyn does not show among its jobs any more.
ARCHIVED = "archived"
DELETED = "deleted"

#: Statuses of a task, in accsyn's words (accsyn fact sheet, section 7).
AT_WORK = frozenset({"booting", "executing"})
WAITING = frozenset({"queued", "pending"})
STOPPED = frozenset({"failed", "onhold", "excluded"})


class Verdict(NamedTuple):
    """What an item's tasks say. `state` None means that nothing can be said now. `arrived`: its arrival is proven."""

    state: Optional[State]
    trouble: Optional[Trouble] = None
    arrived: bool = False


_UNKNOWN = Verdict(None)


def judge(tasks: Collection[Task], whole: bool, job_status: str, certain: bool, proven: bool = True) -> Verdict:
    """Return what *tasks*, all those of one item, say of it.

    *whole* tells whether they are as many as the item has, *proven* whether the runs of those that are done prove
    something; *job_status* is accsyn's word, `ARCHIVED` or `DELETED`. *certain* tells that the job looked the same a
    moment ago: what the next answer may take back is said only then.
    """
    statuses = {task.status for task in tasks}
    if statuses == {"done"} and whole and proven:
        return Verdict(State.TRANSFERRING, arrived=True)
    if job_status == ARCHIVED:
        return _stopped(Trouble.JOB_GONE)
    if job_status == DELETED:
        return _stopped(Trouble.JOB_GONE) if certain else _UNKNOWN
    if not statuses or (statuses == {"done"} and not whole):
        return _stopped(Trouble.TASK_MISSING) if certain else _UNKNOWN
    if job_status == "aborted":
        return _stopped(Trouble.ABORTED)
    if "excluded" in statuses:
        return _stopped(Trouble.EXCLUDED)
    if statuses == {"done"}:
        return Verdict(State.SUBMITTED)  # to be queued once more
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
    if statuses <= WAITING:
        return Verdict(State.SUBMITTED, trouble)
    if statuses <= WAITING | AT_WORK | {"done"}:
        return Verdict(State.TRANSFERRING, trouble)
    return _UNKNOWN


# Which runs prove something.


def before_queueing(tasks: Iterable[Task], stale: Mapping[str, str]) -> dict[str, str]:
    """Return what `Sent.stale` has to say of *tasks*, which are about to be queued for new content.

    *stale* is what was written down of them before, when an earlier attempt was not answered: that stands.
    """
    found = dict(stale)
    for task in tasks:
        path = path_of(task)
        if task.status in AT_WORK:
            found.setdefault(path, RUNNING)
        elif task.status == "done":
            found.setdefault(path, task.finished)
    return found


def proves(task: Task, stale: Mapping[str, str]) -> bool:
    """Whether *task*, which is done, is so by a run that began after the item's content was complete."""
    before = stale.get(path_of(task))
    return before is None or (before != RUNNING and task.finished not in ("", before))


def to_be_queued(tasks: Iterable[Task], stale: Mapping[str, str]) -> list[Task]:
    """Return those of *tasks* whose last run proves nothing and that will not run again by themselves."""
    return [task for task in tasks if task.status == "done" and not proves(task, stale)]


def still_stale(tasks: Iterable[Task], stale: Mapping[str, str]) -> dict[str, str]:
    """Return what is left of *stale* after a look at *tasks*: a task that waits for its run will read new content.

    So will one that is at work after it had been done, and one that failed has to be queued again in any case.
    """
    left = dict(stale)
    for task in tasks:
        path = path_of(task)
        begun_since = task.status in AT_WORK and left.get(path) not in (None, RUNNING)
        if task.status in WAITING | STOPPED or begun_since:
            left.pop(path, None)
    return left


def queued_again(sent: Sent, tasks: Iterable[Task]) -> Sent:
    """Return *sent* after accsyn has confirmed that *tasks*, none of which was at work, are queued again."""
    paths = {path_of(task) for task in tasks}
    return dataclasses.replace(sent, stale={path: mark for path, mark in sent.stale.items() if path not in paths})


def path_of(task: Task) -> str:
    """Return the path that *task* carries, in its one spelling."""
    return spelt(str(task.source.get("path") or ""))


# Whether accsyn reads a task as it was meant.


def misread(task: Task, source_party: str, party: str = "") -> Optional[Trouble]:
    """Return what is wrong with the ends of *task* as accsyn reads them: None for nothing, or what cannot be told.

    Its path has to be the same at both ends, and these the parties *source_party* and *party* (empty: not known).
    """
    if _is_another(task.source, source_party):
        return Trouble.WRONG_CLIENT
    if _is_another(task.destination, party):
        return Trouble.WRONG_DESTINATION
    return Trouble.WRONG_DESTINATION if leads_elsewhere(task) else None


def _is_another(end: Mapping[str, Any], party: str) -> bool:
    """Whether *end* is certainly another party than *party*.

    Clients are told by their ids, as they were asked for. A site is asked for by its code and told by its id, or by its
    code as well: only what has the same form is compared.
    """
    kind, _, name = party.partition("=")
    client, site = str(end.get("client") or ""), str(end.get("site") or "")
    if kind == "client":
        return client not in ("", name)
    return kind == "site" and is_id(site) == is_id(name) and site not in ("", name)
