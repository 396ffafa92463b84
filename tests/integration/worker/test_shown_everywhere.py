"""What becomes of a transfer is told alike by the outbox, ftrack, `status --json` and the tab: one test a situation."""

from __future__ import annotations

import threading
from typing import Callable

import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from everywhere import Places, Shown
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_sandbox.ftrack.errors import ServerError
from qt_support import Window, windows
from situations import (
    ABORTED,
    ALL_THERE,
    ON_ITS_WAY,
    ONE_OF_THREE_FAILED,
    STUCK,
    accsyn_registers,
    arrived,
    carry_on,
    half_way,
    three_with_a_bad_one,
)
from tracking import Desk

__all__ = ["windows"]


@pytest.fixture
def places(desk: Desk, windows: Callable[..., Window]) -> Places:
    return Places(desk, windows)


def test_one_of_three_files_fails(desk: Desk, places: Places) -> None:
    three_with_a_bad_one(desk)

    wanted = ONE_OF_THREE_FAILED
    assert places.shown(wanted) == wanted


def test_failing_file_repaired_and_retried(desk: Desk, places: Places) -> None:
    three_with_a_bad_one(desk)
    assert places.shown(ONE_OF_THREE_FAILED) == ONE_OF_THREE_FAILED
    engine = desk.studio.accsyn.engine
    engine.clear_failures()
    engine.paused = True
    desk.studio.accsyn.workspace.resume_job(desk.job().id)
    desk.settle()

    wanted = Shown(
        outbox={"first": "synced", "bad": "submitted", "last": "synced"},
        causes={},
        at_hq={"first": "v001/first.mov", "last": "v001/last.mov"},
        ftrack_jobs=[("running", "JOB: 0 of 1 file, 0 %")],
        status=["last: synced, 100 %, 1/1", "bad: submitted, 0 %, 0/1", "first: synced, 100 %, 1/1"],
        summary="0 pending, 1 moving, 0 stuck, 2 synced, 0 %",
        safe_to_quit=True,
        reason=ON_ITS_WAY.format("1 component"),
        exit_code=exit_codes.MOVING,
        tab=[
            "last | 1 / 1 | Synced | 100% | good",
            "bad | 0 / 1 | Queued | 0% | busy",
            "first | 1 / 1 | Synced | 100% | good",
        ],
        head="1 on the way | busy",
        unsent=0,
    )
    assert places.shown(wanted) == wanted

    carry_on(desk)

    wanted = arrived("first", "bad", "last", ftrack_job="JOB: 1 of 1 file (2.0 kB) synced")
    assert places.shown(wanted) == wanted


def test_job_aborted_in_the_middle(desk: Desk, places: Places) -> None:
    half_way(desk, places)
    desk.studio.accsyn.workspace.abort_job(desk.job().id)
    carry_on(desk)

    wanted = Shown(
        outbox={"first": "synced", "frames": "needs-attention: aborted", "last": "needs-attention: aborted"},
        causes={"frames": ABORTED, "last": ABORTED},
        at_hq={"first": "v001/first.mov"},
        ftrack_jobs=[("failed", f"JOB: 1 of 6 files synced; 2 of 3 components need attention. {ABORTED}")],
        status=[
            "last: needs-attention (aborted), 0 %, 0/1",
            "frames: needs-attention (aborted), 75 %, 3/4",
            "first: synced, 100 %, 1/1",
        ],
        summary="0 pending, 0 moving, 2 stuck, 1 synced",
        safe_to_quit=True,
        reason=f"2 components have not arrived, {STUCK}",
        exit_code=exit_codes.ATTENTION,
        tab=[
            "last | 0 / 1 | Needs attention |  | bad, failed",
            "frames | 3 / 4 | Needs attention | 75% | bad, failed",
            "first | 1 / 1 | Synced | 100% | good",
        ],
        head="2 need attention | bad",
        unsent=0,
    )
    assert places.shown(wanted) == wanted


