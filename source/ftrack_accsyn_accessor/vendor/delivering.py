"""The vendor's side: what is to be delivered is found, checked by its manifest, and given a place to go. Reads only.

Needs neither ftrack nor a staging area. What the studio makes of a delivery in the end is decided there, by the same
rules: what is told here spares an upload that would be refused.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import checking, errors, foreign, manifest
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Manifest
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Problem, Severity, Verdict
from ftrack_accsyn_accessor.model.tasks import never_sent
from ftrack_accsyn_accessor.model.upload import OwnFolder
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor.storage import Storage

#: How far above what is delivered its manifest is looked for.
_HIGHEST = 4
_UNCHECKED = (
    "No manifest was found: whether this is what the studio expects, its name, version, frames and types, cannot be "
    "checked here. Name the manifest of the package with --manifest."
)


@dataclasses.dataclass(frozen=True)
class Unit:
    """A folder or file on this machine that is to become a version. `path` is its full path.

    `found` is what lies below a folder, or the file alone, as it was when it was checked. `by` is the file of the
    manifest that it was checked by, None for none.
    """

    path: Path
    verdict: Verdict
    found: tuple[Found, ...] = ()
    by: Optional[Path] = None
    manifest: Optional[Manifest] = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.name

    @property
    def is_file(self) -> bool:
        """Whether it is a single file."""
        return [each.path for each in self.files] == [self.name] and self.found == self.files

    @property
    def files(self) -> tuple[Found, ...]:
        """The files that are sent."""
        return tuple(each for each in self.found if each.kind is FoundKind.FILE)

    @property
    def size_bytes(self) -> int:
        """The bytes of all files."""
        return sum(each.size_bytes for each in self.files)

    @property
    def goes(self) -> bool:
        """Whether nothing is wrong with it, as far as that can be checked."""
        return not any(each.severity is Severity.WRONG for each in self.verdict.problems)


class Address(NamedTuple):
    """Where a unit goes: the code of a folder share, or why there is none."""

    share: str = ""
    cause: str = ""


def look(path: Path, named: Optional[Path] = None, without: bool = False) -> Unit:
    """Return what is found of the folder or file *path*, and what is wrong with it.

    *named* is its manifest, or the folder of one; otherwise the nearest above it counts, *without* none. Raise
    `errors.ManifestError` where the manifest cannot be read, `errors.Unresolved` where nothing lies at *path*.
    """
    path = Path(os.path.abspath(path))  # nothing is resolved: a link is to be seen as one
    if not path.name or not os.path.lexists(path):
        raise errors.Unresolved("deliver", str(path), "there is no such folder or file", "Correct the path.")
    by = None if without else _manifest_file(named) if named is not None else _nearest(path)
    known = _read(by) if by is not None else None
    try:
        found = read_disk(path)
    except errors.StorageError as error:
        return Unit(path, Verdict(path.name, problems=(Problem("storage", str(error)),)), (), by, known)
    verdict = _verdict(path.name, found, known)
    return Unit(path, verdict, tuple(found), by, known)


def read_disk(path: Path) -> list[Found]:
    """Return what lies below the folder *path*, or the file itself; what accsyn never sends is left out.

    Raise `errors.StorageError` where it cannot be read, or is not there any more.
    """
    rules, storage = VendorRules(), Storage(path.parent)
    there = storage.find(path.name)
    if there is None:
        raise errors.StorageError("read", str(path), "it is not there any more")
    if there.kind is not FoundKind.FOLDER:
        return [there]
    found = storage.walk(path.name, rules.most_files, rules.most_depth)
    return [each for each in found if not never_sent(each.path)]


def _verdict(name: str, found: Sequence[Found], known: Optional[Manifest]) -> Verdict:
    if known is not None:
        verdict = checking.check(name, found, known.deliverables, VendorRules(), {})
    else:
        verdict = Verdict(
            name, problems=(Problem("unchecked", _UNCHECKED, Severity.REMARK), *_plainly_wrong(name, found))
        )
    ours = [each for each in found if each.path.casefold() == DELIVERY_NOTE]
    if not ours:
        return verdict
    text = f"{DELIVERY_NOTE} is written anew with each delivery: remove it."
    return dataclasses.replace(verdict, problems=(*verdict.problems, Problem("note", text, path=DELIVERY_NOTE)))


def _plainly_wrong(name: str, found: Sequence[Found]) -> list[Problem]:
    """Return what is wrong with any delivery, whatever is expected."""
    told = [
        Problem("name", f"{foreign.shown(name)} is no name for it: {why}.")
        for why in (foreign.why_no_name(name),)
        if why
    ]
    for each in found:
        why = foreign.why_no_path(each.path)
        if why:
            told.append(Problem("name", f"{foreign.shown(each.path)} cannot be sent: {why}.", path=each.path))
        elif each.kind in (FoundKind.LINK, FoundKind.OTHER):
            text = f"{each.path} is no file and no folder: put the file itself there."
            told.append(Problem("kind", text, path=each.path))
        elif each.kind is FoundKind.FILE and not each.size_bytes:
            told.append(Problem("empty", f"{each.path} is empty.", path=each.path))
    same = foreign.clash([each.path for each in found if each.kind is FoundKind.FILE])
    told += [Problem("name", f"{same}.")] if same else []
    nothing = not any(each.kind is FoundKind.FILE for each in found)
    return told or ([Problem("nothing", "There is no file in it.")] if nothing else [])


def what_text(unit: Unit) -> str:
    """Return what *unit* was recognised as, in words: task and version, and the frames of its sequences."""
    verdict = unit.verdict
    tasks = dict(unit.manifest.tasks) if unit.manifest is not None else {}
    told = [tasks.get(verdict.task_id, "")] if verdict.task_id else []
    if verdict.version is not None:
        told.append(f"v{verdict.version:03d}")
    frames = [each.frames for each in verdict.parts if each.frames]
    told += [f"{found[0]}-{found[-1]}" for found in frames]
    return " ".join(filter(None, told)) or ("not checked" if unit.manifest is None else "not recognised")


# The manifest.


def _nearest(path: Path) -> Optional[Path]:
    """Return the manifest beside *path*, or in one of the folders above that."""
    for folder in list(path.parents)[:_HIGHEST]:
        candidate = folder / manifest.NAME
        if candidate.is_file():
            return candidate
    return None


def _manifest_file(named: Path) -> Path:
    return named / manifest.NAME if named.is_dir() else named


def _read(path: Path) -> Manifest:
    remedy = f"Name the package's {manifest.NAME} with --manifest, or deliver without one with --no-manifest."
    try:
        return manifest.read(Storage(path.parent).read(path.name, manifest.MOST_BYTES))
    except (errors.ManifestError, errors.StorageError) as error:
        raise errors.ManifestError("read the manifest", str(path), error.outcome, remedy) from None


# Where to.


def address(unit: Unit, folders: Sequence[OwnFolder], wanted: str = "") -> Address:
    """Return where *unit* goes: the share *wanted*, else the one that its manifest names, else the only one there is.

    *folders* are those that the vendor sees.
    """
    named = wanted or (unit.manifest.from_share if unit.manifest is not None else "")
    open_ones = [each for each in folders if each.writable is not False]
    listed = ", ".join(each.code for each in open_ones) or "none"
    if named:
        found = next((each for each in folders if each.code.casefold() == named.casefold()), None)
        if found is None:
            return Address(cause=f"The folder {named} is not shared with you in accsyn. Shared are: {listed}.")
        if found.writable is False:
            text = f"You may read the folder {named}, but not upload to it: the studio has closed it, or not opened it."
            return Address(cause=f"{text} Ask the studio.")
        return _enabled(found)
    if not open_ones:
        return Address(cause="No folder is shared with you in accsyn that you may upload to. Ask the studio.")
    if len(open_ones) > 1:
        return Address(cause=f"More than one folder is shared with you: name one of them with --to: {listed}.")
    return _enabled(open_ones[0])


def _enabled(folder: OwnFolder) -> Address:
    if folder.enabled:
        return Address(folder.code)
    return Address(cause=f"The folder {folder.code} is switched off in accsyn. Ask the studio.")
