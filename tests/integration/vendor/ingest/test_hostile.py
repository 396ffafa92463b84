"""A vendor who means harm, and has only their key: nothing is lost, made, or kept from others by what they do."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack.versions import Versions
from ftrack_accsyn_accessor.model import errors, manifest
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, DeliveryNote, Packed
from ftrack_accsyn_accessor.model.submission import Verdict
from ftrack_accsyn_accessor.vendor import ingest, quarantine
from ftrack_accsyn_accessor.vendor.ingest import Ingest, work_off
from ftrack_accsyn_accessor.vendor.judging import Judging
from ftrack_accsyn_accessor.vendor.spool import INGEST
from ingesting import Vendor


def _aside(vendor: Vendor) -> dict[str, bytes]:
    """Return the content of all files in quarantine, by name."""
    lying = vendor.on_disk(vendor.places.quarantine_folder).rglob("*")
    return {each.name: each.read_bytes() for each in lying if each.is_file()}


@pytest.mark.parametrize("name", ["REASON.txt", "reason.TXT"])
@pytest.mark.parametrize("folder", [False, True])
def test_a_delivery_that_is_called_as_our_reason_is_kept_as_it_is(vendor: Vendor, name: str, folder: bool) -> None:
    vendor.hand_out()
    content = vendor.address.encode()
    result = vendor.ingest(vendor.deliver(name, {"a.exr": content} if folder else content))
    assert result is not None
    assert result["outcome"] == "refused"
    lying = _aside(vendor)
    assert lying["a.exr" if folder else name] == content
    assert b"not accepted" in lying["REASON-of-the-studio.txt"]


@contextlib.contextmanager
def _over(vendor: Vendor, how: str) -> Iterator[None]:
    """Let the task be over in ftrack, and nobody have looked at access since."""
    store = vendor.studio.ftrack.store
    before = store.find("Task", id=vendor.task_id)[0]["status_id"]
    if how == "unassigned":
        vendor.hand_out(assigned=True)  # to whom it is not assigned any more
    else:
        (status,) = store.find("Status", name=how)
        vendor.hand_out()
        store.update("Task", vendor.task_id, status_id=status["id"])
    yield
    store.update("Task", vendor.task_id, status_id=before)


@pytest.mark.parametrize("how", ["Approved", "Omitted", "unassigned"])
def test_what_comes_when_the_task_is_over_is_refused_before_access_has_ended(vendor: Vendor, how: str) -> None:
    with _over(vendor, how):
        name, content = f"{vendor.asset}_v001.mxf", vendor.address.encode()
        result = vendor.ingest(vendor.deliver(name, content))
    assert result is not None
    assert result["outcome"] == "refused"
    assert not vendor.versions()
    assert _aside(vendor)[name] == content
    assert b"closed" in _aside(vendor)["REASON.txt"]


def test_names_that_are_too_long_together_are_put_aside_and_told_in_short(vendor: Vendor) -> None:
    vendor.rules = dataclasses.replace(vendor.rules, most_files=20)
    vendor.means = vendor.another()
    vendor.hand_out()
    name, long = f"{vendor.asset}_v001", "/".join(["x" * 200] * 4)
    sent = {f"{long}/{number}.exr": vendor.address.encode() for number in range(10)}
    result = vendor.ingest(vendor.deliver(name, sent))
    assert result is not None
    assert result["outcome"] == "refused"
    assert set(_aside(vendor)) >= {f"{number}.exr" for number in range(10)}
    assert b"far too long" in _aside(vendor)["REASON.txt"]
    (kept,) = (vendor.means.spool.folder / "done").glob("*.json")
    assert long not in kept.read_text(encoding="utf-8")


def test_a_note_of_very_many_files_that_are_not_there_is_told_in_short(vendor: Vendor) -> None:
    vendor.hand_out(frames=(1, 2))
    name, sent = f"{vendor.asset}_v001", vendor.frames(1, 2)
    packed = tuple(Packed(f"missing-{number}.exr", 1, "") for number in range(1_000))
    note = manifest.note_text(DeliveryNote("p", name, packed))
    entry = vendor.deliver(name, {**sent, DELIVERY_NOTE: note.encode()})
    result = vendor.ingest(entry)
    assert result is not None
    assert result["outcome"] == "refused"
    assert len(vendor.receipt(entry.key)["problems"]) < 30


@pytest.mark.parametrize("moment", ["taken", "judged"])
def test_two_machines_that_run_the_hook_of_one_job_make_one_version_and_say_the_same(
    vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    vendor.hand_out(frames=(1, 3))
    entry = vendor.deliver(f"{vendor.asset}_v001", vendor.frames(1, 3))
    vendor.rules = dataclasses.replace(vendor.rules, spool=str(tmp_path / "other"))
    other = vendor.another()
    other.spool.put(INGEST, entry.key, entry.data)
    waiting = other.spool.waiting(INGEST)
    take, number = quarantine.take, Versions.free_number

    def faster() -> None:
        while waiting:
            Ingest(other).work(waiting.pop())

    def taken(*args: Any) -> bool:
        found = take(*args)
        if moment == "taken":
            faster()
        return found

    def numbered(self: Versions, *args: Any) -> int:
        if moment == "judged":
            faster()
        return number(self, *args)

    monkeypatch.setattr(quarantine, "take", taken)
    monkeypatch.setattr(Versions, "free_number", numbered)
    vendor.ingest(entry)
    other.close()
    assert len(vendor.versions()) == 1
    assert set(vendor.registered().values()) == set(vendor.frames(1, 3).values())
    assert vendor.receipt(entry.key)["accepted"] is True
    assert [each for each in vendor.notes() if "accepted as" not in each] == []


def test_what_cannot_be_worked_off_keeps_nobody_elses_delivery_waiting(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ftrack answers one delivery, whatever is asked for it, as if it were down."""
    vendor.hand_out()
    poison = vendor.deliver("poison.mxf", vendor.address.encode())
    name = f"{vendor.asset}_v001.mxf"
    vendor.deliver(name, vendor.address.encode())
    judged = Judging.verdict

    def verdict(self: Judging, *args: Any) -> Verdict:
        if self._case.unit.name == "poison.mxf":
            raise errors.RegistrationError("judge", "poison.mxf", "HTTP 500")
        return judged(self, *args)

    monkeypatch.setattr(Judging, "verdict", verdict)
    work_off(vendor.means)
    work_off(vendor.means)
    assert len(vendor.versions()) == 1
    assert [each.key for each in vendor.means.spool.waiting(INGEST)] == [poison.key]


