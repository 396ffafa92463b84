"""Sorts answers and failures: what came back from accsyn, or from the network, becomes a result or one `Problem`.

The only place where foreign exceptions are translated. The rules and their sources stand in the accsyn fact sheet,
section 9.
"""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import http.client
import json
import math
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional, Union
from urllib.parse import urlsplit

import requests
import requests.exceptions
import urllib3.exceptions

from ftrack_accsyn_accessor.model.errors import (
    Busy,
    NotReady,
    Refused,
    Unauthorised,
    Uncertain,
    Unreachable,
    WorkspaceError,
)
from ftrack_accsyn_accessor.workspace.wording import classify_message

#: A wish beyond this is taken for a mistake (a wrong clock, say): it would park everything for a day.
MAX_RETRY_AFTER_S = 3600.0
MAX_EXCERPT = 300

#: Of a number that anybody may mean.
_MOST_DIGITS = 100
_HALF_LETTER = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
#: The host in an address; what follows it, or a login before it, is not told.
_ELSEWHERE = re.compile(r"(?:https?:)?//(?:[^/?#]*@)?([\w.\-]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

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
_TLS_REMEDY = (
    "If this network has a certificate authority of its own, name its file in REQUESTS_CA_BUNDLE; "
    "FTRACK_ACCSYN_TLS_VERIFY=0 switches the check off, and with it the protection of the API key."
)
_LOG_IN_REMEDY = (
    "Something answers in the server's place: most often a network, or a proxy, that wants a log-in first. Open any "
    "web page in a browser on this machine and log in there."
)
_CLOCK_REMEDY = (
    "By this machine's clock the certificate is not valid: set date, time and time zone, best by a time server. Where "
    "they are right, the certificate has to be renewed by whoever runs the server or the proxy."
)
#: OpenSSL's numbers for a certificate that is not valid yet or any more, and for one of another name or address.
_NOT_NOW = frozenset({9, 10})
_NOT_THIS_NAME = frozenset({62, 64})


@dataclasses.dataclass(frozen=True)
class Reply:
    """An HTTP answer: its status, its headers (looked up without case) and its text."""

    status: int
    headers: Mapping[str, str]
    text: str


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
        again = _BY_ITSELF[self.kind]
        return self.kind(tried, on, outcome, remedy, again, status=self.status, retry_after_s=self.retry_after_s)


def read_reply(reply: Reply, ours: Iterable[str] = ()) -> dict[str, Any]:
    """Return the JSON object of a *reply* that carries a result; raises Problem for any other.

    *ours* are the texts of the call, which a refusal may repeat.
    """
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
        _LOG_IN_REMEDY if _is_elsewhere(reply, answer) else None,
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


def _is_elsewhere(reply: Reply, answer: Any) -> bool:
    """Whether *reply* is a page, or leads to one, where accsyn would have said something."""
    led_away = 300 <= reply.status < 400 or reply.status == 511
    return led_away or (reply.status < 300 and answer is None and reply.text.lstrip()[:1] == "<")


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
        text = _excerpt(reply.text)
        return f"HTTP status {reply.status}: {text}" if text else f"HTTP status {reply.status} with an empty answer"
    return f"HTTP status {reply.status} with an answer that holds no result"


def _told(answer: Any, text: str) -> str:
    """Return the words of an answer in which accsyn's message is not where it belongs."""
    if isinstance(answer, dict):
        return " ".join(each for each in answer.values() if isinstance(each, str))
    title = _TITLE.search(text[:10_000])
    return clean(title[1] if title else text)


def _excerpt(text: str) -> str:
    """Return the words of *text* that tell most: the title of a page, else its beginning."""
    title = _TITLE.search(text[:10_000])
    if title:
        return f"the page {clean(title[1])!r}"
    return "a page without a title" if text.lstrip()[:1] == "<" else clean(text)


def clean(text: str) -> str:
    """Return *text* on one line, without control characters, at most `MAX_EXCERPT` characters long."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= MAX_EXCERPT else f"{line[: MAX_EXCERPT - 3]}..."


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
    until = _http_date(wish)
    if until is None:
        return None
    since = _http_date(headers.get("Date", "")) or now or datetime.datetime.now(datetime.timezone.utc)
    return min(max((until - since).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _http_date(text: str) -> Optional[datetime.datetime]:
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=datetime.timezone.utc)


def translate(error: Exception, handled: Optional[BaseException] = None) -> Problem:
    """Return the Problem for any exception of a call: ours, the network's, or an odd one of the client library.

    *handled* is what the caller was handling when it made the call. Python makes it the context of every new exception,
    but it tells nothing about this call.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, WorkspaceError):
        return Problem(type(error), error.outcome, error.remedy, status=error.status, retry_after_s=error.retry_after_s)
    if isinstance(error, requests.exceptions.InvalidSchema):
        return Problem(NotReady, "a SOCKS proxy needs the package PySocks", "Install PySocks, or name another proxy.")
    if isinstance(error, (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL)):
        return Problem(
            NotReady, "the address or a credential holds characters that cannot be sent", "Check ACCSYN_* and *_PROXY."
        )
    links = list(_chain(error, handled))
    if _never_sent(links):
        return Problem(Unreachable, _where(error) + _reason(links), _certificate_remedy(links))
    if isinstance(error, (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)):
        return Problem(Uncertain, _where(error) + _reason(links))
    if isinstance(error, socket.timeout):  # before anything was sent: what requests meets, it raises as its own
        return Problem(Unreachable, _reason(links))
    if isinstance(error, OSError):  # requests raises a bare one when the file of certificates is not there
        return Problem(NotReady, clean(str(error)), "Check the file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names.")
    return Problem(Uncertain, f"the answer could not be read ({_name(error)}: {clean(str(error))})")


