"""What is found out about sources beforehand: paused jobs get a size, and missing sources are awaited."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.running import last, tree

NEVER_S = 3600.0


@pytest.fixture
def patient(engine: Any) -> Any:
    """The engine, waiting for missing sources for longer than any test takes."""
    engine.missing_grace_s = NEVER_S
    return engine


def test_paused_job_gets_a_size_and_stays_paused(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("pack/a.mov", b"12345")
    acme.stage("pack/b.mov", b"123")
    made = session.create("Transfer", {**acme.task("pack"), "status": "paused"})
    engine.wait_until(lambda: last(acme).tasks[0].size >= 0)
    row = session.find_one(f"Transfer WHERE id={made['id']}")
    assert (row["size"], row["status"], row["progress"]) == (8, "paused", 0)
    assert (acme.states(), tree(acme.hq)) == (["queued"], {})
    acme.stage("pack/c.mov", b"1")  # it is measured once more when it runs
    session.update("Transfer", made["id"], {"status": "waiting"})
    engine.wait_idle()
    assert (last(acme).status, last(acme).tasks[0].size) == ("done", 9)


def test_paused_job_without_its_source_or_machine_has_no_size(acme: Any, session: Any, engine: Any) -> None:
    session.create("Transfer", {**acme.task("a.mov"), "status": "paused"})
    engine.client_offline(acme.demo.artist_client.id)
    acme.stage("a.mov", b"12345")
    engine.wait_idle()
    assert session.find("Transfer")[0]["size"] == -1
    engine.client_online(acme.demo.artist_client.id)
    engine.wait_idle()
    assert session.find("Transfer")[0]["size"] == 5


def test_job_waits_for_a_missing_source_before_it_fails(acme: Any, session: Any, patient: Any) -> None:
    job = session.create("Transfer", acme.task("a.mov"))["id"]
    with pytest.raises(TimeoutError, match=r"a\.mov"):
        patient.wait_idle(timeout_s=0.1)
    assert session.get_entity("Transfer", job)["status"] == "waiting"
    assert (acme.states(), last(acme).log) == (["queued"], [])
    patient.missing_grace_s = 0.0
    patient.wait_idle()
    assert (last(acme).status, acme.states()) == ("failed", ["failed"])
    assert "E#J001" in last(acme).tasks[0].reason


def test_source_that_comes_while_it_is_awaited_is_sent(acme: Any, session: Any, engine: Any) -> None:
    engine.missing_grace_s = 1.5  # it is looked for again at its end
    session.create("Transfer", acme.task("a.mov"))
    acme.stage("a.mov")
    engine.wait_idle()
    assert (last(acme).status, tree(acme.hq)) == ("done", {"a.mov": b"data"})


def test_others_go_on_while_one_is_awaited(acme: Any, session: Any, patient: Any) -> None:
    acme.stage("b.mov")
    acme.stage("c.mov")
    tasks = [acme.task("a.mov", priority=900), acme.task("b.mov"), acme.task("c.mov", priority=700)]
    session.create("Transfer", {"tasks": tasks})
    session.create("Transfer", acme.task("c.mov"))
    assert patient.wait_until(lambda: [job.status for job in acme.service.workspace.jobs()] == ["waiting", "done"])
    assert acme.states(0) == ["queued", "done", "done"]


def test_retried_task_is_awaited_anew(acme: Any, session: Any, engine: Any) -> None:
    job = session.create("Transfer", acme.task("a.mov"))["id"]
    engine.wait_idle()
    engine.missing_grace_s = NEVER_S
    assert session.update("Transfer", job, {"status": "waiting"})["status"] == "waiting"
    with pytest.raises(TimeoutError):
        engine.wait_idle(timeout_s=0.1)
    acme.stage("a.mov")
    engine.client_online(acme.demo.artist_client.id)  # anything that happens lets it be looked for again
    engine.wait_idle()
    assert last(acme).status == "done"


def test_aborted_job_is_not_awaited(acme: Any, session: Any, patient: Any) -> None:
    job = session.create("Transfer", acme.task("a.mov"))["id"]
    session.update("Transfer", job, {"status": "aborted"})
    patient.wait_idle()
    assert acme.states() == ["queued"]


def test_engine_waits_by_itself(acme: Any, session: Any, engine: Any) -> None:
    engine.missing_grace_s = 0.05
    session.create("Transfer", acme.task("a.mov"))
    engine.wait_idle()
    assert last(acme).status == "failed"
