"""Puts the reason before what was being done, for places with little room: "Permission denied at hq". Pure."""

from __future__ import annotations

import re

#: "Could not submit the files (show_a upload): connection refused." What was tried may name files, with colons.
_TRIED = re.compile(r"(?P<tried>Could not (?:[^:(]|\([^)]*\)|:(?! ))+): (?P<reason>.+)", re.DOTALL)
#: "accsyn could not transfer it: E#J057 Could not write the file: permission denied (show_a/main.mov)."
_CARRIED = re.compile(r"(?P<tried>accsyn could not transfer it): (?:(?P<code>[EW]#J\d+):? ?)?(?P<reason>.*)", re.DOTALL)
_DOING = re.compile(r"(?P<doing>Could not [^:]+): (?P<reason>.+)", re.DOTALL)
#: The codes of accsyn that speak of writing (accsyn fact sheet, section 6); the rest of a text may say so, too.
_WRITING = frozenset({"E#J053", "E#J056", "E#J057", "E#J060", "E#J066"})
_NAMED = re.compile(r" ?\((?P<path>[^()]*)\)$")


def reason_first(cause: str, path: str = "", there: str = "") -> str:
    """Return *cause* with the reason first, and what was tried as a sentence after it; as it is where it says neither.

    *path* is where the item lies in its volume, which need not be said again; *there* is what people call the place
    that it goes to.
    """
    carried = _CARRIED.fullmatch(cause)
    if carried is not None and carried["reason"].strip(" ."):
        return _of_accsyn(carried["reason"].strip(), carried["code"] or "", path, there)
    tried = _TRIED.fullmatch(cause)
    if tried is None:
        return cause
    return f"{_sentence(tried['reason'])} {tried['tried']}."


def _of_accsyn(text: str, code: str, path: str, there: str) -> str:
    reason = text.rstrip(".")
    named = _NAMED.search(reason)
    if named is not None and path and named["path"].strip("/") in (path.strip("/"), path.strip("/").rpartition("/")[2]):
        reason = reason[: named.start()]
    doing = _DOING.fullmatch(reason)
    what, reason = (doing["doing"], doing["reason"]) if doing is not None else ("", reason)
    writes = code in _WRITING or " write" in what.lower()
    at = f" at {there}" if there and writes and " at " not in reason else ""
    said = " ".join(filter(None, (code, what)))
    return f"{_sentence(reason + at)} accsyn could not transfer it{f' ({said})' if said else ''}."


def _sentence(text: str) -> str:
    """Return *text* as a sentence: names of files at its beginning stay as they are."""
    text = text.strip()
    first = text.split(" ")[0].rstrip(".,;!?")
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
