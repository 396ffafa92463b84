"""Requests in the outbox: written once with all their items, known again by their token, and cancelled."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor.model.item import Endpoint, Item, Progress, Reason, State, Studio
from ftrack_accsyn_accessor.model.request import Request, RequestState, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.requests import CANCELLED
from ftrack_accsyn_accessor.outbox.schema import UPGRADES
from ftrack_accsyn_accessor.outbox.tracking import Change
from making import publication, route
from release import leave_outboxes
from unit.outbox.taking_over import opened, take_over

OWNER = Studio("https://acme.test", "acme")
SOURCE, LONDON = Endpoint("acme", "loc-hq", "studio.hq"), Endpoint("site=london", "loc-london", "london")


def asked(token: str = "", **changes: Any) -> Request:
    values: dict[str, Any] = {
        "reason": Reason.SEND,
        "studio": OWNER,
        "username": "artist",
        "source": SOURCE,
        "destination": LONDON,
        "words": "comp v003 and 1 more",
        "user_id": "u1",
        "token": token,
    }
    return Request(**{**values, **changes})


def wanted(desk: Any, *components: str, identifier: str = "") -> list[Wanted]:
    source = {"location_id": SOURCE.location_id, "location_name": SOURCE.location_name}
    return [Wanted(desk.publication(each, **source), identifier) for each in components]


def submitted(desk: Any, items: list[Item]) -> None:
    row = desk.outbox.job(route(reason=Reason.SEND, party=SOURCE.party, destination=LONDON))
    row = desk.outbox.job_found(row, "j" * 24)
    desk.attempt(items, row)
    desk.outbox.submitted(items, row)


def arrived(desk: Any, items: list[Item]) -> None:
    items = [dataclasses.replace(item, job=desk.outbox.requests.items(item.request)[0].job) for item in items]
    changes = [Change(item, State.TRANSFERRING, Progress(10, 10), arrived=True) for item in items]
    assert desk.outbox.tracking.record(changes) == len(items)
    desk.outbox.tracking.synced(items)


def test_a_request_is_written_with_all_its_items_which_know_both_ends(desk: Any) -> None:
    request = desk.outbox.requests.write(
        asked(queue="High", priority=700), wanted(desk, "c1", "c2", identifier="P:\\a")
    )

    standing = desk.outbox.requests.standing(request)
    assert (standing.state, standing.items, standing.files, standing.size_bytes) == (RequestState.WAITING, 2, 2, 20)
    assert standing.request == asked(standing.request.token, queue="High", priority=700)
    items = desk.outbox.due(10)
    assert [(item.source, item.destination) for item in items] == [(SOURCE, LONDON)] * 2
    assert {(item.reason, item.request, item.identifier, item.studio) for item in items} == {
        (Reason.SEND, request, "P:\\a", OWNER)
    }
    assert len(items[0].publication.files) == 1


def test_one_that_cannot_be_written_whole_is_not_written_at_all(desk: Any) -> None:
    (good, bad) = wanted(desk, "c1", "c2")
    broken = Wanted(dataclasses.replace(bad.publication, component_name=None))  # type: ignore[arg-type] # a bug of ours

    with pytest.raises(AttributeError):
        desk.outbox.requests.write(asked("t"), [good, broken])

    assert desk.outbox.requests.latest(10) == []
    assert list(desk.outbox.items()) == []


def test_the_same_token_is_the_same_request(desk: Any) -> None:
    first = desk.outbox.requests.write(asked("token"), wanted(desk, "c1"))

    assert desk.outbox.requests.write(asked("token"), wanted(desk, "c1", "c2")) == first
    assert len(desk.outbox.requests.items(first)) == 1


def test_without_a_token_each_gets_one_that_no_other_outbox_has(desk: Any) -> None:
    requests = [desk.outbox.requests.write(asked(), wanted(desk, "c1")) for _ in range(2)]

    tokens = {each.token for each in desk.outbox.requests.asked(requests).values()}
    assert len(tokens - {""}) == 2


def test_a_component_goes_to_several_places_and_is_published_once(desk: Any) -> None:
    desk.pending("c1")
    for end in (LONDON, Endpoint("a@b.test", "", "")):
        desk.outbox.requests.write(asked(destination=end), wanted(desk, "c1"))
    desk.pending("c1")

    assert len(list(desk.outbox.items())) == 3


def test_what_moves_to_a_place_is_known_for_whatever_reason(desk: Any) -> None:
    desk.outbox.requests.write(asked(), wanted(desk, "c1"))
    desk.outbox.requests.write(asked(reason=Reason.SYNC), wanted(desk, "c2"))
    desk.outbox.requests.write(asked(destination=SOURCE), wanted(desk, "c3"))

    moving = desk.outbox.requests.moving_to(LONDON, OWNER)

    assert [item.publication.component_id for item in moving] == ["c1", "c2"]
    assert desk.outbox.requests.moving_to(LONDON, Studio("https://other.test", "acme")) == []


def test_submitting_keeps_the_ftrack_location_that_was_asked_for(desk: Any) -> None:
    other = LONDON._replace(location_id="loc-other", location_name="london.review")
    request = desk.outbox.requests.write(asked(destination=other), wanted(desk, "c1"))

    submitted(desk, desk.outbox.requests.items(request))

    (item,) = desk.outbox.requests.items(request)
    assert (item.state, item.destination, item.source) == (State.SUBMITTED, other, SOURCE)
    assert desk.outbox.jobs()[0].reason == "send"
    assert desk.outbox.tracking.rounds() == [], "a round of publishes does not count it"


def test_an_open_request_is_live_until_its_end_was_told(desk: Any) -> None:
    request = desk.outbox.requests.write(asked(), wanted(desk, "c1"))
    assert desk.outbox.tracking.is_live()

    desk.outbox.requests.told(request, "2 of 2", "job", ended=True)

    assert not desk.outbox.tracking.is_live()
    standing = desk.outbox.requests.standing(request)
    assert (standing.noted, standing.ftrack_job, standing.ended_at) == ("2 of 2", "job", desk.clock.now)
    assert desk.outbox.requests.open() == []


def test_an_ended_request_is_open_again_as_soon_as_anything_of_it_moves(desk: Any) -> None:
    request = desk.outbox.requests.write(asked(), wanted(desk, "c1"))
    (item,) = desk.outbox.requests.items(request)
    stopped = Change(item, State.NEEDS_ATTENTION, Progress(0, 10), "aborted", "It was aborted.")
    desk.outbox.tracking.record([stopped])
    desk.outbox.requests.told(request, "stuck", ended=True)
    assert desk.outbox.requests.open() == []

    submitted(desk, desk.outbox.requests.items(request))

    (standing,) = desk.outbox.requests.open()
    assert (standing.noted, standing.state) == ("stuck", RequestState.MOVING)


def test_cancelling_withdraws_what_accsyn_has_nothing_of_and_marks_the_rest(desk: Any) -> None:
    request = desk.outbox.requests.write(asked(), wanted(desk, "c1", "c2"))
    first, _ = desk.outbox.requests.items(request)
    submitted(desk, [first])

    assert desk.outbox.requests.cancel(request) == 1

    items = desk.outbox.requests.items(request)
    assert [item.state for item in items] == [State.SUBMITTED, State.WITHDRAWN]
    assert items[1].cause == CANCELLED
    assert [item.id for item in desk.outbox.requests.to_take_back()] == [first.id]
    assert desk.outbox.requests.cancelled([request, None]) == {request}
    assert desk.outbox.requests.standing(request).cancelled_at == desk.clock.now
    desk.clock.now += 5
    desk.outbox.requests.cancel(request)
    assert desk.outbox.requests.standing(request).cancelled_at == desk.clock.now - 5


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({}, None),
        ({"component_id": "c2"}, "c1"),
        ({"component_id": "c2", "path": "show_a/other.mov"}, None),
        ({"component_id": "c2", "volume": "other"}, None),
        ({"component_id": ""}, None),
    ],
)
def test_another_component_under_the_same_path_goes_first(
    desk: Any, changes: dict[str, Any], first: Optional[str]
) -> None:
    (each,) = wanted(desk, "c1")
    later = dataclasses.replace(each.publication, path=each.publication.path)
    later = dataclasses.replace(later, **changes)
    request = desk.outbox.requests.write(asked(), [each, Wanted(later)])
    one, two = desk.outbox.requests.items(request)

    rival = desk.outbox.requests.rival(two)

    assert (rival.publication.component_id if rival is not None else None) == first
    assert desk.outbox.requests.rival(one) is None


def test_counts_follow_the_items_to_their_end(desk: Any) -> None:
    request = desk.outbox.requests.write(asked(), wanted(desk, "c1", "c2"))
    items = desk.outbox.requests.items(request)
    submitted(desk, items)
    arrived(desk, items[:1])

    standing = desk.outbox.requests.standing(request)

    assert standing.counts == {State.SYNCED: 1, State.SUBMITTED: 1}
    assert (standing.state, standing.done_bytes) == (RequestState.MOVING, 10)


# Files of earlier releases.


def of_version_2(path: Path) -> None:
    """Make an outbox as release 1.2.0 leaves it: two items with files, the later of three is gone."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statements in UPGRADES[:2]:
        for statement in statements:
            connection.execute(statement)
    connection.execute("PRAGMA user_version = 2")
    connection.execute(
        "INSERT INTO request (reason, username, server_url, created_at) "
        "VALUES ('publish', 'artist', 'https://acme.test', 1)"
    )
    for component in ("c1", "c2", "c3"):
        connection.execute(
            "INSERT INTO item (request, server_url, studio, component_id, component_name, kind, path, "
            "resource_identifier, location_id, location_name, username, project_id, project_name, version_id, "
            "version_name, size_bytes, file_count, state, created_at, updated_at) VALUES (1, 'https://acme.test', "
            "'https://acme.test ', ?, 'main', 'file', ?, ?, 'l1', 'ws1', 'artist', 'p1', 'show_a', 'v1', 'v1', 10, 1, "
            "'pending', 1, 1)",
            (component, f"show_a/{component}.mov", f"show_a/{component}.mov"),
        )
    connection.execute("INSERT INTO files SELECT id, x'00' FROM item")
    connection.execute("DELETE FROM item WHERE component_id = 'c3'")
    connection.execute("DELETE FROM files WHERE item = 3")
    connection.close()


