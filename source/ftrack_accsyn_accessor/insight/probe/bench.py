"""What the looks of a probe have in common: who asks, what it made, and how long each may wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.insight.probe.finding import Finding, unseen
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
SOON_S = 5.0
PAUSE_S = 0.3
#: accsyn dates in whole seconds: so much apart two runs of a task can be told from each other.
APART_S = 1.1


class Bench:
    """One probe at work. *sleep* and *monotonic* are seams for tests; *client* is empty where the machine has none."""

    def __init__(
        self,
        workspace: Workspace,
        trial: Trial,
        client: str,
        volume: str,
        main: str,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workspace = workspace
        self.trial = trial
        self.volume = volume
        self.main = main
        self.party = f"client={client}"
        self.mirrored = True
        self.job: Optional[Job] = None
        self.sleep = sleep
        self._monotonic = monotonic
        self._until = monotonic() + LOOKS_S

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
                why = f"{error.tried}: {error.outcome}" if error.tried else error.outcome
            except OSError as error:
                why = f"the probe's files: {error.strerror or error}"
        told = {each.id: each for each in found}
        return [told.get(name) or unseen(name, f"Could not be seen: {why.rstrip('.')}.") for name in names]

    def task(self, path: str, metadata: str = "first", **more: Any) -> dict[str, Any]:
        """Return the task that carries *path* of the probe's folder, written as the plugin writes its own."""
        there = path if not path.endswith("]") else f"{path.rpartition('/')[0]}/"
        whole = source_text(self.main, self.volume, there)
        source = source_text(self.party, self.volume, path)
        return {"source": source, "destination": self.main if self.mirrored else whole, "metadata": {"probe": metadata}}

    def tasks(self) -> list[Task]:
        """Return the tasks of the probe's job."""
        return self.workspace.tasks(self.job_id)

    def of(self, path: str) -> list[Task]:
        """Return the tasks that carry *path*; all where accsyn tells no paths."""
        found = self.tasks()
        told = [task for task in found if proof.path_of(task)]
        return [task for task in told if proof.path_of(task) == path] if told else found

    @property
    def job_id(self) -> str:
        """The id of the probe's job."""
        if self.job is None:
            raise errors.Unresolved("look at the probe's job", "", "there is none", "")
        return self.job.id

    def status(self) -> str:
        """Return the status of the probe's job, however it is found."""
        for finished in (False, True):
            for job in self.workspace.all_jobs(finished):
                if job.id == self.job_id:
                    return job.status
        return ""

    def wait(self, met: Callable[[], bool], limit_s: float = WAIT_S) -> bool:
        """Wait until *met*; return whether that has come before *limit_s* were over."""
        until = min(self._until, self._monotonic() + limit_s)
        pause_s = PAUSE_S
        while not met():
            if self._monotonic() + pause_s > until:
                return False
            self.sleep(pause_s)
            pause_s = min(2.0, pause_s * 1.3)
        return True

    def settled(self) -> bool:
        """Wait until no task of the job is on its way; return whether that has come in time."""
        return self.wait(lambda: all(each.status not in proof.WAITING | proof.AT_WORK for each in self.tasks()))

    def listed(self) -> dict[str, FolderEntry]:
        """Return what lies in the probe's folder at the main site, by path."""
        return {entry.path: entry for entry in self.workspace.folder(self.trial.left.place, depth=4)}
