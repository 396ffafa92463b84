"""What people read of a command: sentences, texts and tables, in the width and the letters that there are."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import Any, Callable, Optional, TextIO, TypeVar

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor.cli import answer, fitting, secrets
from ftrack_accsyn_accessor.model.printable import visible

#: A width for where there is no terminal to ask, so that lines stay whole in a log.
LOG_WIDTH = 180

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Give *command* the option --json."""
    return click.option(answer.OPTION, "as_json", is_flag=True, help="Print JSON, for scripts.")(command)


class _Console(Console):
    """Shows what others have named as it is called, and does nothing that such a name tells a terminal to do."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._secrets = secrets.known()

    def render(self, renderable: RenderableType, options: Optional[ConsoleOptions] = None) -> Iterable[Segment]:
        given = options or self.options
        if isinstance(renderable, str):
            renderable = self.render_str(renderable, highlight=given.highlight or False, markup=given.markup)
        if isinstance(renderable, Table) and fitting.fits(renderable):
            for line in fitting.fitted(renderable, self, given.max_width, self.letters):
                yield from super().render(line, given)
            return
        if isinstance(renderable, Text):
            renderable = self._fitted(renderable, given)
        for segment in super().render(renderable, given):
            text = segment.text if segment.control else self.letters(segment.text)
            yield segment if text == segment.text else segment._replace(text=text)

    def letters(self, text: str) -> str:
        """Return *text* with what a reader does not see, or its code page does not have, escaped; without a secret."""
        shown = visible(secrets.concealed(text, self._secrets))
        return shown if shown.isascii() else shown.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _fitted(self, text: Text, options: ConsoleOptions) -> Text:
        told = fitting.readable(text, self, self.letters)
        if told.no_wrap or options.no_wrap or options.overflow == "ignore":
            return told
        lines = Text("\n").join(fitting.wrapped(told, options.max_width))
        lines.justify, lines.end, lines.no_wrap = told.justify, told.end, True
        return lines


def console(err: bool = False) -> Console:
    """Return a console on standard output, or with *err* on standard error."""
    stream = sys.stderr if err else sys.stdout
    columns, lines = _size(stream)
    return _Console(file=stream, width=columns, height=lines, highlight=False)


def _size(stream: TextIO) -> os.terminal_size:
    """Return columns and lines of a terminal, which COLUMNS may say; elsewhere enough for a line of a log."""
    if not stream.isatty():
        return os.terminal_size((LOG_WIDTH, 25))
    found = os.terminal_size((LOG_WIDTH, 25))
    with contextlib.suppress(OSError, ValueError):
        found = os.get_terminal_size(stream.fileno())
    told = os.environ.get("COLUMNS", "")
    columns = int(told) if told.isdecimal() else found.columns
    return os.terminal_size((columns or LOG_WIDTH, found.lines or 25))


def say(text: str, err: bool = False) -> None:
    """Print sentences: on a terminal in lines that it has room for, elsewhere each of their lines as it is."""
    stream = sys.stderr if err else sys.stdout
    if stream.isatty():
        console(err).print(Text(text))
        return
    stream.write(f"{visible(secrets.concealed(text, secrets.known()))}\n")
    stream.flush()


def redraws(err: bool = False) -> bool:
    """Whether standard output, or with *err* standard error, is a terminal on which something can be drawn anew."""
    return (sys.stderr if err else sys.stdout).isatty() and os.environ.get("TERM", "").casefold() not in (
        "dumb",
        "unknown",
    )
