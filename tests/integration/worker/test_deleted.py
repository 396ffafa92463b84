"""A job that somebody deletes in accsyn is noticed, wherever it stands among others that live."""

from __future__ import annotations

import pytest

from tracking import Desk

PROJECTS = ["show_a", "show_b"]


@pytest.mark.parametrize("deleted", [0, 1])
def test_of_two_live_jobs_the_deleted_one_is_noticed_and_the_other_goes_on(desk: Desk, deleted: int) -> None:
    for project in PROJECTS:
        desk.publish_files(project, project=project)
    desk.submit()
    jobs = desk.studio.accsyn.workspace.jobs()
    assert [job.name.split()[0] for job in jobs] == PROJECTS
    desk.step()
    desk.studio.accsyn.workspace.delete_job(jobs[deleted].id)
    desk.studio.accsyn.engine.paused = False

    desk.settle()

    assert desk.states() == {PROJECTS[deleted]: "needs-attention: job-gone", PROJECTS[1 - deleted]: "synced"}


def test_both_of_two_live_jobs_deleted_are_noticed(desk: Desk) -> None:
    for project in PROJECTS:
        desk.publish_files(project, project=project)
    desk.submit()
    desk.step()
    for job in desk.studio.accsyn.workspace.jobs():
        desk.studio.accsyn.workspace.delete_job(job.id)

    desk.settle()

    assert set(desk.states().values()) == {"needs-attention: job-gone"}