def _certificate_remedy(links: Iterable[BaseException]) -> Optional[str]:
    """Return what to do about a certificate that was not accepted, None where none is the matter."""
    for link in links:
        if _is_of_another_name(link):
            return _LOG_IN_REMEDY
        if isinstance(link, ssl.SSLCertVerificationError):
            return _CLOCK_REMEDY if link.verify_code in _NOT_NOW else _TLS_REMEDY
    return None


def _is_of_another_name(link: BaseException) -> bool:
    """Whether a certificate is of another name; urllib3 before 2 compares names by itself."""
    by_urllib3 = type(link).__name__ == "CertificateError"
    return by_urllib3 or (isinstance(link, ssl.SSLCertVerificationError) and link.verify_code in _NOT_THIS_NAME)


def timed_out(error: BaseException) -> bool:
    """Whether *error* of a request says that its time was up."""
    times_up = (socket.timeout, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
    return any(isinstance(link, times_up) for link in _chain(error, None))


def _chain(error: BaseException, handled: Optional[BaseException]) -> Iterator[BaseException]:
    """Yield *error* and everything that led to it, by being its cause or its context; but not *handled*."""
    waiting: list[Optional[BaseException]] = [error]
    seen = {id(handled)}
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]


def _never_sent(links: Iterable[BaseException]) -> bool:
    """Whether a call failed before a byte of it was sent, which is while its connection was being made.

    urllib3's classes tell it for name look-up, refusal and connect time-out only. A TLS or tunnel failure has the
    same class whether it strikes in the handshake or in the middle of an answer, so there the traceback decides:
    making a connection, handshake and tunnel included, is the work of urllib3's `connect`.
    """
    for link in links:
        if isinstance(link, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)):
            return True
        traceback = link.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_name == "connect" and str(frame.f_globals.get("__name__")).startswith("urllib3."):
                return True
            traceback = traceback.tb_next
    return False


#: First match wins: (class somewhere in the chain, what to say).
_REASONS: tuple[tuple[Union[type[BaseException], tuple[type[BaseException], ...]], str], ...] = (
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.ReadTimeout, "no answer in time"),
    (urllib3.exceptions.ReadTimeoutError, "no answer in time"),
    (socket.timeout, "no answer in time"),
    (socket.gaierror, "the host name is not known"),
    (http.client.IncompleteRead, "the answer was cut short"),
    (requests.exceptions.ChunkedEncodingError, "the answer was cut short"),
    (ConnectionRefusedError, "the connection was refused"),
    (ConnectionError, "the connection broke"),
    (http.client.HTTPException, "what answered does not speak HTTP"),
    (requests.exceptions.ContentDecodingError, "the answer could not be decompressed"),
    ((urllib3.exceptions.LocationParseError, UnicodeError), "the host name cannot be used"),
)


def _reason(links: Sequence[BaseException]) -> str:
    """Return what happened, in words, given an error and what led to it."""
    for link in links:
        if _is_of_another_name(link):
            return "TLS failed (the certificate is another server's)"
        if isinstance(link, ssl.SSLError):
            detail = getattr(link, "verify_message", "") or link.reason or link.strerror
            return f"TLS failed ({clean(str(detail))})"
        if type(link) is OSError and str(link).startswith("Tunnel connection failed"):
            return f"the web proxy answered: {clean(str(link))}"
    for wanted, words in _REASONS:
        if any(isinstance(link, wanted) for link in links):
            return words
    return next(
        (clean(link.strerror) for link in links if isinstance(link, OSError) and link.strerror), _name(links[0])
    )


def _name(error: BaseException) -> str:
    return type(error).__name__


def _where(error: BaseException) -> str:
    """Return "host:port: " for an error of a request. Its own text is never used: it may hold the whole envelope."""
    request = getattr(error, "request", None)
    parts = urlsplit(str(getattr(request, "url", None) or ""))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}: " if parts.hostname else ""
