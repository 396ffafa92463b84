"""What keeps files from an endpoint is told before, as far as accsyn tells it."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.send.reach import Obstacle


def told(endpoints: Any, party: str, *, volume: str = "projects", write: bool = True) -> Optional[str]:
    found = endpoints.reachability(Endpoint(party, "", ""), volume, write)
    assert found is None or (found.remedy and str(found).endswith("."))
    return None if found is None else f"{'waits: ' if found.waits else ''}{found.what}"


def serving(office: Any, rows: Any) -> None:
    """Let accsyn tell which servers serve the volume."""
    office.accsyn.switches.fail_next("volume/servers", status=200, body={"result": rows})


def server(client: Any) -> dict[str, Any]:
    return {"id": client.id, "code": client.code, "type": 1, "status": client.status, "site": client.site_id}


@pytest.mark.parametrize("party", ["hq", "acme", "site=london"])
def test_nothing_keeps_files_from_a_place_whose_server_is_online(open_endpoints, party: str) -> None:
    assert told(open_endpoints(), party) is None
    assert told(open_endpoints(), party, write=False) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("offline", "waits: the accsyn server of the site london is offline"),
        ("disabled", "waits: the accsyn server of the site london is disabled"),
    ],
)
def test_server_of_a_site_that_is_away_lets_jobs_wait(open_endpoints, office, monkeypatch, status, expected) -> None:
    monkeypatch.setattr(office.demo.london_server, "status", status)
    assert told(open_endpoints(), "site=london") == expected
    assert told(open_endpoints(), "hq") is None


def test_disabled_site_lets_jobs_wait(open_endpoints, office, monkeypatch) -> None:
    monkeypatch.setattr(office.demo.london, "status", "disabled")
    assert told(open_endpoints(), "site=london") == "waits: the site london is disabled in accsyn"


def test_site_that_does_not_serve_the_volume_is_told(open_endpoints, office) -> None:
    endpoints = open_endpoints()
    serving(office, [server(office.demo.hq_server)])
    assert told(endpoints, "site=london") == "the site london does not serve the volume projects"
    assert told(endpoints, "hq") is None


def test_servers_that_accsyn_does_not_tell_are_no_obstacle(open_endpoints, office) -> None:
    endpoints = open_endpoints()
    serving(office, [])
    assert told(endpoints, "site=london") is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("online", None),
        ("offline", "waits: accsyn's app or user server of dana@acme.test is offline"),
        ("disabled-offline", "waits: accsyn's app or user server of dana@acme.test is disabled"),
    ],
)
def test_user_whose_machines_are_away_lets_jobs_wait(open_endpoints, office, dana, status, expected) -> None:
    office.demo.workspace.add_client("dana-ws1", dana, status=status)
    assert told(open_endpoints(), "dana@acme.test") == expected


def test_one_machine_of_a_user_that_is_online_is_enough_for_any(open_endpoints, office, dana) -> None:
    office.demo.workspace.add_client("dana-ws1", dana, status="offline")
    office.demo.workspace.add_client("dana-ws2", dana)
    endpoints = open_endpoints()
    assert told(endpoints, "dana@acme.test") is None
    assert told(endpoints, "dana@acme.test@dana-ws2") is None
    assert told(endpoints, "dana@acme.test@dana-ws1") == "waits: the accsyn client of dana-ws1 is offline"


def test_client_that_is_offline_lets_jobs_wait(open_endpoints, office, dana) -> None:
    client = office.demo.workspace.add_client("dana-ws1", dana, status="offline")
    assert told(open_endpoints(), f"client={client.id}") == "waits: the accsyn client of dana-ws1 is offline"


def test_user_who_never_had_a_client_is_told(open_endpoints, dana) -> None:
    assert told(open_endpoints(), "dana@acme.test") == "dana@acme.test never had accsyn's app or user server running"


def test_employee_to_whom_others_machines_are_not_shown_is_told_nothing_of_them(
    open_endpoints, office, dana, monkeypatch
) -> None:
    monkeypatch.setattr(office.demo.workspace, "employee_clients", False, raising=False)
    assert told(open_endpoints("artist"), "dana@acme.test") is None


def test_disabled_user_is_no_destination(open_endpoints, office, dana) -> None:
    office.demo.workspace.add_client("dana-ws1", dana)
    dana.status = "disabled"
    assert told(open_endpoints(), "dana@acme.test") == "the user dana@acme.test is disabled in accsyn"
    assert told(open_endpoints(), "dana@acme.test@dana-ws1") == "the user dana@acme.test is disabled in accsyn"


def test_volume_that_accsyn_does_not_have_is_told(open_endpoints, office, monkeypatch) -> None:
    assert told(open_endpoints(), "hq", volume="assets") == (
        "accsyn has no volume assets, or does not show it to admin@acme.test"
    )
    monkeypatch.setattr(office.demo.volume, "status", "disabled")
    assert told(open_endpoints(), "hq") == "the volume projects is disabled in accsyn"


def test_role_that_may_not_transfer_volumes_is_told(open_endpoints) -> None:
    assert told(open_endpoints("vendor"), "hq") == (
        "vendor@acme.test has the role standard in accsyn, which may not transfer volumes"
    )


@pytest.mark.parametrize(
    ("read", "write", "path", "to_hq", "from_hq", "to_london"),
    [
        (True, True, "/", None, None, None),
        (True, False, "/", "write", None, "write"),
        (False, True, "/", None, "read", "read"),
        (True, False, "/show", None, None, None),
    ],
)
def test_missing_right_of_an_employee_is_told(
    open_endpoints, office, monkeypatch, read, write, path, to_hq, from_hq, to_london
) -> None:
    (grant,) = (each for each in office.demo.workspace.entities.values() if _is_own_grant(each, office))
    for name, value in {"read": read, "write": write, "path": path}.items():
        monkeypatch.setattr(grant, name, value)
    endpoints = open_endpoints("artist")

    def missing(right: Optional[str], more: str = "") -> Optional[str]:
        return None if right is None else f"artist@acme.test may not {right} in the volume projects{more}"

    assert told(endpoints, "hq") == missing(to_hq)
    assert told(endpoints, "hq", write=False) == missing(from_hq)
    assert told(endpoints, "site=london") == missing(to_london, ", which transfers of sites need")


def _is_own_grant(entity: Any, office: Any) -> bool:
    return entity.kind == "acl" and entity.user_id == office.demo.artist.id


def test_obstacle_reads_as_a_sentence() -> None:
    assert str(Obstacle("the site x is away", "Wait.")) == "The site x is away. Wait."
