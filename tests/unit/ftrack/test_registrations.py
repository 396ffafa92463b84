"""What is asked of ftrack about registrations, and how its answers are read."""

from __future__ import annotations

import dataclasses

import pytest

from ftrack_accsyn_accessor.ftrack.registrations import (
    SERVER_LOCATIONS,
    AtLocation,
    Registrations,
    hidden,
    read_claims,
)
from ftrack_accsyn_accessor.ftrack.tree import members, registered_members
from ftrack_accsyn_accessor.model.errors import RegistrationError, RegistrationRefused
from ftrack_accsyn_accessor.model.item import Kind, StagedFile
from unit.ftrack.conftest import Ftrack


@pytest.fixture
def registrations(ftrack: Ftrack) -> Registrations:
    made = Registrations(ftrack.connection.credentials)
    made.connection = ftrack.connection
    return made


# Where components are.


def test_component_counts_as_registered_by_itself_by_a_member_or_by_a_members_member(
    ftrack: Ftrack, registrations: Registrations
) -> None:
    alone = ftrack.component("alone")
    ftrack.register(alone, ftrack.hq, "alone")
    sequence = ftrack.component("frames", Kind.SEQUENCE)
    ftrack.register(ftrack.component("1001", container=sequence), ftrack.hq, "1001")
    pack = ftrack.component("pack", Kind.CONTAINER)
    inner = ftrack.component("inner", Kind.SEQUENCE, container=pack)
    ftrack.register(ftrack.component("1001", container=inner), ftrack.hq, "inner/1001")
    nowhere = ftrack.component("nowhere")
    elsewhere = ftrack.component("elsewhere")
    ftrack.register(elsewhere, ftrack.staging, "elsewhere")

    found = registrations.registered([alone, sequence, pack, nowhere, elsewhere], ftrack.hq)

    assert found == {alone, sequence, pack}


def test_members_are_asked_after_only_while_something_is_missing(ftrack: Ftrack, registrations: Registrations) -> None:
    alone = ftrack.component("alone")
    ftrack.register(alone, ftrack.hq, "alone")

    registrations.registered([alone], ftrack.hq)

    assert ftrack.service.log.count("query:ComponentLocation") == 1


def test_location_is_found_by_its_name_whatever_is_in_it(ftrack: Ftrack, registrations: Registrations) -> None:
    name = f'the "big" one of {ftrack.hq}'
    location = ftrack.location(name)

    assert registrations.location_id(name) == location
    assert registrations.location_id(f"{name} no more") is None


def test_component_is_at_a_location_or_not(ftrack: Ftrack, registrations: Registrations) -> None:
    component = ftrack.component("main")
    assert registrations.of_component(component, ftrack.hq) == AtLocation((component,), ())

    ftrack.register(component, ftrack.hq, "main")

    found = registrations.of_component(component, ftrack.hq)
    assert (found.arrived, found.complete) == ((component,), True)


def test_version_is_complete_without_what_only_ftracks_own_servers_have(
    ftrack: Ftrack, registrations: Registrations
) -> None:
    version = ftrack.version()
    there, missing, web = (ftrack.component(name, version=version) for name in ("there", "missing", "web"))
    ftrack.register(there, ftrack.hq, "there")
    ftrack.register(web, SERVER_LOCATIONS[0], "web")

    found = registrations.of_version(version, ftrack.hq)
    assert (set(found.wanted), found.arrived, found.complete) == ({there, missing}, (there,), False)

    ftrack.register(missing, ftrack.hq, "missing")
    assert registrations.of_version(version, ftrack.hq).complete


def test_web_component_that_is_at_the_location_as_well_is_wanted_there(
    ftrack: Ftrack, registrations: Registrations
) -> None:
    version = ftrack.version()
    web = ftrack.component("web", version=version)
    ftrack.register(web, ftrack.hq, "web")
    ftrack.register(web, SERVER_LOCATIONS[1], "web")

    assert registrations.of_version(version, ftrack.hq) == AtLocation((web,), (web,))


