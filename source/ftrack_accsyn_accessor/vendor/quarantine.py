"""Where deliveries go as soon as they are looked at, in nobody's reach: what is refused stays there, whole."""

from __future__ import annotations

import hashlib
import json
import re
from typing import NamedTuple

from ftrack_accsyn_accessor.model.delivered import Unit
from ftrack_accsyn_accessor.model.naming import LOOSE
from ftrack_accsyn_accessor.model.vendors import Places
from ftrack_accsyn_accessor.vendor.storage import Storage

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_TAKEN = "taken"
#: What tells why a delivery was refused; the other name where a vendor has called theirs so.
_REASON, _OTHER_REASON = "REASON.txt", "REASON-of-the-studio.txt"


class Hold(NamedTuple):
    """The folder of one delivery in quarantine, and the path of the unit in it; both relative to the volume."""

    folder: str
    path: str


def hold(places: Places, key: str, unit: Unit) -> Hold:
    """Return where the unit of the entry *key* goes; no two entries have a place in common."""
    readable = _PLAIN.sub("-", unit.name).strip("-.")[:40] or "delivery"
    folder = f"{places.quarantine_folder}/{readable}-{_digest(key)[:12]}"
    return Hold(folder, f"{folder}/{unit.name}")


def take(storage: Storage, places: Places, key: str, unit: Unit) -> bool:
    """Move a unit out of the vendor's reach, as it is; return False where there is nothing to be moved.

    What was moved already is as good. Raise `errors.StorageError`.
    """
    there = hold(places, key, unit)
    if storage.find(there.path) is not None:
        return True
    if storage.find(unit.path) is None:
        return False
    told = json.dumps({"unit": unit.path, "entry": key})
    storage.write(_record(places, unit), told.encode(), replace=True)
    storage.move(unit.path, there.path, anything=True)
    return True


def was_taken(storage: Storage, places: Places, unit: Unit) -> bool:
    """Whether a unit of this path was taken before, with whichever entry."""
    return storage.find(_record(places, unit)) is not None


def clear(storage: Storage, places: Places, key: str, unit: Unit) -> None:
    """Put away what is left of a delivery that was accepted: nothing is deleted, and nobody has to look at it."""
    folder = hold(places, key, unit).folder
    if storage.find(folder) is not None:
        storage.move(folder, f"{places.quarantine_folder}/{_TAKEN}/{folder.rpartition('/')[2]}", anything=True)


def give_reason(storage: Storage, places: Places, key: str, unit: Unit, text: str) -> None:
    """Leave beside what is refused why it is."""
    name = _OTHER_REASON if LOOSE.same(unit.name, _REASON) else _REASON
    storage.write(f"{hold(places, key, unit).folder}/{name}", text.encode("utf-8", "replace"), replace=True)


def _record(places: Places, unit: Unit) -> str:
    return f"{places.quarantine_folder}/{_TAKEN}/{_digest(unit.path)[:32]}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
