"""The files and the job of a probe: made, written down before that, and cleared away, by a later probe if need be."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor import machine
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.accsyn import Job
from ftrack_accsyn_accessor.model.proof import path_of
from ftrack_accsyn_accessor.model.tasks import spelt
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import PREFIX, Left
from ftrack_accsyn_accessor.workspace import Workspace

#: The one file that has not the probe's name in its own, but in its folder's.
_INNER = "inner.txt"
_STRANGER = "it holds what the probe has not made, such as {}"


class Trial:
    """The folder of one probe in the staging area, with small files of different sizes; `name` is that of all of it.

    `noted` tells whether anything may be left; `sent` whether accsyn may have any of it, `doubtful` whether it may be
    making a job that nobody has seen.
    """

    def __init__(self, root: str, volume: str, workspace: str) -> None:
        self.name = f"{PREFIX}{secrets.token_hex(4)}"
        self.folder = Path(root) / self.name
        place = f"share={volume}/{self.name}"
        self.left = Left(workspace, str(self.folder), place, probed.job_name(self.name), here())
        self.noted = self.sent = self.doubtful = False

    def make(self) -> None:
        """Make the files. Raises OSError."""
        probed.note_left(self.left)
        self.noted = True
        try:
            self.folder.mkdir()
        except FileExistsError:  # somebody else's, who must not be told that a probe has left it
            probed.forget_left(self.left)
            self.noted = False
            raise
        self.write("plain.txt", 11)
        self.write(f"folder/{_INNER}", 12)
        for frame in (1, 2, 3):
            self.write(f"f.{frame:04d}.txt", 20 + frame)
            self.write(f"b b.{frame:04d}.txt", 30 + frame)
            self.write(f"k[k.{frame:04d}.txt", 40 + frame)
        for frame in (1, 3):
            self.write(f"h.{frame:04d}.txt", 50 + frame)

    def write(self, name: str, size_bytes: int) -> None:
        """Write a file of that size. Raises OSError."""
        path = self.folder / self.part(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * size_bytes)

    def path(self, name: str) -> str:
        """Return the path of a file of the probe in the volume."""
        return f"{self.name}/{self.part(name)}"

    def part(self, name: str) -> str:
        """Return the path of a file in the probe's folder: its name tells wherever it may land whose it is."""
        return f"{self.name}-{name}"


def here() -> str:
    """Return what stands for this machine in a note: home folders may be those of several."""
    return machine.identity() or machine.hostname()


def earlier(workspace: str) -> list[Left]:
    """Return what probes of this machine have left in *workspace*."""
    mine = [entry for entry in probed.left() if entry.machine in ("", here())]
    return [entry for entry in mine if entry.workspace.casefold() == workspace.casefold()]


def clear(workspace: Workspace, entry: Left, doubtful: bool = False, sent: bool = True) -> list[str]:
    """Clear away what a probe has made; return what could not be, each with the reason. Nothing of it is raised.

    With *doubtful* accsyn may be making its job just now: the note stays until it is known. Where nothing was *sent*
    there is nothing in accsyn, which may have refused the job because it does not know the volume.
    """
    if not sent:
        wrong = [_tried(f"the folder {entry.folder}", partial(_remove_folder, entry.folder))]
        return _forgotten(entry, wrong)
    named = f'the job "{entry.job}"'
    jobs: list[Job] = []
    wrong = [_tried(named, lambda: jobs.extend(workspace.probes_jobs(entry.job)))]
    if doubtful and not jobs and not wrong[0]:
        wrong.append(f"{named}: accsyn has not said whether it has made it")
    elsewhere = [place for job in jobs for place in _strays(workspace, entry, job)]
    wrong.append(_tried(entry.place.partition("/")[0], lambda: elsewhere.extend(at_root(workspace, entry))))
    wrong += [_tried(named, partial(_remove_job, workspace, job)) for job in jobs]
    wrong.append(_tried(f"the folder {entry.folder}", partial(_remove_folder, entry.folder)))
    wrong.append(_tried(entry.place, partial(_remove_files, workspace, entry.place)))
    wrong += [_tried(place, partial(_remove_stray, workspace, place)) for place in dict.fromkeys(elsewhere)]
    return _forgotten(entry, wrong)


