"""Works deliveries off in processes that are killed: a child of one that has everything imported, for each try.

Started with a line of JSON on stdin for each round of tries: what `VendorRules` says, and the line of the plugin before
which a try dies, or the call (see `CALLS`) before or after which it does, none for not at all. Answers each round with
how its tries ended, and how many lines and calls were run.
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import ftrack_api  # noqa: F401 - imported once, for all children

from fault.support_kill import Lines, die
from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.ftrack.notes import create_once
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.staging import structure  # noqa: F401
from ftrack_accsyn_accessor.vendor.ingest import work_off
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import Entry
from ftrack_accsyn_accessor.vendor.storage import Storage
from ftrack_accsyn_accessor.workspace import Workspace

#: What changes something that outlives a process, or asks for it.
CALLS: tuple[tuple[type, str], ...] = (
    *((Storage, name) for name in ("move", "write", "flush")),
    *((Entry, name) for name in ("save", "finish")),
    *((FtrackConnection, "_call"), (Workspace, "create_delivery")),
)


class Calls:
    """Counts calls, each twice: before and after it; dies at the number *fatal*."""

    def __init__(self, fatal: Optional[int]) -> None:
        self.run = 0
        self._count: Iterator[int] = itertools.count(1)
        self._fatal = fatal
        for owner, name in CALLS:
            setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, method: Any) -> Any:
        @functools.wraps(method)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._pass()
            result = method(*args, **kwargs)
            self._pass()
            return result

        return counted

    def _pass(self) -> None:
        self.run = next(self._count)
        if self.run == self._fatal:
            die()


def rivalled(rival: dict[str, Any]) -> None:
    """Let somebody else come in between while the second file moves: by a file, or a version of the number."""
    moved = Storage.move

    def move(self: Storage, source: str, target: str, **how: bool) -> None:
        moved(self, source, target, **how)
        if target.endswith("/v001/main.0002.exr"):
            if "file" in rival:
                Path(rival["file"]).write_bytes(b"ours")
            if "version" in rival:
                create_once(FtrackConnection(environment.ftrack_credentials()), "AssetVersion", rival["version"])

    setattr(Storage, "move", move)  # noqa: B010 - mypy lets no method be assigned


def attempt(rules: dict[str, Any], line: Optional[int], call: Optional[int], rival: dict[str, Any]) -> tuple[int, int]:
    """Work off what waits; return how many lines of the plugin, and calls, that took."""
    if rival:
        rivalled(rival)
    calls, lines = Calls(call), Lines(line)
    means = Means(settings.outside(environment.read_settings()), VendorRules(**rules), environment.ftrack_credentials())
    if line is not None:
        lines.start()
    work_off(means)
    sys.settrace(None)
    return lines.run, calls.run


def run(order: dict[str, Any]) -> tuple[int, int]:
    return attempt(order["rules"], order.get("line"), order.get("call"), order.get("rival", {}))


def child(order: dict[str, Any], output: int) -> None:
    """Carry out *order* and end this process, whatever happens."""
    code = 1
    try:
        os.write(output, json.dumps(run(order)).encode())
        code = 0
    except BaseException:
        logging.exception("The attempt failed.")
    finally:
        os._exit(code)


def main() -> None:
    """Fork for each order, all of one line at once, and tell how they ended."""
    print("ready", flush=True)  # noqa: T201 - how its parent hears of it
    for line in sys.stdin:
        children = []
        for order in json.loads(line):
            told, output = os.pipe()
            pid = os.fork()
            if not pid:
                child(order, output)
            os.close(output)
            children.append((pid, told))
        answers = []
        for pid, told in children:
            with os.fdopen(told) as reader:
                said = reader.read()
            _, status = os.waitpid(pid, 0)
            answers.append([os.waitstatus_to_exitcode(status), *json.loads(said or "[0, 0]")])
        print(json.dumps(answers), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
