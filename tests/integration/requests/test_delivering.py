"""What a user gets as a delivery: one for each request, proven by what the user has fetched of it."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any, Optional

import pytest

from asking import FOLDER, Asking
from ftrack_accsyn_accessor.insight import requests
from ftrack_accsyn_accessor.model import delivery as model
from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.model.request import RequestState, Wanted
from ftrack_accsyn_accessor.send.order import Picked
from ftrack_accsyn_accessor.send.where import where
from ftrack_accsyn_sandbox.accsyn import views
from ftrack_accsyn_sandbox.accsyn.entities import Delivery, Job

VENDOR = "vendor@acme.test"


def vendor(desk: Asking) -> Endpoint:
    return Endpoint(f"{parties.DELIVERY}={VENDOR}", desk.place(VENDOR), VENDOR)


def deliveries(desk: Asking) -> list[Delivery]:
    return list(desk.studio.demo.workspace.each(Delivery))


def fetch(desk: Asking, folder: Path, parts: Optional[list[str]] = None) -> None:
    (delivery,) = [each for each in deliveries(desk) if each.status == "waiting"]
    desk.studio.fetch_delivery(delivery.id, VENDOR, folder, parts)
    desk.studio.accsyn.engine.wait_idle(20.0)


def opened(desk: Asking, *wanted: Wanted, **more: Any) -> int:
    """Ask for a delivery, and step until its recipient can fetch it; return the request's id."""
    request = desk.ask(desk.hq, vendor(desk), *wanted, **more)
    desk.drain()
    desk.studio.accsyn.engine.wait_idle(20.0)
    desk.run_for(30)
    return request


def test_a_request_is_one_delivery_that_is_synced_when_it_was_fetched(desk: Asking, tmp_path: Path) -> None:
    plate = desk.file_at(desk.hq, "plate")
    frames = desk.sequence_at(desk.hq, "frames", [1, 2, 4])
    pack = desk.container_at(desk.hq, "pack", ["a", "b"])
    request = opened(desk, plate, frames, pack)

    (delivery,) = deliveries(desk)
    assert list(delivery.recipients) == [desk.studio.demo.vendor.id]
    assert delivery.name.startswith(f"show_a ftrack send studio.hq > {VENDOR} ")
    assert len(delivery.tasks) == 1 + 3 + 2
    assert desk.states(request) == [State.SUBMITTED] * 3
    (cause,) = {item.cause for item in desk.of(request)}
    assert cause.startswith(f"It waits for {VENDOR} to fetch it, until 20")
    assert desk.registered(vendor(desk)) == {}, "nothing is fetched yet"

    fetch(desk, tmp_path / "got")
    desk.drain_all(request, 3000)
    desk.run_for(10)

    assert desk.states(request) == [State.SYNCED] * 3
    assert (tmp_path / "got" / "plate.mov").read_bytes() == (desk.studio.hq / FOLDER / "plate.mov").read_bytes()
    assert desk.registered(vendor(desk)) == desk.registered(desk.hq)
    standing = desk.standing(request)
    assert (standing.state, bool(standing.ended_at)) == (RequestState.DONE, True)


def test_what_was_not_fetched_waits_while_the_rest_arrives(desk: Asking, tmp_path: Path) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"), desk.file_at(desk.hq, "b"))

    fetch(desk, tmp_path / "got", ["b.mov"])
    desk.run_for(300)

    assert desk.states(request) == [State.SUBMITTED, State.SYNCED]
    assert desk.of(request)[0].cause_kind == model.WAITS
    assert len(desk.registered(vendor(desk))) == 1
    fetch(desk, tmp_path / "got", ["a.mov"])
    desk.drain_all(request, 3000)
    assert desk.states(request) == [State.SYNCED] * 2


def test_a_folder_asked_for_by_its_path_is_proven_by_its_download_alone(desk: Asking, tmp_path: Path) -> None:
    desk.write_at(desk.hq, "show_a/scans/a/1.tif", 50)
    desk.write_at(desk.hq, "show_a/scans/2.tif", 70)
    request = opened(desk, desk.by_path("show_a/scans"))

    fetch(desk, tmp_path / "got", ["scans/2.tif"])
    desk.run_for(300)
    assert desk.states(request) == [State.SUBMITTED]

    fetch(desk, tmp_path / "got", ["scans"])
    desk.drain_all(request, 3000)
    assert desk.states(request) == [State.SYNCED]
    assert (desk.of(request)[0].progress.done_bytes, (tmp_path / "got/scans/a/1.tif").stat().st_size) == (120, 50)


