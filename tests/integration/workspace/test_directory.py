"""Who and what there is in a workspace, as far as the user may look; one request each."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from ftrack_accsyn_accessor.model.accsyn import SERVER
from ftrack_accsyn_accessor.model.errors import Unreachable
from ftrack_accsyn_accessor.model.item import Endpoint

UNKNOWN_ID = "0" * 24


def test_volumes_tell_their_roots(open_workspace, office, service):
    door = open_workspace("admin")
    assert door.role() == "admin"
    service.log.clear()
    (volume,) = door.volumes()
    assert (volume.id, volume.code, volume.default) == (office.volume.id, "projects", True)
    assert volume.roots
    assert {root.volume for root in volume.roots} == {"projects"}
    assert service.log.operations() == ["volume/find"]


def test_sites_tell_which_is_the_main_one(workspace, office):
    assert [(site.id, site.code, site.main, site.status) for site in workspace.sites()] == [
        (office.hq.id, "hq", True, "enabled"),
        (office.london.id, "london", False, "enabled"),
    ]


def test_users_are_found_by_their_addresses_in_one_call(workspace, office, service):
    office.workspace.user("vendor@acme.test").status = "disabled"
    workspace.role()
    service.log.clear()
    found = workspace.users(["Vendor@acme.test", "admin@acme.test", "nobody@acme.test"])
    assert {(user.email, user.role, user.status) for user in found} == {
        ("admin@acme.test", "admin", "enabled"),
        ("vendor@acme.test", "standard", "disabled"),
    }
    assert workspace.users([]) == []
    assert service.log.operations() == ["user/find"]


def test_however_many_addresses_are_asked_for_no_request_is_longer_than_accsyn_takes(workspace, office, service):
    workspace.role()
    service.log.clear()
    asked = [f"somebody.{number:03d}@a-studio-with-a-long-name.test" for number in range(300)]
    found = workspace.users([*asked, "vendor@acme.test", "admin@acme.test"])
    assert {user.email for user in found} == {"admin@acme.test", "vendor@acme.test"}
    asked_for = [request.body for request in service.log.all()]
    assert 3 < len(asked_for) < 20
    assert max(len(quote(json.dumps(body))) for body in asked_for) < 4_000


def test_users_that_were_not_asked_for_are_left_out(workspace, service):
    workspace.role()
    rows = [{"id": UNKNOWN_ID, "code": code} for code in ("ana@acme.test", "anna@acme.test")]
    service.switches.fail_next("user/find", status=200, body={"result": rows})
    assert [user.email for user in workspace.users(["ana@acme.test"])] == ["ana@acme.test"]


def test_clients_tell_whose_they_are_and_where_servers_stand(open_workspace, office, service):
    door = open_workspace("admin")
    door.role()
    service.log.clear()
    found = {client.id: client for client in door.clients()}
    own, server = found[office.artist_client.id], found[office.london_server.id]
    assert (own.user_id, own.user) == (office.artist.id, "artist@acme.test")
    assert (server.type, server.site_id) == (SERVER, office.london.id)
    assert service.log.operations() == ["client/find"]


def test_user_may_see_the_own_grants(workspace, office):
    (grant,) = workspace.grants()
    assert (grant.share_id, grant.share, grant.path, grant.read, grant.write) == (
        *(office.volume.id, "projects", "/", True, True),
    )


def test_what_a_user_may_not_look_at_is_none(open_workspace, office):
    vendor = open_workspace("vendor")
    assert (vendor.volumes(), vendor.sites(), vendor.servers_of(office.volume.id)) == (None, None, None)
    assert vendor.servers_of(UNKNOWN_ID) is None


def test_servers_of_a_volume_come_with_their_sites(open_workspace, office, service):
    rows = [{"id": office.hq_server.id, "code": "server-hq", "type": 1, "status": "online", "site": office.hq.id}, 7]
    service.switches.fail_next(
        "volume/servers", status=200, body={"result": rows}
    )  # how the real answer looks: unknown
    (server,) = open_workspace("admin").servers_of(office.volume.id)
    assert (server.id, server.site_id, server.online) == (office.hq_server.id, office.hq.id, True)


def test_integration_tells_the_destination_and_nothing_is_registered(workspace, office):
    integration = office.workspace.integration
    assert workspace.upload_destination("loc-1") is None
    integration.upload_location, integration.upload_ident = {"id": "loc-hq", "name": "studio.hq"}, "acme"
    assert workspace.upload_destination("loc-1") is None  # as the sandbox has it, for locations that it does not know
    integration.registered["loc-1"] = office.artist_client.id
    assert workspace.upload_destination("loc-1") == Endpoint("acme", "loc-hq", "studio.hq")
    integration.upload_ident = None
    assert workspace.upload_destination("loc-1") is None
    integration.enabled = False
    assert workspace.upload_destination("loc-1") is None
    assert integration.registered == {"loc-1": office.artist_client.id}


def test_service_that_is_gone_is_no_answer_of_nothing(workspace, service):
    workspace.role()
    service.stop()
    with pytest.raises(Unreachable):
        workspace.sites()
