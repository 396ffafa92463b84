"""A vendor who means harm, and has only their key: nothing is lost, made, or kept from others by what they do."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, DeliveryNote, Packed
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