def test_other_bytes_than_ftrack_knows_are_no_proof(desk: Asking, tmp_path: Path) -> None:
    plate = desk.file_at(desk.hq, "plate")
    request = opened(desk, plate)
    desk.write_at(desk.hq, f"{FOLDER}/plate.mov", 200)

    fetch(desk, tmp_path / "got")
    desk.run_for(300)

    (item,) = desk.of(request)
    assert (item.state, item.cause_kind) == (State.NEEDS_ATTENTION, model.DIFFERS)
    assert "200 bytes instead of 300" in item.cause
    assert desk.registered(vendor(desk)) == {}


def test_somebody_elses_download_is_no_proof(desk: Asking, tmp_path: Path) -> None:
    request = opened(desk, desk.file_at(desk.hq, "plate"))
    (delivery,) = deliveries(desk)
    remote = desk.studio.demo.remote
    delivery.recipients[remote.id] = False
    desk.studio.fetch_delivery(delivery.id, remote.code, tmp_path / "got")
    desk.studio.accsyn.engine.wait_idle(20.0)
    desk.run_for(300)
    assert desk.states(request) == [State.SUBMITTED]


@pytest.mark.parametrize("end", ["aborted", "done"])
def test_a_delivery_that_ends_unfetched_needs_attention_and_is_made_anew_when_retried(
    desk: Asking, tmp_path: Path, end: str
) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"), desk.file_at(desk.hq, "b"))
    fetch(desk, tmp_path / "got", ["a.mov"])
    (first,) = deliveries(desk)
    with desk.studio.demo.workspace.changed:
        first.status = end
    desk.run_for(400)

    assert desk.states(request) == [State.SYNCED, State.NEEDS_ATTENTION]
    cause = desk.of(request)[1].cause
    assert f'"{first.name}" {"was aborted" if end == "aborted" else "is over"}' in cause
    assert cause.endswith(f"{VENDOR} had not fetched it. Retry it to have it delivered anew.")

    desk.outbox.control.retry([desk.of(request)[1].id])
    desk.drain()
    desk.studio.accsyn.engine.wait_idle(20.0)
    assert [len(each.tasks) for each in deliveries(desk)] == [2, 1]
    assert len({each.name for each in deliveries(desk)}) == 2
    fetch(desk, tmp_path / "again")
    desk.drain_all(request, 3000)
    assert desk.states(request) == [State.SYNCED] * 2


def test_a_thousand_files_are_one_delivery(desk: Asking) -> None:
    frames = desk.sequence_at(desk.hq, "frames", range(1, 1203))
    others = [desk.file_at(desk.hq, f"f{number}") for number in range(20)]
    desk.ask(desk.hq, vendor(desk), frames, *others)
    desk.drain()
    (delivery,) = deliveries(desk)
    assert len(delivery.tasks) == 1222


