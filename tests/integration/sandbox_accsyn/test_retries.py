"""accsyn's own retries: off, by hand, and by themselves after a delay."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.running import last, run, tree


def fail(acme: Any, session: Any, **settings: str) -> None:
    """Let a job with *settings* fail once, its task being able to succeed from then on."""
    acme.stage("a.mov")
    acme.service.engine.fail_path("a.mov", times=1)
    assert run(acme, session, acme.task("a.mov"), acme.task("missing.mov"), settings=settings) == "failed"


def set_somewhere(acme: Any, admin: Any, where: str, name: str, value: str) -> dict[str, str]:
    """Make a setting at the workspace or at the default queue; return it when it is to be one of the job's own."""
    if where == "job":
        return {name: value}
    queue = acme.service.workspace.default_queue.id if where == "queue" else None
    admin.set_setting(where, name, value, queue)
    return {}


@pytest.mark.parametrize("settings", [{}, {"job_max_retries": "0"}, {"job_max_retries": "many"}])
def test_nothing_is_retried_unless_a_setting_says_so(
    acme: Any, session: Any, engine: Any, settings: dict[str, str]
) -> None:
    fail(acme, session, job_autoretray_delay_s="0", **settings)
    assert engine.retry_failed() == 0
    assert (last(acme).status, acme.states()) == ("failed", ["failed", "failed"])


@pytest.mark.parametrize("where", ["job", "queue", "workspace"])
def test_failed_job_is_done_without_anybody_asking(
    acme: Any, session: Any, admin: Any, engine: Any, where: str
) -> None:
    own = set_somewhere(acme, admin, where, "job_max_retries", "2")
    fail(acme, session, **own)
    acme.stage("missing.mov")
    assert engine.retry_failed() == 1
    engine.wait_idle()
    assert (last(acme).status, acme.states()) == ("done", ["done", "done"])
    assert sorted(tree(acme.hq)) == ["a.mov", "missing.mov"]
    assert engine.retry_failed() == 0


def test_retried_job_waits_before_it_runs(acme: Any, session: Any, engine: Any) -> None:
    fail(acme, session, job_max_retries="1")
    engine.paused = True
    assert engine.retry_failed() == 1
    assert (last(acme).status, acme.states()) == ("waiting", ["queued", "queued"])
    assert [task.reason for task in last(acme).tasks] == ["", ""]


def test_retries_are_used_up_until_somebody_asks(acme: Any, session: Any, engine: Any) -> None:
    fail(acme, session, job_max_retries="2")
    counts = []
    for _ in range(3):
        counts.append(engine.retry_failed())
        engine.wait_idle()
    assert (counts, last(acme).status) == ([1, 1, 0], "failed")
    session.update("Transfer", last(acme).id, {"status": "waiting"})
    engine.wait_idle()
    assert engine.retry_failed() == 1
    engine.wait_idle()
    session.create("Task", acme.task("b.mov"), last(acme).id)
    engine.wait_idle()
    assert engine.retry_failed() == 1


@pytest.mark.parametrize("how", ["pause_job", "abort_job", "archive_job"])
def test_job_that_somebody_has_taken_out_is_not_retried(acme: Any, session: Any, engine: Any, how: str) -> None:
    fail(acme, session, job_max_retries="1")
    getattr(acme.service.workspace, how)(last(acme).id)
    assert engine.retry_failed() == 0


@pytest.mark.parametrize("where", ["job", "queue", "workspace"])
def test_delay_lets_it_happen_by_itself(acme: Any, session: Any, admin: Any, engine: Any, where: str) -> None:
    own = set_somewhere(acme, admin, where, "job_autoretray_delay_s", "0.01")
    acme.stage("a.mov")
    engine.fail_path("a.mov", times=2)
    run(acme, session, acme.task("a.mov"), settings={"job_max_retries": "2", **own})
    assert engine.wait_until(lambda: last(acme).status == "done")


def test_long_delay_is_waited_for(acme: Any, session: Any, engine: Any) -> None:
    fail(acme, session, job_max_retries="5", job_autoretray_delay_s="3600")
    assert last(acme).status == "failed"


def test_delay_set_after_the_failure_counts(acme: Any, session: Any, engine: Any) -> None:
    fail(acme, session, job_max_retries="1")
    acme.stage("missing.mov")
    session.set_setting("transfer", "job_autoretray_delay_s", "0", last(acme).id)
    assert engine.wait_until(lambda: last(acme).status == "done")
