"""Deliveries: what they are called, what they hold, and what a recipient's downloads prove of it. Pure.

What accsyn tells of deliveries, and what it does not: workflow facts, section 4.
"""

from __future__ import annotations

import dataclasses
import datetime
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.model import proof
from ftrack_accsyn_accessor.model.accsyn import FINISHED, Task, address_in, entity_id
from ftrack_accsyn_accessor.model.item import Kind, Publication
from ftrack_accsyn_accessor.model.tasks import spelt

#: Kinds of causes: an item waits for its recipient, its delivery has ended before, or other bytes were fetched.
WAITS, ENDED, DIFFERS = "delivery-waits", "delivery-ended", "delivery-differs"
#: The status of a delivery that accsyn does not have any more.
GONE = "archived or deleted"
#: How long a delivery is open unless somebody has changed that in accsyn. By what name it tells the end of that is not
#: known.
DEFAULT_DAYS = 30
_EXPIRES = ("expires", "expiry", "expire", "expiration")


@dataclasses.dataclass(frozen=True)
class Delivery:
    """A delivery; `until` is the day to which it can be fetched (ISO 8601), empty where accsyn does not tell enough."""

    id: str
    name: str
    status: str
    until: str = ""

    @property
    def finished(self) -> bool:
        """Whether nobody can fetch it any more."""
        return self.status in FINISHED or self.status == GONE

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Delivery:
        """Return the delivery of *row*."""
        told = next((day for day in map(_day, (row.get(name) for name in _EXPIRES)) if day is not None), None)
        made = _day(row.get("created"))
        until = told or (made + datetime.timedelta(days=DEFAULT_DAYS) if made is not None else None)
        name = str(row.get("name") or row.get("code") or "")
        return cls(entity_id(row), name, str(row.get("status") or ""), until.isoformat() if until else "")