def test_a_file_of_release_1_2_is_taken_on_with_its_ids_which_are_never_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    of_version_2(path)
    outbox = Outbox(path)

    items = list(outbox.items())
    assert [(item.id, item.publication.component_id, item.reason) for item in items] == [
        (1, "c1", Reason.PUBLISH),
        (2, "c2", Reason.PUBLISH),
    ]
    request = outbox.requests.write(asked(), [Wanted(items[0].publication)])
    assert outbox.requests.items(request)[0].id == 4

    assert [each.id for each in outbox.requests.latest(10)] == [request], "a publish is none of them"
    assert outbox.past.freed(items[0])
    connection = sqlite3.connect(path)
    assert [row[0] for row in connection.execute("SELECT item FROM files ORDER BY item")] == [2, 4]
    connection.execute("CREATE TEMP TABLE again AS SELECT * FROM item WHERE id = 2")
    connection.execute("UPDATE again SET id = 9")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO item SELECT * FROM again")
    connection.close()


def test_an_empty_file_of_release_1_2_gives_no_id_again_either(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    of_version_2(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DELETE FROM files")
        connection.execute("DELETE FROM item")
    connection.close()
    outbox = Outbox(path)

    request = outbox.requests.write(asked(), [Wanted(publication())])

    assert outbox.requests.items(request)[0].id == 4


def test_what_release_1_0_left_is_taken_over_beside_what_was_asked_for(tmp_path: Path) -> None:
    root = tmp_path / "projects"
    leave_outboxes(root)
    outbox = opened(root)
    request = outbox.requests.write(asked(), [Wanted(publication())])

    take_over(root)

    assert len(outbox.requests.items(request)) == 1
    assert [each.id for each in outbox.requests.latest(10)] == [request]
    assert len(list(outbox.items())) > 1
