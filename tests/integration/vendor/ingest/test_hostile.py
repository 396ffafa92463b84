"""A vendor who means harm, and has nothing but their key: nothing is lost, made, or kept from others by what they do."""

from __future__ import annotations

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