@pytest.mark.parametrize("noun", ["component", "version"])
def test_id_that_ftrack_does_not_know_is_refused_with_its_noun(registrations: Registrations, noun: str) -> None:
    with pytest.raises(RegistrationRefused, match=f"find the {noun} in ftrack.*there is none"):
        getattr(registrations, f"of_{noun}")("no-such-id", "anywhere")


@pytest.mark.parametrize(
    ("wanted", "arrived", "complete"),
    [((), (), False), (("a",), (), False), (("a", "b"), ("b", "a"), True), (("a", "b"), ("a",), False)],
)
def test_something_has_to_be_wanted_for_all_to_be_there(
    wanted: tuple[str, ...], arrived: tuple[str, ...], complete: bool
) -> None:
    assert AtLocation(wanted, arrived).complete is complete


# Whose a path is.


def test_claims_are_those_of_the_components_and_of_others_on_their_paths(ftrack: Ftrack) -> None:
    item, _ = ftrack.staged("main")
    identifier = item.publication.resource_identifier
    rival = ftrack.component("rival", version=ftrack.version())
    laptop, plain = ftrack.location(f"laptop of {ftrack.hq}", staging=True), ftrack.location(f"a NAS of {ftrack.hq}")
    for location in (ftrack.hq, laptop, plain):
        ftrack.register(rival, location, identifier)
    ftrack.register(ftrack.component("aside"), ftrack.hq, f"{ftrack.folder}/aside.mov")

    claims = read_claims(ftrack.connection, [item], {ftrack.staging, ftrack.hq})

    assert {(claim.component_id, claim.location_id) for claim in claims} == {
        (item.publication.component_id, ftrack.staging),
        (rival, ftrack.hq),
        (rival, laptop),
    }
    of_rival = next(claim for claim in claims if claim.component_id == rival)
    assert of_rival.version_name.startswith("asset")
    assert of_rival.version_name.endswith(" v001")
    assert of_rival.version_date


def test_claim_of_a_frame_names_its_containers_and_the_version_of_its_sequence(ftrack: Ftrack) -> None:
    sequence = ftrack.component("frames", Kind.SEQUENCE, version=ftrack.version())
    frame = ftrack.component("1001", container=sequence)
    ftrack.register(frame, ftrack.hq, f"{ftrack.folder}/main.1001.exr")
    item = ftrack.item(ftrack.component("other"), f"{ftrack.folder}/main.1001.exr")

    (claim,) = read_claims(ftrack.connection, [item], {ftrack.hq})

    assert (claim.component_id, claim.within) == (frame, (sequence,))
    assert claim.version_name.endswith(" v001")


@pytest.mark.parametrize("kind", [Kind.SEQUENCE, Kind.CONTAINER])
def test_path_of_a_file_of_a_sequence_or_container_is_claimed_by_another_component(ftrack: Ftrack, kind: Kind) -> None:
    item, _ = ftrack.staged("wide", kind, members=2)
    identifier = item.publication.resource_identifier
    path = identifier % 1002 if kind is Kind.SEQUENCE else f"{identifier}/1002"
    publication = dataclasses.replace(item.publication, files=(StagedFile(path, 1, 1),))
    rival = ftrack.component("rival")
    ftrack.register(rival, ftrack.hq, path.upper())
    beside = ftrack.component("beside")
    ftrack.register(beside, ftrack.hq, path.replace("1002", "1003"))

    claims = read_claims(ftrack.connection, [dataclasses.replace(item, publication=publication)], {ftrack.hq})

    assert {claim.component_id for claim in claims} == {item.publication.component_id, rival}


def test_items_of_a_project_that_is_not_shown_are_hidden_and_others_are_not(ftrack: Ftrack) -> None:
    shown, unseen, homeless = (
        ftrack.item(name, name, project_id=project, project_name=name)
        for name, project in (("shown", ftrack.ids["show_a"]), ("unseen", "not-shown"), ("homeless", ""))
    )

    found = hidden(ftrack.connection, [shown, unseen, homeless])

    assert list(found) == [unseen.id]
    assert "unseen" in str(found[unseen.id])


