"""How long to let a burst of publishes settle, and how often to ask accsyn, which a whole studio does. Pure.

All machines of a studio come to accsyn from one internet address, for which there are limits, and none knows of the
others. So each has an allowance that, added up over a studio, stays far below; whoever is refused all the same asks
less for a while; and nothing is done by many at the same moment: chance has a part in every pause.
"""

from __future__ import annotations

import math

#: A burst is over when nothing was published for this long.
QUIET_S = 1.0
#: While it lasts, what has been waiting longest goes out after this long, later batches of the same burst after longer.
FIRST_PATIENCE_S = 4.0
PATIENCE_GROWTH = 5.0
LONGEST_PATIENCE_S = 120.0
_GROWTH_STEPS = 8  # more of them change nothing, and a large power would overflow


def settle_delay(now: float, oldest_at: float, newest_at: float, batches_sent: int) -> float:
    """Return the seconds to wait before submitting; 0 = now.

    *oldest_at* and *newest_at* are the times of the first and the last item that wait, *batches_sent* how many batches
    of this burst went out already. After the clock was set back nothing is known of the burst: it counts as over.
    """
    if is_quiet(now, newest_at):
        return 0.0
    patience_s = min(LONGEST_PATIENCE_S, FIRST_PATIENCE_S * PATIENCE_GROWTH ** min(batches_sent, _GROWTH_STEPS))
    until_quiet_s = QUIET_S - (now - newest_at)
    until_patience_ends_s = patience_s - (now - oldest_at)
    return max(0.0, min(until_quiet_s, until_patience_ends_s))


def is_quiet(now: float, newest_at: float) -> bool:
    """Whether the burst is over, or the clock was set back since."""
    return now - newest_at >= QUIET_S or now < newest_at


#: Calls that a machine may make in quick succession after a rest, and seconds in which it earns another one.
ALLOWANCE = 24.0
SECONDS_PER_CALL = 40.0
#: The same while somebody waits for what comes of it: what a look at a job and its tasks takes every five seconds.
ATTENDED_SECONDS_PER_CALL = 2.5
#: How late the pauses grow while the allowance is used up: at the third power they stay short for half of it.
_STEEPNESS = 3
#: No pause is longer: an arrival is noticed within a minute, whatever was asked before.
LONGEST_PAUSE_S = 52.0
#: By which part of itself a pause may be shorter, so that machines do not keep in step.
_JITTER = 0.15
#: After a refusal nothing is earned twice as fast for so long.
CROWDED_S = 300.0
#: Looks that take long follow each other at so many times that: then accsyn has enough to do.
_PER_SECOND_OF_ANSWER = 20.0
#: What was left behind waits no longer for its turn than this part of the time that it has waited, nor than this.
_SPREAD = 20.0
LONGEST_SPREAD_S = 120.0


def spread_s(waited_s: float, chance: float) -> float:
    """Return the seconds to wait before beginning with what has waited for *waited_s*; *chance* is from [0, 1).

    At nine o'clock all machines begin with what was left on the evening before. Whoever waits a twentieth longer does
    not mind, and accsyn does not get all of it in the same minute.
    """
    return chance * min(LONGEST_SPREAD_S, max(0.0, waited_s) / _SPREAD)


class Pace:
    """How often a machine asks accsyn what became of what it has sent. Monotonic times, in seconds.

    It begins with its whole allowance. What everything else takes is counted as well.
    """

    def __init__(self) -> None:
        self._left = ALLOWANCE
        self._at = -math.inf
        self._calls = 0
        self._refusals = 0
        self._crowded_until = -math.inf

    def saw(self, calls: int, refusals: int, now: float, attended: bool = False) -> None:
        """Take note of what the present connection has counted so far: its calls, and those refused as too many.

        *attended* tells whether somebody has waited for what comes of it since the last time.
        """
        if calls < self._calls:  # another connection
            self._calls = self._refusals = 0
        earned = max(0.0, now - self._at) / self._seconds_per_call(now, attended)
        self._left = max(0.0, min(ALLOWANCE, self._left + earned) - (calls - self._calls))
        if refusals > self._refusals:
            self._left, self._crowded_until = 0.0, now + CROWDED_S
        self._calls, self._refusals, self._at = calls, refusals, now

    def pause_s(
        self, wanted_s: float, calls: int, now: float, chance: float, attended: bool = False, took_s: float = 0.0
    ) -> float:
        """Return the seconds until the next look, at least *wanted_s* but for the part of chance, from [0, 1).

        The last look was of *calls*, and took *took_s* seconds.
        """
        used = 1.0 - self._left / ALLOWANCE
        shared_s = max(1, calls) * self._seconds_per_call(now, attended) * used**_STEEPNESS
        pause_s = max(wanted_s, min(LONGEST_PAUSE_S, max(shared_s, took_s * _PER_SECOND_OF_ANSWER)))
        return pause_s * (1.0 - _JITTER * chance)

    def _seconds_per_call(self, now: float, attended: bool) -> float:
        if now < self._crowded_until:
            return 2.0 * SECONDS_PER_CALL
        return ATTENDED_SECONDS_PER_CALL if attended else SECONDS_PER_CALL
