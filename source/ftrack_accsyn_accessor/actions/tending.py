"""Goes on with the vendor loop for as long as a service runs: what was handed out, what came back, what is over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.telling import Telling
from ftrack_accsyn_accessor.actions.wording import one_line, said
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor import closing
from ftrack_accsyn_accessor.vendor.advancing import advance

logger = logging.getLogger(__name__)

#: How often it is looked whether hooks have left something, which takes no network; and how often at what waits.
IDLE_S, FIRST_S, LONGEST_S = 30.0, 1.0, 60.0
#: How often what is over is looked up without an event, and again after something went wrong.
SETTLE_S, RETRY_S = 600.0, 60.0
#: Changes come in bursts: so long after the first it is looked.
BURST_S = 1.0


class Tending:
    """Works on a thread of its own. With *settling* vendors' access follows their tasks. Any thread may call it."""

    def __init__(
        self,
        open_office: Callable[[], Office],
        notices: Notices,
        settling: Callable[[], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_office = open_office
        self._notices = notices
        self._settling = settling
        self._monotonic = monotonic
        self._event = threading.Event()
        self._due = threading.Event()
        self._stopping = False
        self._settle_at = 0.0
        self._waited = False
        self._pause_s = FIRST_S
        self._lock = threading.Lock()
        self._followed: dict[str, str] = {}
        self._telling = Telling(logger)
        self._thread = threading.Thread(target=self._run, name="ftrack-accsyn-vendors", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at everything: events may have been missed."""
        self._due.set()
        self._event.set()

    def heard(self, event: Any) -> None:
        """Look if *event*, an update, may begin or end somebody's work. Never raises."""
        try:
            if any(map(_matters, event["data"].get("entities") or ())):
                self.wake()
        except Exception:  # whatever an update looks like: it is looked now and then in any case
            logger.debug("An update could not be read.", exc_info=True)

    def follow(self, keys: Sequence[str], requester: Requester) -> None:
        """Go on with what was confirmed under *keys*, and tell *requester* where that fails."""
        with self._lock:
            self._followed.update(dict.fromkeys(keys, requester.user_id))
        self._event.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread."""
        self._stopping = True
        self._event.set()
        self._thread.join(timeout_s)

    # The thread.

    def _run(self) -> None:
        office: Optional[Office] = None
        wait_s = 0.0
        while not self._stopping:
            if self._event.wait(wait_s):
                self._event.clear()
                self._pause_s = FIRST_S
            if self._stopping:
                break
            try:
                office = office or self._open_office()
                wait_s = self.look(office)
            except Exception:
                logger.exception("What vendors have could not be looked at.")
                wait_s = RETRY_S
        if office is not None:
            office.close()

    def look(self, office: Office) -> float:
        """Go on with everything once; return after how many seconds to do it again. Nothing keeps the rest from it."""
        if self._due.is_set() or self._monotonic() >= self._settle_at:
            threading.Event().wait(BURST_S if self._due.is_set() else 0.0)
            self._due.clear()
            worked = not self._settling() or self._worked("access", lambda: self._settle(office))
            self._settle_at = self._monotonic() + (SETTLE_S if worked else RETRY_S)
        waits = self._worked("spool", lambda: self._advance(office)) and self._waiting(office)
        if self._waited and not waits:
            self._settle_at = 0.0  # the access of those to whom something was being handed out was left alone
        self._waited = waits
        self._worked("told", lambda: self._tell(office))
        self._pause_s = min(2 * self._pause_s, LONGEST_S) if waits else FIRST_S
        return self._pause_s if waits else min(IDLE_S, max(0.0, self._settle_at - self._monotonic()))

    def _worked(self, about: str, step: Callable[[], None]) -> bool:
        """Return whether *step* has worked; what is wrong is said once, for as long as it is so."""
        try:
            step()
        except errors.AccsynAccessorError as error:
            self._telling.wrong(about, f"What vendors have waits. {error}")
            return False
        except Exception as error:
            text = f"What vendors have waits: {error!r}. Something is wrong with the plugin: please report this."
            self._telling.wrong(about, text)
            logger.debug("It was raised here.", exc_info=True)
            return False
        self._telling.well(about)
        return True

    def _settle(self, office: Office) -> None:
        for step in closing.settle(office.means(), time.time()):
            text = f"{one_line(step.project)}, {one_line(step.vendor)}: {one_line(step.words)}"
            if step.kind in (closing.WAITS, closing.TOLD):
                self._telling.wrong(f"{step.project} {step.vendor} {step.task_id} {step.kind}", text)
            else:
                logger.info("%s", text)

    def _advance(self, office: Office) -> None:
        if office.means().spool.waiting():
            advance(office.means(), office.runtime())

    def _waiting(self, office: Office) -> bool:
        return bool(office.means().spool.waiting())

    def _tell(self, office: Office) -> None:
        """Tell those who have confirmed something where it was given up."""
        with self._lock:
            followed = dict(self._followed)
        for each in office.outsourcing().handed_out(list(followed)) if followed else ():
            if not each.over:
                continue
            user_id = followed[each.key]
            if each.failed and user_id:
                text = f"accsyn Outsource: {said(each.project)} is not handed out. {said(each.failed)}"
                self._notices.message(user_id, text, False)
            with self._lock:
                self._followed.pop(each.key, None)


def _matters(entity: Any) -> bool:
    """Whether an entity of an update is an assignment, a task's status, or a task that is gone."""
    if not isinstance(entity, Mapping):
        return False
    kind = str(entity.get("entityType")).lower()
    keys = entity.get("keys")
    changed = isinstance(keys, (list, tuple)) and "statusid" in keys
    return kind == "appointment" or (kind == "task" and (changed or entity.get("action") == "remove"))
