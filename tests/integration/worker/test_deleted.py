"""A job that somebody deletes, or archives, in accsyn is noticed, wherever it stands among others that live."""

from __future__ import annotations

import pytest

from tracking import Desk

PROJECTS = ["show_a", "show_b"]


@pytest.mark.parametrize("fate", ["delete_job", "archive_job"])
@pytest.mark.parametrize("gone", [0, 1])
def test_of_two_live_jobs_the_one_that_is_taken_away_is_noticed_and_the_other_goes_on(
    desk: Desk, gone: int, fate: str
) -> None:
    for project in PROJECTS:
        desk.publish_files(project, project=project)
    desk.submit()
    jobs = desk.studio.accsyn.workspace.jobs()
    assert [job.name.split()[0] for job in jobs] == PROJECTS
    desk.step()
    getattr(desk.studio.accsyn.workspace, fate)(jobs[gone].id)
    desk.studio.accsyn.engine.paused = False

    desk.settle()

    assert desk.states() == {PROJECTS[gone]: "needs-attention: job-gone", PROJECTS[1 - gone]: "synced"}


def test_both_of_two_live_jobs_deleted_are_noticed(desk: Desk) -> None:
    for project in PROJECTS:
        desk.publish_files(project, project=project)
    desk.submit()
    desk.step()
    for job in desk.studio.accsyn.workspace.jobs():
        desk.studio.accsyn.workspace.delete_job(job.id)

    desk.settle()

    assert set(desk.states().values()) == {"needs-attention: job-gone"}
