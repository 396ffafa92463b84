"""The colours of the tab, taken from what the host's theme has made of a text field."""

from __future__ import annotations

import dataclasses

from ftrack_accsyn_accessor.connect.qt import QtGui, QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Tone

#: What states are told apart by: each readable as text on the theme's background (contrast of 4.5 and more).
_ON_DARK = {
    Tone.GOOD: "#6fd3a5",
    Tone.BUSY: "#7fb4ff",
    Tone.WAITING: "#c3c9d1",
    Tone.BAD: "#ff8f87",
    Tone.HELD: "#ffc069",
}
_ON_LIGHT = {
    Tone.GOOD: "#0b6e45",
    Tone.BUSY: "#1b5fc1",
    Tone.WAITING: "#58616b",
    Tone.BAD: "#c02b20",
    Tone.HELD: "#8a5300",
}


@dataclasses.dataclass(frozen=True)
class Colours:
    """What is painted with: `base` behind, `text` on it, `muted` for the less important, `line` between things."""

    base: QtGui.QColor
    text: QtGui.QColor
    muted: QtGui.QColor
    line: QtGui.QColor
    hover: QtGui.QColor
    selected: QtGui.QColor
    tones: dict[Tone, QtGui.QColor]

    def tinted(self, tone: Tone) -> QtGui.QColor:
        """Return the background of a chip of *tone*."""
        return mixed(self.base, self.tones[tone], 0.16)


def of(field: QtWidgets.QLineEdit) -> Colours:
    """Return the colours of the theme that *field* is shown in.

    Connect's themes are style sheets, which reach the palettes of text fields but not those of plain widgets.
    """
    field.ensurePolished()
    palette = field.palette()
    base = palette.color(QtGui.QPalette.ColorRole.Base)
    text = mixed(base, palette.color(QtGui.QPalette.ColorRole.Text))
    dark = base.lightnessF() < text.lightnessF()
    tones = {tone: QtGui.QColor(name) for tone, name in (_ON_DARK if dark else _ON_LIGHT).items()}
    return Colours(
        base=base,
        text=text,
        muted=mixed(base, text, 0.76),
        line=mixed(base, text, 0.14),
        hover=mixed(base, text, 0.05),
        selected=mixed(base, text, 0.10),
        tones=tones,
    )


def mixed(below: QtGui.QColor, above: QtGui.QColor, share: float = 1.0) -> QtGui.QColor:
    """Return the solid colour that *above*, as opaque as it is times *share*, makes on *below*."""
    opacity = above.alphaF() * share

    def between(low: float, high: float) -> float:
        return low + (high - low) * opacity

    return QtGui.QColor.fromRgbF(
        between(below.redF(), above.redF()),
        between(below.greenF(), above.greenF()),
        between(below.blueF(), above.blueF()),
    )
