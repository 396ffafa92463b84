"""The files and the job of a probe: made, written down before that, and cleared away, by a later probe if need be."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.accsyn import Job
from ftrack_accsyn_accessor.model.proof import path_of
from ftrack_accsyn_accessor.model.tasks import spelt
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import Left
from ftrack_accsyn_accessor.workspace import Workspace

#: What the folder, and everything in it, begins with; no folder of the plugin's own has such a name.
PREFIX = "ftrack-accsyn-probe-"


class Trial:
    """The folder of one probe in the staging area, with small files of different sizes; `name` is that of all of it."""

    def __init__(self, root: str, volume: str, workspace: str) -> None:
        self.name = f"{PREFIX}{secrets.token_hex(4)}"
        self.folder = Path(root) / self.name
        self.left = Left(workspace, str(self.folder), f"share={volume}/{self.name}", f"ftrack-accsyn probe {self.name}")

    def make(self) -> None:
        """Make the files. Raises OSError."""
        probed.note_left(self.left)
        self.folder.mkdir()
        self.write("plain.txt", 11)
        self.write("folder/inner.txt", 12)
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


def clear(workspace: Workspace, entry: Left) -> list[str]:
    """Clear away what a probe has made; return what could not be, each with the reason. Nothing of it is raised."""
    named = f'the job "{entry.job}"'
    wrong = [_tried(f"the folder {entry.folder}", partial(_remove_folder, entry.folder))]
    jobs: list[Job] = []
    wrong.append(_tried(named, lambda: jobs.extend(_jobs(workspace, entry.job))))
    elsewhere = [place for job in jobs for place in _strays(workspace, entry, job)]
    wrong += [_tried(named, partial(_remove_job, workspace, job)) for job in jobs]
    places = dict.fromkeys([entry.place, *elsewhere])
    wrong += [_tried(place, partial(_remove_files, workspace, place)) for place in places]
    if not any(wrong):
        wrong.append(_tried("the note of it", partial(probed.forget_left, entry)))
    return [each for each in wrong if each]


def _tried(what: str, step: Callable[[], object]) -> str:
    try:
        step()
    except errors.AccsynAccessorError as error:
        return f"{what}: {error.outcome}"
    except OSError as error:
        return f"{what}: {error.strerror or error}"
    return ""


def _remove_folder(folder: str) -> None:
    if os.path.basename(folder).startswith(PREFIX) and os.path.isdir(folder):
        shutil.rmtree(folder)


def _jobs(workspace: Workspace, name: str) -> Iterator[Job]:
    """Yield the jobs called *name*, however accsyn finds them."""
    found: dict[str, Job] = {}
    for finished in (False, True):
        jobs = workspace.asked_by_name(name, finished) or workspace.all_jobs(finished)
        found.update({job.id: job for job in jobs if job.name == name and job.id})
    yield from found.values()


def _remove_job(workspace: Workspace, job: Job) -> None:
    if not job.finished:
        workspace.set_job_status(job.id, "aborted")
    workspace.remove_job(job.id)


def _strays(workspace: Workspace, entry: Left, job: Job) -> Iterator[str]:
    """Yield where tasks of *job* have landed that is not in the probe's own folder."""
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


def _remove_files(workspace: Workspace, place: str) -> None:
    """Remove them where they are; that they are not there is no failure."""
    above, _, name = place.rpartition("/")
    try:
        workspace.remove_files(place)
    except errors.Refused:
        there = {entry.path for entry in workspace.folder(above)}
        if name in there:
            raise
