"""The transfer engine: one worker thread that really copies what jobs ask for, and its switches."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from typing import BinaryIO, Optional

from ftrack_accsyn_sandbox.accsyn import deliveries, jobs, measuring, retries, waits
from ftrack_accsyn_sandbox.accsyn.copying import Item, Plan, check_kinds, check_space, is_same, make_plan
from ftrack_accsyn_sandbox.accsyn.endings import Endings
from ftrack_accsyn_sandbox.accsyn.entities import Job, Task, now
from ftrack_accsyn_sandbox.accsyn.errors import TransferFailure
from ftrack_accsyn_sandbox.accsyn.file_switches import FileSwitches
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

CHUNK_BYTES = 1024 * 1024
# With a set speed the copying is cut into so many steps a second, so that progress can be watched.
STEPS_PER_S = 20
STOP_TIMEOUT_S = 5.0
# How long a task waits for a source that is not there. How long accsyn does is not known, only that it does.
MISSING_GRACE_S = 1.0
TEMPORARY_PREFIX = ".ACCSYN_TMP."


class _Interrupted(Exception):
    """The running task must stop: paused, aborted or deleted job, offline client, stopped engine."""


@dataclass(frozen=True)
class _Run:
    """One task being carried out; *started_s* is on the monotonic clock."""

    job: Job
    task: Task
    settings: dict[str, str]
    started_s: float


class Engine(FileSwitches):
    """Carries out queued tasks one after the other: higher queues first, then older jobs, then higher priority.

    Task by task: queued -> booting (measured) -> executing -> done or failed. A file is written beside its target and
    renamed; one of the same size and time as its target is not sent again. A task waits while its client, or the
    server of its site, is not online, or somebody has disabled or paused what it needs; the job's log tells what. It
    waits, too, for `missing_grace_s` seconds, while its source is missing, and other tasks go on meanwhile. The
    hooks of a job run when its tasks are through, beside whatever else is copied; a paused engine starts none. All
    methods may be called from any thread.
    """

    def __init__(self, workspace: Workspace, *, paused: bool = False) -> None:
        super().__init__(workspace.changed)
        self._workspace = workspace
        self._endings = Endings(workspace)
        self._paused = paused
        self._speed: Optional[float] = None
        self._missing_grace_s = MISSING_GRACE_S
        self._awaited_in_s: Optional[float] = None
        self._running: Optional[Task] = None
        self._stopping = False
        self._thread: Optional[threading.Thread] = None

    # Switches

    @property
    def paused(self) -> bool:
        """Whether nothing is started, and what is being copied stands still."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    @property
    def speed_bytes_per_s(self) -> Optional[float]:
        """Bytes per second, None for as fast as possible."""
        return self._speed

    @speed_bytes_per_s.setter
    def speed_bytes_per_s(self, speed: Optional[float]) -> None:
        with self._changed:
            self._speed = speed
            self._changed.notify_all()

    @property
    def missing_grace_s(self) -> float:
        """For how many seconds a task waits before it fails because its source is missing."""
        return self._missing_grace_s

    @missing_grace_s.setter
    def missing_grace_s(self, grace_s: float) -> None:
        with self._changed:
            self._missing_grace_s = grace_s
            self._changed.notify_all()

    def retry_failed(self) -> int:
        """Do now what accsyn does by itself after a while, and return how many jobs were queued again.

        Those are the failed ones whose settings (job, queue or workspace) leave them a retry: without
        `job_max_retries` there is none. With `job_autoretray_delay_s` as well it happens without this call.
        """
        with self._changed:
            again = sum(retries.retry(self._workspace, job) for job in self._workspace.each(Job))
            self._changed.notify_all()
            return again

    def client_offline(self, client_id: str) -> None:
        """Take a client offline: its tasks wait, a running one goes back to the queue."""
        self._workspace.set_status(self._workspace.client(client_id), "offline")

    def client_online(self, client_id: str) -> None:
        """Bring a client back."""
        self._workspace.set_status(self._workspace.client(client_id), "online")

    # Life

    def start(self) -> None:
        """Start the worker thread."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._work, name="accsyn-engine", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the worker thread; a task that runs goes back to the queue."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)
            self._thread = None
        self._endings.stop()

    def wait_idle(self, timeout_s: float = 10.0) -> None:
        """Wait until nothing runs and nothing may be started now. Raises TimeoutError, naming what is left.

        What a paused engine, an offline client or a paused job or queue holds back does not count, nor does a retry
        whose delay has not passed; a file that `hold_at` holds does, and so does a source that is still awaited.
        """

        def idle() -> bool:
            hooking = not self._paused and self._endings.busy()
            standing = self._running is None or self._paused
            return standing and not hooking and self._next() is None and self._awaited_in_s is None

        if not self.wait_until(idle, timeout_s):
            rows = self._workspace.jobs()
            left = [
                task.source for job in rows for task in job.tasks if task.status not in ("done", "failed", "excluded")
            ]
            raise TimeoutError(f"The engine was still busy after {timeout_s:g} s with {len(left)} tasks: {left[:5]}")

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Wait until *condition*, looked at whenever anything changed, is true; return False after *timeout_s*."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    # Work

    def _work(self) -> None:
        self._changed.acquire()
        try:
            while not self._stopping:
                wait_s = self._retry_due()
                if not self._paused:
                    self._endings.start_due()
                found = self._next()
                if found is None:
                    self._changed.notify_all()
                    waits_s = [each_s for each_s in (wait_s, self._awaited_in_s) if each_s is not None]
                    self._changed.wait(min(waits_s, default=None))
                else:
                    self._run(*found)
        finally:
            self._changed.release()

    def _next(self) -> Optional[tuple[Job, Task]]:
        """Return what may be started now. The caller holds the lock."""
        self._awaited_in_s = None
        if self._paused or self._stopping:
            return None
        deliveries.open_pending(self._workspace)
        measuring.measure_paused(self._workspace)
        live = [job for job in self._workspace.each(Job) if job.status in ("waiting", "running") and not job.archived]
        live = [job for job in live if not job.ending]  # the tasks of the others are through
        live.sort(key=lambda job: -self._workspace.queue_of(job).priority)
        found: Optional[tuple[Job, Task]] = None
        for job in live:
            task = job.tasks[0] if found else _first_queued(job)
            if task is None:
                continue
            wait = waits.reason(self._workspace, job, task)
            if wait is None and found is None:
                present = self._present(job, task)
                found = (job, present) if present is not None else None
            elif wait is None and found is not None and _is_behind(job, found[0]):
                wait = waits.BEHIND
            job.note_wait(wait)
        return found

    def _present(self, job: Job, first: Task) -> Optional[Task]:
        """Return the *first* queued task of a job or, while its source is awaited, the next whose source is not."""
        if not self._awaits(first):
            return first
        queued = sorted((task for task in job.tasks if task.status == "queued"), key=lambda task: -task.priority)
        return next((task for task in queued if not self._awaits(task)), None)

    def _awaits(self, task: Task) -> bool:
        """Return whether the source of *task* is missing and still awaited; note for how long at most."""
        missing_s = measuring.missing_for_s(self._workspace, task)
        if missing_s is None or missing_s >= self._missing_grace_s:
            return False
        left_s = self._missing_grace_s - missing_s
        self._awaited_in_s = left_s if self._awaited_in_s is None else min(left_s, self._awaited_in_s)
        return True

    def _retry_due(self) -> Optional[float]:
        """Retry the jobs whose time has come; return the seconds until the next one's, None without any."""
        waits_s = []
        for job in self._workspace.each(Job):
            due_in_s = retries.due_in_s(self._workspace, job)
            if due_in_s is not None and due_in_s <= 0:
                retries.retry(self._workspace, job)
            elif due_in_s is not None:
                waits_s.append(due_in_s)
        return min(waits_s, default=None)

    def _may_go_on(self, run: _Run) -> bool:
        """Return whether neither somebody nor an offline machine holds the task back. The caller holds the lock."""
        if run.job.held or run.job.archived or run.job.id not in self._workspace.entities:
            return False
        return waits.reason(self._workspace, run.job, run.task) is None

    def _run(self, job: Job, task: Task) -> None:
        """Carry out one task. Entered and left with the lock held, which is let go while files are touched."""
        self._running = task
        settings = {**self._workspace.inherited_settings(job), **job.settings, **task.settings}
        run = _Run(job, task, settings, time.monotonic())
        try:
            self._start(run, "booting")
            plan = self._measure(run)
            self._check(run)
            task.size = plan.size
            task.source_path, task.destination_path = str(plan.source), str(plan.target)
            self._start(run, "executing")
            self._copy_all(run, plan)
            self._check(run)
            self._end(run, "done")
        except TransferFailure as failure:
            if task.status in jobs.RUNNING:
                task.reason = str(failure)
                job.note("error", task.reason)
                self._end(run, "failed")
        except _Interrupted:
            if task.status in jobs.RUNNING:
                task.requeue()
                jobs.settle(job)
        finally:
            self._running = None
            self._changed.notify_all()

    def _start(self, run: _Run, status: str) -> None:
        run.task.status = status
        run.job.status = "running"
        self._changed.notify_all()

    def _end(self, run: _Run, status: str) -> None:
        task = run.task
        task.time_ms = int(1000 * (time.monotonic() - run.started_s))
        task.speed_mb_s, task.etr_s, task.finished = -1.0, None, now()
        task.status = status
        jobs.settle(run.job)

    def _measure(self, run: _Run) -> Plan:
        ignore_missing = run.settings.get("job_on_missing") == "ignore"
        trouble = waits.unreachable(self._workspace, run.job)
        if trouble is not None:
            raise TransferFailure(trouble)
        self._changed.release()
        try:
            plan = make_plan(self._workspace, run.task, ignore_missing=ignore_missing)
            check_space(self._workspace, run.task, plan)
            return plan
        except OSError as error:
            raise TransferFailure(f"The source cannot be read: {error} (E#J001)") from error
        finally:
            self._changed.acquire()

    def _copy_all(self, run: _Run, plan: Plan) -> None:
        keep = run.settings.get("transfer_ignore_existing") == "file"
        self._check(run)
        self._changed.release()
        try:
            check_kinds(plan)
            for folder in plan.folders:
                folder.mkdir(parents=True, exist_ok=True)
            for item in plan.items:
                self._fail_on_purpose(item)
                same = is_same(item)
                if same or (keep and same is not None):
                    self._advance(run, item.size)
                else:
                    self._copy(run, item)
        except OSError as error:
            raise TransferFailure(f"The file cannot be written: {error} (E#J057)") from error
        finally:
            self._changed.acquire()

    def _copy(self, run: _Run, item: Item) -> None:
        if not item.source.is_file():
            raise TransferFailure(f"Source file not found: {item.source} (E#J001)")
        item.target.parent.mkdir(parents=True, exist_ok=True)
        part = item.target.with_name(f"{TEMPORARY_PREFIX}{item.target.name}")
        try:
            # Reading is unbuffered, so that nothing is read ahead of where a switch holds the file.
            with item.source.open("rb", buffering=0) as reading, part.open("wb") as writing:
                # The time is the one before reading: what is rewritten meanwhile must not look the same afterwards.
                facts = os.fstat(reading.fileno())
                self._pump(run, item, reading, writing)
            os.utime(part, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            part.replace(item.target)
        finally:
            part.unlink(missing_ok=True)

    def _pump(self, run: _Run, item: Item, reading: FileIO, writing: BinaryIO) -> None:
        limit = min(CHUNK_BYTES, max(1, item.size // 2)) if self._holds(item) else CHUNK_BYTES
        while True:
            speed = self._speed
            chunk = reading.read(limit if speed is None else max(1, min(limit, int(speed / STEPS_PER_S))))
            self._stand_still(run, item)
            self._fail_on_purpose(item, under_way=True)
            if not chunk:
                return
            writing.write(chunk)
            self._advance(run, len(chunk))
            if speed is not None:
                self._pace(run, len(chunk) / speed)

    def _stand_still(self, run: _Run, item: Item) -> None:
        """Wait while a switch holds *item*."""
        with self._changed:
            if not self._holds(item):
                return
            self._held = item.relative
            self._changed.notify_all()
            try:
                while self._held is not None:
                    self._check(run)
                    if self._held is not None:  # it may have been released while a paused engine stood still
                        self._changed.wait()
            finally:
                self._held = None

    def _advance(self, run: _Run, count: int) -> None:
        task = run.task
        with self._changed:
            self._check(run)
            task.done_bytes += count
            elapsed_s = max(time.monotonic() - run.started_s, 1e-6)
            bytes_per_s = max(task.done_bytes / elapsed_s, 1.0)
            task.speed_mb_s = bytes_per_s / 1_000_000
            task.etr_s = max(0, task.size - task.done_bytes) / bytes_per_s
            self._changed.notify_all()

    def _pace(self, run: _Run, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        with self._changed:
            while time.monotonic() < deadline and self._speed is not None:
                self._check(run)
                self._changed.wait(max(0.0, deadline - time.monotonic()))

    def _check(self, run: _Run) -> None:
        """Stand still while the engine is paused; raise `_Interrupted` when the task must stop. Needs the lock."""
        while True:
            if self._stopping or run.task.status not in jobs.RUNNING or not self._may_go_on(run):
                raise _Interrupted
            if not self._paused:
                return
            self._changed.wait()


def _first_queued(job: Job) -> Optional[Task]:
    """Return the queued task of the highest priority, the older one of two; None without any."""
    queued = [task for task in job.tasks if task.status == "queued"]
    return max(queued, key=lambda task: task.priority, default=None)


def _is_behind(job: Job, first: Job) -> bool:
    return (job.queue_id, job.source, job.destination) == (first.queue_id, first.source, first.destination)
