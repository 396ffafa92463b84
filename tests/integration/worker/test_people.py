"""What people and pipelines see in ftrack: the Job, the events, the message at the end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

import ftrack_api
import pytest

from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from tracking import Desk


class Listener:
    """Somebody else's session that pumps ftrack's event hub."""

    def __init__(self, desk: Desk) -> None:
        self.session = ftrack_api.Session(plugin_paths=[], auto_connect_event_hub=False)
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        hub = self.session.event_hub
        hub.connect()
        pipeline = {"id": "pipeline"}
        hub.subscribe("topic=ftrack.accsyn.component-synced", self._hear, subscriber=pipeline)
        web = {"id": "web", "applicationId": "ftrack.client.web", "user": {"id": desk.studio.ids["artist"]}}
        hub.subscribe("topic=ftrack.action.trigger-user-interface", self._hear, subscriber=web)
        wait_until(lambda: {"pipeline", "web"} <= desk.studio.ftrack.hub.subscriber_ids())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _hear(self, event: Any) -> None:
        self.heard.put({"topic": event["topic"], **event["data"]})

    def _pump(self) -> None:
        while not self._stopped.is_set():
            self.session.event_hub.wait(0.05)

    def next(self) -> dict[str, Any]:
        return self.heard.get(timeout=10)

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self.session.close()


@pytest.fixture
def listener(desk: Desk) -> Iterator[Listener]:
    listener = Listener(desk)
    yield listener
    listener.close()


def test_synced_component_is_announced_to_pipelines_and_the_batch_once_to_its_publisher(
    desk: Desk, listener: Listener
) -> None:
    components = desk.publish_files("a", "b", "c")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    events = [listener.next() for _ in range(4)]

    synced = [event for event in events if event["topic"] == "ftrack.accsyn.component-synced"]
    assert {event["component_id"] for event in synced} == {component["id"] for component in components}
    assert synced[0] == {
        "topic": "ftrack.accsyn.component-synced",
        "component_id": synced[0]["component_id"],
        "version_id": components[0]["version"]["id"],
        "location_id": desk.location["id"],
        "destination": "acme",
        "destination_location_id": desk.studio.ids["studio.hq"],
        "schema": 1,
    }
    (message,) = [event for event in events if event not in synced]
    assert (message["type"], message["success"]) == ("message", True)
    assert "3 of 3 files (6.0 kB) synced" in message["message"]
    assert "show_a ftrack upload artist.desk > studio.hq" in message["message"]
    desk.stop()
    assert listener.heard.empty()


def test_failed_batch_is_told_once_although_accsyn_tries_it_again_and_again(desk: Desk, listener: Listener) -> None:
    good, bad = desk.publish_files("good", "bad")
    engine = desk.studio.accsyn.engine
    engine.fail_path("bad.mov", "E#J057 Disk full.")
    desk.submit()
    engine.paused = False
    desk.settle()
    for _ in range(3):
        engine.paused = True
        desk.studio.accsyn.workspace.resume_job(desk.job().id)
        desk.follow(lambda: desk.item(bad).state is State.SUBMITTED)
        engine.paused = False
        desk.settle()
        assert desk.item(bad).state is State.NEEDS_ATTENTION
    engine.clear_failures()
    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    desk.settle()

    events = [listener.next() for _ in range(4)]

    messages = [event for event in events if event["topic"] == "ftrack.action.trigger-user-interface"]
    assert [message["success"] for message in messages] == [False, True]
    assert "1 of 2 components need attention. accsyn could not transfer it: E#J057 Disk full." in messages[0]["message"]
    assert {event["component_id"] for event in events if event not in messages} == {good["id"], bad["id"]}
    desk.stop()
    assert listener.heard.empty()


def test_of_several_failures_the_oldest_is_named(desk: Desk) -> None:
    desk.publish_files("b", "a", "c")
    engine = desk.studio.accsyn.engine
    for name, reason in (("a", "E#J058 Second."), ("b", "E#J057 First."), ("c", "E#J059 Third.")):
        engine.fail_path(f"{name}.mov", reason)
    desk.submit()
    engine.paused = False
    desk.settle()

    ((_, text),) = desk.ftrack_jobs()

    assert "3 of 3 components need attention. accsyn could not transfer it: E#J057 First." in text


def test_unreachable_event_hub_delays_and_fails_nothing(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.studio.ftrack.switches.fail_next("event_hub_handshake", status=503, times=100)
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.states() == {"movie": "synced"}
    wait_until(lambda: desk.studio.ftrack.log.count("event_hub_handshake"))


def test_hanging_event_hub_delays_and_fails_nothing(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.studio.ftrack.switches.hang("event_hub_handshake", times=100)
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    assert desk.states() == {"movie": "synced"}


def test_ftrack_job_runs_with_the_progress_and_ends_done(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    desk.publish_files("a", "b", size_bytes=200_000)
    desk.submit()
    desk.step()
    name = desk.job().name
    assert desk.ftrack_jobs() == [("running", f"{name}: 0 of 2 files, 0 %")]
    (row,) = desk.studio.ftrack.store.find("Job")
    assert (row["type"], row["user_id"]) == ("api_job", desk.studio.ids["artist"])

    engine.speed_bytes_per_s = 200_000.0
    engine.paused = False
    assert engine.wait_until(lambda: [task.status for task in desk.job().tasks].count("done") == 1)
    assert engine.wait_until(lambda: any(task.status == "executing" and task.done_bytes for task in desk.job().tasks))
    engine.paused = True
    desk.follow(lambda: "1 of 2 files" in desk.ftrack_jobs()[0][1])
    status, text = desk.ftrack_jobs()[0]
    assert status == "running"
    assert " %, " in text
    assert "/s, " in text
    assert text.endswith(" left")

    engine.speed_bytes_per_s = None
    engine.paused = False
    desk.settle()
    assert desk.ftrack_jobs() == [("done", f"{name}: 2 of 2 files (400 kB) synced")]


def test_ftrack_job_is_updated_at_most_once_in_five_seconds(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    (movie,) = desk.publish_files("movie", size_bytes=1_000_000)
    desk.submit()
    desk.step()
    engine.speed_bytes_per_s = 1_000_000.0
    engine.paused = False
    begun = desk.monotonic.now
    desk.studio.ftrack.log.clear()
    seen = 0
    for _ in range(8):
        engine.wait_until(lambda at=seen: desk.task(movie).done_bytes > at)
        seen = desk.task(movie).done_bytes
        desk.step()

    updates = desk.studio.ftrack.log.count("update:Job")
    assert 1 <= updates <= (desk.monotonic.now - begun) / 5 + 1


def test_ftrack_job_of_a_failed_batch_ends_failed_and_goes_on_when_it_is_repaired(desk: Desk) -> None:
    (bad,) = desk.publish_files("bad")
    engine = desk.studio.accsyn.engine
    engine.fail_path("bad.mov")
    desk.submit()
    engine.paused = False
    desk.settle()
    ((status, text),) = desk.ftrack_jobs()
    assert status == "failed"
    assert "0 of 1 file synced; 1 of 1 components need attention. accsyn could not transfer it" in text

    engine.clear_failures()
    engine.paused = True
    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    desk.follow(lambda: desk.item(bad).state is State.SUBMITTED)
    desk.step()
    assert [status for status, _ in desk.ftrack_jobs()] == ["running"]
    engine.paused = False
    desk.settle()
    assert [status for status, _ in desk.ftrack_jobs()] == ["done"]


def test_new_batch_beside_an_abandoned_one_gets_its_own_ftrack_job_with_its_own_end(desk: Desk) -> None:
    desk.publish_files("abandoned")
    desk.submit()
    desk.studio.accsyn.workspace.abort_job(desk.job().id)
    desk.settle()
    assert [status for status, _ in desk.ftrack_jobs()] == ["failed"]

    desk.publish_files("new")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert desk.states() == {"abandoned": "needs-attention: on-hold", "new": "synced"}
    assert sorted(status for status, _ in desk.ftrack_jobs()) == ["done", "failed"]


def test_next_start_goes_on_with_the_ftrack_job_of_a_killed_process(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.step()
    assert [status for status, _ in desk.ftrack_jobs()] == ["running"]

    desk.new_tracker()
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert [status for status, _ in desk.ftrack_jobs()] == ["done"]


def test_next_start_closes_the_ftrack_job_as_failed_when_the_sync_job_is_gone(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.step()
    desk.studio.accsyn.workspace.delete_job(desk.job().id)

    desk.new_tracker()
    desk.settle()

    ((status, text),) = desk.ftrack_jobs()
    assert status == "failed"
    assert "was deleted in accsyn" in text


def test_ftrack_job_that_a_killed_process_did_not_come_to_create_is_created_by_the_next(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.studio.ftrack.switches.fail_next("create:Job", status=500, body="broken")
    desk.step()
    assert desk.ftrack_jobs() == []

    desk.new_tracker()
    desk.step()

    assert [status for status, _ in desk.ftrack_jobs()] == ["running"]


def test_ftrack_job_that_somebody_deletes_does_not_come_back(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    desk.step()
    (row,) = desk.studio.ftrack.store.find("Job")
    desk.studio.ftrack.store.delete("Job", row["id"])
    desk.studio.accsyn.engine.paused = False

    desk.settle()

    assert desk.states() == {"movie": "synced"}
    assert desk.ftrack_jobs() == []
    assert desk.outbox.tracking.rounds() == []


def test_jobs_with_their_pace_can_be_read_without_asking_accsyn(desk: Desk) -> None:
    engine = desk.studio.accsyn.engine
    (movie,) = desk.publish_files("movie", size_bytes=500_000)
    desk.submit()
    engine.speed_bytes_per_s = 200_000.0
    engine.paused = False
    assert engine.wait_until(lambda: desk.task(movie).done_bytes > 50_000)
    engine.paused = True
    desk.follow(lambda: desk.item(movie).state is State.TRANSFERRING)
    desk.accsyn_calls()

    (tracked,) = desk.outbox.tracking.live_jobs()

    assert (tracked.status, tracked.followed, tracked.row.party) == ("running", 1, "acme")
    assert tracked.speed_bytes_per_s
    assert tracked.left_s
    assert tracked.polled_at
    tally = desk.outbox.tracking.tally(tracked.row.id, tracked.round_at or 0.0)
    assert (tally.items, tally.files, tally.moving) == (1, 1, 1)
    assert 50_000 <= tally.progress.done_bytes < 500_000
    assert desk.accsyn_calls() == []
