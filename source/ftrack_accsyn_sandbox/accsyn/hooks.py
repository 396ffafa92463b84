"""Commands that the workspace runs at certain moments, as child processes (accsyn workflow facts, section 6)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

PRE_SUBMIT, PRE_PUBLISH, PUBLISH = "pre-submit-server", "pre-publish-server", "publish-server"
POST_DONE, POST_FAILED = "post-done-server", "post-failed-server"
NAMES = (PRE_SUBMIT, PRE_PUBLISH, PUBLISH, POST_DONE, POST_FAILED)
# What every process of this system needs to start at all.
_NEEDED = ("SYSTEMROOT", "WINDIR")


@dataclass(frozen=True)
class HookRun:
    """One run of a hook that has ended.

    *payload* is what it read, *answer* what it wrote to its output file (None: nothing that can be read), *output* all
    that it printed; *exit_code* is None when it took too long, or could not be started.
    """

    name: str
    payload: dict[str, Any]
    exit_code: Optional[int]
    output: str
    answer: Any
    seconds: float

    @property
    def trouble(self) -> str:
        """Why it counts as failed, with accsyn's code; empty when it does not."""
        if self.exit_code == 0:
            return ""
        how = "ended too late or never began" if self.exit_code is None else f"ended with exit code {self.exit_code}"
        return f"The hook {self.name} {how} (E#J006)"


@dataclass
class Hooks:
    """The hooks of a workspace, and how they are told; `runs` has those that have ended, oldest first.

    *environment* is the whole one of accsyn's daemon. What is not known can be set:

    * *prefix*: what stands before the name of a hook in its payload ("", "job-" or "hook-job-")
    * *clients_by_role*: the payload's `clients` is an object with the keys "server" and "client", not a list
    * *metadata_in_parts*: the payload's `metadata` tells internal and external ones apart
    * *whole_entries*: a publish hook reads of each file all that the client sent, else what the documents name
    * *status*: that of a job while its hook runs, as the payload has it
    * *final_paths*: the destination of a task that ran has `path_abs_final` beside `path_abs`
    * *twice*: every hook but the one before a publish runs as two processes at once, one for its queue as well
    """

    environment: dict[str, str] = field(default_factory=dict, repr=False)
    commands: dict[str, list[str]] = field(default_factory=dict)
    publish_limit_s: float = 30.0
    limit_s: float = 300.0
    prefix: str = ""
    clients_by_role: bool = False
    metadata_in_parts: bool = True
    status: str = "running"
    final_paths: bool = True
    whole_entries: bool = True
    twice: bool = False
    runs: list[HookRun] = field(default_factory=list)
    _processes: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, name: str, command: Optional[Iterable[str]]) -> None:
        """Have *command* run at the moment of *name*, in either spelling; None: nothing. Raises ValueError.

        *command* is the program and its arguments, without a shell. "${PATH_JSON_INPUT}" and "${PATH_JSON_OUTPUT}" in
        them become the paths of files.
        """
        known = plain_name(name)
        if known not in NAMES:
            raise ValueError(f"Unknown hook {name!r}, use one of {', '.join(NAMES)}.")
        if command is None:
            self.commands.pop(known, None)
        else:
            self.commands[known] = list(command)

    def run(self, name: str, payload: Mapping[str, Any]) -> list[HookRun]:
        """Run a hook, as often as the workspace does, and return how that went. Takes as long as it takes."""
        told = {"hook": f"{self.prefix}{name}", **payload}
        count = 2 if self.twice and name != PRE_PUBLISH else 1
        with ThreadPoolExecutor(count) as pool:
            ended = list(pool.map(lambda _: self._run(name, told), range(count)))
        with self._lock:
            self.runs.extend(ended)
        return ended

    def stop(self) -> None:
        """End what runs."""
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            _kill(process)

    def _run(self, name: str, payload: dict[str, Any]) -> HookRun:
        began_s = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="accsyn-hook-") as folder:
            told, answered = Path(folder, "input.json"), Path(folder, "output.json")
            text = json.dumps(payload, default=_encode)
            told.write_text(text, encoding="utf-8")
            tokens = {"${PATH_JSON_INPUT}": str(told), "${PATH_JSON_OUTPUT}": str(answered)}
            limit_s = self.publish_limit_s if name == PRE_PUBLISH else self.limit_s
            exit_code, output = self._carry_out(_filled(self.commands[name], tokens), folder, limit_s)
            return HookRun(name, json.loads(text), exit_code, output, _answer(answered), time.monotonic() - began_s)

    def _carry_out(self, command: Sequence[str], folder: str, limit_s: float) -> tuple[Optional[int], str]:
        environment = {**{key: os.environ[key] for key in _NEEDED if key in os.environ}, **self.environment}
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return None, f"{command[0]}: {error}"
        with self._lock:
            self._processes.add(process)
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            return None, process.communicate()[0].decode("utf-8", "replace")
        finally:
            with self._lock:
                self._processes.discard(process)
        return process.returncode, output.decode("utf-8", "replace")


def plain_name(name: str) -> str:
    """Return the name of a hook without what may stand before it."""
    return name.removeprefix("hook-").removeprefix("job-")


def _filled(command: Sequence[str], tokens: Mapping[str, str]) -> list[str]:
    filled = []
    for part in command:
        for token, path in tokens.items():
            part = part.replace(token, path)
        filled.append(part)
    return filled


def _answer(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where systems have groups of them, what it started."""
    with contextlib.suppress(OSError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _encode(value: Any) -> str:
    """Write a date as accsyn's files have it: UTC, without offset."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    raise TypeError(f"Cannot encode {type(value).__name__}.")
