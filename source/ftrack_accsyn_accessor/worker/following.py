"""Brings the items of a sync job to where their tasks are, and has queued again what proves nothing.

On the worker's thread, by whoever holds the outbox's lock.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Callable, NamedTuple, Optional

from ftrack_accsyn_accessor.model import errors, parties, progress, proof, retry
from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, Item, Kind, Progress, Reason, Sent, State, Trouble, label
from ftrack_accsyn_accessor.model.proof import Verdict
from ftrack_accsyn_accessor.model.tasks import TaskIndex, leads_elsewhere, together
from ftrack_accsyn_accessor.outbox.tracking import Change, TrackedJob, Tracking
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

_SAID_AT_MOST = 3
#: Items that are submitted again by themselves for these, some time later.
_TRIED_AGAIN = frozenset({Trouble.FAILED, Trouble.TASK_MISSING})
#: In accsyn's log, of a task whose source is not there.
_NO_SOURCE = "E#J001"


class _Seen(NamedTuple):
    """An item with its tasks, whether they are all, which runs of them prove nothing, and what follows."""

    item: Item
    tasks: list[Task]
    sent: Sent
    verdict: Verdict
    reason: str = ""


def _paused_here(seen: _Seen) -> _Seen:
    """Return *seen*, of a job that was paused because the outbox is."""
    return seen._replace(reason=progress.PAUSED_HERE) if seen.verdict.trouble is Trouble.PAUSED else seen


class Following:
    """Every call may raise `errors.WorkspaceError` or `errors.OutboxError`.

    *here* gives the accsyn party of this machine, by which it is known whether what was asked for comes from it;
    *paused_jobs* the rows of the jobs that are paused because the outbox is.
    """

    def __init__(
        self,
        tracking: Tracking,
        workspace: Workspace,
        area: StagingArea,
        clock: Callable[[], float],
        here: Callable[[], str] = str,
        paused_jobs: Callable[[], Collection[int]] = frozenset,
    ) -> None:
        self._tracking = tracking
        self._workspace = workspace
        self._area = area
        self._clock = clock
        self._here = here
        self._paused_jobs = paused_jobs

    def follow(self, tracked: TrackedJob, job: Optional[Job], status: str, certain: bool) -> bool:
        """Bring the items of one job to where their tasks are; return whether they are elsewhere than before.

        *job* is None for one that accsyn does not have any more; *status* and *certain* as for `proof.judge`.
        """
        items = self._readable(self._tracking.followed(tracked.row.id))
        tasks = self._workspace.tasks(tracked.row.accsyn_id) if job is not None else []
        index = TaskIndex(tasks)
        seen = [self._see(item, index, tracked, status, certain) for item in items]
        if status == "paused" and tracked.row.id in self._paused_jobs():
            seen = [_paused_here(each) for each in seen]
        seen = self._queue_again(tracked, seen)
        share = progress.running_share(job, tasks) if job is not None else 0.0
        log = self._log(tracked, seen)
        seen = [_in_other_words(each, log) for each in seen]
        changes = _Changes(tracked, job, share, log)
        news = [change for each in seen for change in changes.of(each, self._clock())]
        if news:
            self._tracking.record(news)
        _say([change for change in news if change.state is State.NEEDS_ATTENTION], tracked.row.name)
        return bool(news)

    def give_up(self, tracked: TrackedJob, trouble: Trouble, reason: str) -> None:
        """Stop the items of one job that are on their way, for *trouble*."""
        moving = (State.SUBMITTED, State.TRANSFERRING)
        items = [item for item in self._tracking.followed(tracked.row.id) if item.state in moving]
        cause = progress.cause(trouble, tracked.row.name, reason)
        news = [
            Change(
                item, State.NEEDS_ATTENTION, Progress(0, item.progress.size_bytes), trouble.value, cause, NOT_BY_ITSELF
            )
            for item in items
        ]
        self._tracking.record(news)
        _say(news, tracked.row.name)

    def _readable(self, items: Sequence[Item]) -> list[Item]:
        """Return *items*, with their files where it was not written down as which tasks they went."""
        return [
            item
            if item.sent.paths is not None or item.publication.kind is Kind.FILE
            else self._tracking.with_files([item])[0]
            for item in items
        ]

    def _see(self, item: Item, index: TaskIndex, tracked: TrackedJob, status: str, certain: bool) -> _Seen:
        tasks, whole = index.of(item)
        sent = dataclasses.replace(item.sent, stale=proof.still_stale(tasks, item.sent.stale))
        if sent != item.sent:
            self._tracking.keep_sent(item, sent)
        for task in tasks:
            trouble, reason = self._misread(task, tracked)
            if trouble is not None:
                return _Seen(item, tasks, sent, Verdict(State.NEEDS_ATTENTION, trouble), reason)
        proven = not proof.to_be_queued(tasks, sent.stale)
        seen = _Seen(item, tasks, sent, proof.judge(tasks, whole, status, certain, proven))
        return self._measured(seen) if seen.verdict.arrived and item.reason is not Reason.PUBLISH else seen

    def _measured(self, seen: _Seen) -> _Seen:
        """Return *seen*, of an item that was asked for and has arrived, as stopped if it did not go as ftrack has it.

        Nothing looks at its files before they go, as is done with published ones. What ftrack, or accsyn, tells no
        size of is not compared.
        """
        sizes = [task.size_bytes for task in seen.tasks if task.size_bytes is not None]
        (item,) = self._tracking.with_files([seen.item])
        files = item.publication.files
        known = [file.size_bytes for file in files if file.size_bytes]
        if not known or len(sizes) < len(seen.tasks):
            return seen
        there, wanted = sum(sizes), sum(known)
        if there == wanted or (there > wanted and len(known) < len(files)):
            return seen
        reason = f"accsyn has carried {there} bytes, and ftrack knows {wanted}"
        return seen._replace(verdict=Verdict(State.NEEDS_ATTENTION, Trouble.SIZE_DIFFERS), reason=reason)

    def _misread(self, task: Task, tracked: TrackedJob) -> tuple[Optional[Trouble], str]:
        """Return whether accsyn reads *task* otherwise than it was meant, and how."""
        asked = tracked.row.reason != Reason.PUBLISH.value
        trouble = proof.misread(task, tracked.row.source_party, tracked.row.party if asked else "")
        path = proof.path_of(task)
        if trouble is Trouble.WRONG_DESTINATION:
            there = str(task.destination.get("path") or "")
            client = task.destination.get("client") or task.destination.get("site")
            if leads_elsewhere(task) and self._is_party(tracked.row.party):
                return Trouble.FORM, f"{there} instead of {path}"
            return trouble, f"{path} on {client}"
        if trouble is Trouble.WRONG_CLIENT:
            return trouble, f"client {task.source.get('client')}"
        if asked and tracked.row.source_party != self._here():
            return None, ""
        absolute = str(task.source.get("path_abs_final") or task.source.get("path_abs") or "")
        if absolute and path and not self._area.names(absolute, path):
            return Trouble.WRONG_CLIENT, f"{absolute} on client {task.source.get('client')}"
        return None, ""

    def _is_party(self, text: str) -> bool:
        """Whether *text* is read as a party: a bare word is a path, and no other words would help."""
        try:
            return bool(parties.parse(text, self._workspace.code))
        except ValueError:
            return False

    def _queue_again(self, tracked: TrackedJob, seen: Iterable[_Seen]) -> list[_Seen]:
        """Queue again what ran, but proves nothing; what accsyn does not queue needs attention."""
        result = []
        for each in seen:
            again = proof.to_be_queued(each.tasks, each.sent.stale) if each.verdict.trouble is None else []
            if again:
                try:
                    self._workspace.retry_tasks(tracked.row.accsyn_id, [task.id for task in again])
                    self._tracking.keep_sent(each.item, proof.queued_again(each.sent, again))
                except errors.Refused as error:
                    verdict = Verdict(State.NEEDS_ATTENTION, Trouble.FAILED)
                    each = each._replace(verdict=verdict, reason=error.outcome)
            result.append(each)
        return result

    def _log(self, tracked: TrackedJob, seen: Iterable[_Seen]) -> list[str]:
        """Return the job's log when it may tell why items have failed; asked once for each set of failures."""
        failed = (
            each.verdict.trouble is Trouble.FAILED and each.item.cause_kind != Trouble.FAILED.value for each in seen
        )
        return self._workspace.job_log(tracked.row.accsyn_id) if any(failed) else []