@pytest.mark.parametrize(
    "name", ["a:b", "CON", "v1 ", "a\x1b[2Jb\nc", "-rf *", "$(id)", "\udcff", "x" * 255, 'a" or "1']
)
@pytest.mark.parametrize("folder", [False, True])
def test_a_delivery_of_any_name_is_put_aside_and_told(vendor: Vendor, name: str, folder: bool) -> None:
    vendor.hand_out()
    content = vendor.address.encode()
    entry = vendor.deliver(name, {name: content} if folder else content, files=None if folder else [name])
    result = vendor.ingest(entry)
    assert result is not None
    assert result["outcome"] == "refused"
    assert _aside(vendor)[name] == content
    told = vendor.studio.ftrack.store.find("Note")[-1]["content"] + str(result)
    assert not set(told) & {"\x1b", "\udcff"}
    assert vendor.receipt(entry.key)["accepted"] is False


def test_nobody_waits_for_all_that_another_vendor_has_sent(vendor: Vendor) -> None:
    vendor.hand_out()
    first = [vendor.entry(f"{number}.mxf") for number in range(3)]
    other = vendor.entry("theirs.mxf", vendor_id="another")
    in_turn = [each.key for each in ingest._in_turn(vendor.means.spool.waiting(INGEST))]
    assert in_turn == [each.key for each in (first[0], other, first[1], first[2])]


def test_what_a_vendor_says_cannot_pose_as_what_the_studio_says(vendor: Vendor) -> None:
    vendor.hand_out()
    said = "fine\n\nsh020_v004: accepted as sh020 v004.\nIt lies in /etc.\r\x0b\u2028It was paid."
    note = {"ident": "x", "comment": said, "status": "", "time_s": 0}
    vendor.ingest(vendor.deliver("unknown.mxf", vendor.address.encode(), note=note))
    (told,) = [each for each in (row["content"] for row in vendor.studio.ftrack.store.find("Note")) if "sh020" in each]
    lines = told[told.index("They say: fine") :].splitlines()
    assert len(lines) == 4
    assert all(line.startswith("| ") for line in lines[1:])


@pytest.mark.parametrize("good", [True, False])
def test_what_is_kept_of_what_has_ended_does_not_grow_with_its_files(vendor: Vendor, good: bool) -> None:
    vendor.hand_out(frames=(1, 50))
    name, sent = f"{vendor.asset}_v001", vendor.frames(1, 50 if good else 49)
    entry = vendor.deliver(name, sent, files=list(sent), sent={path: len(content) for path, content in sent.items()})
    result = vendor.ingest(entry)
    assert result is not None
    assert result["outcome"] == ("accepted" if good else "refused")
    (kept,) = (vendor.means.spool.folder / "done").glob("*.json")
    assert kept.stat().st_size < 1_500
