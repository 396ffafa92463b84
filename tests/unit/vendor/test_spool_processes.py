"""A spool that several processes use at once, and that loses them at any line: nothing is lost, nothing done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.vendor.spool import INGEST, Spool
from helpers import ROOT

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")

#: Puts and works off; what has happened for certain is written beside the spool. "killed" forks processes that are
#: killed before a line of the spool's, "together" is one of several that run at the same time.
CODE = """
import os, random, sys
from pathlib import Path
from fault import support_kill
from ftrack_accsyn_accessor.vendor.spool import INGEST, Spool

def say(folder, *words):
    handle = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, (" ".join(map(str, words)) + "\\n").encode())
    os.close(handle)

def work(folder, keys):
    spool = Spool(folder / "spool", wait_s=60.0)
    for key in keys:
        spool.put(INGEST, key, {"n": 0})
        say(folder, "put", key)
    for entry in spool.waiting():
        with spool.claim(entry) as claimed:
            if claimed is None:
                continue
            n = claimed.data["n"] + 1
            say(folder, "begun", claimed.key, n - 1)
            claimed.save({"n": n})
            say(folder, "saved", claimed.key, n)
            claimed.finish({"n": n})
            say(folder, "finished", claimed.key, n)

def killed(folder, keys, line):
    child = os.fork()
    if child == 0:
        lines = support_kill.Lines(line)
        lines.start()
        work(folder, keys)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

if sys.argv[1] == "killed":
    for seed in map(int, sys.argv[3:]):
        folder, chance = Path(sys.argv[2]) / str(seed), random.Random(seed)
        folder.mkdir()
        while killed(folder, ["a", "b"], chance.randrange(1, 400)):
            pass
else:
    print("ready", flush=True)
    sys.stdin.readline()
    work(Path(sys.argv[2]), [f"j/{n}" for n in random.Random(int(sys.argv[3])).sample(range(40), 40)])
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "source"), str(ROOT / "tests")])},
    )


def said(folder: Path) -> list[list[str]]:
    return [line.split() for line in (folder / "said").read_text(encoding="utf-8").splitlines()]


def assert_kept(folder: Path) -> None:
    """What was confirmed is so, and nothing was begun again after it had ended."""
    spool = Spool(folder / "spool")
    assert spool.waiting() == []
    assert list((spool.folder / "unreadable").iterdir()) == []
    saved: Counter[str] = Counter()
    finished: set[str] = set()
    for word, key, *n in said(folder):
        if word == "begun":
            assert key not in finished
            assert int(n[0]) >= saved[key]
        elif word == "saved":
            saved[key] = int(n[0])
        elif word == "finished":
            finished.add(key)
    for key in {line[1] for line in said(folder)}:
        result = spool.result(INGEST, key)
        assert result is not None
        assert result["n"] >= saved[key]


def trials(tmp_path: Path, seeds: range) -> None:
    process = start("killed", tmp_path, *seeds)
    assert process.communicate(timeout=100)[1] == ""
    assert process.returncode == 0
    for seed in seeds:
        assert_kept(tmp_path / str(seed))


@needs_fork
def test_whoever_is_killed_at_any_line_loses_nothing_and_has_nothing_done_twice(tmp_path: Path) -> None:
    trials(tmp_path, range(4))


@needs_fork
@pytest.mark.slow
def test_many_more_are_killed_at_any_line(tmp_path: Path) -> None:
    trials(tmp_path, range(1000, 1200))


def test_processes_that_work_at_the_same_time_do_each_entry_once(tmp_path: Path) -> None:
    processes = [start("together", tmp_path, seed) for seed in range(5)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        _, complaint = process.communicate("go\n", timeout=100)
        assert (process.returncode, complaint) == (0, "")

    assert_kept(tmp_path)
    ended = Counter(line[1] for line in said(tmp_path) if line[0] == "finished")
    assert ended == {f"j/{number}": 1 for number in range(40)}


@needs_fork
def test_a_killed_owner_frees_what_it_had_claimed(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", wait_s=60.0)
    spool.put(INGEST, "j/1", {})
    child = os.fork()
    if child == 0:
        with spool.claim(spool.waiting()[0]), spool.alone("asset"), spool._writing():
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    spool.put(INGEST, "j/2", {})
    with spool.claim(spool.waiting()[0]) as claimed, spool.alone("asset") as alone:
        assert (claimed is not None, alone) == (True, True)