@dataclasses.dataclass(frozen=True)
class _Changes:
    """Turns what was seen of the items of one job into changes."""

    tracked: TrackedJob
    job: Optional[Job]
    running_share: float
    log: Sequence[str]

    def of(self, seen: _Seen, now: float) -> list[Change]:
        """Return what changes with one item: one change, or none."""
        item, (state, trouble, arrived) = seen.item, seen.verdict
        if state is None:
            return []
        kind = trouble.value if trouble is not None else ""
        if state is State.NEEDS_ATTENTION and state is item.state and kind == item.cause_kind:
            return []
        moved = self._progress(seen)
        change = Change(item, state, moved, kind, self._cause(seen), arrived=arrived)
        if state is State.NEEDS_ATTENTION:
            again_at = now + retry.ITEM_DELAY_S if trouble in _TRIED_AGAIN else NOT_BY_ITSELF
            if trouble is Trouble.FORM:
                again_at = now + retry.HELP_DELAY_S
            still = dataclasses.replace(moved, speed_bytes_per_s=None, left_s=None)
            return [dataclasses.replace(change, next_try_at=again_at, progress=still)]
        same = (state, kind, moved) == (item.state, item.cause_kind, item.progress)
        return [] if same and not arrived else [change]

    def _progress(self, seen: _Seen) -> Progress:
        """Return how far an item is; what proves nothing has not moved."""
        size_bytes = seen.item.progress.size_bytes
        if not seen.item.publication.component_id:  # asked for by its path: what it weighs is what its tasks tell
            size_bytes = max(size_bytes, sum(task.size_bytes or 0 for task in seen.tasks))
        counted = [task for task in seen.tasks if task.status != "done" or proof.proves(task, seen.sent.stale)]
        if self.job is None or not seen.tasks:
            return seen.item.progress
        if len(counted) < len(seen.tasks):
            return Progress(0, size_bytes)
        return progress.measure(counted, size_bytes, self.job, self.running_share)

    def _cause(self, seen: _Seen) -> str:
        trouble, reason = seen.verdict.trouble, seen.reason
        if trouble is Trouble.FAILED and not reason:
            reason = progress.reason_of(seen.item, seen.tasks, self.log)
        elif trouble is Trouble.JOB_GONE:
            reason = proof.DELETED if self.job is None else proof.ARCHIVED
        return progress.cause(trouble, self.tracked.row.name, reason)


def _in_other_words(seen: _Seen, log: Sequence[str]) -> _Seen:
    """Return *seen*; where accsyn has not found several files that go as one, it may not read that as it is meant.

    They were there when they were sent.
    """
    if seen.verdict.trouble is not Trouble.FAILED or seen.item.sent.paths is None:
        return seen
    reason = progress.reason_of(seen.item, seen.tasks, log)
    if _NO_SOURCE not in reason or not together(seen.item.publication, seen.item.sent.paths):
        return seen
    return seen._replace(verdict=seen.verdict._replace(trouble=Trouble.FORM), reason=reason)


def _say(stopped: Sequence[Change], job_name: str) -> None:
    """Tell the log which items have stopped; of many only the first."""
    for change in stopped[:_SAID_AT_MOST]:
        logger.warning("%s needs attention. %s", label(change.item), change.cause)
    if len(stopped) > _SAID_AT_MOST:
        logger.warning("So do %d more components of %s.", len(stopped) - _SAID_AT_MOST, job_name)
