"""What a task means on disk: which files go where (accsyn fact sheet, section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ftrack_accsyn_sandbox.accsyn.entities import Endpoint, Share, Site, Task
from ftrack_accsyn_sandbox.accsyn.errors import TransferFailure
from ftrack_accsyn_sandbox.accsyn.parties import SEQUENCE
from ftrack_accsyn_sandbox.accsyn.unsent import is_never_sent
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

# The parties whose disks are not those of the servers.
_OF_USERS = ("client", "user")


@dataclass(frozen=True)
class Item:
    """One file to copy. *relative* is its path as the task spells it, with forward slashes; *size* in bytes."""

    source: Path
    target: Path
    relative: str
    size: int


@dataclass(frozen=True)
class Plan:
    """The files and the folders of a task, and the two paths that the API shows when it has run.

    What accsyn never sends is not among them, and nobody is told.
    """

    source: Path
    target: Path
    items: list[Item] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    @property
    def size(self) -> int:
        """All bytes of all files."""
        return sum(item.size for item in self.items)

    def add(self, source: Path, target: Path, relative: str) -> None:
        """Add a file, unless accsyn never sends it."""
        if not is_never_sent(relative):
            self.items.append(Item(source, target, relative, source.stat().st_size))


def make_plan(workspace: Workspace, task: Task, *, ignore_missing: bool = False) -> Plan:
    """Return what *task* copies. Raises TransferFailure when its source, or a frame of it, is missing.

    A slash at the end of the source names a folder, so a file is not found by it. Whether a sequence with a missing
    member still counts as done is not known; here it fails. *ignore_missing* is the setting `job_on_missing`: a missing
    source counts as done.
    """
    if task.source.null:
        return Plan(Path("null"), Path("null"))
    source, target = _place(workspace, task.source), _place(workspace, task.destination)
    match = SEQUENCE.match(source.as_posix()) if workspace.sequences and not task.source.into else None
    if match is not None:
        return _sequence(match, source, target, task, ignore_missing=ignore_missing or workspace.holes)
    plan = Plan(source, target)
    if source.is_dir():
        _add_folder(plan, task.source.path or source.name)
        if task.source.party.kind in _OF_USERS:
            _check_links(workspace, plan)
    elif source.is_file() and not task.source.into:
        plan.add(source, target, task.source.path or source.name)
    elif not ignore_missing:
        raise TransferFailure(f"Source file not found: {source} (E#J001)")
    return plan


def _place(workspace: Workspace, endpoint: Endpoint) -> Path:
    """Return the local path of an endpoint. Raises TransferFailure when there is no such place on its machine."""
    path = workspace.path(endpoint)
    if path is None:
        raise TransferFailure("The share has no local folder on the client (E#J001)")
    if endpoint.absolute is not None and _is_at_a_site(workspace, path):
        raise TransferFailure(f"There is no such place on the client: {path} (E#J001)")
    return path


def _check_links(workspace: Workspace, plan: Plan) -> None:
    """Raise TransferFailure for a link that leads from a user's machine to the disks of a site."""
    for item in plan.items:
        if item.source.is_symlink() and _is_at_a_site(workspace, item.source):
            raise TransferFailure(f"There is no such place on the client: {item.source} (E#J001)")


def _is_at_a_site(workspace: Workspace, path: Path) -> bool:
    """Return whether *path* lies on the disks of a site, which the machines of users do not have.

    Here all are folders of one machine, where a user could name what only the servers see.
    """
    real = path.resolve()
    folders = [folder.resolve() for site in workspace.each(Site) for folder in site.folders.values()]
    return any(folder == real or folder in real.parents for folder in folders)


def _add_folder(plan: Plan, relative: str) -> None:
    for entry in sorted(plan.source.rglob("*")):
        inside = entry.relative_to(plan.source)
        path = f"{relative}/{inside.as_posix()}"
        if entry.is_file():
            plan.add(entry, plan.target / inside, path)
        elif entry.is_dir() and not is_never_sent(path):
            plan.folders.append(plan.target / inside)


def _sequence(match: re.Match[str], source: Path, target: Path, task: Task, *, ignore_missing: bool) -> Plan:
    head, marks, tail, first, last = match.groups()
    digits = re.sub(r"\D", "", marks)
    width = len(marks) if marks.startswith("#") else int(digits or 0)
    plan = Plan(source, target)
    names = _all_members(head, width, tail) if first is None else _range(head, width, tail, int(first), int(last))
    parent = (task.source.path or source.as_posix()).rpartition("/")[0]
    found = 0
    for member in names:
        if member.is_file():
            found += 1
            plan.add(member, target.with_name(member.name), f"{parent}/{member.name}")
        elif not ignore_missing:
            raise TransferFailure(f"A member of the sequence is missing: {member} (W#J069)")
    if not found and not ignore_missing:
        raise TransferFailure(f"Source file not found: {source} (E#J001)")
    return plan


def _range(head: str, width: int, tail: str, first: int, last: int) -> Iterator[Path]:
    for number in range(first, last + 1):
        yield Path(f"{head}{number:0{width}d}{tail}")


def _all_members(head: str, width: int, tail: str) -> list[Path]:
    start = Path(f"{head}0{tail}")
    prefix = head.rpartition("/")[2]
    pattern = re.compile(rf"{re.escape(prefix)}(\d{{{width or 1},}}){re.escape(tail)}")
    if not start.parent.is_dir():
        return []
    return sorted(entry for entry in start.parent.iterdir() if pattern.fullmatch(entry.name))


def check_space(workspace: Workspace, task: Task, plan: Plan) -> None:
    """Raise TransferFailure when *plan* needs more than a volume at head quarters has left, where that was set.

    Each task is measured by itself: what others have written does not count.
    """
    share = workspace.entities.get(task.destination.share_id or "")
    volume = workspace.entities.get(share.volume_id) if isinstance(share, Share) else None
    if not isinstance(volume, Share) or volume.free_bytes is None or task.destination.party.kind != "workspace":
        return
    needed = sum(item.size for item in plan.items if not is_same(item))
    if needed > volume.free_bytes:
        raise TransferFailure(
            f"The volume {volume.code} is full: {needed} B to write, {volume.free_bytes} B free (E#J057)"
        )


def check_kinds(plan: Plan) -> None:
    """Raise TransferFailure when a file stands where *plan* needs a folder, or a folder where it needs a file.

    Which of accsyn's two codes is which is not known.
    """
    for item in plan.items:
        if item.target.is_dir():
            raise TransferFailure(f"A folder is in the place of the file {item.target} (E#J055)")
    for folder in plan.folders:
        if folder.is_file():
            raise TransferFailure(f"A file is in the place of the folder {folder} (E#J058)")


def is_same(item: Item) -> Optional[bool]:
    """Return whether the target is there with the same size and time (nothing to send); None when it is not there."""
    try:
        there, here = item.target.stat(), item.source.stat()
    except OSError:
        return None
    return there.st_size == here.st_size and int(there.st_mtime) == int(here.st_mtime)
