"""Transfers on several threads at once by one and the same location, as actions do it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from exchange import Kit, disk
from tracking import Desk


def test_transfers_on_two_threads_by_one_location_are_both_queued_whole(desk: Desk, kit: Kit) -> None:
    place = disk(desk.session, desk.studio.root)
    first, second = kit.sequence("first"), kit.sequence("second")
    for component in (first, second):
        kit.put(component, place.location)
    first_reads, second_reads, first_is_through = (threading.Event() for _ in range(3))
    opened = place.location.accessor.open

    def open_one_after_the_other(identifier: str, mode: str = "rb") -> Any:
        if "first" in identifier:
            first_reads.set()
            assert second_reads.wait(10)
        else:
            second_reads.set()
            assert first_is_through.wait(10)
        return opened(identifier, mode)

    place.location.accessor.open = open_one_after_the_other
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(desk.location.add_component, first, place.location)
        assert first_reads.wait(10)
        other = threads.submit(desk.location.add_component, second, place.location)
        one.result(20)
        first_is_through.set()
        other.result(20)

    assert desk.states() == {"first": "pending", "second": "pending"}
    assert {item.publication.component_id for item in desk.outbox.items()} == {first["id"], second["id"]}
    assert [len(item.publication.files) for item in desk.outbox.items()] == [4, 4]
