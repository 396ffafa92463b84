"""Tables of however many rows, in the width that there is. What tells rows apart is there to the last.

A table of rich costs half a millisecond a row. Here the columns that tell least are left out first; then the first one
is folded between words, and what has too long a word for it has lines of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Optional

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from ftrack_accsyn_accessor.cli import fitting
from ftrack_accsyn_accessor.model.printable import visible

_GAP = "  "
_DIM = Style(dim=True)
_PLAIN = Style()


class Column(NamedTuple):
    """A column: what stands above it, at which side its texts stand, and whether they have the style of their row.

    Those with the smallest `rank` are left out first, those with none never.
    """

    heading: str
    right: bool = False
    styled: bool = False
    rank: int = 0


class Line(NamedTuple):
    """A row: a text for each column, its style, and what is said below it."""

    cells: Sequence[str]
    style: str = ""
    below: str = ""


class Listing:
    """A table whose first column tells the rows apart, and gets what the others leave."""

    def __init__(self, columns: Sequence[Column], lines: Sequence[Line]) -> None:
        self._columns = columns
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Draw it."""
        yield from _joined(self._segments(console, options))

    def _segments(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        headings = [column.heading for column in self._columns]
        rows = _readable([headings, *(line.cells for line in self._lines)], console)
        drawing = _Drawing(self._columns, rows, options.max_width)
        yield from drawing.row(0, _DIM, _DIM)
        names = {line.style for line in self._lines}
        styles = {name: console.get_style(name) if console.color_system else _PLAIN for name in names}
        for number, line in enumerate(self._lines, 1):
            yield from drawing.row(number, styles[line.style], _PLAIN)
            if line.below:
                yield from _paragraph(line.below, console, options.max_width, _DIM, indent=len(_GAP))


class Paragraphs:
    """Sentences, each behind what they are about, in the style of that."""

    def __init__(self, said: Iterable[tuple[str, str, str]]) -> None:
        self._said = said

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Draw them."""
        for about, style, text in self._said:
            head = Segment(f"{_letters(console)(about)}: ", console.get_style(style))
            yield from _paragraph(f"{about}: {text}", console, options.max_width, _PLAIN, head)


class _Drawing:
    """Rows of texts on lines of *width* cells."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> None:
        self._columns = columns
        self._width = width
        texts = [list(texts) for texts in zip(*rows)]
        self._widths = [max(map(_size, each)) for each in texts]
        self._shown = self._fitting()
        self._room = max(0, min(self._widths[0], self._left_by(self._shown)))
        self._names = texts[0]
        self._texts = {index: self._padded(index, texts[index]) for index in self._shown}

    def _fitting(self) -> list[int]:
        """Return the columns besides the first that are shown, when that has what it wants, or half of the width."""
        shown = list(range(1, len(self._columns)))
        wanted = min(self._widths[0], self._width // 2)
        for index in sorted(shown, key=lambda index: self._columns[index].rank):
            if self._columns[index].rank and self._left_by(shown) < wanted:
                shown.remove(index)
        return shown

    def _left_by(self, shown: Iterable[int]) -> int:
        return self._width - sum(self._widths[index] + len(_GAP) for index in shown)

    def _padded(self, index: int, texts: Sequence[str]) -> list[str]:
        right = self._columns[index].right
        width = self._widths[index] if right or index != self._shown[-1] else 0
        return [_blanks(width - _size(text)) + text if right else text + _blanks(width - _size(text)) for text in texts]

    def row(self, number: int, style: Style, rest: Style) -> Iterator[Segment]:
        """Yield the lines of a row; what has the style of the row is in *style*, all else in *rest*."""
        name = self._names[number]
        after: Sequence[str] = ()
        if _size(name) > self._room:
            whole = max(map(_size, name.split()), default=0) <= self._room
            name, *after = _folded(name, self._room) if whole else ("",)
            for line in () if whole else _folded(self._names[number], self._width):
                yield Segment(f"{line}\n", rest)
        text = name + _blanks(self._room - _size(name))
        for index in self._shown:
            if self._columns[index].styled:
                yield Segment(text + _GAP, rest)
                yield Segment(self._texts[index][number], style)
                text = ""
            else:
                text += _GAP + self._texts[index][number]
        yield Segment(f"{text.rstrip()}\n", rest)
        for line in after:
            yield Segment(f"{line}\n", rest)


def _joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield *segments* with neighbours of one style in one: each costs more than what is in it."""
    for style, neighbours in itertools.groupby(segments, key=lambda segment: segment.style):
        yield Segment("".join(segment.text for segment in neighbours), style)


def _paragraph(
    text: str, console: Console, width: int, style: Style, head: Optional[Segment] = None, indent: int = 0
) -> Iterator[Segment]:
    """Yield *text* as lines of at most *width*, moved in by *indent*; *head* is how it begins, where that is given."""
    words = _letters(console)(text).split()
    if any(width - indent < _size(word) <= width for word in words):
        indent = 0  # one word needs the whole line
    first, *more = _folded(" ".join(words), width - indent)
    if head is not None and first.startswith(head.text):
        yield head
        first = first[len(head.text) :]
    for line in (first, *more):
        yield Segment(f"{_blanks(indent)}{line}\n", style)


def _letters(console: Console) -> Callable[[str], str]:
    """Return what makes of a text what *console* can show of it."""
    return getattr(console, "letters", visible)


def _readable(rows: Sequence[Sequence[str]], console: Console) -> Sequence[Sequence[str]]:
    """Return *rows* as *console* can show them: mostly as they are, which is found out in one go."""
    shown = _letters(console)
    everything = "".join(text for row in rows for text in row)
    return rows if shown(everything) == everything else [[shown(text) for text in row] for row in rows]


def _size(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _blanks(count: int) -> str:
    return " " * count


def _folded(text: str, width: int) -> list[str]:
    """Return *text* as lines of at most *width*, or of a letter where that is less."""
    if _size(text) <= width:
        return [text]
    return [line.plain for line in fitting.wrapped(Text(text), max(1, width))]
