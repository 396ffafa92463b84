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
ALLOWANCE = 14.0
SECONDS_PER_CALL = 60.0
#: The pause with the whole of it left. With nothing left none is longer than the other: an arrival is noticed within a
#: minute, whatever was asked before.
FIRST_PAUSE_S = 3.0
LONGEST_PAUSE_S = 52.0
#: None is longer than this while somebody waits for what comes of it.
ATTENDED_PAUSE_S = 5.0
#: By which part of itself a pause may be longer, so that machines do not keep in step.
_JITTER = 0.15
#: After a refusal nothing is earned twice as fast for so long.
CROWDED_S = 300.0
#: What a call usually takes at most. Where looks take longer accsyn has enough to do: the pause is so many times that.
_USUAL_S = 0.5
_PER_SECOND_LATE = 20.0
#: What was left behind waits no longer for its turn than this part of the time that it has waited, nor than this.
_SPREAD = 20.0
LONGEST_SPREAD_S = 300.0
#: What has waited for so long before it was sent is not looked after by the second.
OLD_S = 600.0


def spread_s(waited_s: float, chance: float) -> float:
    """Return the seconds to wait before beginning with what has waited for *waited_s*; *chance* is from [0, 1).

    At nine o'clock all machines begin with what was left on the evening before. Whoever waits a twentieth longer does
    not mind, and accsyn does not get all of it in the same minute.
    """
    return chance * min(LONGEST_SPREAD_S, max(0.0, waited_s) / _SPREAD)


class Pace:
    """How often a machine looks what became of what it has sent. Monotonic times, in seconds.

    It begins with its whole allowance. What is asked for other ends is not counted: it comes with what people do.
    """

    def __init__(self) -> None:
        self._left = ALLOWANCE
        self._at = -math.inf
        self._crowded_until = -math.inf

    def refused(self, now: float) -> None:
        """Take note that accsyn has refused a call because there were too many, of whomever."""
        self._left, self._at = 0.0, now
        self._crowded_until = now + CROWDED_S

    def calm(self, now: float) -> None:
        """Look seldom from the beginning: what is sent has waited for long, as that of other machines may have."""
        self._left, self._at = 0.0, now

    def looked(
        self, wanted_s: float, calls: int, now: float, chance: float, attended: bool = False, took_s: float = 0.0
    ) -> float:
        """Take note of a look of *calls*, which took *took_s* seconds; return the seconds until the next one.

        That is at least *wanted_s*. *chance* is from [0, 1), *attended* tells whether somebody waits for what is seen.
        """
        crowded = now < self._crowded_until
        earned = max(0.0, now - self._at) / (SECONDS_PER_CALL * (2.0 if crowded else 1.0))
        self._left = max(0.0, min(ALLOWANCE, self._left + earned) - calls)
        self._at = now
        most_s = LONGEST_PAUSE_S / (1.0 + _JITTER)
        # Each pause is longer than the one before by the same part: an arrival is noticed late by a part of the time
        # that it took.
        shared_s = FIRST_PAUSE_S * math.pow(most_s / FIRST_PAUSE_S, 1.0 - self._left / ALLOWANCE)
        if attended and not crowded:
            shared_s = min(ATTENDED_PAUSE_S, shared_s)
        # A look at one job and its tasks takes two calls; whoever follows more of them has longer pauses.
        shared_s *= max(1.0, calls / 2.0)
        late_s = took_s - _USUAL_S * calls
        return max(wanted_s, min(most_s, max(shared_s, late_s * _PER_SECOND_LATE))) * (1.0 + _JITTER * chance)
