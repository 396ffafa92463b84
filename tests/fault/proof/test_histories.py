"""Random histories, by seed: green implies equal bytes, nobody is overwritten, nothing is forgotten.

An artist publishes, replaces, removes, renames and deletes; accsyn answers, loses answers, fails and repairs by itself;
admins steer jobs; another machine's components have paths of their own; the worker is ended and begun anew at any time.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

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
from fault.faults.desk import Desk, folder
from fault.faults.faults import FAULTS
from ftrack_accsyn_accessor.model.item import Item, Publication, StagedFile, State
from ftrack_accsyn_sandbox.studio import Studio

PROMPT = [name for name, fault in FAULTS.items() if not fault.is_silence]
OPERATIONS = ("", "transfer/find", "transfer/create", "task/create", "task/find", "task/edit")
THEN = st.sampled_from([0.0, 0.1, 3.0, 20.0, 90.0])
NAMES = st.sampled_from(["a", "b", "c", "d"])
DAY_S = 86_400.0
END_S = 3000.0


class History(RuleBasedStateMachine):
    """One desk in one studio; `content` is what the artist means by each component, path by path."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.studio = Studio(Path(self.folder.name))
        self.studio.start()
        self.studio.accsyn.workspace.settings["job_max_retries"] = "3"
        os.environ["FTRACK_API_SCHEMA_CACHE_PATH"] = self.studio.environment()["FTRACK_API_SCHEMA_CACHE_PATH"]
        self.desk = Desk(self.studio)
        self.content: dict[str, dict[str, bytes]] = {}
        self.foreign: dict[str, bytes] = {}

    # The artist.

    @rule(name=NAMES, kind=st.sampled_from(["file", "sequence", "container"]), count=st.integers(1, 4), then_s=THEN)
    def publish(self, name: str, kind: str, count: int, then_s: float) -> None:
        if self._taken(f"{name}-{kind}"):
            return
        if kind == "file":
            component = self.desk.publish_file(f"{name}-{kind}", 50)
        elif kind == "sequence":
            component = self.desk.publish_sequence(f"{name}-{kind}", range(1, count + 1))
        else:
            component = self.desk.publish_container(f"{name}-{kind}", "wxyz"[:count])
        self._mean(component)
        self.desk.run_for(then_s)

    @precondition(lambda self: self.content)
    @rule(number=st.integers(0, 9), grows=st.booleans(), then_s=THEN)
    def replace(self, number: int, grows: bool, then_s: float) -> None:
        publication = self._chosen(number)
        for file in publication.files:
            self.desk.write(self.studio.staging / file.path, file.size_bytes + grows)
        self._publish_again(publication, publication.files)
        self.desk.run_for(then_s)

    @precondition(lambda self: self.content)
    @rule(number=st.integers(0, 9), then_s=THEN)
    def retake_shorter(self, number: int, then_s: float) -> None:
        publication = self._chosen(number)
        if len(publication.files) > 1:
            for file in publication.files:
                self.desk.write(self.studio.staging / file.path, file.size_bytes)
            (self.studio.staging / publication.files[-1].path).unlink()
            self._publish_again(publication, publication.files[:-1])
        self.desk.run_for(then_s)

    @precondition(lambda self: self.content)
    @rule(number=st.integers(0, 9), then_s=THEN)
    def publish_under_another_path(self, number: int, then_s: float) -> None:
        publication = self._chosen(number)
        if len(publication.files) == 1 and publication.files[0].path == publication.path:
            path = f"{folder('show_a')}/moved{len(self.desk.published)}-{number}.mov"
            (self.studio.staging / publication.path).rename(self.studio.staging / path)
            moved = dataclasses.replace(publication, resource_identifier=path, path=path)
            self._deregister(publication)
            self._register(publication.component_id, path)
            self._publish_again(moved, [dataclasses.replace(publication.files[0], path=path)])
        self.desk.run_for(then_s)

    @precondition(lambda self: self.content)
    @rule(number=st.integers(0, 9), then_s=THEN)
    def remove(self, number: int, then_s: float) -> None:
        """Take a component out of the staging location, as `remove_component` does."""
        publication = self._chosen(number)
        self._deregister(publication)
        self.desk.outbox.cancel([publication.component_id], self.desk.location["id"])
        self._forget(publication.component_id)
        self.desk.run_for(then_s)

    @precondition(lambda self: self.content)
    @rule(then_s=THEN)
    def delete_version(self, then_s: float) -> None:
        self.desk.delete_version()
        for component in list(self.content):
            self._forget(component)
        self.desk.run_for(then_s)

    @rule(name=NAMES)
    def another_machine_has_the_path(self, name: str) -> None:
        """Let a component of somebody else be at head quarters, under a path that this artist may come to."""
        path = f"{folder('show_a')}/{name}-file.mov"
        there = self.studio.hq / path
        if not there.exists() and not (self.studio.staging / path).exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(b"somebody else's")
            self.foreign[path] = there.read_bytes()
            component = self.studio.ftrack.store.create("FileComponent", name=name)
            self._register(component["id"], path, self.studio.ids["studio.hq"])

    # accsyn and its line.

    @rule(operation=st.sampled_from(OPERATIONS), name=st.sampled_from(PROMPT), times=st.integers(1, 3), then_s=THEN)
    def inject(self, operation: str, name: str, times: int, then_s: float) -> None:
        FAULTS[name].inject(self.studio.accsyn.switches, operation, times)
        self.desk.run_for(then_s)

    @rule(on=st.booleans())
    def refuse_connections(self, on: bool) -> None:
        self.studio.accsyn.switches.refuse(on)

    @rule(name=NAMES, times=st.integers(1, 3))
    def files_fail(self, name: str, times: int) -> None:
        self.studio.accsyn.engine.fail_path(f"*/{name}-*", times=times)

    @rule()
    def accsyn_retries_by_itself(self) -> None:
        self.studio.accsyn.engine.retry_failed()

    @rule(name=NAMES)
    def transfers_stop_half_way(self, name: str) -> None:
        self.studio.accsyn.engine.hold_at(f"*/{name}-*")

    @rule()
    def transfers_go_on(self) -> None:
        self.studio.accsyn.engine.release()

    @rule(paused=st.booleans())
    def pause_engine(self, paused: bool) -> None:
        self.studio.accsyn.engine.paused = paused

    @rule(number=st.integers(0, 5), fate=st.sampled_from(["abort_job", "archive_job", "delete_job", "rename_job"]))
    def steer(self, number: int, fate: str) -> None:
        workspace = self.studio.accsyn.workspace
        jobs = [job for job in workspace.jobs() if not job.archived]  # how many there are is a matter of time
        if jobs and fate == "rename_job":
            workspace.rename_job(jobs[number % len(jobs)].id, f"renamed {number}")
        elif jobs:
            getattr(workspace, fate)(jobs[number % len(jobs)].id)

    # The worker.

    @rule(seconds=THEN)
    def run(self, seconds: float) -> None:
        self.desk.run_for(seconds)

    @rule()
    def retry(self) -> None:
        self.desk.outbox.control.retry()
        self.desk.worker._outages.end_early()
        self.desk.step()

    @rule(then_s=THEN)
    def restart(self, then_s: float) -> None:
        self.desk.restart()
        self.desk.run_for(then_s)

    @rule()
    def sleep_a_night(self) -> None:
        self.desk.clock.advance(DAY_S / 2)
        self.desk.step()

    # What holds at every moment, and in the end.

    @invariant()
    def all_holds(self) -> None:
        self.green_has_the_bytes()
        self.nobodys_file_is_overwritten()
        self.nothing_is_forgotten()

    def green_has_the_bytes(self) -> None:
        for item in self.desk.outbox.items(State.SYNCED):
            meant = self.content.get(item.publication.component_id)
            if meant is not None:
                there = {path: self._at_hq(path) for path in meant}
                assert there == meant, (item.publication.path, item.publication.component_id)

    def nobodys_file_is_overwritten(self) -> None:
        for path, content in self.foreign.items():
            assert self._at_hq(path) == content, path

    def nothing_is_forgotten(self) -> None:
        items = {item.publication.component_id: item for item in self.desk.outbox.items()}
        assert self.content.keys() <= items.keys()
        assert not [item for item in items.values() if item.state is State.WITHDRAWN and self._is_meant(item)]

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            passed_s = 0.0
            while passed_s < END_S and not all(map(self._is_settled, self._meant())):
                self._put_right()
                passed_s += self.desk.run_for(30.0)
                self.desk.outbox.control.retry()
            self.all_holds()
            for item in self._meant():
                assert self._is_settled(item), self._told(item)
        finally:
            self.desk.close()
            self.studio.stop()
            self.folder.cleanup()

    # Helpers.

    def _told(self, item: Item) -> str:
        """Return what is known of an item that does not come to rest."""
        row = self.desk.outbox.job_by_id(item.job) if item.job is not None else None
        jobs = [
            (job.id, job.name, job.status, job.archived, [(task.source, task.status) for task in job.tasks])
            for job in self.studio.accsyn.workspace.jobs()
        ]
        return f"{item}\n{row}\n{jobs}"

    def _meant(self) -> list[Item]:
        return [item for item in self.desk.outbox.items() if self._is_meant(item)]

    def _is_meant(self, item: Item) -> bool:
        return item.publication.component_id in self.content

    def _is_settled(self, item: Item) -> bool:
        return item.state is State.SYNCED or (item.cause_kind == "conflict" and self._is_anothers(item))

    def _is_anothers(self, item: Item) -> bool:
        """Whether the path at head quarters belongs to another component: removed ones keep theirs."""
        identifier, hq = item.publication.resource_identifier, self.studio.ids["studio.hq"]
        rows = self.studio.ftrack.store.find("ComponentLocation", location_id=hq, resource_identifier=identifier)
        return any(row["component_id"] != item.publication.component_id for row in rows)

    def _put_right(self) -> None:
        self.studio.accsyn.switches.clear()
        self.studio.accsyn.switches.refuse(False)
        engine = self.studio.accsyn.engine
        engine.clear_failures()
        engine.release()
        engine.paused = False
        engine.wait_idle(20.0)

    def _at_hq(self, path: str) -> Optional[bytes]:
        there = self.studio.hq / path
        return there.read_bytes() if there.is_file() else None

    def _chosen(self, number: int) -> Publication:
        component = sorted(self.content)[number % len(self.content)]
        return self.desk.published[component]

    def _taken(self, name: str) -> bool:
        """Whether the accessor would refuse the path: a file of that name is staged."""
        there = (self.studio.staging / folder("show_a")).glob(f"{name}*")
        return any(there)

    def _mean(self, component: str) -> None:
        files = self.desk.published[component].files
        self.content[component] = {file.path: (self.studio.staging / file.path).read_bytes() for file in files}

    def _publish_again(self, publication: Publication, files: Sequence[StagedFile]) -> None:
        stamped = tuple(StagedFile(file.path, *self.desk.area.stat_file(file.path)) for file in files)
        self.desk.outbox.cancel([publication.component_id], self.desk.location["id"])
        self.desk._write(dataclasses.replace(publication, files=stamped))
        self._mean(publication.component_id)

    def _forget(self, component: str) -> None:
        """What the artist has taken away is nobody's any more; its staged files are removed as well."""
        for path in self.content.pop(component):
            (self.studio.staging / path).unlink(missing_ok=True)

    def _register(self, component: str, identifier: str, location_id: str = "") -> None:
        self.studio.ftrack.store.create(
            "ComponentLocation",
            component_id=component,
            location_id=location_id or self.desk.location["id"],
            resource_identifier=identifier,
        )

    def _deregister(self, publication: Publication) -> None:
        store = self.studio.ftrack.store
        members = store.find("Component", container_id=publication.component_id)
        for component_id in [publication.component_id, *(member["id"] for member in members)]:
            for row in store.find("ComponentLocation", component_id=component_id, location_id=self.desk.location["id"]):
                store.delete("ComponentLocation", row["id"])


@pytest.mark.timeout(300)
def test_random_histories_are_green_with_equal_bytes_only() -> None:
    explore(History, 25, 40)


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_many_long_random_histories_are_green_with_equal_bytes_only() -> None:
    explore(History, 500, 60)
