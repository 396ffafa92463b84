"""What the words of an answer mean, told from the names and paths of ours that it repeats. Pure.

The wording of the real service is not documented (accsyn fact sheet, section 9), so the HTTP status decides wherever it
can, and words only after everything in them is left out that need not be accsyn's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ftrack_accsyn_accessor.model.errors import Busy, Refused, Unauthorised, Uncertain, WorkspaceError

_AUTHENTICATION = re.compile(
    r"unauthori[sz]ed|not authori[sz]ed|authenticat|not logged in|please log ?in|log ?in (?:required|again|failed)|"
    r"(?:invalid|wrong|bad|incorrect|unknown|expired|revoked)\W+(?:\w+\W+)?"
    r"(?:api[ _-]?key|credentials?|session|password|user(?:name)?)\b|"
    r"\b(?:api[ _-]?key|credentials?|session|password|account)\W+(?:\w+\W+){0,3}"
    r"(?:invalid|wrong|incorrect|unknown|expired|revoked|disabled|not valid|not found)",
    re.IGNORECASE,
)
#: With 403, what is about who asks; anything else there is about what is asked, and a new login would not change it.
_IDENTITY = re.compile(
    r"\b(?:api[ _-]?key|credentials?|session|password|token|log(?:ged)? ?in)\b|^\W*forbidden\W*$", re.IGNORECASE
)
_PATIENCE = re.compile(r"too many requests|rate.?limit|throttl", re.IGNORECASE)
#: With these it is about what is asked, whatever the words are.
_ABOUT_THE_CALL = frozenset({404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 422, 431})

_ADDRESS = re.compile(r"\bhttps?://\S+")
#: A single quote within a word is an apostrophe.
_QUOTED = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`|\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019")
#: From the first word with a slash in it to the last one: a name in between may hold blanks.
_PATH = re.compile(r"\S*[/\\](?:.*[/\\])?\S*")
_SEPARATORS = re.compile(r"[/\\:=,\"']+")


def classify_message(text: str, status: int, ours: Iterable[str] = ()) -> type[WorkspaceError]:
    """Return the error class for a *text* that accsyn answered with HTTP *status*; *ours* are texts that we sent.

    A status that only a gateway sends outranks all words: behind 502 and 504 the call may have been processed.
    """
    if status in (429, 503):
        return Busy
    if status in (502, 504):
        return Uncertain
    if status == 401:
        return Unauthorised
    if status in _ABOUT_THE_CALL:
        return Refused
    words = _without_ours(text, ours)
    if _PATIENCE.search(words):
        return Busy
    if _AUTHENTICATION.search(words) or (status == 403 and _IDENTITY.search(words)):
        return Unauthorised
    return Refused


def misleads(text: str) -> bool:
    """Whether *text*, a name of ours, would be taken for words about who asks, or for a wish for patience."""
    return any(pattern.search(text) for pattern in (_AUTHENTICATION, _IDENTITY, _PATIENCE))


def texts(data: Any) -> Iterator[str]:
    """Yield every text in *data*, which is made of objects, lists and texts."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (list, tuple)):
        for each in data:
            yield from texts(each)
    elif isinstance(data, dict):
        yield from texts(list(data.values()))


def _without_ours(text: str, ours: Iterable[str]) -> str:
    """Return *text* without addresses, what it quotes, paths, and those of *ours* (or parts of one) that mislead."""
    parts = {part.strip() for each in ours if misleads(each) for part in (each, *_SEPARATORS.split(each))}
    for part in sorted(filter(misleads, parts), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " - ", text, flags=re.IGNORECASE)
    for pattern in (_ADDRESS, _QUOTED, _PATH):
        text = pattern.sub(" - ", text)
    return text
