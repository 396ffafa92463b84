"""Nothing is lost or doubled where services fail, others are at work as well, or a unit is not what it was."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.vendor import ingest as module
from ftrack_accsyn_accessor.vendor.ingest import Ingest, work_off
from ftrack_accsyn_accessor.vendor.spool import INGEST
from ftrack_accsyn_accessor.vendor.storage import Storage
from ingesting import PROJECT, Vendor


def outcome(vendor: Vendor, entry: Any) -> Any:
    result = vendor.means.spool.result(INGEST, entry.key)
    return None if result is None else result["outcome"]


@pytest.mark.parametrize("service", ["ftrack", "accsyn"])
def test_a_service_that_is_down_is_waited_for(vendor: Vendor, service: str) -> None:
    vendor.hand_out(frames=(1, 3))
    sent = vendor.frames(1, 3)
    entry = vendor.deliver(f"{vendor.asset}_v001", sent)
    switches = getattr(vendor.studio, service).switches
    vendor.means.close()
    vendor.means = vendor.another()
    switches.refuse(True)
    assert work_off(vendor.means) == 0
    (waiting,) = vendor.means.spool.waiting(INGEST)
    assert waiting.data["cause"]
    assert sorted(each.name for each in vendor.on_disk(vendor.places.from_folder).iterdir()) == [entry.data["name"]]
    switches.clear()
    assert work_off(vendor.means) == 1
    assert outcome(vendor, entry) == "accepted"
    assert sorted(vendor.registered().values()) == sorted(sent.values())


OPERATIONS = (
    *("create:FileComponent", "create:ComponentLocation", "create:AssetVersion", "create:Note"),
    *("query:Metadata", "query:Task", "query:AssetVersion"),
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_of_ftracks_that_is_lost_doubles_nothing(vendor: Vendor, operation: str) -> None:
    vendor.hand_out()
    content = vendor.address.encode()
    entry = vendor.deliver(f"{vendor.asset}_v001.mxf", content)
    vendor.studio.ftrack.switches.drop_after(operation)
    with pytest.raises(errors.RegistrationError):
        Ingest(vendor.means).work(entry)
    assert work_off(vendor.means) == 1
    assert len(vendor.versions()) == 1
    assert vendor.registered() == {f"show_a/sq010/sh010/{vendor.asset}/v001/main.mxf": content}
    assert len(vendor.notes()) == 1


def test_a_lost_answer_of_accsyns_sends_no_second_message(vendor: Vendor) -> None:
    vendor.hand_out()
    entry = vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode())
    vendor.studio.accsyn.switches.drop_after("delivery/create")
    with pytest.raises(errors.WorkspaceError):
        Ingest(vendor.means).work(entry)
    assert len(vendor.notes()) == 1  # ftrack was told before
    assert work_off(vendor.means) == 1
    assert len(vendor.deliveries()) == 1


def test_what_is_done_again_is_done_once(vendor: Vendor) -> None:
    vendor.hand_out()
    entry = vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode())
    assert Ingest(vendor.means).work(entry)
    again = vendor.another()
    assert not Ingest(again).work(entry)
    again.close()
    assert len(vendor.versions()) == 1


def test_a_second_entry_for_what_was_taken_in_ends_silently(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 3))
    name = f"{vendor.asset}_v001"
    entry = vendor.deliver(name, vendor.frames(1, 3))
    other = vendor.entry(name)
    assert work_off(vendor.means) == 2
    assert [outcome(vendor, each) for each in (entry, other)] == ["accepted", "elsewhere"]
    assert len(vendor.notes()) == 1


def test_a_unit_that_is_gone_is_told_and_over(vendor: Vendor) -> None:
    vendor.hand_out()
    name = f"{vendor.asset}_v001.mxf"
    entry = vendor.deliver(name, vendor.address.encode())
    vendor.on_disk(f"{vendor.places.from_folder}/{name}").unlink()
    assert work_off(vendor.means) == 1
    assert outcome(vendor, entry) == "vanished"
    (note,) = vendor.notes()
    assert "not there any more" in note


def test_a_volume_that_is_not_mounted_is_waited_for(vendor: Vendor) -> None:
    vendor.hand_out()
    vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode())
    root, away = vendor.studio.hq, vendor.studio.hq.with_name("away")
    root.rename(away)
    try:
        assert work_off(vendor.means) == 0
        root.mkdir()  # the empty mount point
        assert work_off(vendor.means) == 0
        root.rmdir()
    finally:
        away.rename(root)
    assert work_off(vendor.means) == 1
    assert len(vendor.versions()) == 1


def test_the_rest_of_an_upload_is_waited_for(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 4))
    sent, name = vendor.frames(1, 4), f"{vendor.asset}_v001"
    early, late = dict(list(sent.items())[:2]), dict(list(sent.items())[2:])
    first = vendor.deliver(name, sent, files=list(early))
    assert work_off(vendor.means) == 0
    assert "waited for" in vendor.means.spool.waiting(INGEST)[0].data["cause"]
    assert vendor.on_disk(f"{vendor.places.from_folder}/{name}").is_dir()
    second = vendor.entry(name, files=list(late))
    assert work_off(vendor.means) == 2
    assert sorted(outcome(vendor, each) for each in (first, second)) == ["accepted", "elsewhere"]
    assert len(vendor.registered()) == 4


def test_the_rest_of_an_upload_is_not_waited_for_for_ever(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 2))
    sent, name = vendor.frames(1, 2), f"{vendor.asset}_v001"
    entry = vendor.deliver(name, sent, files=list(sent)[:1])
    assert not Ingest(vendor.means).work(entry)
    later = entry.put_at + module.PATIENCE_S + 1
    assert Ingest(vendor.means, clock=lambda: later).work(entry)
    assert outcome(vendor, entry) == "accepted"


def test_a_job_that_grew_after_its_unit_was_taken_in_makes_no_second_version(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 3))
    sent, name = vendor.frames(1, 3), f"{vendor.asset}_v001"
    entry = vendor.deliver(name, sent, files=list(sent))
    assert Ingest(vendor.means).work(entry)
    extra = f"late of {vendor.address}".encode()
    grown = vendor.deliver(name, {"late.exr": extra}, files=[*sent, "late.exr"])
    assert Ingest(vendor.means).work(grown)
    assert [outcome(vendor, each) for each in (entry, grown)] == ["accepted", "refused"]
    assert len(vendor.versions()) == 1
    assert vendor.everything()[extra] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"folder": "show_a/_vendors/somebody-else/from"},
        {"folder": "show_a"},
        {"folder": "../show_a"},
        {"vendor_id": "0" * 24},
        {"vendor_id": None},
        {"name": ".."},
        {"name": "a/b"},
        {"origin": "publish"},
        {"origin": "mail"},
    ],
    ids=str,
)
def test_what_is_nobodys_unit_is_left_alone(vendor: Vendor, wrong: dict[str, Any]) -> None:
    vendor.hand_out()
    name = f"{vendor.asset}_v001.mxf"
    vendor.put(f"{vendor.places.from_folder}/{name}", vendor.address.encode())
    entry = vendor.entry(**{"name": name, **wrong})
    assert work_off(vendor.means) == 1
    assert outcome(vendor, entry) == "not-ours"
    assert vendor.on_disk(f"{vendor.places.from_folder}/{name}").exists()
    assert not vendor.notes()


def test_another_vendors_folder_is_not_this_vendors(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Vendor(vendor.studio, tmp_path_factory.mktemp("other"))
    vendor.hand_out()
    other.hand_out()
    name = f"{other.asset}_v001.mxf"
    vendor.put(f"{other.places.from_folder}/{name}", other.address.encode())
    entry = vendor.entry(name, folder=other.places.from_folder)
    assert work_off(vendor.means) == 1
    assert outcome(vendor, entry) == "not-ours"
    assert other.on_disk(f"{other.places.from_folder}/{name}").exists()
    other.close()


def test_a_file_that_changes_while_it_is_read_is_looked_at_again(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.hand_out(frames=(1, 3))
    sent, name = vendor.frames(1, 3), f"{vendor.asset}_v001"
    entry = vendor.deliver(name, sent)
    read, first = Storage.digest, []

    def digest(self: Storage, path: str) -> str:
        found = read(self, path)
        if not first:
            first.append(path)
            vendor.on_disk(path).write_bytes(f"changed {vendor.address}".encode())
        return found

    monkeypatch.setattr(Storage, "digest", digest)
    with pytest.raises(errors.StorageError):
        Ingest(vendor.means).work(entry)
    assert not vendor.versions()
    assert Ingest(vendor.means).work(entry)
    assert f"changed {vendor.address}".encode() in vendor.registered().values()


def test_what_was_hashed_is_not_read_again(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.hand_out(frames=(1, 10))
    entry = vendor.deliver(f"{vendor.asset}_v001", vendor.frames(1, 10))
    read, seen = Storage.digest, []

    def digest(self: Storage, path: str) -> str:
        seen.append(path)
        if len(seen) == 5:
            raise errors.StorageError("read", path, "the disk is slow")
        return read(self, path)

    monkeypatch.setattr("ftrack_accsyn_accessor.vendor.judging._KEPT_FILES", 2)
    monkeypatch.setattr(Storage, "digest", digest)
    with pytest.raises(errors.StorageError):
        Ingest(vendor.means).work(entry)
    assert Ingest(vendor.means).work(entry)
    assert len(seen) == 11  # the one that failed was read twice


def test_two_at_once_make_one_version_each_file_once(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 20))
    sent, name = vendor.frames(1, 20), f"{vendor.asset}_v001"
    entry = vendor.deliver(name, sent)
    others = [vendor.entry(name), vendor.entry(name)]
    means = [vendor.another() for _ in range(3)]
    threads = [threading.Thread(target=work_off, args=(each,)) for each in means]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    work_off(vendor.means)
    outcomes = sorted(outcome(vendor, each) for each in (entry, *others))
    assert outcomes == ["accepted", "elsewhere", "elsewhere"]
    assert sorted(vendor.registered().values()) == sorted(sent.values())
    assert len(vendor.notes()) == 1
    for each in means:
        each.close()


def test_one_delivery_that_fails_does_not_keep_the_others(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.hand_out()
    bad = vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode())
    good = vendor.deliver(f"{vendor.asset}_v002.mxf", vendor.address.encode() * 2)
    read = Storage.digest

    def digest(self: Storage, path: str) -> str:
        if "_v001" in path:
            raise RuntimeError("a bug")
        return read(self, path)

    monkeypatch.setattr(Storage, "digest", digest)
    assert work_off(vendor.means) == 1
    assert [outcome(vendor, each) for each in (bad, good)] == [None, "accepted"]
    (waiting,) = vendor.means.spool.waiting(INGEST)
    assert ("wrong with the plugin" in waiting.cause, waiting.needs_help) == (True, True)


def test_what_was_decided_is_gone_on_with_where_the_record_of_the_hand_out_is_gone(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.hand_out()
    entry = vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode())
    vendor.studio.ftrack.switches.drop_after("create:AssetVersion")
    with pytest.raises(errors.RegistrationError):
        Ingest(vendor.means).work(entry)
    for row in vendor.studio.ftrack.store.find("Metadata", parent_id=vendor.task_id):
        vendor.studio.ftrack.store.delete("Metadata", row["parent_id"], row["key"])
    assert work_off(vendor.means) == 1
    assert outcome(vendor, entry) == "accepted"


def test_a_vendor_who_was_deactivated_since_is_still_known(vendor: Vendor) -> None:
    vendor.hand_out()
    entry = vendor.deliver(f"{vendor.asset}_v001.mxf", vendor.address.encode())
    vendor.user.active = False
    assert work_off(vendor.means) == 1
    assert outcome(vendor, entry) == "accepted"
    assert vendor.deliveries() == []
    assert not vendor.user.active


@pytest.mark.parametrize("frames", [3, 300])
def test_the_requests_of_an_ingest_do_not_grow_with_its_files(vendor: Vendor, frames: int) -> None:
    vendor.hand_out(frames=(1, frames))
    entry = vendor.deliver(f"{vendor.asset}_v001", vendor.frames(1, frames))
    logs = (vendor.studio.ftrack.log, vendor.studio.accsyn.log)
    for log in logs:
        log.clear()
    assert Ingest(vendor.means).work(entry)
    assert sum(log.count() for log in logs) <= 50


def test_a_fault_of_ours_is_logged_once_with_its_place_however_often_it_is_met(
    vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.hand_out()
    known = {"vendor": vendor.address, "project": PROJECT, "project_id": vendor.studio.ids[PROJECT]}
    # Something of what was decided is lost, which nobody foresaw.
    entry = vendor.entry(f"{vendor.asset}_v001.mxf", progress={"step": "judged", "case": known})
    for _ in range(3):
        assert work_off(vendor.means) == 0
    (told,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert told.exc_info is not None
    assert "Please report this" in told.getMessage()
    assert outcome(vendor, entry) is None
