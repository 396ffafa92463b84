"""Hooks: commands that the workspace runs as child processes when jobs end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_sandbox.accsyn.payload import OBSCURED
from helpers import wait_until
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run

INPUT, OUTPUT = "${PATH_JSON_INPUT}", "${PATH_JSON_OUTPUT}"
DONE, FAILED = "post-done-server", "post-failed-server"
VENDOR = "vendor@acme.test"


@pytest.fixture
def hook(acme: Any, tmp_path: Path) -> Callable[..., None]:
    """Have a text of Python run at the moment of a hook; in it `payload` is what the hook is told."""

    def configure(name: str, text: str = "", **environment: str) -> None:
        script = tmp_path / f"{name}.py"
        script.write_text(f"import json, sys\npayload = json.load(open(sys.argv[1]))\n{text}\n")
        acme.service.workspace.hooks.environment = environment
        acme.service.workspace.hooks.set(name, [sys.executable, "-S", str(script), INPUT, OUTPUT])

    return configure


@pytest.fixture
def shared(acme: Any, admin: Any) -> str:
    made = admin.create(
        "Folder",
        {
            "parent": acme.demo.volume.id,
            "path": "show/from",
            "name": "from",
            "code": "from",
            "metadata": {"kind": "in"},
        },
    )
    admin.grant("User", VENDOR, "Folder", "from", {"read": True, "write": True, "path": "/"})
    return str(made["id"])


def runs(acme: Any) -> Any:
    return acme.service.workspace.hooks.runs


def test_hook_is_told_of_a_vendors_upload(acme: Any, engine: Any, hook: Any, shared: str, tmp_path: Path) -> None:
    hook(DONE)
    (tmp_path / "a.mov").write_bytes(b"data")
    vendor = acme.login("vendor")
    task = {"source": str(tmp_path / "a.mov"), "destination": "folder=from/v001/a.mov"}
    assert run(acme, vendor, task, metadata={"accsyn_ftrack": {"request": "r"}}) == "done"
    (ended,) = runs(acme)
    told, job, workspace = ended.payload, last(acme), acme.service.workspace
    assert (ended.name, ended.exit_code, ended.trouble) == (DONE, 0, "")
    assert (told["hook"], told["id"], told["code"], told["status"]) == (DONE, job.id, "a job", "running")
    assert (told["user"], told["user_hr"]) == (acme.demo.vendor.id, VENDOR)
    assert told["source"] == f"user:{acme.demo.vendor.id}"
    assert told["source_hr"] == f"user:{VENDOR}[standard]({acme.demo.vendor.id})"
    assert told["destination"] == f"workspace:{workspace.id}"
    assert told["destination_hr"] == f"workspace:acme({workspace.id})"
    assert (told["queue_hr"], told["size"], told["version"]) == ("Medium", 4, "3.6-5")
    assert told["metadata"] == {"internal": {"kind": "in"}, "external": {"accsyn_ftrack": {"request": "r"}}}
    assert [(row["role"], row["code"]) for row in told["clients"]] == [
        ("client", "vendor-desk"),
        ("server", "server-hq"),
    ]
    (shown,) = told["tasks"].values()
    assert (shown["id"], shown["status"], shown["size"]) == (job.tasks[0].id, "done", 4)
    assert shown["source"] == {
        "client": acme.demo.vendor_client.id,
        "user": acme.demo.vendor.id,
        "path": OBSCURED,
    }
    there = shown["destination"]
    assert (there["v"], there["s"], there["s_hr"]) == (acme.demo.volume.id, shared, "from")
    assert (there["path"], there["path_abs"]) == ("v001/a.mov", str(acme.hq / "show/from/v001/a.mov"))
    assert there["path_abs_final"] == there["path_abs"]


def test_switches_of_what_a_hook_is_told(acme: Any, engine: Any, hook: Any, shared: str, tmp_path: Path) -> None:
    hook(DONE)
    hooks = acme.service.workspace.hooks
    hooks.prefix, hooks.clients_by_role, hooks.metadata_in_parts = "job-", True, False
    hooks.final_paths, hooks.status = False, "done"
    (tmp_path / "a.mov").write_bytes(b"data")
    task = {"source": str(tmp_path / "a.mov"), "destination": "folder=from/a.mov"}
    assert run(acme, acme.login("vendor"), task, metadata={"mine": 1}) == "done"
    told = runs(acme)[0].payload
    assert (told["hook"], told["status"], told["metadata"]) == (f"job-{DONE}", "done", {"kind": "in", "mine": 1})
    assert {role: row["code"] for role, row in told["clients"].items()} == {
        "client": "vendor-desk",
        "server": "server-hq",
    }
    assert "path_abs_final" not in told["tasks"]["0"]["destination"]


def test_process_has_the_environment_of_the_daemon_alone_and_no_shell(
    acme: Any, session: Any, engine: Any, hook: Any
) -> None:
    hook(
        DONE,
        "import os\nprint(sorted({*os.environ} - {'__CF_USER_TEXT_ENCODING'}), sys.argv[3:], sys.stdin.read())",
        MINE="1",
        LC_ALL="C",
    )
    acme.service.workspace.hooks.commands[DONE] += ["$HOME", "; false", "*"]
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "done"
    names = [*(name for name in ("SYSTEMROOT", "WINDIR") if name in os.environ), "LC_ALL", "MINE"]
    assert runs(acme)[0].output.strip() == f"{sorted(names)} ['$HOME', '; false', '*']"
    assert last(acme).log == [runs(acme)[0].output]


@pytest.mark.parametrize("name", [DONE, f"job-{DONE}", f"hook-job-{DONE}"])
def test_hook_is_known_by_each_of_its_names(acme: Any, name: str) -> None:
    acme.service.workspace.hooks.set(name, ["x"])
    assert acme.service.workspace.hooks.commands == {DONE: ["x"]}
    acme.service.workspace.hooks.set(DONE, None)
    assert acme.service.workspace.hooks.commands == {}
    with pytest.raises(ValueError, match="Unknown hook"):
        acme.service.workspace.hooks.set("post-mortem", ["x"])


def test_every_job_runs_the_hook_and_again_with_all_tasks_when_it_got_more(
    acme: Any, session: Any, engine: Any, hook: Any
) -> None:
    hook(DONE)
    for name in ("a.mov", "b.mov"):
        acme.stage(name)
    assert run(acme, session, acme.task("a.mov"), mirror_paths=True) == "done"
    job = last(acme).id
    session.create("Task", [acme.task("b.mov", None)], job)
    engine.wait_idle()
    assert last(acme).status == "done"
    assert run(acme, session, {"source": "null", "destination": "site=london:null"}) == "done"  # nothing to do
    assert [(row.payload["id"] == job, list(row.payload["tasks"])) for row in runs(acme)] == [
        (True, ["0"]),
        (True, ["0", "1"]),
        (False, ["0"]),
    ]


def test_failing_hook_fails_the_job_until_somebody_retries_it(
    acme: Any, session: Any, engine: Any, hook: Any, tmp_path: Path
) -> None:
    hook(DONE, f"import os\nsys.exit(0 if os.path.exists({str(tmp_path / 'well')!r}) else 'not yet')")
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov"), settings={"job_max_retries": "5"}) == "failed"
    assert (last(acme).log, acme.states()) == (
        ["not yet\n", f"The hook {DONE} ended with exit code 1 (E#J006)"],
        ["done"],
    )
    assert engine.retry_failed() == 0
    (tmp_path / "well").touch()
    session.update("Transfer", last(acme).id, {"status": "waiting"})
    engine.wait_idle()
    assert last(acme).status == "done"
    assert [row.exit_code for row in runs(acme)] == [1, 0]
    session.update("Transfer", last(acme).id, {"status": "waiting"})  # which has nothing to do
    engine.wait_idle()
    assert len(runs(acme)) == 2


def test_hook_that_takes_too_long_is_ended_and_fails_the_job(acme: Any, session: Any, engine: Any, hook: Any) -> None:
    hook(DONE, "print('begun', flush=True)\nimport time\ntime.sleep(60)")
    acme.service.workspace.hooks.limit_s = 0.3
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "failed"
    assert runs(acme)[0].exit_code is None
    assert "E#J006" in last(acme).log[-1]


def test_program_that_is_not_there_fails_the_job(acme: Any, session: Any, engine: Any) -> None:
    acme.service.workspace.hooks.set(DONE, ["/nowhere/at-all"])
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "failed"
    assert "/nowhere/at-all" in last(acme).log[0]


def test_each_failure_of_a_job_runs_the_hook_for_it(acme: Any, session: Any, engine: Any, hook: Any) -> None:
    hook(FAILED)
    hook(DONE, "sys.exit(payload['tasks']['0']['status'] != 'done')")
    acme.stage("a.mov")
    engine.fail_path("a.mov", times=2)
    assert run(acme, session, acme.task("a.mov"), settings={"job_max_retries": "1"}) == "failed"
    engine.retry_failed()
    engine.wait_idle()
    session.update("Transfer", last(acme).id, {"status": "waiting"})
    engine.wait_idle()
    assert last(acme).status == "done"
    assert [(row.name, row.payload["tasks"]["0"]["status"]) for row in runs(acme)] == [
        (FAILED, "failed"),
        (FAILED, "failed"),
        (DONE, "done"),
    ]


def test_hook_before_a_job_may_refuse_it(acme: Any, session: Any, engine: Any, hook: Any) -> None:
    hook("pre-submit-server", "sys.exit(payload['code'] == 'bad')")
    acme.stage("a.mov")
    with pytest.raises(AccsynException, match="pre-submit-server ended with exit code 1"):
        session.create("Transfer", {**acme.job("a.mov"), "code": "bad"})
    assert acme.service.workspace.jobs() == []
    assert run(acme, session, acme.task("a.mov")) == "done"
    assert [(row.payload["status"], row.payload["id"] == last(acme).id) for row in runs(acme)] == [
        ("init", False),
        ("init", True),
    ]


def test_hook_that_fails_is_a_failure_of_the_job_too(acme: Any, session: Any, engine: Any, hook: Any) -> None:
    hook(FAILED)
    hook(DONE, "sys.exit(3)")
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "failed"
    assert [(row.name, row.exit_code) for row in runs(acme)] == [(DONE, 3), (FAILED, 0)]


def test_hook_calls_accsyn_and_waits_for_another_job(
    acme: Any, session: Any, engine: Any, hook: Any, tmp_path: Path
) -> None:
    text = """
