"""What a vendor has delivered becomes a version, with all that is known of it."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json

import ftrack_api.event.hub
import pytest

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, Written
from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Deliverable, DeliveryNote, Packed
from ftrack_accsyn_accessor.vendor.spool import Spool
from ftrack_accsyn_accessor.vendor.storage import Storage
from helpers import wait_until
from ingesting import PROJECT, TASK, Vendor


def test_a_sequence_becomes_a_version_where_the_structure_wants_it(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1001, 1010))
    sent = vendor.frames(1001, 1010)
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001", sent))
    assert result is not None
    assert result["outcome"] == "accepted", result
    (version,) = vendor.versions()
    assert (version["version"], version["task_id"]) == (1, vendor.task_id)
    registered = vendor.registered()
    assert sorted(registered.values()) == sorted(sent.values())
    assert f"show_a/sq010/sh010/{vendor.asset}/v001/main.1001.exr" in registered
    assert not list(vendor.on_disk(vendor.places.from_folder).iterdir())
    assert set(vendor.everything().values()) == {1}


def test_a_file_becomes_a_version_of_the_number_that_it_is_called_by(vendor: Vendor) -> None:
    vendor.hand_out()
    content = b"movie of " + vendor.address.encode()
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v003.mxf", content))
    assert result is not None
    assert (result["outcome"], result["version"]) == ("accepted", 3)
    assert vendor.registered() == {f"show_a/sq010/sh010/{vendor.asset}/v003/main.mxf": content}


def test_what_the_vendor_says_of_their_work_stands_in_ftrack(vendor: Vendor) -> None:
    vendor.rules = dataclasses.replace(vendor.rules, status_in="pending review")
    vendor.means = vendor.another()
    store = vendor.studio.ftrack.store
    used = store.create(
        "AssetVersion", asset_id=store.create("Asset", name="plate", context_id=vendor.studio.ids[PROJECT])["id"]
    )
    vendor.hand_out(version_ids=(used["id"],))
    note = {"ident": "x", "comment": "second\x00 pass", "status": "Approved", "time_s": 7200}
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode(), note=note))
    assert result is not None
    assert result["outcome"] == "accepted", result
    (version,) = vendor.versions()
    assert version["comment"] == "second  pass"
    statuses = vendor.studio.ids
    assert version["status_id"] == statuses["status:Pending review"]  # what a vendor calls it settles nothing
    assert store.get("Context", vendor.task_id)["status_id"] == statuses["status:Pending review"]
    (link,) = store.find("AssetVersionLink", to_id=version["id"])
    assert link["from_id"] == used["id"]
    (log,) = [row for row in store.find("Timelog") if row["name"] == f"{vendor.asset}_v001.mxf"]
    assert (log["duration"], log["context_id"]) == (7200, vendor.task_id)
    (told,) = vendor.notes()
    assert "They call it: Approved" in told


def test_the_receipt_lies_in_the_vendors_folder_and_goes_out_once(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 3))
    sent = vendor.frames(1, 3)
    entry = vendor.deliver(f"{vendor.asset}_v001", sent)
    vendor.ingest(entry)
    folder = vendor.on_disk(f"{vendor.places.to_folder}/receipts")
    words = next(folder.glob("*.txt")).read_text(encoding="utf-8")
    assert f"{vendor.asset}_v001: accepted as {vendor.asset} v001." in words
    assert str(vendor.studio.hq) not in words
    told = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    assert told["accepted"] is True
    digests = {hashlib.sha256(content).hexdigest() for content in sent.values()}
    assert {each["sha256"] for each in told["files"]} == digests
    assert vendor.deliveries() == [f"{PROJECT} {next(folder.glob('*.txt')).stem}"]
    assert len(vendor.notes()) == 1
    assert words.strip() in vendor.notes()[0]


def test_the_next_number_is_taken_where_somebody_else_was_faster(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.hand_out(frames=(1, 3))
    entry = vendor.deliver(f"{vendor.asset}_v001", vendor.frames(1, 3))
    store, moved, shot = vendor.studio.ftrack.store, Storage.move, vendor.studio.ids["show_a/sq010/sh010"]
    asset, made = store.create("Asset", name=vendor.asset, context_id=shot), []

    def move(self: Storage, source: str, target: str, **how: bool) -> None:
        moved(self, source, target, **how)
        if "/v001/" in target and not made:  # files are on their way, and an artist publishes
            made.append(store.create("AssetVersion", asset_id=asset["id"], version=1))

    monkeypatch.setattr(Storage, "move", move)
    result = vendor.ingest(entry)
    assert result is not None
    assert (result["outcome"], result["version"]) == ("accepted", 2)
    ours = [row for row in vendor.versions() if row["id"] == result["version_id"]]
    assert [row["version"] for row in ours] == [2]
    assert all("/v002/" in path for path in vendor.registered())
    assert set(vendor.everything().values()) == {1}


def test_a_publish_by_accsyn_is_taken_from_its_own_folder(vendor: Vendor) -> None:
    vendor.hand_out()
    folder = f"{vendor.places.publish_folder}/6f1c0000-uuid"
    name = f"{vendor.asset}_v001.mxf"
    result = vendor.ingest(vendor.deliver(name, vendor.address.encode(), folder=folder, origin="publish"))
    assert result is not None
    assert result["outcome"] == "accepted", result


def test_a_delivery_note_that_agrees_is_no_part_of_the_version(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 2))
    sent = vendor.frames(1, 2)
    packed = [Packed(path, len(content), hashlib.sha256(content).hexdigest()) for path, content in sent.items()]
    note = manifest.note_text(DeliveryNote("p", f"{vendor.asset}_v001", tuple(packed)))
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001", {**sent, DELIVERY_NOTE: note.encode()}))
    assert result is not None
    assert result["outcome"] == "accepted", result
    assert len(vendor.registered()) == 2
    assert [each.name for each in vendor.on_disk(vendor.places.quarantine_folder).iterdir()] == ["taken"]
    (left,) = vendor.on_disk(vendor.places.quarantine_folder).rglob(DELIVERY_NOTE)
    assert left.read_text(encoding="utf-8") == note


def test_a_reviewable_that_ftrack_refuses_keeps_nothing_back(vendor: Vendor) -> None:
    vendor.hand_out()
    vendor.studio.ftrack.switches.fail_next("encode_media", status=500, times=5)
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mov", vendor.address.encode()))
    assert result is not None
    assert result["outcome"] == "accepted"


def test_a_movie_is_what_ftrack_shows(vendor: Vendor) -> None:
    vendor.hand_out()
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mov", vendor.address.encode()))
    assert result is not None
    operations = vendor.studio.ftrack.log.operations()
    assert any("encode_media" in each for each in operations)


def test_a_version_appears_only_when_its_files_are_in_place(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.hand_out(frames=(1, 3))
    entry = vendor.deliver(f"{vendor.asset}_v001", vendor.frames(1, 3))
    before, flushed, seen = FtrackConnection.write, [], []
    flush = Storage.flush

    def spied(self: Storage, paths: object) -> None:
        flush(self, list(paths))  # type: ignore[call-overload]
        flushed.append(True)

    def write(self: FtrackConnection, entities: list[Written]) -> None:
        lies = len(list(vendor.on_disk(f"show_a/sq010/sh010/{vendor.asset}/v001").glob("main.*.exr")))
        seen.append((bool(flushed), lies))
        before(self, entities)

    monkeypatch.setattr(Storage, "flush", spied)
    monkeypatch.setattr(FtrackConnection, "write", write)
    vendor.ingest(entry)
    assert seen
    assert set(seen) == {(True, 3)}


def test_the_task_of_a_delivery_is_the_one_that_was_handed_out(vendor: Vendor) -> None:
    vendor.hand_out()
    vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode()))
    assert vendor.versions()[0]["task_id"] == vendor.studio.ids[TASK]


@pytest.mark.parametrize(("ending", "movie"), [(".png", False), (".mp4", True)])
def test_a_picture_is_the_thumbnail_and_can_be_reviewed(vendor: Vendor, ending: str, movie: bool) -> None:
    vendor.hand_out()
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001{ending}", vendor.address.encode()))
    assert result is not None
    (version,) = vendor.versions()
    components = vendor.studio.ftrack.store.find("Component", version_id=version["id"])
    assert any(each["name"].startswith("ftrackreview") for each in components)
    assert version["thumbnail_id"]


def test_a_sequence_a_movie_and_a_folder_are_the_components_of_one_version(vendor: Vendor) -> None:
    wanted = Deliverable(
        vendor.task_id, vendor.template, asset_name=vendor.asset, components=("main", "review", "maps")
    )
    vendor.hand_out(deliverables=[wanted])
    stem, mine = f"{vendor.asset}_v001", vendor.address.encode()
    maps = {f"maps/{each}": b"map " + each.encode() + mine for each in ("wood.tif", "Deep/stone.tif", "notes.csv")}
    sent = {**vendor.frames(1, 3), f"{stem}_review.mp4": b"review" + mine, **maps}
    result = vendor.ingest(vendor.deliver(stem, sent))
    assert result is not None
    assert result["outcome"] == "accepted", result
    store = vendor.studio.ftrack.store
    found = {each["name"]: each for each in store.find("Component", version_id=result["version_id"])}
    kinds = {name: found[name]["__entity_type__"] for name in wanted.components}
    assert kinds == {"main": "SequenceComponent", "review": "FileComponent", "maps": "ContainerComponent"}
    above = f"show_a/sq010/sh010/{vendor.asset}/v001"
    assert vendor.on_disk(f"{above}/maps/Deep/stone.tif").read_bytes() == maps["maps/Deep/stone.tif"]
    members = store.find("Component", container_id=found["maps"]["id"])
    assert sorted(each["name"] + each["file_type"] for each in members) == ["Deep/stone.tif", "notes.csv", "wood.tif"]
    assert found["maps"]["size"] == sum(map(len, maps.values()))
    assert found["main"]["padding"] == 4


def test_pipelines_hear_of_each_component_that_was_registered(vendor: Vendor) -> None:
    credentials = vendor.means.credentials
    listener = ftrack_api.event.hub.EventHub(credentials.address, credentials.api_user, credentials.api_key)
    listener.connect()
    heard: list[dict[str, str]] = []
    topic = "topic=ftrack.location.component-added"
    listener.subscribe(topic, lambda event: heard.append(event["data"]), subscriber={"id": vendor.address})
    wait_until(lambda: vendor.address in vendor.studio.ftrack.hub.subscriber_ids())
    vendor.hand_out()
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode()))
    assert result is not None
    (component,) = vendor.studio.ftrack.store.find("Component", version_id=result["version_id"])
    told = {"component_id": component["id"], "location_id": vendor.studio.ids["studio.hq"]}
    wait_until(lambda: listener.wait(0.05) or told in heard)
    listener.disconnect()


def test_an_asset_that_somebody_has_made_meanwhile_is_no_second_one(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.hand_out()
    store, shot, alone = vendor.studio.ftrack.store, vendor.studio.ids["show_a/sq010/sh010"], Spool.alone

    def late(self: Spool, name: str) -> contextlib.AbstractContextManager[bool]:
        if name.startswith("asset"):
            store.create("Asset", name=vendor.asset, context_id=shot)
        return alone(self, name)

    monkeypatch.setattr(Spool, "alone", late)
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode()))
    assert result is not None
    assert result["outcome"] == "accepted"
    assert len(store.find("Asset", name=vendor.asset)) == 1
    assert len(vendor.versions()) == 1
