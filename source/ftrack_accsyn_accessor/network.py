"""What stands between this machine and a server, in words: told from what requests raises, and from what answers.

For both doors, accsyn's and ftrack's. Nothing of a foreign error's own text is used that may hold what was sent.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Optional, Union
from urllib.parse import urlsplit

import requests
import requests.exceptions
import requests.utils
import urllib3.exceptions

from ftrack_accsyn_accessor.model.credentials import plain_server

MAX_EXCERPT = 300

LOG_IN = (
    "Something answers in the server's place: most often a network, or a proxy, that wants a log-in first. Open any "
    "web page in a browser on this machine and log in there."
)
_CLOCK = (
    "By this machine's clock, which says {:%Y-%m-%d}, the certificate is not valid: set date, time and time zone, best "
    "by a time server. Where they are right, the certificate has to be renewed by whoever runs the server or the proxy."
)
_AUTHORITY = (
    "Most often a proxy or a virus scanner reads along in the server's place: get the certificate of its authority "
    "from whoever runs it, and name the file in REQUESTS_CA_BUNDLE. Else the address leads to the wrong server."
)
_OTHER_NAME = f"{LOG_IN} Where none is wanted, the address leads to the wrong server: correct it."
CERTIFICATES = "Check the file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names."
#: How a web proxy is named together with who may use it.
_WITH_LOGIN = "http://USER:PASSWORD@HOST:PORT"
_RELAY = "ACCSYN_PROXY"
_SYSTEM = "the system's network settings"

#: OpenSSL's numbers for a certificate that is not valid yet or any more, and for one of another name or address.
_NOT_NOW = frozenset({9, 10})
_NOT_THIS_NAME = frozenset({62, 64})
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ADDRESS = re.compile(r"(?:[^\s/?#:\[\]]+|\[[^\]]+\])(?::\d{1,5})?")
#: How http.client tells that a proxy did not let a call through.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)\s*(.*)", re.DOTALL)
_PASSWORD_WANTED = 407


class Trouble(NamedTuple):
    """What came back, and what to do; the remedy is None where nothing more is known than that."""

    outcome: str
    remedy: Optional[str] = None


class Proxy(NamedTuple):
    """A proxy's address, without a login in it, and what names it: a variable, or the settings of the system."""

    address: str
    named_by: str

    def __str__(self) -> str:
        return f"the proxy {self.address} ({self.named_by})"


def trouble(error: BaseException, links: Sequence[BaseException], relay: str = "", *, where: bool = True) -> Trouble:
    """Return what *error* of a request says; *links* are it and what led to it, as of `chain`.

    *relay* is the `host:port` that ACCSYN_PROXY names, where the request had to go that way. *where*: name the server.
    """
    before = _where(error) if where else ""
    proxy = _proxy_of(error, links, relay) if never_sent(links) else None
    if proxy is None:
        return Trouble(before + reason(links), _certificate_remedy(links))
    before = "" if proxy.named_by == _RELAY else before
    answered = next(filter(None, (_TUNNEL.fullmatch(str(link)) for link in links if isinstance(link, OSError))), None)
    if answered is not None and int(answered[1]) != _PASSWORD_WANTED:
        remedy = "Have whoever runs the proxy let this server through, or list the server in NO_PROXY."
        return Trouble(f"{before}{proxy} answered: {answered[1]} {clean(answered[2])}".rstrip(), remedy)
    if answered is not None or _is_login_of_socks(links):
        return _password_wanted(proxy, before)
    correct = "correct" if proxy.named_by == _SYSTEM else "correct or unset"
    remedy = f"Check that the proxy runs and is reached from here, or {correct} {proxy.named_by}."
    return Trouble(f"{before}{proxy} cannot be used: {reason(links)}", remedy)


def unusable(error: BaseException) -> Optional[Trouble]:
    """Return what is wrong with the proxy that the environment names, where nothing was tried for that; else None."""
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error):
        return Trouble("a SOCKS proxy needs the package PySocks", "Install PySocks, or name another proxy.")
    if not isinstance(error, requests.exceptions.InvalidURL):
        return None
    proxy = _environment_proxy(_url(error) or "https://accsyn.com")
    if proxy is None or _ADDRESS.fullmatch(proxy.address):
        return None
    # What stands there is not shown: it may be a password.
    return Trouble(f"{proxy.named_by} holds no address of a proxy", f"Write {proxy.named_by} as http://HOST:PORT.")


def denied(url: str, relay: str = "") -> Trouble:
    """Return what HTTP status 407 says in answer to a request for *url*; *relay* is as of `trouble`."""
    return _password_wanted(_environment_proxy(url) or (Proxy(relay, _RELAY) if relay else None), "")


