"""What a service was asked, in order, for tests and benchmarks to count."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request that a service has answered, or has dropped on purpose.

    *at* is `time.monotonic()` on arrival. *operation* is what was asked, in the service's own words (ftrack:
    "query:Location,create:FileComponent"; accsyn: "transfer/create", "api/login"). *status* is the HTTP status of the
    answer, 0 when the connection was dropped, or left hanging, without one. *body* is the decoded request body;
    credentials travel in headers and are never kept.
    """

    at: float
    method: str
    path: str
    operation: str
    status: int
    body: Any


def matches(operation: str, prefix: str) -> bool:
    """Return whether *prefix* begins *operation* or one of its comma-separated parts; "" matches everything."""
    return operation.startswith(prefix) or any(part.startswith(prefix) for part in operation.split(","))


class RequestLog:
    """Requests in the order in which they were answered. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._rows: list[Request] = []
        self._changed = threading.Condition(threading.RLock())

    def add(self, row: Request) -> None:
        """Append *row* and wake whoever waits for it."""
        with self._changed:
            self._rows.append(row)
            self._changed.notify_all()

    def all(self) -> list[Request]:
        """Return all rows, oldest first."""
        with self._changed:
            return list(self._rows)

    def operations(self) -> list[str]:
        """Return the operation of each row, oldest first."""
        return [row.operation for row in self.all()]

    def count(self, operation_prefix: str = "") -> int:
        """Return how many rows have *operation_prefix* (see `matches`)."""
        return len(self._matching(operation_prefix))

    def clear(self) -> None:
        """Forget all rows."""
        with self._changed:
            self._rows.clear()

    def wait_for(self, operation_prefix: str, count: int = 1, timeout_s: float = 10.0) -> list[Request]:
        """Wait until *count* rows have *operation_prefix* and return all of those.

        Raises TimeoutError, naming what did arrive, after *timeout_s*.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                rows = self._matching(operation_prefix)
                if len(rows) >= count:
                    return rows
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    seen = ", ".join(row.operation for row in self._rows[-20:]) or "nothing"
                    wanted = f"{count} requests {operation_prefix!r}"
                    raise TimeoutError(f"Waited {timeout_s:g} s for {wanted}, saw {len(rows)}; last: {seen}.")
                self._changed.wait(left_s)

    def _matching(self, prefix: str) -> list[Request]:
        with self._changed:
            return [row for row in self._rows if matches(row.operation, prefix)]
