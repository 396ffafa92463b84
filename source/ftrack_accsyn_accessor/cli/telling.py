"""What a verb that waits says meanwhile, on standard error: in place on a terminal, else every half minute."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Callable, NamedTuple, Optional

from rich.progress import BarColumn, Progress, Task, TextColumn, TransferSpeedColumn
from rich.table import Column
from rich.text import Text

from ftrack_accsyn_accessor.cli import exit_codes, here, terminal
from ftrack_accsyn_accessor.insight.asking import TOLD_S, Told
from ftrack_accsyn_accessor.model.errors import LoginRefused, TimeUp, Unauthorised
from ftrack_accsyn_accessor.model.progress import size_text

#: How often a line on a terminal is drawn anew.
DRAWN_S = 0.25
#: With less than this many columns there is no room for a bar.
_ROOM = 72


class Line(NamedTuple):
    """What shows a line, and how often it wants one, in seconds."""

    told: Told
    every_s: float


class Pace(NamedTuple):
    """How far something is, in words and in bytes; `total_bytes` is None where that is not known."""

    text: str
    total_bytes: Optional[int] = None
    done_bytes: int = 0

    @property
    def far(self) -> str:
        """How many bytes of how many; empty where there are none, or that is not known."""
        return f"{size_text(self.done_bytes)} of {size_text(self.total_bytes)}" if self.total_bytes else ""


@contextlib.contextmanager
def line(first: str) -> Iterator[Line]:
    """Give what shows what is waited for, and why; *first* stands there until it is known."""
    if not terminal.redraws(err=True):
        yield Line(_print, TOLD_S)
        return
    console = terminal.console(err=True)
    # The usual one turns in letters that a code page of Windows does not have.
    with console.status(Text(first), spinner="line" if console.options.ascii_only else "dots") as spinner:
        yield Line(lambda text: spinner.update(Text(text)), DRAWN_S)


@contextlib.contextmanager
def bar() -> Iterator[Callable[[Pace], None]]:
    """Give a function that shows how far something is. It may be called as often as one likes."""
    if not terminal.redraws(err=True):
        yield _Rarely(TOLD_S).show
        return
    console = terminal.console(err=True)
    if console.width < _ROOM:
        with line("") as narrow:
            yield lambda pace: narrow.told(f"{pace.far}  {pace.text}".strip())
        return
    told = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    far = TextColumn("{task.fields[far]}", markup=False, table_column=Column(no_wrap=True))
    columns = (TextColumn("{task.description}", markup=False, table_column=told), BarColumn(20), far)
    with Progress(*columns, _Speed(), console=console, transient=True, expand=True) as progress:
        task = progress.add_task("", total=None, far="")
        yield lambda pace: progress.update(
            task, description=pace.text, total=pace.total_bytes, completed=pace.done_bytes, far=pace.far
        )


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """End a verb whose time is up with the exit code for that."""
    try:
        yield
    except TimeUp as error:
        raise here.Stop(str(error), exit_codes.TIMEOUT) from error


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Keep from the log that a key is not accepted: whoever follows the worker of this process ends with those words.

    Without a handler the log is standard error, where they would stand twice.
    """
    log = logging.getLogger("ftrack_accsyn_accessor.worker.worker")
    log.addFilter(_is_no_refusal)
    try:
        yield
    finally:
        log.removeFilter(_is_no_refusal)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    told = record.args[0] if isinstance(record.args, tuple) and record.args else None
    return not isinstance(told, (LoginRefused, Unauthorised))


class _Speed(TransferSpeedColumn):
    """The speed; nothing where that is not known."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.finished_speed or task.speed else Text()


class _Rarely:
    """Prints how far something is, now and then."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._at = time.monotonic() + every_s

    def show(self, pace: Pace) -> None:
        if time.monotonic() >= self._at:
            self._at = time.monotonic() + self._every_s
            _print(pace.text)


def _print(text: str) -> None:
    terminal.say(text, err=True)
