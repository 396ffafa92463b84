"""What is named as source or destination -> a party, its ftrack location, and how that names files."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.errors import NotReady, Unresolved
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.parties import SITE, USER, Party
from ftrack_accsyn_accessor.model.paths import Place

HOST = socket.gethostname()


def party(endpoints: Any, text: str) -> str:
    return str(endpoints.resolve(text).party)


# Locations by their names


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("london", "", "site=london"),
        ("LONDON", "", "site=london"),
        ("place.b", "London", "site=london"),
        ("hq", "", "acme"),
        ("HQ", "", "acme"),
        ("acme", "", "acme"),
        ("vendor@acme.test", "", "vendor@acme.test"),
        ("Artist@acme.test", "Ada", "Artist@acme.test"),
    ],
)
def test_location_is_the_site_or_user_that_it_is_named_like(open_endpoints, location, name, label, expected) -> None:
    location_id = location(name, label)
    endpoints = open_endpoints()
    found = endpoints.resolve(name)
    assert found.endpoint == Endpoint(expected, location_id, name)
    assert endpoints.resolve(location_id).endpoint == found.endpoint
    assert found.paths.read("show/a.mov") == Place("projects", "show/a.mov")
    assert not found.here


def test_location_named_like_the_main_site_is_the_workspace(open_endpoints, location, office, monkeypatch) -> None:
    monkeypatch.setattr(office.demo.hq, "code", "gothenburg")
    location("Gothenburg")
    endpoints = open_endpoints()
    assert (party(endpoints, "Gothenburg"), party(endpoints, "site=gothenburg")) == ("acme", "acme")


def test_code_of_a_site_goes_before_the_name_of_another(open_endpoints, location, office, monkeypatch) -> None:
    monkeypatch.setattr(office.demo.hq, "name", "london")
    location("london")
    assert party(open_endpoints(), "london") == "site=london"


def test_location_is_found_by_its_label_too(open_endpoints, location) -> None:
    location("london", "Covent Garden")
    assert open_endpoints().resolve("covent garden").endpoint.location_name == "london"


def test_nothing_is_guessed_from_a_part_of_a_name(open_endpoints, location) -> None:
    location("london-archive")
    with pytest.raises(Unresolved) as caught:
        open_endpoints().resolve("london-archive")
    assert caught.value.outcome == "nothing tells which party of accsyn it is; there is site=london"
    assert "FTRACK_ACCSYN_LOCATIONS" in caught.value.remedy


def test_location_named_like_two_sites_names_both(open_endpoints, location, office, monkeypatch) -> None:
    sites = [office.demo.workspace.add_site(code) for code in ("north", "south")]
    for site in sites:
        monkeypatch.setattr(site, "name", "Berlin")
    location("berlin")
    endpoints = open_endpoints()
    with pytest.raises(Unresolved, match="several sites are called so: site=north, site=south"):
        endpoints.resolve("berlin")
    assert endpoints.location_of(Party(SITE, "london")) is not None  # others are found all the same
    for site in sites:
        del office.demo.workspace.entities[site.id]


def test_label_of_two_locations_names_both(open_endpoints, location) -> None:
    ids = [location(name, "Twin") for name in ("twin.a", "twin.b")]
    with pytest.raises(Unresolved) as caught:
        open_endpoints().resolve("Twin")
    assert all(each in caught.value.outcome for each in ids)


def test_location_of_a_user_whom_accsyn_does_not_know_is_refused(open_endpoints, location) -> None:
    location("nobody@acme.test")
    with pytest.raises(Unresolved, match=r"nobody@acme.test.*accsyn knows no such party"):
        open_endpoints().resolve("nobody@acme.test")


# Locations of other kinds


def test_destination_of_accsyns_integration_is_its_party(open_endpoints, location, office, monkeypatch) -> None:
    location("artist.w", staging=True)
    known = location("artist.x", staging=True)
    monkeypatch.setitem(office.demo.workspace.integration.registered, known, office.demo.artist_client.id)
    found = open_endpoints().resolve("studio.hq")
    assert found.endpoint == Endpoint("acme", office.ids["studio.hq"], "studio.hq")


def test_destination_that_the_environment_names_is_its_party(open_endpoints, location) -> None:
    location("studio.paris")
    given = {"FTRACK_ACCSYN_DESTINATION": "site=london", "FTRACK_ACCSYN_DESTINATION_LOCATION": "studio.paris"}
    assert party(open_endpoints(**given), "studio.paris") == "site=london"


@pytest.mark.parametrize("name", ["ftrack.server", "ftrack.review", "ftrack.origin", "ftrack.connect"])
def test_locations_of_ftrack_itself_are_refused_in_words(open_endpoints, name: str) -> None:
    with pytest.raises(Unresolved) as caught:
        open_endpoints().resolve(name)
    assert caught.value.on == name
    assert caught.value.outcome


def test_unmanaged_files_lie_on_the_studios_storage_and_keep_full_paths(open_endpoints, office) -> None:
    endpoints = open_endpoints()
    found = endpoints.resolve("ftrack.unmanaged")
    assert (found.endpoint.party, found.endpoint.location_name) == ("acme", "ftrack.unmanaged")
    assert found.paths.read(f"{office.hq}/show/a.%04d.exr") == Place("projects", "show/a.%04d.exr")
    assert found.paths.read(f"{office.staging}/show/a.mov") is None  # on this machine, not at head quarters
    for sample in (f"{office.hq}/b.mov", "show/a.mov"):
        assert found.paths.write(Place("projects", "show/a.mov"), sample) == f"{office.hq}/show/a.mov"
    assert found.paths.read("show/a.mov") is None


def test_storage_scenario_is_head_quarters_with_the_mounts_of_all_platforms(open_endpoints, location, office) -> None:
    location_id = location("central")
    scenario = {
        "scenario": "ftrack.centralized-storage",
        "data": {
            "location_id": location_id,
            "location_name": "central",
            "accessor": {"mount_points": {"linux": f"{office.hq}/ftrack", "windows": "X:\\ftrack", "osx": ""}},
        },
    }
    (setting,) = office.ftrack.store.find("Setting", name="storage_scenario")
    key = (setting["name"], setting["group"])
    office.ftrack.store.update("Setting", *key, value=json.dumps(scenario))
    try:
        found = open_endpoints().resolve("central")
    finally:
        office.ftrack.store.update("Setting", *key, value="")
    assert found.endpoint.party == "acme"
    assert found.paths.read("show/a.mov") == Place("projects", "ftrack/show/a.mov")
    assert found.paths.write(Place("projects", "ftrack/show/a.mov")) == "show/a.mov"
    assert found.paths.write(Place("projects", "elsewhere/a.mov")) is None


# Staging locations


def test_own_staging_location_is_this_machines_client(open_endpoints, location, office) -> None:
    location_id = location(f"artist.{HOST}", staging=True)
    found = open_endpoints("artist").resolve(f"artist.{HOST}")
    assert found.endpoint == Endpoint(f"client={office.demo.artist_client.id}", location_id, f"artist.{HOST}")
    assert found.here
    assert found.paths.write(Place("projects", "show/a.mov"), f"{office.hq}/show/a.mov") == "show/a.mov"
    assert open_endpoints("artist").here().endpoint == found.endpoint


def test_this_machine_without_a_location_is_its_client_alone(open_endpoints, office) -> None:
    found = open_endpoints("artist").here()
    assert (found.endpoint, found.here) == (Endpoint(f"client={office.demo.artist_client.id}", "", ""), True)


def test_own_staging_location_that_ftrack_lacks_is_made_by_the_first_session(open_endpoints) -> None:
    with pytest.raises(Unresolved, match=r"there is none yet\. The first session with the plugin makes it"):
        open_endpoints("artist").resolve(f"artist.{HOST}")


def test_own_staging_location_without_client_is_not_ready(open_endpoints, location, office, monkeypatch) -> None:
    location(f"artist.{HOST}", staging=True)
    monkeypatch.setattr(office.demo.artist_client, "active", False)
    with pytest.raises(NotReady):
        open_endpoints("artist").resolve(f"artist.{HOST}")


def test_staging_location_of_another_user_is_that_users_machine(open_endpoints, location, office, dana) -> None:
    office.demo.workspace.add_client("dana-ws1.studio.test", dana)
    location_id = location("dana@acme.test.dana-ws1", staging=True)
    found = open_endpoints().resolve("dana@acme.test.dana-ws1")
    assert found.party == Party(USER, "dana@acme.test", "dana-ws1.studio.test")
    assert found.endpoint.location_id == location_id
    assert found.paths.read("show/a.mov") == Place("projects", "show/a.mov")


def test_user_of_a_staging_location_is_known_by_ftracks_user_name(open_endpoints, location, office, dana) -> None:
    office.demo.workspace.add_client("ws.2", dana)
    user = office.ftrack.store.create("User", username="d.ana", email="dana@acme.test")
    location("d.ana.ws.2", staging=True)
    try:
        assert party(open_endpoints(), "d.ana.ws.2") == "dana@acme.test@ws.2"
    finally:
        office.ftrack.store.delete("User", user["id"])


def test_staging_location_of_two_machines_names_both(open_endpoints, location, office, dana) -> None:
    clients = [office.demo.workspace.add_client("twin", dana) for _ in range(2)]
    location("dana@acme.test.twin", staging=True)
    with pytest.raises(Unresolved) as caught:
        open_endpoints().resolve("dana@acme.test.twin")
    assert all(client.id in caught.value.outcome for client in clients)


def test_staging_location_without_client_says_which_clients_there_are(open_endpoints, location, office, dana) -> None:
    office.demo.workspace.add_client("other", dana)
    location("dana@acme.test.gone", staging=True)
    with pytest.raises(Unresolved, match=r"accsyn has no client of its machine: dana@acme\.test has other"):
        open_endpoints().resolve("dana@acme.test.gone")


def test_staging_location_of_nobody_is_refused(open_endpoints, location) -> None:
    location("custom", staging=True)
    with pytest.raises(Unresolved, match="no user of ftrack or accsyn has such a location"):
        open_endpoints().resolve("custom")


# The mapping file


def test_mapping_file_wins_over_all(open_endpoints, location, office) -> None:
    location("london")
    told = {
        "london": {"party": "vendor@acme.test", "deliver": True, "prefix": "in", "near": ["hq"]},
        "studio.*": {"party": "site=London", "roots": {"windows": "L:\\projects", "linux": "/london"}},
    }
    endpoints = open_endpoints(locations=told)
    vendor, site = endpoints.resolve("london"), endpoints.resolve("studio.hq")
    assert (str(vendor.party), vendor.entry.deliver, len(vendor.entry.near)) == ("vendor@acme.test", True, 1)
    assert vendor.paths.read("a.mov") == Place("projects", "in/a.mov")
    assert site.party == Party(SITE, "london")
    assert site.paths.read("L:\\projects\\a.mov") == Place("projects", "a.mov")
    assert site.paths.write(Place("projects", "a.mov"), f"{office.hq}/a.mov") == "/london/a.mov"


def test_mapping_file_gives_what_a_pattern_says_to_what_has_a_party_by_itself(open_endpoints, location) -> None:
    location("vendor@acme.test")
    endpoints = open_endpoints(locations={"*@acme.test": {"deliver": True}})
    assert endpoints.resolve("vendor@acme.test").entry.deliver
    assert str(endpoints.resolve("vendor@acme.test").party) == "vendor@acme.test"


def test_roots_of_one_location_hold_for_all_of_its_place(open_endpoints, location, office, monkeypatch) -> None:
    monkeypatch.setattr(office.demo.workspace, "employee_volumes", "refused")
    endpoints = open_endpoints("artist", locations={"studio.hq": {"party": "hq", "roots": {"windows": "P:\\projects"}}})
    assert endpoints.resolve("ftrack.unmanaged").paths.read("p:/projects/a.mov") == Place("projects", "a.mov")
    location("london")
    assert endpoints.resolve("london").paths.read("p:/projects/a.mov") is None


def test_this_machine_has_what_a_pattern_says_before_ftrack_has_its_location(open_endpoints) -> None:
    endpoints = open_endpoints("artist", locations={f"artist.{HOST[:1]}*": {"near": ["site=london"]}})
    assert endpoints.here().entry.near == (Party(SITE, "london"),)


def test_user_without_location_has_what_the_mapping_file_says_too(open_endpoints) -> None:
    assert open_endpoints(locations={"*@acme.test": {"deliver": True}}).resolve("vendor@acme.test").entry.deliver
