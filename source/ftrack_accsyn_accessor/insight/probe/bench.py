"""What the looks of a probe have in common: who asks, what it made, and how long each may wait."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.insight.probe.finding import Finding, said, unseen
from ftrack_accsyn_accessor.insight.probe.trial import Trial
from ftrack_accsyn_accessor.model import errors, proof
from ftrack_accsyn_accessor.model.accsyn import FolderEntry, Job, Task
from ftrack_accsyn_accessor.model.tasks import source_text
from ftrack_accsyn_accessor.workspace import Workspace

#: In all, in seconds, with what clearing away takes; of that the looks together, and each wait for transfers.
IN_ALL_S = 300.0
LOOKS_S = 210.0
WAIT_S = 45.0
#: What nothing is waited for longer, where something should have happened at once.
SOON_S = 10.0
PAUSE_S = 0.3
#: accsyn dates in whole seconds: so much apart two runs of a task can be told from each other.
APART_S = 1.1


class Bench:
    """One probe at work. *sleep* and *monotonic* are seams for tests.

    `party` is this machine, `first` the id of the task that the job began with, `payload` what it was made of;
    `unmirrored` is why it has the path in its destination, empty where it has none. `closed` tells that the job, being
    done, takes no more; `sleeps` that it takes more and does not run.
    """

    def __init__(
        self,
        workspace: Workspace,
        trial: Trial,
        volume: str,
        main: str,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace = workspace
        self.trial = trial
        self.volume = volume
        self.main = main
        self.party = ""
        self.mirrored = True
        self.job: Optional[Job] = None
        self.first = ""
        self.payload: dict[str, Any] = {}
        self.unmirrored = ""
        self.closed = self.sleeps = False
        self._jobless = "there is none"
        self._more: list[str] = []
        self.sleep = sleep
        self._monotonic = monotonic
        self._until = monotonic() + LOOKS_S

    @property
    def workspace(self) -> Workspace:
        """The door to accsyn. Raises `errors.TimeUp` where there is no time for another question."""
        if not self.time_left:
            raise errors.TimeUp("look at accsyn", "", "there was no time left")
        return self._workspace

    @property
    def time_left(self) -> bool:
        """Whether there is time for another look."""
        return self._monotonic() < self._until

    def look(self, names: Sequence[str], step: Callable[[], Sequence[Finding]]) -> list[Finding]:
        """Return what *step* finds of the assumptions *names*; what keeps it from that is why they were not seen."""
        found: Sequence[Finding] = ()
        why = "there was nothing to see it by"
        if not self.time_left:
            why = "there was no time left"
        else:
            try:
                found = step()
            except errors.AccsynAccessorError as error:
                why = f"{error.tried}: {said(error)}"
            except OSError as error:
                why = f"the probe's files: {error.strerror or error}"
        told = {each.id: each for each in found}
        return [told.get(name) or unseen(name, f"Could not be seen: {why.rstrip('.')}.") for name in names]

    def task(self, path: str) -> dict[str, Any]:
        """Return the task that carries *path* of the probe's folder, written as the plugin writes its own."""
        there = path if not path.endswith("]") else f"{path.rpartition('/')[0]}/"
        whole = source_text(self.main, self.volume, there)
        source = source_text(self.party, self.volume, path)
        return {"source": source, "destination": self.main if self.mirrored else whole, "metadata": {"probe": "first"}}

    def tasks(self) -> list[Task]:
        """Return the tasks of the probe's jobs."""
        return [task for job_id in (self.job_id, *self._more) for task in self.workspace.tasks(job_id)]

    def begun(self) -> Task:
        """Return the task that the job began with."""
        for task in self.workspace.tasks(self.job_id):
            if task.id == self.first:
                return task
        raise errors.Unresolved("look at the probe's first task", self.first, "it is gone", "")

    def create(self, payload: Mapping[str, Any]) -> Job:
        """Create a job; as long as it is not known whether that has happened, the trial is doubtful."""
        sent, self.trial.sent, self.trial.doubtful = self.trial.sent, True, True
        try:
            job = self.workspace.create_job(payload)
        except errors.Uncertain:
            raise
        except errors.AccsynAccessorError as error:
            self.trial.sent, self.trial.doubtful = sent, False
            self._jobless = f"it could not be created: {said(error)}"
            raise
        self.trial.doubtful = False
        return job

    def add(self, path: str) -> tuple[list[str], str]:
        """Add the task that carries *path*, and return its ids, and how it was refused, empty where it was not.

        With a job of its own where this one takes no more. Other refusals are raised: they say nothing of the task.
        """
        known = {task.id for task in self.tasks()}
        refused = self._put(self.task(path))
        if refused:
            return [], refused
        self.rouse()
        return [each.id for each in self.tasks() if each.id not in known], ""

    def _put(self, task: dict[str, Any]) -> str:
        try:
            self.workspace.add_tasks(self.job_id, [task])
            return ""
        except errors.Refused as error:
            if not self.closed:
                return said(error)
        payload = {"code": self.trial.left.job, "mirror_paths": self.mirrored, "tasks": [task]}
        try:
            with contextlib.suppress(errors.Uncertain):
                self.create(payload)
        except errors.Refused as error:
            return said(error)
        self._more = [job.id for job in self.jobs() if job.id != self.job_id]
        self.trial.doubtful = self.trial.doubtful and not self._more
        return ""

    def rouse(self) -> None:
        """Have the job go on, which is done and does not by itself."""
        if self.sleeps:
            self.workspace.set_job_status(self.job_id, "waiting")

    def jobs(self) -> list[Job]:
        """Return the probe's jobs, however they are found."""
        return self.workspace.probes_jobs(self.trial.left.job)

    def with_ids(self, task_ids: Sequence[str]) -> list[Task]:
        """Return the tasks with these ids."""
        return [task for task in self.tasks() if task.id in task_ids]

    @property
    def job_id(self) -> str:
        """The id of the probe's job."""
        if self.job is None:
            raise errors.Unresolved("look at the probe's job", "", self._jobless, "")
        return self.job.id

    def current(self) -> Job:
        """Return the probe's job as it is now. Raises `errors.Unresolved` where it is gone.

        Also what a refusal is tried by: where this is refused, too, it says nothing of what was asked for.
        """
        for job in self.jobs():
            if job.id == self.job_id:
                return job
        raise errors.Unresolved("look at the probe's job", self.job_id, "it is gone", "")

    def status(self) -> str:
        """Return the status of the probe's job. Raises `errors.Unresolved` where it is gone."""
        return self.current().status

    def wait(self, met: Callable[[], bool], limit_s: float = 0.0) -> bool:
        """Wait until *met*; return whether that has come before *limit_s*, by default `WAIT_S`, were over."""
        until = min(self._until, self._monotonic() + (limit_s or WAIT_S))
        pause_s = PAUSE_S
        while not met():
            if self._monotonic() + pause_s > until:
                return False
            self.sleep(pause_s)
            pause_s = min(2.0, pause_s * 1.3)
        return True

    def in_vain(self) -> str:
        """Return why nothing can be said of what arrives, empty where something can: not even the first file did."""
        status = self.begun().status
        return "" if status == "done" else f"Could not be seen: the first file was not carried, its task is {status}."

    def carries(self) -> bool:
        """Have the first file carried once more, and return whether it is: else nothing is, whatever it is called."""
        self.workspace.retry_tasks(self.job_id, [self.first])
        self.workspace.set_job_status(self.job_id, "waiting")
        return self.settled() and self.begun().status == "done"

    def settled(self) -> bool:
        """Wait until no task of the job is on its way; return whether that has come in time."""
        return self.wait(lambda: all(each.status not in proof.WAITING | proof.AT_WORK for each in self.tasks()))

    def listed(self) -> dict[str, FolderEntry]:
        """Return what lies in the probe's folder at the main site, by path."""
        return {entry.path: entry for entry in self.workspace.folder(self.trial.left.place, depth=4)}
