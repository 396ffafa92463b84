"""Carries due items into accsyn jobs: verifies them, finds or creates the job, adds tasks, writes down what happened.

To be used by the one active worker of the machine, on its thread. Whatever may have reached accsyn without an answer
is written down before it is sent, and looked up before it is sent again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import logging
import posixpath
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors, progress, proof, retry, route, tasks
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Sent, Studio, Trouble, label
from ftrack_accsyn_accessor.model.route import Batch, Route
from ftrack_accsyn_accessor.model.tasks import TaskIndex
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.lookup import Lookup
from ftrack_accsyn_accessor.workspace import Workspace

logger = logging.getLogger(__name__)

#: A temporary file that nobody has written to for so long belongs to a writer that is gone.
ABANDONED_S = 3600.0


class Submission:
    """One endpoint's way from the outbox to accsyn: this machine's client, a volume and a destination."""

    def __init__(
        self,
        outbox: Outbox,
        area: StagingArea,
        workspace: Workspace,
        claims: Claims,
        client_id: str,
        destination: Endpoint,
        studio: Studio,
        queue: Optional[str] = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._area = area
        self._workspace = workspace
        self._claims = claims
        self._client_id = client_id
        self._source_party = f"client={client_id}"
        self._studio = studio
        self._destination = destination
        self._queue = queue
        self._clock = clock
        self._paths: dict[int, list[str]] = {}
        self._unready: Optional[errors.NotReady] = None
        self._lookup = Lookup(outbox, workspace, self._source_party, destination, clock)

    def submit(self, items: Sequence[Item]) -> Optional[errors.NotReady]:
        """Submit *items*; what is wrong with one of them, or with one project, stops only that.

        Raise what makes every further call pointless: an outage. Return what is not set up for some projects.
        """
        self._area.sweep_unfinished(ABANDONED_S)
        today = datetime.datetime.fromtimestamp(self._clock()).date()
        sound = self._with_files(self._sound(self._claims.admit(items, self._destination)))
        self._paths = {item.id: self._task_paths(item) for item in sound}
        self._lookup = Lookup(self._outbox, self._workspace, self._source_party, self._destination, self._clock)
        self._unready = None
        left: list[Item] = []
        for group in _by_job(sound):
            with self._alone(group):
                left += self._lookup.left(group, self._paths)
        workspace = self._studio.workspace
        for batch in route.batches(left, self._client_id, self._destination, today, workspace):
            with self._alone(batch.items):
                self._submit_batch(batch)
        return self._unready

    @contextlib.contextmanager
    def _alone(self, items: Sequence[Item]) -> Iterator[None]:
        """Let what goes wrong with *items*, all of one job, stop only them."""
        try:
            yield
        except errors.Refused as error:
            self._needs_attention(items, error)
        except errors.NotReady as error:
            self._unready = self._unready or error
            self._delay(items, error)
        except errors.Uncertain as error:
            # It may be due to this job alone. Where accsyn does not answer another question either, this raises.
            self._workspace.volume_exists(items[0].publication.volume)
            announce.once(logger, logging.WARNING, f"{error} The files of this job wait.")
            self._delay(items, error)

    def _with_files(self, items: Sequence[Item]) -> list[Item]:
        """Return the items that have files; a container without any has nothing to carry, and has arrived."""
        empty = [item for item in items if not item.publication.files]
        if empty:
            self._outbox.nothing_to_send(empty, self._studio, self._source_party, self._destination)
        return [item for item in items if item.publication.files]

    def _sound(self, items: Sequence[Item]) -> list[Item]:
        """Return the items whose files are what was published, safely on disk; the others need attention."""
        sound = []
        for item in items:
            error = self._fault(item)
            if error is not None:
                self._needs_attention([item], error)
            else:
                sound.append(item)
        return self._on_disk(sound)

    def _fault(self, item: Item) -> Optional[errors.AccsynAccessorError]:
        """Return what is wrong with the staged files of *item*."""
        files = item.publication.files
        if not files and (item.file_count or item.publication.kind is Kind.FILE):
            reasons = ["the outbox has lost the list of its files"]
        else:
            try:
                reasons = self._area.verify({file.path: file.stamp for file in files})
            except errors.FileUnreadable as error:
                return error
        if reasons:
            remedy = "Publish it again, or put the published files back."
            return errors.FileChanged("send the files as published", label(item), "; ".join(reasons), remedy)
        passed_over = next((file.path for file in files if tasks.never_sent(file.path)), "")
        if passed_over:
            outcome, remedy = f"accsyn passes over {passed_over}", progress.remedy(Trouble.NEVER_SENT)
            return errors.NeverSent("send the files as published", label(item), outcome, remedy)
        return None

    def _on_disk(self, items: Sequence[Item]) -> list[Item]:
        """Return the items whose files have reached the disk; those that it could not write need attention."""
        try:
            self._fsync(items)
        except errors.StagingGone:
            raise
        except errors.StagingError as error:
            if len(items) == 1:
                self._needs_attention(items, error)
                return []
            return [item for each in items for item in self._on_disk([each])]
        return list(items)

    def _fsync(self, items: Sequence[Item]) -> None:
        self._area.fsync_files([file.path for item in items for file in item.publication.files])

    def _submit_batch(self, batch: Batch) -> None:
        job = self._lookup.located(self._outbox.job(batch.route))
        index = self._lookup.tasks(job)
        sent = {item.id: self._sent(item, index) for item in batch.items}
        load = _Load(batch.route, job.id, sent)
        sizes = {item_id: len(each.paths or ()) for item_id, each in sent.items()}
        for chunk in route.chunks(batch, sizes):
            self._send(chunk, load)

    def _sent(self, item: Item, index: Optional[TaskIndex]) -> Sent:
        """Return as which tasks *item* goes, with what its job had of them before."""
        paths = tuple(self._paths[item.id])
        before = item.sent.stale if item.sent.paths == paths else {}
        found = [task for task in map(index.get, paths) if task is not None] if index is not None else []
        return Sent(paths, proof.before_queueing(found, before))

    def _task_paths(self, item: Item) -> list[str]:
        publication = item.publication
        whole = publication.kind is not Kind.CONTAINER or self._is_whole_folder(publication)
        return tasks.source_paths(publication, whole_folder=whole)

    def _is_whole_folder(self, publication: Publication) -> bool:
        """Whether the folder of a container holds its files only; what killed writers left in it does not count."""
        files = {file.path for file in publication.files}
        for folder in {posixpath.dirname(path) for path in files}:
            self._area.sweep_temporaries(folder, ABANDONED_S)
        return self._area.holds_only(publication.path, files)

    # Sending.

    def _send(self, items: Sequence[Item], load: _Load, volume_is_known: bool = False) -> bool:
        """Send the tasks of *items*; those that accsyn refuses need attention. Return whether any was taken."""
        try:
            self._deliver(items, load)
        except errors.Refused as refusal:
            self._outbox.not_attempted(items)
            if not volume_is_known:
                self._require_volume(load.route.volume, refusal)
            if len(items) == 1:
                self._needs_attention(items, refusal)
                return False
            return self._send_divided(items, load, refusal)
        return True

    def _send_divided(self, items: Sequence[Item], load: _Load, refusal: errors.Refused) -> bool:
        """Send *items* in parts, to find the refused ones; when the outer two are, all of them count as refused."""
        outer = [self._send([item], load, volume_is_known=True) for item in (items[0], items[-1])]
        inner = items[1:-1]
        if not any(outer):
            self._needs_attention(inner, refusal)
            return False
        middle = len(inner) // 2
        for part in (inner[:middle], inner[middle:]):
            if part:
                self._send(part, load, volume_is_known=True)
        return True

    def _require_volume(self, volume: str, refusal: errors.Refused) -> None:
        """Raise `errors.NotReady` if accsyn does not know the volume: then nothing is wrong with the items."""
        if self._workspace.volume_exists(volume) is False:
            raise errors.NotReady(
                "use the accsyn volume",
                volume,
                "accsyn has no volume with this code, or this user may not see it",
                "Correct FTRACK_ACCSYN_VOLUME, or have access granted.",
            ) from refusal

    def _deliver(self, items: Sequence[Item], load: _Load) -> None:
        payloads = [payload for item in items for payload in load.payloads(item)]
        job = self._outbox.job_by_id(load.job)
        assert job is not None  # noqa: S101 - job rows are never deleted
        if job.accsyn_id and not self._added(job, items, payloads, load):
            generation = job.generation + 1
            load = load.anew()
            job = self._outbox.job_renewed(job, load.route.key(generation), generation)
        if not job.accsyn_id:
            job = self._created(job, items, payloads, load)
        self._outbox.submitted(items, job)
        logger.info("Submitted %d component(s) as %d task(s) to accsyn: %s", len(items), len(payloads), job.name)
        for item in items:
            if item.left_over:
                logger.warning(
                    "%s: %s stays at the destination; nothing removes it there.", label(item), item.left_over
                )

    def _added(self, job: JobRow, items: Sequence[Item], payloads: list[dict[str, Any]], load: _Load) -> bool:
        """Add *payloads* to the job; return False when accsyn does not have the job any more."""
        self._outbox.attempt(items, job, load.sent)
        try:
            self._workspace.add_tasks(job.accsyn_id, payloads)
        except errors.Refused:
            if self._workspace.present_job(job.accsyn_id) is not None:
                raise
            logger.info("The sync job %s is not in accsyn any more; a new one is created.", job.name)
            return False
        return True

    def _created(self, job: JobRow, items: Sequence[Item], payloads: list[dict[str, Any]], load: _Load) -> JobRow:
        queue = self._workspace.find_queue(self._queue or load.route.project_name)
        if self._queue and queue is None:
            raise errors.NotReady(
                "use the accsyn queue", self._queue, "accsyn has no such queue", "Correct or unset FTRACK_ACCSYN_QUEUE."
            )
        payload = route.job_payload(load.route, job.key, items[0].publication, queue)
        self._outbox.attempt(items, job, load.sent)
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

    def _delay(self, items: Sequence[Item], error: errors.WorkspaceError) -> None:
        attempts = 1 + max(item.attempts for item in items)
        waited_s = self._clock() - min(item.created_at for item in items)
        delay_s = retry.delay(error, attempts, waited_s, random.random())  # noqa: S311 - jitter
        self._outbox.delay(items, error, self._clock() + delay_s)

    def _needs_attention(self, items: Sequence[Item], error: errors.AccsynAccessorError) -> None:
        for item in items:
            logger.warning("%s needs attention. %s", label(item), error)
        self._outbox.needs_attention(items, error, self._clock() + retry.delay(error, 1, 0.0, 0.0))


@dataclasses.dataclass(frozen=True)
class _Load:
    """What belongs to one batch: its route, the job's row, and as which tasks each item goes, by the item's id."""

    route: Route
    job: int
    sent: Mapping[int, Sent]

    def payloads(self, item: Item) -> list[dict[str, Any]]:
        """Return the tasks of one item."""
        return tasks.task_payloads(item.publication.component_id, self.sent[item.id].paths or (), self.route)

    def anew(self) -> _Load:
        """Return the same for a job that has no tasks yet."""
        return dataclasses.replace(self, sent={item_id: Sent(each.paths) for item_id, each in self.sent.items()})


def _by_job(items: Iterable[Item]) -> list[list[Item]]:
    groups: dict[Optional[int], list[Item]] = {}
    for item in items:
        groups.setdefault(item.job, []).append(item)
    return list(groups.values())
