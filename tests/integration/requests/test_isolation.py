"""What is wrong with one service, one end or one reason keeps nothing else from going."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asking import FOLDER, Asking
from ftrack_accsyn_accessor.model.item import Endpoint, State, Trouble
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture
def unready(studio: Studio) -> Iterator[Asking]:
    """A machine that cannot send what is published on it: accsyn does not know the client that it names."""
    working = Asking(studio, FTRACK_ACCSYN_CLIENT="x" * 24)
    yield working
    working.close()


def test_what_is_published_waits_for_its_client_and_requests_go_on(unready: Asking) -> None:
    published = unready.publish_file("published")

    request = unready.ask(unready.hq, unready.london, unready.file_at(unready.hq, "plate"))
    unready.drain_all(request)

    assert unready.states(request) == [State.SYNCED]
    assert unready.cause(published) == "not-ready"


def test_while_ftrack_is_away_requests_wait_and_paths_go(desk: Asking) -> None:
    desk.write_at(desk.hq, "show_a/scans/1.tif", 50)
    plate = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "plate"))
    desk.studio.ftrack.switches.refuse(on=True)

    scans = desk.ask(desk.hq, desk.london._replace(location_id=""), desk.by_path("show_a/scans"))
    desk.run_for(60, lambda: desk.states(scans) == [State.SYNCED])
    assert desk.states(scans) == [State.SYNCED]
    assert desk.states(plate) == [State.PENDING]
    assert desk.of(plate)[0].cause_kind == "ftrack"

    desk.studio.ftrack.switches.refuse(on=False)
    desk.drain_all(plate)
    assert desk.states(plate) == [State.SYNCED]


def test_a_queue_that_accsyn_does_not_have_keeps_only_its_request_waiting(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")

    high, none = (desk.ask(desk.hq, desk.london, plate, queue=queue) for queue in ("High", "Nowhere"))
    desk.drain_all(high)

    assert desk.states(none) == [State.PENDING]
    assert "Nowhere" in desk.of(none)[0].cause
    (job,) = desk.studio.accsyn.workspace.jobs()
    assert job.queue == "High"


@pytest.fixture
def strict(studio: Studio) -> Iterator[Asking]:
    working = Asking(studio, FTRACK_ACCSYN_VERIFY="size")
    yield working
    working.close()


@pytest.mark.parametrize("cut", [False, True])
def test_sizes_are_verified_where_accsyn_tells_them(strict: Asking, cut: bool) -> None:
    plate = strict.file_at(strict.london, "plate")
    request = strict.ask(strict.london, strict.hq, plate)
    strict.drain()
    strict.studio.accsyn.engine.wait_idle(20.0)
    if cut:
        Path(strict.studio.hq, FOLDER, "plate.mov").write_bytes(b"cut")

    strict.drain_all(request)

    assert strict.states(request) == [State.NEEDS_ATTENTION if cut else State.SYNCED]
    assert strict.of(request)[0].cause_kind == (Trouble.SIZE_DIFFERS.value if cut else "")


def test_where_accsyn_tells_no_sizes_it_goes_without(strict: Asking) -> None:
    request = strict.ask(strict.hq, strict.london, strict.file_at(strict.hq, "plate"))

    strict.drain_all(request)

    assert strict.states(request) == [State.SYNCED]


def test_files_go_to_a_user_who_has_the_share_mapped(desk: Asking) -> None:
    mapped = desk.studio.user_folder("remote@acme.test")
    plate = desk.file_at(desk.hq, "plate")
    remote = Endpoint("remote@acme.test", desk.place("remote"), "remote")

    request = desk.ask(desk.hq, remote, plate)
    desk.drain_all(request)

    assert desk.states(request) == [State.SYNCED]
    assert (mapped / FOLDER / "plate.mov").read_bytes() == (desk.studio.hq / FOLDER / "plate.mov").read_bytes()
    assert list(desk.registered(remote)) == [plate.publication.component_id]


def test_a_missing_file_at_the_source_stops_only_its_item(desk: Asking) -> None:
    plate, lost = desk.file_at(desk.hq, "plate"), desk.file_at(desk.hq, "lost")
    (desk.studio.hq / FOLDER / "lost.mov").unlink()

    request = desk.ask(desk.hq, desk.london, plate, lost)
    desk.drain_all(request)

    assert desk.states(request) == [State.SYNCED, State.NEEDS_ATTENTION]
    assert "E#J001" in desk.of(request)[1].cause


def test_what_goes_to_a_site_whose_server_is_away_is_carried_when_that_is_back(desk: Asking) -> None:
    engine, server = desk.studio.accsyn.engine, desk.studio.demo.london_server.id
    engine.client_offline(server)

    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "plate"))
    desk.run_for(30)
    assert desk.states(request) == [State.SUBMITTED]

    engine.client_online(server)
    desk.drain_all(request)
    assert desk.states(request) == [State.SYNCED]


def test_what_is_published_waits_for_a_client_that_accsyn_does_not_tell_of_and_requests_go_on(desk: Asking) -> None:
    refusal = {"message": "You may not look at clients."}
    desk.studio.accsyn.switches.fail_next("client/find", status=400, body=refusal, times=1000)
    published = desk.publish_file("published")

    request = desk.ask(desk.hq, desk.london, desk.file_at(desk.hq, "plate"))
    desk.drain_all(request)

    assert desk.states(request) == [State.SYNCED]
    assert desk.cause(published) == "not-ready"