def test_two_requests_and_two_projects_are_deliveries_of_their_own(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")
    other = desk.file_at(desk.hq, "other")
    elsewhere = dataclasses.replace(
        other,
        publication=dataclasses.replace(other.publication, project_id=desk.studio.ids["show_b"], project_name="show_b"),
    )
    desk.ask(desk.hq, vendor(desk), plate, elsewhere)
    desk.ask(desk.hq, vendor(desk), desk.file_at(desk.hq, "third"))
    desk.drain()
    assert [len(each.tasks) for each in deliveries(desk)] == [1, 1, 1]
    assert len({each.name for each in deliveries(desk)}) == 3


def test_the_same_request_written_twice_is_one_delivery(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")
    for _ in range(2):
        desk.ask(desk.hq, vendor(desk), plate, token="confirmed-once")
        desk.drain()
    assert len(deliveries(desk)) == 1


def test_a_lost_answer_makes_no_second_delivery(desk: Asking, tmp_path: Path) -> None:
    desk.studio.accsyn.switches.drop_after("delivery/create")
    request = opened(desk, desk.file_at(desk.hq, "plate"))
    desk.drain()
    assert len(deliveries(desk)) == 1
    desk.studio.accsyn.engine.wait_idle(20.0)
    fetch(desk, tmp_path / "got")
    desk.drain_all(request, 3000)
    assert desk.states(request) == [State.SYNCED]


def test_the_next_process_goes_on_with_the_delivery(desk: Asking, tmp_path: Path) -> None:
    request = opened(desk, desk.file_at(desk.hq, "plate"))
    desk.restart()
    fetch(desk, tmp_path / "got")
    desk.drain_all(request, 3000)
    assert desk.states(request) == [State.SYNCED]
    assert len(deliveries(desk)) == 1


@pytest.mark.parametrize("status", ["disabled", "unknown"])
def test_a_user_who_is_disabled_or_unknown_is_neither_enabled_nor_invited(desk: Asking, status: str) -> None:
    user = desk.studio.demo.vendor
    to = vendor(desk)
    if status == "disabled":
        user.status = "disabled"
    else:
        to = to._replace(party=f"{parties.DELIVERY}=nobody@acme.test")
    request = desk.ask(desk.hq, to, desk.file_at(desk.hq, "plate"))
    desk.run_for(30)
    assert deliveries(desk) == []
    (item,) = desk.of(request)
    assert item.state is State.PENDING
    assert ("disabled" if status == "disabled" else "knows no such user") in item.cause


def test_a_delivery_that_nobody_fetches_is_asked_after_ever_more_seldom(desk: Asking) -> None:
    opened(desk, desk.file_at(desk.hq, "plate"))
    opened(desk, desk.file_at(desk.hq, "other"))
    log = desk.studio.accsyn.log
    looks: list[tuple[float, list[str]]] = []
    begun = desk.clock()
    while desk.clock() < begun + 7200:
        log.clear()
        desk.carrier.track()
        asked = [name for name in log.operations() if name != "client/find"]  # that is about this machine
        looks += [(desk.clock() - begun, asked)] if asked else []
        desk.clock.advance(20)
    late = [asked for at, asked in looks if at > 3600]
    assert 11 <= len(late) <= 12, "one look every five minutes, at both of them"
    assert sorted(map(tuple, late[-2:])) == [("delivery/find",), ("transfer/find", "transfer/find")]


# Cancelling


def test_a_delivery_of_which_nothing_was_fetched_is_aborted(desk: Asking) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"), desk.file_at(desk.hq, "b"))
    assert desk.outbox.requests.cancel(request) == 0
    desk.run_for(20)
    assert [each.status for each in deliveries(desk)] == ["aborted"]
    assert desk.states(request) == [State.WITHDRAWN] * 2
    assert desk.standing(request).state is RequestState.CANCELLED


def test_a_delivery_of_which_something_was_fetched_stays_open_and_says_so(desk: Asking, tmp_path: Path) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"), desk.file_at(desk.hq, "b"))
    fetch(desk, tmp_path / "got", ["a.mov"])
    desk.outbox.requests.cancel(request)
    desk.run_for(300)
    assert [each.status for each in deliveries(desk)] == ["waiting"]
    assert desk.states(request) == [State.SYNCED, State.SUBMITTED]
    assert "It could not be cancelled: something of the delivery had been fetched" in desk.of(request)[1].cause


def test_what_has_ended_unfetched_is_not_delivered_again_once_it_was_cancelled(desk: Asking) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"))
    with desk.studio.demo.workspace.changed:
        deliveries(desk)[0].status = "done"
    desk.run_for(1300, lambda: desk.states(request) == [State.NEEDS_ATTENTION])
    desk.outbox.requests.cancel(request)
    desk.run_for(20)
    assert desk.states(request) == [State.WITHDRAWN]
    assert len(deliveries(desk)) == 1


def test_a_delivery_that_may_have_reached_accsyn_is_found_before_it_is_taken_back(desk: Asking) -> None:
    request = desk.ask(desk.hq, vendor(desk), desk.file_at(desk.hq, "a"))
    desk.studio.accsyn.switches.drop_after("delivery/create")
    desk.step()
    assert desk.of(request)[0].attempted
    desk.outbox.requests.cancel(request)
    desk.run_for(60)
    assert desk.states(request) == [State.WITHDRAWN]
    assert [each.status for each in deliveries(desk)] == ["aborted"]


def test_why_and_status_say_for_whom_it_waits(desk: Asking) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"))
    (row,) = requests.requests(desk.outbox)
    (item,) = requests.items(desk.outbox, row)
    assert row.request_id == request
    assert row.cause == item.cause == f"It waits for {VENDOR} to fetch it, until {_month_on(desk)}."
    assert row.remedy == item.remedy == "accsyn reminds the user before that."


def _month_on(desk: Asking) -> str:
    made = deliveries(desk)[0].created.date()
    return (made + datetime.timedelta(days=model.DEFAULT_DAYS)).isoformat()


def test_where_says_so_too(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "a")
    opened(desk, plate)
    picked = [Picked("component", plate.publication.component_id)]
    registrations = desk.registrations()
    (found,) = where(registrations.connection, None, picked, [desk.outbox]).components
    registrations.close()
    (move,) = found.moves
    assert (move.destination, move.state, found.places) == (VENDOR, State.SUBMITTED, ("studio.hq",))
    assert move.cause.startswith(f"It waits for {VENDOR} to fetch it, until ")


# On a workspace of which less is known


def test_a_download_whose_user_is_told_by_the_id_alone_counts(
    desk: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows = views._SHOWS
    bare = {**shows, Job: lambda *args: {**shows[Job](*args), "user_hr": None}}
    monkeypatch.setattr(views, "_SHOWS", bare)
    request = opened(desk, desk.file_at(desk.hq, "a"))
    fetch(desk, tmp_path / "got")
    desk.drain_all(request, 3000)
    assert desk.states(request) == [State.SYNCED]


def test_a_delivery_that_is_gone_needs_attention(desk: Asking) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"))
    with desk.studio.demo.workspace.changed:
        del desk.studio.demo.workspace.entities[deliveries(desk)[0].id]
    desk.run_for(1300, lambda: desk.states(request) == [State.NEEDS_ATTENTION])
    assert "is archived or deleted in accsyn" in desk.of(request)[0].cause


def test_a_download_that_failed_half_way_proves_what_it_has_carried(desk: Asking, tmp_path: Path) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"), desk.file_at(desk.hq, "b"))
    desk.studio.accsyn.engine.fail_path("*b.mov")
    fetch(desk, tmp_path / "got")
    desk.run_for(300, lambda: State.SYNCED in desk.states(request))
    assert desk.states(request) == [State.SYNCED, State.SUBMITTED]

    desk.run_for(300)
    desk.studio.accsyn.log.clear()
    desk.run_for(600)
    assert desk.studio.accsyn.log.count("transfer/find") + desk.studio.accsyn.log.count("delivery/find") <= 9
    with desk.studio.demo.workspace.changed:
        deliveries(desk)[0].status = "done"
    desk.run_for(1300, lambda: desk.states(request)[1] is State.NEEDS_ATTENTION)
    assert desk.of(request)[1].cause_kind == model.ENDED


def test_what_a_delivery_cannot_be_made_of_stops_it_in_words(desk: Asking) -> None:
    request = desk.ask(desk.hq, vendor(desk), desk.file_at(desk.hq, "a"))
    desk.studio.accsyn.switches.fail_next("delivery/create", status=400, body={"message": "Not allowed to deliver."})
    desk.run_for(20)
    (item,) = desk.of(request)
    assert (item.state, "Not allowed to deliver" in item.cause) == (State.NEEDS_ATTENTION, True)


def test_files_that_are_not_at_the_main_site_are_not_delivered(desk: Asking) -> None:
    request = desk.ask(desk.london, vendor(desk), desk.file_at(desk.london, "a"))
    desk.run_for(20)
    (item,) = desk.of(request)
    assert item.state is State.NEEDS_ATTENTION
    assert "a delivery is made of files of the main site" in item.cause
    assert deliveries(desk) == []


def test_pausing_leaves_open_deliveries_alone(desk: Asking, tmp_path: Path) -> None:
    request = opened(desk, desk.file_at(desk.hq, "a"))
    desk.outbox.control.pause("ada")
    desk.run_for(30)
    assert [each.status for each in deliveries(desk)] == ["waiting"]
    fetch(desk, tmp_path / "got")
    desk.run_for(600, lambda: desk.states(request) == [State.SYNCED])
    assert desk.states(request) == [State.SYNCED]
