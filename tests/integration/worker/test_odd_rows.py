"""One row of an answer that nobody can make sense of is one such row: everything else is followed as ever."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import State
from tracking import Desk

#: Values of JSON that no number of bytes, percent or MB/s has, and that a database does not take.
ABSURD = ["1e400", "-1e400", "NaN", "9" * 400, "9" * 5000, "-7", '"many"', '"nan"', "null", "[]", "{}", "true"]


def answer(*rows: str) -> bytes:
    return f'{{"result": [{", ".join(rows)}]}}'.encode()


def job_row(job_id: str, value: str) -> str:
    return f'{{"id": "{job_id}", "status": "running", "size": {value}, "progress": {value}, "speed": {value}}}'


@pytest.mark.parametrize("value", ABSURD, ids=lambda value: value[:8])
def test_absurd_numbers_of_one_job_stop_the_following_of_none(desk: Desk, value: str) -> None:
    desk.publish_files("odd")
    desk.publish_files("sound", project="show_b")
    desk.submit()
    odd, sound = (job.id for job in desk.studio.accsyn.workspace.jobs())
    body = answer(job_row(odd, value), job_row(sound, "50"), value, job_row("x" * 24, value))
    desk.studio.accsyn.switches.fail_next("transfer/find", status=200, body=body, times=1000)
    desk.step()
    assert desk.all_in(State.SUBMITTED)
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()

    desk.follow(lambda: desk.all_in(State.SYNCED))


@pytest.mark.parametrize("value", [*ABSURD, r'"\ud800"'], ids=lambda value: value[:8])
def test_an_absurd_task_stops_no_other_of_its_job(desk: Desk, value: str) -> None:
    desk.publish_files("odd", "sound")
    desk.submit()
    (job,) = desk.studio.accsyn.workspace.jobs()
    sound: dict[str, Any] = {"id": job.tasks[1].id, "status": "done", "size": 2000}
    sound.update(source={"path": "show_a/sq010/sh010/plate/v001/sound.mov"}, destination={})
    names = ("status", "size", "progress", "speed", "source", "destination", "metadata", "finished", "uri")
    odd = ", ".join(f'"{name}": {value}' for name in names)
    body = answer(value, f'{{"id": "{job.tasks[0].id}", {odd}}}', json.dumps(sound))
    desk.studio.accsyn.switches.fail_next("task/find", status=200, body=body, times=1000)

    for _ in range(5):
        desk.step()
    assert desk.states()["sound"] == "synced"
    assert desk.states()["odd"] != "synced"
