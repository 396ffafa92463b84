"""What accsyn carries at the moment for every machine of the studio."""

from __future__ import annotations

from typing import Any

from ftrack_accsyn_accessor.model.route import KEY
from ftrack_accsyn_accessor.workspace import Job, Workspace
from ftrack_accsyn_sandbox.accsyn import demo

UPLOAD = "show_a ftrack upload artist.ws1 > studio.hq 2026-11-21"
SEND = "ftrack send studio.hq > studio.london 2026-11-20"


def create(workspace: Workspace, office: demo.Demo, name: str, key: str = "k", tasks: int = 1) -> Job:
    source = f"client={office.artist_client.id}:share=projects"
    made: list[dict[str, Any]] = [
        {"source": f"{source}/{number}.mov", "destination": "acme"} for number in range(tasks)
    ]
    return workspace.create_job(
        {"code": name, "tasks": made, "mirror_paths": True, "metadata": {KEY: key} if key else {}}
    )


def test_our_live_jobs_are_listed_whoever_made_them_in_one_call(open_workspace, service, office):
    artist = open_workspace("artist")
    upload = create(artist, office, UPLOAD)
    send = create(artist, office, SEND)
    create(artist, office, "show_a ftrack by hand", key="")
    create(artist, office, "dailies")
    door = open_workspace("admin")
    door.check_role()
    service.log.clear()

    found = door.our_jobs()

    assert {job.id for job in found} == {upload.id, send.id}
    assert service.log.operations() == ["transfer/find"]


def test_finished_jobs_are_those_of_the_named_days(workspace, office):
    upload, send = create(workspace, office, UPLOAD), create(workspace, office, SEND)
    for job in (upload, send):
        workspace.set_job_status(job.id, "aborted")

    assert workspace.our_jobs() == []
    assert [job.id for job in workspace.our_jobs(["2026-11-21"])] == [upload.id]
    assert len(workspace.our_jobs(["2026-11-21", "2026-11-20"])) == 2


def test_tasks_are_read_in_one_call_up_to_a_bound(workspace, service, office):
    job = create(workspace, office, UPLOAD, tasks=7)
    service.log.clear()

    assert len(workspace.first_tasks(job.id, 5)) == 5
    (first, *_) = workspace.first_tasks(job.id, 100)

    assert service.log.operations() == ["task/find"] * 2
    assert first.created
    assert first.source["client"] == office.artist_client.id


def test_clients_are_looked_up_together(workspace, office):
    office.artist_client.status = "offline"

    found = workspace.clients_by_id([office.artist_client.id, "0123456789abcdef01234567", "no id"])

    assert [(client.id, client.online) for client in found] == [(office.artist_client.id, False)]
