"""What each stage of Outsource answers: the form, then the preview, then what was begun."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ftrack_accsyn_accessor.actions import forms, outsource_forms
from ftrack_accsyn_accessor.actions.forms import Reply
from ftrack_accsyn_accessor.actions.kept import Fit, KeptPlans
from ftrack_accsyn_accessor.actions.launch import Launch
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.wording import one_line
from ftrack_accsyn_accessor.model.permission import Concern
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Part, Preview, Work
from ftrack_accsyn_accessor.vendor.picked import Meant

logger = logging.getLogger(__name__)

_EXPIRED = "The preview had expired, so it was made anew. Nothing was handed out yet."
_UNKNOWN = "No preview of yours has this name, so nothing was handed out. Launch the action again."
_USED = "This was confirmed already; nothing is handed out twice."
#: How long a page waits to be told more than that it is being made ready, and how often it is looked.
SOON_S, LOOK_S = 5.0, 0.2

#: Has what was confirmed under these keys handed out, and the requester told where that fails.
Follow = Callable[[Sequence[str], Requester], None]


class Handing:
    """Answers launches for the service called *name*; *follow* goes on with what is confirmed. For any thread."""

    def __init__(self, name: str, follow: Follow) -> None:
        self._name = name
        self._follow = follow
        self._plans = KeptPlans[Work, Part](files=lambda part: len(part.contents.files))

    def answer(self, asked: Launch, office: Office) -> Reply:
        """Return the reply to a launch by somebody whom ftrack knows. Raise an `errors.AccsynAccessorError`."""
        values = asked.values or {}
        if isinstance(values.get(forms.PLAN), str):
            return self._confirm(asked, office, str(values[forms.PLAN]))
        tasks = office.tasks(asked.picked)
        # Not even the names of tasks are told to whom their project is not open.
        office.require_projects(asked.requester, (Concern(each.project_id) for each in tasks))
        if asked.values is None or values.get(forms.CHANGE):
            return self._form(tasks, office, values)
        found = outsource_forms.filled(tasks, values)
        if found.work is None:
            return self._form(tasks, office, values, found.problems)
        return self._preview(asked, office, found.work)

    def _form(
        self, tasks: Sequence[Meant], office: Office, values: Mapping[str, Any], problems: Sequence[str] = ()
    ) -> Reply:
        rules = office.means().rules
        return outsource_forms.form(tasks, office.vendors(), rules, values, problems, self._name)

    def _preview(self, asked: Launch, office: Office, work: Work, before: str = "") -> Reply:
        """Return the preview of *work*, which is kept under a name of its own."""
        office.require_vendor(work.vendor)
        preview = office.outsourcing().preview(work)
        _require(office, asked.requester, preview)
        if preview.obstacle:
            return outsource_forms.nothing_goes(preview, asked.values or {}, self._name)
        name = self._plans.keep(asked.requester, preview.work, preview.parts)
        return outsource_forms.confirming(preview, name, self._name, before)

    def _confirm(self, asked: Launch, office: Office, name: str) -> Reply:
        found = self._plans.take(name, asked.requester)
        if found.fit is Fit.USED:
            return forms.message(_USED, False)
        if found.fit is Fit.EXPIRED and found.order is not None:
            return self._preview(asked, office, found.order, _EXPIRED)
        if found.fit is not Fit.VALID or found.order is None:
            logger.warning("%s named a preview that is not theirs.", one_line(asked.requester.username))
            return forms.message(_UNKNOWN, False)
        preview = Preview(found.order, tuple(found.plans))
        try:
            _require(office, asked.requester, preview)
            keys = office.outsourcing().accept(preview, asked.requester, name)
        except BaseException:
            self._plans.give_back(name)
            raise
        self._plans.confirmed(name, ())
        _log(asked, preview)
        self._follow(keys, asked.requester)
        handed_out = _soon(office, keys)
        failed = any(each.failed for each in handed_out)
        return forms.message(outsource_forms.begun(preview, handed_out), not failed)


def _require(office: Office, requester: Requester, preview: Preview) -> None:
    """Raise `errors.NotAllowed` where *requester* may not have all of *preview*, or it may not go to the vendor."""
    office.require_vendor(preview.work.vendor)
    office.require_projects(requester, (each for part in preview.parts for each in part.contents.concerns))


def _soon(office: Office, keys: Sequence[str]) -> list[HandedOut]:
    """Return what became of confirmed parts, after waiting a little: copying may take hours."""
    outsourcing, deadline, pause = office.outsourcing(), time.monotonic() + SOON_S, threading.Event()
    while True:
        found = outsourcing.handed_out(keys)
        settled = all(each.over or each.request is not None for each in found)
        if settled or time.monotonic() >= deadline:
            return found
        pause.wait(LOOK_S)


def _log(asked: Launch, preview: Preview) -> None:
    """Say who has handed out what, and to whom."""
    for part in preview.parts:
        logger.info(
            "%s hands %d task(s) and %d file(s) of %s out to %s, first %s.",
            one_line(asked.requester.username),
            len(part.tasks),
            len(part.contents.files),
            one_line(part.project),
            one_line(preview.work.vendor),
            one_line(part.tasks[0].name),
        )
