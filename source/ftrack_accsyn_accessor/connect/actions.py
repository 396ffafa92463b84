"""What the tab's buttons ask of the outbox and of accsyn. Each call may take its time; any thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.connect.source import OutboxSource
from ftrack_accsyn_accessor.insight.doctor import Subject, as_text, examine
from ftrack_accsyn_accessor.insight.inquiry import gather
from ftrack_accsyn_accessor.insight.why import explain
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import OutboxUnusable
from ftrack_accsyn_accessor.model.item import HIGHEST_PRIORITY
from ftrack_accsyn_accessor.worker.runtime import Runtime


class OutboxActions:
    """Acts on the outbox that *source* reads, in the name of the user in *credentials*."""

    def __init__(self, source: OutboxSource, credentials: FtrackCredentials) -> None:
        self._source = source
        self._credentials = credentials
        self._user = credentials.api_user

    def pause(self) -> str:
        """Let nothing more be sent from this machine."""
        with self._runtime() as runtime:
            runtime.outbox.control.pause(self._user)
            runtime.wake()
        return "Paused. Publishing goes on; what is published waits until somebody resumes."

    def resume(self) -> str:
        """Go on sending."""
        with self._runtime() as runtime:
            runtime.outbox.control.resume()
            runtime.wake()
        return "Resumed."

    def retry(self, item_ids: Optional[list[int]]) -> str:
        """Try items again at once; None means all that wait for a time or for help."""
        with self._runtime() as runtime:
            count = runtime.outbox.control.retry(item_ids)
            runtime.wake()
        return (
            f"Trying {count:,} component{'' if count == 1 else 's'} again." if count else "Nothing waits for a retry."
        )

    def retry_request(self, request_id: int) -> str:
        """Try the items of a request again at once that wait for a time or for help."""
        with self._runtime() as runtime:
            ids = [item.id for item in runtime.outbox.requests.items(request_id)]
        return self.retry(ids)

    def first(self, item_ids: list[int]) -> str:
        """Let accsyn carry items before what else waits."""
        with self._runtime() as runtime:
            count = len(runtime.outbox.control.first(item_ids, HIGHEST_PRIORITY))
            runtime.wake()
        if not count:
            return "Nothing of it is still to be sent."
        return f"{count:,} component{' goes' if count == 1 else 's go'} first."

    def first_request(self, request_id: int) -> str:
        """Let accsyn carry the items of a request before what else waits."""
        with self._runtime() as runtime:
            ids = [item.id for item in runtime.outbox.requests.items(request_id)]
        return self.first(ids)

    def cancel(self, request_id: int) -> str:
        """Take back what has not begun of a request; the worker excludes it in accsyn."""
        with self._runtime() as runtime:
            count = runtime.outbox.requests.cancel(request_id)
            runtime.wake()
        taken = f"Took back {count:,} item{'' if count == 1 else 's'}" if count else "Cancelled"
        return f"{taken}; what accsyn has and has not begun with is excluded there."

    def why(self, component_id: str) -> str:
        """Return why a component is where it is, and what to do."""
        found = explain(gather(environment.read_settings(), self._user, component_id))
        return "\n".join(line for each in found for line in (each.sentence, each.remedy))

    def doctor(self) -> str:
        """Check every setting and connection; return what was found, a line each."""
        subject = Subject(environment.read_settings(), self._user, self._credentials)
        return as_text(examine(subject))

    @contextlib.contextmanager
    def _runtime(self) -> Iterator[Runtime]:
        """Give what serves the outbox, and leave no connection of this thread behind."""
        runtime = self._source.runtime
        if runtime is None:
            raise OutboxUnusable("reach the outbox", outcome="it has not been opened", remedy="Wait a moment.")
        try:
            yield runtime
        finally:
            runtime.outbox.close()
