"""Whose a delivered unit is: nobody's word is taken for it but accsyn's, ftrack's and that of our own records."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.ftrack.connection import quoted_batches
from ftrack_accsyn_accessor.ftrack.task_states import task_states
from ftrack_accsyn_accessor.ftrack.versions import Named, Versions
from ftrack_accsyn_accessor.model import closing, errors, foreign, manifest
from ftrack_accsyn_accessor.model.access import STANDARD
from ftrack_accsyn_accessor.model.delivered import PUBLISH, Unit
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.manifest import Deliverable, Manifest
from ftrack_accsyn_accessor.model.submission import FoundKind
from ftrack_accsyn_accessor.model.vendors import Places, lowered, places
from ftrack_accsyn_accessor.vendor.means import Means

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Case:
    """A unit with who has delivered it (e-mail address), in which project, and what they were handed out there."""

    unit: Unit
    vendor: str
    project: str
    project_id: str
    places: Places
    handouts: tuple[HandOut, ...]

    @property
    def known(self) -> dict[str, str]:
        """By what it is recognised again, whatever happens to the records of what was handed out."""
        return {"vendor": self.vendor, "project": self.project, "project_id": self.project_id}


def recognise(means: Means, unit: Unit, before: Optional[Mapping[str, str]] = None) -> Optional[Case]:
    """Return whose *unit* is; None where its sender was handed out nothing in the project whose folder it is in.

    *before* is how it was recognised when it was taken in, `Case.known`. Three requests. Raise
    `errors.RegistrationError` and `errors.WorkspaceError`.
    """
    known = outsourced.read(means.connection)
    if before is not None:
        told = before["vendor"], before["project"]
        handouts = tuple(each for each in known if (each.vendor, each.project) == told)
        return Case(
            unit, *told, before["project_id"], places(means.rules, before["project"], before["vendor"]), handouts
        )
    vendor = address(means, unit.vendor_id)
    mine = [each for each in known if each.vendor == vendor]
    for project in sorted({each.project for each in mine}):
        ours = places(means.rules, project, vendor)
        if _is_below(unit, ours):
            handouts = tuple(each for each in mine if each.project == project)
            return Case(unit, vendor, project, handouts[0].project_id, ours, handouts)
    return None


def manifests(means: Means, case: Case) -> dict[str, Manifest]:
    """Return our own manifests of the packages that were handed out, by the id of the task that each is the latest of.

    What is not there, or not ours, is left out and logged. Raise `errors.StorageError` where the volume is not there.
    """
    if means.storage.find(case.places.to_folder) is None:
        outcome = "the vendor's folder is not there"
        raise errors.StorageError("read what was handed out", case.places.to_folder, outcome, "Is the volume mounted?")
    found: dict[str, Manifest] = {}
    read: dict[str, Optional[Manifest]] = {}
    for each in case.handouts:
        if each.folder not in read:
            read[each.folder] = _manifest(means, case, each)
        mine = read[each.folder]
        if mine is not None:
            found[each.task_id] = mine
    return found


def _manifest(means: Means, case: Case, handout: HandOut) -> Optional[Manifest]:
    path = f"{handout.folder}/{manifest.NAME}"
    if foreign.why_no_path(path) or not path.startswith(f"{case.places.to_folder}/"):
        logger.warning("The package %s lies in no folder that %s only reads: %s.", handout.package, case.vendor, path)
        return None
    lies = means.storage.find(path)
    if lies is None or lies.kind is not FoundKind.FILE:
        logger.warning("The manifest of the package %s is not there: %s.", handout.package, path)
        return None
    try:
        read = manifest.read(means.storage.read(path, manifest.MOST_BYTES))
    except errors.ManifestError as error:
        logger.warning("%s", error)
        return None
    told = (read.package, read.project_id, read.vendor)
    if told != (handout.package, case.project_id, case.vendor):
        logger.warning("The manifest %s is not that of the package %s.", path, handout.package)
        return None
    return read


def address(means: Means, user_id: str) -> str:
    """Return the address of the standard user with this id, also of one who was disabled since; empty for nobody."""
    mine = (each for each in means.workspace.people() if each.id == user_id and each.role == STANDARD)
    return next((lowered(each.email) for each in mine), "")


def _is_below(unit: Unit, ours: Places) -> bool:
    if unit.origin == PUBLISH:
        above, _, last = unit.folder.rpartition("/")
        return above == ours.publish_folder and bool(last)
    return unit.folder == ours.from_folder


def closed(means: Means, handouts: Iterable[HandOut], task_ids: Sequence[str]) -> frozenset[str]:
    """Return which of these tasks are over for who was handed them out: as ftrack has it now, or as it was kept before.

    Access ends some time after the task, and what was delivered lies there until then.
    """
    states = task_states(means.connection, task_ids)
    mine = (each for each in handouts if each.task_id in task_ids)
    return frozenset(
        each.task_id for each in mine if each.closed_at or closing.over(each, states.get(each.task_id), means.rules)
    )


def task_rows(means: Means, task_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what ftrack has of tasks by their ids: name, parent, and the names from the project on (`link`).

    One query for each 500.
    """
    rows: list[dict[str, Any]] = []
    for batch in quoted_batches(sorted(set(task_ids))):
        query = f"select id, name, parent_id, project_id, link from Task where id in ({batch}) order by id"  # noqa: S608
        rows += means.connection.rows(query)[0]
    return {row["id"]: row for row in rows}


def taken(means: Means, deliverables: Sequence[Deliverable]) -> dict[str, frozenset[int]]:
    """Return the numbers of the versions that there are of what is expected of each task.

    Three queries for each 500. Tasks that are not there are left out.
    """
    rows, versions = task_rows(means, (each.task_id for each in deliverables)), Versions(means.connection)
    wanted = [
        (each.task_id, Named(rows[each.task_id]["parent_id"], each.asset_name, each.asset_id))
        for each in deliverables
        if each.task_id in rows
    ]
    assets = versions.assets(named for _, named in wanted)
    numbers = versions.numbers(each.id for each in assets.values())
    found: dict[str, frozenset[int]] = {}
    for task_id, named in wanted:
        found[task_id] = found.get(task_id, frozenset()) | numbers[assets[named].id]
    return found
