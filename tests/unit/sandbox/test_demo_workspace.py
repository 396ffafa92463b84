"""The demo workspace, and the look-ups of a workspace that need no server."""

from __future__ import annotations

import socket
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.accsyn import access, demo
from ftrack_accsyn_sandbox.accsyn.demo import Demo
from ftrack_accsyn_sandbox.accsyn.entities import (
    CLIENT_APP,
    CLIENT_USER_SERVER,
    Party,
    Queue,
    Share,
    Ticks,
    User,
)
from ftrack_accsyn_sandbox.accsyn.errors import Denied


def test_demo_has_its_people_places_and_machines(acme: Demo) -> None:
    workspace = acme.workspace
    assert (workspace.code, acme.volume.code) == ("acme", "projects")
    roles = {user.code: user.role for user in workspace.each(User)}
    assert roles == {
        "admin@acme.test": "admin",
        "artist@acme.test": "employee",
        "vendor@acme.test": "standard",
        "remote@acme.test": "employee",
    }
    assert (acme.hq_server.roles, acme.london_server.roles) == ("storage", "storage,site")
    assert workspace.main_site is workspace.site("hq")
    assert workspace.client(socket.gethostname()) is acme.artist_client
    assert workspace.default_queue.code == "Medium"
    assert workspace.default_volume is acme.volume


def test_made_up_mac_is_not_listed(monkeypatch: pytest.MonkeyPatch, acme: Demo) -> None:
    # The only way to be a machine without a readable network card.
    monkeypatch.setattr(uuid, "getnode", lambda: 1 << 40 | 0xAB)
    folder = acme.hq.folders[acme.volume.id]
    assert demo.build(folder, folder, folder).artist_client.host_id == ""
    monkeypatch.setattr(uuid, "getnode", lambda: 0x0242AC110002)
    assert demo.build(folder, folder, folder).artist_client.host_id == "02:42:AC:11:00:02"


def test_entities_are_found_by_id_or_code_without_case(acme: Demo) -> None:
    queue = acme.workspace.get(Queue, "SHOW_A")
    assert queue is not None
    assert acme.workspace.get(Queue, queue.id.upper()) is queue
    assert acme.workspace.get(User, queue.id) is None
    queue.archived = True
    assert acme.workspace.get(Queue, "show_a") is None
    assert acme.workspace.get(Queue, queue.id) is queue


def test_folders_lie_in_their_volume_at_each_party(acme: Demo) -> None:
    incoming = acme.workspace.add(Share("in", "in", type="folder", parent_id=acme.volume.id, path="a/b"))
    for party, holder in (
        (Party("workspace", acme.workspace.id), acme.hq),
        (Party("site", acme.london.id), acme.london),
        (Party("client", acme.artist_client.id), acme.artist_client),
        (Party("user", acme.artist.id), acme.artist_client),
    ):
        root = holder.folders[acme.volume.id]
        party = acme.workspace.resolved(party)
        assert acme.workspace.folder(party, acme.volume.id) == root
        assert acme.workspace.folder(party, incoming.id) == root / "a" / "b"
    vendor = acme.workspace.resolved(Party("user", acme.vendor.id))
    assert acme.workspace.folder(vendor, acme.volume.id) is None


@pytest.mark.parametrize("kind", ["workspace", "site", "client", "user"])
def test_party_is_resolved_to_a_machine_and_stays_the_same_party(acme: Demo, kind: str) -> None:
    idents = {"workspace": acme.workspace.id, "site": acme.london.id}
    idents.update(client=acme.artist_client.id, user=acme.artist.id)
    machines = {"workspace": acme.hq_server, "site": acme.london_server}
    party = Party(kind, idents[kind])
    resolved = acme.workspace.resolved(party)
    assert resolved.machine_id == machines.get(kind, acme.artist_client).id
    assert resolved == party


def test_machine_that_is_online_goes_before_one_that_was_later(acme: Demo) -> None:
    other = acme.add_machine("other", None, status="offline")
    other.last_checkin += timedelta(hours=1)
    party = Party("user", acme.artist.id)
    assert acme.workspace.resolved(party).machine_id == acme.artist_client.id
    acme.artist_client.status = "offline"
    assert acme.workspace.resolved(party).machine_id == other.id
    nobody = acme.workspace.add_user("new@acme.test", "key", "standard")
    assert acme.workspace.resolved(Party("user", nobody.id)).machine_id is None


def test_employee_elsewhere_has_the_volume_mapped_by_environment_and_the_vendor_nothing(
    acme: Demo, tmp_path: Path
) -> None:
    assert acme.remote_client.folders == acme.vendor_client.folders == {}
    made = demo.build(tmp_path, tmp_path, tmp_path, tmp_path / "remote")
    assert made.remote_client.type == CLIENT_USER_SERVER
    assert made.remote_client.folders == {made.volume.id: tmp_path / "remote"}
    assert made.remote_client.ticks == {made.volume.id: Ticks(read=True, write=True, by_environment=True)}


def test_share_is_mapped_on_all_machines_that_its_user_has_there_now(acme: Demo, tmp_path: Path) -> None:
    macs = "AA:BB:CC:00:11:22"
    app, server = (acme.add_machine("ws7", None, host_id=macs, type=type) for type in (CLIENT_APP, CLIENT_USER_SERVER))
    foreign = acme.add_machine("ws7", None, host_id=macs, user=acme.vendor)
    acme.workspace.map_share(app, acme.volume, tmp_path, Ticks(write=True))
    later = acme.add_machine("ws7", None, host_id=macs)
    assert app.folders == server.folders == {acme.volume.id: tmp_path}
    assert app.ticks == server.ticks == {acme.volume.id: Ticks(write=True)}
    assert foreign.folders == later.folders == {}


@pytest.mark.parametrize("look_up", ["user", "job", "client", "site"])
def test_unknown_name_is_a_key_error(acme: Demo, look_up: str) -> None:
    with pytest.raises(KeyError, match="nobody"):
        getattr(acme.workspace, look_up)("nobody")


@pytest.mark.parametrize(
    ("granted", "share", "path", "allowed"),
    [
        ("volume", "volume", "any/thing", True),
        ("volume", "folder", "x", True),
        ("folder", "folder", "x", True),
        ("folder", "volume", "in/x", False),
        ("volume:/in", "volume", "in/x", True),
        ("volume:/in", "volume", "inside/x", False),
        ("volume:/in", "folder", "x", True),
        ("volume:/out", "folder", "x", False),
    ],
)
def test_grant_reaches_what_lies_below_it(acme: Demo, granted: str, share: str, path: str, allowed: bool) -> None:
    shares = {
        "volume": acme.volume,
        "folder": acme.workspace.add(Share("in", "in", type="folder", parent_id=acme.volume.id, path="in")),
    }
    name, _, root = granted.partition(":")
    acme.workspace.grant(acme.vendor, shares[name], path=root or "/", write=False)
    if allowed:
        access.check_share(acme.workspace, acme.vendor, shares[share], path, write=False)
    else:
        with pytest.raises(Denied, match="no read access"):
            access.check_share(acme.workspace, acme.vendor, shares[share], path, write=False)
    with pytest.raises(Denied, match="no write access"):
        access.check_share(acme.workspace, acme.vendor, shares[share], path, write=True)


def test_grant_of_another_user_helps_nobody(acme: Demo) -> None:
    with pytest.raises(Denied):
        access.check_share(acme.workspace, acme.vendor, acme.volume, "x", write=False)
    access.check_share(acme.workspace, acme.artist, acme.volume, "x", write=True)
