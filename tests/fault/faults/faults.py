"""The faults that tests inject, by name, each with the cause that an item must then show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ftrack_accsyn_accessor.model.errors import Busy, Refused, Uncertain
from ftrack_accsyn_sandbox.switches import Switches

RETRY_AFTER_S = 40.0
#: How often a lasting fault strikes; nothing in a test asks so often.
LASTING = 1_000_000

_PAGE = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """Call *switch* of `Switches` with *arguments*; the call then fails with an error of *kind*."""

    switch: str
    arguments: Mapping[str, Any]
    kind: str

    @property
    def is_silence(self) -> bool:
        """Whether a test had to wait for as long as the door does."""
        return self.switch == "hang"

    def inject(self, switches: Switches, operation: str, times: int = 1) -> None:
        """Let the next *times* requests for *operation* meet this fault."""
        getattr(switches, self.switch)(operation, times=times, **self.arguments)


def _fail(kind: str, status: int, body: Any, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("fail_next", {"status": status, "body": body, "headers": named}, kind)


FAULTS: Mapping[str, Fault] = {
    "reset before it was processed": Fault("drop_before", {}, Uncertain.kind),
    "closed before it was processed": Fault("drop_before", {"reset": False}, Uncertain.kind),
    "reset after it was processed": Fault("drop_after", {}, Uncertain.kind),
    "closed after it was processed": Fault("drop_after", {"reset": False}, Uncertain.kind),
    "no answer, not processed": Fault("hang", {}, Uncertain.kind),
    "no answer, processed": Fault("hang", {"after": True}, Uncertain.kind),
    "429 with Retry-After": _fail(Busy.kind, 429, {"error": "Too Many Requests"}, Retry_After=f"{RETRY_AFTER_S:g}"),
    "429 without Retry-After": _fail(Busy.kind, 429, {"error": "Too Many Requests"}),
    "429 as a page": _fail(Busy.kind, 429, "Too Many Requests"),
    "500": _fail(Uncertain.kind, 500, _PAGE),
    "502": _fail(Uncertain.kind, 502, _PAGE),
    "503": _fail(Busy.kind, 503, _PAGE),
    "504": _fail(Uncertain.kind, 504, _PAGE),
    "internal error": _fail(Uncertain.kind, 200, {"exception": "KeyError: 'x'"}),
    "page, processed": Fault("garble", {"kind": "html"}, Uncertain.kind),
    "page, not processed": Fault("garble", {"kind": "html", "processed": False}, Uncertain.kind),
    "half of the JSON, processed": Fault("garble", {"kind": "truncated"}, Uncertain.kind),
    "cut off, processed": Fault("garble", {"kind": "cut"}, Uncertain.kind),
    "empty object, processed": Fault("garble", {"kind": "empty_object"}, Uncertain.kind),
    "null, processed": Fault("garble", {"kind": "null"}, Uncertain.kind),
    "invalid JSON, processed": Fault("garble", {"kind": "invalid_json"}, Uncertain.kind),
    "refusal": _fail(Refused.kind, 400, {"message": "The operation is not possible at the moment."}),
}
