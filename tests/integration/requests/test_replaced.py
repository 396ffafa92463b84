"""What was sent on, and published anew since, is not shown as being there: the destination has its older content."""

from __future__ import annotations

import dataclasses

import pytest

from asking import Asking
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model.item import Kind, Reason, State
from ftrack_accsyn_accessor.model.request import RequestState, Wanted


def published(desk: Asking, component: str) -> Wanted:
    """Return a component, published here and arrived at head quarters, as a plan describes it there."""
    desk.finish()
    publication = desk.published[component]
    paths = [file.path for file in publication.files]
    name, kind, path = publication.component_name, publication.kind, publication.path
    return Wanted(desk.described(desk.hq, component, name, kind, path, paths))


def replace(desk: Asking, component: str) -> None:
    """Publish a component anew, with other content of the same size."""
    desk.clock.advance(10)
    publication = desk.published[component]
    for file in publication.files:
        desk.write(desk.studio.staging / file.path, file.size_bytes)
    desk.republish(publication)


def arrive(desk: Asking, component: str) -> None:
    """Let what was published anew arrive at head quarters."""

    def synced() -> bool:
        desk.studio.accsyn.engine.wait_idle(20.0)
        return any(
            item.state is State.SYNCED
            for item in desk.outbox.items()
            if item.publication.component_id == component and item.reason is Reason.PUBLISH
        )

    desk.run_for(600.0, synced)
    assert synced()


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.SEQUENCE, Kind.CONTAINER])
def test_what_is_published_anew_after_it_was_sent_is_there_no_more_until_it_is_sent_again(
    desk: Asking, kind: Kind
) -> None:
    publish = {
        Kind.FILE: lambda: desk.publish_file("plate"),
        Kind.SEQUENCE: lambda: desk.publish_sequence("plate", [1, 2]),
        Kind.CONTAINER: lambda: desk.publish_container("plate", "ab"),
    }[kind]
    component = publish()
    wanted = published(desk, component)
    request = desk.ask(desk.hq, desk.london, wanted)
    desk.finish()
    assert component in desk.registered(desk.london)

    replace(desk, component)
    assert [item.stale_at for item in desk.outbox.stale()] == [desk.hq.location_id, desk.london.location_id]
    desk.run_for(5)

    assert desk.registered(desk.london) == {}
    assert desk.states(request) == [State.WITHDRAWN]
    assert "Newer content of it was published. Ask for it again" in desk.of(request)[0].cause
    assert desk.standing(request).state is RequestState.CANCELLED

    arrive(desk, component)
    again = desk.ask(desk.hq, desk.london, wanted)
    desk.drain_all(again)
    assert desk.states(again) == [State.SYNCED]
    assert desk.arrived(desk.london, wanted, desk.here)
    assert len(desk.registered(desk.london)) == 1 + (2 if kind is not Kind.FILE else 0)
    assert desk.outbox.stale() == []


def test_what_is_under_way_while_it_is_published_anew_does_not_turn_green(desk: Asking) -> None:
    component = desk.publish_file("plate")
    wanted = published(desk, component)
    desk.studio.accsyn.engine.paused = True
    request = desk.ask(desk.hq, desk.london, wanted)
    desk.drain()
    waiting = desk.ask(desk.hq, desk.london, wanted)
    assert desk.states(request) == [State.SUBMITTED]

    replace(desk, component)
    desk.studio.accsyn.engine.paused = False
    desk.run_for(60)

    assert desk.states(request) == desk.states(waiting) == [State.WITHDRAWN]
    assert desk.registered(desk.london) == {}


def test_requesters_are_told_once(desk: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    # How it gets to people's pages is the business of `Notices`.
    monkeypatch.setattr(Notices, "message", lambda _, user_id, text, success: told.append(text.partition("send, ")[2]))
    component = desk.publish_file("plate")
    request = desk.ask(desk.hq, desk.london, published(desk, component))
    desk.finish()
    desk.run_for(30)
    assert desk.standing(request).ended_at is not None

    replace(desk, component)
    desk.run_for(60)
    replace(desk, component)
    desk.run_for(60)

    (first, second) = filter(None, told)  # publishes are told of as well
    assert "1 of 1 there" in first
    assert "0 of 1 there" in second
    assert "Newer content of it was published." in second


def test_content_copied_from_a_location_is_no_newer_one(desk: Asking) -> None:
    component = desk.publish_file("plate")
    request = desk.ask(desk.hq, desk.london, published(desk, component))
    desk.finish()

    copied = dataclasses.replace(desk.published[component], copied_from=desk.hq.location_id)
    desk.clock.advance(10)
    desk.republish(copied)
    desk.run_for(60)

    assert desk.states(request) == [State.SYNCED]
    assert component in desk.registered(desk.london)


def test_a_publish_that_was_never_registered_leaves_what_was_sent(desk: Asking) -> None:
    component = desk.publish_file("plate")
    request = desk.ask(desk.hq, desk.london, published(desk, component))
    desk.finish()
    store = desk.studio.ftrack.store
    for row in store.find("ComponentLocation", location_id=desk.location["id"]):
        store.delete("ComponentLocation", row["id"])

    desk.clock.advance(10)
    desk.outbox.prepare([desk.published[component]], "")
    desk.run_for(60)

    (publish,) = [item for item in desk.outbox.items() if item.reason is Reason.PUBLISH]
    assert publish.state is State.WITHDRAWN
    assert desk.states(request) == [State.SYNCED]
    assert component in desk.registered(desk.london)


def test_what_was_sent_again_while_ftrack_was_away_stays_registered(desk: Asking) -> None:
    component = desk.publish_file("plate")
    wanted = published(desk, component)
    request = desk.ask(desk.hq, desk.london, wanted)
    desk.finish()
    replace(desk, component)
    (_, older) = desk.outbox.stale()
    assert older.request == request

    newer = desk.ask(desk.hq, desk.london, wanted)
    (item,) = desk.of(newer)
    desk.outbox.nothing_to_send([item], item.studio, desk.hq.party, desk.london)
    desk.outbox.tracking.synced(desk.of(newer))

    assert desk.london.location_id not in [each.stale_at for each in desk.outbox.stale()]
    desk.run_for(30)
    assert component in desk.registered(desk.london)


@pytest.mark.parametrize("inside", [True, False])
def test_a_member_published_by_itself_makes_the_whole_that_was_sent_older(desk: Asking, inside: bool) -> None:
    component = desk.publish_container("pack", "ab")
    request = desk.ask(desk.hq, desk.london, published(desk, component))
    desk.finish()

    path = f"{desk.published[component].path}/a.txt"
    (member,) = desk.studio.ftrack.store.find("Component", name="a.txt")
    if not inside:
        desk.studio.ftrack.store.update("Component", member["id"], container_id=None)
    desk.clock.advance(10)
    desk.write(desk.studio.staging / path, 20)
    publication = dataclasses.replace(
        desk.published[component],
        component_id=member["id"],
        component_name="a.txt",
        kind=Kind.FILE,
        resource_identifier=path,
        path=path,
        files=desk.published[component].files[:1],
    )
    desk.republish(publication)
    desk.run_for(30)

    assert desk.states(request) == [State.WITHDRAWN if inside else State.SYNCED]
    assert (component in desk.registered(desk.london)) is not inside
