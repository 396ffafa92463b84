"""The vendor's side: what is to be delivered is found, checked by its manifest, and given a place to go. Reads only.

Needs neither ftrack nor a staging area. What the studio makes of a delivery in the end is decided there, by the same
rules: what is told here spares an upload that would be refused.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import allowed, checking, errors, foreign, manifest
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, Manifest
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Problem, Severity, Verdict
from ftrack_accsyn_accessor.model.upload import OwnFolder
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor.storage import Storage

#: How far above what is delivered its manifest is looked for.
_HIGHEST = 4
_UNCHECKED = Problem(
    "unchecked",
    "No manifest was found: whether this is what the studio expects, its name, version, frames and types, cannot be "
    "checked here. Name the manifest of the package.",
    Severity.REMARK,
)
#: What accsyn reads in a path as frames, or as something else than a name (accsyn fact sheet, section 5).
_PATTERN = re.compile(r"[#%*?\[\]{}]")
_NOTE = Problem("note", f"{DELIVERY_NOTE} is written anew with each delivery: remove it.", path=DELIVERY_NOTE)


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

    @functools.cached_property
    def is_file(self) -> bool:
        """Whether it is a single file."""
        return [each.path for each in self.files] == [self.name] and self.found == self.files

    @functools.cached_property
    def files(self) -> tuple[Found, ...]:
        """The files that are sent."""
        return tuple(each for each in self.found if each.kind is FoundKind.FILE)

    @functools.cached_property
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
        raise errors.Unresolved("deliver", printable(str(path)), "there is no such folder or file", "Correct the path.")
    by = None if without else _manifest_file(named) if named is not None else _nearest(path)
    known = _read(by) if by is not None else None
    try:
        found = _all(path)
    except errors.StorageError as error:
        return Unit(path, Verdict(path.name, problems=(Problem("storage", str(error)),)), (), by, known)
    return Unit(path, _verdict(path.name, found, known), tuple(_sent(found)), by, known)


def read_disk(path: Path) -> list[Found]:
    """Return what of the folder *path* is sent, or the file itself.

    Raise `errors.StorageError` where it cannot be read, or is not there any more.
    """
    return _sent(_all(path))


def _all(path: Path) -> list[Found]:
    rules, storage = VendorRules(), Storage(path.parent)
    there = storage.find(path.name)
    if there is None:
        raise errors.StorageError("read", printable(str(path)), "it is not there any more")
    if there.kind is not FoundKind.FOLDER:
        return [there]
    return storage.walk(path.name, rules.most_files, rules.most_depth)


def _sent(found: Sequence[Found]) -> list[Found]:
    """Return what is part of a delivery: accsyn never sends the rest, or the studio passes it over."""
    return [each for each in found if not allowed.passed_over(each)]


def _verdict(name: str, found: Sequence[Found], known: Optional[Manifest]) -> Verdict:
    verdict = checking.check(name, found, known.deliverables if known is not None else (), VendorRules(), {})
    problems = verdict.problems
    if known is None:
        told = [each for each in problems if each.rule != _UNCHECKED.rule]
        problems = (_UNCHECKED, *told)
    if any(each.path.casefold() == DELIVERY_NOTE for each in found):
        problems = (*problems, _NOTE)
    if _PATTERN.search(name):
        text = f"accsyn reads {foreign.shown(name)} as a pattern: expected is a name without #, %, *, ?, [ ] and {{ }}."
        problems = (*problems, Problem("pattern", text))
    return dataclasses.replace(verdict, problems=problems)


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
    listed = ", ".join(printable(each.code) for each in open_ones) or "none"
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
