"""What a delivered folder or file is recognised as, by its name: the very name that was asked for, and no other. Pure.

A name that only looks like it, by case, by letters of another script, by its padding, is never taken for it; it is told
which one was expected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import foreign
from ftrack_accsyn_accessor.model.manifest import VERSION, Deliverable
from ftrack_accsyn_accessor.model.submission import Problem, Severity

#: Names that a sentence lists.
_LISTED = 10
_MOST_DIGITS = 9
#: Before the number of a version: it goes with the number where there is none.
_BEFORE_NUMBER = re.compile(r"[._\- ]+[vV]?$")
_FRAME = re.compile(r"[._-]-?[0-9]+$")
_SEPARATORS = re.compile(r"[._\-\s]+")
#: Letters of other scripts, folded, that look like Latin ones; and what is easily mistaken among those.
_LOOKALIKES = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u043a\u04cf\u043c\u043d\u043e\u0440\u051b\u0455\u0442"
    "\u0432\u0433\u0443\u0445\u051d\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03f2\u0131"
    "oil|",
    "acdeh1jk1mh0pqstbryxwa1kv0ptuxc10111",
)


class Recognised(NamedTuple):
    """A deliverable, None where there is none for it; the number that the name gives; and what is to be said of it."""

    deliverable: Optional[Deliverable] = None
    version: Optional[int] = None
    problems: tuple[Problem, ...] = ()


def recognised(stem: str, deliverables: Sequence[Deliverable], is_folder: bool) -> Recognised:
    """Return what the name *stem*, without an extension, is that of."""
    known = list(dict.fromkeys(deliverables))
    exact = [(each, number) for each in known for number in _numbers(stem, each)]
    if len({(each.task_id, each.name) for each, _ in exact}) > 1 or len(exact) > 1:
        names = ", ".join(dict.fromkeys(f"{each.name} of task {each.task_id}" for each, _ in exact[:_LISTED]))
        text = f"{foreign.shown(stem)} may be meant for several deliverables: {names}. Ask the studio."
        return Recognised(problems=(Problem("ambiguous", text),))
    if exact:
        return Recognised(*exact[0], _other_form(stem, *exact[0]))
    if not is_folder and _FRAME.search(stem):
        alone = recognised(_FRAME.sub("", stem), known, is_folder=True)
        if alone.deliverable is not None and not alone.problems:
            text = f"It is a single frame: expected a folder {_FRAME.sub('', stem)} with all frames in it."
            return Recognised(alone.deliverable, alone.version, (Problem("name", text),))
    return _alike(stem, known)


def expected(deliverable: Deliverable, version: Optional[int]) -> str:
    """Return the name that was asked for."""
    return deliverable.named(deliverable.next_version if version is None else version)


def version_in(stem: str, deliverable: Deliverable) -> Optional[int]:
    """Return the number that a file of the delivery is named with, None where it does not begin as that is called."""
    head, placeholder, _ = _parted(deliverable)
    found = re.match(r"[0-9]{1,9}(?![0-9])", stem[len(head) :]) if placeholder and stem.startswith(head) else None
    return int(found[0]) if head and found else None


def _numbers(stem: str, deliverable: Deliverable) -> list[Optional[int]]:
    """Return the version by which *stem* is the name of *deliverable*: none, one, or [None] for a name without it."""
    plain = unicodedata.normalize("NFC", stem)
    if plain == unicodedata.normalize("NFC", _without_number(deliverable)):
        return [None]
    head, placeholder, tail = (unicodedata.normalize("NFC", each) for each in _parted(deliverable))
    digits = plain[len(head) : len(plain) - len(tail)] if placeholder and plain.startswith(head) else ""
    if not re.fullmatch(r"[0-9]{1,%d}" % _MOST_DIGITS, digits):  # noqa: UP031 - braces have another meaning here
        return []
    number = int(digits)
    return [number] if unicodedata.normalize("NFC", deliverable.named(number)) == plain else []


def _other_form(stem: str, deliverable: Deliverable, version: Optional[int]) -> tuple[Problem, ...]:
    """Return a remark where *stem* is the expected name letter by letter, yet not byte by byte."""
    if stem in (_without_number(deliverable), expected(deliverable, version)):
        return ()
    text = f"{foreign.shown(stem)} is {expected(deliverable, version)} with its accents written in another way."
    return (Problem("unicode-form", text, Severity.REMARK),)


def _without_number(deliverable: Deliverable) -> str:
    head, placeholder, tail = _parted(deliverable)
    return _BEFORE_NUMBER.sub("", head) + tail if placeholder else head


def _parted(deliverable: Deliverable) -> tuple[str, str, str]:
    found = VERSION.search(deliverable.name)
    if found is None:
        return deliverable.name, "", ""
    return deliverable.name[: found.start()], found[0], deliverable.name[found.end() :]


def _alike(stem: str, deliverables: Sequence[Deliverable]) -> Recognised:
    """Return what *stem* looks like, with the name that was expected; or which names were."""
    folded = _folded(stem)
    near = [(each, number) for each in deliverables for number in _folded_numbers(folded, each)]
    if len(near) == 1:
        text = f"{foreign.shown(stem)} is no name of a deliverable: expected {expected(*near[0])}, to the letter."
        return Recognised(*near[0], (Problem("name", text),))
    names = [expected(each, None) for each, _ in near] or [expected(each, None) for each in deliverables]
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    text = f"{foreign.shown(stem)} is no name of a deliverable: expected {', '.join(names[:_LISTED])}{more}."
    return Recognised(problems=(Problem("name", text),))


def _folded_numbers(folded: str, deliverable: Deliverable) -> list[Optional[int]]:
    head, placeholder, tail = _parted(deliverable)
    if folded == _folded(_without_number(deliverable)):
        return [None]
    found = re.fullmatch(f"{re.escape(_folded(head))}([0-9]{{1,6}}){re.escape(_folded(tail))}", folded)
    return [int(found[1]) or None] if placeholder and found else []


def _folded(text: str) -> str:
    """Return what is equal for names that look the same, or differ in what is easily mistaken."""
    plain = "".join(each for each in foreign.key(text) if unicodedata.category(each) not in ("Mn", "Cf", "Cc"))
    return _SEPARATORS.sub("", plain).translate(_LOOKALIKES)
