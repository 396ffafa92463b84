"""Runs a command in a terminal of its own, and paints what stands on the screen in the end."""

from __future__ import annotations

import fcntl
import io
import math
import os
import pty
import struct
import subprocess
import sys
import termios
from typing import Optional

from PySide6 import QtCore, QtGui
from rich.ansi import AnsiDecoder
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

THEME = TerminalTheme(
    (22, 27, 34),
    (214, 219, 225),
    [
        (72, 79, 88),
        (255, 123, 114),
        (99, 205, 148),
        (227, 179, 65),
        (110, 168, 254),
        (190, 140, 255),
        (86, 205, 214),
        (214, 219, 225),
    ],
)
MARGIN = 18
BAR = 30
DOTS = ("#ff5f57", "#febc2e", "#28c840")


def run(arguments: list[str], columns: int) -> str:
    """Run `ftrack-accsyn` with *arguments* in a terminal of so many *columns*; return what it wrote."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    code = "from ftrack_accsyn_accessor.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=far,
        stderr=far,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)},
    )
    os.close(far)
    written = b""
    while True:
        try:
            part = os.read(near, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(near)
    process.wait()
    return written.decode()


def on_screen(written: str) -> list[str]:
    """Return the lines that stand on the screen after *written*, of which programs move up and erase some."""
    lines = [""]
    row = 0
    for part in written.replace("\r\n", "\n").replace("\x1b", "\0\x1b").split("\0"):
        if part.startswith("\x1b[") and (letter := part.lstrip("\x1b[?0123456789;")[:1]) in ("A", "K", "h", "l"):
            count, text = part[2:].split(letter, 1)
            if letter == "A":
                row = max(0, row - int(count or 1))
            elif letter == "K":
                lines[row] = ""
        else:
            text = part
        for place, piece in enumerate(text.split("\n")):
            if place:
                row += 1
                lines += [""] * (row + 1 - len(lines))
            lines[row] = piece.rpartition("\r")[2] if "\r" in piece else lines[row] + piece
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def paint(command: str, written: str, columns: int) -> QtGui.QImage:
    """Return the picture of a terminal in which *command* has written this."""
    console = Console(width=columns, color_system="truecolor", force_terminal=True, file=io.StringIO())
    rows = [[Segment("$ ", Style(color="cyan")), Segment(command, Style(bold=True))], []]
    rows += [list(line.render(console)) for line in AnsiDecoder().decode("\n".join(on_screen(written)))]
    font = QtGui.QFont("DejaVu Sans Mono")
    font.setPixelSize(13)
    metrics = QtGui.QFontMetricsF(font)
    cell = QtCore.QSizeF(metrics.horizontalAdvance("M"), math.floor(metrics.height()))
    size = QtCore.QSize(int(cell.width() * columns) + 2 * MARGIN, int(cell.height() * len(rows)) + BAR + MARGIN)
    image = QtGui.QImage(size * 2, QtGui.QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2)
    image.fill(QtGui.QColor(*THEME.background_color))
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    _bar(painter)
    for number, segments in enumerate(rows):
        place = QtCore.QRectF(QtCore.QPointF(MARGIN, BAR + number * cell.height()), cell)
        for text, style, _ in segments:
            _write(painter, text.rstrip("\n"), style or Style(), place, font)
    painter.end()
    return image


def _bar(painter: QtGui.QPainter) -> None:
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    for place, colour in enumerate(DOTS):
        painter.setBrush(QtGui.QColor(colour))
        painter.drawEllipse(QtCore.QPointF(MARGIN + 5 + 18 * place, BAR / 2), 5, 5)


def _write(painter: QtGui.QPainter, text: str, style: Style, cell: QtCore.QRectF, font: QtGui.QFont) -> None:
    """Write *text* letter by letter from *cell* on, so that columns stay columns, and move *cell* behind it."""
    used = QtGui.QFont(font)
    used.setBold(bool(style.bold))
    painter.setFont(used)
    colour = QtGui.QColor(*_rgb(style.color))
    if style.dim:
        colour.setAlphaF(0.6)
    painter.setPen(colour)
    for letter in text:
        painter.drawText(cell, int(QtCore.Qt.AlignmentFlag.AlignTop | QtCore.Qt.TextFlag.TextDontClip), letter)
        cell.translate(cell.width(), 0)


def _rgb(colour: Optional[Color]) -> tuple[int, int, int]:
    red, green, blue = colour.get_truecolor(THEME) if colour is not None else THEME.foreground_color
    return red, green, blue
