"""The log of a job: what failed, what it waits for, each under accsyn's code, and how it is asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run, tree


def log(session: Any, job_id: str, **options: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = session.logs("job", job_id, **options)["result"]
    return rows


def codes(session: Any, job_id: str, **options: Any) -> list[str]:
    return [match for row in log(session, job_id, **options) for match in re.findall(r"[EW]#J\d{3}", row["message"])]


def test_missing_source_and_what_is_in_the_way_are_errors(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("b.mov")
    acme.stage("pack/deep/c.mov")
    (acme.hq / "b.mov" / "in the way").mkdir(parents=True)
    (acme.hq / "pack").mkdir()
    (acme.hq / "pack" / "deep").write_bytes(b"in the way")
    tasks = [acme.task(name) for name in ("a.mov", "b.mov", "pack")]
    assert run(acme, session, *tasks) == "failed"
    rows = log(session, last(acme).id)
    assert [(row["level"], row["message"][-8:]) for row in rows] == [
        *(("error", "(E#J001)"), ("error", "(E#J055)"), ("error", "(E#J058)"))
    ]
    assert all(row["date"].utcoffset() is not None for row in rows)


def test_too_little_space_is_an_error(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov", b"12345")
    acme.demo.volume.free_bytes = 4
    assert run(acme, session, acme.task("a.mov")) == "failed"
    assert codes(session, last(acme).id) == ["E#J057"]
    assert tree(acme.hq) == {}
    acme.demo.volume.free_bytes = 5
    session.update("Transfer", last(acme).id, {"status": "waiting"})
    engine.wait_idle()
    assert (last(acme).status, tree(acme.hq)) == ("done", {"a.mov": b"12345"})
    acme.demo.volume.free_bytes = 0
    assert run(acme, session, acme.task("a.mov")) == "done"  # it is there already
    assert run(acme, session, acme.task("a.mov", "site=london")) == "done"  # of a site nothing is known


def test_each_reason_to_wait_is_one_line_however_long_it_lasts(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    client, server = acme.demo.artist_client, acme.demo.hq_server
    engine.client_offline(client.id)
    engine.client_offline(server.id)
    assert run(acme, session, acme.task("a.mov")) == "waiting"
    job = last(acme).id
    assert codes(session, job) == ["W#J050"]
    engine.client_online(client.id)
    engine.wait_idle()
    assert codes(session, job) == ["W#J050", "W#J055"]
    engine.client_online(server.id)
    engine.wait_idle()
    assert last(acme).status == "done"
    assert codes(session, job) == ["W#J050", "W#J055"]
    assert {row["level"] for row in log(session, job)} == {"warning"}


def test_same_reason_coming_back_is_a_new_line(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    engine.client_offline(acme.demo.artist_client.id)
    run(acme, session, acme.task("a.mov"))
    engine.client_online(acme.demo.artist_client.id)
    engine.wait_idle()
    engine.client_offline(acme.demo.artist_client.id)
    session.create("Task", acme.task("a.mov"), last(acme).id)
    engine.wait_idle()
    assert codes(session, last(acme).id) == ["W#J050", "W#J050"]


@pytest.mark.parametrize("what", ["job", "queue"])
def test_paused_job_and_paused_queue_block(acme: Any, session: Any, admin: Any, engine: Any, what: str) -> None:
    acme.stage("a.mov")
    queue = admin.find_one("Queue WHERE code=low")["id"]
    if what == "queue":
        admin.update("Queue", queue, {"status": "paused"})
    paused = {"status": "paused"} if what == "job" else {}
    job = session.create("Transfer", acme.job("a.mov", queue="Low", **paused))["id"]
    engine.wait_idle()
    assert codes(session, job) == ["W#J067"]
    admin.update("Queue", queue, {"status": "waiting"})
    session.update("Transfer", job, {"status": "waiting"})
    engine.wait_idle()
    assert last(acme).status == "done"


def test_job_behind_another_between_the_same_ends_says_so(acme: Any, session: Any, engine: Any) -> None:
    for name in ("a.mov", "b.mov", "c.mov"):
        acme.stage(name)
    engine.hold_at("a.mov")
    first = session.create("Transfer", acme.job("a.mov", "b.mov"))["id"]
    engine.wait_held()
    behind = session.create("Transfer", acme.job("c.mov"))["id"]
    elsewhere = session.create("Transfer", acme.job("c.mov", destination="site=london"))["id"]
    engine.release()
    engine.wait_idle()
    assert [codes(session, job) for job in (first, behind, elsewhere)] == [[], ["W#J053"], []]


def test_log_is_searched_reversed_and_cut_into_pages(acme: Any, session: Any, engine: Any) -> None:
    names = ["a.mov", "b.mov", "c.mov"]
    run(acme, session, *(acme.task(name) for name in names))
    job = last(acme).id

    def named(**options: Any) -> list[str]:
        return [name for row in log(session, job, **options) for name in names if name in row["message"]]

    assert named() == names
    assert named(sort_reverse=True) == names[::-1]
    assert named(search="B.MOV") == ["b.mov"]
    assert named(search="e#j001") == names
    assert named(pagination_limit=2) == names[:2]
    assert named(pagination_limit=2, pagination_page=2) == names[2:]
    assert named(pagination_limit=1, pagination_skip=1) == ["b.mov"]
    assert session.logs("workspace")["result"] == []
    with pytest.raises(AccsynException, match="No job found"):
        session.logs("job", "0" * 24)