def test_nobody_is_asked_whether_no_items_are_hidden(ftrack: Ftrack) -> None:
    assert hidden(ftrack.connection, []) == {}
    assert ftrack.service.log.operations() == []


# Members.


def nested(ftrack: Ftrack) -> tuple[str, str, str, str]:
    pack = ftrack.component("pack", Kind.CONTAINER)
    inner = ftrack.component("inner", Kind.SEQUENCE, container=pack)
    return pack, inner, ftrack.component("1001", container=inner), ftrack.component("note", container=pack)


def test_members_come_level_by_level_and_know_the_outermost_of_those_asked_for(ftrack: Ftrack) -> None:
    pack, inner, frame, note = nested(ftrack)

    levels = list(members(ftrack.connection, [pack]))

    found = [{member.component_id: (member.outermost, member.is_file) for member in level} for level in levels]
    assert found == [{inner: (pack, False), note: (pack, True)}, {frame: (pack, True)}]


def test_members_of_a_container_of_files_are_not_asked_for_theirs(ftrack: Ftrack) -> None:
    item, _ = ftrack.staged("wide", Kind.SEQUENCE, members=2)
    ftrack.service.log.clear()

    assert len(list(members(ftrack.connection, [item.publication.component_id]))) == 1

    assert ftrack.service.log.count("query:Component") == 1


def test_only_registered_members_are_met_and_what_is_behind_others_is_not(ftrack: Ftrack) -> None:
    pack, _, frame, note = nested(ftrack)
    for component in (frame, note):
        ftrack.register(component, ftrack.staging, f"pack/{component}")

    levels = list(registered_members(ftrack.connection, [pack], ftrack.staging))

    assert [[member.component_id for member in level] for level in levels] == [[note]]
    assert levels[0][0].row["resource_identifier"] == f"pack/{note}"


# The connection.


def test_more_rows_than_a_page_holds_are_all_found(ftrack: Ftrack) -> None:
    container = ftrack.component("pack", Kind.CONTAINER)
    with ftrack.service.store.transaction():
        wanted = {ftrack.component(str(number), container=container) for number in range(1001)}
    ftrack.service.log.clear()

    rows = ftrack.connection.query(f'select id from Component where container_id is "{container}" order by id')

    assert {row["id"] for row in rows} == wanted
    assert len(rows) == 1001
    assert ftrack.service.log.count("query:Component") == 3


def test_refusal_keeps_the_session_and_an_outage_gives_it_back(ftrack: Ftrack) -> None:
    session = ftrack.connection._session
    with pytest.raises(RegistrationRefused, match="Server reported error"):
        ftrack.connection.query("select nothing from Component")
    assert ftrack.connection._session is session

    ftrack.service.switches.fail_next("query", status=503)
    with pytest.raises(RegistrationError) as raised:
        ftrack.connection.query("select id from Location limit 1")

    assert not isinstance(raised.value, RegistrationRefused)
    assert ftrack.connection._session is None
    assert ftrack.connection.query(f'select id from Location where id is "{ftrack.hq}"')


def test_answer_that_is_no_list_of_results_is_an_outage(ftrack: Ftrack) -> None:
    ftrack.service.switches.fail_next("query", status=200, body="[]")

    with pytest.raises(RegistrationError, match="a result for each operation"):
        ftrack.connection.query("select id from Location")


def test_many_registrations_are_deleted_in_batches(ftrack: Ftrack) -> None:
    with ftrack.service.store.transaction():
        found = [ftrack.register(ftrack.component(str(number)), ftrack.hq, str(number)) for number in range(501)]

    ftrack.connection.delete("ComponentLocation", found)

    assert ftrack.registered(ftrack.hq) == {}
    assert ftrack.service.log.count("delete:ComponentLocation") == 2