import os, time
from accsyn_api.session import Session
session = Session("acme", "admin@acme.test", "admin-demo-key", proxy=sys.argv[3], path_envfile=os.devnull)
if payload["name"] == "a job":
    task = {"source": "volume=projects/a.mov", "destination": "site=london"}
    other = session.create("Transfer", {"code": "leg 2", **task})
    while session.get_entity("Transfer", other["id"])["status"] != "done":
        time.sleep(0.01)
    print(session.get_entity("Transfer", payload["id"])["status"])
"""
    hook(DONE, text, PYTHONPATH=os.pathsep.join(sys.path), NETRC=os.devnull, NO_PROXY="127.0.0.1")
    acme.service.workspace.hooks.commands[DONE].append(f"127.0.0.1:{acme.service.port}")
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "done"
    assert [(job.name, job.status) for job in acme.service.workspace.jobs()] == [("a job", "done"), ("leg 2", "done")]
    assert runs(acme)[-1].output.split()[-1] == "running"
    assert (acme.london / "a.mov").exists()


def test_job_that_gets_tasks_while_its_hook_runs_ends_once_more(
    acme: Any, session: Any, engine: Any, hook: Any, tmp_path: Path
) -> None:
    text = f"""
import os, time
open({str(tmp_path)!r} + f"/begun{{len(payload['tasks'])}}", "w")
while len(payload["tasks"]) == 1 and not os.path.exists({str(tmp_path / "go")!r}):
    time.sleep(0.01)
