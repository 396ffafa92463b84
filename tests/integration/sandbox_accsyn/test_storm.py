"""Many clients and much interference at once: nothing is lost, doubled or half written."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

CLIENTS = 8
STEPS = 200


def test_clients_that_add_at_once_lose_and_double_nothing(acme: Any, session: Any) -> None:
    job_id = session.create("Transfer", acme.job("start.mov"))["id"]
    names = [f"{number}.mov" for number in range(40)]

    def add(seed: int) -> None:
        own = acme.login()
        shuffled = random.Random(seed).sample(names, len(names))
        for start in range(0, len(shuffled), 10):
            own.create("Task", [acme.task(name) for name in shuffled[start : start + 10]], job_id)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(add, range(CLIENTS)))
    (job,) = acme.service.workspace.jobs()
    wanted = sorted(acme.task(name)["source"] for name in ["start.mov", *names])
    assert sorted(task.source for task in job.tasks) == wanted
    assert len({task.uri for task in job.tasks}) == len(job.tasks)


def test_clients_that_create_at_once_get_a_job_each(acme: Any) -> None:
    def create(number: int) -> str:
        return str(acme.login().create("Transfer", acme.job(f"{number}.mov", code=f"job {number}"))["id"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = list(pool.map(create, range(2 * CLIENTS)))
    assert sorted(job.id for job in acme.service.workspace.jobs()) == sorted(ids)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_interference_never_leaves_a_half_written_file_or_a_lost_task(acme: Any, session: Any, seed: int) -> None:
    chance, engine, workspace = random.Random(seed), acme.service.engine, acme.service.workspace
    files = {f"dir/{number}.bin": bytes([number]) * 50_000 for number in range(12)}
    for path, content in files.items():
        acme.stage(path, content)
    engine.speed_bytes_per_s = 5_000_000
    engine.paused = False
    job_id = session.create("Transfer", acme.job(*files))["id"]
    steps: list[Callable[[], Any]] = [
        lambda: workspace.pause_job(job_id),
        lambda: workspace.resume_job(job_id),
        lambda: workspace.abort_job(job_id),
        lambda: session.create("Task", acme.task(chance.choice(list(files))), job_id),
        lambda: session.update_many("Task", job_id, [{"uri": str(chance.randrange(12)), "status": "onhold"}]),
        lambda: session.update_many("Task", job_id, [{"uri": str(chance.randrange(12)), "status": "queued"}]),
        lambda: engine.client_offline(acme.demo.artist_client.id),
        lambda: engine.client_online(acme.demo.artist_client.id),
        lambda: engine.fail_path("*.bin", times=1),
        lambda: setattr(engine, "paused", not engine.paused),
    ]
    for _ in range(STEPS):
        chance.choice(steps)()
        complete = [path for path in acme.hq.rglob("*.bin") if not path.name.startswith(".")]
        assert all(path.read_bytes() == files[f"dir/{path.name}"] for path in complete)
    engine.speed_bytes_per_s, engine.paused = None, False
    engine.clear_failures()
    engine.client_online(acme.demo.artist_client.id)
    session.create("Task", [acme.task(path) for path in files], job_id)
    workspace.resume_job(job_id)  # adding leaves a paused job paused
    engine.wait_idle()
    (job,) = workspace.jobs()
    assert (job.status, len(job.tasks)) == ("done", len(files))
    arrived = {path.relative_to(acme.hq).as_posix(): path.read_bytes() for path in acme.hq.rglob("*") if path.is_file()}
    assert arrived == files
