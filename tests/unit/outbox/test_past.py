"""What the outbox has let go, freed or forgotten: nothing else depends on it any more, and it can still be told."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.errors import Conflict, NotStuck, Refused
from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, Reason, StagedFile, State, Studio
from ftrack_accsyn_accessor.model.request import Request, RequestState, Wanted
from ftrack_accsyn_accessor.outbox import past
from ftrack_accsyn_accessor.outbox.past import Ended
from ftrack_accsyn_accessor.outbox.tracking import Change
from unit.outbox.conftest import Desk

MINE = Studio("https://acme.test", "acme")
REFUSED = Refused("add tasks", "job", "no", "Have it allowed.")


def stuck(desk: Desk, *component_ids: str) -> list[Item]:
    desk.outbox.needs_attention(desk.pending(*component_ids), REFUSED, desk.clock.now + 600)
    return [desk.item(each) for each in component_ids]


def synced(desk: Desk, component_id: str = "c1") -> Item:
    desk.outbox.submitted(desk.pending(component_id), desk.outbox.job_found(desk.job(), "j" * 24))
    desk.outbox.tracking.synced([desk.item(component_id)])
    return desk.item(component_id)


def forget(desk: Desk, *items: Item) -> int:
    return desk.outbox.past.forget([item.id for item in items], "artist@ws1")


def left(desk: Desk) -> list[str]:
    return [item.publication.component_id for item in desk.outbox.items()]


# Freed.


def test_what_is_freed_is_dropped_with_its_files_and_can_still_be_told(desk: Desk) -> None:
    item = synced(desk)
    desk.clock.now += 3600

    assert desk.outbox.past.is_unchanged(item)
    assert desk.outbox.past.freed(item)

    assert left(desk) == []
    with desk.outbox._connections.reading() as connection:
        assert connection.execute("SELECT count(*) FROM files").fetchone()[0] == 0
    (gone,) = desk.outbox.past.of_component("c1")
    assert (gone.ended, gone.at, gone.by) == (Ended.FREED, desk.clock.now, "")
    bare = dataclasses.replace(item.publication, files=())
    assert gone.found.item == dataclasses.replace(item, publication=bare)
    assert gone.found.item.synced_at == desk.clock.now - 3600
    assert gone.found.values["job_name"] == desk.job().name


def test_what_was_published_anew_meanwhile_is_not_freed(desk: Desk) -> None:
    item = synced(desk)
    desk.pending("c1")

    assert not desk.outbox.past.is_unchanged(item)
    assert not desk.outbox.past.freed(item)

    assert desk.item().state is State.PENDING
    assert desk.outbox.past.latest(-1) == []


def test_odd_names_are_told_as_they_were(desk: Desk) -> None:
    name = "höhe_\u5c71_\udcff.mov"
    publication = desk.publication("odd", component_name="", path=f"show_a/{name}", resource_identifier=f"a\\{name}")
    desk.outbox.prepare([publication], "owner")
    desk.outbox.activate(["odd"], "l1")
    desk.outbox.needs_attention([desk.item("odd")], REFUSED, None)

    forget(desk, desk.item("odd"))

    (gone,) = desk.outbox.past.of_paths([f"show_a/{name}"])
    assert gone.found.item.publication == dataclasses.replace(publication, files=())
    (item,) = desk.outbox.past.forgotten()
    assert item.publication == publication


def test_it_is_found_by_its_version_and_by_what_it_was_called(desk: Desk) -> None:
    stuck(desk, "c1", "c2")
    desk.clock.now += 1
    forget(desk, desk.item("c1"))
    desk.clock.now += 1
    forget(desk, desk.item("c2"))
    (first,) = desk.outbox.past.of_component("c1")
    publication = first.found.item.publication

    assert [
        gone.found.item.publication.component_id for gone in desk.outbox.past.of_version(publication.version_id)
    ] == [
        "c2",
        "c1",
    ]
    # What only looks like it: another column that holds the same, nothing at all, and a part of the id.
    for other in (publication.component_id, publication.project_id, "", publication.version_id[:-1]):
        assert desk.outbox.past.of_version(other) == [], other
    names = desk.outbox.past.names()
    assert [each.component_id for each in names] == ["c2", "c1"]
    assert names[1] == first.named
    assert (first.named.item_id, first.named.path, first.named.state) == (
        first.found.item.id,
        publication.path,
        State.NEEDS_ATTENTION.value,
    )


def test_only_the_latest_are_known(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST", 2)
    for number in range(4):
        desk.clock.now += 1
        assert desk.outbox.past.freed(synced(desk, f"c{number}"))
        forget(desk, *stuck(desk, f"f{number}"))

    known = [gone.found.item.publication.component_id for gone in desk.outbox.past.latest(-1)]
    assert known == ["f3", "c3", "f2", "c2"]
    assert len(desk.outbox.past.latest(1)) == 1


# Forgotten.


def test_what_needs_attention_is_forgotten_and_known_to_be(desk: Desk) -> None:
    mine, other = stuck(desk, "mine", "other")

    assert forget(desk, mine) == 1

    assert left(desk) == ["other"]
    (gone,) = desk.outbox.past.of_component("mine")
    assert (gone.ended, gone.by, gone.found.item.cause_kind) == (Ended.FORGOTTEN, "artist@ws1", REFUSED.kind)
    assert [item.publication for item in desk.outbox.past.forgotten()] == [desk.publication("mine")]
    assert desk.outbox.past.without_forgotten([mine, other]) == [other]
    assert desk.outbox.control.retry() == 1
    assert [item.publication.component_id for item in desk.outbox.due(9)] == ["other"]


@pytest.mark.parametrize("state", ["prepared", "pending", "submitted", "transferring", "synced", "withdrawn"])
def test_what_does_not_need_attention_is_not_forgotten_nor_what_was_named_with_it(desk: Desk, state: str) -> None:
    (other,) = stuck(desk, "other")
    desk.prepare("c1")
    if state != "prepared":
        desk.outbox.activate(["c1"], "l1")
    if state in ("submitted", "transferring", "synced"):
        desk.outbox.submitted([desk.item()], desk.job())
    if state == "transferring":
        desk.outbox.tracking.record([Change(desk.item(), State.TRANSFERRING, desk.item().progress)])
    if state == "synced":
        desk.outbox.tracking.synced([desk.item()])
    if state == "withdrawn":
        desk.outbox.withdraw([desk.item()], "It was deleted.")

    with pytest.raises(NotStuck, match=f"it is {state}"):
        forget(desk, other, desk.item())

    assert left(desk) == ["other", "c1"]
    assert desk.outbox.past.latest(-1) == []


def test_what_is_gone_already_cannot_be_forgotten(desk: Desk) -> None:
    (item,) = stuck(desk, "c1")
    forget(desk, item)

    with pytest.raises(NotStuck, match="not in the outbox any more"):
        forget(desk, item)


def test_published_anew_it_is_another_item_and_reconciling_knows_it_as_that(desk: Desk) -> None:
    (item,) = stuck(desk, "c1")
    forget(desk, item)

    desk.pending("c1")

    assert desk.item().id > item.id
    assert desk.item().state is State.PENDING
    assert desk.outbox.past.forgotten() == []
    assert [gone.ended for gone in desk.outbox.past.of_component("c1")] == [Ended.FORGOTTEN]


def test_its_content_counts_as_an_earlier_one_of_what_is_published_in_its_place(desk: Desk) -> None:
    (item,) = stuck(desk, "c1")
    forget(desk, item)

    again = desk.publication("c2", path="show_a/c1.mov")

    assert desk.outbox.earlier_files(again) == list(desk.publication("c1").files)


def test_it_is_not_forgotten_while_ftrack_still_shows_its_older_content(desk: Desk) -> None:
    synced(desk)
    (item,) = stuck(desk, "c1")
    assert item.stale_at

    with pytest.raises(NotStuck, match="older content"):
        forget(desk, item)

    desk.outbox.taken_back([item])
    assert forget(desk, desk.item()) == 1


# What holds its files.


def folder(desk: Desk, **changes: Any) -> Publication:
    files = tuple(StagedFile(f"show_a/pack/{name}", 10, 1) for name in ("a.txt", "b.txt"))
    values = {"kind": Kind.CONTAINER, "resource_identifier": "show_a/pack", "files": files, **changes}
    return desk.publication("pack", **values)


def member(desk: Desk) -> Publication:
    path = "show_a/pack/a.txt"
    return desk.publication("member", resource_identifier=path, files=(StagedFile(path, 11, 2),))


def publish(desk: Desk, publication: Publication) -> Item:
    desk.clock.now += 1
    desk.outbox.prepare([publication], "owner")
    desk.outbox.activate([publication.component_id], "l1")
    return desk.item(publication.component_id)


def test_a_container_that_waits_for_a_forgotten_part_of_it_needs_attention(desk: Desk) -> None:
    desk.outbox.submitted([publish(desk, folder(desk))], desk.job())
    part = publish(desk, member(desk))
    desk.outbox.needs_attention([part], REFUSED, None)
    desk.outbox.tracking.record([Change(desk.item("pack"), State.TRANSFERRING, part.progress, arrived=True)])
    assert desk.outbox.tracking.newer(desk.item("pack")) == [desk.item("member")]

    forget(desk, part)

    container = desk.item("pack")
    assert (container.state, container.cause_kind) == (State.NEEDS_ATTENTION, "file-changed")
    assert "forgotten" in container.cause
    assert desk.outbox.tracking.arrived(9) == []
    assert forget(desk, container) == 1


def test_a_container_that_did_not_wait_for_the_forgotten_part_goes_on(desk: Desk) -> None:
    desk.outbox.submitted([publish(desk, folder(desk))], desk.job())
    part = publish(desk, member(desk))
    desk.outbox.needs_attention([part], Conflict("send", "a.txt", "it is another's", "Rename it."), None)

    forget(desk, part)

    assert desk.item("pack").state is State.SUBMITTED


def test_a_part_is_not_forgotten_while_ftrack_shows_its_container_with_older_content(desk: Desk) -> None:
    desk.outbox.submitted([publish(desk, folder(desk))], desk.outbox.job_found(desk.job(), "j" * 24))
    desk.outbox.tracking.synced([desk.item("pack")])
    part = publish(desk, member(desk))
    desk.outbox.needs_attention([part], REFUSED, None)

    with pytest.raises(NotStuck, match="older content"):
        forget(desk, part)

    assert desk.item("pack").state is State.SYNCED


# Of a request.


def asked(desk: Desk, *names: str) -> int:
    request = Request(Reason.SEND, MINE, "pat", token="t1")
    return desk.outbox.requests.write(request, [Wanted(desk.publication(name)) for name in names])


def test_forgotten_of_a_request_it_is_withdrawn_and_the_request_ends_by_what_is_left(desk: Desk) -> None:
    request = asked(desk, "there", "stuck")
    there, bad = desk.outbox.requests.items(request)
    desk.outbox.submitted([there], desk.job())
    desk.outbox.tracking.synced([there])
    desk.outbox.needs_attention([bad], REFUSED, None)
    desk.outbox.requests.told(request, "1 of 2 there", ended=True)
    assert standing(desk, request).state is RequestState.STUCK

    forget(desk, bad)

    now = standing(desk, request)
    assert (now.state, now.ended_at) == (RequestState.DONE, None)
    assert now.counts[State.WITHDRAWN] == 1
    assert desk.outbox.requests.causes(request, 3)[0].cause == "It was forgotten by artist@ws1."
    assert [gone.ended for gone in desk.outbox.past.of_component("stuck")] == [Ended.FORGOTTEN]
    assert desk.outbox.past.forgotten() == []  # nothing of it is staged by it


def test_a_request_all_of_which_was_forgotten_was_cancelled(desk: Desk) -> None:
    request = asked(desk, "stuck")
    items = desk.outbox.requests.items(request)
    desk.outbox.needs_attention(items, REFUSED, None)

    forget(desk, *items)

    assert standing(desk, request).state is RequestState.CANCELLED


def standing(desk: Desk, request: int) -> Any:
    return desk.outbox.requests.standing(request)


# In accsyn.


def test_what_accsyn_may_have_of_it_is_to_be_excluded_once_its_job_is_known(desk: Desk) -> None:
    job = desk.job()
    (item,) = desk.pending("c1")
    desk.attempt([item], job)
    desk.outbox.needs_attention([item], REFUSED, None)
    never = stuck(desk, "never")
    forget(desk, item, *never)
    assert desk.outbox.past.to_exclude(MINE) == []
    assert not desk.outbox.work(MINE).live

    desk.outbox.job_found(job, "j" * 24)

    (waiting,) = desk.outbox.past.to_exclude(MINE)
    assert (waiting.id, waiting.sent.paths, waiting.attempted) == (item.id, ("show_a/c1.mov",), True)
    assert desk.outbox.work(MINE).live
    assert desk.outbox.past.to_exclude(Studio("https://other.test", "other")) == []
    desk.outbox.past.excluded([waiting])
    assert desk.outbox.past.to_exclude(MINE) == []
    assert not desk.outbox.work(MINE).live
