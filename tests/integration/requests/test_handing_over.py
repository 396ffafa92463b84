"""A folder of the volume on its way to a vendor: pushed to what is mapped there, else as a delivery."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from asking import Asking
from ftrack_accsyn_accessor.model import errors, parties
from ftrack_accsyn_accessor.model.item import Endpoint, StagedFile, State
from ftrack_accsyn_accessor.model.request import RequestState, Wanted
from ftrack_accsyn_sandbox.accsyn.entities import Delivery, Ticks

FOLDER = "show_a/_vendors/vendor/to/package"
VENDOR = Endpoint("vendor@acme.test", "", "")
DELIVERED = VENDOR._replace(party=f"{parties.DELIVERY}=vendor@acme.test")


@pytest.fixture
def package(desk: Asking) -> str:
    desk.write_at(desk.hq, f"{FOLDER}/plates/a.exr", 50)
    desk.write_at(desk.hq, f"{FOLDER}/manifest.json", 70)
    return FOLDER


def map_volume(desk: Asking, folder: Path, **ticks: bool) -> None:
    workspace, demo = desk.studio.demo.workspace, desk.studio.demo
    given = Ticks(**{"read": True, "write": True, "by_environment": True, **ticks})
    workspace.map_share(demo.vendor_client, demo.volume, folder, given)


def deliveries(desk: Asking) -> list[Delivery]:
    return list(desk.studio.demo.workspace.each(Delivery))


def test_a_folder_is_pushed_with_its_path_to_the_volume_that_a_vendor_has_mapped(
    desk: Asking, package: str, tmp_path: Path
) -> None:
    map_volume(desk, tmp_path / "vendor")
    request = desk.ask(desk.hq, VENDOR, desk.by_path(package))
    desk.drain_all(request)
    assert desk.states(request) == [State.SYNCED]
    assert (tmp_path / "vendor" / FOLDER / "plates" / "a.exr").stat().st_size == 50


@pytest.mark.parametrize("case", ["nothing mapped", "write not ticked", "outdated"])
def test_what_accsyn_does_not_push_to_a_vendor_is_delivered_by_the_same_request(
    desk: Asking, package: str, tmp_path: Path, case: str
) -> None:
    if case != "nothing mapped":
        map_volume(desk, tmp_path / "vendor", write=case != "write not ticked")
        desk.studio.demo.vendor_client.version = "3.6-4" if case == "outdated" else "3.6-5"
    request = desk.ask(desk.hq, VENDOR, desk.by_path(package), token="confirmed-once")
    desk.run_for(30)
    (item,) = desk.of(request)
    assert (item.state, item.cause_kind) == (State.PENDING, errors.Unserved.kind)

    assert desk.outbox.control.deliver(request, DELIVERED) == 1
    desk.run_for(30)
    desk.studio.accsyn.engine.wait_idle(20.0)
    (delivery,) = deliveries(desk)
    desk.studio.fetch_delivery(delivery.id, VENDOR.party, tmp_path / "got")
    desk.studio.accsyn.engine.wait_idle(20.0)
    desk.drain_all(request, 3000)

    assert desk.states(request) == [State.SYNCED]
    assert (tmp_path / "got" / "package" / "plates" / "a.exr").stat().st_size == 50
    standing = desk.outbox.requests.of_token("confirmed-once")
    assert standing is not None
    assert (standing.id, standing.state, standing.request.destination) == (request, RequestState.DONE, DELIVERED)
    pushed = [job for job in desk.studio.accsyn.workspace.jobs() if job.name != delivery.name]
    assert not pushed, "nothing of the push is left in accsyn"
    assert f" > {VENDOR.party} " in delivery.name


def counted(desk: Asking, folder: str, sizes: Mapping[str, int]) -> Wanted:
    """Return a folder with what it holds, as a package is asked for."""
    wanted = desk.by_path(folder)
    files = tuple(StagedFile(f"{folder}/{path}", size_bytes, 0) for path, size_bytes in sizes.items())
    return dataclasses.replace(wanted, publication=dataclasses.replace(wanted.publication, files=files))


WHOLE = {"plates/a.exr": 50, "manifest.json": 70}


@pytest.mark.parametrize("missing", [0, 9])
def test_a_folder_with_other_bytes_than_it_has_is_not_proven_by_its_push(
    desk: Asking, package: str, tmp_path: Path, missing: int
) -> None:
    map_volume(desk, tmp_path / "vendor")
    request = desk.ask(desk.hq, VENDOR, counted(desk, package, {**WHOLE, "plates/a.exr": 50 + missing}))
    desk.drain_all(request)
    assert desk.states(request) == [State.NEEDS_ATTENTION if missing else State.SYNCED]
    assert len(next(iter(desk.studio.accsyn.workspace.jobs())).tasks) == 1, "the folder goes as one task"


def test_a_delivered_folder_may_be_fetched_file_by_file(desk: Asking, package: str, tmp_path: Path) -> None:
    request = desk.ask(desk.hq, DELIVERED, counted(desk, package, WHOLE))
    desk.run_for(30)
    desk.studio.accsyn.engine.wait_idle(20.0)
    (delivery,) = deliveries(desk)
    assert len(delivery.tasks) == 1
    for number, part in enumerate(["package/plates/a.exr", "package/manifest.json"]):
        assert desk.states(request)[0] in (State.SUBMITTED, State.TRANSFERRING), "a part is not all of it"
        desk.studio.fetch_delivery(delivery.id, VENDOR.party, tmp_path / f"got{number}", [part])
        desk.studio.accsyn.engine.wait_idle(20.0)
        desk.run_for(600, lambda: desk.states(request) == [State.SYNCED])
    assert desk.states(request) == [State.SYNCED]


def test_a_delivered_folder_that_was_fetched_with_other_bytes_is_not_proven(
    desk: Asking, package: str, tmp_path: Path
) -> None:
    request = desk.ask(desk.hq, DELIVERED, counted(desk, package, {**WHOLE, "gone.txt": 5}))
    desk.run_for(30)
    desk.studio.accsyn.engine.wait_idle(20.0)
    (delivery,) = deliveries(desk)
    desk.studio.fetch_delivery(delivery.id, VENDOR.party, tmp_path / "got")
    desk.studio.accsyn.engine.wait_idle(20.0)
    desk.run_for(600, lambda: desk.states(request) == [State.NEEDS_ATTENTION])
    assert "120 bytes instead of 125" in desk.of(request)[0].cause


def test_what_accsyn_has_taken_stays_where_it_goes(desk: Asking, package: str, tmp_path: Path) -> None:
    map_volume(desk, tmp_path / "vendor")
    desk.studio.accsyn.engine.paused = True
    request = desk.ask(desk.hq, VENDOR, desk.by_path(package))
    desk.run_for(30)
    assert desk.states(request) == [State.SUBMITTED]
    assert desk.outbox.control.deliver(request, DELIVERED) == 0
    assert desk.of(request)[0].destination == VENDOR


def test_two_packages_are_two_tasks_with_a_proof_each(desk: Asking, package: str, tmp_path: Path) -> None:
    map_volume(desk, tmp_path / "vendor")
    other = f"{FOLDER}-2"
    desk.write_at(desk.hq, f"{other}/plates/a.exr", 90)
    desk.studio.accsyn.engine.fail_path(f"*{other}*")
    first, second = (desk.ask(desk.hq, VENDOR, desk.by_path(each)) for each in (package, other))
    desk.run_for(120, lambda: desk.states(first) == [State.SYNCED])
    assert desk.states(first) == [State.SYNCED]
    assert desk.states(second) != [State.SYNCED]


def test_a_user_who_was_disabled_since_gets_nothing_and_is_not_enabled(
    desk: Asking, package: str, tmp_path: Path
) -> None:
    map_volume(desk, tmp_path / "vendor")
    desk.studio.demo.vendor.status = "disabled"
    request = desk.ask(desk.hq, VENDOR, desk.by_path(package))
    desk.run_for(60)
    (item,) = desk.of(request)
    assert (item.state, item.cause_kind) == (State.PENDING, errors.Unserved.kind)
    assert "is disabled in accsyn" in item.cause
    assert (desk.studio.demo.vendor.status, list(desk.studio.accsyn.workspace.jobs())) == ("disabled", [])
