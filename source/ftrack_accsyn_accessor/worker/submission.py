"""Carries due entries into accsyn jobs: verifies them, finds or creates the job, adds tasks, writes down what happened.

To be used by the one active uploader of the machine, on its thread. Whatever may have reached accsyn without an answer
is written down before it is sent, and looked up before it is sent again.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import posixpath
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors, retry, transfer
from ftrack_accsyn_accessor.model.entry import Entry, Kind, Publication
from ftrack_accsyn_accessor.model.transfer import Batch, Destination, Route
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea, Stamp
from ftrack_accsyn_accessor.worker.repair import Repair
from ftrack_accsyn_accessor.workspace import Task, Workspace

logger = logging.getLogger(__name__)

#: Entries looked at in one go: bounds memory, whatever lies in the outbox.
ENTRIES_PER_PASS = 1000
#: A creation without an answer may still be under way in accsyn; it is not repeated before this much time has passed.
CREATION_GRACE_S = 10.0
#: Fact in the outbox: "1" when it has been there since the staging area was made: nothing was submitted without it.
COMPLETE = "complete"
#: A temporary file that nobody has written to for so long belongs to a writer that is gone.
ABANDONED_S = 3600.0
#: Statuses of a task that is through, for good or bad (accsyn fact sheet, section 7).
RAN = frozenset({"done", "failed", "excluded"})


class Submission:
    """One endpoint's way from the outbox to accsyn: this machine's client, a volume and a destination."""

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        workspace: Workspace,
        client_id: str,
        volume: str,
        destination: Destination,
        queue: Optional[str] = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._workspace = workspace
        self._client_id = client_id
        self._volume = volume
        self._destination = destination
        self._queue = queue
        self._clock = clock

    def submit(self, entries: Sequence[Entry]) -> None:
        """Submit *entries*; what is wrong with one of them, or with one project, stops only that.

        Raise what makes every further call pointless: an outage, or a workspace that is not ready.
        """
        today = datetime.datetime.fromtimestamp(self._clock()).date()
        left = Repair(self._outbox, self._workspace).retry(self._sound(entries))
        for batch in transfer.batches(left, self._client_id, self._volume, self._destination, today):
            try:
                self._submit_batch(batch)
            except errors.Refused as error:
                self._needs_attention(batch.entries, error)
            except errors.Uncertain as error:
                # It may be due to this job alone. Where accsyn does not answer another question either, this raises.
                self._workspace.volume_exists(self._volume)
                self._delay(batch.entries, error)

    def _sound(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries whose files are what was published, safely on disk; the others need attention."""
        sound = []
        for entry in entries:
            published = {file.path: Stamp(file.size_bytes, file.mtime_ns) for file in entry.publication.files}
            reasons = self._area.verify(published) if published else ["the outbox has lost the list of its files"]
            if reasons:
                remedy = "Publish it again, or put the published files back."
                error = errors.FileChanged("send the files as published", _label(entry), "; ".join(reasons), remedy)
                self._needs_attention([entry], error)
            else:
                sound.append(entry)
        return self._on_disk(sound)

    def _on_disk(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries whose files have reached the disk; those that it could not write need attention."""
        try:
            self._fsync(entries)
        except errors.StagingGone:
            raise
        except errors.StagingError as error:
            if len(entries) == 1:
                self._needs_attention(entries, error)
                return []
            return [entry for each in entries for entry in self._on_disk([each])]
        return list(entries)

    def _fsync(self, entries: Sequence[Entry]) -> None:
        self._area.fsync_files([file.path for entry in entries for file in entry.publication.files])

    def _submit_batch(self, batch: Batch) -> None:
        batch = self._without_answered(batch)
        if not batch.entries:
            return
        key = batch.route.key(0)
        job = self._located(self._outbox.job(key, key, batch.route.name, batch.route.destination))
        load = _Load(batch.route, job.id, {entry.id: self._tasks(entry, batch.route) for entry in batch.entries})
        sizes = {entry_id: len(payloads) for entry_id, payloads in load.tasks.items()}
        for chunk in transfer.chunks(batch, sizes):
            self._send(chunk, load)

    def _tasks(self, entry: Entry, route: Route) -> list[dict[str, Any]]:
        publication = entry.publication
        whole = publication.kind is not Kind.CONTAINER or self._is_whole_folder(publication)
        return transfer.task_payloads(publication, route, whole_folder=whole)

    def _is_whole_folder(self, publication: Publication) -> bool:
        """Whether the folder of a container holds its files only; what killed writers left in it does not count."""
        files = {file.path for file in publication.files}
        for folder in {posixpath.dirname(path) for path in files}:
            self._area.sweep_temporaries(folder, ABANDONED_S)
        return self._area.holds_only(publication.resource_identifier, files)

    # What was sent without an answer.

    def _without_answered(self, batch: Batch) -> Batch:
        """Return *batch* without the entries whose tasks accsyn turns out to have."""
        attempted = [entry for entry in batch.entries if entry.attempted and entry.job is not None]
        there: set[int] = set()
        for row_id in sorted({entry.job for entry in attempted if entry.job is not None}):
            row = self._outbox.job_by_id(row_id)
            if row is not None:
                there |= self._settle(row, [entry for entry in attempted if entry.job == row_id])
        return Batch(batch.route, tuple(entry for entry in batch.entries if entry.id not in there))

    def _settle(self, row: JobRow, entries: Sequence[Entry]) -> set[int]:
        """Find out which of *entries* have arrived in the job of *row*; return their ids."""
        row = self._located(row)
        if not row.accsyn_id:
            return set()
        try:
            tasks = self._workspace.tasks(row.accsyn_id)
        except errors.Refused:
            if self._is_in_accsyn(row):
                raise
            self._outbox.not_attempted(entries)
            return set()
        found: dict[str, list[Task]] = {}
        for task in tasks:
            found.setdefault(str(task.metadata.get(transfer.COMPONENT_ID, "")), []).append(task)
        arrived = [entry for entry in entries if self._covered(entry, found)]
        # A component that was published anew has the tasks of before: those that ran may have sent the old files.
        ran = [task for entry in arrived for task in found[entry.publication.component_id] if task.status in RAN]
        if ran:
            self._workspace.retry_tasks(row.accsyn_id, [task.id for task in ran])
        self._outbox.submitted(arrived, row)
        self._outbox.not_attempted([entry for entry in entries if entry not in arrived])
        return {entry.id for entry in arrived}

    def _covered(self, entry: Entry, tasks: Mapping[str, list[Task]]) -> bool:
        """Whether accsyn has all tasks of *entry*. Where some are missing all are sent again, as the same tasks."""
        publication = entry.publication
        found = len(tasks.get(publication.component_id, ()))
        whole = len(transfer.source_paths(publication, whole_folder=True))
        return found >= whole if publication.kind is not Kind.CONTAINER else found in (whole, len(publication.files))

    def _located(self, row: JobRow) -> JobRow:
        """Return *row* with accsyn's id if accsyn has a job with its name and key.

        Where the outbox knows its whole history, a row of which no creation was begun has no job yet: no need to ask.
        """
        if row.accsyn_id or (row.attempted_at is None and self._outbox.fact(COMPLETE) == "1"):
            return row
        ours = [job for job in self._workspace.find_jobs(row.name) if job.metadata.get(transfer.KEY) == row.key]
        if ours:
            return self._outbox.job_found(row, min(ours, key=lambda job: job.finished).id)
        if row.attempted_at is not None and 0 <= self._clock() - row.attempted_at < CREATION_GRACE_S:
            outcome = "its creation was not answered a moment ago and may still be under way"
            raise errors.Uncertain("find the sync job", row.name, outcome, "It is looked for again, then created.")
        return row

    # Sending.

    def _send(self, entries: Sequence[Entry], load: _Load, volume_is_known: bool = False) -> bool:
        """Send the tasks of *entries*; those that accsyn refuses need attention. Return whether any was taken."""
        try:
            self._deliver(entries, load)
        except errors.Refused as refusal:
            self._outbox.not_attempted(entries)
            if not volume_is_known:
                self._require_volume(refusal)
            if len(entries) == 1:
                self._needs_attention(entries, refusal)
                return False
            return self._send_divided(entries, load, refusal)
        return True

    def _send_divided(self, entries: Sequence[Entry], load: _Load, refusal: errors.Refused) -> bool:
        """Send *entries* in parts, to find the refused ones; when the outer two are, all of them count as refused."""
        outer = [self._send([entry], load, volume_is_known=True) for entry in (entries[0], entries[-1])]
        inner = entries[1:-1]
        if not any(outer):
            self._needs_attention(inner, refusal)
            return False
        middle = len(inner) // 2
        for part in (inner[:middle], inner[middle:]):
            if part:
                self._send(part, load, volume_is_known=True)
        return True

    def _require_volume(self, refusal: errors.Refused) -> None:
        """Raise `errors.NotReady` if accsyn does not know the volume: then nothing is wrong with the entries."""
        if self._workspace.volume_exists(self._volume) is False:
            raise errors.NotReady(
                "use the accsyn volume",
                self._volume,
                "accsyn has no volume with this code, or this user may not see it",
                "Correct FTRACK_ACCSYN_VOLUME, or have access granted.",
            ) from refusal

    def _deliver(self, entries: Sequence[Entry], load: _Load) -> None:
        payloads = [payload for entry in entries for payload in load.tasks[entry.id]]
        job = self._outbox.job_by_id(load.job)
        assert job is not None  # noqa: S101 - job rows are never deleted
        if job.accsyn_id and not self._added(job, entries, payloads):
            generation = job.generation + 1
            job = self._outbox.job_renewed(job, load.route.key(generation), generation)
        if not job.accsyn_id:
            job = self._created(job, entries, payloads, load.route)
        self._outbox.submitted(entries, job)
        logger.info("Submitted %d component(s) as %d task(s) to accsyn: %s", len(entries), len(payloads), job.name)

    def _added(self, job: JobRow, entries: Sequence[Entry], payloads: list[dict[str, Any]]) -> bool:
        """Add *payloads* to the job; return False when accsyn does not have the job any more."""
        self._outbox.attempt(entries, job)
        try:
            self._workspace.add_tasks(job.accsyn_id, payloads)
        except errors.Refused:
            if self._is_in_accsyn(job):
                raise
            logger.info("The sync job %s is not in accsyn any more; a new one is created.", job.name)
            return False
        return True

    def _is_in_accsyn(self, job: JobRow) -> bool:
        """Whether accsyn still has the job: an archived or deleted one is neither among the live nor the finished."""
        return any(found.id == job.accsyn_id for found in self._workspace.find_jobs(job.name))

    def _created(self, job: JobRow, entries: Sequence[Entry], payloads: list[dict[str, Any]], route: Route) -> JobRow:
        queue = self._workspace.find_queue(self._queue or route.project_name)
        if self._queue and queue is None:
            raise errors.NotReady(
                "use the accsyn queue", self._queue, "accsyn has no such queue", "Correct or unset FTRACK_ACCSYN_QUEUE."
            )
        payload = transfer.job_payload(route, job.key, entries[0].publication, queue)
        self._outbox.attempt(entries, job)
        self._outbox.job_attempted(job)
        try:
            created = self._workspace.create_job({**payload, "tasks": payloads})
        except errors.Uncertain:
            raise
        except errors.WorkspaceError:
            if job.attempted_at is None:  # else an earlier attempt, without an answer, may still come true
                self._outbox.job_not_attempted(job)
            raise
        return self._outbox.job_found(job, created.id)

    def _delay(self, entries: Sequence[Entry], error: errors.Uncertain) -> None:
        announce.once(logger, logging.WARNING, f"{error} The files of this job wait.")
        attempts = 1 + max(entry.attempts for entry in entries)
        waited_s = self._clock() - min(entry.created_at for entry in entries)
        delay_s = retry.delay(error, attempts, waited_s, random.random())  # noqa: S311 - jitter
        self._outbox.delay(entries, error, self._clock() + delay_s)

    def _needs_attention(self, entries: Sequence[Entry], error: errors.AccsynAccessorError) -> None:
        for entry in entries:
            logger.warning("%s needs attention. %s", _label(entry), error)
        self._outbox.needs_attention(entries, error, self._clock() + retry.delay(error, 1, 0.0, 0.0))


@dataclasses.dataclass(frozen=True)
class _Load:
    """What belongs to one batch: its route, the job's row, and the tasks of each entry by the entry's id."""

    route: Route
    job: int
    tasks: dict[int, list[dict[str, Any]]]


def _label(entry: Entry) -> str:
    publication = entry.publication
    return f"{publication.project_name} {publication.version_name} {publication.component_name}".strip()
