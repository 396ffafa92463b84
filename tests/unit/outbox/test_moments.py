"""No two moments of a process are the same, on whatever clock."""

from __future__ import annotations

import os
import threading
import time

import pytest

from ftrack_accsyn_accessor.outbox import moments


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that counts: its last entry is the time."""
    times = [moments.now() + 100.0]
    monkeypatch.setattr(time, "time", lambda: times[-1])
    monkeypatch.setattr(moments, "_last_s", 0.0)
    return times


def test_moments_within_a_tick_of_a_coarse_clock_are_strictly_increasing(clock: list[float]) -> None:
    seen = []
    for _ in range(10):
        seen += [moments.now() for _ in range(100)]
        clock.append(clock[-1] + 0.0156)
    assert seen == sorted(set(seen))
    assert abs(seen[-1] - clock[-2]) < 0.0156


@pytest.mark.parametrize(("back_s", "is_believed"), [(0.5, False), (3600.0, True)])
def test_clock_that_was_set_back_is_believed_when_that_is_no_tick(
    clock: list[float], back_s: float, is_believed: bool
) -> None:
    before = moments.now()
    clock.append(clock[-1] - back_s)
    assert (moments.now() == clock[-1]) is is_believed
    assert (moments.now() > before) is not is_believed


@pytest.mark.usefixtures("clock")
def test_threads_share_the_moments() -> None:
    seen: list[float] = []
    threads = [threading.Thread(target=lambda: seen.extend(moments.now() for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 2000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_child_that_is_forked_while_another_thread_asks_has_moments_of_its_own() -> None:
    with moments._lock:
        child = os.fork()
        if not child:
            os._exit(0 if moments._lock.acquire(blocking=False) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
