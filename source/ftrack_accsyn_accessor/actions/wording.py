"""Foreign text, such as names and causes, in forms and messages of ftrack's web page. Pure."""

from __future__ import annotations

import unicodedata

#: What means something in Markdown or HTML, of which pages show labels as a mixture; a colon makes links.
_MARKUP = frozenset("\\`*_{}[]()<>#+!|~&\"':")
#: Letters that turn the direction of what follows, so that it reads as something else.
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)))


def shown(text: str) -> str:
    """Return *text* so that a label shows it as it is, on one line."""
    return "".join(f"&#{ord(letter)};" if letter in _MARKUP else letter for letter in one_line(text))


def said(text: str) -> str:
    """Return *text* for a message, of which it is not known whether a page takes tags in it for tags."""
    return one_line(text).replace("<", "‹").replace(">", "›")


def one_line(text: str) -> str:
    """Return *text* on one line, without letters that are not seen or that turn what follows."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if letter in _TURNING or unicodedata.category(letter) in ("Cc", "Cs") else letter
        for letter in " ".join(text.split())
    )
