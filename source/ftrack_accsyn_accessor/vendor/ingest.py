"""Takes deliveries in: each becomes a version in ftrack, or goes to quarantine, whole, and both sides are told.

What is decided is written down before it is done, so that whoever comes next goes on where a killed process has ended:

taken (to quarantine, in nobody's reach) -> judged -> placing -> made -> told
                                              ^  \\       v
                                              |   \\--- back
                                              \\-> told why it is refused
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack import notes
from ftrack_accsyn_accessor.ftrack.versions import Asset, NewVersion, Numbered, NumberTaken, Versions
from ftrack_accsyn_accessor.model import delivered, errors, retry
from ftrack_accsyn_accessor.model.manifest import Manifest
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import FoundKind, Problem, Verdict
from ftrack_accsyn_accessor.vendor import case as cases
from ftrack_accsyn_accessor.vendor import quarantine, waiting
from ftrack_accsyn_accessor.vendor.aftermath import Aftermath
from ftrack_accsyn_accessor.vendor.case import Case
from ftrack_accsyn_accessor.vendor.filing import Filed, Filing
from ftrack_accsyn_accessor.vendor.judging import Hashed, Judging
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import INGEST, WRONG, Entry

logger = logging.getLogger(__name__)

#: How long a unit waits for the rest of an upload: for files that lie there, and that no finished job has told of.
PATIENCE_S = 3600.0
#: What became of an entry.
ACCEPTED, REFUSED, VANISHED, ELSEWHERE, NOT_OURS = "accepted", "refused", "vanished", "elsewhere", "not-ours"
_TAKEN, _JUDGED, _PLACING, _BACK, _MADE = "taken", "judged", "placing", "back", "made"
#: What of an entry grows with its files: who delivers again and again fills no disk with what has ended.
_LONG = ("progress", "files", "sent")
#: How often another number is tried where somebody else takes it meanwhile.
_ROUNDS = 5
_OCCUPIED = Problem("taken-path", "The studio has something else in its place already, and will look at it.")
_NO_TASK = Problem("task", "The task is not there any more.")


class Ingest:
    """For one thread. Doing it again, after whatever end of a process or at the same time, does it once."""

    def __init__(self, means: Means, clock: Callable[[], float] = time.time) -> None:
        self._means = means
        self._clock = clock

    def work(self, entry: Entry) -> bool:
        """Work an entry off as far as that is possible; return whether it has ended.

        Raise what ftrack, accsyn and the disks raise: then it stays, with the cause, to be worked on again.
        """
        with self._means.spool.claim(entry) as mine:
            if mine is None:
                return False
            mine.begin()
            try:
                return self._work(mine)
            except errors.AccsynAccessorError as error:
                mine.stop(str(error), self._clock(), needs_help=retry.needs_help(error))
                waiting.tell_refused(self._means, mine, error, self._clock())
                raise
            except Exception:
                mine.stop(WRONG, self._clock(), needs_help=True)
                raise

    def _work(self, entry: Entry) -> bool:
        unit = delivered.unit(entry.data)
        if unit is None:
            return _end(entry, NOT_OURS, "It describes nothing that could have been delivered.")
        with self._means.spool.alone(f"unit {unit.path}") as free:
            if not free:
                return False
            known = entry.data.get("progress") or {}
            case = cases.recognise(self._means, unit, known.get("case"))
            if case is None:
                words = "It lies in no folder of a vendor who was handed out something there, and was left alone."
                return _end(entry, NOT_OURS, words)
            return _Delivery(self._means, entry, case, self._clock).go_on()


def work_off(means: Means) -> int:
    """Work off all deliveries that wait; return how many have ended. What one is stopped by is logged, and kept in it.

    Raise `errors.SpoolError` where it cannot be told what waits.
    """
    ended, ingest = 0, Ingest(means)
    for entry in _in_turn(means.spool.waiting(INGEST)):
        try:
            ended += ingest.work(entry)
        except errors.AccsynAccessorError as error:
            announce.once(logger, logging.WARNING, f"A delivery waits. {error}")
            if retry.is_outage(error):
                break  # the next one would only wait for the same answer
        except Exception as error:  # noqa: BLE001 - it stops nothing else
            text = "A delivery waits: something is wrong with the plugin. Please report this."
            announce.fault(logger, text, error)
    return ended


def _in_turn(entries: Sequence[Entry]) -> list[Entry]:
    """Return *entries* so that each vendor has one after the other: nobody waits for all that another one has sent."""
    before: Counter[str] = Counter()
    turns: list[tuple[int, Entry]] = []
    for each in entries:
        vendor_id = str(each.data.get("vendor_id"))
        turns.append((before[vendor_id], each))
        before[vendor_id] += 1
    return [each for _, each in sorted(turns, key=lambda turn: turn[0])]


class _Delivery:
    """One delivery on its way, as its entry tells how far it is."""

    def __init__(self, means: Means, entry: Entry, case: Case, clock: Callable[[], float]) -> None:
        self._means = means
        self._entry = entry
        self._case = case
        self._clock = clock
        self._hold = quarantine.hold(case.places, entry.key, case.unit)
        self._versions = Versions(means.connection)
        self._filing = Filing(means)
        self._aftermath = Aftermath(means, case, entry.key)
        self._progress: dict[str, Any] = dict(entry.data.get("progress") or {})

    def go_on(self) -> bool:
        """Go through the steps that are left; return whether the last one is done."""
        if not self._progress and not self._take():
            return self._entry.ended
        if self._step == _TAKEN and not self._judge():
            return self._entry.ended
        if self._step == _BACK:
            self._move_back()
        if self._step in (_JUDGED, _PLACING) and self._verdict.accepted and not self._place():
            return False
        return self._tell_accepted() if self._step == _MADE else self._tell_refused()

    # What is known

    @property
    def _step(self) -> str:
        return str(self._progress.get("step", ""))

    @property
    def _verdict(self) -> Verdict:
        return delivered.verdict(self._progress["verdict"])

    @property
    def _asset(self) -> Asset:
        return Asset(**self._progress["asset"])

    def _filed(self) -> Filed:
        """Return where everything goes, by what was saved: a shot may be renamed meanwhile."""
        folder = self._hold.folder if self._progress["single"] else self._hold.path
        names = [*self._progress["names"], self._asset.name, f"v{self._progress['number']:03d}"]
        return self._filing.plan(folder, names, self._verdict.parts)

    def _save(self, **changes: Any) -> None:
        self._progress = {**self._progress, **changes}
        data = {name: value for name, value in self._entry.data.items() if name != "cause"}
        self._entry.save({**data, "progress": self._progress})

    # The steps

    def _take(self) -> bool:
        """Take the unit out of the vendor's reach, when all of it has arrived; return whether it was taken."""
        storage, unit = self._means.storage, self._case.unit
        cases.manifests(self._means, self._case)  # where the volume is not there, nothing has vanished
        if self._is_arriving():
            words = "Files lie there that no finished upload has told of: the rest is waited for."
            self._entry.stop(words, self._clock())
            return False
        if quarantine.take(storage, self._case.places, self._entry.key, unit):
            self._save(step=_TAKEN, case=self._case.known, at=_moment(self._clock()))
            return True
        if quarantine.was_taken(storage, self._case.places, unit):
            _end(self._entry, ELSEWHERE, f"{printable(unit.name)} was taken in with another upload of it.")
        else:
            self._vanished()
        return False

    def _vanished(self) -> None:
        name = printable(self._case.unit.name)
        words = f"What {self._case.vendor} had delivered as {name} is not there any more: nothing was made of it."
        self._aftermath.tell_project(words)
        _end(self._entry, VANISHED, words)

    def _is_arriving(self) -> bool:
        """Whether files lie there that no finished upload has told of: the rest is waited for, for a while."""
        unit, rules = self._case.unit, self._means.rules
        if unit.files is None or self._clock() - self._entry.put_at > PATIENCE_S:
            return False
        try:
            found = self._means.storage.walk(unit.path, rules.most_files, rules.most_depth)
        except errors.StorageError:
            return False  # no folder, or one beyond all bounds: it is judged as it is
        paths = [each.path for each in found if each.kind is not FoundKind.FOLDER]
        if delivered.cover([unit], paths):
            return False
        units = (delivered.unit(each.data) for each in self._means.spool.waiting(INGEST))
        return not delivered.cover([each for each in units if each is not None and each.path == unit.path], paths)

    def _judge(self) -> bool:
        told = cases.manifests(self._means, self._case)
        top = self._means.storage.find(self._hold.path)
        if top is None:
            if self._versions.find(self._entry.key) is None:
                self._vanished()
            else:
                words = f"{printable(self._case.unit.name)} was taken in by another machine."
                _end(self._entry, ELSEWHERE, words)
            return False
        hashed: Hashed = {path: (mark, sha256) for path, (mark, sha256) in self._progress.get("hashed", {}).items()}

        def keep(known: Hashed) -> None:
            self._save(hashed=known)

        verdict = Judging(self._means, self._case, self._hold, keep).verdict(told, hashed)
        package = told.get(verdict.task_id)
        self._save(
            step=_JUDGED,
            hashed={},
            single=top.kind is not FoundKind.FOLDER,
            verdict=delivered.verdict_data(verdict),
            wanted=_asset(package, verdict),
            uses=list(package.version_ids) if package is not None else [],
        )
        return True

    def _place(self) -> bool:
        """Move what was accepted to its place and make the version; return False to try again later.

        What has no place there is refused instead.
        """
        if "asset" not in self._progress and not self._find_asset():
            self._refuse(_NO_TASK)
            return True
        with self._means.spool.alone(f"asset {self._asset.id}") as free:
            return free and self._place_alone()

    def _find_asset(self) -> bool:
        task = cases.task_rows(self._means, [self._verdict.task_id]).get(self._verdict.task_id)
        if task is None:
            return False
        wanted = self._progress["wanted"]
        asset = self._versions.asset(task["parent_id"], wanted["name"], wanted["id"])
        above = [each["name"] for each in task["link"][1:-1]]
        self._save(asset=asset._asdict(), names=[self._case.project, *above])
        return True

    def _place_alone(self) -> bool:
        for _ in range(_ROUNDS):
            if self._step == _JUDGED and not self._begin():
                return True
            filed = self._filed()
            try:
                self._filing.move(filed)
                made = self._versions.make(self._new(filed))
            except NumberTaken:
                self._save(step=_BACK)
                self._move_back()
            except errors.StorageError as error:
                if not isinstance(error.__cause__, FileExistsError):
                    raise
                self._save(step=_BACK, rival=error.on)
                self._move_back()
                return True
            else:
                self._save(step=_MADE, version_id=made.id, made=made.number)
                return True
        return False

    def _begin(self) -> bool:
        """Settle the number and with it the paths; return False where one of them belongs to something else."""
        if not self._asset.exists:  # somebody may have made it meanwhile: two of one name would stay for ever
            self._find_asset()
        number = self._versions.free_number(self._entry.key, self._asset.id, self._verdict.version)
        self._progress = {**self._progress, "number": number}
        rival = self._filing.occupied(self._entry.key, self._filed())
        if rival:
            self._save(rival=rival)
            self._refuse(_OCCUPIED)
            return False
        self._save(step=_PLACING, number=number)
        return True

    def _new(self, filed: Filed) -> NewVersion:
        means, unit = self._means, self._case.unit
        wanted = means.rules.status_in
        status = notes.version_status(means.connection, self._case.project_id, wanted) if wanted else None
        if wanted and status is None:
            logger.warning(
                "Versions of %s may not have the status %s, and get the first one.", self._case.project, wanted
            )
        return NewVersion(
            key=self._entry.key,
            task_id=self._verdict.task_id,
            asset=self._asset,
            number=self._progress["number"],
            location_id=self._filing.location.endpoint.location_id,
            components=filed.components,
            user_id=self._aftermath.author_id,
            status_id=status or "",
            comment=unit.comment or f"Delivered by {self._case.vendor}.",
            uses=tuple(self._progress["uses"]),
        )

    def _move_back(self) -> None:
        """Bring everything back to quarantine: for another number, or, where its place is taken, to stay there."""
        filed = self._filed()
        self._versions.take_back(self._new(filed))
        self._filing.back(filed)
        if self._progress.get("rival"):
            self._refuse(_OCCUPIED)
        else:
            self._save(step=_JUDGED)

    def _refuse(self, problem: Problem) -> None:
        """Refuse what had been accepted."""
        verdict = self._verdict
        refused = dataclasses.replace(verdict, problems=(*verdict.problems, problem))
        self._save(step=_JUDGED, verdict=delivered.verdict_data(refused))

    def _tell_accepted(self) -> bool:
        made = Numbered(self._progress["version_id"], int(self._progress["made"]))
        location_id = self._filing.location.endpoint.location_id
        asset, filed = self._asset.name, self._filed()
        words = self._aftermath.accepted(self._verdict, made, asset, filed, location_id, self._progress, self._save)
        quarantine.clear(self._means.storage, self._case.places, self._entry.key, self._case.unit)
        return _end(self._entry, ACCEPTED, words, version_id=made.id, version=made.number)

    def _tell_refused(self) -> bool:
        words = self._aftermath.refused(self._verdict, self._progress["at"], str(self._progress.get("rival", "")))
        return _end(self._entry, REFUSED, words, quarantine=self._hold.folder)


def _end(entry: Entry, outcome: str, words: str, **more: Any) -> bool:
    logger.info("Delivery of %s: %s", printable(str(entry.data.get("name"))), words)
    entry.finish({"outcome": outcome, "words": words, **more}, without=_LONG)
    return True


def _asset(package: Any, verdict: Verdict) -> Mapping[str, str]:
    """Return id and name of the asset that the recognised deliverable is a version of."""
    deliverables = package.deliverables if isinstance(package, Manifest) else ()
    mine = (each for each in deliverables if each.task_id == verdict.task_id)
    numbers = ((each, each.next_version if verdict.version is None else verdict.version) for each in mine)
    found = next((each for each, number in numbers if each.named(number) == verdict.deliverable), None)
    return (
        {"id": found.asset_id, "name": found.asset_name or verdict.name} if found else {"id": "", "name": verdict.name}
    )


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="seconds")
