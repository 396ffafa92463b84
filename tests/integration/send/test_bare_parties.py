"""A party that is named without a location; what it costs to tell, and for whom."""

from __future__ import annotations

import socket

import pytest

from ftrack_accsyn_accessor.model.errors import NotReady, Unresolved
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.parties import USER, Party
from ftrack_accsyn_accessor.model.paths import LINUX, WINDOWS, Place, Root

HOST = socket.gethostname()


def party(endpoints, text: str) -> str:
    return str(endpoints.resolve(text).party)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hq", "acme"),
        ("ACME", "acme"),
        ("site=hq", "acme"),
        ("site=London", "site=london"),
        ("vendor@acme.test", "vendor@acme.test"),
    ],
)
def test_party_is_taken_as_accsyn_writes_it(open_endpoints, text: str, expected: str) -> None:
    assert party(open_endpoints(), text) == expected


def test_party_has_the_location_that_stands_for_it(open_endpoints, location, office, monkeypatch) -> None:
    london, known = location("london"), location("artist.x", staging=True)
    monkeypatch.setitem(office.demo.workspace.integration.registered, known, office.demo.artist_client.id)
    endpoints = open_endpoints()
    assert endpoints.resolve("site=london").endpoint == Endpoint("site=london", london, "london")
    assert endpoints.resolve("hq").endpoint == Endpoint("acme", office.ids["studio.hq"], "studio.hq")
    assert endpoints.resolve("vendor@acme.test").endpoint == Endpoint("vendor@acme.test", "", "")


def test_machine_has_the_staging_location_that_stands_for_it(open_endpoints, location, office, dana) -> None:
    client = office.demo.workspace.add_client("dana-ws1", dana)
    staged, own = location("dana@acme.test.dana-ws1", staging=True), location(f"artist.{HOST}", staging=True)
    endpoints = open_endpoints()
    for text in (f"client={client.id}", "dana@acme.test@DANA-WS1"):
        assert endpoints.resolve(text).endpoint.location_id == staged
    assert endpoints.resolve(f"client={office.demo.artist_client.id}").endpoint.location_id == own
    assert endpoints.location_of(Party(USER, "dana@acme.test")) is None


def test_party_with_several_locations_names_them(open_endpoints, location) -> None:
    location("elsewhere", "London")
    with pytest.raises(Unresolved, match=r"stand for it: elsewhere, studio\.london"):
        open_endpoints().resolve("site=london")


def test_mapping_file_decides_which_location_stands_for_a_party(open_endpoints, location) -> None:
    location("london")
    told = location("studio.x")
    names = ("studio.x", "ftrack.unmanaged")  # of which the other belongs to every ftrack
    endpoints = open_endpoints(locations={name: {"party": "site=london"} for name in names})
    assert endpoints.resolve("site=london").endpoint.location_id == told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lndon", "there is no such ftrack location, and it is no party of accsyn; there is site=london"),
        ("", "there is no such ftrack location, and it is no party of accsyn"),
        ("site=paris", "accsyn knows no such party"),
        ("nobody@acme.test", "accsyn knows no such party"),
        ("vendor@acme.test@nowhere", "accsyn knows no such party"),
        (f"client={'0' * 24}", "accsyn knows no such party"),
    ],
)
def test_what_is_nothing_is_refused_in_words(open_endpoints, text: str, words: str) -> None:
    with pytest.raises(Unresolved) as caught:
        open_endpoints().resolve(text)
    assert caught.value.outcome.startswith(words)
    assert caught.value.remedy


# What it costs, and for whom


def test_everything_is_asked_for_once(open_endpoints, location, office, dana, monkeypatch) -> None:
    office.demo.workspace.add_client("dana-ws1", dana)
    known = location("dana@acme.test.dana-ws1", staging=True)
    monkeypatch.setitem(office.demo.workspace.integration.registered, known, office.demo.artist_client.id)
    location("london")
    endpoints = open_endpoints()
    names = ["dana@acme.test.dana-ws1", "london", "studio.hq", "site=london", "hq", "dana@acme.test"]
    for name in names * 2:
        found = endpoints.resolve(name)
        endpoints.reachability(found.endpoint, "projects", write=True)
    calls = office.accsyn.log.operations()
    kinds = {"site/find", "user/find", "client/find", "volume/find", "volume/servers", "setting"}
    assert set(calls) == {"master", "api/login", *kinds}
    assert {kind: calls.count(kind) for kind in kinds} == {**dict.fromkeys(kinds, 1), "setting": 2}
    assert len(office.ftrack.log.operations()) <= 4


def test_employee_who_may_not_see_much_resolves_all_the_same(
    open_endpoints, location, office, dana, monkeypatch
) -> None:
    monkeypatch.setattr(office.demo.workspace, "employee_volumes", "refused")
    monkeypatch.setattr(office.demo.workspace, "employee_clients", False, raising=False)
    office.demo.workspace.add_client("dana-ws1", dana)
    location("london")
    user = office.ftrack.store.create("User", username="dana", email="dana@acme.test")
    location("dana.dana-ws1", staging=True)
    try:
        endpoints = open_endpoints("artist")
        assert party(endpoints, "london") == "site=london"
        assert party(endpoints, "dana.dana-ws1") == "dana@acme.test@dana-ws1"
    finally:
        office.ftrack.store.delete("User", user["id"])
    assert endpoints.resolve("london").paths.read("a.mov") == Place("projects", "a.mov")


def test_users_of_all_staging_locations_are_asked_for_at_once(open_endpoints, location, office, dana) -> None:
    names = [f"dana@acme.test.dana-ws{number}" for number in range(5)]
    for name in names:
        office.demo.workspace.add_client(name[len("dana@acme.test.") :], dana)
        location(name, staging=True)
    endpoints = open_endpoints()
    assert len({party(endpoints, name) for name in names}) == 5
    assert office.ftrack.log.count("query:User") == 1


def test_machine_without_client_is_looked_for_once(open_endpoints, location, office, dana, monkeypatch) -> None:
    clients = [office.demo.workspace.add_client(f"other-{number}", office.demo.artist) for number in (1, 2)]
    monkeypatch.setattr(office.demo.artist_client, "active", False)
    endpoints = open_endpoints("artist")
    for client in clients:
        assert not endpoints.resolve(f"client={client.id}").here
    with pytest.raises(NotReady):
        endpoints.here()
    assert office.accsyn.log.count("client/find") == 2  # all clients, and this machine's


def test_studio_whose_settings_may_not_be_read_has_no_storage_scenario(open_endpoints, location, office) -> None:
    location("london")
    endpoints = open_endpoints()
    refusal = {"exception": "PermissionError", "content": "You may not read settings."}
    office.ftrack.switches.fail_next("query:Setting", status=200, body=refusal)
    assert party(endpoints, "london") == "site=london"


def test_all_known_roots_read_what_a_person_types(open_endpoints, office) -> None:
    told = {"studio.x": {"party": "site=london", "roots": {"windows": "L:\\projects"}}}
    roots = open_endpoints(locations=told).roots
    assert {
        Root("projects", "L:\\projects", WINDOWS),
        Root("projects", str(office.staging), LINUX),
        Root("projects", str(office.hq), LINUX),
    } <= set(roots)
    for folder in (office.staging, office.hq):
        assert roots.place(f"{folder}/show/a.mov") == Place("projects", "show/a.mov")
