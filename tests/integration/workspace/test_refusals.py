"""A refusal that repeats names and paths of ours is a refusal, and costs no new login."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import Refused, Unauthorised
from integration.workspace.conftest import payload

PATHS = ["unauthorized/plate.mov", "too many requests/session expired.mov"]


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("path", PATHS)
def test_a_refused_path_that_reads_like_a_failed_login_is_refused(workspace, service, office, path, status):
    workspace.check_role()
    task = {"source": f"client={office.artist_client.id}:share=projects/{path}", "destination": "acme"}
    service.switches.fail_next("task/create", status=status, body={"message": f"Cannot add {path} to the job"})
    with pytest.raises(Refused, match="Cannot add"):
        workspace.add_tasks("0" * 24, [task])
    assert service.log.count("api/login") == 1


def test_a_job_whose_name_reads_like_a_failed_login_is_refused_by_its_id(workspace, service, office):
    job = workspace.create_job({**payload(office), "code": "Unauthorized ftrack upload"})
    service.switches.fail_next("task/edit", status=200, body={"message": "Unauthorized ftrack upload is no live job"})
    with pytest.raises(Refused):
        workspace.retry_tasks(job.id, ["0"])
    assert service.log.count("api/login") == 1


def test_a_failed_login_beside_a_path_of_that_name_is_noticed(workspace, service, office):
    workspace.check_role()
    body = {"message": "Session expired: projects/unauthorized/plate.mov was not added"}
    service.switches.fail_next("task/create", status=200, body=body, times=2)
    with pytest.raises(Unauthorised):
        workspace.add_tasks("0" * 24, [{"source": "share=projects/unauthorized/plate.mov"}])
    assert service.log.count("api/login") == 2
