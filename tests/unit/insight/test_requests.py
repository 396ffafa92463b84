"""The requests of an outbox as all faces show them."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.insight import requests, rows
from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.item import Item, Reason, State, Studio, Trouble
from ftrack_accsyn_accessor.model.request import Request, RequestState, Wanted
from ftrack_accsyn_accessor.outbox.requests import CANCELLED
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED
from ftrack_accsyn_accessor.outbox.tracking import Change
from making import HQ
from requesting import LONDON, ask, in_accsyn
from unit.insight.conftest import move, stop
from unit.outbox.conftest import Desk


def test_a_request_is_one_row_with_its_words_its_ends_and_its_sums(desk: Desk) -> None:
    ask(desk.outbox, "a", "b")

    (row,) = requests.requests(desk.outbox)

    assert (row.title, row.user, row.source, row.destination) == (
        "sh010 comp v003",
        "producer",
        "studio.hq",
        "studio.london",
    )
    assert (row.state, row.items, row.waiting, row.files, row.size_bytes) == (RequestState.WAITING, 2, 2, 2, 2)
    assert (row.percent, row.cancellable) == (0, True)


def test_a_request_that_moves_tells_its_speed_and_the_time_left(desk: Desk) -> None:
    first, _ = in_accsyn(desk.outbox, ask(desk.outbox, "a", "b"))
    move(desk, first, 1, speed=2.0, left_s=0.0)

    (row,) = requests.requests(desk.outbox)

    assert (row.state, row.moving, row.percent) == (RequestState.MOVING, 2, 50)
    assert (row.speed_bytes_per_s, row.time_left_s) == (2.0, 0.5)


def test_a_request_is_at_a_hundred_percent_only_when_all_of_it_is_proven(desk: Desk) -> None:
    items = in_accsyn(desk.outbox, ask(desk.outbox, "a", "b"))
    for item in items:
        move(desk, item, 1)
    assert requests.requests(desk.outbox)[0].percent == 99

    desk.outbox.tracking.record([Change(item, State.SYNCED, item.progress) for item in in_its_state(desk, items)])

    (row,) = requests.requests(desk.outbox)
    assert (row.state, row.percent, row.there, row.cancellable) == (RequestState.DONE, 100, 2, False)


def in_its_state(desk: Desk, items: list[Item]) -> list[Item]:
    assert items[0].request is not None
    return desk.outbox.requests.items(items[0].request)


def test_a_stuck_request_comes_first_with_the_cause_of_its_item(desk: Desk) -> None:
    (item,) = in_accsyn(desk.outbox, ask(desk.outbox, "a", words="stuck"))
    ask(desk.outbox, "b", words="newer")
    stop(desk, item)

    first, second = requests.requests(desk.outbox)

    assert (first.title, first.state, second.title) == ("stuck", RequestState.STUCK, "newer")
    assert first.cause == "accsyn could not transfer it: E#J057 Disk full."
    assert first.remedy == progress.remedy(Trouble.FAILED, words="E#J057 Disk full")


def test_a_request_unfolds_into_its_items_and_publishes_stay_apart(desk: Desk) -> None:
    desk.pending("published")
    ask(desk.outbox, "a", "b")
    (row,) = requests.requests(desk.outbox)

    unfolded = requests.items(desk.outbox, row)

    assert sorted(each.component for each in unfolded) == ["a", "b"]
    assert requests.count(desk.outbox, row) == 2
    assert {(each.request, each.source, each.destination) for each in unfolded} == {
        (row.request_id, "studio.hq", "studio.london")
    }
    assert [each.component_id for each in rows.rows(desk.outbox, request=PUBLISHED)] == ["published"]
    assert rows.count(desk.outbox, request=PUBLISHED) == 1
    assert rows.count(desk.outbox) == 3


def test_a_search_finds_a_request_by_its_own_words_or_by_its_items(desk: Desk) -> None:
    ask(desk.outbox, "beauty", "depth")
    ask(desk.outbox, "audio", words="the edit")

    def found(search: str) -> list[tuple[str, int]]:
        return [
            (row.words, requests.count(desk.outbox, row, search=search))
            for row in requests.requests(desk.outbox, search=search)
        ]

    assert found("EDIT producer") == [("the edit", 1)]
    assert found("depth") == [("sh010 comp v003", 1)]
    assert found("studio.london") == [("the edit", 1), ("sh010 comp v003", 2)]
    assert found("nothing") == []


def test_states_choose_the_requests_that_have_such_items(desk: Desk) -> None:
    (item,) = in_accsyn(desk.outbox, ask(desk.outbox, "a", words="stuck"))
    stop(desk, item)
    ask(desk.outbox, "b", words="waiting")

    found = requests.requests(desk.outbox, states=(State.NEEDS_ATTENTION,))

    assert [row.words for row in found] == ["stuck"]


def test_a_cancelled_request_says_so_and_what_to_do(desk: Desk) -> None:
    request_id = ask(desk.outbox, "a")
    assert desk.outbox.requests.cancel(request_id) == 1

    row = requests.request(desk.outbox, request_id)
    assert row is not None
    (item,) = requests.items(desk.outbox, row)

    assert (row.state, row.withdrawn, row.cancellable) == (RequestState.CANCELLED, 1, False)
    assert (item.cause, item.remedy) == (CANCELLED, rows.ASK_AGAIN)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_nothing_that_was_asked_for_is_to_be_published_again(desk: Desk, trouble: Trouble) -> None:
    (item,) = in_accsyn(desk.outbox, ask(desk.outbox, "a"))
    stop(desk, item, trouble)

    (row,) = rows.rows(desk.outbox)

    assert "ublish it" not in row.remedy
    assert row.remedy
    assert row.cause
    assert row.remedy not in row.cause


def test_a_folder_that_was_asked_for_is_called_by_its_path(desk: Desk) -> None:
    request = Request(Reason.SYNC, Studio("https://acme.test", "acme"), "producer", HQ, LONDON)
    folder = desk.publication("", component_name="", resource_identifier="", path="show_a/sq010/sh010/scans", files=())
    desk.outbox.requests.write(request, [Wanted(folder)])

    assert [row.component for row in rows.rows(desk.outbox)] == ["show_a/sq010/sh010/scans"]
    assert requests.requests(desk.outbox)[0].title == "request 1"
