"""Colours: taken from the theme, and readable on it."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.connect import colours
from ftrack_accsyn_accessor.connect.colours import Colours
from ftrack_accsyn_accessor.connect.shapes import Tone
from qt_support import DARK, LIGHT, QtGui, QtWidgets, application

PLAIN = ""


def colours_under(style: str) -> Colours:
    application()
    window = QtWidgets.QMainWindow()
    field = QtWidgets.QLineEdit()
    window.setCentralWidget(field)
    window.setStyleSheet(style)
    return colours.of(field)


def contrast(first: QtGui.QColor, second: QtGui.QColor) -> float:
    """Return the contrast ratio as WCAG 2 defines it."""

    def luminance(colour: QtGui.QColor) -> float:
        parts = [colour.redF(), colour.greenF(), colour.blueF()]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("style", "dark"), [(DARK, True), (LIGHT, False)])
def test_theme_is_known_by_its_text_field(style: str, dark: bool) -> None:
    found = colours_under(style)

    assert (found.base.lightnessF() < found.text.lightnessF()) is dark


@pytest.mark.parametrize("style", [DARK, LIGHT, PLAIN])
def test_background_is_the_one_of_the_theme(style: str) -> None:
    expected = {DARK: "#131920", LIGHT: "#ffffff", PLAIN: application().palette().base().color().name()}

    assert colours_under(style).base.name() == expected[style]


@pytest.mark.parametrize("tone", Tone)
@pytest.mark.parametrize("style", [DARK, LIGHT, PLAIN])
def test_states_are_readable_on_every_background_they_stand_on(style: str, tone: Tone) -> None:
    found = colours_under(style)

    for background in (found.base, found.hover, found.selected, found.tinted(tone)):
        assert contrast(found.tones[tone], background) >= 4.5, background.name()


@pytest.mark.parametrize("style", [DARK, LIGHT, PLAIN])
def test_muted_text_is_readable(style: str) -> None:
    found = colours_under(style)

    for background in (found.base, found.hover, found.selected):
        assert contrast(found.muted, background) >= 4.5
        assert contrast(found.text, background) >= 7


@pytest.mark.parametrize("style", [DARK, LIGHT])
def test_tones_differ_from_each_other(style: str) -> None:
    names = {colour.name() for colour in colours_under(style).tones.values()}

    assert len(names) == len(Tone)


def test_translucent_colour_is_mixed_with_what_is_below() -> None:
    half = QtGui.QColor(255, 255, 255, 128)

    assert colours.mixed(QtGui.QColor("black"), half).name() == "#808080"
    assert colours.mixed(QtGui.QColor("black"), half, 0.0).name() == "#000000"
