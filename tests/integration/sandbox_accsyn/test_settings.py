"""Settings of entities and the calls of accsyn's ftrack integration."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.entities import Ticks
from integration.sandbox_accsyn.bare_client import AccsynException

LOCATION = "11111111-2222-3333-4444-555555555555"
HQ = {"id": "66666666-7777-8888-9999-000000000000", "name": "studio.hq"}


@pytest.fixture(autouse=True)
def integration(acme: Any) -> Any:
    integration = acme.service.workspace.integration
    integration.upload_location, integration.upload_ident = dict(HQ), "acme"
    return integration


def register(acme: Any, session: Any, location: str = LOCATION) -> Any:
    data = {"client": acme.demo.artist_client.id, "location": location}
    return session.integration("ftrack", "client_register", data)


def ask(session: Any, name: str, location: str = LOCATION) -> Any:
    return session.get_setting(name=name, integration="ftrack", data={"location_id": location})


@pytest.mark.parametrize("kind", ["queue", "job"])
def test_setting_is_set_read_and_deleted(acme: Any, admin: Any, kind: str) -> None:
    queue = admin.find_one("Queue WHERE code=high")["id"]
    assert admin.get_setting("job_max_retries", kind, queue) is None
    assert admin.set_setting(kind, "job_max_retries", "5", queue) is True
    assert admin.get_setting("job_max_retries", kind, queue) == "5"
    assert admin.get_settings(kind, queue) == {"job_max_retries": "5"}
    assert admin.delete_setting(kind, "job_max_retries", queue) is True
    assert admin.delete_setting(kind, "job_max_retries", queue) is False


def test_settings_are_inherited_when_asked_for(acme: Any, admin: Any) -> None:
    acme.demo.artist_client.ticks[acme.demo.volume.id] = Ticks(read=True)
    job = admin.create("Transfer", acme.job("a.mov", settings={"own": "job"}))["id"]
    admin.set_setting("workspace", "from", "workspace")
    admin.set_setting("workspace", "own", "workspace")
    admin.set_setting("queue", "from", "queue", admin.find_one("Queue WHERE default=true")["id"])
    assert admin.get_settings("transfer", job) == {"own": "job"}
    assert admin.get_settings("transfer", job, upstream=True) == {"own": "job", "from": "queue"}
    assert admin.get_setting("from") == "workspace"


def test_folder_inherits_from_its_volume(acme: Any, admin: Any) -> None:
    folder = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "in"})["id"]
    admin.set_setting("volume", "a", "b", acme.demo.volume.id)
    assert admin.get_settings("folder", folder, upstream=True) == {"a": "b"}


def test_value_that_is_no_string_is_refused(admin: Any) -> None:
    with pytest.raises(AccsynException, match="must be strings"):
        admin._event("PUT", "setting", {"entitytype": "workspace", "name": "a", "value": 1})


def test_settings_of_nothing_are_refused(admin: Any) -> None:
    with pytest.raises(AccsynException, match="No queue found"):
        admin.get_settings("queue", "0" * 24)
    with pytest.raises(AccsynException, match="Unknown entity type"):
        admin.get_settings("unicorn", "0" * 24)


def test_employees_change_settings_of_jobs_only(acme: Any, session: Any) -> None:
    job = session.create("Transfer", acme.job("a.mov"))["id"]
    assert session.set_setting("transfer", "a", "b", job) is True
    for entity_type, ident in (("workspace", None), ("queue", session.find("Queue")[0]["id"])):
        with pytest.raises(AccsynException, match="not allowed"):
            session.set_setting(entity_type, "a", "b", ident)


def test_registered_location_learns_where_to_upload(acme: Any, session: Any, integration: Any) -> None:
    assert register(acme, session) is None
    assert ask(session, "upload_location") == HQ
    assert ask(session, "upload_ident") == "acme"
    assert integration.registered == {LOCATION: acme.demo.artist_client.id}


def test_location_that_nobody_registered_learns_nothing(session: Any) -> None:
    assert ask(session, "upload_location") is None
    assert ask(session, "upload_ident") is None


def test_destination_itself_has_nothing_to_sync(acme: Any, session: Any) -> None:
    register(acme, session, HQ["id"])
    assert ask(session, "upload_location", HQ["id"]) is None


def test_one_location_can_upload_elsewhere(acme: Any, session: Any, integration: Any) -> None:
    london = {"id": "l", "name": "studio.london"}
    integration.locations[LOCATION] = (london, "site=london")
    register(acme, session)
    assert (ask(session, "upload_location"), ask(session, "upload_ident")) == (london, "site=london")


def test_switched_off_integration_refuses(acme: Any, session: Any, integration: Any) -> None:
    integration.enabled = False
    with pytest.raises(AccsynException, match="not enabled"):
        register(acme, session)
    with pytest.raises(AccsynException, match="not enabled"):
        ask(session, "upload_location")


@pytest.mark.parametrize(
    ("name", "operation", "data", "message"),
    [
        ("shotgrid", "client_register", {"location": LOCATION}, "not enabled"),
        ("ftrack", "something", {"location": LOCATION}, "Unknown operation"),
        ("ftrack", "client_register", {"client": "0" * 24}, "client and location"),
        ("ftrack", "client_register", {"client": "0" * 24, "location": LOCATION}, "Unknown client"),
        ("ftrack", "client_register", {"client": "short", "location": LOCATION}, "Invalid entity id"),
    ],
)
def test_impossible_integration_call_is_refused(
    session: Any, name: str, operation: str, data: dict[str, str], message: str
) -> None:
    with pytest.raises(AccsynException, match=message):
        session.integration(name, operation, data)


def test_integration_setting_needs_a_location_and_a_known_name(acme: Any, session: Any) -> None:
    with pytest.raises(AccsynException, match="supply location_id"):
        session.get_setting(name="upload_location", integration="ftrack")
    register(acme, session)
    with pytest.raises(AccsynException, match="Unknown setting"):
        ask(session, "download_location")


def test_client_of_another_user_is_registered_by_administrators_only(acme: Any, session: Any, admin: Any) -> None:
    data = {"client": acme.demo.hq_server.id, "location": LOCATION}
    with pytest.raises(AccsynException, match="another user"):
        session.integration("ftrack", "client_register", data)
    assert admin.integration("ftrack", "client_register", data) is None
