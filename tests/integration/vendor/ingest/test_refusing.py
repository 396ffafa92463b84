"""What fails its checks goes to quarantine, whole, and both sides are told why."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model import errors, manifest
from ftrack_accsyn_accessor.model import handout as handout_model
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Deliverable, DeliveryNote, Packed
from ftrack_accsyn_accessor.vendor.ingest import Ingest
from ftrack_accsyn_accessor.vendor.spool import RECEIPT
from ftrack_accsyn_accessor.vendor.storage import Storage
from ingesting import PROJECT, Vendor

REFUSAL = {"content": "No such thing.", "exception": "ServerError"}


def aside(vendor: Vendor, name: str) -> Path:
    """Return where a unit lies in quarantine."""
    (found,) = vendor.on_disk(vendor.places.quarantine_folder).glob(f"*/{name}")
    return found


def assert_put_aside(vendor: Vendor, name: str, result: Any, contents: set[bytes]) -> str:
    """Nothing was made, everything lies in quarantine, everybody was told; return the reason."""
    assert result is not None
    assert result["outcome"] == "refused", result
    assert not vendor.registered()
    assert not os.path.lexists(vendor.on_disk(f"{vendor.places.from_folder}/{name}"))
    lies = aside(vendor, name)
    files = [lies] if lies.is_file() else [each for each in lies.rglob("*") if each.is_file()]
    assert {each.read_bytes() for each in files} >= contents
    assert set(vendor.everything().values()) <= {1}
    reason = (lies.parent / "REASON.txt").read_text(encoding="utf-8")
    (receipt,) = vendor.on_disk(f"{vendor.places.to_folder}/receipts").glob("*.txt")
    told = receipt.read_text(encoding="utf-8")
    assert "not accepted" in told
    assert "quarantine" not in told
    assert told.strip() in reason
    assert len([each for each in vendor.notes() if "not accepted" in each]) == 1
    return reason


def test_missing_frames_put_the_whole_folder_aside(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 5))
    sent = vendor.frames(1, 5)
    sent.pop(f"{vendor.asset}_v001.0003.exr")
    name = f"{vendor.asset}_v001"
    reason = assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, sent)), set(sent.values()))
    assert "What is wrong" in reason
    (note,) = vendor.studio.ftrack.store.find("Note", content=vendor.notes()[0])
    assert (note["parent_type"], note["parent_id"]) == ("Task", vendor.task_id)


def test_what_is_recognised_as_nothing_is_told_on_the_project(vendor: Vendor) -> None:
    vendor.hand_out()
    content = vendor.address.encode()
    name = f"unknown-{vendor.asset}.mxf"
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})
    (note,) = vendor.studio.ftrack.store.find("Note", content=vendor.notes()[0])
    assert (note["parent_type"], note["parent_id"]) == ("Project", vendor.studio.ids[PROJECT])


def test_a_closed_task_takes_nothing(vendor: Vendor) -> None:
    vendor.hand_out(closed_at="2026-11-01T00:00:00+00:00")
    name, content = f"{vendor.asset}_v001.mxf", vendor.address.encode()
    reason = assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})
    assert "closed" in reason


def test_the_path_of_something_else_is_not_touched(vendor: Vendor) -> None:
    vendor.hand_out()
    taken = vendor.on_disk(f"show_a/sq010/sh010/{vendor.asset}/v001/main.mxf")
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"ours")
    name, content = f"{vendor.asset}_v001.mxf", vendor.address.encode()
    reason = assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})
    assert taken.read_bytes() == b"ours"
    assert str(taken.relative_to(vendor.studio.hq)) in reason
    (receipt,) = vendor.on_disk(f"{vendor.places.to_folder}/receipts").glob("*.txt")
    assert "sq010" not in receipt.read_text(encoding="utf-8")


def test_a_path_that_is_taken_while_files_are_moved_brings_all_of_them_back(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.hand_out(frames=(1, 3))
    sent, moved = vendor.frames(1, 3), Storage.move
    rival = vendor.on_disk(f"show_a/sq010/sh010/{vendor.asset}/v001/main.0003.exr")

    def move(self: Storage, source: str, target: str, **how: bool) -> None:
        moved(self, source, target, **how)
        if "main.0001" in target:
            rival.write_bytes(b"ours")

    monkeypatch.setattr(Storage, "move", move)
    name = f"{vendor.asset}_v001"
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, sent)), set(sent.values()))
    assert rival.read_bytes() == b"ours"


def test_a_path_that_ftrack_has_given_to_another_component_is_not_taken(vendor: Vendor) -> None:
    vendor.hand_out()
    store = vendor.studio.ftrack.store
    component = store.create("FileComponent", name="theirs")
    path = f"show_a/sq010/sh010/{vendor.asset}/v001/main.mxf"
    location = vendor.studio.ids["studio.hq"]
    store.create("ComponentLocation", component_id=component["id"], location_id=location, resource_identifier=path)
    name, content = f"{vendor.asset}_v001.mxf", vendor.address.encode()
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})


def test_a_number_and_the_next_place_that_are_taken_leave_no_claim_in_ftrack(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.hand_out(frames=(1, 3))
    sent, moved = vendor.frames(1, 3), Storage.move
    store, shot = vendor.studio.ftrack.store, vendor.studio.ids["show_a/sq010/sh010"]
    asset, made = store.create("Asset", name=vendor.asset, context_id=shot), []
    rival = f"show_a/sq010/sh010/{vendor.asset}/v002/main.0002.exr"

    def move(self: Storage, source: str, target: str, **how: bool) -> None:
        moved(self, source, target, **how)
        if "/v001/" in target and not made:
            made.append(store.create("AssetVersion", asset_id=asset["id"], version=1))
            vendor.put(rival, b"ours")

    monkeypatch.setattr(Storage, "move", move)
    before = len(store.find("Component")), len(store.find("ComponentLocation"))
    name = f"{vendor.asset}_v001"
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, sent)), set(sent.values()))
    assert (len(store.find("Component")), len(store.find("ComponentLocation"))) == before
    assert not vendor.on_disk(f"show_a/sq010/sh010/{vendor.asset}/v001/main.0001.exr").exists()


@pytest.mark.parametrize("wrong", ["size", "digest", "missing"])
def test_what_is_not_as_the_delivery_note_says_is_put_aside(vendor: Vendor, wrong: str) -> None:
    vendor.hand_out(frames=(1, 2))
    sent = vendor.frames(1, 2)
    packed = [Packed(path, len(content), hashlib.sha256(content).hexdigest()) for path, content in sent.items()]
    changed = {
        "size": dataclasses.replace(packed[0], size_bytes=1),
        "digest": dataclasses.replace(packed[0], sha256="0" * 64),
        "missing": dataclasses.replace(packed[0], path="other.exr"),
    }[wrong]
    name = f"{vendor.asset}_v001"
    note = manifest.note_text(DeliveryNote("p", name, (changed, packed[1])))
    entry = vendor.deliver(name, {**sent, DELIVERY_NOTE: note.encode()})
    reason = assert_put_aside(vendor, name, vendor.ingest(entry), set(sent.values()))
    assert "delivery note" in reason


def test_a_file_of_another_size_than_accsyn_has_carried_is_put_aside(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 2))
    sent, name = vendor.frames(1, 2), f"{vendor.asset}_v001"
    entry = vendor.deliver(name, sent, sent={next(iter(sent)): 5})
    assert_put_aside(vendor, name, vendor.ingest(entry), set(sent.values()))


def test_a_single_file_of_another_size_than_accsyn_has_carried_is_put_aside(vendor: Vendor) -> None:
    vendor.hand_out()
    name = f"{vendor.asset}_v001.mov"
    entry = vendor.deliver(name, b"cut off", sent={"": 5_000})
    assert "5,000" in assert_put_aside(vendor, name, vendor.ingest(entry), {b"cut off"})


def test_a_manifest_of_the_vendors_own_making_counts_for_nothing(vendor: Vendor) -> None:
    handout = vendor.hand_out(frames=(1, 5))
    ours = vendor.on_disk(f"{handout.folder}/{manifest.NAME}").read_bytes()
    theirs = json.loads(ours)
    theirs["deliverables"][0].update(first_frame=1, last_frame=2)
    sent, name = vendor.frames(1, 2), f"{vendor.asset}_v001"
    entry = vendor.deliver(name, {**sent, manifest.NAME: json.dumps(theirs).encode()})
    assert_put_aside(vendor, name, vendor.ingest(entry), set(sent.values()))


@pytest.mark.parametrize("place", ["{from_folder}", "{to_folder}/../from", "../from", ""])
def test_a_record_that_leads_out_of_what_a_vendor_only_reads_counts_for_nothing(vendor: Vendor, place: str) -> None:
    handout = vendor.hand_out()
    ours = vendor.on_disk(f"{handout.folder}/{manifest.NAME}")
    folder = f"{place.format(**vendor.places._asdict())}/{handout.package}"
    vendor.put(f"{vendor.places.from_folder}/{handout.package}", {manifest.NAME: ours.read_bytes()})
    outsourced.write(vendor.means.connection, dataclasses.replace(handout, folder=folder))
    name, content = f"{vendor.asset}_v001.mxf", vendor.address.encode()
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})


def test_a_package_that_was_handed_to_somebody_else_expects_nothing(vendor: Vendor) -> None:
    handout = vendor.hand_out()
    path = vendor.on_disk(f"{handout.folder}/{manifest.NAME}")
    path.write_text(path.read_text(encoding="utf-8").replace(vendor.address, "other@vendor.test"), encoding="utf-8")
    name, content = f"{vendor.asset}_v001.mxf", vendor.address.encode()
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})


def test_more_than_may_be_delivered_is_put_aside_unread(vendor: Vendor) -> None:
    vendor.rules = dataclasses.replace(vendor.rules, most_files=3)
    vendor.means = vendor.another()
    vendor.hand_out(frames=(1, 5))
    sent, name = vendor.frames(1, 5), f"{vendor.asset}_v001"
    reason = assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, sent)), set(sent.values()))
    assert "more than 3" in reason


def test_a_link_is_put_aside_as_it_is_and_not_followed(vendor: Vendor, tmp_path: Path) -> None:
    vendor.hand_out()
    secret = tmp_path / "secret.mxf"
    secret.write_bytes(b"secret")
    name = f"{vendor.asset}_v001.mxf"
    link = vendor.on_disk(f"{vendor.places.from_folder}/{name}")
    link.symlink_to(secret)
    assert_put_aside(vendor, name, vendor.ingest(vendor.entry(name)), set())
    assert aside(vendor, name).is_symlink()
    assert secret.read_bytes() == b"secret"


def test_a_disabled_vendor_is_sent_nothing_and_the_note_says_so(vendor: Vendor) -> None:
    vendor.hand_out()
    vendor.user.status = "disabled"
    vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode()))
    assert vendor.deliveries() == []
    assert any("is disabled in accsyn" in each for each in vendor.notes())
    assert vendor.user.status == "disabled"


def test_behind_a_relay_the_receipt_is_kept_to_be_carried_to_where_the_vendor_reads(vendor: Vendor) -> None:
    vendor.rules = dataclasses.replace(vendor.rules, production="site=london")
    vendor.means = vendor.another()
    vendor.hand_out()
    result = vendor.ingest(vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode()))
    assert result is not None
    assert result["outcome"] == "accepted"
    assert vendor.deliveries() == []
    (entry,) = vendor.means.spool.waiting(RECEIPT)
    assert all(vendor.on_disk(each).is_file() for each in (entry.data["path"], *entry.data["beside"]))


def test_what_a_package_expects_of_a_task_that_was_not_handed_to_the_vendor_is_refused(vendor: Vendor) -> None:
    lighting = vendor.studio.ids["show_a/sq010/sh010/Lighting"]
    mine = Deliverable(vendor.task_id, vendor.template, asset_name=vendor.asset, components=("main",))
    other = dataclasses.replace(mine, task_id=lighting, name=f"light_{vendor.template}")
    vendor.hand_out(deliverables=[mine, other])
    vendor.studio.ftrack.store.delete("Metadata", lighting, handout_model.key(vendor.address))
    name, content = f"light_{vendor.asset}_v001.mxf", vendor.address.encode()
    assert_put_aside(vendor, name, vendor.ingest(vendor.deliver(name, content)), {content})


def test_what_ftrack_refuses_for_a_day_is_told_once_at_the_project(vendor: Vendor) -> None:
    vendor.hand_out()
    entry = vendor.deliver(f"{vendor.asset}_v001.mxf", b"content")
    now = entry.put_at

    def try_at(moment: float) -> list[str]:
        vendor.studio.ftrack.switches.fail_next("create:AssetVersion", status=200, body=REFUSAL, times=20)
        with pytest.raises(errors.RegistrationRefused):
            Ingest(vendor.means, lambda: moment).work(entry)
        vendor.studio.ftrack.switches.clear()
        return vendor.notes()

    assert try_at(now) == try_at(now + 80_000.0) == []
    (note,) = try_at(now + 90_000.0)
    assert note.startswith(f"{vendor.places.from_folder}/{vendor.asset}_v001.mxf was delivered, and is not taken in: ")
    assert "No such thing" in note
    assert try_at(now + 190_000.0) == [note]
