"""The connections of one outbox's way to accsyn: made with the settings of the moment, given back at the end."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ftrack_api.event.hub import EventHub

from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.model import errors, settings
from ftrack_accsyn_accessor.model.events import COMPONENT_SYNCED
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.worker.carrier import Carrier
from ftrack_accsyn_accessor.worker.lookup import COMPLETE
from ftrack_accsyn_sandbox.accsyn import AccsynService, demo
from helpers import wait_until
from unit.worker.bench import Bench


@dataclasses.dataclass
class Line:
    """A carrier, the variables that it reads its settings from, and the window on ftrack that it has opened."""

    bench: Bench
    carrier: Carrier
    variables: dict[str, str]
    opened: list[Registrations]

    def submit(self) -> None:
        self.carrier.submit(self.bench.outbox.due(1000))

    def logins(self, accsyn: AccsynService) -> int:
        return accsyn.log.count("api/login")


@pytest.fixture
def line(bench: Bench, accsyn: AccsynService, office: demo.Demo, tmp_path: Path) -> Iterator[Line]:
    name = bench.ftrack.service.store.get("Location", bench.ftrack.hq)
    assert name is not None
    variables = {
        "ACCSYN_WORKSPACE": "acme",
        "ACCSYN_API_USER": "artist@acme.test",
        "ACCSYN_API_KEY": accsyn.workspace.user("artist@acme.test").api_key,
        "ACCSYN_PROXY": f"127.0.0.1:{accsyn.port}",
        "ACCSYN_PROJECTS_PATH": bench.area.root,
        "FTRACK_ACCSYN_CLIENT": office.artist_client.id,
        "FTRACK_ACCSYN_DESTINATION": "acme",
        "FTRACK_ACCSYN_DESTINATION_LOCATION": name["name"],
    }
    opened: list[Registrations] = []

    def registrations() -> Registrations:
        opened.append(Registrations(bench.ftrack.connection.credentials))
        return opened[-1]

    carrier = Carrier(
        bench.outbox,
        bench.area,
        tmp_path / "owners",
        lambda: settings.read(variables),
        registrations,
        lambda: bench.studio.server_url,
        bench.clock,
        bench.monotonic,
    )
    bench.outbox.keep_fact(COMPLETE, "1")
    yield Line(bench, carrier, variables, opened)
    carrier.close()


def arrive(bench: Bench, name: str) -> None:
    item = bench.item(name)
    bench.outbox.tracking.record([Change(item, State.TRANSFERRING, item.progress, arrived=True)])


def test_items_go_where_the_settings_say_over_one_connection(
    line: Line, accsyn: AccsynService, office: demo.Demo
) -> None:
    line.bench.pending("a")
    line.submit()
    line.bench.pending("b")
    line.submit()

    item = line.bench.item("a")
    assert (item.state, item.destination.party, item.destination.location_id) == (
        State.SUBMITTED,
        "acme",
        line.bench.ftrack.hq,
    )
    assert item.source.party == f"client={office.artist_client.id}"
    assert (line.logins(accsyn), len(line.opened)) == (1, 1)
    assert line.carrier.calls > 0


def test_changed_settings_are_told_once_and_get_a_new_connection(line: Line, accsyn: AccsynService) -> None:
    line.bench.pending("a")
    line.submit()
    assert line.carrier.changed() is False

    line.variables["FTRACK_ACCSYN_QUEUE"] = "High"
    assert line.carrier.changed() is True
    assert line.carrier.changed() is False
    line.bench.pending("b")
    line.submit()

    assert line.logins(accsyn) == 2
    assert line.carrier.studio == line.bench.studio


def test_incomplete_settings_are_an_error_that_names_each_problem_and_nobody_is_asked(
    line: Line, accsyn: AccsynService
) -> None:
    line.bench.pending("a")
    del line.variables["ACCSYN_API_KEY"], line.variables["ACCSYN_WORKSPACE"]

    with pytest.raises(errors.SettingsError) as raised:
        line.submit()

    assert "ACCSYN_API_KEY" in str(raised.value)
    assert "ACCSYN_WORKSPACE" in str(raised.value)
    assert accsyn.log.operations() == []


def test_settings_that_are_completed_are_taken_at_the_next_try(line: Line) -> None:
    line.bench.pending("a")
    key = line.variables.pop("ACCSYN_API_KEY")
    with pytest.raises(errors.SettingsError):
        line.submit()

    line.variables["ACCSYN_API_KEY"] = key
    line.submit()

    assert line.bench.states() == {"a": "submitted"}


def test_role_that_may_not_send_is_not_ready_and_asked_after_with_a_new_login(
    line: Line, accsyn: AccsynService
) -> None:
    line.bench.pending("a")
    accsyn.workspace.change_role("artist@acme.test", "standard")
    with pytest.raises(errors.NotReady):
        line.submit()

    artist, volume = accsyn.workspace.user("artist@acme.test"), accsyn.workspace.default_volume
    accsyn.workspace.change_role(artist.code, "employee")
    assert volume is not None
    accsyn.workspace.grant(artist, volume)
    line.submit()

    assert line.bench.states() == {"a": "submitted"}
    assert line.logins(accsyn) == 2


def test_destination_that_ftrack_does_not_know_is_not_ready_where_nothing_else_can_go(line: Line) -> None:
    line.bench.pending("a")
    line.variables["FTRACK_ACCSYN_DESTINATION_LOCATION"] = "studio.nowhere"

    with pytest.raises(errors.NotReady, match=r"studio\.nowhere"):
        line.submit()

    assert line.bench.item("a").state is State.PENDING


def test_closing_gives_both_connections_back_and_the_next_use_opens_others(line: Line, accsyn: AccsynService) -> None:
    line.bench.pending("a")
    line.submit()
    (registrations,) = line.opened
    assert registrations.connection._session is not None

    line.carrier.close()
    assert registrations.connection._session is None
    assert line.carrier.calls == 0

    line.bench.pending("b")
    line.submit()
    assert (len(line.opened), line.logins(accsyn)) == (2, 2)


def test_closing_sends_the_last_notices(line: Line) -> None:
    line.bench.pending("a")
    line.submit()
    arrive(line.bench, "a")
    heard: list[Any] = []
    credentials = line.bench.ftrack.connection.credentials
    listener = EventHub(credentials.server_url, credentials.api_user, credentials.api_key)
    listener.connect()
    listener.subscribe(f"topic={COMPONENT_SYNCED}", heard.append)
    wait_until(lambda: line.bench.ftrack.service.hub.subscriber_ids())

    line.carrier.track()
    line.carrier.close()

    assert not [thread for thread in threading.enumerate() if thread.name == "ftrack-accsyn-notices"]
    wait_until(lambda: listener.wait(0.05) or heard)
    listener.disconnect()
    (event,) = heard
    assert event["data"] == {
        "component_id": line.bench.item("a").publication.component_id,
        "version_id": line.bench.item("a").publication.version_id,
        "location_id": line.bench.ftrack.staging,
        "destination": "acme",
        "destination_location_id": line.bench.ftrack.hq,
        "schema": 1,
    }


def test_paused_sync_is_no_submission_and_jobs_are_steered_until_they_go_on(line: Line, office: demo.Demo) -> None:
    assert line.carrier.steer() is False
    line.bench.pending("a")
    line.submit()
    line.bench.outbox.control.pause("artist")

    assert line.carrier.steer() is True
    assert [job.status for job in office.workspace.jobs()] == ["paused"]

    line.bench.outbox.control.resume()
    assert line.carrier.steer() is False
    assert [job.status for job in office.workspace.jobs()] != ["paused"]


def test_items_of_two_staging_locations_go_and_one_that_cannot_stops_no_other(line: Line) -> None:
    line.bench.pending("a")
    hq = line.bench.ftrack.hq  # registered at head quarters, which is no destination for what is there
    line.bench.queued(line.bench.publication("b", location_id=hq, registered=False))

    line.submit()

    assert line.bench.states()["a"] == "submitted"
    assert line.bench.states()["b"] != "submitted"
