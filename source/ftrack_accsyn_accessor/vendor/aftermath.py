"""What follows from a delivery's verdict: everybody hears of it, and ftrack shows it. Each thing is done once."""

from __future__ import annotations

import datetime
import logging
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor.ftrack import media, notes
from ftrack_accsyn_accessor.ftrack.notes import Note
from ftrack_accsyn_accessor.ftrack.notice import Notices
from ftrack_accsyn_accessor.ftrack.versions import Numbered, Versions, component_id
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Shape, Verdict
from ftrack_accsyn_accessor.vendor import quarantine, receipt
from ftrack_accsyn_accessor.vendor.case import Case
from ftrack_accsyn_accessor.vendor.filing import Filed, Step
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.receipt import Receipt

logger = logging.getLogger(__name__)

#: Of a picture or movie that is uploaded to ftrack, which keeps all of it in a temporary file meanwhile.
_MOST_BYTES = 2 << 30


class Aftermath:
    """For one thread; methods may raise what ftrack, accsyn and the disks raise, and are done again after that."""

    def __init__(self, means: Means, case: Case, key: str) -> None:
        self._means = means
        self._case = case
        self._key = key

    @property
    def service_id(self) -> str:
        """The ftrack user of this process."""
        return notes.user_id(self._means.connection, self._means.credentials.api_user)

    @property
    def author_id(self) -> str:
        """The vendor's user in ftrack, or else that of this process."""
        return notes.user_id(self._means.connection, self._case.vendor) or self.service_id

    def accepted(
        self,
        verdict: Verdict,
        made: Numbered,
        asset: str,
        filed: Filed,
        location_id: str,
        known: Mapping[str, Any],
        save: Callable[..., None],
    ) -> str:
        """Finish what a new version needs, and tell both sides; *known* was saved by *save* before."""
        taken = verdict.version not in (None, made.number)
        remarks = [f"Version {verdict.version} had been made by somebody else meanwhile."] if taken else []
        remarks += self._log_time(verdict)
        said = self._set_status(verdict, known, save)
        if not known.get("pictured"):
            save(pictured=True)
            self._picture(made.id, filed)
        self._publish(filed, location_id)
        told = Receipt(
            *(self._key, known["at"], self._case.project, self._case.vendor, verdict, asset, made.number),
            remarks=tuple(remarks),
        )
        self._tell(verdict, told, said)
        return told.words.splitlines()[0]

    def refused(self, verdict: Verdict, at: str, rival: str) -> str:
        """Tell both sides why a delivery was put aside; *rival* is what lies in its place, for the studio alone."""
        told = Receipt(self._key, at, self._case.project, self._case.vendor, verdict)
        folder = quarantine.hold(self._case.places, self._key, self._case.unit).folder
        said = [f"It lies in {folder}."]
        said += [f"In its place there is already {rival}."] if rival else []
        words = f"{told.words}\n" + "\n".join(said)
        quarantine.give_reason(self._means.storage, self._case.places, self._key, self._case.unit, words)
        self._tell(verdict, told, said)
        return told.words.splitlines()[0]

    def tell_project(self, words: str) -> None:
        """Leave a note on the project."""
        self._note("project", "", words)

    # What ftrack shows

    def _set_status(self, verdict: Verdict, known: Mapping[str, Any], save: Callable[..., None]) -> list[str]:
        """Give the task its status, once: somebody may have changed it again; return what the studio has to know."""
        name = self._means.rules.status_in
        if not name or known.get("status_set"):
            return []
        left = notes.set_task_status(self._means.connection, [verdict.task_id], name)
        save(status_set=True)
        return [f"The task may not have the status {name}, and keeps its own."] if left else []

    def _log_time(self, verdict: Verdict) -> list[str]:
        """Have the vendor's time counted; ftrack may not let that be done for others."""
        unit = self._case.unit
        if not unit.seconds:
            return []
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
        began = (now - datetime.timedelta(seconds=unit.seconds)).isoformat()
        try:
            versions = Versions(self._means.connection)
            versions.log_time(self._key, self.author_id, verdict.task_id, unit.seconds, began, printable(unit.name))
        except errors.RegistrationRefused as error:
            logger.warning("The time spent on %s is not counted. %s", unit.name, error)
            return ["The time that was spent could not be entered in ftrack."]
        return []

    def _picture(self, version_id: str, filed: Filed) -> None:
        found = _picture(filed)
        if found is not None and found[0].size_bytes <= _MOST_BYTES:
            step, movie = found
            path = self._means.storage.root.joinpath(*step.target.split("/"))
            media.show(self._means.credentials, version_id, str(path), movie=movie)

    def _publish(self, filed: Filed, location_id: str) -> None:
        """Tell pipelines what has arrived where; nothing waits for that, and nothing fails with it."""
        notices = Notices(self._means.credentials)
        for each in filed.components:
            notices.component_added(component_id(self._key, each.name), location_id)
        notices.close()

    # Who hears of it

    def _tell(self, verdict: Verdict, told: Receipt, said: Sequence[str]) -> None:
        """Leave the note first: ftrack was there a moment ago, and accsyn may not be."""
        unit = self._case.unit
        # Each line of theirs is marked: nothing that they write can pose as what the studio says.
        theirs = [
            f"They {verb}: {text}".replace("\n", "\n| ")
            for verb, text in (("say", unit.comment), ("call it", unit.status))
            if text
        ]
        self._note("receipt", verdict.task_id, "\n".join((told.words, *said, *theirs)))
        untold = receipt.hand_over(self._means, told)
        if untold:
            self._note("untold", verdict.task_id, f"{printable(self._case.unit.name)}: {untold}")

    def _note(self, what: str, task_id: str, words: str) -> None:
        place = ("Task", task_id) if task_id else ("Project", self._case.project_id)
        text = words.encode("utf-8", "backslashreplace").decode()
        notes.write(self._means.connection, f"{self._key} {what}", Note(*place, self.service_id, text))


def _picture(filed: Filed) -> Optional[tuple[Step, bool]]:
    """Return the file that shows a delivery best, and whether it is a movie; of frames that in the middle."""
    ways = iter(filed.steps)
    by_component = [(each, [next(ways) for _ in each.members or (each,)]) for each in filed.components]
    for types, movie in ((media.MOVIES, True), (media.IMAGES, False)):
        for each, steps in by_component:
            if each.shape is not Shape.FOLDER and posixpath.splitext(steps[0].target)[1].lower() in types:
                return steps[len(steps) // 2], movie
    return None
