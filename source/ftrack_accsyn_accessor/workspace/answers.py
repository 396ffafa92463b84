"""Sorts answers and failures: what came back from accsyn, or from the network, becomes a result or one `Problem`.

The rules and their sources stand in the accsyn fact sheet, section 9; what can stand between is told by `network`.
"""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import json
import math
import re
import socket
from collections.abc import Iterable, Mapping
from typing import Any, Optional

import requests
import requests.exceptions
import urllib3.exceptions

from ftrack_accsyn_accessor import network
from ftrack_accsyn_accessor.model.errors import (
    Busy,
    NotReady,
    Refused,
    Unauthorised,
    Uncertain,
    Unreachable,
    WorkspaceError,
)
from ftrack_accsyn_accessor.network import MAX_EXCERPT as MAX_EXCERPT
from ftrack_accsyn_accessor.network import clean as clean
from ftrack_accsyn_accessor.workspace.wording import classify_message

#: A wish beyond this is taken for a mistake (a wrong clock, say): it would park everything for a day.
MAX_RETRY_AFTER_S = 3600.0
#: A wish from here on is told: who waits for so long wonders.
_LONG_S = 60.0

#: Of a number that anybody may mean.
_MOST_DIGITS = 100
_HALF_LETTER = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
#: The host in an address; what follows it, or a login before it, is not told.
_ELSEWHERE = re.compile(r"(?:https?:)?//(?:[^/?#]*@)?([\w.\-]+)", re.IGNORECASE)

_REMEDIES: Mapping[type[WorkspaceError], str] = {
    Unreachable: "Check the network, the firewall and the proxy settings.",
    Busy: "",
    Uncertain: "",
    Refused: "",
    Unauthorised: "Check ACCSYN_API_USER and ACCSYN_API_KEY.",
    NotReady: "",
}
#: What the worker does about it.
_BY_ITSELF: Mapping[type[WorkspaceError], str] = {
    Unreachable: "It is tried again.",
    Busy: "It is tried again later.",
    Uncertain: "It is looked up before it is tried again.",
    Refused: "",
    Unauthorised: "It is tried again after a while.",
    NotReady: "",
}


@dataclasses.dataclass(frozen=True)
class Reply:
    """An HTTP answer: its status, its headers (looked up without case) and its text.

    `denied` tells of the proxy that has answered 407 in accsyn's place.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    denied: Optional[network.Trouble] = None


class Problem(Exception):
    """What is wrong with one call, before it is told what was tried on what."""

    def __init__(
        self,
        kind: type[WorkspaceError],
        outcome: str,
        remedy: Optional[str] = None,
        *,
        status: Optional[int] = None,
        retry_after_s: Optional[float] = None,
    ) -> None:
        super().__init__(outcome)
        self.kind = kind
        self.outcome = outcome
        self.remedy = remedy
        self.status = status
        self.retry_after_s = retry_after_s

    def error(self, tried: str, on: str, secrets: Iterable[str]) -> WorkspaceError:
        """Return the error to raise; every one of *secrets* is blotted out of its text."""
        remedy = _REMEDIES[self.kind] if self.remedy is None else self.remedy
        outcome = redacted(self.outcome, secrets)
        again = self._again()
        return self.kind(tried, on, outcome, remedy, again, status=self.status, retry_after_s=self.retry_after_s)

    def _again(self) -> str:
        if self.kind is Busy and self.retry_after_s is not None and self.retry_after_s >= _LONG_S:
            return f"It is tried again after {math.ceil(self.retry_after_s / 60)} min, as accsyn wishes."
        return _BY_ITSELF[self.kind]


def read_reply(reply: Reply, ours: Iterable[str] = ()) -> dict[str, Any]:
    """Return the JSON object of a *reply* that carries a result; raises Problem for any other.

    *ours* are the texts of the call, which a refusal may repeat.
    """
    if reply.denied is not None:
        raise Problem(Unreachable, reply.denied.outcome, reply.denied.remedy, status=reply.status)
    answer = _decoded(reply.text)
    said = _said(answer)
    if said is not None:
        kind = classify_message(said, reply.status, ours)
    elif reply.status < 300 and isinstance(answer, dict) and "result" in answer and "exception" not in answer:
        return answer
    else:
        kind = _classify_wordless(answer, reply)
    raise Problem(
        kind,
        _outcome(reply, answer, said),
        network.LOG_IN if network.leads_elsewhere(reply.status, reply.text) else None,
        status=reply.status,
        retry_after_s=retry_after_s(reply.headers),
    )


def _classify_wordless(answer: Any, reply: Reply) -> type[WorkspaceError]:
    """Return the error class for a reply without a message: a gateway's page, broken JSON, an internal error."""
    status = reply.status
    if status in (429, 503):
        return Busy
    if isinstance(answer, dict) and "exception" in answer:
        return Uncertain
    if 300 <= status < 400 or status in (407, 511):
        return Unreachable  # a login page of the network or a proxy that wants a password: accsyn never saw the call
    if status in (401, 403):
        return Unauthorised
    if 400 <= status < 500 and status != 408:
        return classify_message(_told(answer, reply.text), status)
    return Uncertain


