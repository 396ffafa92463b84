"""A process that has imported everything already and forks a child for each job, so that hundreds of them cost seconds.

The test process starts it as a script and speaks to it in lines of JSON. It never runs a thread, opens no session and
never starts the plugin, so what it forks is a fresh host with its imports behind it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from helpers import ROOT, wait_until

PLUGIN = "ftrack_accsyn_accessor"
FOLDERS = (ROOT / "source", ROOT / "tests")


class Child:
    """A child of the template, as the test sees it."""

    def __init__(self, pid: int, report: Path, output: Path) -> None:
        self.pid = pid
        self._report = report
        self._output = output
        self._ended = threading.Event()
        self._code: Optional[int] = None

    def wait(self, timeout_s: float = 40.0) -> int:
        """Return the exit code, negative for a signal, as subprocess does."""
        assert self._ended.wait(timeout_s), f"Process {self.pid} has not ended: {self.output}"
        assert self._code is not None
        return self._code

    def kill(self) -> None:
        """End it by SIGKILL, and all its own children, unless they have ended already."""
        if not self.alive:
            return  # its number may be somebody else's by now
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def ended(self, status: int) -> None:
        """Take note of how it ended."""
        self._code = os.waitstatus_to_exitcode(status)
        self._ended.set()

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    @property
    def report(self) -> list[dict[str, Any]]:
        """The lines that it reported so far."""
        lines = self._report.read_text(encoding="utf-8").splitlines() if self._report.exists() else []
        return [json.loads(line) for line in lines]

    def reported(self, key: str) -> list[Any]:
        """What it reported under *key*, in order."""
        return [row[key] for row in self.report if key in row]

    @property
    def log(self) -> str:
        """What the plugin logged, at any level."""
        path = Path(f"{self._report}.log")
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def complaints(self) -> list[str]:
        """The warnings and errors of the plugin in its log."""
        lines = (line.split(" ", 2) for line in self.log.splitlines())
        bad = ("WARNING", "ERROR", "CRITICAL")
        return [" ".join(line) for line in lines if line[0] in bad]

    @property
    def output(self) -> str:
        """Everything it wrote to stdout and stderr."""
        return self._output.read_text(encoding="utf-8", errors="replace")


class Template:
    """The template process, as the test sees it; any thread may use it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._children: dict[int, Child] = {}
        self._born: list[int] = []
        self._count = 0
        paths = os.pathsep.join(map(str, FOLDERS))
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            env={**os.environ, **environment, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def run(
        self,
        job: str,
        environment: Mapping[str, Optional[str]],
        kill: Optional[Mapping[str, Any]] = None,
        **arguments: Any,
    ) -> Child:
        """Fork a child that does *job* with *arguments*, in *environment* (None unsets a variable).

        Jobs are those of `support_jobs`, `support_forking`, `support_asking` and `support_handing`.

        *kill* is a step (`support_kill.Step` as a dict), {"line": number}, or {"count": True} to report the lines run.
        """
        self._count += 1
        report, output = (self._folder / f"{self._count}.{end}" for end in ("report", "output"))
        order = {
            "job": job,
            "environment": dict(environment),
            "kill": dict(kill or {}),
            "arguments": arguments,
            "report": str(report),
            "output": str(output),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        wanted = self._count
        wait_until(lambda: len(self._born) >= wanted, 20.0, "the template to fork")
        return self._children.setdefault(self._born[wanted - 1], Child(self._born[wanted - 1], report, output))

    def close(self) -> None:
        """End the template and all children that are left."""
        for child in self._children.values():
            if child.alive:
                child.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20.0)
        self._reader.join(20.0)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            row = json.loads(line)
            if "status" in row:
                pid = row["pid"]
                wait_until(lambda pid=pid: pid in self._children, 20.0, "the child to be known")  # type: ignore[misc]
                self._children[pid].ended(row["status"])
            else:
                self._born.append(row["pid"])


def serve() -> Optional[dict[str, Any]]:
    """Fork a child for each order that arrives; return the order in the child, None at the end of all orders."""
    wakeup, signalled = os.pipe()
    os.set_blocking(signalled, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    pending = b""
    while True:
        ready, _, _ = select.select([0, wakeup], [], [])
        if wakeup in ready:
            os.read(wakeup, 4096)
        for pid, status in _dead():
            _tell(pid=pid, status=status)
        if 0 not in ready:
            continue
        data = os.read(0, 65536)
        if not data:
            return None
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(wakeup)
                os.close(signalled)
                _redirect(order["output"])
                return dict(order)
            with contextlib.suppress(OSError):  # it has ended already
                os.setpgid(pid, pid)  # so that it can be killed with all its own children
            _tell(pid=pid)


def _dead() -> Iterator[tuple[int, int]]:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, status


def _tell(**row: int) -> None:
    os.write(1, (json.dumps(row) + "\n").encode())


def _redirect(path: str) -> None:
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)


def work(order: Mapping[str, Any]) -> None:
    """Do what *order* says; the interpreter then ends as any does, with whatever was registered for its end."""
    from fault import support_asking, support_forking, support_handing, support_jobs, support_kill

    for name, value in order["environment"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    report = support_jobs.Report(order["report"])
    configure_logging(order["report"])
    kill = order["kill"]
    lines = support_kill.Lines(kill.get("line"))
    if "line" in kill or "count" in kill:
        lines.start()
    elif kill:
        support_kill.arm(support_kill.Step(**kill))
    known = (support_jobs, support_forking, support_asking, support_handing)
    jobs = next(each for each in known if hasattr(each, order["job"]))
    getattr(jobs, order["job"])(order["arguments"], report)
    if "count" in kill:
        from ftrack_accsyn_accessor.worker import runtime

        runtime.stop_all()  # as at the end of the interpreter, after which nothing could be reported
        report.add(lines=lines.run)


def configure_logging(path: str) -> None:
    """Write what the plugin logs, at any level, to one file, and the warnings of all others to another."""
    ours = logging.FileHandler(f"{path}.log", encoding="utf-8")
    ours.addFilter(logging.Filter(PLUGIN))
    others = logging.FileHandler(f"{path}.others", encoding="utf-8")
    others.setLevel(logging.WARNING)
    logging.basicConfig(handlers=[ours, others], format="%(levelname)s %(name)s %(message)s")
    logging.getLogger(PLUGIN).setLevel(logging.DEBUG)


if __name__ == "__main__":
    import fault.support_asking
    import fault.support_forking
    import fault.support_handing  # noqa: F401 - what children need is imported once
    from ftrack_accsyn_accessor import plugin  # noqa: F401

    given = serve()
    if given is not None:
        work(given)
