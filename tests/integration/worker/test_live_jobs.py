"""Several jobs at once, and one whose creation accsyn carries out late: each is found for what it is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import item as model
from ftrack_accsyn_accessor.model.errors import Uncertain
from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.worker.claims import Claims
from ftrack_accsyn_accessor.worker.lookup import CREATION_GRACE_S
from ftrack_accsyn_accessor.worker.submission import Submission
from tracking import Clock, Desk


def jobs(desk: Desk) -> list[Any]:
    return list(desk.studio.accsyn.workspace.jobs())


@pytest.mark.parametrize(("lost", "other"), [("of_a", "of_b"), ("of_b", "of_a")])
@pytest.mark.parametrize("fate", ["delete_job", "archive_job"])
def test_one_of_two_live_jobs_that_is_taken_away_is_noticed_and_the_other_goes_on(
    desk: Desk, lost: str, other: str, fate: str
) -> None:
    desk.publish_files("of_a", project="show_a")
    desk.publish_files("of_b", project="show_b")
    desk.submit()
    desk.step()
    gone = next(job for job in jobs(desk) if job.name.startswith(f"show_{lost[-1]}"))

    getattr(desk.studio.accsyn.workspace, fate)(gone.id)
    desk.studio.accsyn.engine.paused = False
    desk.settle()

    assert desk.states() == {lost: "needs-attention: job-gone", other: "synced"}


# A creation that is carried out late.


class Late:
    """Submits on a clock of its own, and carries out what accsyn had accepted without having said so."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.clock = Clock()
        self.clock.now = time.time()

    def submit(self) -> None:
        desk = self.desk
        desk.outbox.wake(Uncertain.kind)
        Submission(
            outbox=desk.outbox,
            area=desk.area,
            workspace=desk.workspace,
            claims=Claims(desk.outbox, lambda: desk.registrations, self.clock),
            client_id=desk.studio.demo.artist_client.id,
            destination=Endpoint("acme", desk.studio.ids["studio.hq"], "studio.hq"),
            studio=model.Studio(desk.studio.ftrack.url, "acme"),
            clock=self.clock,
        ).submit(desk.outbox.due(1000))

    def carry_out(self) -> None:
        """Do what the creation that was never answered had asked for."""
        requests = [row for row in self.desk.studio.accsyn.log.all() if row.operation == "transfer/create"]
        self.desk.workspace.create_job(requests[0].body["data"])


@pytest.fixture
def late(desk: Desk) -> Late:
    desk.publish_files("movie")
    desk.studio.accsyn.switches.drop_before("transfer/create")
    made = Late(desk)
    made.submit()
    assert desk.states() == {"movie": f"pending: {Uncertain.kind}"}
    assert jobs(desk) == []
    (item,) = desk.outbox.items()
    row = desk.outbox.job_by_id(item.job or 0)
    assert row is not None
    assert row.attempted_at is not None
    made.clock.now = row.attempted_at
    return made


def test_creation_that_was_not_answered_is_not_repeated_while_it_may_be_under_way(desk: Desk, late: Late) -> None:
    desk.studio.accsyn.log.clear()
    for _ in range(3):
        late.clock.now += (CREATION_GRACE_S - 1.0) / 3.0
        late.submit()

    assert desk.studio.accsyn.log.count("transfer/create") == 0
    assert desk.studio.accsyn.log.count("transfer/find") >= 3


def test_creation_that_accsyn_carries_out_seconds_after_its_answer_was_lost_leaves_one_job(
    desk: Desk, late: Late
) -> None:
    late.clock.now += CREATION_GRACE_S / 2.0
    late.submit()
    late.carry_out()

    late.clock.now += CREATION_GRACE_S
    late.submit()

    (job,) = jobs(desk)
    assert len(job.tasks) == 1
    assert desk.all_in(State.SUBMITTED)


def test_creation_that_never_reached_accsyn_is_repeated_after_a_while(desk: Desk, late: Late) -> None:
    late.clock.now += CREATION_GRACE_S + 1.0
    late.submit()

    (job,) = jobs(desk)
    assert len(job.tasks) == 1
    assert desk.all_in(State.SUBMITTED)


def test_creation_in_doubt_is_said_to_be_looked_for_again(desk: Desk, late: Late) -> None:
    late.clock.now += 1.0
    late.submit()

    (item,) = desk.outbox.items()
    assert item.cause_kind == Uncertain.kind
    assert "may still be under way" in item.cause
