"""The looks that only ask: nothing is made for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Optional

from ftrack_accsyn_accessor.insight.doctor.check import SKEW_S
from ftrack_accsyn_accessor.insight.probe.bench import Bench
from ftrack_accsyn_accessor.insight.probe.finding import Finding, holds, judged, otherwise, said, unseen
from ftrack_accsyn_accessor.model import assumptions, errors
from ftrack_accsyn_accessor.model.accsyn import entity_id

#: So long a name makes an address of 3,000 characters.
_LONG = 2400
#: How long is waited for an accsyn that has no time, in seconds.
_PATIENCE_S = (0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0, 5.0, 5.0)
#: Of an answer that is none of accsyn's: there was none, or a gateway has answered.
_NOT_ACCSYN = (None, 502, 504)
_BARE = re.compile(r"[\w.\-]+")


def read(bench: Bench) -> Iterator[Finding]:
    """Yield what can be seen without making anything."""
    names = assumptions
    yield from bench.look([names.TOO_MANY], lambda: [_calm(bench)])
    yield from bench.look([names.CLOCK_TOLD], lambda: [_clock(bench)])
    yield from bench.look([names.REFUSAL_WORDED], lambda: [_refusal(bench)])
    yield from bench.look([names.LONG_QUERIES], lambda: [_long(bench)])
    yield from bench.look([names.USERS_WITH_AT], lambda: [_user(bench)])
    yield from bench.look([names.VOLUMES_HIDDEN], lambda: [_volumes(bench)])


def _calm(bench: Bench) -> Finding:
    """Wait until accsyn has time, and return in which form it said that it has none; nothing is done to provoke it."""
    met: Optional[errors.Busy] = None
    for pause_s in _PATIENCE_S:
        try:
            bench.workspace.own_name()
            break
        except errors.Busy as error:
            met = error
            bench.sleep(max(pause_s, min(error.retry_after_s or 0.0, _PATIENCE_S[-1])))
    if met is None:
        return unseen(assumptions.TOO_MANY, "Could not be seen: too many calls would have to be made.")
    wait = f"{met.retry_after_s:.0f} s are asked for" if met.retry_after_s else "no time to wait is told"
    seen = f"{said(met)}; {wait}."
    return judged(assumptions.TOO_MANY, met.status == 429, seen, seen)


def _clock(bench: Bench) -> Finding:
    bench.workspace.check_role()
    bench.workspace.own_name()
    skew_s = bench.workspace.clock_skew_s
    if skew_s is None:
        return otherwise(assumptions.CLOCK_TOLD, "accsyn does not tell its time.")
    text = f"accsyn's clock is {abs(skew_s):.0f} s {'ahead of' if skew_s >= 0 else 'behind'} this machine's."
    return judged(assumptions.CLOCK_TOLD, abs(skew_s) <= SKEW_S, text, text)


def _refusal(bench: Bench) -> Finding:
    error = bench.workspace.refusal()
    of_all = isinstance(error, (errors.Unreachable, errors.Busy, errors.Unauthorised))
    if of_all or (error.outcome and error.status in _NOT_ACCSYN):
        raise error
    status = f"HTTP status {error.status}" if error.status else "HTTP status unknown"
    if not error.outcome:
        return otherwise(assumptions.REFUSAL_WORDED, "What there is not was answered as if there were.")
    bare = error.outcome.startswith("HTTP status") or not isinstance(error, errors.Refused)
    text = f'{status}, with the message "{error.outcome}".'
    return judged(assumptions.REFUSAL_WORDED, not bare, text, f"{said(error)}.")


def _long(bench: Bench) -> Finding:
    try:
        bench.workspace.asked_by_name("n" * _LONG)
    except errors.Refused as error:
        bench.workspace.own_name()  # where this is refused, too, it is not for the length
        return otherwise(assumptions.LONG_QUERIES, f"It was refused: {said(error)}.")
    return holds(assumptions.LONG_QUERIES, "A query of 2,400 characters was answered.")


def _user(bench: Bench) -> Finding:
    name = bench.workspace.own_name()
    if not name:
        return unseen(assumptions.USERS_WITH_AT, "Could not be seen: accsyn does not show this user to itself.")
    instead = "This user's name has no @."
    return judged(assumptions.USERS_WITH_AT, "@" in name, "This user is called by an address.", instead)


def _volumes(bench: Bench) -> Finding:
    role = bench.workspace.check_role()
    if role != "employee":
        why = f"Could not be seen: this user has the role {role}."
        return unseen(assumptions.VOLUMES_HIDDEN, why)
    found = bench.workspace.volumes()
    if found is None:
        return holds(assumptions.VOLUMES_HIDDEN, "Listing volumes was refused.")
    shown = f"{len(found)} volume(s) were shown." if found else "The list was empty."
    return otherwise(assumptions.VOLUMES_HIDDEN, shown)


def uploaded(bench: Bench, location_id: str, client_id: str, asks_it: bool) -> list[Finding]:
    """Return what accsyn's ftrack integration says of where the staging location's files go.

    Where the plugin never *asks it*, which makes this machine known to the integration, a probe does not either.
    """
    if not asks_it:
        outcome = "FTRACK_ACCSYN_DESTINATION is set, so that it is not needed"
        raise errors.Unresolved("ask accsyn's ftrack integration", "", outcome, "")
    if not (location_id and client_id):
        raise errors.Unresolved("ask accsyn's ftrack integration", "", "location or client are not known", "")
    bench.workspace.destination(location_id, client_id)
    location, party = bench.workspace.integration(location_id)
    if location is None:
        raise errors.Unresolved("ask accsyn's ftrack integration", "", "it names no destination", "")
    is_row = isinstance(location, dict) and bool(entity_id(location)) and bool(location.get("name"))
    seen = "It has id and name."
    return [
        judged(assumptions.UPLOAD_LOCATION, is_row, seen, f"It is {_kind(location)}."),
        _ident(party, bench.main),
    ]


def _ident(party: Any, main: str) -> Finding:
    text = party if isinstance(party, str) else ""
    bare = _BARE.fullmatch(text) is not None and text.casefold() not in ("hq", main.casefold())
    good = bool(text) and not text.endswith(":") and not bare
    return judged(assumptions.UPLOAD_IDENT, good, f"It is {text}.", f"It is {_kind(party)}: {str(party)[:60]}.")


def _kind(answer: Any) -> str:
    if isinstance(answer, dict):
        return f"an object with {', '.join(sorted(map(str, answer))) or 'nothing'}"
    return {str: "a bare text", list: "a list", type(None): "nothing"}.get(type(answer), type(answer).__name__)
