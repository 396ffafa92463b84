"""One pooled HTTP connection to accsyn, or to what stands in front of it."""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Mapping
from typing import Optional, Union

import requests
import requests.auth

from ftrack_accsyn_accessor import network
from ftrack_accsyn_accessor.model.errors import NotReady, Refused
from ftrack_accsyn_accessor.workspace.answers import Problem, Reply, http_date
from ftrack_accsyn_accessor.workspace.limit import Limit, limited_session

#: A firewall that swallows packets must not hold the worker for long; five seconds are many trips around the world.
CONNECT_TIMEOUT_S = 5.0
#: What a call may take in all, login included: a job with a thousand tasks takes accsyn seconds, a hung backend or one
#: that sends a byte now and then would take for ever.
READ_TIMEOUT_S = 30.0
#: Routers forget quiet connections after a minute or more; a call on such a one waits in vain for all its time.
IDLE_LIMIT_S = 50.0
#: GET calls carry everything in the address, whose limit at the server is not known (accsyn fact sheet, section 1).
MAX_URL_BYTES = 4096

_PROXY_REMEDY = "Set ACCSYN_PROXY to accsyn:HOST:PORT, HOST:PORT, HOST or socks5:HOST:PORT, or unset it."


@dataclasses.dataclass(frozen=True)
class Proxy:
    """What ACCSYN_PROXY says. *kind* is "accsyn" (plain http to an accsyn relay) or "socks5"."""

    kind: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_proxy(text: Optional[str]) -> Optional[Proxy]:
    """Return the proxy that *text* names (accsyn fact sheet, section 1), None for none; raises Problem for a wrong one.

    An unknown form is refused: the client library falls back on plain http to the open internet for some of them.
    """
    if not text:
        return None
    parts = text.split(":")
    kind, host, port = {1: ["accsyn", *parts, "80"], 2: ["accsyn", *parts], 3: parts}.get(len(parts), ["", "", ""])
    kind = {"accsyn": "accsyn", "socks": "socks5", "socks5": "socks5"}.get(kind, "")
    if not (kind and host and port.isdigit() and 0 < int(port) < 65536):
        raise Problem(NotReady, "ACCSYN_PROXY has no form that accsyn knows", _PROXY_REMEDY)
    return Proxy(kind, host, int(port))


class Transport:
    """Sends requests over a kept-alive connection. To be used by one thread at a time.

    *proxy* is the text of ACCSYN_PROXY. With *tls_verify* the certificate of the other side is checked, against the
    authorities in the file *certificate* where one is given. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured, a
    `.netrc` is not: its item would replace our credentials. `calls` counts the requests that were sent, `clock_skew_s`
    tells by how much the server's clock is ahead of ours, None while that is not known, `relay` the `host:port` of
    ACCSYN_PROXY once an address was asked for. All requests after a `begin` together take no longer than *limit_s*
    seconds, by default `READ_TIMEOUT_S`.
    """

    def __init__(
        self, proxy: Optional[str], tls_verify: bool, certificate: Optional[str], limit_s: Optional[float] = None
    ) -> None:
        self.calls = 0
        self.relay = ""
        self._limit_s = limit_s
        self._limit = Limit(limit_s or READ_TIMEOUT_S)
        self.clock_skew_s: Optional[float] = None
        self._proxy_text = proxy
        self._verify: Union[bool, str] = (certificate or True) if tls_verify else False
        self._http: Optional[requests.Session] = None
        self._process_id = 0
        self._used_at = 0.0

    def begin(self) -> None:
        """Give the requests that follow the whole time again."""
        self._limit.begin(self._limit_s or READ_TIMEOUT_S)

    def address(self, host: str, port: int, path: str, plain: bool) -> tuple[str, Optional[Proxy]]:
        """Return the URL for *path* on *host*, and the proxy if there is one; *plain* asks for http."""
        proxy = parse_proxy(self._proxy_text)
        self.relay = str(proxy or "")
        if proxy is not None and proxy.kind == "accsyn":
            host, port, plain = proxy.host, proxy.port, True
        return f"http{'' if plain else 's'}://{host}:{port}/api/v3/{path.lstrip('/')}", proxy

    def send(
        self, method: str, url: str, proxy: Optional[Proxy], headers: Mapping[str, str], query: str, body: Optional[str]
    ) -> Reply:
        """Send one request and return what came back, whatever its status. Raises what requests raises, and Problem."""
        if len(url) + len(query) > MAX_URL_BYTES:
            raise Problem(Refused, f"the question is too long to be sent ({len(query)} bytes)", "Use shorter names.")
        proxies = None
        if proxy is not None and proxy.kind == "socks5":
            proxies = dict.fromkeys(("http", "https"), f"socks5h://{proxy.host}:{proxy.port}")
        http = self._connection()
        self.calls += 1
        try:
            response = http.request(
                method,
                url,
                params=query or None,
                data=body,
                headers=dict(headers),
                timeout=(CONNECT_TIMEOUT_S, self._limit.left_s()),
                allow_redirects=False,  # only a network's login page redirects, and it must not get our credentials
                proxies=proxies,
                verify=self._verify,
            )
        finally:
            self._used_at = time.monotonic()
        self.clock_skew_s = clock_skew_s(response.headers.get("Date"), time.time())
        denied = network.denied(url, str(proxy or "")) if response.status_code == 407 else None
        return Reply(response.status_code, response.headers, response.content.decode("utf-8", "replace"), denied)

    def close(self) -> None:
        """Close the connection; the next `send` makes a new one."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _connection(self) -> requests.Session:
        """Return the pool; a new one after a fork (two processes break one TLS connection) and after a long rest."""
        if self._process_id != os.getpid() or time.monotonic() - self._used_at > IDLE_LIMIT_S:
            self.close()
        if self._http is None:
            logging.getLogger("urllib3.connectionpool").addFilter(_hide_envelopes)
            self._http = limited_session(self._limit)
            self._http.auth = _KeepHeaders()
            self._process_id = os.getpid()
        return self._http


def clock_skew_s(date: Optional[str], now: float) -> Optional[float]:
    """Return how many seconds a server's clock is ahead of *now* by its `Date` header, which knows whole seconds."""
    told = http_date(date or "")
    return told.timestamp() - now if told is not None else None


class _KeepHeaders(requests.auth.AuthBase):
    """Leaves the Authorization header alone; that a session has an `auth` keeps requests from looking into `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _HideEnvelopes(logging.Filter):
    """Cuts the query off accsyn's addresses in urllib3's debug lines: it is the whole envelope with the session id."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                value.partition("?")[0] if isinstance(value, str) and "/api/v3/" in value else value
                for value in record.args
            )
        return True


#: One for the process: adding it again does nothing.
_hide_envelopes = _HideEnvelopes()
