"""The transfer engine: one worker thread that really copies what jobs ask for, and its switches."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import BinaryIO, Optional

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.copying import Item, Plan, is_same, make_plan
from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Client, Job, Party, Queue, Site, Task, now
from ftrack_accsyn_sandbox.accsyn.errors import TransferFailure
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

CHUNK_BYTES = 1024 * 1024
# With a set speed the copying is cut into so many steps a second, so that progress can be watched.
STEPS_PER_S = 20
STOP_TIMEOUT_S = 5.0
TEMPORARY_SUFFIX = ".accsyn-part"


class _Interrupted(Exception):
    """The running task must stop: paused, aborted or deleted job, offline client, stopped engine."""


@dataclass
class _Failure:
    """Files that fail on purpose: *glob* on the path in the share or on the file name, *left* times (None: always)."""

    glob: str
    reason: str
    left: Optional[int]

    def hits(self, relative: str) -> bool:
        return fnmatchcase(relative, self.glob) or fnmatchcase(relative.rpartition("/")[2], self.glob)


class Engine:
    """Carries out queued tasks one after the other: higher queues first, then older jobs, then higher priority.

    Task by task: queued -> booting (measured) -> executing -> done or failed. A file is written beside its target and
    renamed; one of the same size and time as its target is not sent again. A task waits while its client, or the
    server of its site, is not online. All methods may be called from any thread.
    """

    def __init__(self, workspace: Workspace, *, paused: bool = False) -> None:
        self._workspace = workspace
        self._changed = workspace.changed
        self._paused = paused
        self._speed: Optional[float] = None
        self._failures: list[_Failure] = []
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

    def fail_path(
        self, glob: str, reason: str = "E#J057 Could not write the file.", times: Optional[int] = None
    ) -> None:
        """Let files fail whose path in the share, or name, matches *glob*: *times* times, or until `clear_failures`."""
        with self._changed:
            self._failures.append(_Failure(glob, reason, times))

    def clear_failures(self) -> None:
        """Take back all of `fail_path`."""
        with self._changed:
            self._failures.clear()

    def client_offline(self, client_id: str) -> None:
        """Take a client offline: its tasks wait, a running one goes back to the queue."""
        self._set_client(client_id, "offline")

    def client_online(self, client_id: str) -> None:
        """Bring a client back."""
        self._set_client(client_id, "online")

    def _set_client(self, client_id: str, status: str) -> None:
        with self._changed:
            self._workspace.client(client_id).status = status
            self._changed.notify_all()

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

    def wait_idle(self, timeout_s: float = 10.0) -> None:
        """Wait until nothing runs and nothing may be started now. Raises TimeoutError, naming what is left.

        What a paused engine, an offline client or a paused job or queue holds back does not count.
        """

        def idle() -> bool:
            return (self._running is None or self._paused) and self._next() is None

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
                found = self._next()
                if found is None:
                    self._changed.notify_all()
                    self._changed.wait()
                else:
                    self._run(*found)
        finally:
            self._changed.release()

    def _next(self) -> Optional[tuple[Job, Task]]:
        """Return what may be started now. The caller holds the lock."""
        if self._paused or self._stopping:
            return None
        ready = [
            job for job in self._workspace.each(Job) if job.status in ("waiting", "running") and self._may_run(job)
        ]
        ready.sort(key=lambda job: -self._queue(job).priority)
        for job in ready:
            queued = [task for task in job.tasks if task.status == "queued"]
            if queued:
                return job, max(queued, key=lambda task: task.priority)
        return None

    def _queue(self, job: Job) -> Queue:
        queue = self._workspace.entities[job.queue_id]
        return queue if isinstance(queue, Queue) else self._workspace.default_queue

    def _may_run(self, job: Job) -> bool:
        """Return whether neither somebody nor an offline machine holds the job back. The caller holds the lock."""
        if job.held or job.archived or job.id not in self._workspace.entities or self._queue(job).status == "paused":
            return False
        return self._online(job.source) and self._online(job.destination)

    def _online(self, party: Party) -> bool:
        holder = self._workspace.holder(party)
        if isinstance(holder, Client):
            return holder.status == "online"
        servers = [client for client in self._workspace.live(Client) if client.type == CLIENT_SERVER]
        return isinstance(holder, Site) and any(s.site_id == holder.id and s.status == "online" for s in servers)

    def _run(self, job: Job, task: Task) -> None:
        """Carry out one task. Entered and left with the lock held, which is let go while files are touched."""
        self._running = task
        started = time.monotonic()
        try:
            self._start(job, task, "booting")
            plan = self._measure(job, task)
            self._check(job, task)
            task.size = plan.size
            task.source_path, task.destination_path = str(plan.source), str(plan.target)
            self._start(job, task, "executing")
            self._copy_all(job, task, plan, started)
            self._check(job, task)
            self._end(job, task, "done", started)
        except TransferFailure as failure:
            if task.status in jobs.RUNNING:
                task.reason = str(failure)
                job.note("error", task.reason)
                self._end(job, task, "failed", started)
        except _Interrupted:
            if task.status in jobs.RUNNING:
                task.requeue()
                jobs.settle(job)
        finally:
            self._running = None
            self._changed.notify_all()

    def _start(self, job: Job, task: Task, status: str) -> None:
        task.status = status
        job.status = "running"
        self._changed.notify_all()

    def _end(self, job: Job, task: Task, status: str, started: float) -> None:
        task.time_ms = int(1000 * (time.monotonic() - started))
        task.speed_mb_s, task.etr_s, task.finished = -1.0, None, now()
        task.status = status
        jobs.settle(job)

    def _measure(self, job: Job, task: Task) -> Plan:
        missing = {**self._queue(job).settings, **job.settings, **task.settings}.get("job_on_missing", "fail")
        self._changed.release()
        try:
            return make_plan(self._workspace, task, ignore_missing=missing == "ignore")
        except OSError as error:
            raise TransferFailure(f"E#J001 The source cannot be read: {error}") from error
        finally:
            self._changed.acquire()

    def _copy_all(self, job: Job, task: Task, plan: Plan, started: float) -> None:
        settings = {**self._queue(job).settings, **job.settings, **task.settings}
        keep = settings.get("transfer_ignore_existing") == "file"
        self._check(job, task)
        self._changed.release()
        try:
            for folder in plan.folders:
                folder.mkdir(parents=True, exist_ok=True)
            for item in plan.items:
                self._fail_on_purpose(item)
                same = is_same(item)
                if same or (keep and same is not None):
                    self._advance(job, task, item.size, started)
                else:
                    self._copy(job, task, item, started)
        except OSError as error:
            raise TransferFailure(f"E#J057 The file cannot be written: {error}") from error
        finally:
            self._changed.acquire()

    def _copy(self, job: Job, task: Task, item: Item, started: float) -> None:
        if not item.source.is_file():
            raise TransferFailure(f"E#J001 Source file not found: {item.source}")
        item.target.parent.mkdir(parents=True, exist_ok=True)
        part = item.target.with_name(f".{item.target.name}{TEMPORARY_SUFFIX}")
        try:
            with item.source.open("rb") as reading, part.open("wb") as writing:
                self._pump(job, task, reading, writing, started)
            facts = item.source.stat()
            os.utime(part, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            part.replace(item.target)
        finally:
            part.unlink(missing_ok=True)

    def _pump(self, job: Job, task: Task, reading: BinaryIO, writing: BinaryIO, started: float) -> None:
        while True:
            speed = self._speed
            chunk = reading.read(CHUNK_BYTES if speed is None else max(1, min(CHUNK_BYTES, int(speed / STEPS_PER_S))))
            if not chunk:
                return
            writing.write(chunk)
            self._advance(job, task, len(chunk), started)
            if speed is not None:
                self._pace(job, task, len(chunk) / speed)

    def _advance(self, job: Job, task: Task, count: int, started: float) -> None:
        with self._changed:
            self._check(job, task)
            task.done_bytes += count
            elapsed_s = max(time.monotonic() - started, 1e-6)
            bytes_per_s = max(task.done_bytes / elapsed_s, 1.0)
            task.speed_mb_s = bytes_per_s / 1_000_000
            task.etr_s = max(0, task.size - task.done_bytes) / bytes_per_s
            self._changed.notify_all()

    def _pace(self, job: Job, task: Task, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        with self._changed:
            while time.monotonic() < deadline and self._speed is not None:
                self._check(job, task)
                self._changed.wait(max(0.0, deadline - time.monotonic()))

    def _check(self, job: Job, task: Task) -> None:
        """Stand still while the engine is paused; raise `_Interrupted` when the task must stop. Needs the lock."""
        while True:
            if self._stopping or task.status not in jobs.RUNNING or not self._may_run(job):
                raise _Interrupted
            if not self._paused:
                return
            self._changed.wait()

    def _fail_on_purpose(self, item: Item) -> None:
        with self._changed:
            for failure in self._failures:
                if failure.hits(item.relative):
                    if failure.left is not None:
                        failure.left -= 1
                        if failure.left <= 0:
                            self._failures.remove(failure)
                    raise TransferFailure(f"{failure.reason} ({item.relative})")