def _forgotten(entry: Left, wrong: list[str]) -> list[str]:
    """Forget *entry* where nothing went *wrong*; return what did."""
    if not any(wrong):
        wrong = [_tried("the note of it", partial(probed.forget_left, entry))]
    return [each for each in wrong if each]


def _tried(what: str, step: Callable[[], object]) -> str:
    try:
        step()
    except errors.AccsynAccessorError as error:
        return f"{what}: {error.outcome}"
    except OSError as error:
        return f"{what}: {error.strerror or error}"
    return ""


def _is_own(name: str, path: str) -> bool:
    """Whether the probe called *name* has made what lies at *path* in one of its places, or accsyn on its behalf."""
    above, _, base = path.replace(os.sep, "/").rpartition("/")
    return name in base or (base == _INNER and f"{name}-" in above.rpartition("/")[2])


def _remove_folder(folder: str) -> None:
    """Remove the probe's files and folders in *folder*, and it; raise OSError where more is in it than those."""
    above, name = os.path.split(folder)
    if not os.path.isdir(above):
        raise OSError("its disk is not there")
    if os.path.islink(folder):
        raise OSError("it is a link, which the probe has not made")
    for inner, _, files in os.walk(folder, topdown=False):
        for each in files:
            path = os.path.join(inner, each)
            if _is_own(name, os.path.relpath(path, folder)):
                os.remove(path)
        if _is_own(name, inner):
            with contextlib.suppress(OSError):  # what is still in it is told below
                os.rmdir(inner)
    if os.path.isdir(folder):
        left = [os.path.join(inner, each) for inner, folders, files in os.walk(folder) for each in (*files, *folders)]
        strangers = [path for path in (os.path.relpath(each, folder) for each in left) if not _is_own(name, path)]
        if strangers:
            raise OSError(_STRANGER.format(min(strangers).replace(os.sep, "/")))
        os.rmdir(folder)  # says why it is still there


def _remove_job(workspace: Workspace, job: Job) -> None:
    if not job.finished:
        workspace.set_job_status(job.id, "aborted")
    workspace.remove_job(job.id)


def _strays(workspace: Workspace, entry: Left, job: Job) -> Iterator[str]:
    """Yield where tasks of *job* have landed that is not in the probe's own folder, by what they tell."""
    share, _, name = entry.place.partition("/")
    try:
        tasks = workspace.tasks(job.id)
    except errors.WorkspaceError:
        return
    for task in tasks:
        there = spelt(str(task.destination.get("path") or ""))
        mine = there.rpartition("/")[2].startswith(name) and not there.startswith(f"{name}/")
        if there and mine and there != path_of(task):
            yield f"{share}/{there}"


def at_root(workspace: Workspace, entry: Left) -> list[str]:
    """Return what lies beside the probe's own folder, in the volume's root: there accsyn may have put it untold."""
    share, _, name = entry.place.partition("/")
    try:
        return [f"{share}/{each.path}" for each in workspace.folder(share) if each.path.startswith(f"{name}-")]
    except errors.Refused:
        return []


def _remove_stray(workspace: Workspace, place: str) -> None:
    """Remove a single file, or what a folder has landed as."""
    try:
        workspace.remove_files(place)
    except errors.Refused:
        _remove_files(workspace, place)


def _remove_files(workspace: Workspace, place: str) -> None:
    """Remove the probe's files where they are; that they are not there is no failure."""
    above, _, base = place.rpartition("/")
    try:
        inside = workspace.folder(place, depth=4)
    except errors.Refused:
        found = [entry for entry in workspace.folder(above) if entry.path == base]
        if found and found[0].is_folder:
            raise  # nobody knows what is in it
        if found:
            workspace.remove_files(place)
        return
    name = probed.NAMED.search(place)
    strangers = [each.path for each in inside if name is None or not _is_own(name[0], each.path)]
    if not strangers:
        workspace.remove_files(place, whole=True)
        return
    for each in reversed(inside):  # what is in a folder comes behind it
        if each.path not in strangers:
            with contextlib.suppress(*([errors.Refused] if each.is_folder else [])):
                workspace.remove_files(f"{place}/{each.path}")
    raise errors.Unresolved("remove the probe's files", place, _STRANGER.format(min(strangers)))
