"""Runs the hooks of jobs that have ended, each in a thread of its own: a hook may call accsyn itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from ftrack_accsyn_sandbox.accsyn import hooks, jobs, payload
from ftrack_accsyn_sandbox.accsyn.entities import Client, Job, Party
from ftrack_accsyn_sandbox.accsyn.hooks import HookRun
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

STOP_TIMEOUT_S = 5.0
OFFLINE = "The server for hooks is offline (W#J061)"


class Endings:
    """What the engine asks of hooks. The caller of every method but `stop` holds the workspace's lock."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._threads: set[threading.Thread] = set()

    def start_due(self) -> None:
        """Start the hooks of jobs that have ended since the last call; they wait while their server is offline."""
        for job in list(self._due()):
            if not self._server_online():
                job.note_wait(OFFLINE)
                continue
            job.note_wait(None)
            if job.ending == jobs.DUE:
                job.ending = jobs.HOOK_RUNS
                job.ends += 1
                self._start(job, jobs.end_hooks(job))
            if job.failing:
                job.failing = False
                self._start(job, [hooks.POST_FAILED])

    def busy(self) -> bool:
        """Return whether a hook runs, or is due and can run."""
        return bool(self._threads) or (self._server_online() and next(self._due(), None) is not None)

    def stop(self) -> None:
        """End the processes that run, and join their threads."""
        self._workspace.hooks.stop()
        for thread in list(self._threads):
            thread.join(STOP_TIMEOUT_S)

    def _due(self) -> Iterator[Job]:
        return (job for job in self._workspace.each(Job) if job.failing or job.ending == jobs.DUE)

    def _server_online(self) -> bool:
        server = self._workspace.resolved(Party("workspace", self._workspace.id)).machine_id
        machine = self._workspace.entities.get(server or "")
        return isinstance(machine, Client) and machine.status == "online"

    def _start(self, job: Job, names: list[str]) -> None:
        told = payload.of_job(self._workspace, job)
        thread = threading.Thread(
            target=self._run, args=(job, names, told, job.ends), name=f"accsyn-{names[0]}", daemon=True
        )
        self._threads.add(thread)
        thread.start()

    def _run(self, job: Job, names: list[str], told: dict[str, Any], number: int) -> None:
        trouble = False
        for name in names:
            files = {"files": job.published} if name == hooks.PUBLISH else {}
            ended = self._workspace.hooks.run(name, {**told, **files})
            with self._workspace.changed:
                trouble = _note(job, ended)
            if trouble:
                break
        with self._workspace.changed:
            # A job that got more tasks meanwhile ends once more, and what counts is how that ends.
            if names != [hooks.POST_FAILED] and (job.ending, job.ends) == (jobs.HOOK_RUNS, number):
                job.ending = jobs.HOOK_FAILED if trouble else jobs.PASSED
                jobs.settle(job)
            self._threads.discard(threading.current_thread())
            self._workspace.changed.notify_all()


def _note(job: Job, ended: list[HookRun]) -> bool:
    """Put what hooks printed into the log of *job*; return whether one failed."""
    for run in ended:
        if run.output:
            job.note("info", run.output)
        if run.trouble:
            job.note("error", run.trouble)
    return any(run.trouble for run in ended)