def _password_wanted(proxy: Optional[Proxy], before: str) -> Trouble:
    outcome = f"{before}{proxy or 'a proxy'} wants another user or password (407)"
    if proxy is not None and proxy.named_by == _RELAY:
        what = "That is a web proxy, and no relay of accsyn's:"
        return Trouble(outcome, f"{what} unset ACCSYN_PROXY and write it into HTTPS_PROXY ({_WITH_LOGIN}).")
    variable = "HTTPS_PROXY" if proxy is None or proxy.named_by == _SYSTEM else proxy.named_by
    return Trouble(outcome, f"Write user and password of the proxy into {variable} ({_WITH_LOGIN}), or correct them.")


def leads_elsewhere(status: int, text: str) -> bool:
    """Whether an answer of this *status* is a page, or leads to one, where a server would have said something."""
    return 300 <= status < 400 or status == 511 or (status < 300 and text.lstrip()[:1] == "<")


def title(text: str) -> Optional[str]:
    """Return the title of the page *text*, None where it has none."""
    found = _TITLE.search(text[:10_000])
    return clean(found[1]) if found else None


def excerpt(text: str) -> str:
    """Return the words of *text* that tell most: the title of a page, else its beginning."""
    found = title(text)
    if found is not None:
        return f"the page {found!r}"
    return "a page without a title" if text.lstrip()[:1] == "<" else clean(text)


def clean(text: str) -> str:
    """Return *text* on one line, without control characters, at most `MAX_EXCERPT` characters long."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= MAX_EXCERPT else f"{line[: MAX_EXCERPT - 3]}..."


def timed_out(error: BaseException) -> bool:
    """Whether *error* of a request says that its time was up."""
    times_up = (socket.timeout, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
    return any(isinstance(link, times_up) for link in chain(error))


def chain(error: BaseException, handled: Optional[BaseException] = None) -> Iterator[BaseException]:
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


def never_sent(links: Iterable[BaseException]) -> bool:
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


def reason(links: Sequence[BaseException]) -> str:
    """Return what happened, in words, given an error and what led to it."""
    for link in links:
        if _is_of_another_name(link):
            return "TLS failed (the certificate is another server's)"
        if isinstance(link, ssl.SSLError):
            detail = getattr(link, "verify_message", "") or link.reason or link.strerror
            return f"TLS failed ({clean(str(detail))})"
    for wanted, words in _REASONS:
        if any(isinstance(link, wanted) for link in links):
            return words
    return next(
        (clean(link.strerror) for link in links if isinstance(link, OSError) and link.strerror), type(links[0]).__name__
    )


def _proxy_of(error: BaseException, links: Sequence[BaseException], relay: str) -> Optional[Proxy]:
    """Return the proxy by whose fault no connection came about, None where there is none."""
    url = _url(error)
    if any(isinstance(link, urllib3.exceptions.ProxyError) for link in links):
        return _environment_proxy(url)
    of_socks = any(type(link).__module__ == "socks" and type(link).__name__ != "SOCKS5Error" for link in links)
    if relay and (of_socks or urlsplit(url).netloc == relay):
        return Proxy(relay, _RELAY)
    return _environment_proxy(url) if of_socks else None


def _environment_proxy(url: str) -> Optional[Proxy]:
    """Return the proxy that the environment, or the system, names for *url*, as requests finds it."""
    found = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    if not found:
        return None
    wanted = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    # Where a name is there in both cases, the one in small letters counts.
    names = sorted((name for name in os.environ if name.lower() in wanted and os.environ[name]), reverse=True)
    names.sort(key=lambda name: wanted.index(name.lower()))
    address = plain_server(found).rpartition("://")[2].rstrip("/")
    return Proxy(address, names[0] if names else _SYSTEM)


def _is_login_of_socks(links: Iterable[BaseException]) -> bool:
    return any(type(link).__module__ == "socks" and "Auth" in type(link).__name__ for link in links)


def _certificate_remedy(links: Iterable[BaseException]) -> Optional[str]:
    """Return what to do about a certificate that was not accepted, None where none is the matter."""
    for link in links:
        if _is_of_another_name(link):
            return _OTHER_NAME
        if isinstance(link, ssl.SSLCertVerificationError):
            return _CLOCK.format(datetime.now()) if link.verify_code in _NOT_NOW else _AUTHORITY
    return None


def _is_of_another_name(link: BaseException) -> bool:
    """Whether a certificate is of another name; urllib3 before 2 compares names by itself."""
    by_urllib3 = type(link).__name__ == "CertificateError"
    return by_urllib3 or (isinstance(link, ssl.SSLCertVerificationError) and link.verify_code in _NOT_THIS_NAME)


def _url(error: BaseException) -> str:
    return str(getattr(getattr(error, "request", None), "url", None) or "")


def _where(error: BaseException) -> str:
    """Return "host:port: " for an error of a request."""
    parts = urlsplit(_url(error))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}: " if parts.hostname else ""
