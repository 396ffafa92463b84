"""What a vendor may publish by accsyn: judged by names and sizes before a byte is sent, and anew when it arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.ftrack import notes, outsourced
from ftrack_accsyn_accessor.model.checking import check
from ftrack_accsyn_accessor.model.delivered import PUBLISH, Unit
from ftrack_accsyn_accessor.model.foreign import key
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Deliverable
from ftrack_accsyn_accessor.model.payload import Entry, Payload
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Severity, Shape, Verdict
from ftrack_accsyn_accessor.model.vendors import places
from ftrack_accsyn_accessor.vendor import answering
from ftrack_accsyn_accessor.vendor import case as cases
from ftrack_accsyn_accessor.vendor.answering import acceptance, refusal
from ftrack_accsyn_accessor.vendor.case import Case
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.offers import Offer, Offers

NOTHING = "Nothing is handed out to you at the moment, so that nothing can be published."
_TWICE = "Something else of this publish is the same version. Publish one of them."
_MOST_TOLD = 20


class _Work(NamedTuple):
    """What was handed out to a vendor and is not over: cases by the ids of their tasks, and what is expected."""

    cases: Mapping[str, Case]
    deliverables: Sequence[Deliverable]


def answer(found: Payload) -> dict[str, Any]:
    """Return the answer for the input *found* of a pre-publish hook; what it allows is kept in the spool first.

    The number of requests grows with the work that is handed out to the vendor, not with the files. Raise what ftrack,
    accsyn and the disks raise.
    """
    means = Means.here()
    try:
        work = _work(means, found.user_id)
        if not work.deliverables:
            return answering.answer([refusal(each, NOTHING) for each in found.entries])
        return _Answer(means, found.user_id, work).of(found.entries)
    finally:
        means.close()


class _Answer:
    def __init__(self, means: Means, vendor_id: str, work: _Work) -> None:
        self._means = means
        self._vendor_id = vendor_id
        self._work = work
        self._taken = cases.taken(means, work.deliverables)
        self._statuses = notes.version_statuses(
            means.connection, sorted({each.project_id for each in work.cases.values()})
        )
        self._token = Offers.token()
        self._offered: dict[str, tuple[str, ...]] = {}
        self._versions: set[tuple[str, str]] = set()

    def of(self, entries: Sequence[Entry]) -> dict[str, Any]:
        rules = self._means.rules
        files = [self._entry(each) for each in entries]
        if self._offered:
            Offers(self._means.spool).keep(self._token, Offer(self._vendor_id, self._offered))
        told = answering.answer(files, rules.guidelines)
        return {**told, "comment": rules.comment, "time_report": rules.time_report, "statuses": self._choices()}

    def _entry(self, entry: Entry) -> dict[str, Any]:
        if entry.why_bad:
            return refusal(entry, f"It cannot be published: {entry.why_bad}.")
        verdict = check(entry.name, list(_found(entry)), self._work.deliverables, self._means.rules, self._taken)
        case = self._work.cases.get(verdict.task_id)
        if not verdict.accepted or case is None:
            return refusal(entry, _problems(verdict) or NOTHING)
        if (verdict.task_id, key(verdict.deliverable)) in self._versions:
            return refusal(entry, _TWICE)
        self._versions.add((verdict.task_id, key(verdict.deliverable)))
        path = f"{case.places.publish_folder}/{self._token}/{entry.name}"
        self._offered[path] = tuple(self._statuses.get(case.project_id, ()))
        place = f"volume={self._means.settings.volume}/{path}"
        return acceptance(entry, printable(verdict.deliverable), place, _summary(verdict))

    def _choices(self) -> list[dict[str, Any]]:
        """Return the statuses that versions of all projects may have; under what key accsyn shows them is not known."""
        several = list(self._statuses.values())
        names = [name for name in several[0] if all(name in each for each in several)] if several else []
        wanted = self._means.rules.status_in.casefold()
        first = next((name for name in names if name.casefold() == wanted), names[0] if names else "")
        return [{"name": each, "code": each, "label": each, "default": each == first} for each in names]


def _work(means: Means, vendor_id: str) -> _Work:
    known = [each for each in outsourced.read(means.connection) if not each.closed_at]
    vendor = cases.address(means, vendor_id) if vendor_id and known else ""
    found: dict[str, Case] = {}
    deliverables: list[Deliverable] = []
    for project in sorted({each.project for each in known if each.vendor == vendor}):
        handouts = tuple(each for each in known if (each.vendor, each.project) == (vendor, project))
        ours = places(means.rules, project, vendor)
        unit = Unit(vendor_id, PUBLISH, ours.publish_folder, "")
        case = Case(unit, vendor, project, handouts[0].project_id, ours, handouts)
        for task_id, package in sorted(cases.manifests(means, case).items()):
            found[task_id] = case
            deliverables += [each for each in package.deliverables if each.task_id == task_id]
    over = cases.closed(means, (each for each in known if each.vendor == vendor), list(found))
    there = {task_id: row for task_id, row in cases.task_rows(means, found).items() if task_id not in over}
    return _Work(
        {
            task_id: case
            for task_id, case in found.items()
            if there.get(task_id, {}).get("project_id") == case.project_id
        },
        [each for each in deliverables if each.task_id in there],
    )


def _found(entry: Entry) -> list[Found]:
    """Return what lies in a folder that is to be published, as it will lie on the disk."""
    if not entry.is_folder:
        return [Found(entry.name, FoundKind.FILE, entry.size_bytes)]
    kinds = {True: FoundKind.FOLDER, False: FoundKind.FILE}
    inside = [each for each in entry.inside if each.path != DELIVERY_NOTE]
    return sorted((Found(each.path, kinds[each.is_folder], each.size_bytes) for each in inside), key=lambda e: e.path)


def _problems(verdict: Verdict) -> str:
    wrong = [each for each in verdict.problems if each.severity is Severity.WRONG]
    told = [f"{printable(each.path)}: {each.text}" if each.path else each.text for each in wrong[:_MOST_TOLD]]
    more = [f"And {len(wrong) - _MOST_TOLD:,} more."] if len(wrong) > _MOST_TOLD else []
    return " ".join([*told, *more])


def _summary(verdict: Verdict) -> str:
    parts = []
    for each in verdict.parts:
        if each.shape is Shape.SEQUENCE:
            parts.append(f"{each.name}: {len(each.frames):,} frames, {each.frames[0]}-{each.frames[-1]}")
        else:
            parts.append(f"{each.name}: {len(each.files):,} {'file' if len(each.files) == 1 else 'files'}")
    return printable(", ".join(parts))