@dataclasses.dataclass(frozen=True)
class Download:
    """What a recipient takes of a delivery, or has taken; `looks` is another one whenever something of it changed.

    `address` is the recipient's, empty where accsyn tells the id alone.
    """

    id: str
    delivery: str
    user_id: str
    address: str
    status: str
    looks: tuple[str, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether more of it may come by itself: one that failed is live in accsyn, and waits for its recipient."""
        return self.status not in FINISHED | {"failed"}

    @classmethod
    def from_answer(cls, row: Mapping[str, Any]) -> Download:
        """Return the download of *row*, a transfer below a delivery."""
        status = str(row.get("status") or "")
        looks = (status, *(str(row.get(name)) for name in ("progress", "size", "modified")))
        address = address_in(row.get("user_hr")) or address_in(row.get("user"))
        return cls(entity_id(row), str(row.get("parent") or ""), str(row.get("user") or ""), address, status, looks)


def _day(value: Any) -> Optional[datetime.date]:
    try:
        return datetime.date.fromisoformat(str(value or "")[:10])
    except ValueError:
        return None


def name_of(job_name: str, key: str) -> str:
    """Return what a delivery is called, by which it is found again: whether it keeps metadata is not known.

    *job_name* and *key* are those of its row in the outbox; the key is made of its request's token.
    """
    return f"{job_name} {key[:8]}"


def sources(publication: Publication) -> list[str]:
    """Return the paths that a delivery holds for *publication*: each file by itself, for a recipient may take some.

    Whether a delivery can hold frame ranges is not known. What is asked for by its path goes whole.
    """
    if publication.kind is Kind.FOLDER or not publication.files:
        return [publication.path]
    return [file.path for file in publication.files]


def names(publication: Publication) -> list[str]:
    """Return what each of `sources` is called at the recipient, where what lies above it is probably lost."""
    return [posixpath.basename(path) for path in sources(publication)]


# Proof.


class Fetched(NamedTuple):
    """What was fetched of one item: bytes, whether that is all of it, whether any of it moves, and what is wrong."""

    done_bytes: int = 0
    whole: bool = False
    moves: bool = False
    wrong: str = ""


class Downloaded:
    """The tasks of what one recipient has taken, and takes, of one delivery, by the path that each carries.

    *tasks* come with whether their download goes on. *measured* are the sizes that accsyn has found for what it
    delivers, in bytes by path: they are what is compared where ftrack tells none.
    """

    def __init__(self, tasks: Iterable[Task], measured: Mapping[str, int]) -> None:
        self._measured = measured
        self._tasks: dict[str, list[Task]] = {}
        for task in tasks:
            self._tasks.setdefault(proof.path_of(task), []).append(task)

    def of(self, paths: Sequence[str], sizes: Mapping[str, int]) -> Fetched:
        """Return what was fetched of an item with these *paths*.

        *sizes* are what is known of them in bytes, of a folder those of its files: it may be fetched in parts.
        """
        found = [self._of(path, sizes) for path in map(spelt, paths)]
        return _together(found, found)

    def _of(self, path: str, sizes: Mapping[str, int]) -> Fetched:
        below = {} if path in sizes else {file: size for file, size in sizes.items() if file.startswith(f"{path}/")}
        known = {**self._measured, **_sums(path, below)}
        own = self._one(path, sizes.get(path) or known.get(path) or None, known)
        if own.whole or not below:
            return own
        parts = [self._one(file, size or None, known) for file, size in below.items()]
        return _together(parts, [own, *parts])

    def _one(self, path: str, wanted: Optional[int], known: Mapping[str, int]) -> Fetched:
        """Return what was fetched of one file, or of one folder at once; *known* are the sizes of folders."""
        own = self._tasks.get(path, ())
        done = [task for task in own if task.status == "done"]
        moves = any(task.status in proof.AT_WORK for task in own)
        if self._has_all(done, wanted) or self._is_below(path, known):
            return Fetched(wanted or max((task.size_bytes or 0 for task in done), default=0), True, moves)
        wrong = f"{path} was fetched with {done[-1].size_bytes} bytes instead of {wanted}" if done else ""
        return Fetched(0, False, moves, wrong)

    def _has_all(self, done: Iterable[Task], wanted: Optional[int]) -> bool:
        return any(wanted is None or task.size_bytes in (None, wanted) for task in done)

    def _is_below(self, path: str, known: Mapping[str, int]) -> bool:
        """Whether a folder was fetched in which *path* lies, with all that is known to be in it."""
        above = posixpath.dirname(path)
        while above:
            done = [task for task in self._tasks.get(above, ()) if task.status == "done"]
            if done and self._has_all(done, known.get(above) or None):
                return True
            above = posixpath.dirname(above)
        return False


def _together(parts: Sequence[Fetched], all_of_it: Sequence[Fetched]) -> Fetched:
    return Fetched(
        sum(each.done_bytes for each in parts),
        all(each.whole for each in parts),
        any(each.moves for each in all_of_it),
        next((each.wrong for each in all_of_it if each.wrong), ""),
    )


def _sums(folder: str, files: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes of *folder*, and of the folders in it, that hold *files*."""
    sums: dict[str, int] = {}
    for path, size_bytes in files.items():
        above = posixpath.dirname(path)
        while len(above) >= len(folder):
            sums[above] = sums.get(above, 0) + size_bytes
            above = posixpath.dirname(above)
    return sums


# Words: what is so, and what to do.


def waits(address: str, delivery: Delivery, cancelled: bool) -> tuple[str, str]:
    """Return why an item of an open delivery is not fetched yet."""
    until = f", until {delivery.until}" if delivery.until else ""
    text = f"It waits for {address} to fetch it{until}."
    if delivery.status == "pending":
        text += " accsyn is still measuring the delivery."
    if cancelled:
        text += " It could not be cancelled: something of the delivery had been fetched."
        return text, f'End "{delivery.name}" in accsyn to take the rest back.'
    return text, "accsyn reminds the user before that."


def ended(address: str, delivery: Delivery) -> tuple[str, str]:
    """Return why an item will not be fetched any more."""
    known = {"done": "is over", "aborted": "was aborted in accsyn"}
    how = known.get(delivery.status, f"is {delivery.status} in accsyn")
    return f'The delivery "{delivery.name}" {how}; {address} had not fetched it.', "Retry it to have it delivered anew."


def differs(address: str, wrong: str) -> tuple[str, str]:
    """Return what is *wrong* with what was fetched."""
    return (
        f"What {address} has fetched is not what ftrack knows: {wrong}.",
        "Put the file right, then ask for it again.",
    )
