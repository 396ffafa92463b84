"""`make fleet`: what 500 machines behind one internet address ask of accsyn. Ends with 1 where a promise is missed.

Two scenarios at a time, each in a process of its own. `run.py 60 steady` runs one of them with fewer machines.
"""

from __future__ import annotations

import concurrent.futures
import functools
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fleet import scenarios
from fleet.scenarios import Result

MACHINES = 500
SCENARIOS: dict[str, Callable[[Path, int], Result]] = {
    "steady": scenarios.steady,
    "hour": functools.partial(scenarios.outage, minutes=60.0, how="503"),
    "minutes": functools.partial(scenarios.outage, minutes=10.0),
    "ftrack": functools.partial(scenarios.outage, minutes=10.0, who="ftrack"),
    "storm": scenarios.storm,
    "nine": functools.partial(scenarios.nine_o_clock, wish_s=None, strict=True),
}
HEAD = ("scenario", "calls/s", "worst 10 s", "noticed", "at worst", "refused", "for", "lines", "lost", "")


def run(name: str, machines: int) -> tuple[Result, float]:
    """Run a scenario; return its result and the seconds of processor time that it took."""
    logging.disable(logging.CRITICAL)
    begun = time.process_time()
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        os.environ["XDG_STATE_HOME"] = os.path.join(folder, "state")
        return SCENARIOS[name](Path(folder), machines), time.process_time() - begun


def row(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.mean_per_s:.1f}",
        f"{result.worst_per_s:.1f}",
        f"{result.noticed_median_s:.0f} s",
        f"{result.noticed_worst_s:.0f} s",
        str(result.refused),
        f"{result.storm_s:.0f} s",
        str(result.connections),
        str(result.lost),
        "missed: " + ", ".join(result.missed) if result.missed else "",
    )


def main() -> int:
    machines = int(sys.argv[1]) if sys.argv[1:] else MACHINES
    wanted = sys.argv[2:] or list(SCENARIOS)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        futures = [pool.submit(run, name, machines) for name in wanted]
        results = [future.result() for future in futures]
    rows = [HEAD, *(row(result) for result, _ in results)]
    widths = [max(len(each[column]) for each in rows) for column in range(len(HEAD))]
    lines = [f"{machines} machines, one internet address, calls as accsyn sees them:"]
    for each in rows:
        first, *others, last = each
        figures = (text.rjust(width) for text, width in zip(others, widths[1:]))
        lines.append("  ".join([first.ljust(widths[0]), *figures, last]).rstrip())
    lines.append(f"{sum(taken for _, taken in results):.0f} s of processor time.")
    sys.stdout.write("\n".join([*lines, ""]))
    return 1 if any(result.missed for result, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
