"""What staging costs beside `cp`, with and without clones; and long sequences beside a plain location."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

from hosts import ROOT, Row, run

from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor

sys.path.append(str(ROOT / "tests"))  # behind this folder, which has modules of the same names

from disks.images import CannotMount, mounted

MB = 2**20
ROUNDS = 3
FRAME_BYTES = 10 * MB
#: What a round copies at most: a large file, and all frames together. On a disk it is more than the system keeps back,
#: so that what writing takes is in it; clones take no time for any.
ON_DISK_BYTES, IN_IMAGE_BYTES = (8192 * MB, 20_000 * MB), (1000 * MB, 1000 * MB)
#: Room that is left to everybody else.
LEFT_BYTES = 8192 * MB


class Work(NamedTuple):
    """Files to be copied, all at once."""

    name: str
    paths: list[Path]


def staging_copy() -> list[Row]:
    """One large file and many frames, beside `cp`, on this disk and on one that can clone."""
    with tempfile.TemporaryDirectory(prefix="bench", dir=os.environ.get("BENCH_DISK")) as name:
        folder = Path(name)
        found = _rows(folder / "plain", ON_DISK_BYTES, "auto", 1 / 0.95, "0.95 of cp's speed")
        for kind in ("xfs", "btrfs"):
            with contextlib.suppress(CannotMount), mounted(kind, folder, 3 * IN_IMAGE_BYTES[0] + 512 * MB) as disk:
                wanted = "0.05 x the time of cp without clones"
                return found + _rows(disk / "work", IN_IMAGE_BYTES, "never", 0.05, wanted, f" with clones ({kind})")
        return [*found, Row("staging with clones", "", "", "no disk for it can be mounted here", "", None)]


def _rows(folder: Path, most_bytes: tuple[int, int], reflink: str, most: float, wanted: str, on: str = "") -> list[Row]:
    folder.mkdir()
    free = shutil.disk_usage(folder).free - (0 if on else LEFT_BYTES)
    sizes = [min(most, free // 3) // FRAME_BYTES * FRAME_BYTES for most in most_bytes]
    found = []
    for count, each in ((1, sizes[0]), (sizes[1] // FRAME_BYTES, FRAME_BYTES)):
        what = f"a file of {each / 2**30:.1f} GB" if count == 1 else f"{count:,} frames of {each // MB} MB"
        with _sources(folder / "sources", count, each) as paths:
            work = Work(what, paths)
            cp_s, ours_s = _measured(folder, work, reflink)
        ratio = ours_s / cp_s
        ours = f"{ours_s:.2f} s, {ratio:.3f} x cp ({cp_s / ours_s:.2f} of its speed)"
        found.append(Row(f"staging {what}{on}", f"cp: {cp_s:.2f} s", "", ours, wanted, ratio <= most))
    return found


@contextlib.contextmanager
def _sources(folder: Path, count: int, size: int) -> Iterator[list[Path]]:
    folder.mkdir()
    block = os.urandom(MB)
    try:
        paths = [folder / f"frame.{number:05d}.exr" for number in range(1, count + 1)]
        for path in paths:
            with path.open("wb") as file:
                for _ in range(size // MB):
                    file.write(block)
        yield paths
    finally:
        shutil.rmtree(folder)


def _measured(folder: Path, work: Work, reflink: str) -> tuple[float, float]:
    """Return the median seconds of `cp` and of staging, in turn and with the caches as they were."""
    ways = (functools.partial(_cp, reflink), _stage)
    times: list[list[float]] = [[], []]
    for number in range(ROUNDS):
        for index in (0, 1) if number % 2 == 0 else (1, 0):
            target = folder / "target"
            target.mkdir()
            _settle()
            begun = time.perf_counter()
            ways[index](work.paths, target)
            times[index].append(time.perf_counter() - begun)
            shutil.rmtree(target)
    return statistics.median(times[0]), statistics.median(times[1])


def _cp(reflink: str, paths: list[Path], target: Path) -> None:
    subprocess.run(["cp", f"--reflink={reflink}", *map(str, paths), str(target)], check=True)


def _stage(paths: list[Path], target: Path) -> None:
    """As a publish does, without ftrack, in a staging area that was begun."""
    marker = target / STATE_FOLDER / "volume"
    marker.parent.mkdir()
    marker.touch()
    accessor = AccsynAccessor(prefix=str(target), marker=str(marker))
    with accessor.one_publish():
        for path in paths:
            with path.open("rb") as source:
                accessor.stage(f"show/shot/{path.name}", source)


def _settle() -> None:
    """Let everything reach the disk, and nothing stay in memory where that can be had."""
    os.sync()
    with contextlib.suppress(OSError):
        Path("/proc/sys/vm/drop_caches").write_text("3\n", encoding="ascii")


def long_sequences() -> list[Row]:
    """2,000 and 10,000 frames; what the latter take in a plain location is reckoned, as it would be a quarter hour."""
    part, plain = (run("plain", "sequence", count) for count in (1000, 2000))
    rows: list[Row] = []
    for count in (2000, 10_000):
        ours = run("ours", "sequence", count)
        seconds = plain.figures["publish_s"]
        if count != 2000:
            seconds = reckoned(count, (1000, part.figures["publish_s"]), (2000, seconds))
        ratio = ours.figures["publish_s"] / seconds
        rows += [
            Row(
                f"publish a {count:,}-frame sequence",
                f"{seconds:,.1f} s" + (f", {plain.posts} POSTs" if count == 2000 else ", reckoned"),
                "",
                f"{ours.figures['publish_s']:.1f} s, {ours.posts} POSTs, {ratio:.3f} x plain",
                "0.08 x plain, two POSTs fewer",
                ratio <= 0.08 and ours.posts <= plain.posts - 2,
            ),
            submitted(count, ours),
        ]
    return rows


def reckoned(count: int, one: tuple[int, float], twice: tuple[int, float]) -> float:
    """Return the seconds for *count* of what grows with the number and its square; *one* and *twice* are known."""
    square = (twice[1] - 2 * one[1]) / (2 * one[0] ** 2)
    return (one[1] / one[0] - square * one[0]) * count + square * count**2


def submitted(count: int, ours: Any, events: Optional[Any] = None) -> Row:
    """Return the row on what happens after a sequence was published."""
    per_event = (
        "" if events is None else f"{events.submitted_s:.1f} s, {events.tasks} tasks, {events.calls} accsyn calls"
    )
    return Row(
        f"{count:,} frames: last publish to all submitted",
        "",
        per_event,
        f"{ours.submitted_s:.1f} s, {ours.tasks} task, {ours.calls} accsyn calls",
        "one task, 8 calls",
        ours.tasks == 1 and ours.calls <= 8,
    )
