"""Texts and tables in the width that there is: a word is split only where it alone is longer than the line.

Rich gives the columns of a table what is left, and folds words in them. Here a column gets what its longest word needs,
and where that is too much for all of them, each row is told line by line instead. A path may be folded behind each of
its separators: it has no blanks, and nothing is put in that would be copied with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Optional

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

#: Makes of a text what can be shown of it.
Shown = Callable[[str], str]

_WORD = re.compile(r"[^ ]+ *| +")
#: What `printable` writes for a letter that cannot be shown: it is one letter.
_ESCAPE = r"\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|U[0-9a-f]{8})"
_LETTER = re.compile(rf"{_ESCAPE}|.", re.DOTALL)
_SEPARATOR = rf"(?:/|(?!{_ESCAPE})\\)"
_STEP = re.compile(rf"(?:{_ESCAPE}|[^/\\])*{_SEPARATOR}+|(?:{_ESCAPE}|[^/\\])+")


def wrapped(text: Text, width: int) -> list[Text]:
    """Return *text* as lines of at most *width* cells, without the blanks at which they end."""
    lines: list[Text] = []
    for line in text.split(allow_blank=True):
        parts = line.divide(_breaks(line.plain, width))
        lines += map(_without_end, parts)
    return lines


def _without_end(line: Text) -> Text:
    """Return *line* without the blanks at its end. A blank that belongs to a name, as a wide one does, is none."""
    return line[: len(line.plain.rstrip(" "))] if line.plain.endswith(" ") else line


def _breaks(line: str, width: int) -> list[int]:
    """Return where *line* is broken."""
    found: list[int] = []
    used = 0
    for match in _WORD.finditer(line):
        size = cell_len(match[0].rstrip(" "))
        if used and used + size > width:
            found.append(match.start())
            used = 0
        if size > width:
            *ends, used = _folded(match[0].rstrip(" "), width)
            found += [match.start() + end for end in ends]
            used += cell_len(match[0]) - size
        else:
            used += cell_len(match[0])
    return found


def _folded(word: str, width: int) -> list[int]:
    """Return where a word that is longer than *width* is broken, and after that how much of the last line it takes."""
    found: list[int] = []
    begin = end = 0
    for step in _STEP.findall(word):
        if cell_len(word[begin : end + len(step)]) > width and end > begin:
            found.append(end)
            begin = end
        for letter in _LETTER.findall(step):
            # What is drawn over the letter before it has no width of its own, and stays with it.
            if end > begin and cell_len(word[begin : end + len(letter)]) > width:
                found.append(end)
                begin = end
            end += len(letter)
    return [*found, cell_len(word[begin:])]


def fitted(table: Table, console: Console, width: int, shown: Shown) -> Iterator[RenderableType]:
    """Yield *table*, which has no lines, as texts of at most *width* cells."""
    heads = [_text(column.header, console, shown) for column in table.columns]
    rows = list(zip(*([_text(cell, console, shown) for cell in column.cells] for column in table.columns)))
    gap = max(table.padding[1], table.padding[3])
    told = [*([heads] if table.show_header else []), *rows]
    room = width - gap * (len(heads) - 1)
    widths = _widths([[row[number] for row in told] for number in range(len(heads))], room, width)
    if widths is None:
        yield from _told_by_lines(heads, rows, table.show_header, width)
        return
    for row in told:
        if row is heads:
            for head in heads:
                head.stylize(table.header_style or "")
        yield _line(row, widths, [column.justify == "right" for column in table.columns], gap)


def fits(table: Table) -> bool:
    """Whether *table* is one of those that `fitted` knows: without lines and title, with nothing in it but texts."""
    cells = (cell for column in table.columns for cell in (column.header, *column.cells))
    return table.box is None and table.title is None and all(isinstance(_inner(cell), (str, Text)) for cell in cells)


def _inner(cell: RenderableType) -> RenderableType:
    return cell.renderable if isinstance(cell, Padding) else cell


def _text(cell: RenderableType, console: Console, shown: Shown) -> Text:
    inner = _inner(cell)
    text = readable(inner if isinstance(inner, Text) else console.render_str(str(inner)), console, shown)
    if not isinstance(cell, Padding):
        return text
    return Text("\n").join(Text.assemble(" " * cell.left, line) for line in text.split(allow_blank=True))


def readable(text: Text, console: Console, shown: Shown) -> Text:
    """Return *text* with what *shown* makes of it, which may be longer."""
    if shown(text.plain) == text.plain:
        return text.copy()
    parts = [(shown(part.text), part.style or "") for part in text.render(console)]
    return Text.assemble(*parts, justify=text.justify, end=text.end, no_wrap=text.no_wrap, overflow=text.overflow)


def _widths(columns: Sequence[Sequence[Text]], room: int, width: int) -> Optional[list[int]]:
    """Return how wide each column is drawn; None where a word would have to be split that a line has room for."""
    wanted = [max((cell_len(line) for cell in each for line in cell.plain.split("\n")), default=0) for each in columns]
    least = [max((_least(cell.plain, width) for cell in each), default=0) for each in columns]
    if sum(least) > room:
        return None
    while sum(wanted) > room:
        widest = max((size, number) for number, size in enumerate(wanted) if size > least[number])[1]
        others = [size for number, size in enumerate(wanted) if number != widest]
        next_best = max((size for size in others if size < wanted[widest]), default=0)
        wanted[widest] = max(least[widest], next_best, wanted[widest] - (sum(wanted) - room), 1)
        if wanted[widest] == least[widest] == 0:
            return None
    return wanted


def _least(text: str, width: int) -> int:
    """Return how wide a column is at least in which *text* is: what is longer than the line is folded in any case."""
    words = [word for word in re.split(r"[ \n]", text) if word]
    steps = [step for word in words for step in (_STEP.findall(word) if cell_len(word) > width else [word])]
    return max((size if size <= width else width // 2 for size in map(cell_len, steps)), default=0)


def _line(row: Sequence[Text], widths: Sequence[int], right: Sequence[bool], gap: int) -> Text:
    cells = [wrapped(cell, max(1, width)) for cell, width in zip(row, widths)]
    lines = []
    for number in range(max(map(len, cells))):
        line = Text()
        for cell, width, at_right in zip(cells, widths, right):
            part = cell[number] if number < len(cell) else Text()
            blanks = " " * (width - cell_len(part.plain))
            line.append_text(Text.assemble(blanks, part) if at_right else Text.assemble(part, blanks))
            line.append(" " * gap)
        lines.append(_without_end(line))
    return Text("\n").join(lines)


def _told_by_lines(
    heads: Sequence[Text], rows: Iterable[Sequence[Text]], headed: bool, width: int
) -> Iterator[RenderableType]:
    """Yield each row as lines: what the column is called, and what is in it."""
    for row in rows:
        names = heads if headed else [Text(row[0].plain, style="dim")] * len(row)
        for number, cell in enumerate(row):
            if not cell.plain.strip(" \n") or (not headed and not number):
                continue
            name = names[number].plain.strip(" ")
            told = Text.assemble((name, "dim"), ": ") if name else Text()
            yield Text("\n").join(wrapped(told.append_text(_stripped(cell)), width))
        if headed:
            yield Text()


def _stripped(text: Text) -> Text:
    lines = text.split(allow_blank=True)
    return Text("\n").join(line[len(line.plain) - len(line.plain.lstrip(" ")) :] for line in lines)
