"""The vendor's side: what was checked is sent with accsyn, and followed until accsyn has proven it.

accsyn carries it on by itself: nothing is lost when this process ends, and who delivers the same again follows the
same job. What is known of a delivery lies in the user's state folder: its note, and the digests of its files.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors, manifest, settings, upload
from ftrack_accsyn_accessor.model.accsyn import Job
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, DeliveryNote, Packed
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.submission import Found
from ftrack_accsyn_accessor.model.upload import Stage, Standing
from ftrack_accsyn_accessor.outbox.memory import state_folder
from ftrack_accsyn_accessor.vendor import publishing
from ftrack_accsyn_accessor.vendor.delivering import Unit, read_disk
from ftrack_accsyn_accessor.vendor.publishing import Offer, Said
from ftrack_accsyn_accessor.vendor.storage import Storage
from ftrack_accsyn_accessor.vendor.uploaded import Known, Uploaded
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_accessor.workspace.clients import short_name

#: How often accsyn is asked: at once, then more and more rarely.
FIRST_LOOK_S = 0.5
LONGEST_LOOK_S = 5.0
GROWTH = 1.3
#: What a task is set to "queued" from.
_STOPPED = frozenset({"failed", "onhold", "excluded"})


class Here(NamedTuple):
    """accsyn's app or user server on this machine, by its id; `alone` where a path without it can mean no other place.

    Of several machines of a user accsyn takes the one that it has heard of last; for who sees volumes it is a path in
    one of them.
    """

    id: str
    online: bool
    alone: bool = True


class Sent(NamedTuple):
    """What accsyn has: the job, the full paths that it carries, and the files as they were when they were read.

    `before` tells that it was delivered earlier.
    """

    unit: Unit
    share: str
    job: str
    paths: tuple[str, ...]
    files: tuple[Found, ...]
    before: bool = False


#: Told how many bytes of how many were read.
Reading = Callable[[int, int], None]


class Uploading:
    """One vendor in one workspace. For one thread; every method may raise an `errors.AccsynAccessorError`."""

    def __init__(self, current: Settings, state: Optional[Path] = None) -> None:
        self._settings = current
        self._state = state
        self._workspace: Optional[Workspace] = None

    @classmethod
    def here(cls) -> Uploading:
        """Return one for who the environment of this process says; raise `errors.SettingsError` where it lacks any."""
        current = settings.outside(environment.read_settings())
        if current.problems:
            raise errors.SettingsError("use accsyn", "", settings.describe(current.problems))
        return cls(current, state_folder())

    @property
    def workspace(self) -> Workspace:
        """The way to accsyn."""
        if self._workspace is None:
            self._workspace = endpoint.connect(self._settings)
        return self._workspace

    @property
    def who(self) -> str:
        """Whose account it is, in which workspace."""
        return f"{self._settings.api_user} at {self._settings.workspace}"

    def close(self) -> None:
        """Close what was opened."""
        if self._workspace is not None:
            self._workspace.close()

    def this_machine(self) -> Here:
        """Return this machine's client in accsyn, two requests or more; raise `errors.NotReady` where there is none."""
        client = endpoint.find_client(self.workspace, self._settings)
        mine = [each for each in self.workspace.clients() or () if each.user_id == client.user_id]
        elsewhere = any(short_name(each.code) != short_name(client.code) for each in mine)
        return Here(client.id, client.online, not elsewhere and self.workspace.role() == "standard")

    # Sending.

    def send(
        self, unit: Unit, share: str, here: Here, reading: Reading = lambda done, size: None, anew: bool = False
    ) -> Sent:
        """Give *unit* to accsyn, unless it has it already; return what it has.

        What failed of an earlier upload of the same content is queued again. An upload of another content of it that
        is not finished is aborted: what is sent now takes its place. *anew*: also what was delivered before.
        """
        remembered = self._remembered(unit, share)
        with remembered.alone(unit.name):
            known = remembered.read()
            found = self._read(unit, known, reading)
            text = manifest.note_text(_note(unit, found))
            content = upload.digest(text)
            note = remembered.keep_note(content, text)
            sources = [(str(unit.path), unit.name)]
            if not unit.is_file:
                sources.append((str(note), f"{unit.name}/{DELIVERY_NOTE}"))
            paths = tuple(path for path, _ in sources)
            name = upload.job_name(unit.name, share, content)
            jobs = self._jobs(name, paths)
            job = _latest(jobs, anew)
            before = job is not None and job.status == "done"
            if job is None:
                self._withdraw(known.job, name)
                job = self._create(
                    name, upload.payload(name, "" if here.alone else here.id, share, sources), paths, jobs
                )
            else:
                self._resume(job)
            remembered.keep(Known(job.id, {each.path: each for each in found}))
        return Sent(unit, share, job.id, paths, tuple(found), before)

    def published(self, unit: Unit, anew: bool = False) -> Optional[Sent]:
        """Return the publish of *unit*, as it is now, that accsyn has already, None for none."""
        job = _latest(self._jobs(publishing.job_name(unit), (str(unit.path),)), anew)
        if job is None:
            return None
        return Sent(unit, "", job.id, (str(unit.path),), unit.files, job.status == "done")

    def publish(self, offer: Offer, said: Said, here: Here) -> Sent:
        """Give accsyn what the studio has accepted, by accsyn Publish."""
        unit, paths = offer.unit, (str(offer.unit.path),)
        with self._remembered(unit, "").alone(unit.name):
            changed = changes(unit, unit.files)
            if changed:
                raise errors.FileChanged("deliver", unit.name, changed, "Deliver it when it is complete.")
            name = publishing.job_name(unit)
            job = self._create(name, publishing.payload(name, offer, said), paths, self._jobs(name, paths))
            if not here.alone:
                self._require_from(here, job)
        return Sent(unit, "", job.id, paths, unit.files)

    def _require_from(self, here: Here, job: Job) -> None:
        """Abort a publish that accsyn would take from another machine of the user's, which may have another content."""
        clients = {str(task.source.get("client") or here.id) for task in self.workspace.tasks(job.id)}
        if clients != {here.id}:
            self.workspace.set_job_status(job.id, "aborted")
            outcome = "accsyn would take it from another machine of yours"
            remedy = "Quit accsyn's app there for as long as this takes, or deliver without --publish."
            raise errors.NotReady("publish from this machine", job.name, outcome, remedy)

    def _create(self, name: str, payload: Mapping[str, Any], paths: Sequence[str], known: Sequence[Job]) -> Job:
        """Make a job; one whose making was not answered is looked for, beside those that are *known*."""
        try:
            return self.workspace.create_job(payload)
        except errors.Uncertain:
            ids = {job.id for job in known}
            job = next((each for each in self._jobs(name, paths) if each.id not in ids), None)
            if job is None:
                raise
            return job

    def _jobs(self, name: str, paths: Sequence[str]) -> list[Job]:
        """Return the jobs that send, or have sent, just these paths under this name, the latest first."""
        jobs = [job for job in self.workspace.find_jobs(name) if job.status != "aborted"]
        jobs = [job for job in jobs if upload.is_of(self.workspace.tasks(job.id), paths)]
        return sorted(jobs, key=lambda job: job.created, reverse=True)

    def _withdraw(self, job_id: str, name: str) -> None:
        """Abort an upload that is not finished: the one of an earlier content."""
        job = self.workspace.get_job(job_id) if job_id else None
        if job is not None and not job.finished and job.name != name:
            self.workspace.set_job_status(job.id, "aborted")

    def _resume(self, job: Job) -> None:
        tasks = [task.id for task in self.workspace.tasks(job.id) if task.status in _STOPPED]
        if tasks:
            self.workspace.retry_tasks(job.id, tasks)

    # Reading.

    def _read(self, unit: Unit, before: Known, reading: Reading) -> list[Found]:
        """Return the unit's files with their digests; raise `errors.FileChanged` where one is written to meanwhile.

        A file that is as it was when it was read for an earlier delivery is not read again.
        """
        storage, done = Storage(unit.path.parent), 0
        found = []
        for each in unit.files:
            known = before.files.get(each.path)
            same = known is not None and known.mark == each.mark and known.size_bytes == each.size_bytes
            below = unit.name if unit.is_file else f"{unit.name}/{each.path}"
            digest = known.sha256 if same and known is not None else storage.digest(below)
            found.append(dataclasses.replace(each, sha256=digest))
            done += each.size_bytes
            reading(done, unit.size_bytes)
        changed = changes(unit, found)
        if changed:
            raise errors.FileChanged("deliver", unit.name, changed, "Deliver it when it is complete.")
        return found

    def _remembered(self, unit: Unit, share: str) -> Uploaded:
        if self._state is None:
            raise errors.SettingsError("deliver", unit.name, "this user has no home folder", "Set XDG_STATE_HOME.")
        mine = (self._settings.workspace or "", self._settings.api_user or "")
        return Uploaded(self._state, *mine, share, str(unit.path))

    # Following.

    def look(self, sent: Sequence[Sent], before: Mapping[str, Standing]) -> dict[str, Standing]:
        """Return how all of *sent* stand, by name; what had ended *before* is as it was.

        One request for all, and up to three for each that does not run. While accsyn cannot be asked it is as before,
        and why.
        """
        open_ones = [each for each in sent if not before[each.unit.name].ended]
        found = dict(before)
        try:
            jobs = self.workspace.jobs_by_id([each.job for each in open_ones])
            for each in open_ones:
                found[each.unit.name] = self._standing(each, jobs.get(each.job))
        except (errors.Unreachable, errors.Busy, errors.Uncertain) as error:
            for each in open_ones:
                found[each.unit.name] = dataclasses.replace(found[each.unit.name], cause=str(error))
        return found

    def _standing(self, sent: Sent, job: Optional[Job]) -> Standing:
        """Return how it stands; when it has ended, whether what was sent is what was read."""
        job = job or self.workspace.present_job(sent.job)
        if job is not None and job.status == "running":
            return upload.running(job)
        tasks = self.workspace.tasks(sent.job) if job is not None else []
        if job is not None and not job.finished and all(task.status == "done" for task in tasks):
            job = self.workspace.present_job(sent.job)  # it has gone on since: the studio's hooks come after its tasks
        failed = (job is not None and job.status == "failed") or any(task.status == "failed" for task in tasks)
        log = self.workspace.job_log(sent.job) if failed else []
        found = upload.standing(job, tasks, len(sent.paths), log[0] if log else "")
        if found.stage is not Stage.DELIVERED:
            return found
        changed = changes(sent.unit, sent.files)
        if changed:
            return Standing(Stage.STOPPED, found.progress, f"{changed} while it was sent. Deliver it again.")
        return dataclasses.replace(found, cause=upload.BEFORE) if sent.before else found

    def follow(
        self,
        sent: Sequence[Sent],
        timeout_s: Optional[float] = None,
        draw: Callable[[Mapping[str, Standing]], None] = lambda standings: None,
    ) -> dict[str, Standing]:
        """Return how all of *sent* stand, by name, when they have ended, or *timeout_s* seconds are over."""
        known: dict[str, Standing] = {each.unit.name: Standing(Stage.WAITING) for each in sent}
        pause = threading.Event()
        began, look_s = time.monotonic(), FIRST_LOOK_S
        while True:
            known = self.look(sent, known)
            draw(known)
            left_s = look_s if timeout_s is None else timeout_s - (time.monotonic() - began)
            if all(each.ended for each in known.values()) or left_s <= 0:
                return known
            pause.wait(min(look_s, left_s))
            look_s = min(LONGEST_LOOK_S, look_s * GROWTH)


def _latest(jobs: Sequence[Job], anew: bool) -> Optional[Job]:
    return next((job for job in jobs if not (anew and job.status == "done")), None)


def changes(unit: Unit, files_read: Sequence[Found]) -> str:
    """Return what is not as it was when *files_read* were, empty for nothing: the beginning of a sentence."""
    try:
        now = {each.path: each for each in read_disk(unit.path)}
    except errors.AccsynAccessorError as error:
        return str(error)
    for each in files_read:
        there = now.get(each.path)
        if there is None:
            return f"{each.path} was removed"
        if (there.mark, there.size_bytes) != (each.mark, each.size_bytes):
            return f"{each.path} was changed"
    added = sorted(now.keys() - {each.path for each in unit.found})
    return f"{added[0]} was added" if added else ""


def _note(unit: Unit, found: Sequence[Found]) -> DeliveryNote:
    package = unit.manifest.package if unit.manifest is not None else ""
    return DeliveryNote(package, unit.name, tuple(Packed(each.path, each.size_bytes, each.sha256) for each in found))
