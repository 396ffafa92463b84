"""Faults in random sequences, by seed: whatever happens in whatever order, nothing is lost and nothing doubled."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from fault.exploring import explore
from fault.faults.desk import Desk
from fault.faults.faults import FAULTS
from ftrack_accsyn_accessor.model import tasks as carried
from ftrack_accsyn_accessor.model.item import Item, State, Trouble
from ftrack_accsyn_sandbox.accsyn.inspection import JobRow
from ftrack_accsyn_sandbox.studio import Studio

OPERATIONS = (
    *("", "master", "api/login", "client/find", "setting", "transfer/find", "queue/find", "transfer/create"),
    *("task/create", "task/find", "volume/find"),
)
#: What people do to jobs leaves items that need attention for one of these, and rightly so.
STEERED = {Trouble.ABORTED, Trouble.ENDED, Trouble.ON_HOLD, Trouble.JOB_GONE, Trouble.TASK_MISSING}
WINDOW_S, SUSTAINED_PER_S = 10.0, 5.0
END_S = 3000.0

prompt = [name for name, fault in FAULTS.items() if not fault.is_silence]
projects = st.sampled_from(["show_a", "show_b"])
#: How long the worker works after something has happened, before the next thing does.
then = st.sampled_from([3.0, 0.0, 0.1, 20.0, 90.0])


class FaultyStudio(RuleBasedStateMachine):
    """An artist who publishes, an accsyn that fails in every way, and people who steer jobs meanwhile."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.studio = Studio(Path(self.folder.name), engine_paused=True)
        self.studio.start()
        os.environ["FTRACK_API_SCHEMA_CACHE_PATH"] = self.studio.environment()["FTRACK_API_SCHEMA_CACHE_PATH"]
        self.desk = Desk(self.studio)
        self.steered = False

    @property
    def jobs(self) -> list[JobRow]:
        return [job for job in self.studio.accsyn.workspace.jobs() if not job.archived]

    # The artist.

    @rule(project=projects, then_s=then)
    def publish_file(self, project: str, then_s: float) -> None:
        self.desk.publish_file(f"file{len(self.desk.published)}", 10, project)
        self.desk.run_for(then_s)

    @rule(project=projects, frames=st.sets(st.integers(1, 9), min_size=1), then_s=then)
    def publish_sequence(self, project: str, frames: set[int], then_s: float) -> None:
        self.desk.publish_sequence(f"frames{len(self.desk.published)}", sorted(frames), project)
        self.desk.run_for(then_s)

    # The line, and what is at its end.

    @rule(
        operation=st.sampled_from(OPERATIONS), name=st.sampled_from(prompt), times=st.integers(1, 4), project=projects
    )
    def publish_into_a_fault(self, operation: str, name: str, times: int, project: str) -> None:
        FAULTS[name].inject(self.studio.accsyn.switches, operation, times)
        self.desk.publish_file(f"file{len(self.desk.published)}", 10, project)
        self.desk.step()

    @rule(operation=st.sampled_from(OPERATIONS), name=st.sampled_from(prompt), times=st.integers(1, 4), then_s=then)
    def inject(self, operation: str, name: str, times: int, then_s: float) -> None:
        FAULTS[name].inject(self.studio.accsyn.switches, operation, times)
        self.desk.run_for(then_s)

    @rule(on=st.booleans())
    def refuse_connections(self, on: bool) -> None:
        self.studio.accsyn.switches.refuse(on)

    @rule(limited=st.booleans())
    def limit(self, limited: bool) -> None:
        self.studio.accsyn.switches.rate_limit(1e-9 if limited else 1e9, 1 if limited else 1000, 20.0)

    @rule(good=st.booleans())
    def change_key(self, good: bool) -> None:
        key = self.studio.artist.accsyn_key if good else "another key"
        self.studio.accsyn.workspace.change_key(self.studio.artist.accsyn_user, key)

    @rule()
    def expire_sessions(self) -> None:
        self.studio.accsyn.workspace.expire_sessions()

    @rule(on=st.booleans())
    def switch_client(self, on: bool) -> None:
        engine = self.studio.accsyn.engine
        (engine.client_online if on else engine.client_offline)(self.studio.demo.artist_client.id)

    @rule()
    def clear(self) -> None:
        self.studio.accsyn.switches.clear()

    # People who steer jobs.

    @precondition(lambda self: self.jobs)
    @rule(
        number=st.integers(0, 5),
        fate=st.sampled_from(["pause_job", "resume_job", "abort_job", "archive_job", "delete_job"]),
    )
    def steer(self, number: int, fate: str) -> None:
        getattr(self.studio.accsyn.workspace, fate)(self.jobs[number % len(self.jobs)].id)
        self.steered = self.steered or fate not in ("pause_job", "resume_job")

    @rule()
    def transfer(self) -> None:
        self.studio.accsyn.engine.paused = False
        self.studio.accsyn.engine.wait_idle(20.0)
        self.studio.accsyn.engine.paused = True

    # The worker.

    @rule(seconds=then)
    def run(self, seconds: float) -> None:
        self.desk.run_for(seconds)

    @rule()
    def wake(self) -> None:
        self.desk.worker._outages.end_early()  # without the thread that `wake` would start
        self.desk.step()

    @rule(then_s=then)
    def restart(self, then_s: float) -> None:
        self.desk.restart()
        self.desk.run_for(then_s)

    # What holds at every moment, and in the end.

    @invariant()
    def no_task_is_there_twice(self) -> None:
        tasks = Counter(task.source for job in self.jobs for task in job.tasks)
        assert not [source for source, count in tasks.items() if count > 1]
        names = Counter(job.name for job in self.jobs)
        assert not [name for name, count in names.items() if count > 1]

    @invariant()
    def accsyn_is_not_asked_too_often(self) -> None:
        assert self.desk.asked(WINDOW_S) <= SUSTAINED_PER_S * WINDOW_S

    @invariant()
    def what_waits_for_help_says_so(self) -> None:
        for item in self.desk.outbox.items(State.NEEDS_ATTENTION):
            assert item.cause_kind
            assert item.cause

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            passed_s = 0.0
            while passed_s < END_S and not all(self.is_settled(item) for item in self.desk.outbox.items()):
                self.put_right()  # again and again: what is left of an aborted job pauses it anew
                self.transfer()
                passed_s += self.desk.run_for(30.0)
            self.no_task_is_there_twice()
            for item in self.desk.outbox.items():
                assert self.is_settled(item), (item.state, item.cause_kind, item.cause)
                if item.state is State.SYNCED:
                    self.assert_arrived(item)
        finally:
            self.desk.close()
            self.studio.stop()
            self.folder.cleanup()

    def put_right(self) -> None:
        self.studio.accsyn.switches.clear()
        self.change_key(good=True)
        self.switch_client(on=True)
        for job in self.jobs:
            if job.status == "paused":
                self.studio.accsyn.workspace.resume_job(job.id)

    def is_settled(self, item: Item) -> bool:
        steered = item.state is State.NEEDS_ATTENTION and item.cause_kind in STEERED
        return item.state is State.SYNCED or (steered and self.steered)

    def assert_arrived(self, item: Item) -> None:
        publication = self.desk.published[item.publication.component_id]
        for file in publication.files:
            assert (self.studio.hq / file.path).read_bytes() == (self.studio.staging / file.path).read_bytes()
        for job in self.jobs:  # unless its job was taken away after it had arrived
            sources = [task.source.partition("/")[2] for task in job.tasks]
            mine = [task for task in job.tasks if task.metadata[carried.COMPONENT_ID] == publication.component_id]
            assert not mine or set(carried.source_paths(publication)) <= set(sources)


@pytest.mark.timeout(300)
def test_random_sequences_of_faults_lose_and_double_nothing() -> None:
    explore(FaultyStudio, 15, 25)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_long_random_sequences_of_faults_lose_and_double_nothing() -> None:
    explore(FaultyStudio, 300, 60)
