"""`explain` for what cannot be staged for long, or only with another machine; the rest is tested on a real one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ftrack_accsyn_accessor.insight import rows, status, why
from ftrack_accsyn_accessor.insight.leading import NOBODY, NOBODY_REMEDY, Obstacle
from ftrack_accsyn_accessor.insight.own import NOTHING_TO_DO
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.situation import Accsyn, Alike, Fault, Place, Situation
from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import (
    AccsynAccessorError,
    Conflict,
    FileChanged,
    NeverSent,
    Refused,
    Unreachable,
)
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, RUNNING, Sent, State, Studio, Trouble
from ftrack_accsyn_accessor.model.settings import Problem
from ftrack_accsyn_accessor.outbox.leadership import Leader
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.outbox.tracking import Change
from unit.outbox.conftest import Desk

JOB_ID = "j" * 24


def situation(desk: Desk, **changes: Any) -> Situation:
    """Return a situation in which nothing is wrong with the machine, about the item that needs most attention."""
    found = rows.rows(desk.outbox, limit=1)
    known = Situation(
        now=desk.clock.now + 100,
        asked="it" if found else "",
        staging_variable="ACCSYN_PROJECTS_PATH",
        staging_path="/staging",
        summary=dataclasses.replace(status.summary(desk.outbox), staging_present=True, free_bytes=10**12),
        alike=tuple(Alike(row, 1, row.size_bytes) for row in found),
        accsyn=Accsyn(client="ws1", client_status="online"),
    )
    return dataclasses.replace(known, **changes)


def explain(known: Situation) -> tuple[str, str]:
    """Return the first thing that is told, and what to do."""
    first = why.explain(known)[0]
    return first.sentence, first.remedy


def job(status: str, queue: str = "", queue_status: str = "", ahead: int = 0) -> Accsyn:
    """Return what accsyn says of the sync job of the desk's items."""
    return Accsyn(client="ws1", client_status="online", jobs={JOB_ID: Place(status, queue, queue_status, ahead)})


def submit(desk: Desk) -> None:
    desk.outbox.submitted(desk.pending("c1"), desk.outbox.job_found(desk.job(), JOB_ID))


def in_the_way(frozen: bool) -> Obstacle:
    return Obstacle(Leader(12, "maya", 0.0, 0.0, 0.0), frozen, "maya (process 12) is in the way.", "End it.")


@pytest.mark.parametrize("frozen", [True, False])
def test_process_that_is_in_the_way_of_what_is_to_be_sent_is_named(desk: Desk, frozen: bool) -> None:
    desk.pending("c1")

    assert explain(situation(desk, obstacle=in_the_way(frozen))) == ("maya (process 12) is in the way.", "End it.")


@pytest.mark.parametrize(
    ("frozen", "status", "named"), [(True, "done", True), (True, "running", False), (False, "done", False)]
)
def test_frozen_process_is_in_the_way_of_a_job_once_that_is_through(
    desk: Desk, frozen: bool, status: str, named: bool
) -> None:
    submit(desk)
    accsyn = job(status)

    answer = explain(situation(desk, accsyn=accsyn, obstacle=in_the_way(frozen)))

    assert ("maya (process 12)" in answer[0]) is named


@pytest.mark.parametrize("asked", ["", "c1"])
def test_frozen_process_is_in_the_way_of_what_waits_to_be_queued(desk: Desk, asked: str) -> None:
    remark = Remark(Topic.UNQUEUED, "/outbox", 1, "1 component waits to be queued.", "It is queued by itself.")
    waits = situation(desk, asked=asked, unqueued=remark if asked else None)
    assert waits.summary is not None
    waits = dataclasses.replace(waits, summary=dataclasses.replace(waits.summary, remarks=(remark,)))

    assert explain(waits)[0] == "1 component waits to be queued."
    assert explain(dataclasses.replace(waits, obstacle=in_the_way(False)))[0] == "1 component waits to be queued."
    assert explain(dataclasses.replace(waits, obstacle=in_the_way(True)))[1] == "End it."


def test_own_settings_are_told_before_a_process_that_cannot_send_and_after_a_frozen_one(desk: Desk) -> None:
    desk.pending("c1")
    problems = (Problem("A", "is wrong.", "Mend A."),)

    assert explain(situation(desk, problems=problems, obstacle=in_the_way(False)))[1] == "Mend A."
    assert explain(situation(desk, problems=problems, obstacle=in_the_way(True)))[1] == "End it."


def test_full_staging_disk_is_told_where_everything_is_asked_for(desk: Desk) -> None:
    desk.pending("c1")
    full = dataclasses.replace(status.summary(desk.outbox), free_bytes=100)

    answer = explain(situation(desk, asked="", summary=full))

    assert answer[0] == "The disk of the staging area /staging is full: 100 B are free."
    assert "ftrack-accsyn clean" in answer[1]
    assert "is full" not in explain(situation(desk, summary=full, asked="c1"))[0]


