"""Handing out for a studio's own tools: what the command `outsource` does, without a question.

Not for a host's thread: ftrack and accsyn are asked, with the keys in the environment, and files are copied. Whatever
was confirmed goes on when the function has returned: a background thread of this process carries what it can, and the
next process of this account that comes by (`serve`, a hook, another call) does the rest.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Callable, Optional, Union

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.request import RequestState, Standing
from ftrack_accsyn_accessor.outbox import attention
from ftrack_accsyn_accessor.send import selection
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.functions import meant, runtime_here
from ftrack_accsyn_accessor.send.order import Picked
from ftrack_accsyn_accessor.send.ordering import unsent
from ftrack_accsyn_accessor.vendor.handing_out import RELAY
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Outsourcing, Preview, Work
from ftrack_accsyn_accessor.worker.runtime import Runtime

#: How often it is looked whether something goes on, growing to the second while somebody cannot be asked.
LOOK_S = 0.5
LONGEST_LOOK_S = 30.0
#: How long a process that does not wait stays for accsyn to take it.
HAND_OVER_S = 20.0
#: How long the background thread gets to finish the call that it is in.
STOP_S = 5.0

_ENDED = (RequestState.DONE, RequestState.STUCK, RequestState.CANCELLED)


class Outsourced:
    """What was handed out, or with a dry run would be. For the thread that has made it; to be closed."""

    def __init__(self, means: Means, runtime: Runtime, work: Work) -> None:
        self._means = means
        self._runtime = runtime
        self._outsourcing = Outsourcing(means, runtime)
        self._keys: list[str] = []
        #: What goes of each project, what is granted for it, and how it goes.
        self.preview: Preview = self._outsourcing.preview(work)

    @property
    def handed_out(self) -> list[HandedOut]:
        """What has become of each project's part; nothing before it was confirmed."""
        return self._outsourcing.handed_out(self._keys) if self._keys else []

    def confirm(self) -> None:
        """Hand out what the preview shows, on behalf of the user whom the environment names."""
        requester = Requester(environment.ftrack_user())
        token = uuid.uuid4().hex
        self._keys = [each.key for each in self._outsourcing.confirm(self.preview, requester, token)]
        self._runtime.worker.wake()

    def hand_over(self, timeout_s: float = HAND_OVER_S) -> bool:
        """Go on from this process until accsyn has all of it, *timeout_s* seconds at most; return whether it has.

        Then what was given up counts as well. By a relay only the way to the main site is waited for.
        """
        return self._go_on(timeout_s, lambda: all(map(self._is_sent, self.handed_out)))

    def wait(self, timeout_s: Optional[float] = None) -> bool:
        """Go on to the end; return whether the vendor has all of it. With *timeout_s* for so many seconds at most.

        False for a dry run, and at once for what was given up or needs attention.
        """
        if not self._keys or not self._go_on(timeout_s, lambda: self.ended):
            return False
        return all(self._state(each) is RequestState.DONE for each in self.handed_out)

    @property
    def ended(self) -> bool:
        """Whether nothing of it goes on by itself any more."""
        return all(map(self._has_ended, self.handed_out))

    def close(self) -> None:
        """Close the connections."""
        self._means.close()

    def _is_sent(self, each: HandedOut) -> bool:
        standing = self._standing(each)
        return each.over or (each.leg == RELAY and standing is not None and not unsent(standing))

    def _has_ended(self, each: HandedOut) -> bool:
        state = self._state(each)
        return state in _ENDED or bool(each.failed) if each.over else each.leg == RELAY and state is RequestState.STUCK

    def _state(self, each: HandedOut) -> Optional[RequestState]:
        standing = self._standing(each)
        return standing.state if standing is not None else None

    def _standing(self, each: HandedOut) -> Optional[Standing]:
        return None if each.request is None else self._runtime.outbox.requests.standing(each.request)

    def _go_on(self, timeout_s: Optional[float], over: Callable[[], bool]) -> bool:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        pause, pause_s = threading.Event(), LOOK_S
        self._runtime.worker.wake()
        try:
            while not over():
                left_s = LONGEST_LOOK_S if deadline is None else deadline - time.monotonic()
                if left_s <= 0:
                    return False
                attention.give(self._runtime.outbox.path)
                pause.wait(min(pause_s, left_s))
                if self._outsourcing.advance():
                    self._runtime.worker.wake()
                pause_s = min(2 * pause_s, LONGEST_LOOK_S) if any(each.waits for each in self.handed_out) else LOOK_S
            return True
        finally:
            self._runtime.worker.stop(STOP_S)


def outsource(
    tasks: Union[str, Picked, Any, Iterable[Any]],
    vendor: str,
    *,
    components: Sequence[str] = (),
    with_used: Optional[bool] = None,
    add: Sequence[str] = (),
    message: str = "",
    dry_run: bool = False,
    wait: bool = False,
    timeout_s: Optional[float] = None,
) -> Outsourced:
    """Hand *tasks* out to the user of accsyn with the e-mail address *vendor*; return what goes, and how far it is.

    *tasks* are ids, paths such as "show_a/sq010/sh010/comp", entities of ftrack_api, or `Picked`. *components* are
    names, wildcards allowed, empty for what FTRACK_ACCSYN_VENDORS says; *with_used* (None: as that says) adds what the
    versions use, *add* files and folders of the volume. *message* goes into the note. With *dry_run* nothing is done.
    With *wait* the function returns when the vendor has all of it, or after *timeout_s* seconds.

    Raise `errors.Unresolved` for what is no task, `errors.NotAllowed` for a vendor to whom nothing may go,
    `errors.SettingsError`, and what ftrack, accsyn, volume, spool and outbox raise.
    """
    words, picked = meant(tasks)
    found = plan(words, picked, Work((), vendor, tuple(components), with_used, tuple(add), message))
    try:
        if not dry_run:
            found.confirm()
            if wait:
                found.wait(timeout_s)
    except BaseException:
        found.close()
        raise
    return found


def plan(words: Sequence[str], picked: Sequence[Picked], work: Work, runtime: Optional[Runtime] = None) -> Outsourced:
    """Return what would be handed out of the tasks that *words* and *picked* name, besides those of *work*."""
    means = Means.here()
    try:
        with errors.in_person():
            runtime = runtime or runtime_here()
            found = [*picked, *(_tasks(words, selection.find(means.connection, words)) if words else [])]
            tasks = (*work.tasks, *(each.entity_id for each in found))
            return Outsourced(means, runtime, work._replace(tasks=tasks))
    except BaseException:
        means.close()
        raise


def _tasks(words: Sequence[str], found: Sequence[Picked]) -> Sequence[Picked]:
    """Return what *words* name; raise `errors.Unresolved` where that is no task."""
    for word, each in zip(words, found):
        if each.entity_type != "Task":
            outcome = f"it is of the type {each.entity_type} in ftrack, and no task"
            raise errors.Unresolved("hand out", word, outcome, "Name tasks, such as show_a/sq010/sh010/comp.")
    return found
