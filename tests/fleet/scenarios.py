"""What happens to a studio's machines all at once, and what is promised for it."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from fleet.accsyn import windows
from fleet.machines import Machine
from fleet.simulation import Fleet, fleet

#: A steady fleet: so many of all machines have something on its way, which takes accsyn so long, one after the other.
LIVE_SHARE = 0.3
TAKES_S = 600.0
#: Of the live ones so many have somebody before the tab.
ATTENDED_SHARE = 0.05
MINUTE_S = 60.0

# Promises.
CALLS_PER_S = 10.0
#: Chance alone makes some ten seconds fuller than others; accsyn's own limit is 30 in each second.
WORST_PER_S = 20.0
NOTICED_S = 60.0
STORM_S = 120.0


class Result(NamedTuple):
    """What was seen of a scenario; *missed* says in words which promises were not kept.

    Rates are calls that reached accsyn in a second, refused ones included. Times are in seconds: until an arrival was
    noticed, and from the first refusal to the last.
    """

    name: str
    machines: int
    mean_per_s: float
    worst_per_s: float
    noticed_median_s: float
    noticed_worst_s: float
    refused: int
    storm_s: float
    connections: int
    lost: int
    missed: tuple[str, ...]


def steady(folder: Path, machines: int, warm_up_s: float = 1200.0, measured_s: float = 900.0) -> Result:
    """A third of the machines has something on its way at any time."""
    with fleet(folder, machines, _at(11)) as studio:
        _open_all(studio, within_s=5 * MINUTE_S)
        end = studio.time.now + warm_up_s + measured_s
        _work(studio, end)
        _watch(studio, end)
        studio.run(studio.time.now + warm_up_s)
        begun = studio.time.now
        studio.run(end)
        return _result("steady", studio, begun, end, rate=True, noticed=True)


def nine_o_clock(folder: Path, machines: int, wish_s: Optional[float] = 5.0, strict: bool = False) -> Result:
    """All sessions open within a minute, each with what was published when nothing could be sent on the evening before.

    Whether accsyn says when to come back, and whether it counts what it refuses, is not known: *wish_s*, *strict*.
    """
    evening = _at(18)
    with fleet(folder, machines, evening, lambda: wish_s, strict) as studio:
        _open_all(studio, within_s=MINUTE_S)
        for machine in studio.machines:
            studio.at(evening + 70 + studio.chance.uniform(0, 300), lambda machine=machine: _short(studio, machine))
        studio.run(evening + 600)
        for machine in studio.machines:
            machine.end()
            machine.publish("evening", studio.chance.expovariate(1 / 300))
        nine = evening + 15 * 3600
        studio.run(nine)
        _open_all(studio, within_s=MINUTE_S)
        studio.run(nine + 10 * MINUTE_S)
        return _settled(f"nine o'clock{_kind(wish_s, strict)}", studio, nine, nine + 10 * MINUTE_S)


def outage(folder: Path, machines: int, minutes: float, who: str = "accsyn", how: str = "refused") -> Result:
    """accsyn or ftrack is away, and comes back; people go on publishing, and a third have something on its way."""
    with fleet(folder, machines, _at(11), lambda: 5.0) as studio:
        _open_all(studio, within_s=2 * MINUTE_S)
        begun = studio.time.now + 8 * MINUTE_S
        back = begun + minutes * MINUTE_S
        _work(studio, back)
        studio.run(begun)
        if who == "accsyn":
            studio.accsyn.away = how
        else:
            studio.ftrack.away = True
        studio.run(back)
        studio.accsyn.away, studio.ftrack.away = "", False
        studio.run(back + 6 * MINUTE_S)
        return _settled(f"{who} away for {_text(minutes)}", studio, back, back + 6 * MINUTE_S)


def storm(folder: Path, machines: int, lasts_s: float = 60.0, wish_s: Optional[float] = None) -> Result:
    """Something else at the studio uses accsyn up for a minute, so that all that is asked is refused."""
    with fleet(folder, machines, _at(11), lambda: wish_s) as studio:
        _open_all(studio, within_s=2 * MINUTE_S)
        begun = studio.time.now + 10 * MINUTE_S
        end = begun + lasts_s + 6 * MINUTE_S
        _work(studio, end - 3 * MINUTE_S)
        studio.run(begun)
        studio.accsyn.used_up_until = begun + lasts_s
        studio.run(end)
        return _settled(f"used up by others{_kind(wish_s, False)}", studio, begun, end)


# What people do.


def _at(hour: int) -> float:
    """An hour of yesterday, so that no file is dated in the future."""
    day = datetime.datetime.now() - datetime.timedelta(days=2)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0).timestamp()


def _open_all(studio: Fleet, within_s: float) -> None:
    for machine in studio.machines:
        moment = studio.time.now + studio.chance.uniform(0, within_s)
        studio.at(moment, lambda machine=machine: studio.begin(machine))


def _short(studio: Fleet, machine: Machine) -> None:
    studio.publish(machine, "day", 20.0)


def _work(studio: Fleet, until: float) -> None:
    """Let people publish now and then, so that on average `LIVE_SHARE` of the machines have something on its way."""
    every_s = TAKES_S * (1 - LIVE_SHARE) / LIVE_SHARE
    for machine in studio.machines:
        busy = studio.chance.random() < LIVE_SHARE
        studio.at(
            studio.time.now + (studio.chance.uniform(0, 600) if busy else studio.chance.expovariate(1 / every_s)) + 130,
            _publishing(studio, machine, every_s, until, iter(range(10_000))),
        )


def _publishing(studio: Fleet, machine: Machine, every_s: float, until: float, numbers: Iterator[int]):
    def publish() -> None:
        if studio.time.now >= until:
            return
        takes_s = studio.chance.uniform(0.1, 1.9) * TAKES_S
        studio.publish(machine, f"take{next(numbers)}", takes_s)
        studio.at(studio.time.now + takes_s + studio.chance.expovariate(1 / every_s), publish)

    return publish


def _watch(studio: Fleet, until: float) -> None:
    """Let somebody look at some of the machines with something on its way, at others every few minutes."""
    watched = round(ATTENDED_SHARE * LIVE_SHARE * len(studio.machines))

    def choose() -> None:
        live = [machine for machine in studio.machines if any(path not in studio.seen.at for path in machine.published)]
        for machine in studio.chance.sample(live, min(watched, len(live))):
            for second in range(0, 180, 10):
                studio.at(studio.time.now + second, lambda machine=machine: studio.look(machine))
        if studio.time.now < until:
            studio.at(studio.time.now + 180, choose)

    studio.at(studio.time.now, choose)


# What is seen.


def _settled(name: str, studio: Fleet, begun: float, end: float) -> Result:
    """Return the result after all that accsyn still has to carry was carried, which it does at once from now on."""
    result = _result(name, studio, begun, end, rate=False, noticed=False)
    studio.accsyn.hurry()
    studio.run_on(end + 3600, lambda: not studio.live())
    lost = len(studio.lost()) + len(studio.doubled())
    return result._replace(lost=lost, missed=(*result.missed, *((f"{lost} lost",) if lost else ())))


def _result(name: str, studio: Fleet, begun: float, end: float, rate: bool, noticed: bool) -> Result:
    asked = [each for each in studio.accsyn.asked if begun <= each.at < end]
    times = studio.noticed(begun) or [0.0]
    refused = [each.at for each in asked if not each.answered]
    storm_s = max(refused) - min(refused) if refused else 0.0
    mean, worst = len(asked) / (end - begun), max(windows(asked, 10.0), default=0) / 10.0
    missed = []
    if rate and mean > CALLS_PER_S:
        missed.append(f"{mean:.1f} calls/s")
    if rate and worst > WORST_PER_S:
        missed.append(f"{worst:.1f} calls/s in ten seconds")
    if noticed and times[-1] > NOTICED_S:
        missed.append(f"noticed after {times[-1]:.0f} s")
    if storm_s > STORM_S:
        missed.append(f"refused for {storm_s:.0f} s")
    if studio.accsyn.turned_away:
        missed.append(f"{studio.accsyn.turned_away} connections too many")
    median = statistics.median(times)
    connections = studio.accsyn.most_connections
    figures = (mean, worst, median, times[-1], len(refused), storm_s, connections, len(studio.doubled()))
    return Result(name, len(studio.machines), *figures, tuple(missed))


def _kind(wish_s: Optional[float], strict: bool) -> str:
    told = "" if wish_s is None else f", told to wait {wish_s:.0f} s"
    return told + (", refusals count" if strict else "")


def _text(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 60 else f"{minutes / 60:.0f} h"
