"""Checks and delivers for the window, on a thread of its own. Knows nothing of Qt."""

from __future__ import annotations

import dataclasses
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Callable, Optional

from ftrack_accsyn_accessor.connect.shapes import Tone
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.manifest import NAME
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.submission import Severity
from ftrack_accsyn_accessor.model.upload import OwnFolder, Stage, Standing
from ftrack_accsyn_accessor.vendor import delivering, uploading
from ftrack_accsyn_accessor.vendor.delivering import Address, Unit
from ftrack_accsyn_accessor.vendor.uploading import Here, Sent, Uploading

logger = logging.getLogger(__name__)

#: Problems of one delivery that are written out; of more only the number.
MOST_PROBLEMS = 8
#: How often, at most, it is told how much was read.
_TOLD_S = 0.1


@dataclasses.dataclass(frozen=True)
class Line:
    """One delivery as the window shows it: its name, what it is, how it is, and `notes` in words with their tones."""

    key: str
    name: str
    what: str
    status: str
    tone: Optional[Tone]
    notes: tuple[tuple[str, Tone], ...] = ()
    percent: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Sheet:
    """All that the window shows. `shares` are the folders to choose from, where there is something to choose."""

    lines: tuple[Line, ...] = ()
    who: str = ""
    manifest: str = ""
    shares: tuple[str, ...] = ()
    share: str = ""
    problem: str = ""
    sentence: str = ""
    ready: int = 0
    busy: bool = False


@dataclasses.dataclass
class _Entry:
    path: Path
    unit: Optional[Unit] = None
    address: Address = dataclasses.field(default_factory=Address)
    cause: str = ""
    reading: Optional[int] = None
    sent: Optional[Sent] = None
    standing: Optional[Standing] = None

    @property
    def ready(self) -> bool:
        return self.unit is not None and self.unit.goes and bool(self.address.share) and not (self.cause or self.sent)

    @property
    def moving(self) -> bool:
        return self.sent is not None and not (self.standing is not None and self.standing.ended)