def test_component_that_is_being_registered(desk: Desk) -> None:
    desk.prepare("c1")

    answer = explain(situation(desk))

    assert answer[0] == "show_a shot v001 main is being registered in ftrack by the application that publishes it."


def test_item_that_is_next(desk: Desk) -> None:
    desk.pending("c1")

    assert "is the worker's next work" in explain(situation(desk))[0]


def test_delayed_item_names_its_cause_and_the_time(desk: Desk) -> None:
    desk.outbox.delay(desk.pending("c1"), Unreachable("submit", "", "no line", "Mend it."), desk.clock.now + 130)

    answer = explain(situation(desk))

    assert answer == ("show_a shot v001 main waits: Could not submit: no line. It is tried again in 30 s.", "Mend it.")


def test_item_that_is_due_again_while_nobody_is_there_does_not_promise_to_be_tried(
    desk: Desk, leader: ProcessLock
) -> None:
    desk.outbox.delay(desk.pending("c1"), Unreachable("submit", "", "no line", "Mend it."), desk.clock.now + 10)
    leader.release()

    _, own = why.explain(situation(desk))

    assert own.sentence.endswith("Could not submit: no line. Nobody was there since then to try it again.")
    assert own.remedy == NOBODY_REMEDY


def test_fault_on_the_way_to_accsyn_comes_before_what_was_wrong_earlier(desk: Desk) -> None:
    desk.outbox.delay(desk.pending("c1"), Unreachable("submit", "", "no line", "Mend it."), desk.clock.now + 130)
    fault = Fault("unauthorised", "accsyn does not accept the key.", "Correct it.")

    assert explain(situation(desk, accsyn=Accsyn(fault=fault))) == (fault.what, fault.remedy)


def test_first_of_several_settings_is_named_with_their_number(desk: Desk) -> None:
    desk.pending("c1")
    problems = (Problem("A", "is wrong.", "Mend A."), Problem("B", "is wrong.", "Mend B."))

    answer = explain(situation(desk, problems=problems))

    assert answer == ("A is wrong. (and 1 more; see: ftrack-accsyn doctor)", "Mend A.")


def test_need_of_attention_comes_before_the_pause(desk: Desk) -> None:
    desk.outbox.needs_attention(desk.pending("c1"), Refused("submit", "", "no access", "Ask."), desk.clock.now + 700)
    desk.outbox.control.pause("artist")

    answer = explain(situation(desk))

    assert answer[0] == (
        "show_a shot v001 main needs attention: Could not submit: no access. It is tried again in 10 min."
    )
    assert answer[1] == "Ask."


def test_job_that_is_being_resumed(desk: Desk) -> None:
    submit(desk)
    desk.outbox.control.keep_paused_jobs([desk.job().id])
    paused = job("paused")

    assert "is being resumed in accsyn" in explain(situation(desk, accsyn=paused))[0]


def test_job_that_is_through_is_taken_note_of_unless_nobody_is_there(desk: Desk, leader: ProcessLock) -> None:
    submit(desk)

    assert "is through in accsyn, and is taken note of" in explain(situation(desk, accsyn=job("done")))[0]
    leader.release()
    assert explain(situation(desk, accsyn=job("done"))) == (NOBODY, NOBODY_REMEDY)


def test_job_that_failed_without_anybody_having_noticed(desk: Desk) -> None:
    submit(desk)
    failed = job("failed")

    assert "accsyn could not transfer everything" in explain(situation(desk, accsyn=failed))[0]


def test_failure_that_nobody_is_there_to_notice_is_told_by_who_looks(desk: Desk, leader: ProcessLock) -> None:
    submit(desk)
    leader.release()

    nobody, own = why.explain(situation(desk, accsyn=job("failed")))

    assert (nobody.sentence, own.remedy) == (NOBODY, f"{NOBODY_REMEDY} It tells which.")


def test_arrived_component_that_ftrack_does_not_take_yet(desk: Desk) -> None:
    submit(desk)
    item = desk.item("c1")
    cause = "ftrack could not be asked."
    change = Change(item, State.TRANSFERRING, item.progress, "ftrack", cause, arrived=True)
    desk.outbox.tracking.record([change])

    assert explain(situation(desk))[0] == f"show_a shot v001 main: {cause}"


def test_moving_component_tells_how_far_it_is(desk: Desk) -> None:
    submit(desk)
    item = desk.item("c1")
    moved = dataclasses.replace(item.progress, done_bytes=4, speed_bytes_per_s=2.0, left_s=3.0)
    desk.outbox.tracking.record([Change(item, State.TRANSFERRING, moved)])

    answer = explain(situation(desk))

    assert answer == ("show_a shot v001 main is moving: 40 % of 10 B transferred at 2 B/s, 3 s left.", NOTHING_TO_DO)