def test_job_paused_in_the_middle(desk: Desk, places: Places) -> None:
    half_way(desk, places)
    desk.studio.accsyn.workspace.pause_job(desk.job().id)
    carry_on(desk)

    cause = 'The sync job "JOB" is paused in accsyn. Resume the job in accsyn.'
    wanted = Shown(
        outbox={"first": "synced", "frames": "transferring: paused", "last": "submitted: paused"},
        causes={"frames": cause, "last": cause},
        at_hq={"first": "v001/first.mov"},
        ftrack_jobs=[("running", "JOB: 4 of 6 files, 54 %, paused in accsyn")],
        status=[
            "last: submitted (paused), 0 %, 0/1",
            "frames: transferring (paused), 75 %, 3/4",
            "first: synced, 100 %, 1/1",
        ],
        summary="0 pending, 2 moving, 0 stuck, 1 synced, 54 %",
        safe_to_quit=True,
        reason="2 components have not arrived; the jobs are paused in accsyn, so that nothing moves until somebody "
        "resumes them there.",
        exit_code=exit_codes.MOVING,
        tab=[
            "last | 0 / 1 | Paused | 0% | held",
            "frames | 3 / 4 | Paused | 75% | held",
            "first | 1 / 1 | Synced | 100% | good",
        ],
        head="2 paused in accsyn | held",
        unsent=0,
    )
    assert places.shown(wanted) == wanted


def test_job_deleted_in_the_middle(desk: Desk, places: Places) -> None:
    half_way(desk, places)
    desk.studio.accsyn.workspace.delete_job(desk.job().id)
    carry_on(desk)

    cause = 'The sync job "JOB" was deleted in accsyn before it had arrived. Retry it to have it sent with a new job.'
    wanted = Shown(
        outbox={"first": "synced", "frames": "needs-attention: job-gone", "last": "needs-attention: job-gone"},
        causes={"frames": cause, "last": cause},
        at_hq={"first": "v001/first.mov"},
        ftrack_jobs=[("failed", f"JOB: 1 of 6 files synced; 2 of 3 components need attention. {cause}")],
        status=[
            "last: needs-attention (job-gone), 0 %, 0/1",
            "frames: needs-attention (job-gone), 75 %, 3/4",
            "first: synced, 100 %, 1/1",
        ],
        summary="0 pending, 0 moving, 2 stuck, 1 synced",
        safe_to_quit=True,
        reason=f"2 components have not arrived, {STUCK}",
        exit_code=exit_codes.ATTENTION,
        tab=[
            "last | 0 / 1 | Needs attention |  | bad, failed",
            "frames | 3 / 4 | Needs attention | 75% | bad, failed",
            "first | 1 / 1 | Synced | 100% | good",
        ],
        head="2 need attention | bad",
        unsent=0,
    )
    assert places.shown(wanted) == wanted


def test_aborted_job_revived_by_other_tasks(desk: Desk, places: Places) -> None:
    desk.publish_files("first")
    desk.submit()
    desk.studio.accsyn.workspace.abort_job(desk.job().id)
    desk.settle()
    desk.publish_files("second")
    desk.submit()
    carry_on(desk)

    wanted = Shown(
        outbox={"first": "needs-attention: on-hold", "second": "synced"},
        causes={"first": "Its task was put on hold in accsyn. Queue the task in accsyn, or retry it here."},
        at_hq={"second": "v002/second.mov"},
        ftrack_jobs=[
            ("failed", f"JOB: 0 of 1 file synced; 1 of 1 components need attention. {ABORTED}"),
            ("done", "JOB: 1 of 1 file (2.0 kB) synced"),
        ],
        status=["first: needs-attention (on-hold), 0 %, 0/1", "second: synced, 100 %, 1/1"],
        summary="0 pending, 0 moving, 1 stuck, 1 synced",
        safe_to_quit=True,
        reason=f"1 component has not arrived, {STUCK}",
        exit_code=exit_codes.ATTENTION,
        tab=["first | 0 / 1 | Needs attention |  | bad, failed", "second | 1 / 1 | Synced | 100% | good"],
        head="1 needs attention | bad",
        unsent=0,
    )
    assert places.shown(wanted) == wanted


def test_accsyns_integration_registers_first(desk: Desk, places: Places) -> None:
    first, _ = desk.publish_files("first", "second")
    desk.submit()
    accsyn_registers(desk, first, "where/accsyn/put/it.mov")
    carry_on(desk)

    job = "JOB: 2 of 2 files (4.0 kB) synced"
    wanted = arrived("first", "second", ftrack_job=job, elsewhere={"first": "where/accsyn/put/it.mov"})
    assert places.shown(wanted) == wanted


