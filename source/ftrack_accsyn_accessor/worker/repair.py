"""Retries tasks of entries where they are, in the sync job that they failed in, rather than adding them to another."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.entry import Entry, State, Trouble
from ftrack_accsyn_accessor.model.transfer import COMPONENT_ID
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.workspace import Workspace

#: What accsyn goes on with when the task is queued again.
_IN_PLACE = frozenset({Trouble.FAILED.value, Trouble.ON_HOLD.value, Trouble.EXCLUDED.value})
_STOPPED = frozenset({"failed", "onhold", "excluded"})


class Repair:
    """For the uploader's thread. May raise `errors.WorkspaceError` or `errors.OutboxError`."""

    def __init__(self, outbox: Outbox, workspace: Workspace) -> None:
        self._outbox = outbox
        self._workspace = workspace

    def retry(self, entries: Sequence[Entry]) -> list[Entry]:
        """Queue the stopped tasks of *entries* again; return the entries that have to be submitted anew."""
        groups: dict[int, list[Entry]] = {}
        for entry in entries:
            if entry.state is State.NEEDS_ATTENTION and entry.cause_kind in _IN_PLACE and entry.job is not None:
                groups.setdefault(entry.job, []).append(entry)
        retried: set[int] = set()
        for row_id, group in groups.items():
            row = self._outbox.job_by_id(row_id)
            if row is not None and row.accsyn_id:
                retried |= self._retry_in(row, group)
        return [entry for entry in entries if entry.id not in retried]

    def _retry_in(self, row: JobRow, entries: Sequence[Entry]) -> set[int]:
        try:
            job = self._workspace.get_job(row.accsyn_id)
            if job is None or job.finished:
                return set()
            tasks = [task for task in self._workspace.tasks(row.accsyn_id) if task.status in _STOPPED]
            by_component = {str(task.metadata.get(COMPONENT_ID, "")) for task in tasks}
            stopped = [entry for entry in entries if entry.publication.component_id in by_component]
            wanted = {entry.publication.component_id for entry in stopped}
            ids = [task.id for task in tasks if task.metadata.get(COMPONENT_ID) in wanted]
            if ids:
                self._workspace.retry_tasks(row.accsyn_id, ids)
        except errors.Refused:
            return set()  # archived or deleted meanwhile, or not ours to change: a new task will do
        self._outbox.submitted(stopped, row)
        return {entry.id for entry in stopped}
