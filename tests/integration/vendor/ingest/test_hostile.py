"""A vendor who means harm, and has nothing but their key: nothing is lost, made, or kept from others by what they do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

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
