"""Keeps what has arrived from vendors, before anything is done with it, and says what became of it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.delivered import PUBLISH, UPLOAD
from ftrack_accsyn_accessor.model.payload import Entry, Payload
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.vendor import advancing, recognising
from ftrack_accsyn_accessor.vendor.bounds import LIMIT_S, Told, bounded
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.offers import Offers
from ftrack_accsyn_accessor.vendor.recognising import Arrived
from ftrack_accsyn_accessor.vendor.spool import INGEST, MISSING, RELAY, Spool
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_outside, stop_all

logger = logging.getLogger(__name__)

#: How long what was asked for of accsyn meanwhile gets to be handed over.
STOP_S = 20.0
_MOST_WORDS = 1_000
#: Files and folders side by side that one job brings: each is told to both sides by itself, in a note and a mail.
MOST_UNITS = 200


class _Kept(NamedTuple):
    """An entry of the spool, and what it is called."""

    kind: str
    key: str
    name: str


def keep(found: Payload, user_id: str, units: Sequence[Arrived]) -> Told:
    """Keep *units* of an upload, and work them off; what is still on its way comes with another run of the hook."""
    means = Means.here()
    try:
        whole = [unit for unit in units if not unit.waits and not _has_ended(means, found, unit)]
        if len(whole) > MOST_UNITS:
            kept = [_put_many(means, found, user_id, whole, UPLOAD)]
        else:
            kept = [_put(means, found, user_id, unit, UPLOAD, None) for unit in units if not unit.waits]
    finally:
        means.close()
    return Told([*_waits(units), *_work_off(kept)])


def keep_published(found: Payload, user_id: str, units: Sequence[Arrived]) -> Told:
    """Keep those of *units* that this machine has allowed to be published, as `keep`.

    What their sender says of them comes from a machine of theirs, and counts for no more than what anybody says.
    """
    means = Means.here()
    refused: list[str] = []
    kept: list[_Kept] = []
    try:
        offers = Offers(means.spool)
        for unit in (each for each in units if not each.waits):
            token = unit.folder.rpartition("/")[2]
            offer = offers.find(token)
            path = f"{unit.folder}/{unit.name}"
            if offer is None or offer.vendor_id != user_id or path not in offer.paths:
                refused.append(f"{unit.name}: nobody was allowed to publish it there, and it was left alone.")
                continue
            kept.append(_put(means, found, user_id, unit, PUBLISH, _note(found.entries, unit, offer.paths[path])))
    finally:
        means.close()
    return Told([*_waits(units), *refused, *_work_off(kept)], not refused)


def keep_failed(found: Payload, user_id: str, units: Sequence[tuple[str, Arrived]]) -> Told:
    """Have both sides told what has not arrived of *units*, each with its origin; once for the same."""
    means = Means.here()
    kept = []
    try:
        if len(units) > MOST_UNITS:
            kept = [_put_many(means, found, user_id, [unit for _, unit in units], units[0][0])]
        for origin, unit in () if kept else units:
            digest = hashlib.sha256(repr((unit.name, sorted(unit.waits))).encode("utf-8", "backslashreplace"))
            key = f"{found.job_id}/{digest.hexdigest()[:32]}"
            data = {**_data(found, user_id, unit, origin), "missing": list(unit.waits)}
            means.spool.put(MISSING, key, data)
            kept.append(_Kept(MISSING, key, unit.name))
    finally:
        means.close()
    return Told(_work_off(kept))


def _has_ended(means: Means, found: Payload, unit: Arrived) -> bool:
    kind = RELAY if means.rules.production else INGEST
    try:
        return means.spool.result(kind, recognising.key(found.job_id, unit)) is not None
    except errors.SpoolError:
        return True  # it lies among what has ended, and is damaged: that keeps back nothing else of the job


def _put_many(means: Means, found: Payload, user_id: str, units: Sequence[Arrived], origin: str) -> _Kept:
    """Have it told, once for a job, that nothing of what lies side by side there is taken in: it stays where it is."""
    key = f"{found.job_id}/side by side"
    first = units[0]._replace(files=None, sent={})
    means.spool.put(MISSING, key, {**_data(found, user_id, first, origin), "many": len(units)})
    return _Kept(MISSING, key, f"{len(units):,} files and folders")


def _put(
    means: Means, found: Payload, user_id: str, unit: Arrived, origin: str, note: Optional[dict[str, Any]]
) -> _Kept:
    kind = RELAY if means.rules.production else INGEST
    key = recognising.key(found.job_id, unit)
    means.spool.put(kind, key, {**_data(found, user_id, unit, origin), "note": note})
    return _Kept(kind, key, unit.name)


def _data(found: Payload, user_id: str, unit: Arrived, origin: str) -> dict[str, Any]:
    return {
        "job": found.job_id,
        "vendor_id": user_id,
        "vendor": "",
        "origin": origin,
        "folder": unit.folder,
        "name": unit.name,
        "files": None if unit.files is None else list(unit.files),
        "sent": unit.sent,
    }


def _note(entries: Iterable[Entry], unit: Arrived, statuses: Sequence[str]) -> Optional[dict[str, Any]]:
    """Return what is said of a unit that was published; no other status than one of those that were offered."""
    said = next((each for each in entries if each.path.endswith(f"/{unit.folder}/{unit.name}")), None)
    if said is None:
        return None
    status = said.status if said.status in statuses else ""
    return {"ident": unit.name, "comment": said.comment, "status": status, "time_s": said.seconds}


def _waits(units: Sequence[Arrived]) -> list[str]:
    return [f"{unit.name}: not all of it has arrived, so that it waits." for unit in units if unit.waits]


def _work_off(kept: Sequence[_Kept]) -> list[str]:
    """Work off what waits, for as long as accsyn lets a hook run; return what became of what was kept, in words."""
    if not kept:
        return []

    def work() -> None:
        means = Means.here()
        try:
            advancing.advance(means, _runtime(means))
        finally:
            stop_all(STOP_S)
            means.close()

    said = bounded(work, LIMIT_S)
    means = Means.here()
    try:
        return [*said, *(f"{each.name}: {_state(means.spool, each)}" for each in kept)]
    finally:
        means.close()


def _runtime(means: Means) -> Optional[Runtime]:
    """Return what carries requests; None where it cannot be had: what has arrived is taken in all the same."""
    try:
        return open_outside(means.settings, means.credentials, environment.read_settings)
    except errors.AccsynAccessorError as error:
        logger.warning("%s", error)
        return None


def _state(spool: Spool, kept: _Kept) -> str:
    result = spool.result(kept.kind, kept.key)
    if result is not None and kept.kind == RELAY:
        return _state(spool, kept._replace(kind=INGEST))
    if result is not None:
        return printable(str(result.get("words") or "done"), _MOST_WORDS)
    entry = next((each for each in spool.waiting(kept.kind) if each.key == kept.key), None)
    cause = entry.cause if entry is not None else ""
    return printable(f"it is kept, and waits. {cause}".rstrip(), _MOST_WORDS)