sys.exit(2 if len(payload["tasks"]) == 1 else 0)
"""
    hook(DONE, text)
    for name in ("a.mov", "b.mov"):
        acme.stage(name)
    job = session.create("Transfer", acme.job("a.mov"))["id"]
    wait_until((tmp_path / "begun1").exists)
    session.create("Task", [acme.task("b.mov")], job)
    wait_until((tmp_path / "begun2").exists)
    (tmp_path / "go").touch()
    engine.wait_idle()
    assert sorted(row.exit_code for row in runs(acme)) == [0, 2]
    assert last(acme).status == "done"


def test_two_processes_may_run_for_one_job_at_once(acme: Any, session: Any, engine: Any, hook: Any) -> None:
    hook(DONE, "import os\nprint(os.getpid())")
    acme.service.workspace.hooks.twice = True
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "done"
    assert len({row.output for row in runs(acme)}) == 2
    assert runs(acme)[0].payload == runs(acme)[1].payload


def test_hooks_wait_for_their_server(acme: Any, session: Any, engine: Any, hook: Any) -> None:
    hook(DONE)
    acme.stage("a.mov")
    engine.hold_at("a.mov")
    session.create("Transfer", {**acme.job("a.mov"), "tasks": [acme.task("a.mov", "site=london")]})
    engine.wait_held()
    engine.client_offline(acme.demo.hq_server.id)
    engine.release()
    assert engine.wait_until(lambda: acme.states() == ["done"])
    engine.wait_idle()
    assert (runs(acme), last(acme).status) == ([], "running")
    assert "W#J061" in last(acme).log[-1]
    engine.client_online(acme.demo.hq_server.id)
    engine.wait_idle()
    assert (len(runs(acme)), last(acme).status) == (1, "done")


def test_service_that_stops_ends_its_hooks(acme: Any, session: Any, engine: Any, hook: Any, tmp_path: Path) -> None:
    hook(DONE, f"import time\nopen({str(tmp_path / 'begun')!r}, 'w')\ntime.sleep(600)")
    acme.stage("a.mov")
    session.create("Transfer", acme.job("a.mov"))
    wait_until((tmp_path / "begun").exists)
    acme.service.stop()
    assert [row.exit_code for row in runs(acme)] == [-9] or os.name == "nt"


def test_hooks_are_nothing_that_the_api_tells(acme: Any, session: Any, hook: Any) -> None:
    hook(DONE)
    with pytest.raises(AccsynException, match="Unknown entity type"):
        session.find("Hook WHERE name=x")
