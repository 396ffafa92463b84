"""What leads to the situations in which all places have to show the same."""

from __future__ import annotations

from typing import Any, Callable

from everywhere import Places, Shown
from ftrack_accsyn_accessor.cli import exit_codes
from tracking import Desk

ON_ITS_WAY = "accsyn carries {} on by itself, as long as its client runs on this machine."
STUCK = "for reasons that somebody should look at; staying open does not change that."
ALL_THERE = "Everything that was published has arrived."
DISK_FULL = "E#J057 Disk full. (show_a/sq010/sh010/plate/v001/bad.mov)"
ABORTED = 'The sync job "JOB" was aborted in accsyn before it had arrived. Resume the job in accsyn, or retry it here.'


def carry_on(desk: Desk) -> None:
    """Let accsyn do what it can, and the tracker see it."""
    desk.studio.accsyn.engine.paused = False
    desk.settle()


def three_with_a_bad_one(desk: Desk) -> None:
    desk.publish_files("first", "bad", "last")
    desk.studio.accsyn.engine.fail_path("bad.mov", "E#J057 Disk full.")
    desk.submit()
    carry_on(desk)


ONE_OF_THREE_FAILED = Shown(
    outbox={"first": "synced", "bad": "needs-attention: transfer-failed", "last": "synced"},
    causes={"bad": f"accsyn could not transfer it: {DISK_FULL}. Have room made on that disk, then retry it"},
    at_hq={"first": "v001/first.mov", "last": "v001/last.mov"},
    ftrack_jobs=[
        (
            "failed",
            "JOB: 2 of 3 files synced; 1 of 3 components need attention. accsyn could not transfer it: "
            f"{DISK_FULL}. Have room made on that disk, then retry it; it is also tried again by itself.",
        )
    ],
    status=[
        "bad: needs-attention (transfer-failed), 0 %, 0/1",
        "last: synced, 100 %, 1/1",
        "first: synced, 100 %, 1/1",
    ],
    summary="0 pending, 0 moving, 1 stuck, 2 synced",
    safe_to_quit=True,
    reason=f"1 component has not arrived, {STUCK}",
    exit_code=exit_codes.ATTENTION,
    tab=[
        "bad | 0 / 1 | Needs attention |  | bad, failed",
        "last | 1 / 1 | Synced | 100% | good",
        "first | 1 / 1 | Synced | 100% | good",
    ],
    head="1 needs attention | bad",
    unsent=0,
)


def half_way(desk: Desk, places: Places) -> None:
    """Publish a file, a sequence of two ranges, a file; stand still when the first and three frames are through."""
    version = desk.version()
    desk.publisher.publish_file(version, "first")
    desk.publisher.publish_sequence(version, [1001, 1002, 1003, 1007])
    desk.publisher.publish_file(version, "last")
    assert places.summary()["safe_to_quit"] is False
    desk.submit()
    carry_only(desk, "first", "1001")
    desk.settle()
    wanted = Shown(
        outbox={"first": "synced", "frames": "transferring", "last": "submitted"},
        causes={},
        at_hq={"first": "v001/first.mov"},
        ftrack_jobs=[("running", "JOB: 4 of 6 files, 54 %")],
        status=["last: submitted, 0 %, 0/1", "frames: transferring, 75 %, 3/4", "first: synced, 100 %, 1/1"],
        summary="0 pending, 2 moving, 0 stuck, 1 synced, 54 %",
        safe_to_quit=True,
        reason=ON_ITS_WAY.format("2 components"),
        exit_code=exit_codes.MOVING,
        tab=[
            "last | 0 / 1 | Queued | 0% | busy",
            "frames | 3 / 4 | Transferring | 75% | busy",
            "first | 1 / 1 | Synced | 100% | good",
        ],
        head="2 on the way | busy",
        unsent=0,
    )
    assert places.shown(wanted) == wanted


def carry_only(desk: Desk, *names: str) -> None:
    """Let accsyn carry the tasks whose path holds one of *names*, and stand still then with the others queued."""
    workspace, engine, job = desk.studio.accsyn.workspace, desk.studio.accsyn.engine, desk.job()
    others = [task.uri for task in job.tasks if not any(name in task.source for name in names)]
    for uri in others:
        workspace.set_task_status(job.id, uri, "onhold")
    engine.paused = False
    engine.wait_idle()
    engine.paused = True
    for uri in others:
        workspace.set_task_status(job.id, uri, "queued")


def accsyn_registers(desk: Desk, component: Any, identifier: str) -> None:
    """Do what accsyn's ftrack integration does when a file has arrived; ftrack takes one registration only."""
    desk.studio.ftrack.store.create(
        "ComponentLocation",
        component_id=component["id"],
        location_id=desk.studio.ids["studio.hq"],
        resource_identifier=identifier,
    )


def arrived(*names: str, ftrack_job: str, elsewhere: Any = None) -> Shown:
    """Return what is shown when the files *names* have arrived, some with identifiers of accsyn's, *elsewhere*."""
    newest_first = names[::-1]
    return Shown(
        outbox=dict.fromkeys(names, "synced"),
        causes={},
        at_hq={name: f"v001/{name}.mov" for name in names} | (elsewhere or {}),
        ftrack_jobs=[("done", ftrack_job)],
        status=[f"{name}: synced, 100 %, 1/1" for name in newest_first],
        summary=f"0 pending, 0 moving, 0 stuck, {len(names)} synced, 100 %",
        safe_to_quit=True,
        reason=ALL_THERE,
        exit_code=exit_codes.OK,
        tab=[f"{name} | 1 / 1 | Synced | 100% | good" for name in newest_first],
        head="Everything has arrived | good",
        unsent=0,
    )


def dead_moving_and_waiting(desk: Desk) -> dict[str, Any]:
    """Bring about a component that needs attention, two that accsyn has and one that waits; return them by name."""
    desk.studio.accsyn.engine.fail_path("dead.mov", "E#J057 Disk full.")
    found = dict(zip(("dead",), desk.publish_files("dead")))
    desk.submit()
    carry_on(desk)
    desk.studio.accsyn.engine.paused = True
    found.update(zip(("moves", "too"), desk.publish_files("moves", "too")))
    desk.submit()
    found.update(zip(("waits",), desk.publish_files("waits")))
    return found


def _client(desk: Desk, wrong: bool) -> None:
    engine, client = desk.studio.accsyn.engine, desk.studio.demo.artist_client
    (engine.client_offline if wrong else engine.client_online)(client.id)


def _job(desk: Desk, wrong: bool) -> None:
    workspace, job_id = desk.studio.accsyn.workspace, desk.job().id
    (workspace.pause_job if wrong else workspace.resume_job)(job_id)


def _key(desk: Desk, wrong: bool) -> None:
    desk.publisher.environment(ACCSYN_API_KEY="wrong" if wrong else desk.studio.environment()["ACCSYN_API_KEY"])


def _pause(desk: Desk, wrong: bool) -> None:
    (desk.outbox.control.pause("artist") if wrong else desk.outbox.control.resume())


#: What may be wrong besides, by the kind of its cause: makes it so, or mends it.
WRONG: dict[str, Callable[[Desk, bool], None]] = {
    "client": _client,
    "job-paused": _job,
    "unauthorised": _key,
    "paused": _pause,
}
#: What cannot be known, or goes without saying, while something else is wrong.
HIDDEN = {"unauthorised": {"client", "job-paused"}, "paused": {"job-paused"}}
