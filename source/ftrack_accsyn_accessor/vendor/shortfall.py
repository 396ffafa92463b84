"""Tells both sides, once, what of a vendor's upload has not arrived."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_accsyn_accessor.ftrack import notes
from ftrack_accsyn_accessor.ftrack.notes import Note
from ftrack_accsyn_accessor.model import delivered, expected
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.vendor import case as cases
from ftrack_accsyn_accessor.vendor import receipt
from ftrack_accsyn_accessor.vendor.case import Case
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import Entry

_MOST_NAMED = 20


def tell(means: Means, entry: Entry) -> None:
    """Tell of an entry, claimed: at the task that it was meant for, or else at the project, and to the vendor.

    Raise what ftrack, accsyn and the disks raise; then it is to be done again, which tells nobody twice.
    """
    unit = delivered.unit(entry.data)
    case = cases.recognise(means, unit) if unit is not None else None
    if unit is None or case is None:
        entry.finish({"words": "It is no upload of a vendor's who was handed out something there."})
        return
    many = entry.data.get("many")
    words = _many_words(many) if many else _words(unit.name, [str(each) for each in entry.data.get("missing") or ()])
    author = notes.user_id(means.connection, means.credentials.api_user)
    text = f"{words}\nIt was sent by {case.vendor}."
    for place in _places(means, case):
        notes.write(means.connection, f"missing {entry.key} {place[1]}", Note(*place, author, text))
    untold = receipt.tell_vendor(means, case.vendor, case.project, words, f"missing-{receipt.digest(entry.key)}")
    entry.finish({"words": f"Both sides were told. {untold}".rstrip()})


def _words(name: str, missing: Sequence[str]) -> str:
    shown = [printable(each) for each in missing[:_MOST_NAMED]]
    more = [f"and {len(missing) - _MOST_NAMED:,} more"] if len(missing) > _MOST_NAMED else []
    lines = "\n".join(f"- {each}" for each in [*shown, *more])
    head = f"{printable(name)}: not all of it has arrived. accsyn could not carry:"
    return f"{head}\n{lines}\nNothing is taken in until it has: retry the upload in accsyn, or send it again.\n"


def _many_words(count: int) -> str:
    return (
        f"{count:,} files and folders were uploaded side by side, and nothing of them was taken in.\n"
        "Put what belongs to one version into a folder of its own, and upload these folders, not too many at once.\n"
    )


def _places(means: Means, case: Case) -> list[tuple[str, str]]:
    """Return where in ftrack it belongs: at the task that its name is that of, or else at the project."""
    told = cases.manifests(means, case)
    deliverables: list[Deliverable] = [
        each for task_id, package in sorted(told.items()) for each in package.deliverables if each.task_id == task_id
    ]
    name = case.unit.name
    for stem in (name, name.partition(".")[0]):
        found = expected.recognised(stem, deliverables, is_folder=True).deliverable
        if found is not None:
            return [("Task", found.task_id)]
    return [("Project", case.project_id)]
