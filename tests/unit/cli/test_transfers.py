"""How the demo reads a component's state from the tasks that carry it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli.publisher import Published
from ftrack_accsyn_accessor.cli.transfers import transfer_of, transfers
from ftrack_accsyn_accessor.model.tasks import COMPONENT_ID


@dataclass
class Task:
    status: str
    component_id: str = "c1"
    done_bytes: int = 10
    reason: str = ""
    metadata: dict = field(init=False)

    def __post_init__(self):
        self.metadata = {COMPONENT_ID: self.component_id}


@dataclass
class Job:
    name: str
    tasks: list


def published(component_id="c1"):
    return Published("movie", component_id, "show_a", "a/b.mov", (Path("a/b.mov"),), 30)


@pytest.mark.parametrize(
    ("statuses", "state", "ended"),
    [
        ([], "staged", False),
        (["queued"], "transferring", False),
        (["done", "executing"], "transferring", False),
        (["done", "queued"], "transferring", False),
        (["done", "done"], "done", True),
        (["done", "failed"], "failed", True),
        (["failed", "executing"], "transferring", False),
        (["excluded"], "failed", True),
    ],
)
def test_component_is_done_only_when_every_task_is(statuses, state, ended):
    transfer = transfer_of(published(), [Job("job", [Task(status) for status in statuses])])
    assert (transfer.state, transfer.ended) == (state, ended)


def test_bytes_job_and_reasons_come_from_the_tasks_of_that_component_alone():
    jobs = [
        Job("first", [Task("done"), Task("failed", reason="disk full"), Task("failed", "other", 500, "not ours")]),
        Job("second", [Task("done", "other")]),
    ]
    transfer = transfer_of(published(), jobs)
    assert (transfer.job, transfer.done_bytes, transfer.reasons) == ("first", 20, ("disk full",))


def test_transfers_keep_the_order_of_publishing():
    ids = ["c3", "c1", "c2"]
    found = transfers([published(component_id) for component_id in ids], [])
    assert [transfer.published.component_id for transfer in found] == ids
