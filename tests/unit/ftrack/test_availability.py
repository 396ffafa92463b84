"""Registering what has arrived: members first, whoever comes first, and one refusal stops no other."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack.availability import Availability, deregister
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, Kind
from unit.ftrack.conftest import REFUSAL, Ftrack


@pytest.fixture
def availability(ftrack: Ftrack) -> Availability:
    return Availability(ftrack.connection)


def refuse(ftrack: Ftrack, times: int) -> None:
    ftrack.service.switches.fail_next("create:ComponentLocation", status=200, body=REFUSAL, times=times)


def files(ftrack: Ftrack, count: int) -> list[Item]:
    return [ftrack.staged(f"file{number}")[0] for number in range(count)]


def components(items: list[Item]) -> list[str]:
    return [item.publication.component_id for item in items]


# What is registered, and in which order.


def test_items_without_a_location_of_their_own_to_go_to_cost_nothing(
    ftrack: Ftrack, availability: Availability
) -> None:
    (item,) = files(ftrack, 1)

    outcome = availability.register([item], ftrack.staging)

    assert (outcome.refusals, outcome.deleted) == ({}, set())
    assert ftrack.service.log.operations() == []


@pytest.mark.parametrize("kind", [Kind.SEQUENCE, Kind.CONTAINER])
def test_members_are_registered_before_their_container_with_the_identifiers_that_they_have(
    ftrack: Ftrack, availability: Availability, kind: Kind
) -> None:
    item, members = ftrack.staged("wide", kind, members=3)

    outcome = availability.register([item], ftrack.hq)

    (written,) = ftrack.writes()
    assert (set(written[:3]), written[3:]) == (set(members), [item.publication.component_id])
    assert ftrack.registered(ftrack.hq) == ftrack.registered(ftrack.staging)
    assert (outcome.refusals, outcome.deleted) == ({}, set())


def test_members_at_any_depth_come_before_what_holds_them(ftrack: Ftrack, availability: Availability) -> None:
    item, _ = ftrack.staged("pack", Kind.CONTAINER)
    sequence = ftrack.component("inner", Kind.SEQUENCE, container=item.publication.component_id)
    frame = ftrack.component("1001", container=sequence)
    for component in (sequence, frame):
        ftrack.register(component, ftrack.staging, f"pack/{component}")

    availability.register([item], ftrack.hq)

    assert ftrack.writes() == [[frame, sequence, item.publication.component_id]]


def test_what_is_there_already_is_neither_written_again_nor_changed(ftrack: Ftrack, availability: Availability) -> None:
    item, members = ftrack.staged("wide", Kind.SEQUENCE, members=2)
    (single,) = files(ftrack, 1)
    ftrack.register(members[0], ftrack.hq, "put/there/by/accsyn.exr")
    ftrack.register(single.publication.component_id, ftrack.hq, "this/too.mov")

    outcome = availability.register([item, single], ftrack.hq)

    assert ftrack.writes() == [[members[1], item.publication.component_id]]
    assert ftrack.registered(ftrack.hq)[members[0]] == "put/there/by/accsyn.exr"
    assert outcome.refusals == {}


def test_items_of_two_staging_locations_are_registered_together(ftrack: Ftrack, availability: Availability) -> None:
    here, frames = ftrack.staged("here", Kind.SEQUENCE, members=1)
    other = ftrack.location(f"laptop of {ftrack.hq}", staging=True)
    there, more = dataclasses.replace(ftrack, staging=other).staged("there", Kind.SEQUENCE, members=1)

    availability.register([here, there], ftrack.hq)

    assert ftrack.registered(ftrack.hq).keys() == {*frames, *more, *components([here, there])}


def test_component_that_left_the_staging_location_is_registered_with_what_was_published(
    ftrack: Ftrack, availability: Availability
) -> None:
    item = ftrack.item(ftrack.component("gone"), f"{ftrack.folder}/gone.mov")

    outcome = availability.register([item], ftrack.hq)

    assert ftrack.registered(ftrack.hq) == {item.publication.component_id: f"{ftrack.folder}/gone.mov"}
    assert outcome.deleted == set()


def test_component_that_ftrack_does_not_know_any_more_is_deleted_and_stops_no_other(
    ftrack: Ftrack, availability: Availability
) -> None:
    item = ftrack.item("no-such-component", f"{ftrack.folder}/gone.mov")
    (sound,) = files(ftrack, 1)

    outcome = availability.register([item, sound], ftrack.hq)

    assert (outcome.deleted, outcome.refusals) == ({item.id}, {})
    assert ftrack.registered(ftrack.hq).keys() == {sound.publication.component_id}


def test_component_of_a_project_that_is_not_shown_is_refused_instead_of_deleted(
    ftrack: Ftrack, availability: Availability
) -> None:
    item = ftrack.item("no-such-component", f"{ftrack.folder}/gone.mov", project_id="not-shown", project_name="secret")

    outcome = availability.register([item], ftrack.hq)

    assert outcome.deleted == set()
    assert "this project is not shown to artist" in str(outcome.refusals[item.id])


def test_path_that_another_component_has_there_is_a_conflict_for_its_item_alone(
    ftrack: Ftrack, availability: Availability
) -> None:
    first, second = files(ftrack, 2)
    ftrack.register(ftrack.component("other"), ftrack.hq, first.publication.resource_identifier)

    outcome = availability.register([first, second], ftrack.hq)

    assert {key: type(error) for key, error in outcome.refusals.items()} == {first.id: errors.Conflict}
    assert ftrack.writes() == [[second.publication.component_id]]


# Refusals.


def test_refused_request_is_divided_until_only_the_refused_components_are_left(
    ftrack: Ftrack, availability: Availability
) -> None:
    items = files(ftrack, 3)
    refuse(ftrack, 2)  # all together, and the first alone

    outcome = availability.register(items, ftrack.hq)

    assert list(outcome.refusals) == [items[0].id]
    assert isinstance(outcome.refusals[items[0].id], errors.RegistrationRefused)
    assert ftrack.registered(ftrack.hq).keys() == set(components(items[1:]))


@pytest.mark.parametrize(("count", "asked"), [(20, 20), (21, 20), (25, 20)])
def test_many_refused_registrations_are_all_held_and_believed_after_twenty(
    ftrack: Ftrack, availability: Availability, count: int, asked: int
) -> None:
    items = files(ftrack, count)
    refuse(ftrack, 1000)

    outcome = availability.register(items, ftrack.hq)

    assert outcome.refusals.keys() == {item.id for item in items}
    assert all("You may not." in str(error) for error in outcome.refusals.values())
    assert outcome.deleted == set()
    assert ftrack.registered(ftrack.hq) == {}
    assert ftrack.service.log.count("create:ComponentLocation") == 1 + asked


def test_refused_member_holds_the_item_that_it_belongs_to(ftrack: Ftrack, availability: Availability) -> None:
    item, _ = ftrack.staged("wide", Kind.SEQUENCE, members=2)
    refuse(ftrack, 2)

    outcome = availability.register([item], ftrack.hq)

    assert outcome.refusals.keys() == {item.id}


@pytest.mark.parametrize("is_member", [False, True])
def test_component_that_is_deleted_while_it_is_registered_deletes_its_item_and_a_member_does_not(
    ftrack: Ftrack, availability: Availability, is_member: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, (member,) = ftrack.staged("wide", Kind.SEQUENCE, members=1)
    lost = member if is_member else item.publication.component_id
    create = ftrack.connection.create

    def meanwhile(*arguments: Any) -> None:
        if ftrack.service.store.get("Component", lost) is not None:
            ftrack.service.store.delete("Component", lost)
        create(*arguments)

    monkeypatch.setattr(ftrack.connection, "create", meanwhile)

    outcome = availability.register([item], ftrack.hq)

    assert outcome.deleted == (set() if is_member else {item.id})
    assert outcome.refusals == {}


def test_registration_that_somebody_else_made_at_the_same_moment_is_found_done(
    ftrack: Ftrack, availability: Availability, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = files(ftrack, 3)
    create = ftrack.connection.create

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.undo()
        ftrack.register(items[1].publication.component_id, ftrack.hq, "by/accsyn.mov")
        create(*arguments)

    monkeypatch.setattr(ftrack.connection, "create", meanwhile)

    outcome = availability.register(items, ftrack.hq)

    assert outcome.refusals == {}
    assert ftrack.registered(ftrack.hq).keys() == set(components(items))
    assert len(ftrack.writes()) == 2  # refused as a whole, then what was left, in one


def test_ftrack_that_is_away_raises(ftrack: Ftrack, availability: Availability) -> None:
    items = files(ftrack, 1)
    ftrack.service.switches.fail_next("create:ComponentLocation", status=503)

    with pytest.raises(errors.RegistrationError) as raised:
        availability.register(items, ftrack.hq)

    assert not isinstance(raised.value, errors.RegistrationRefused)


# Taking back.


def test_what_answers_in_place_of_ftrack_is_told_as_that(ftrack: Ftrack) -> None:
    ftrack.service.switches.fail_next(status=503, times=1)
    with pytest.raises(errors.RegistrationError, match="not as ftrack does, but with HTTP status 503"):
        ftrack.connection.query("select id from Project")


def test_taking_back_removes_a_container_with_all_its_members_and_nothing_elsewhere(
    ftrack: Ftrack, availability: Availability
) -> None:
    item, _ = ftrack.staged("wide", Kind.SEQUENCE, members=2)
    other, _ = ftrack.staged("other", Kind.SEQUENCE, members=1)
    availability.register([item, other], ftrack.hq)
    staged = ftrack.registered(ftrack.staging)

    availability.take_back([item.publication.component_id], ftrack.hq)

    assert len(ftrack.registered(ftrack.hq)) == 2
    assert other.publication.component_id in ftrack.registered(ftrack.hq)
    assert ftrack.registered(ftrack.staging) == staged


def test_registrations_are_removed_with_one_call(ftrack: Ftrack) -> None:
    found = [ftrack.register(each.publication.component_id, ftrack.hq, "a") for each in files(ftrack, 2)]
    ftrack.service.log.clear()

    deregister(ftrack.connection, found)

    assert ftrack.registered(ftrack.hq) == {}
    assert ftrack.service.log.operations() == ["delete:ComponentLocation*2"]


def test_registration_that_somebody_else_has_removed_keeps_no_other(ftrack: Ftrack) -> None:
    first, second = files(ftrack, 2)
    kept = ftrack.register(first.publication.component_id, ftrack.hq, "a")
    gone = ftrack.register(second.publication.component_id, ftrack.hq, "b")
    ftrack.service.store.delete("ComponentLocation", gone)

    deregister(ftrack.connection, [kept, gone])

    assert ftrack.registered(ftrack.hq) == {}
