"""Whether a delivery that lies in quarantine may become a version: decided anew, from what lies there alone."""

from __future__ import annotations

import dataclasses
import errno
import logging
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Callable, Optional

from ftrack_accsyn_accessor.model import errors, manifest
from ftrack_accsyn_accessor.model.checking import bounded, check
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Deliverable, DeliveryNote, Manifest
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Problem, Severity, Verdict
from ftrack_accsyn_accessor.vendor import case as cases
from ftrack_accsyn_accessor.vendor.case import Case, task_rows
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.quarantine import Hold

logger = logging.getLogger(__name__)

#: What was hashed is kept after so many bytes, or files: what a kill makes to be read again.
_KEPT_BYTES = 1 << 30
_KEPT_FILES = 500
_NOTE_BYTES = 64 * 1024 * 1024
#: Of all paths of a delivery together, for each file that it may have: they are kept, and told.
_MOST_LETTERS = 200
_TOO_LONG = "the names in it are far too long together"
#: How the disk says that there is more, or deeper, than anybody may deliver.
_BEYOND = (errno.EFBIG, errno.ENAMETOOLONG, errno.EMFILE)

#: By path, the mark and the SHA-256 of a file as it was read.
Hashed = dict[str, tuple[str, str]]


class Judging:
    """For one thread. *keep* is called with what was hashed so far, now and then."""

    def __init__(self, means: Means, case: Case, hold: Hold, keep: Callable[[Hashed], None]) -> None:
        self._means = means
        self._case = case
        self._hold = hold
        self._keep = keep

    def verdict(self, told: Mapping[str, Manifest], hashed: Hashed) -> Verdict:
        """Return what becomes of the delivery, by our own manifests *told* (by task); *hashed* is known already.

        Files of an accepted one have their SHA-256. Raise `errors.StorageError` where it changes meanwhile, or the
        disk refuses, and what ftrack raises.
        """
        try:
            found, folder = self._listed()
        except errors.StorageError as error:
            cause = error.__cause__
            if not isinstance(cause, OSError) or cause.errno not in _BEYOND:
                raise
            return Verdict(self._case.unit.name, problems=(Problem("bounds", f"{error.outcome}."),))
        deliverables = self._deliverables(told)
        taken = cases.taken(self._means, deliverables)
        judged = check(self._case.unit.name, found, deliverables, self._means.rules, taken)
        problems = (*judged.problems, *self._standing(judged), *bounded(self._sizes(found, folder)))
        judged = dataclasses.replace(judged, problems=problems)
        if not judged.accepted:
            return judged
        digests = self._hash(judged, hashed, folder)
        note, remarks = self._note(folder)
        differing = _differing(note, found, digests) if note is not None else ()
        problems = (*problems, *remarks, *bounded(differing))
        if self._listed()[0] != found:
            outcome = "it changed while it was looked at"
            raise errors.StorageError("look at a delivery", self._hold.path, outcome, "It is looked at again.")
        parts = tuple(
            dataclasses.replace(
                each, files=tuple(dataclasses.replace(file, sha256=digests[file.path]) for file in each.files)
            )
            for each in judged.parts
        )
        return dataclasses.replace(judged, parts=parts, problems=problems)

    def _listed(self) -> tuple[list[Found], bool]:
        """Return what was delivered, without the note that the vendor's tool adds; and whether it is a folder."""
        storage, rules = self._means.storage, self._means.rules
        top = storage.find(self._hold.path)
        if top is None:
            raise errors.StorageError("look at a delivery", self._hold.path, "it is not there any more")
        if top.kind is not FoundKind.FOLDER:
            return [dataclasses.replace(top, path=self._case.unit.name)], False
        walked = storage.walk(self._hold.path, rules.most_files, rules.most_depth)
        if sum(map(len, (each.path for each in walked))) > _MOST_LETTERS * rules.most_files:
            raise errors.StorageError("look at a delivery", self._hold.path, _TOO_LONG) from OSError(errno.EFBIG, "")
        return [each for each in walked if each.path != DELIVERY_NOTE], True

    # What is expected

    def _deliverables(self, told: Mapping[str, Manifest]) -> list[Deliverable]:
        """Return what was handed out to this vendor, and no other; of each task by its latest package."""
        return [
            each
            for task_id, package in sorted(told.items())
            for each in package.deliverables
            if each.task_id == task_id
        ]

    def _standing(self, judged: Verdict) -> Iterator[Problem]:
        """Yield what is wrong with the task that was recognised."""
        if not judged.task_id:
            return
        if judged.task_id in cases.closed(self._means, self._case.handouts, [judged.task_id]):
            yield Problem("closed", "The task is closed: nothing is taken for it any more.")
        rows = task_rows(self._means, [judged.task_id])
        if judged.task_id not in rows or rows[judged.task_id]["project_id"] != self._case.project_id:
            yield Problem("task", "The task is not there any more.")

    # What has arrived

    def _sizes(self, found: Sequence[Found], folder: bool) -> Iterator[Problem]:
        """Yield the files that have not the size that accsyn has carried."""
        sent = self._case.unit.sent
        for each in found:
            size = sent.get(each.path if folder else "")
            if each.kind is FoundKind.FILE and size is not None and size != each.size_bytes:
                text = f"It has {each.size_bytes:,} bytes here, and had {size:,} when it was sent."
                yield Problem("size", text, path=each.path)

    def _hash(self, judged: Verdict, hashed: Hashed, folder: bool) -> dict[str, str]:
        done_bytes, files = 0, 0
        for each in (file for part in judged.parts for file in part.files):
            mark, _ = hashed.get(each.path, ("", ""))
            if mark == each.mark:
                continue
            path = f"{self._hold.path}/{each.path}" if folder else self._hold.path
            hashed[each.path] = (each.mark, self._means.storage.digest(path))
            done_bytes, files = done_bytes + each.size_bytes, files + 1
            if done_bytes >= _KEPT_BYTES or files >= _KEPT_FILES:
                self._keep(hashed)
                done_bytes, files = 0, 0
        return {path: sha256 for path, (_, sha256) in hashed.items()}

    def _note(self, folder: bool) -> tuple[Optional[DeliveryNote], tuple[Problem, ...]]:
        path = f"{self._hold.path}/{DELIVERY_NOTE}"
        lies = self._means.storage.find(path) if folder else None
        if lies is None:
            return None, ()
        try:
            if lies.kind is not FoundKind.FILE or lies.size_bytes > _NOTE_BYTES:
                raise errors.ManifestError("read the delivery note", DELIVERY_NOTE, "it is no such file")
            return manifest.read_note(self._means.storage.read(path, _NOTE_BYTES)), ()
        except errors.ManifestError as error:
            text = f"The delivery note counts for nothing: {error.outcome}."
            return None, (Problem("note", text, Severity.REMARK, DELIVERY_NOTE),)


def _differing(note: DeliveryNote, found: Sequence[Found], digests: Mapping[str, str]) -> Iterator[Problem]:
    """Yield how what lies there differs from what the vendor's own tool says to have sent."""
    lies = {each.path: each for each in found if each.kind is FoundKind.FILE}
    for each in note.files:
        path = posixpath.normpath(each.path)
        if path not in lies:
            yield Problem("note", "The delivery note names it, and it is not there.", path=each.path)
        elif lies[path].size_bytes != each.size_bytes:
            text = f"It has {lies[path].size_bytes:,} bytes, and {each.size_bytes:,} by the delivery note."
            yield Problem("note", text, path=path)
        elif each.sha256 and path in digests and digests[path] != each.sha256:
            yield Problem("note", "Its content is not that of which the delivery note has the digest.", path=path)