@pytest.mark.parametrize("ahead", [1, 2])
def test_place_in_the_queue_is_told(desk: Desk, ahead: int) -> None:
    submit(desk)
    queued = job("waiting", "show_a", "waiting", ahead)

    sentence = explain(situation(desk, accsyn=queued))[0]

    assert ("behind 1 other job " if ahead == 1 else "behind 2 other jobs ") in sentence


def test_item_whose_older_content_is_still_being_sent_says_so(desk: Desk) -> None:
    submit(desk)
    item = desk.item("c1")
    desk.outbox.tracking.keep_sent(item, Sent((item.publication.path,), {item.publication.path: RUNNING}))

    answer = explain(situation(desk))

    assert answer[0].endswith("accsyn is still sending its older content; it is sent again after that.")
    assert answer[1] == NOTHING_TO_DO


def test_withdrawn_item_names_its_cause_and_how_its_files_are_freed(desk: Desk) -> None:
    desk.outbox.withdraw(desk.pending("c1"), "ftrack does not have it any more.")

    answer = explain(situation(desk, problems=(Problem("A", "is wrong.", "Mend A."),)))

    assert answer[0] == "show_a shot v001 main was withdrawn: ftrack does not have it any more."
    assert answer[1] == "`ftrack-accsyn clean --withdrawn` frees its staged files."


def test_item_of_another_studio_is_not_said_to_be_sent_in_a_moment(desk: Desk) -> None:
    desk.outbox.prepare([desk.publication("c1", server_url="https://b.ftrackapp.com", workspace="b")], "owner")
    desk.outbox.activate(["c1"], "l1")
    (row,) = rows.rows(desk.outbox, studio=Studio("https://acme.test", "acme"))

    answer = explain(situation(desk, alike=(Alike(row, 1, 10),), accsyn=Accsyn(client_status="offline")))

    assert answer[0] == (
        "show_a shot v001 main is another studio's. It waits for workspace b at https://b.ftrackapp.com."
    )
    assert answer[1] == "It is sent when somebody logs in there."


@pytest.mark.parametrize("unsent", [True, False])
def test_everything_has_not_arrived_while_something_is_known_to_be_elsewhere(desk: Desk, unsent: bool) -> None:
    remark = Remark(Topic.OTHER_STUDIO, "there", 1, "1 component is elsewhere.", "Look there.", unsent)
    known = dataclasses.replace(status.summary(desk.outbox), remarks=(remark,))

    assert explain(situation(desk, summary=known)) == ("1 component is elsewhere.", "Look there.")


def test_component_that_is_not_here_is_looked_for_in_the_other_staging_areas(desk: Desk) -> None:
    remark = Remark(Topic.OTHER_AREA, "/data/old", 1, "1 component is there.", "Go there.")
    known = dataclasses.replace(status.summary(desk.outbox), remarks=(remark,))

    answer = explain(situation(desk, summary=known, asked="c9"))

    assert answer[0] == "Nothing that was published into /staging is called c9."
    assert "/data/old" in answer[1]


@pytest.mark.parametrize(
    "error",
    [
        Conflict("send show_a main", "show_a/main.mov", "plate v001 main is there", progress.remedy(Trouble.CONFLICT)),
        NeverSent("send it", "main", "accsyn passes over Thumbs.db", progress.remedy(Trouble.NEVER_SENT)),
        FileChanged("send it", "main", "it is missing", "Publish it again."),
    ],
    ids=lambda error: error.kind,
)
def test_what_stops_an_item_before_it_is_sent_is_explained_with_its_remedy(
    desk: Desk, error: AccsynAccessorError
) -> None:
    desk.outbox.needs_attention(desk.pending("c1"), error, NOT_BY_ITSELF)

    answer = explain(situation(desk))

    assert answer == (f"show_a shot v001 main needs attention: {error.what}", error.remedy)


def test_doubt_from_the_publish_is_explained_with_its_remedy(desk: Desk) -> None:
    words = progress.cause(Trouble.SOURCE_CHANGED, "", "main.mov had 10 bytes, then 12")
    desk.outbox.prepare([desk.publication("c1", doubt=f"{Trouble.SOURCE_CHANGED.value} {words}")], "owner")
    desk.outbox.activate(["c1"], "l1")

    answer = explain(situation(desk))

    assert "while its source was still being written to: main.mov had 10 bytes, then 12." in answer[0]
    assert answer[1] == progress.remedy(Trouble.SOURCE_CHANGED)


def test_trouble_of_every_kind_is_explained_with_its_remedy(desk: Desk) -> None:
    submit(desk)
    for trouble in Trouble:
        item = desk.item("c1")
        cause = progress.cause(trouble, "a job", "why")
        change = Change(item, State.NEEDS_ATTENTION, item.progress, trouble.value, cause, NOT_BY_ITSELF)
        desk.outbox.tracking.record([change])

        answer = explain(situation(desk))

        assert "needs attention" in answer[0]
        assert answer[1] == progress.remedy(trouble)
        assert answer[1] not in answer[0]
