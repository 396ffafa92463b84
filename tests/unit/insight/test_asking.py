"""Questions are asked again until there is an answer, and nobody waits longer than they wanted to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.insight.asking import GRACE_S, SLOW_S, Asking
from ftrack_accsyn_accessor.model import errors

AWAY = errors.RegistrationError("ask ftrack", "https://acme.test", "connection refused", by_itself="It is tried again.")
REFUSED = errors.LoginRefused("ask ftrack", "https://acme.test", "wrong key", "Correct it.")


class Clock:
    """Time that passes when whoever asks waits; whoever waits for the answer only looks at it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        self._main = threading.current_thread()

    def monotonic(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if threading.current_thread() is self._main:
            return event.wait(0.001)
        self.waits.append(seconds)
        self.now += seconds
        return event.is_set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hanging(clock: Clock) -> Iterator[Callable[[], Any]]:
    """Give a question during which a lot of time passes, and which nobody answers."""
    released = threading.Event()

    def question() -> None:
        clock.now += 1000.0
        released.wait(60.0)

    yield question
    released.set()


def asking(clock: Clock, timeout_s: Any = None, told: Any = None, every_s: float = 30.0) -> Asking:
    return Asking(timeout_s, told, every_s, clock.monotonic, clock.wait)


def answers(*results: Any) -> Callable[[], Any]:
    """Return a question that is answered by these in turn; errors are raised."""
    left = list(results)

    def question() -> Any:
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    return question


def test_question_that_could_not_be_asked_is_asked_again_and_less_and_less_often(clock: Clock) -> None:
    patient = asking(clock)
    question = answers(*[AWAY] * 8, "answer")

    assert patient.within(lambda: patient.ask(question)) == "answer"
    assert len(clock.waits) == 8
    assert clock.waits[0] <= 1.0 < clock.waits[3] <= max(clock.waits) <= 15.0


def test_refusal_is_raised_at_once(clock: Clock) -> None:
    patient = asking(clock, 60.0)

    with pytest.raises(errors.LoginRefused):
        patient.within(lambda: patient.ask(answers(REFUSED)))
    assert clock.waits == []


def test_time_that_is_up_between_questions_ends_the_wait_with_what_was_in_the_way(clock: Clock) -> None:
    patient = asking(clock, 20.0)

    with pytest.raises(errors.TimeUp, match="the time is up: connection refused"):
        patient.within(lambda: patient.ask(answers(*[AWAY] * 50)))
    assert clock.now == 120.0


def test_question_that_hangs_is_left_alone_when_the_time_is_up(clock: Clock, hanging: Callable[[], Any]) -> None:
    patient = asking(clock, 5.0)

    with pytest.raises(errors.TimeUp, match="get an answer"):
        patient.within(lambda: patient.ask(hanging))


def test_question_under_way_when_the_time_is_up_gets_a_moment(clock: Clock) -> None:
    patient = asking(clock, 0.0)
    seen = threading.Event()

    def question() -> str:
        clock.now += GRACE_S / 2
        assert not seen.wait(0.05)
        return "answer"

    assert patient.within(lambda: patient.ask(question)) == "answer"


def test_whoever_was_given_up_asks_nothing_more(clock: Clock) -> None:
    patient = asking(clock, 5.0)
    begun, released, ended = threading.Event(), threading.Event(), threading.Event()
    questions: list[str] = []

    def question() -> None:
        questions.append("asked")
        begun.set()
        clock.now += 1000.0
        released.wait(60.0)
        raise AWAY

    def work() -> None:
        try:
            patient.ask(question)
        finally:
            ended.set()

    with pytest.raises(errors.TimeUp):
        patient.within(work)
    released.set()
    assert ended.wait(10.0)
    assert questions == ["asked"]


def test_a_line_is_told_every_half_minute_and_not_before(clock: Clock) -> None:
    told: list[str] = []
    patient = asking(clock, None, told.append)
    waited = [0.0]

    def standing() -> str:
        return f"at {clock.now:g}"

    for seconds in range(0, 95, 5):
        clock.now = 100.0 + seconds
        patient.tell(standing)
        waited.append(seconds)
    assert told == ["at 130", "at 160", "at 190"]


def test_what_is_in_the_way_is_told_with_its_reason(clock: Clock) -> None:
    patient = asking(clock, 40.0)
    seen: list[str] = []

    def question() -> None:
        seen.append(patient.obstacle())
        raise AWAY

    with pytest.raises(errors.TimeUp):
        patient.within(lambda: patient.ask(question))
    assert seen[0] == ""
    assert "connection refused. It is asked again." in seen[1]


def test_slow_answer_is_told_of(clock: Clock) -> None:
    patient = asking(clock)
    seen: list[str] = []

    def question() -> None:
        clock.now += SLOW_S + 7
        seen.append(patient.obstacle())

    patient.within(lambda: patient.ask(question, "accsyn"))
    assert seen == ["accsyn has not answered for 12 s."]
    assert patient.obstacle() == ""


def test_whatever_goes_wrong_is_raised_where_somebody_waits(clock: Clock) -> None:
    with pytest.raises(KeyError):
        asking(clock).within(answers(KeyError("unforeseen")))
