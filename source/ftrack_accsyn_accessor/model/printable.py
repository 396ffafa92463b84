"""Names and texts of others, as they can be shown: in a message, a log, a note. Pure."""

from __future__ import annotations

import unicodedata

#: Characters of a foreign name that a sentence takes.
MOST = 200
#: Controls, what turns the direction of writing or is not seen, lone surrogates, private ones, line and page breaks.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, most: int = MOST) -> str:
    """Return *text* on one line of at most *most* characters, with what cannot be seen, or is no text, escaped."""
    beginning = text if len(text) <= most else text[:most]
    shown = "".join(_escaped(each) if unicodedata.category(each) in _UNSEEN else each for each in beginning)
    return shown if len(text) <= most and len(shown) <= most else f"{shown[: most - 2]}.."


def visible(text: str) -> str:
    """Return *text* with its lines as they are, and all else in it that cannot be seen, or is no text, escaped."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(_escaped(each) if each != "\n" and unicodedata.category(each) in _UNSEEN else each for each in text)


def _escaped(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a name that is no UTF-8
        return f"\\x{number - 0xDC00:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
