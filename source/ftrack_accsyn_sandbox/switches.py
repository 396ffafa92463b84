"""Named fault switches of a service: what goes wrong, on which request, how often."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from ftrack_accsyn_sandbox.request_log import matches

Body = Union[str, bytes, dict[str, Any]]

TRICKLE_PARTS = ("headers", "body")
GARBLE_KINDS = ("html", "truncated", "cut", "empty_object", "null", "invalid_json")

_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """One fault that is still to happen *left* times; `Service` carries it out.

    *kind* is "fail", "drop", "late", "hang", "trickle", "garble" or "gather"; *processed* tells whether the request is
    carried out before it goes wrong.
    """

    kind: str
    operation: str
    left: int
    processed: bool
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = True
    garble_kind: str = ""
    part: str = ""
    pause_s: float = 0.0


@dataclass
class _Bucket:
    """Token bucket: *burst* requests at once, refilled at *per_second*."""

    per_second: float
    burst: int
    retry_after_s: Optional[float]
    body: Body
    tokens: float
    refilled_at: float

    def take(self, now: float) -> bool:
        self.tokens = min(float(self.burst), self.tokens + (now - self.refilled_at) * self.per_second)
        self.refilled_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Switches:
    """Fault switches of one service. Every method may be called from any thread, also while requests run.

    *operation* is a prefix of `Request.operation`, or of one of its comma-separated parts; "" means every request.
    Faults are tried in the order in which they were set; a request meets at most one of them. `latency_s` delays
    every request, before it is looked at, and may be assigned at any time.
    """

    def __init__(self) -> None:
        self.latency_s = 0.0
        self._faults: list[Fault] = []
        self._bucket: Optional[_Bucket] = None
        self._lock = threading.Lock()
        self._page: Optional[bytes] = None
        self._refuse: Optional[Callable[[bool], None]] = None
        self._release: Optional[Callable[[], None]] = None

    def fail_next(
        self,
        operation: str = "",
        *,
        status: int,
        body: Body = "",
        headers: Optional[Mapping[str, str]] = None,
        times: int = 1,
    ) -> None:
        """Answer the next *times* requests with *status* and *body* (a dict becomes JSON); they are not processed."""
        self._add(
            Fault("fail", operation, times, False, status=status, body=encode(body), headers=_headers(body, headers))
        )

    def drop_before(
        self, operation: str = "", times: int = 1, *, reset: bool = True, carry_out_late: bool = False
    ) -> None:
        """Drop the connection of the next *times* requests without processing them.

        *reset*: the client sees a connection reset; otherwise a clean close without an answer. *carry_out_late*: they
        are processed after all, without anybody hearing of it, at the next `release`, `clear` or `stop`.
        """
        self._add(Fault("late" if carry_out_late else "drop", operation, times, False, reset=reset))

    def drop_after(self, operation: str = "", times: int = 1, *, reset: bool = True) -> None:
        """Process the next *times* requests, then drop their connections unanswered (*reset*: see `drop_before`)."""
        self._add(Fault("drop", operation, times, True, reset=reset))

    def hang(self, operation: str = "", times: int = 1, *, after: bool = False) -> None:
        """Never answer the next *times* requests until `release`, `clear` or `stop`; *after*: process them first.

        A released request is dropped, not answered. Its row in the log appears when the hanging begins.
        """
        self._add(Fault("hang", operation, times, after))

    def trickle(self, operation: str = "", times: int = 1, *, part: str = "body", pause_s: float = 0.02) -> None:
        """Process the next *times* requests and send their answers one byte each *pause_s* seconds, without an end.

        *part*: "body" sends the headers at once, "headers" not even those. It goes on until the peer hangs up, or
        `release`, `clear` or `stop`; then the connection is dropped.
        """
        if part not in TRICKLE_PARTS:
            raise ValueError(f"Unknown part of an answer {part!r}, use one of {', '.join(TRICKLE_PARTS)}.")
        self._add(Fault("trickle", operation, times, True, part=part, pause_s=pause_s, reset=False))

    def garble(self, operation: str = "", *, kind: str, processed: bool = True, times: int = 1) -> None:
        """Answer the next *times* requests, with status 200, by something that is no proper answer.

        *kind*: "html" (a gateway's page), "truncated" (half of the JSON, with a correct length), "cut" (the
        connection ends in the middle of the promised length), "empty_object", "null" or "invalid_json".
        """
        if kind not in GARBLE_KINDS:
            raise ValueError(f"Unknown kind of garbled answer {kind!r}, use one of {', '.join(GARBLE_KINDS)}.")
        self._add(Fault("garble", operation, times, processed, garble_kind=kind))

    def gather(self, operation: str = "", count: int = 2) -> None:
        """Hold the next *count* requests until all of them have arrived, then carry them out one after the other.

        At `release`, `clear` or `stop` those that have arrived are carried out.
        """
        self._add(Fault("gather", operation, count, True))

    def refuse(self, on: bool) -> None:
        """Close the listening socket (connections are refused), or listen again on the same port.

        Idle kept-alive connections are closed too; requests under way are still answered. Returns when it is done.
        """
        if self._refuse is None:
            raise RuntimeError("The service has not been started, so it cannot refuse connections.")
        self._refuse(on)

    def rate_limit(
        self,
        per_second: float,
        burst: int,
        retry_after_s: Optional[float] = None,
        *,
        body: Optional[Body] = None,
    ) -> None:
        """Answer 429 to what exceeds *burst* at once and *per_second* sustained, until `clear`.

        `Retry-After` is sent when *retry_after_s* is given. The form of the body is not documented for either
        service; the default is a JSON object without any known key, which accsyn's client takes for success (accsyn
        fact sheet, section 2).
        """
        text: Body = {"error": "Too Many Requests"} if body is None else body
        with self._lock:
            self._bucket = _Bucket(per_second, burst, retry_after_s, text, float(burst), time.monotonic())

    def stand_in(self, page: Optional[str]) -> None:
        """Answer every request with *page*, an HTML one, with status 200, as a network that wants a log-in does.

        It comes before all faults, and takes none of them away; None ends it.
        """
        with self._lock:
            self._page = None if page is None else page.encode("utf-8")

    def release(self) -> None:
        """Let go of the requests that hang now: their connections are dropped. Carry out late and gathered ones."""
        if self._release is not None:
            self._release()

    def clear(self) -> None:
        """Switch everything off again, `refuse` included, and release what hangs."""
        self.latency_s = 0.0
        with self._lock:
            self._faults.clear()
            self._bucket = self._page = None
        self.release()
        if self._refuse is not None:
            self._refuse(False)

    def take(self, operation: str) -> Optional[Fault]:
        """Return the fault that a request for *operation* meets, if any, and count it. For `Service`."""
        with self._lock:
            if self._page is not None:
                return Fault("fail", "", 1, False, body=self._page, headers=_headers("", None))
            if self._bucket is not None and not self._bucket.take(time.monotonic()):
                return self._too_many(self._bucket)
            for fault in self._faults:
                if matches(operation, fault.operation):
                    fault.left -= 1
                    if fault.left <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def bind(self, refuse: Optional[Callable[[bool], None]], release: Optional[Callable[[], None]]) -> None:
        """Connect the switches that need a running service. For `Service`."""
        self._refuse = refuse
        self._release = release

    def _add(self, fault: Fault) -> None:
        if fault.left < 1:
            raise ValueError(f"A fault must happen at least once, not {fault.left} times.")
        with self._lock:
            self._faults.append(fault)

    @staticmethod
    def _too_many(bucket: _Bucket) -> Fault:
        extra = {} if bucket.retry_after_s is None else {"Retry-After": f"{bucket.retry_after_s:g}"}
        headers = _headers(bucket.body, extra)
        return Fault("fail", "", 1, False, status=429, body=encode(bucket.body), headers=headers)


def encode(body: Body) -> bytes:
    """Return *body* as bytes; a dict becomes JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode("utf-8")


def garbled(kind: str, answer: bytes) -> bytes:
    """Return what is sent instead of *answer* for the garble *kind*; "cut" is sent whole and cut by the service."""
    if kind == "truncated":
        return answer[: max(1, len(answer) // 2)]
    texts = {"html": _GATEWAY_PAGE, "empty_object": b"{}", "null": b"null", "invalid_json": b'{"result": [,]'}
    return texts.get(kind, answer)


def _headers(body: Body, headers: Optional[Mapping[str, str]]) -> dict[str, str]:
    content_type = "application/json" if isinstance(body, dict) else "text/html; charset=utf-8"
    return {"Content-Type": content_type, **(headers or {})}
