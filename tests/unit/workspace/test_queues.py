"""Where in its queue a job stands."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.workspace.queues import QueuePlace, queue_place
from ftrack_accsyn_accessor.workspace.transport import clock_skew_s

QUEUES = [
    {"id": "high", "name": "High", "priority": 999, "status": "waiting"},
    {"id": "medium", "code": "Medium", "priority": 500, "status": "paused"},
    {"id": "odd"},
]


def job(number: int, queue: str = "medium", source: str = "client:ws1", destination: str = "workspace:acme") -> Any:
    created = f"2026-11-21T10:00:{number:02d}"
    ends = {"source": source, "destination": destination}
    return {"id": f"j{number}", "parent": queue, "created": created, "status": "waiting", **ends}


def test_earlier_jobs_of_the_same_queue_go_before() -> None:
    place = queue_place(job(3), QUEUES, [job(1), job(2), job(3), job(4)])

    assert place == QueuePlace("Medium", "paused", 2)


def test_higher_queues_go_before_whenever_their_jobs_came() -> None:
    assert queue_place(job(1), QUEUES, [job(2, "high"), job(3, "high"), job(1)]).ahead == 2
    assert queue_place(job(3, "high"), QUEUES, [job(1), job(2), job(3, "high")]).ahead == 0


def test_jobs_between_other_places_do_not_count() -> None:
    others = [job(1, source="client:ws2"), job(2, destination="site:london")]

    assert queue_place(job(3), QUEUES, others).ahead == 0


@pytest.mark.parametrize("queue", ["odd", "unknown", ""])
def test_queue_that_is_not_shown_counts_as_an_ordinary_one(queue: str) -> None:
    place = queue_place(job(3, queue), QUEUES, [job(1, "high"), job(2, queue), job(4)])

    assert (place.name, place.status, place.ahead) == ("", "", 2)


@pytest.mark.parametrize(
    ("date", "skew_s"),
    [
        ("Sat, 21 Nov 2026 10:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2026 11:00:00 +0100", 0.0),
        ("Sat, 21 Nov 2026 10:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", -3600.0),
        (None, None),
        ("", None),
        ("Sat, 21 Nov 2026 10:00:00 -0000", 0.0),
        ("yesterday", None),
        ("Sat, 21 Nov 99999999999 10:00:00 GMT", None),
        ("Sat, 99 Nov 2026 10:00:00 GMT", None),
    ],
)
def test_clock_is_compared_with_the_servers_date(date: Any, skew_s: Any) -> None:
    assert clock_skew_s(date, 1795255200.0) == skew_s
