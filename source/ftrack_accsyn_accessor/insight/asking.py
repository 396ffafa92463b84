"""Asks ftrack and accsyn for somebody who waits: again until there is an answer, and never beyond the time given.

A question may take longer than anybody's time: a session of ftrack_api asks several before it can be used, each with a
limit of its own, and the system looks names up for as long as it likes. So what asks has a thread of its own, which is
left alone when the time is up.
"""

from __future__ import annotations

import math
import random
import threading
import time
from typing import Any, Callable, Optional, TypeVar

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import errors, retry
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.progress import duration_text

#: How often whoever waits is told what for, unless they want to know it all the time.
TOLD_S = 30.0
#: How often it is looked whether there is an answer.
LOOK_S = 0.1
#: What a question that is under way gets when the time is up.
GRACE_S = 1.5
#: Answers that take no longer than this are nothing to be told of.
SLOW_S = 5.0

T = TypeVar("T")
Told = Callable[[str], None]


class Asking:
    """How long somebody waits (None: for as long as it takes), and what keeps the answer from them.

    *told* gets a line every *every_s* seconds, on the thread that waits. *monotonic* and *wait* are the clock.
    """

    def __init__(
        self,
        timeout_s: Optional[float] = None,
        told: Optional[Told] = None,
        every_s: float = TOLD_S,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._monotonic = monotonic
        self._wait = wait
        self._until = math.inf if timeout_s is None else monotonic() + timeout_s
        self._told = told
        self._every_s = every_s
        self._tell_at = monotonic() + every_s
        self._given_up = threading.Event()
        self._whom = ""
        self._asked_at: Optional[float] = None
        self._obstacle: Optional[errors.AccsynAccessorError] = None

    # The thread that waits.

    def within(self, work: Callable[[], T], standing: Optional[Callable[[], str]] = None) -> T:
        """Return what *work* gives, which runs on a thread of its own, or raise what it raises.

        *standing* gives the line that is told, by default that of `obstacle`. Raise `errors.TimeUp` when the time is
        up, at most `GRACE_S` later.
        """
        results: list[T] = []
        failures: list[BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
                failures.append(error)
            finally:
                done.set()

        threading.Thread(target=run, name="ftrack-accsyn-asking", daemon=True).start()
        while not self._wait(done, LOOK_S):
            if self._monotonic() >= self._until + GRACE_S:
                self._given_up.set()
                raise self.time_up()
            self.tell(standing or self.obstacle)
        if failures:
            raise failures[0]
        return results[0]

    def tell(self, standing: Callable[[], str]) -> None:
        """Tell the line that *standing* gives, if it is time for that and there is one."""
        if self._told is not None and self._monotonic() >= self._tell_at:
            self._tell_at = self._monotonic() + self._every_s
            text = standing()
            if text:
                self._told(text)

    def left_s(self) -> float:
        """Return the seconds that are left, infinite where no time was given."""
        return max(0.0, self._until - self._monotonic())

    def obstacle(self) -> str:
        """Return why there is no answer yet; empty while nothing is in the way."""
        asked_at, error = self._asked_at, self._obstacle
        waited_s = self._monotonic() - asked_at if asked_at is not None else 0.0
        if waited_s >= SLOW_S or (asked_at is not None and self._given_up.is_set()):
            return f"{self._whom} has not answered for {duration_text(waited_s)}."
        return f"{error.what} It is asked again." if error is not None else ""

    def time_up(self) -> errors.TimeUp:
        """Return the error that says what was in the way when the time was up."""
        asked_at, error = self._asked_at, self._obstacle
        if error is not None and (asked_at is None or self._monotonic() - asked_at < SLOW_S):
            return errors.TimeUp(error.tried, error.on, f"the time is up: {error.outcome}", error.advice)
        return errors.TimeUp("get an answer", self._whom, "the time is up", "Ask again, or give it more time.")

    # The thread of the work.

    def ask(self, question: Callable[[], T], whom: str = "ftrack") -> T:
        """Return the answer to *question*, which is asked again as long as *whom* cannot be asked.

        Raise `errors.TimeUp` when the time is up, and what the question raises that is not over by waiting.
        """
        outage = retry.Outage()
        while True:
            try:
                return self._asked(question, whom)
            except errors.AccsynAccessorError as error:
                if not retry.is_outage(error):
                    raise errors.final(error) from error
                self._obstacle = error
                delay_s = outage.failed(error, self._monotonic(), random.random())  # noqa: S311 - jitter
            self.pause(delay_s)

    def _asked(self, question: Callable[[], T], whom: str) -> T:
        self._whom, self._asked_at = whom, self._monotonic()
        try:
            answer = question()
        finally:
            self._asked_at = None
        self._obstacle = None
        return answer

    def pause(self, seconds: float) -> None:
        """Wait before asking again; raise `errors.TimeUp` when the time is up, or was."""
        if not self._given_up.is_set() and self.left_s():
            self._wait(self._given_up, min(seconds, self.left_s()))
            if not self._given_up.is_set():
                return
        raise self.time_up()


class PatientConnection(FtrackConnection):
    """A connection whose questions are asked again as long as ftrack cannot be asked. For the thread of *asking*."""

    def __init__(self, credentials: FtrackCredentials, asking: Asking) -> None:
        super().__init__(credentials)
        self._asking = asking

    def query(self, expression: str) -> list[Any]:
        """Return what it finds, as `FtrackConnection` does."""
        question = super().query
        return self._asking.ask(lambda: question(expression))

    def rows(self, *expressions: str) -> list[list[dict[str, Any]]]:
        """Return what each finds, as `FtrackConnection` does."""
        question = super().rows
        return self._asking.ask(lambda: question(*expressions))
