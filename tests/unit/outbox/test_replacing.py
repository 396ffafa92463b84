"""What was asked for of a component is of an older content as soon as a newer one is registered, and no sooner."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.replacing import REPLACED
from unit.outbox.test_requests import LONDON, asked, submitted, wanted


@pytest.fixture
def request_id(desk: Any) -> int:
    """A Send of c1 and c2, of which accsyn has both."""
    written = desk.outbox.requests.write(asked(), wanted(desk, "c1", "c2"))
    submitted(desk, desk.outbox.requests.items(written))
    return int(written)


def states(desk: Any, request_id: int) -> list[State]:
    return [item.state for item in desk.outbox.requests.items(request_id)]


def test_it_is_withdrawn_when_the_publish_is_confirmed_and_not_before(desk: Any, request_id: int) -> None:
    desk.prepare("c1")
    assert states(desk, request_id) == [State.SUBMITTED] * 2
    assert desk.outbox.stale() == []

    desk.outbox.activate(["c1"], "l1")

    assert states(desk, request_id) == [State.WITHDRAWN, State.SUBMITTED]
    (stale,) = desk.outbox.stale()
    assert (stale.stale_at, stale.cause) == (LONDON.location_id, REPLACED)
    assert desk.outbox.work().stale == 1


def test_what_is_confirmed_twice_withdraws_nothing_that_was_asked_for_since(desk: Any) -> None:
    desk.pending("c1")
    newer = desk.outbox.requests.write(asked("newer"), wanted(desk, "c1"))
    desk.outbox.activate(["c1"], "l1")
    assert states(desk, newer) == [State.PENDING]


def test_what_is_fetched_to_where_it_is_published_anew_is_no_older_content_elsewhere(desk: Any) -> None:
    here = LONDON._replace(location_id="l1")
    fetched = desk.outbox.requests.write(asked(destination=here), wanted(desk, "c1"))
    desk.pending("c1")
    assert states(desk, fetched) == [State.PENDING]


@pytest.mark.parametrize("published_at", [None, 5.0])
def test_what_could_not_be_queued_is_newer_and_what_is_merely_found_may_not_be(
    desk: Any, request_id: int, published_at: Any
) -> None:
    desk.outbox.enqueue([desk.publication("c1")], published_at)
    first = State.SUBMITTED if published_at is None else State.WITHDRAWN
    assert states(desk, request_id) == [first, State.SUBMITTED]


def test_what_the_tracker_read_before_it_was_replaced_does_not_turn_green(desk: Any, request_id: int) -> None:
    read = desk.outbox.requests.items(request_id)
    desk.pending("c1")
    assert desk.outbox.tracking.synced(read) == 1
    assert states(desk, request_id) == [State.WITHDRAWN, State.SYNCED]
    assert len(desk.outbox.stale()) == 1
