"""An accsyn that answers byte by byte holds nobody longer than a call may take, and is told of."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import Uncertain, Unreachable, WorkspaceError
from ftrack_accsyn_sandbox.accsyn import AccsynService
from ftrack_accsyn_sandbox.switches import TRICKLE_PARTS
from integration.workspace.conftest import NAME, payload
from integration.workspace.test_connection import secure, secure_door

__all__ = ["secure"]

pytestmark = pytest.mark.usefixtures("short_silence")


@pytest.mark.parametrize("part", TRICKLE_PARTS)
@pytest.mark.parametrize(
    ("operation", "kind"), [("master", Unreachable), ("api/login", Unreachable), ("queue/find", Uncertain)]
)
def test_a_trickling_answer_to_a_question_is_given_up(workspace, service, operation, kind, part):
    service.switches.trickle(operation, part=part)
    with pytest.raises(WorkspaceError) as caught:
        workspace.find_queue("show_a")
    assert type(caught.value) is kind
    assert caught.value.outcome.endswith("no answer in time")
    service.switches.clear()
    assert workspace.find_queue("show_a")


@pytest.mark.parametrize("part", TRICKLE_PARTS)
def test_a_trickling_answer_to_a_creation_leaves_it_open(workspace, service, office, part):
    workspace.check_role()
    service.switches.trickle("transfer/create", part=part)
    with pytest.raises(Uncertain):
        workspace.create_job(payload(office))
    service.switches.clear()
    assert len(workspace.find_jobs(NAME)) == 1


@pytest.mark.parametrize("part", TRICKLE_PARTS)
def test_a_trickling_answer_over_tls_is_given_up(secure: AccsynService, part):
    door = secure_door(secure, certificate=str(secure.certificate))
    secure.switches.trickle("api/login", part=part)
    with pytest.raises(Unreachable, match="no answer in time"):
        door.check_role()
    secure.switches.clear()
    assert door.check_role() == "employee"
    door.close()


def test_login_and_call_share_the_time_of_one(open_workspace, service):
    door = open_workspace(limit_s=1.0)
    service.switches.latency_s = 0.4  # look-up and login are in time, the third answer would be after 1.2 s
    with pytest.raises(Uncertain, match="no answer in time"):
        door.find_queue("show_a")
    assert service.log.count("queue/find") <= 1
    service.switches.clear()
    assert door.find_queue("show_a")


def test_renewed_login_and_the_call_that_needs_it_share_the_time_of_one(open_workspace, service, office):
    door = open_workspace(limit_s=1.0)
    door.check_role()
    office.workspace.expire_sessions()
    service.switches.latency_s = 0.3  # refusal, look-up and login are in time, the fourth answer would be after 1.2 s
    with pytest.raises(WorkspaceError, match="no answer in time"):
        door.find_queue("show_a")
    service.switches.clear()
    assert door.find_queue("show_a")