class Desk:
    """Tells a new sheet after every change, until it is stopped.

    *tell* is called on the desk's thread; it must only hand the sheet over. *begin* gives the way to accsyn. Methods
    may be called on any thread, and return at once.
    """

    def __init__(self, tell: Callable[[Sheet], None], begin: Callable[[], Uploading] = Uploading.here) -> None:
        self._tell = tell
        self._begin = begin
        self._inbox: queue.Queue[Optional[Callable[[], None]]] = queue.Queue()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="accsyn-deliver", daemon=True)
        # Of the desk's thread alone.
        self._uploading: Optional[Uploading] = None
        self._entries: dict[str, _Entry] = {}
        self._folders: Optional[Sequence[OwnFolder]] = None
        self._manifest: Optional[Path] = None
        self._share = self._problem = ""
        self._look_s = uploading.FIRST_LOOK_S
        self._told_at = 0.0

    def start(self) -> None:
        """Begin: who delivers is looked up first."""
        self._thread.start()
        self._inbox.put(self._ask)

    def add(self, paths: Iterable[str]) -> None:
        """Check what lies at *paths*; a manifest among them is the one that all is checked by from then on."""
        listed = [Path(os.path.abspath(path)) for path in paths]
        self._inbox.put(lambda: self._add(listed))

    def send_to(self, share: str) -> None:
        """Let all that is not sent yet go to this folder."""
        self._inbox.put(lambda: self._send_to(share))

    def deliver(self) -> None:
        """Send what is ready."""
        self._inbox.put(self._deliver)

    def clear(self) -> None:
        """Forget all that is not on its way."""
        self._inbox.put(self._clear)

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Tell nothing more; return whether the thread has ended in time. accsyn carries on with what it has."""
        self._stopped = True
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # The desk's thread.

    def _run(self) -> None:
        while not self._stopped:
            moving = any(each.moving for each in self._entries.values())
            try:
                work = self._inbox.get(timeout=self._look_s if moving else None)
            except queue.Empty:
                work = self._follow
            if work is None:
                break
            self._carry_out(work)
        if self._uploading is not None:
            self._uploading.close()

    def _carry_out(self, work: Callable[[], None]) -> None:
        try:
            self._problem = "" if work != self._follow else self._problem
            work()
        except AccsynAccessorError as error:
            self._problem = str(error)
        except Exception as error:
            logger.exception("The window could not go on.")
            self._problem = f"{error!r}. The log has more."
        self._show()

    def _ask(self) -> None:
        """Ask which folders there are; what is wrong with the settings is told before anything is dropped."""
        self._folders = self._way().workspace.own_folders()
        for entry in self._entries.values():
            self._give_address(entry)

    def _way(self) -> Uploading:
        if self._uploading is None:
            self._uploading = self._begin()
        return self._uploading

    def _add(self, paths: Sequence[Path]) -> None:
        named = [path for path in paths if path.name == NAME]
        if named:
            self._manifest = named[-1]
        fresh = [str(path) for path in paths if path.name != NAME]
        again = [key for key, entry in self._entries.items() if named and not entry.sent]
        for key in dict.fromkeys([*again, *fresh]):
            known = self._entries.get(key)
            if known is None or not known.moving:
                self._entries[key] = _Entry(Path(key))
        self._show()
        for entry in [each for each in self._entries.values() if each.unit is None and not each.cause]:
            self._check(entry)
            self._show()
        self._ask()  # what was granted since counts as well

    def _check(self, entry: _Entry) -> None:
        same = [each for each in self._entries.values() if each.path.name.casefold() == entry.path.name.casefold()]
        try:
            if len(same) > 1:
                entry.cause = "Another one of this name is in the list. Deliver one after the other."
            else:
                entry.unit = delivering.look(entry.path, self._manifest)
                self._give_address(entry)
        except AccsynAccessorError as error:
            entry.cause = str(error)

    def _give_address(self, entry: _Entry) -> None:
        if entry.unit is not None and entry.sent is None and self._folders is not None:
            entry.address = delivering.address(entry.unit, self._folders, self._share)

    def _send_to(self, share: str) -> None:
        self._share = share
        for entry in self._entries.values():
            self._give_address(entry)

    def _deliver(self) -> None:
        ready = [entry for entry in self._entries.values() if entry.ready]
        machine = self._way().this_machine()
        if not machine.online:
            self._problem = "accsyn's app or user server on this machine is not running: start it, and it goes."
        for entry in ready:
            entry.reading = 0
            self._show()
            self._send(entry, machine)
            entry.reading = None
            self._show()
        self._look_s = uploading.FIRST_LOOK_S
        self._follow()

    def _send(self, entry: _Entry, machine: Here) -> None:
        if entry.unit is None:
            return
        try:
            entry.sent = self._way().send(entry.unit, entry.address.share, machine, self._reading(entry))
            entry.standing = Standing(Stage.WAITING)
        except AccsynAccessorError as error:
            entry.cause = str(error)

    def _reading(self, entry: _Entry) -> Callable[[int, int], None]:
        def told(done: int, size: int) -> None:
            entry.reading = 100 * done // size if size else 100
            if time.monotonic() - self._told_at > _TOLD_S:
                self._show()

        return told

    def _follow(self) -> None:
        moving = [entry for entry in self._entries.values() if entry.moving]
        sent = [entry.sent for entry in moving if entry.sent is not None]
        known = {entry.path.name: entry.standing or Standing(Stage.WAITING) for entry in moving}
        known = self._way().look(sent, known)
        for entry in moving:
            entry.standing = known[entry.path.name]
        self._look_s = min(uploading.LONGEST_LOOK_S, self._look_s * uploading.GROWTH)

    def _clear(self) -> None:
        self._entries = {key: entry for key, entry in self._entries.items() if entry.moving}

    # What is shown.

    def _show(self) -> None:
        self._told_at = time.monotonic()
        if not self._stopped:
            self._tell(self._sheet())

    def _sheet(self) -> Sheet:
        entries = list(self._entries.values())
        ready = [entry.unit for entry in entries if entry.ready and entry.unit is not None]
        moving = sum(entry.moving for entry in entries)
        busy = moving > 0 or any(entry.reading is not None for entry in entries)
        shares = tuple(each.code for each in self._folders or () if each.writable is not False)
        return Sheet(
            tuple(map(line_of, entries)),
            self._uploading.who if self._uploading is not None else "",
            str(self._manifest or ""),
            shares if len(shares) > 1 else (),
            self._share,
            self._problem,
            _sentence(ready, moving, len(entries)),
            len(ready),
            busy,
        )


def _sentence(ready: Sequence[Unit], moving: int, count: int) -> str:
    told = []
    if ready:
        size = size_text(sum(unit.size_bytes for unit in ready))
        told.append(f"{len(ready)} of {count} can be delivered, {size}.")
    if moving:
        told.append(f"{moving} on the way. You may close this window: accsyn carries on.")
    return " ".join(told)


def line_of(entry: _Entry) -> Line:
    """Return how a delivery is shown."""
    unit = entry.unit
    status, tone, percent = _status(entry)
    notes = [(text, Tone.BAD) for text in (entry.cause, entry.address.cause) if text]
    if unit is not None and entry.sent is None:
        wrong_first = sorted(unit.verdict.problems, key=lambda each: each.severity is not Severity.WRONG)
        notes += [
            (each.text, Tone.BAD if each.severity is Severity.WRONG else Tone.HELD)
            for each in wrong_first[:MOST_PROBLEMS]
        ]
        if len(wrong_first) > MOST_PROBLEMS:
            notes.append((f"... and {len(wrong_first) - MOST_PROBLEMS} more", Tone.WAITING))
    if entry.standing is not None and entry.standing.cause:
        notes.append((entry.standing.cause, Tone.BAD if entry.standing.stage is Stage.STOPPED else Tone.HELD))
    what = ", ".join(filter(None, [_what(unit), _pace(entry)])) if unit is not None else ""
    return Line(str(entry.path), printable(entry.path.name), what, status, tone, tuple(notes), percent)


def _what(unit: Unit) -> str:
    count = len(unit.files)
    files = f"{count} file{'' if count == 1 else 's'}"
    return ", ".join(filter(None, [delivering.what_text(unit), files, size_text(unit.size_bytes)]))


def _pace(entry: _Entry) -> str:
    """Return how fast it goes and what is left, and before that where it goes."""
    standing = entry.standing
    if standing is None:
        return f"to {entry.address.share}" if entry.ready else ""
    told = []
    if standing.stage is Stage.SENDING and standing.progress.speed_bytes_per_s:
        told.append(f"{size_text(standing.progress.speed_bytes_per_s)}/s")
    if standing.stage is Stage.SENDING and standing.progress.left_s is not None:
        told.append(f"{duration_text(standing.progress.left_s)} left")
    return ", ".join(told)


def _status(entry: _Entry) -> tuple[str, Optional[Tone], Optional[int]]:
    standing = entry.standing
    if standing is not None:
        return _standing_text(standing), _TONES[standing.stage], _percent(standing)
    if entry.cause or entry.address.cause:
        return "not sent", Tone.BAD, None
    if entry.reading is not None:
        return f"reading {entry.reading} %", Tone.BUSY, entry.reading
    if entry.unit is None:
        return "checking", Tone.WAITING, None
    if not entry.unit.goes:
        return "not sent", Tone.BAD, None
    return ("ready", Tone.GOOD, None) if entry.ready else ("checked", Tone.WAITING, None)


_TONES = {
    Stage.WAITING: Tone.WAITING,
    Stage.SENDING: Tone.BUSY,
    Stage.DELIVERED: Tone.GOOD,
    Stage.STOPPED: Tone.BAD,
}


def _percent(standing: Standing) -> Optional[int]:
    return standing.progress.percent if standing.stage in (Stage.WAITING, Stage.SENDING) else None


def _standing_text(standing: Standing) -> str:
    if standing.stage is Stage.SENDING:
        return f"sending {standing.progress.percent} %"
    return "not delivered" if standing.stage is Stage.STOPPED else standing.stage.value
