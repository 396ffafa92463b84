"""How long to let a burst of publishes settle, so that it becomes a handful of calls. Pure."""

from __future__ import annotations

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
