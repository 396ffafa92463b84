"""What each stage of an action answers: the form, then the preview, then what was begun."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from ftrack_accsyn_accessor.actions import forms, previews, standing
from ftrack_accsyn_accessor.actions.forms import Reply
from ftrack_accsyn_accessor.actions.kept import Fit, KeptPlans
from ftrack_accsyn_accessor.actions.launch import Action, Launch
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.actions.wording import one_line, shown
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.permission import Concern
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.send.order import Order

if TYPE_CHECKING:  # see `Desk`
    from ftrack_accsyn_accessor.actions.handing import Handing

logger = logging.getLogger(__name__)

_VERBS: Mapping[Reason, str] = {Reason.SEND: "Send", Reason.SYNC: "Sync", Reason.GET: "Get"}
_EXPIRED = "The preview had expired, so it was made anew. Nothing was sent yet."
_UNKNOWN = "No preview of yours has this name, so nothing was sent. Launch the action again."


class Handling:
    """Answers launches for the service called *name*; *plans* are those that it has shown. Any thread may call it.

    *outsourcing* answers those of Outsource, None where work is not handed out from here.
    """

    def __init__(self, name: str, plans: KeptPlans[Order, Plan], outsourcing: Optional[Handing] = None) -> None:
        self._name = name
        self._plans = plans
        self._outsourcing = outsourcing

    def answer(self, asked: Launch, office: Office) -> Reply:
        """Return the reply to a launch by somebody whom ftrack knows. Raise an `errors.AccsynAccessorError`."""
        if asked.action is Action.STATUS:
            return self._status(asked, office)
        if asked.action is Action.OUTSOURCE:
            if self._outsourcing is None:
                # It has to be gone on with all the time.
                raise errors.NotAllowed("hand out work", "", "only `ftrack-accsyn serve` does that")
            return self._outsourcing.answer(asked, office)
        values = asked.values or {}
        if isinstance(values.get(forms.PLAN), str):
            return self._confirm(asked, office, str(values[forms.PLAN]))
        if asked.values is None or values.get(forms.CHANGE):
            return self._form(asked, office, values, ())
        found = forms.filled(asked)
        if found.order is None:
            return self._form(asked, office, values, found.problems)
        return self._preview(asked, office, found.order)

    def _form(self, asked: Launch, office: Office, values: Mapping[str, Any], problems: Sequence[str]) -> Reply:
        if asked.action is Action.SYNC:
            folders, missing = office.folders(asked.picked)
            told = [*problems, *map(shown, missing)]
            return forms.sync_form(office.sites(), folders, values, told, self._name)
        return forms.send_form(office.places(), values, problems, self._name)

    def _status(self, asked: Launch, office: Office) -> Reply:
        found = office.whereabouts(asked.picked)
        office.require_projects(asked.requester, (Concern("", each.project) for each in found.components))
        unseen = f"These sync jobs were not looked into: {', '.join(found.unseen)}." if found.unseen else ""
        return standing.status_form(found.components, (found.fault, unseen), self._name)

    def _preview(self, asked: Launch, office: Office, order: Order, before: str = "") -> Reply:
        """Return the preview of *order*, which is kept under a name of its own."""
        plans = office.plan(order)
        office.require(asked.requester, plans)
        verb = _VERBS[order.reason]
        if not any(plan.going for plan in plans):
            return previews.nothing_goes(verb, plans, asked.values or {}, self._name)
        name = self._plans.keep(asked.requester, order, plans)
        return previews.confirming(verb, plans, name, self._name, before)

    def _confirm(self, asked: Launch, office: Office, name: str) -> Reply:
        found = self._plans.take(name, asked.requester)
        if found.fit is Fit.USED:
            numbers = ", ".join(map(str, found.requests)) or "that is being written"
            return forms.message(f"This was confirmed already, as request {numbers}; nothing is sent twice.", False)
        if found.fit is Fit.EXPIRED and found.order is not None:
            return self._preview(asked, office, found.order, _EXPIRED)
        if found.fit is not Fit.VALID or found.order is None:
            logger.warning("%s named a preview that is not theirs.", one_line(asked.requester.username))
            return forms.message(_UNKNOWN, False)
        try:
            office.require(asked.requester, found.plans)
            requests = office.confirm(found.order, found.plans, asked.requester, name)
        except BaseException:
            self._plans.give_back(name)
            raise
        self._plans.confirmed(name, requests)
        _log(asked, found.order, found.plans, requests)
        return forms.message(previews.begun(_VERBS[found.order.reason], found.plans, requests), True)


def _log(asked: Launch, order: Order, plans: Sequence[Plan], requests: Sequence[int]) -> None:
    """Say who had what sent, and where to."""
    for plan in plans:
        first = plan.going[0].publication if plan.going else None
        what = first.title if first else "nothing"
        logger.info(
            "Request %s: %s of %s asked for %s item(s) from %s to %s, first %s.",
            ", ".join(map(str, requests)),
            order.reason.value,
            one_line(asked.requester.username),
            len(plan.going),
            one_line(plan.source.location_name or plan.source.party),
            one_line(plan.destination.location_name or plan.destination.party),
            one_line(what),
        )
