"""What arrived long ago leaves the outbox for its archive, and is found, freed and published anew as before."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ftrack_accsyn_accessor.insight import naming, past, requests, rows, status
from ftrack_accsyn_accessor.model.item import Kind, Reason, StagedFile, State
from ftrack_accsyn_accessor.model.naming import LOOSE
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.past import Ended
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED
from unit.outbox.archiving import DAY_S, archive, arrive, ask, bare, frames, left
from unit.outbox.conftest import Desk

# Moving.


def test_what_arrived_long_ago_moves_and_the_rest_stays(desk: Desk) -> None:
    arrive(desk, "old", "older", days_ago=30.0)
    arrive(desk, "young", days_ago=3.0)
    desk.pending("waiting")

    assert archive(desk) == 2
    assert left(desk.outbox) == ["waiting", "young"]
    assert archive(desk) == 0


def test_without_anything_to_move_there_is_no_second_file(desk: Desk) -> None:
    arrive(desk, "young", days_ago=3.0)
    archive(desk)
    assert desk.outbox.archive.path() is None
    assert [path.name for path in desk.path.parent.iterdir() if "archive" in path.name] == []


def test_the_publish_s_request_goes_with_its_last_item(desk: Desk) -> None:
    arrive(desk, "a", "b")
    arrive(desk, "c", days_ago=1.0)
    archive(desk)
    with desk.outbox._connections.reading() as connection:
        assert connection.execute("SELECT count(*) FROM request").fetchone()[0] == 1


def newer_content(desk: Desk) -> None:
    arrive(desk, "old")
    desk.prepare("old")


def stale(desk: Desk) -> None:
    arrive(desk, "old", **frames(desk, "old"))
    part = StagedFile("show_a/old.0002.exr", 11, 8)
    desk.outbox.prepare([desk.publication("part", resource_identifier=part.path, files=(part,))], "owner")


def asked_again(desk: Desk) -> None:
    arrive(desk, "old")
    desk.clock.now += DAY_S
    request = ask(desk, "old", days_ago=0.0)
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET state = 'submitted' WHERE request = ?", (request,))


def open_round(desk: Desk) -> None:
    arrive(desk, "old")
    desk.outbox.tracking.round_begun(desk.job().id, "ftrack job")


def untold_request(desk: Desk) -> None:
    request = ask(desk, "old")
    desk.outbox.requests.told(request, "", ended=False)


@pytest.mark.parametrize("case", [newer_content, stale, asked_again, open_round, untold_request])
def test_what_anything_depends_on_stays(desk: Desk, case: Any) -> None:
    case(desk)
    assert archive(desk) == 0
    assert "old" in left(desk.outbox)


# Finding.


def seen(outbox: Outbox) -> dict[str, Any]:
    """Return what all faces tell of components a, b and the sequence, a request and all of them together."""
    found = rows.rows(outbox, limit=10)
    return {
        "rows": found,
        "second page": rows.rows(outbox, limit=2, offset=1),
        "published": rows.rows(outbox, limit=10, request=PUBLISHED),
        "synced": rows.rows(outbox, [State.SYNCED], limit=10),
        "pending": rows.rows(outbox, [State.PENDING], limit=10),
        "searched": rows.rows(outbox, search="SHOW_A b.mov"),
        "counts": [rows.count(outbox), rows.count(outbox, search="b.mov"), rows.count(outbox, request=PUBLISHED)],
        "latest": rows.latest(outbox, 3),
        "component": rows.of_component(outbox, "a"),
        "version": rows.of_version(outbox, "v1"),
        "path": rows.of_path(outbox, "show_a/b.mov").item,  # type: ignore[union-attr]
        "frame": rows.of_path(outbox, "show_a/seq.0002.exr").item,  # type: ignore[union-attr]
        "named": naming.named(outbox, "show_a shot v001 seqname"),
        "by id": naming.named(outbox, found[-1].by_id),
        "requests": requests.requests(outbox),
        "of request": [requests.items(outbox, each) for each in requests.requests(outbox)],
        "request's items": outbox.requests.items(found[0].request or 4),
        "totals": outbox.survey.totals(),
        "summary": dataclasses.replace(status.summary(outbox), free_bytes=None),
        "staged": bare(outbox.resting.synced(2e9)),
        "bytes": outbox.resting.synced_bytes(),
        "known": outbox.resting.known("l1", ["a", "b", "x"]),
    }


def test_all_faces_tell_the_same_of_what_is_in_the_archive(desk: Desk) -> None:
    arrive(desk, "a", days_ago=40.0)
    arrive(desk, "b", days_ago=30.0)
    arrive(desk, "seq", days_ago=20.0, component_name="seqname", **frames(desk))
    ask(desk, "b", "c", days_ago=10.0)
    desk.pending("waiting")
    before = seen(desk.outbox)

    assert archive(desk) == 5
    assert left(desk.outbox) == ["waiting"]

    after = seen(desk.outbox)
    for what, told in before.items():
        assert after[what] == told, what


def test_what_changed_last_is_in_the_archive_where_all_that_stays_is_older(desk: Desk) -> None:
    arrive(desk, "arrived", days_ago=9.0)
    desk.clock.now -= 90 * DAY_S
    desk.pending("stays-1", "stays-2")
    desk.clock.now += 90 * DAY_S
    before = [each.values["component_id"] for each in desk.outbox.survey.latest(2)]
    assert before == ["arrived", "stays-2"]

    assert archive(desk) == 1

    assert [each.values["component_id"] for each in desk.outbox.survey.latest(2)] == before


def test_odd_names_are_told_as_they_were(desk: Desk) -> None:
    name = "höhe_\u5c71_\udcff.mov"
    (item,) = arrive(desk, "odd", component_name="", path=f"show_a/{name}", resource_identifier=f"a\\{name}")
    archive(desk)
    (found,) = desk.outbox.survey.of_component("odd")
    assert bare([found.item]) == bare([item])
    desk.outbox.survey.of_path(f"show_a/{name}")
    by_path = desk.outbox.survey.of_spelling(f"SHOW_A/{name}".upper(), LOOSE)
    assert by_path is not None
    assert by_path.item == found.item


def test_every_column_comes_back_as_it_was(desk: Desk) -> None:
    arrive(desk, "a", context="sq010/sh010", priority=700, workspace="acme", copied_from="l9")
    before = table(desk)
    archive(desk)
    desk.outbox.requests.staged(desk.publication("a"))
    after = table(desk)
    request = after[0].pop("request"), before[0].pop("request")
    assert request[0] is None  # that of a publish tells nothing any more
    assert after == before


def table(desk: Desk) -> list[dict[str, Any]]:
    with desk.outbox._connections.reading() as connection:
        rows = connection.execute("SELECT * FROM item LEFT JOIN files ON files.item = item.id").fetchall()
    return [dict(row) for row in rows]


def test_what_comes_back_is_none_of_a_request_that_was_written_since(desk: Desk) -> None:
    """The number of a publish whose items have all left is given again."""
    arrive(desk, "a")
    archive(desk)
    request = desk.outbox.requests.write(request_of(desk), wanted(desk, "b"))
    assert request == 1

    desk.outbox.requests.staged(desk.publication("a"))

    assert left(desk.outbox) == ["a", "b"]
    assert [each.publication.component_id for each in desk.outbox.requests.items(request)] == ["b"]
    standing = desk.outbox.requests.standing(request)
    assert standing is not None
    assert standing.counts == {State.PENDING: 1}


# Something new of it.


def test_what_is_published_anew_starts_over_with_all_that_was_known(desk: Desk) -> None:
    def publish_again() -> dict[str, Any]:
        desk.clock.now += 60
        part = StagedFile("show_a/seq.0001.exr", 99, 9)
        desk.outbox.prepare([desk.publication("seq", **frames(desk, "seq", files=(part,)))], "owner")
        desk.outbox.activate(["seq"], "l1")
        (row,) = table(desk)
        return row

    item = arrive(desk, "seq", **frames(desk))[0]
    archive(desk)
    row = publish_again()
    assert (row["id"], row["state"], row["contents"]) == (item.id, "pending", 2)
    assert row["stale_at"] == item.destination.location_id
    assert row["left_over"] == "2 files of its earlier content (seq.0002.exr .. seq.0003.exr)"
    assert desk.outbox.archive.sums().items == 0


def test_what_was_asked_for_of_it_is_withdrawn_when_newer_content_is_published(desk: Desk) -> None:
    arrive(desk, "a", days_ago=40.0)
    request = ask(desk, "a")
    assert archive(desk) == 2

    desk.pending("a")

    standing = desk.outbox.requests.standing(request)
    assert standing is not None
    assert standing.counts == {State.WITHDRAWN: 1}
    assert standing.ended_at is None
    (sent,) = desk.outbox.requests.items(request)
    assert sent.stale_at == "l-london"


def test_a_sequence_whose_frame_is_published_by_itself_is_older_at_its_destination(desk: Desk) -> None:
    arrive(desk, "seq", **frames(desk))
    archive(desk)
    part = StagedFile("show_a/seq.0002.exr", 11, 8)
    desk.outbox.prepare([desk.publication("part", resource_identifier=part.path, files=(part,))], "owner")
    assert [item.publication.component_id for item in desk.outbox.stale()] == ["seq"]


def test_frame_that_was_copied_from_elsewhere_is_written_down_with_its_archived_sequence(desk: Desk) -> None:
    arrive(desk, "seq", **frames(desk))
    part = StagedFile("show_a/seq.0002.exr", 11, 8)
    changes = {"resource_identifier": part.path, "files": (part,), "copied_from": "l9"}
    desk.outbox.prepare([desk.publication("part", **changes)], "owner")
    desk.outbox.activate(["part"], "l1")
    desk.outbox.submitted(desk.outbox.due(10), desk.job())
    archive(desk)

    desk.outbox.tracking.synced([desk.item("part")])

    assert part in desk.outbox.tracking.with_files([desk.item("seq")])[0].publication.files


def test_earlier_files_are_known(desk: Desk) -> None:
    arrive(desk, "seq", **frames(desk))
    before = desk.outbox.earlier_files(desk.publication("frame", resource_identifier="show_a/seq.0002.exr"))
    archive(desk)
    again = desk.outbox.earlier_files(desk.publication("frame", resource_identifier="show_a/seq.0002.exr"))
    other = desk.outbox.earlier_files(desk.publication("frame", resource_identifier="show_a/other.0002.exr"))
    assert (len(before), other) == (0, []) or again == before


def test_reconciling_queues_nothing_that_is_in_the_archive(desk: Desk) -> None:
    arrive(desk, "a")
    archive(desk)
    assert desk.outbox.enqueue([desk.publication("a")]) == 0
    assert desk.item("a").state is State.SYNCED


def test_who_asks_for_something_meets_what_is_in_the_archive(desk: Desk) -> None:
    arrive(desk, "a", days_ago=40.0)
    ask(desk, "a", "b")
    archive(desk)
    desk.outbox.requests.write(request_of(desk), wanted(desk, "a"))
    item = desk.outbox.due(10)[0]
    publish = desk.outbox.requests.publish_of(item)
    assert publish is not None
    assert publish.synced_at is not None
    assert [each.publication.component_id for each in desk.outbox.requests.published_at(item)] == ["a"]
    assert set(desk.outbox.requests.staged(item.publication)) == {"show_a/a.mov"}


def request_of(desk: Desk) -> Any:
    from ftrack_accsyn_accessor.model.request import Request
    from unit.outbox.archiving import SITE, STUDIO

    return Request(Reason.SEND, STUDIO, "artist", source=SITE, destination=SITE)


def wanted(desk: Desk, *component_ids: str) -> Any:
    from ftrack_accsyn_accessor.model.request import Wanted

    return [Wanted(desk.publication(each), "") for each in component_ids]


def test_what_was_fetched_over_a_publish_is_told(desk: Desk) -> None:
    publish = arrive(desk, "a", days_ago=40.0)[0]
    ask(desk, "a", reason=Reason.GET)
    assert archive(desk) == 2
    brought = desk.outbox.incoming.since(publish, "client=ws2")
    assert brought is not None
    assert brought.reason is Reason.GET
    assert desk.outbox.incoming.since(dataclasses.replace(publish, created_at=desk.clock.now), "client=ws2") is None


# Freeing.


def test_what_is_in_the_archive_is_freed_like_everything_else(desk: Desk) -> None:
    arrive(desk, "a", "b")
    archive(desk)
    items = list(desk.outbox.resting.synced(desk.clock.now))
    assert [len(item.publication.files) for item in items] == [1, 1]
    assert desk.outbox.tracking.with_files(items) == items
    assert desk.outbox.resting.any_synced(desk.clock.now - 29 * DAY_S)
    assert not desk.outbox.resting.any_synced(desk.clock.now - 31 * DAY_S)

    assert desk.outbox.past.is_unchanged(items[0])
    assert desk.outbox.past.freed(items[0])

    assert not desk.outbox.past.is_unchanged(items[0])
    assert not desk.outbox.past.freed(items[0])
    assert desk.outbox.survey.totals()[State.SYNCED].count == 1
    (gone,) = past.of_component(desk.outbox, "a")
    assert (gone.ended, gone.row.synced_at) == (Ended.FREED, items[0].synced_at)


def test_what_came_back_meanwhile_is_not_freed(desk: Desk) -> None:
    arrive(desk, "a")
    archive(desk)
    (item,) = desk.outbox.resting.synced(desk.clock.now)
    desk.pending("a")
    assert not desk.outbox.past.is_unchanged(item)
    assert not desk.outbox.past.freed(item)


def test_what_shares_a_file_is_found_in_whatever_spelling(desk: Desk) -> None:
    arrive(desk, "seq", **frames(desk))
    arrive(desk, "twin", resource_identifier="SHOW_A/Frame.mov", days_ago=20.0)
    item = arrive(desk, "frame", resource_identifier="show_a/frame.mov", days_ago=1.0)[0]
    archive(desk)
    part = dataclasses.replace(item.publication, path="show_a/seq.0002.exr", component_id="x")
    found = desk.outbox.resting.sharing([item, dataclasses.replace(item, publication=part)])
    assert {each.publication.component_id for each in found} == {"twin", "seq"}


def test_locations_of_the_machine_stay_known(desk: Desk) -> None:
    arrive(desk, "a")
    ask(desk, "b", reason=Reason.GET)
    before = desk.outbox.resting.here()
    archive(desk)
    assert desk.outbox.resting.here() == before == ["l1", "l2"]
    assert left(desk.outbox) == []


# Room.


def test_room_is_given_back_bit_by_bit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftrack_accsyn_accessor.outbox.moving.SPARE_PAGES", 4)
    monkeypatch.setattr("ftrack_accsyn_accessor.outbox.moving.PAGES_AT_ONCE", 8)
    arrive(desk, *(f"c{number}" for number in range(200)))
    before = pages(desk)
    archive(desk)
    steps = 1
    while desk.outbox.moving.shrink():
        steps += 1
    assert steps > 3
    assert pages(desk) < before - 15


def test_file_of_an_earlier_release_is_rewritten_once_when_little_is_left_in_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_accsyn_accessor.outbox.moving.SPARE_PAGES", 4)
    monkeypatch.setattr("ftrack_accsyn_accessor.outbox.opening._let_shrink", lambda connection: None)
    arrive(desk, *(f"c{number}" for number in range(200)))
    before = pages(desk)
    archive(desk)
    monkeypatch.setattr("ftrack_accsyn_accessor.outbox.moving.REWRITTEN_PAGES", 4)
    assert not desk.outbox.moving.shrink()
    assert pages(desk) == before  # it would keep others waiting for too long
    monkeypatch.setattr("ftrack_accsyn_accessor.outbox.moving.REWRITTEN_PAGES", 4096)
    desk.outbox.moving.shrink()
    assert pages(desk) < before - 15
    with desk.outbox._connections.reading() as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
    assert left(desk.outbox) == []
    assert desk.pending("new")


def pages(desk: Desk) -> int:
    with desk.outbox._connections.reading() as connection:
        return int(connection.execute("PRAGMA page_count").fetchone()[0])


def test_containers_around_a_path_come_back_with_it(desk: Desk) -> None:
    files = (StagedFile("show_a/box/a.mov", 10, 7), StagedFile("show_a/box/b/c.mov", 10, 7))
    arrive(desk, "box", kind=Kind.CONTAINER, resource_identifier="show_a/box", files=files)
    archive(desk)
    found = desk.outbox.survey.of_path("show_a/box/b/c.mov")
    assert found is not None
    assert found.values["component_id"] == "box"
    desk.outbox.prepare([desk.publication("c", resource_identifier=files[1].path, files=files[1:])], "owner")
    assert [item.publication.component_id for item in desk.outbox.stale()] == ["box"]
