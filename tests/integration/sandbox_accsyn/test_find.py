"""find, find_one and get_entity on every entity type: scopes, references, attributes, limits."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException


def codes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["code"] for row in rows]


def create(session: Any, acme: Any, code: str) -> str:
    return str(session.create("Transfer", acme.job(f"{code}.mov", code=code))["id"])


def test_this_machine_is_found_by_user_and_type(acme: Any, session: Any) -> None:
    (client,) = session.find(f"Client WHERE (type=0 OR type=2) AND user={session._uid}")
    assert client["code"] == socket.gethostname()
    assert (client["status"], client["user_hr"]) == ("online", "artist@acme.test")
    assert {"host_id", "roles", "last_checkin", "site"} <= set(client)
    assert session.app_is_running() is True


def test_default_volume_is_found_by_administrators(acme: Any, admin: Any) -> None:
    (volume,) = admin.find("Volume WHERE default=true")
    assert (volume["code"], volume["type"], volume["path"]) == ("projects", "volume", str(acme.hq))


@pytest.mark.parametrize(("access", "expected"), [("empty", []), ("granted", ["projects"])])
def test_volumes_for_employees_follow_the_workspace(acme: Any, session: Any, access: str, expected: list[str]) -> None:
    with pytest.raises(AccsynException, match="not allowed to read volumes"):
        session.find("Volume")
    acme.service.workspace.employee_volumes = access
    assert codes(session.find("Volume")) == expected


def test_share_means_folder(admin: Any, acme: Any) -> None:
    admin.create("Folder", {"parent": acme.demo.volume.id, "path": "in/vendor", "name": "Incoming"})
    assert codes(admin.find("Share")) == codes(admin.find("Folder")) == ["Incoming"]
    assert admin.find_one("Folder WHERE parent=projects")["path"] == "in/vendor"


def test_sites_and_queues_have_their_demo_content(session: Any) -> None:
    assert {site["code"]: site["main"] for site in session.find("Site")} == {"hq": True, "london": False}
    assert {queue["code"]: queue["priority"] for queue in session.find("Queue")} == {
        "High": 999,
        "Medium": 500,
        "Low": 1,
        "show_a": 600,
    }
    assert codes(session.find("Queue WHERE default=true")) == ["Medium"]


def test_servers_are_clients_of_type_one(session: Any) -> None:
    assert codes(session.find("Server")) == codes(session.find("Client WHERE type=1")) == ["server-hq", "server-london"]
    assert codes(session.find("Client WHERE site=london")) == ["server-london"]


def test_users_are_found_by_mail_without_regard_to_case(admin: Any) -> None:
    assert admin.find_one("User WHERE code=ARTIST@acme.test")["role"] == "employee"
    assert admin.find_one("User WHERE code=nobody@acme.test") is None


def test_jobs_are_found_by_every_reference(acme: Any, session: Any) -> None:
    create(session, acme, "one")
    for query in (
        "user=artist@acme.test",
        f"user={session._uid}",
        "destination=acme",
        "destination=hq",
        f"destination=workspace:{acme.demo.workspace.id}",
        "source=artist@acme.test",
        "parent=medium",
        f"parent={acme.demo.workspace.default_queue.id}",
        "status in 'waiting,running'",
        "code=on*",
    ):
        assert codes(session.find(f"Transfer WHERE {query}")) == ["one"], query
    assert session.find("Transfer WHERE destination=london") == []


def test_names_are_compared_without_case_and_with_wildcards(acme: Any, session: Any) -> None:
    create(session, acme, "Show_A x > hq")
    create(session, acme, "show_a X > HQ")
    create(session, acme, "show_a * > hq")
    assert len(session.find('Transfer WHERE code="show_a x > hq"')) == 2
    assert len(session.find('Transfer WHERE code="show_a * > hq"')) == 3


def test_job_is_another_word_for_transfer(acme: Any, session: Any) -> None:
    create(session, acme, "one")
    assert codes(session.find("Job")) == ["one"]


def test_finished_jobs_are_found_only_when_asked_for(acme: Any, session: Any) -> None:
    ids = {status: create(session, acme, status) for status in ("waiting", "done", "aborted", "paused")}
    for status, job_id in ids.items():
        session.update("Transfer", job_id, {"status": status})
    assert codes(session.find("Transfer")) == ["waiting", "paused"]
    assert codes(session.find("Transfer", finished=True)) == ["done", "aborted"]
    assert session.find(f"Transfer WHERE id={ids['done']}") == []


def test_single_entity_query_looks_among_finished_ones_too(acme: Any, session: Any) -> None:
    session.update("Transfer", create(session, acme, "one"), {"status": "done"})
    assert session.find_one("Transfer WHERE code=one")["status"] == "done"
    assert session.find_one("Transfer WHERE code=one", finished=False) is None


def test_archived_jobs_are_found_by_id_or_when_asked_for(acme: Any, session: Any) -> None:
    job_id = create(session, acme, "one")
    assert session.delete_one("Transfer", job_id) is True
    assert session.find("Transfer") == session.find("Transfer", finished=True) == []
    assert session.find_one("Transfer WHERE code=one") is None
    assert codes(session.find("Transfer", archived=True)) == ["one"]
    assert session.get_entity("Transfer", job_id)["id"] == job_id


def test_deleted_job_is_gone(acme: Any, session: Any) -> None:
    job_id = create(session, acme, "one")
    acme.service.workspace.delete_job(job_id)
    assert session.get_entity("Transfer", job_id) is None
    assert session.find("Transfer", archived=True) == []


def test_entity_of_another_type_is_not_found_by_id(acme: Any, session: Any) -> None:
    assert session.get_entity("Queue", create(session, acme, "one")) is None


def test_deactivated_entities_are_found_only_when_asked_for(admin: Any) -> None:
    user = admin.find_one("User WHERE code=vendor@acme.test")
    assert admin.deactivate_one("User", user["id"]) is True
    assert admin.find_one("User WHERE code=vendor@acme.test") is None
    assert codes(admin.find("User", inactive=True)) == ["vendor@acme.test"]
    assert admin.get_entity("User", user["id"])["code"] == "vendor@acme.test"
    assert admin.activate_one("User", "vendor@acme.test") is True
    assert admin.find_one("User WHERE code=vendor@acme.test")


def test_limit_and_skip_cut_the_answer(acme: Any, session: Any) -> None:
    for code in ("a", "b", "c"):
        create(session, acme, code)
    assert codes(session.find("Transfer", limit=2)) == ["a", "b"]
    assert codes(session.find("Transfer", limit=2, skip=2)) == ["c"]


def test_wanted_attributes_come_with_the_id_only(acme: Any, session: Any) -> None:
    job_id = create(session, acme, "one")
    assert session.find("Transfer", attributes=["status", "code"]) == [
        {"id": job_id, "status": "waiting", "code": "one"}
    ]


@pytest.mark.parametrize("query", ["metadata=x", "nothing=1", "code=", "code like x"])
def test_query_that_cannot_be_answered_is_refused(acme: Any, session: Any, query: str) -> None:
    create(session, acme, "one")
    with pytest.raises(AccsynException, match=r"Unknown attribute|Invalid query"):
        session.find(f"Transfer WHERE id=* and {query}")


def test_unknown_wanted_attribute_is_refused(acme: Any, session: Any) -> None:
    create(session, acme, "one")
    with pytest.raises(AccsynException, match='"reason"'):
        session.find("Transfer", attributes=["reason"])


def test_tasks_are_found_below_their_job(acme: Any, session: Any) -> None:
    job_id = session.create("Transfer", acme.job("a.mov", "b.mov"))["id"]
    assert [task["uri"] for task in session.find("Task", entityid=job_id)] == ["1", "0"]
    assert [task["uri"] for task in session.find("Task WHERE uri=0", entityid=job_id)] == ["0"]
    assert [task["uri"] for task in session.find(f"Task WHERE job.id={job_id} AND status=queued")] == ["1", "0"]
    assert session.find(f"Task WHERE task.uri=5 AND job.id={job_id}") == []


def test_tasks_of_a_finished_job_are_found(acme: Any, session: Any) -> None:
    job_id = session.create("Transfer", acme.job("a.mov"))["id"]
    session.update("Transfer", job_id, {"status": "aborted"})
    assert len(session.find("Task", entityid=job_id)) == 1


def test_tasks_without_job_are_refused(session: Any) -> None:
    with pytest.raises(AccsynException, match="beneath a job"):
        session.find("Task WHERE status=queued")
    with pytest.raises(AccsynException, match="Invalid entity id"):
        session.find("Task", entityid="short")
    with pytest.raises(AccsynException, match="No job found"):
        session.find("Task", entityid="0" * 24)


def test_entity_types_and_attributes_are_listed(session: Any) -> None:
    assert {"transfer", "task", "volume"} <= set(session.find("entitytypes"))
    assert {"code", "main"} <= set(session.find("attributes WHERE entitytype=site"))
    assert session.find("attributes WHERE entitytype=task") == []


def test_types_without_entities_find_nothing(session: Any) -> None:
    assert session.find("Delivery") == []