def test_ours_registers_first(desk: Desk, places: Places) -> None:
    first, _ = desk.publish_files("first", "second")
    desk.submit()
    carry_on(desk)
    with pytest.raises(ServerError, match="Duplicate"):
        accsyn_registers(desk, first, "where/accsyn/put/it.mov")
    desk.settle()

    wanted = arrived("first", "second", ftrack_job="JOB: 2 of 2 files (4.0 kB) synced")
    assert places.shown(wanted) == wanted


def test_both_register_at_once(desk: Desk, places: Places) -> None:
    components = desk.publish_files("first", "second", "third")
    ftrack = desk.studio.ftrack
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    ftrack.log.clear()
    ftrack.switches.latency_s = 0.5  # between our look and our registration there is time for accsyn's

    def accsyns_integration() -> None:
        ftrack.log.wait_for("query:ComponentLocation")
        accsyn_registers(desk, components[1], "by/accsyn.mov")

    other = threading.Thread(target=accsyns_integration)
    other.start()
    desk.settle()
    other.join()

    job = "JOB: 3 of 3 files (6.0 kB) synced"
    wanted = arrived("first", "second", "third", ftrack_job=job, elsewhere={"second": "by/accsyn.mov"})
    assert places.shown(wanted) == wanted
    assert ftrack.log.count("create:ComponentLocation") == 2  # the first was refused


def test_job_paused_beside_one_that_runs(desk: Desk, places: Places) -> None:
    desk.publish_files("held")
    desk.submit()
    desk.studio.accsyn.workspace.pause_job(desk.job().id)
    desk.publish_files("free", project="show_b")
    desk.submit()
    desk.settle()

    summary = places.summary()

    assert (summary["moving"], summary["held"]) == (2, False)
    assert summary["safe_reason"] == ON_ITS_WAY.format("2 components")


def test_withdrawn_component_is_neither_arrived_nor_stuck(desk: Desk, places: Places) -> None:
    _, gone = desk.publish_files("good", "gone")
    desk.studio.ftrack.store.delete("Component", gone["id"])
    desk.submit()
    carry_on(desk)

    wanted = Shown(
        outbox={"good": "synced", "gone": "withdrawn"},
        causes={
            "gone": "ftrack does not have it in the staging location any more; it is not sent. "
            "`ftrack-accsyn clean --withdrawn` frees its staged files."
        },
        at_hq={"good": "v001/good.mov"},
        ftrack_jobs=[("done", "JOB: 1 of 1 file (2.0 kB) synced")],
        status=["gone: withdrawn, 0 %, 0/1", "good: synced, 100 %, 1/1"],
        summary="0 pending, 0 moving, 0 stuck, 1 synced, 1 withdrawn, 100 %",
        safe_to_quit=True,
        reason=ALL_THERE,
        exit_code=exit_codes.OK,
        tab=["gone | 0 / 1 | Withdrawn |  | waiting", "good | 1 / 1 | Synced | 100% | good"],
        head="Everything has arrived | good",
        unsent=0,
    )
    assert places.shown(wanted) == wanted


def test_shorter_retake_tells_everywhere_what_stays_at_the_destination(desk: Desk, places: Places) -> None:
    component = desk.publisher.publish_sequence(desk.version(), [1001, 1002, 1003, 1004])
    desk.submit()
    carry_on(desk)
    desk.location.remove_component(component)
    for member in list(component["members"])[2:]:
        component["members"].remove(member)
        desk.session.delete(member)
    desk.session.commit()
    desk.location.add_component(component, desk.session.get("Location", ORIGIN_LOCATION_ID))
    desk.submit()
    desk.settle()

    left = "2 files of its earlier content (frames.1003.exr .. frames.1004.exr) stay at the destination"
    assert places.notes("frames") == ([f"{left}."], f"{left}.")
    assert desk.ftrack_jobs()[-1] == (
        "done",
        f"{desk.job().name}: 2 of 2 files (400 B) synced; show_a sq010/sh010 plate v001 frames: {left}",
    )
    assert places.summary()["all_arrived"]
