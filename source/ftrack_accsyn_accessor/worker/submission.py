"""Carries due items into accsyn jobs: verifies them, finds or creates the job, adds tasks, writes down what happened.

To be used by the one active worker of the machine, on its thread. Whatever may have reached accsyn without an answer
is written down before it is sent, and looked up before it is sent again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import itertools
import logging
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors, proof, retry, route, tasks
from ftrack_accsyn_accessor.model.accsyn import Job, Task
from ftrack_accsyn_accessor.model.assumptions import INTEGRATION_SETTING
from ftrack_accsyn_accessor.model.item import NOWHERE, Endpoint, Item, Sent, Studio, label
from ftrack_accsyn_accessor.model.route import Batch, Route
from ftrack_accsyn_accessor.model.tasks import TaskIndex
from ftrack_accsyn_accessor.outbox import JobRow, Outbox
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.worker import adding
from ftrack_accsyn_accessor.worker.adding import Parcel
from ftrack_accsyn_accessor.worker.asked import Asked
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.goods import ABANDONED_S as ABANDONED_S
from ftrack_accsyn_accessor.worker.goods import Goods, Staged, stop
from ftrack_accsyn_accessor.worker.lookup import Lookup, ReadJobs
from ftrack_accsyn_accessor.worker.wordings import Wordings
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_accessor.workspace.probing import NAMELESS

logger = logging.getLogger(__name__)


class Submission:
    """One endpoint's way from the outbox to accsyn: this machine's client, or *source*, a volume and a destination.

    With *asked* it carries what was asked for, from *source*, and *read* as `Lookup` has it; else what was published on
    this machine.
    """

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
        asked: Optional[Asked] = None,
        source: Endpoint = NOWHERE,
        read: Optional[ReadJobs] = None,
    ) -> None:
        self._read = read if asked is not None else None
        self._outbox = outbox
        self._workspace = workspace
        self._goods: Goods = asked or Staged(outbox, area, claims, destination, clock)
        self._requests = self._goods.requests
        self._client_id = client_id
        self._source_party = source.party or f"client={client_id}"
        self._studio = studio
        self._destination = destination
        self._queue = queue
        self._clock = clock
        self._unready: Optional[errors.NotReady] = None
        self._lookup = self._new_lookup()
        self._assumptions = workspace.assumptions
        self._wordings = Wordings(self._goods, self._assumptions.notation)
        self._with_setting = True

    def submit(self, items: Sequence[Item]) -> Optional[errors.NotReady]:
        """Submit *items*; what is wrong with one of them, or with one project, stops only that.

        Raise what makes every further call pointless: an outage. Return what is not set up for some projects.
        """
        today = datetime.datetime.fromtimestamp(self._clock()).date()
        sound = self._goods.sound(items)
        self._wordings.write(sound)
        sound = self._with_files(sound)
        self._lookup = self._new_lookup()
        self._unready = None
        left: list[Item] = []
        for group in _by_job(sound):
            with self._alone(group):
                left += self._lookup.left(group, self._wordings.paths)
        left = sorted(self._goods.wanted(left), key=lambda item: -item.priority)
        ends = (self._client_id, self._destination)
        for batch in route.batches(left, *ends, today, self._studio.workspace, self._queue or ""):
            with self._alone(batch.items):
                self._submit_batch(batch)
        return self._unready

    def _new_lookup(self) -> Lookup:
        ends = (self._source_party, self._destination)
        return Lookup(self._outbox, self._workspace, *ends, self._clock, self._read)

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
        except errors.Unserved as error:
            announce.once(logger, logging.WARNING, str(error))
            self._delay(items, error)
        except errors.Uncertain as error:
            # It may be due to this job alone. Where accsyn does not answer another question either, this raises.
            self._workspace.volume_exists(items[0].publication.volume)
            announce.once(logger, logging.WARNING, f"{error} The files of this job wait.")
            self._delay(items, error)

    def _with_files(self, items: Sequence[Item]) -> list[Item]:
        """Return the items that have files; a container without any has nothing to carry, and has arrived."""
        empty = [item for item in items if not self._wordings.paths[item.id]]
        if empty:
            self._outbox.nothing_to_send(empty, self._studio, self._source_party, self._destination)
        return [item for item in items if self._wordings.paths[item.id]]

    def _submit_batch(self, batch: Batch) -> None:
        self._require_enabled()
        self._with_setting = self._assumptions.holds(INTEGRATION_SETTING)
        job = self._lookup.located(self._outbox.job(batch.route))
        self._lookup.tasks(job, max(item.created_at for item in batch.items))
        load = _Load(batch.route, job.id, job.generation)
        sizes = {item.id: len(self._wordings.paths[item.id]) for item in batch.items}
        refused: dict[int, errors.Refused] = {}
        try:
            for chunk in route.chunks(batch, sizes):
                wanted = self._goods.wanted(chunk)
                if wanted:
                    self._send(wanted, load, refused)
        finally:
            self._turned_down(batch, refused)

    def _require_enabled(self) -> None:
        """Raise `errors.Unserved` for a user whom accsyn has disabled: a job may enable them (workflow facts, 1)."""
        address = "@".join(self._destination.party.split("@")[:2])
        if "@" not in address or not self._requests:
            return
        users = self._workspace.users([address])
        if users and all("disabled" in user.status for user in users):
            remedy = "Have an administrator enable the user; it is tried again."
            raise errors.Unserved("send files", address, "the user is disabled in accsyn", remedy)

    def _turned_down(self, batch: Batch, refused: Mapping[int, errors.Refused]) -> None:
        """Let the items that accsyn has refused need attention; of requests it is one of the ends where all were."""
        if self._requests and len(refused) == len(batch.items):
            first = refused[batch.items[0].id]
            ends = f"{batch.route.source_party} > {batch.route.destination.party}"
            remedy = "Have the share mapped, or the rights granted, at that end; it is tried again."
            raise errors.Unserved("carry what was asked for", ends, first.outcome, first.remedy or remedy)
        for item in batch.items:
            if item.id in refused:
                self._needs_attention([item], refused[item.id])

    def _parcel(self, job: JobRow, items: Sequence[Item], load: _Load) -> Parcel:
        """Return as what *items* go into *job*, by what that had of them at the first look."""
        index = self._lookup.tasks(job)
        sent = {item.id: self._sent(item, index, renewed=job.generation != load.generation) for item in items}
        made = [
            tasks.task_payloads(
                item.publication,
                self._wordings.paths[item.id],
                load.route,
                self._requests.get(item.request or 0),
                self._wordings.mirrored(item),
            )
            for item in items
        ]
        # By its text: what several ask for goes once, as the first of them, whose priority is the highest.
        payloads: dict[str, dict[str, Any]] = {}
        for each in itertools.chain.from_iterable(made):
            payloads.setdefault(each["source"], each)
        present = self._present(items, index, load.route.volume)
        return Parcel(sent, list(payloads.values()), present, self._differing(items, index))

    def _differing(self, items: Sequence[Item], index: Optional[TaskIndex]) -> frozenset[int]:
        """Return the ids of those of *items* of whose tasks the job has some with another priority, which they keep.

        (accsyn fact sheet, section 6)
        """
        if index is None:
            return frozenset()
        pairs = [(item, index.get(path)) for item in items for path in self._wordings.paths[item.id]]
        return frozenset(
            item.id for item, task in pairs if task is not None and task.priority != item.publication.priority
        )

    def _present(self, items: Sequence[Item], index: Optional[TaskIndex], volume: str) -> dict[str, Task]:
        """Return the tasks of *items* that are there, by their source texts: not those that lead to another place."""
        found = {}
        for path in (path for item in items for path in self._wordings.paths[item.id]):
            task = index.get(path) if index is not None else None
            if task is not None and not tasks.leads_elsewhere(task):
                found[tasks.source_text(self._source_party, volume, path)] = task
        return found

    def _sent(self, item: Item, index: Optional[TaskIndex], renewed: bool) -> Sent:
        """Return as which tasks *item* goes, with what its job had of them before; a *renewed* one had none."""
        paths = tuple(self._wordings.paths[item.id])
        before = item.sent.stale if item.sent.paths == paths and not renewed else {}
        found = [task for task in map(index.get, paths) if task is not None] if index is not None else []
        return Sent(paths, proof.before_queueing(found, before))

    # Sending.

    def _send(
        self, items: Sequence[Item], load: _Load, refused: dict[int, errors.Refused], volume_is_known: bool = False
    ) -> bool:
        """Send the tasks of *items*; those that accsyn refuses are *refused*. Return whether any was taken."""
        try:
            self._deliver(items, load)
        except errors.Refused as refusal:
            self._outbox.not_attempted(items)
            if not volume_is_known and not self._requests:
                self._require_volume(load.route.volume, refusal)
            if len(items) > 1:
                return self._send_divided(items, load, refused, refusal)
            if self._wordings.plainer(items[0]) or self._renewed(items, load):
                return self._send(items, load, refused, volume_is_known=True)
            refused[items[0].id] = refusal
            return False
        self._wordings.taken(items)
        return True

    def _send_divided(
        self, items: Sequence[Item], load: _Load, refused: dict[int, errors.Refused], refusal: errors.Refused
    ) -> bool:
        """Send *items* in parts, to find the refused ones; when the outer two are, all of them count as refused."""
        outer = [self._send([item], load, refused, volume_is_known=True) for item in (items[0], items[-1])]
        inner = items[1:-1]
        if not any(outer):
            refused.update((item.id, refusal) for item in inner)
            return False
        middle = len(inner) // 2
        for part in (inner[:middle], inner[middle:]):
            if part:
                self._send(part, load, refused, volume_is_known=True)
        return True

    def _renewed(self, items: Sequence[Item], load: _Load) -> bool:
        """Let *items* have another job, as the one that refuses them is done; return False where that cannot be why."""
        job = self._outbox.job_by_id(load.job)
        if job is None or not job.accsyn_id or job.generation != load.generation:
            return False
        there = self._workspace.present_job(job.accsyn_id)
        followed = any(each.row.id == job.id for each in self._outbox.tracking.live_jobs())
        if there is None or there.status != "done" or followed:
            return False
        logger.info("The sync job %s is done and takes no more; a new one is created.", job.name)
        self._outbox.job_renewed(job, load.route.key(job.generation + 1), job.generation + 1)
        self._wordings.write(items)
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
        job = self._outbox.job_by_id(load.job)
        assert job is not None  # noqa: S101 - job rows are never deleted
        if job.accsyn_id and not self._added(job, items, load):
            logger.info("The sync job %s is not in accsyn any more; a new one is created.", job.name)
            generation = job.generation + 1
            job = self._outbox.job_renewed(job, load.route.key(generation), generation)
        if not job.accsyn_id:
            job = self._opened(job, items, load) if self._requests else self._created(job, items, load)
        self._outbox.submitted(items, job)
        count = sum(len(self._wordings.paths[item.id]) for item in items)
        logger.info("Submitted %d component(s) as %d task(s) to accsyn: %s", len(items), count, job.name)
        for item in items:
            if item.left_over:
                logger.warning(
                    "%s: %s stays at the destination; nothing removes it there.", label(item), item.left_over
                )

    def _added(self, job: JobRow, items: Sequence[Item], load: _Load) -> bool:
        """Add the tasks of *items* to the job; return False when accsyn does not have the job any more."""
        parcel = self._parcel(job, items, load)
        self._outbox.attempt(items, job, parcel.sent, parcel.differing)
        # What was cancelled before that was written down is nobody's; what is from now on is taken back in accsyn.
        wanted = self._goods.wanted(items)
        if not wanted:
            return True
        if len(wanted) < len(items):
            parcel = self._parcel(job, wanted, load)
        return adding.add(self._workspace, job.accsyn_id, parcel)

    def _opened(self, job: JobRow, items: Sequence[Item], load: _Load) -> JobRow:
        """Create the job of what was asked for, on whatever machine, and add the tasks of *items* to everybody's.

        Another machine may create one for the same ends at this moment. So ours begins with a task that is excluded,
        as the placeholders of accsyn's documents do: nothing of it runs before it is known which job is everybody's.
        """
        job = self._lookup.agreed(job, self._create(job, items, load))
        if not self._added(job, items, load):
            outcome = "accsyn does not have it any more"
            raise errors.Uncertain("add tasks to the sync job", job.name, outcome, "It is looked for again.")
        return job

    def _created(self, job: JobRow, items: Sequence[Item], load: _Load) -> JobRow:
        """Create the job of what is published on this machine, with the tasks of *items*."""
        return self._lookup.begun(job, self._create(job, items, load))

    def _create(self, job: JobRow, items: Sequence[Item], load: _Load) -> Job:
        """Create the job, with a task that is excluded where none is to run yet."""
        queue = self._workspace.find_queue(self._queue or load.route.project_name)
        if self._queue and queue is None:
            what = ("use the accsyn queue", self._queue, "accsyn has no such queue")
            if self._requests:
                raise errors.Unserved(*what, "Have it made, or ask for it again with another one.")
            raise errors.NotReady(*what, "Correct or unset FTRACK_ACCSYN_QUEUE.")
        request = self._requests.get(items[0].request or 0)
        payload = route.job_payload(load.route, job.name, job.key, items[0].publication, queue, request)
        payload["mirror_paths"] = self._wordings.mirrored(items[0])
        parcel = self._parcel(job, items, load)
        self._outbox.attempt(items, job, parcel.sent, parcel.differing)
        self._outbox.job_attempted(job)
        # What was forgotten before that was written down is nobody's.
        running = self._goods.wanted(items) if not self._requests else []
        placeholder = {**parcel.payloads[0], "status": "excluded"}
        first = self._parcel(job, running, load).payloads if running else [placeholder]
        try:
            return self._create_with(payload, list(first))
        except errors.Uncertain as error:
            created = self._lookup.nameless(job) if error.outcome == NAMELESS else None
            if created is None:
                raise
            return created
        except errors.WorkspaceError:
            if job.attempted_at is None:  # else an earlier attempt, without an answer, may still come true
                self._outbox.job_not_attempted(job)
            raise

    def _create_with(self, payload: dict[str, Any], first: list[dict[str, Any]]) -> Job:
        """Create the job; without accsyn's setting for ftrack where that may be what it refuses."""
        if self._with_setting:
            with contextlib.suppress(errors.Refused):
                return self._workspace.create_job({**payload, "tasks": first})
            self._with_setting = False
        plain = {name: value for name, value in payload.items() if name != "settings"}
        return self._workspace.create_job({**plain, "tasks": first})

    def _delay(self, items: Sequence[Item], error: errors.WorkspaceError) -> None:
        attempts = 1 + max(item.attempts for item in items)
        waited_s = self._clock() - min(item.created_at for item in items)
        delay_s = retry.delay(error, attempts, waited_s, random.random())  # noqa: S311 - jitter
        self._outbox.delay(items, error, self._clock() + delay_s)

    def _needs_attention(self, items: Sequence[Item], error: errors.AccsynAccessorError) -> None:
        stop(self._outbox, items, error, self._clock())


@dataclasses.dataclass(frozen=True)
class _Load:
    """What belongs to one batch: its route, and the job's row, with the generation that it had at first."""

    route: Route
    job: int
    generation: int


def _by_job(items: Iterable[Item]) -> list[list[Item]]:
    groups: dict[Optional[int], list[Item]] = {}
    for item in items:
        groups.setdefault(item.job, []).append(item)
    return list(groups.values())