def _said(answer: Any) -> Optional[str]:
    """Return accsyn's message in *answer*, or None. The keys count whatever the HTTP status is (section 9)."""
    if not isinstance(answer, dict) or "exception" in answer or "message" not in answer:
        return None
    return str(answer.get("message_hr") or answer["message"] or "no reason given")


def _decoded(text: str) -> Any:
    """Return *text* decoded from JSON, or None when it is none.

    Plain JSON, not the client's decoder: that turns each text that looks like a date, even in a job's name or in our
    own metadata, into a datetime, and fails as a whole on one that only looks like one. Nor must a single number or
    letter, in one row of many, spoil the whole: Python refuses to read a very long number, a database to take half of a
    letter.
    """
    try:
        answer = json.loads(text, parse_int=_whole_number)
    except ValueError:
        return None
    return _whole_letters(answer) if _HALF_LETTER.search(text) else answer


def _whole_number(digits: str) -> float:
    return int(digits) if len(digits) < _MOST_DIGITS else math.inf


def _whole_letters(answer: Any) -> Any:
    """Return *answer* with a question mark for each half of a surrogate pair that stands alone."""
    if isinstance(answer, str):
        return answer.encode("utf-8", "replace").decode()
    if isinstance(answer, list):
        return [_whole_letters(each) for each in answer]
    if isinstance(answer, dict):
        return {_whole_letters(name): _whole_letters(value) for name, value in answer.items()}
    return answer


def _outcome(reply: Reply, answer: Any, said: Optional[str]) -> str:
    if said is not None:
        return clean(said)
    if isinstance(answer, dict) and "exception" in answer:
        return "accsyn reported an internal error"
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        return f"HTTP status {reply.status}: {clean(answer['error'])}"
    elsewhere = _ELSEWHERE.match(reply.headers.get("Location", ""))
    if elsewhere and 300 <= reply.status < 400:
        return f"HTTP status {reply.status}, which leads to {clean(elsewhere[1])}"
    if answer is None:
        text = network.excerpt(reply.text)
        return f"HTTP status {reply.status}: {text}" if text else f"HTTP status {reply.status} with an empty answer"
    return f"HTTP status {reply.status} with an answer that holds no result"


def _told(answer: Any, text: str) -> str:
    """Return the words of an answer in which accsyn's message is not where it belongs."""
    if isinstance(answer, dict):
        return " ".join(each for each in answer.values() if isinstance(each, str))
    title = network.title(text)
    return clean(text) if title is None else title


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with each of *secrets* replaced by stars."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def retry_after_s(headers: Mapping[str, str], now: Optional[datetime.datetime] = None) -> Optional[float]:
    """Return the seconds that a `Retry-After` header asks for, or None when there is none that makes sense.

    A date is compared with the answer's own `Date` header where there is one, as the two clocks may differ, else with
    *now*.
    """
    wish = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", wish):
        return min(float(wish), MAX_RETRY_AFTER_S)
    until = http_date(wish)
    if until is None:
        return None
    since = http_date(headers.get("Date", "")) or now or datetime.datetime.now(datetime.timezone.utc)
    return min(max((until - since).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def http_date(text: str) -> Optional[datetime.datetime]:
    """Return what the date *text* of a header stands for, with its time zone; None where it is none."""
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=datetime.timezone.utc)


def translate(error: Exception, handled: Optional[BaseException] = None, relay: str = "") -> Problem:
    """Return the Problem for any exception of a call: ours, the network's, or an odd one of the client library.

    *handled* is what the caller was handling when it made the call. Python makes it the context of every new exception,
    but it tells nothing about this call. *relay* is the `host:port` of ACCSYN_PROXY where the call went that way.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, WorkspaceError):
        return Problem(type(error), error.outcome, error.remedy, status=error.status, retry_after_s=error.retry_after_s)
    unusable = network.unusable(error)
    if unusable is not None:
        return Problem(NotReady, *unusable)
    if isinstance(error, (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL)):
        return Problem(
            NotReady, "the address or a credential holds characters that cannot be sent", "Check ACCSYN_* and *_PROXY."
        )
    links = list(network.chain(error, handled))
    told = network.trouble(error, links, relay)
    if network.never_sent(links):
        return Problem(Unreachable, *told)
    if isinstance(error, (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)):
        return Problem(Uncertain, told.outcome)
    if isinstance(error, socket.timeout):  # before anything was sent: what requests meets, it raises as its own
        return Problem(Unreachable, told.outcome)
    if isinstance(error, OSError):  # requests raises a bare one when the file of certificates is not there
        return Problem(NotReady, clean(str(error)), network.CERTIFICATES)
    return Problem(Uncertain, f"the answer could not be read ({type(error).__name__}: {clean(str(error))})")
