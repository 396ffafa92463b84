"""One probe, from its lock to the last of its files."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Callable

from ftrack_accsyn_accessor.ftrack.registrations import Registrations
from ftrack_accsyn_accessor.insight.doctor.check import Subject
from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.insight.probe.bench import Bench
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Report, unseen
from ftrack_accsyn_accessor.insight.probe.reading import read, uploaded
from ftrack_accsyn_accessor.insight.probe.trial import Trial, clear, earlier
from ftrack_accsyn_accessor.insight.probe.working import WORKED, work
from ftrack_accsyn_accessor.model import assumptions, errors
from ftrack_accsyn_accessor.model.assumptions import ASSUMPTIONS
from ftrack_accsyn_accessor.model.settings import describe
from ftrack_accsyn_accessor.outbox import locations, probed
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Workspace

#: About how many calls it takes, where everything is as assumed.
ABOUT_CALLS = 80


def plan(subject: Subject) -> list[str]:
    """Return what a probe does here, in sentences; raises `errors.SettingsError` where it cannot do anything."""
    current = subject.settings
    if current.problems or current.staging_path is None:
        problems = current.problems
        text = describe(problems) if problems else f"{current.staging_variable} is not set."
        raise errors.SettingsError("probe accsyn", outcome=text)
    left = earlier(current.workspace or "")
    return [
        f"It makes a folder of 14 small files in {current.staging_path}, and one job that takes them to the main site "
        f"of the accsyn workspace {current.workspace}, as {current.api_user}.",
        f"It asks accsyn about {ABOUT_CALLS} times, and takes five minutes at most, most often one.",
        "It leaves nothing: the folder goes at both ends, and the job is archived.",
        *([f"It also clears away what an earlier probe has left: {left[0].folder}."] if left else []),
    ]


def probe(
    subject: Subject,
    found: Callable[[Finding], None] = lambda finding: None,
    abandoned: Callable[[list[str]], None] = lambda left: None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Report:
    """Look at every assumption and return what was seen; *found* hears of each at once.

    What was made is cleared away, whatever happens; what could not be is in the report or, where something is raised,
    told *abandoned*. Raises `errors.AccsynAccessorError` where it cannot begin.
    """
    plan(subject)
    current, began = subject.settings, monotonic()
    findings: list[Finding] = []
    left: list[str] = []
    with _alone():
        trial = Trial(_root(subject), current.volume, current.workspace or "")
        workspace = endpoint.connect(current, endpoint.SHORT_LIMIT_S)
        bench = Bench(workspace, trial, current.volume, current.workspace or "", sleep, monotonic)
        try:
            with _cleared(workspace, trial, left, abandoned):
                workspace.check_role()
                left += _earlier(workspace)
                for finding in _looked(subject, workspace, bench):
                    findings.append(finding)
                    found(finding)
        finally:
            workspace.close()
    told = {each.id: each for each in findings}
    missing = "Could not be seen: the probe did not come to it."
    ordered = tuple(told.get(each.id) or unseen(each.id, missing) for each in ASSUMPTIONS)
    took_s = monotonic() - began
    return Report(current.workspace or "", subject.clock(), ordered, tuple(left), workspace.calls, took_s)


@contextlib.contextmanager
def _cleared(
    workspace: Workspace, trial: Trial, left: list[str], abandoned: Callable[[list[str]], None]
) -> Iterator[None]:
    """Clear away in the end what *trial* has made; what could not be comes to *left*.

    Whoever does not wait for that either, and interrupts it, is told what may be left.
    """
    whole = False
    try:
        yield
        whole = True
    finally:
        try:
            left += clear(workspace, trial.left, trial.doubtful, trial.sent) if trial.noted else []
        except KeyboardInterrupt:
            made = trial.left
            abandoned([*left, f'{made.folder}, {made.place}, the job "{made.job}": that was interrupted, too'])
            raise
        if left and not whole:
            abandoned(left)


def _root(subject: Subject) -> str:
    """Return the staging area's root; raise `errors.StagingGone` where it is not there."""
    here = find_installation(subject.settings, subject.api_user)
    if here.unplugged or not os.path.isdir(here.area.root):
        remedy = f"Plug its disk in, or correct {subject.settings.staging_variable}."
        raise errors.StagingGone("probe accsyn", here.area.root, "the folder is not there", remedy)
    return here.area.root


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of the machine's probes. Raises `errors.OutboxUnusable` where another one runs."""
    path = probed.lock_path()
    if path is None:
        raise errors.OutboxUnusable("probe accsyn", "", "this account has no home folder to keep a note in")
    lock = ProcessLock(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = lock.acquire()
        if not taken:
            path.open("ab").close()  # a file that cannot be written looks as if somebody else had locked it
    except OSError as error:
        raise errors.OutboxUnusable("probe accsyn", str(path), error.strerror or str(error)) from error
    if not taken:
        raise errors.OutboxUnusable("probe accsyn", str(path), "another probe runs on this machine", "Wait for it.")
    try:
        yield
    finally:
        lock.release()


def _earlier(workspace: Workspace) -> list[str]:
    """Clear away what probes that were killed have left in this workspace; return what could not be."""
    return [wrong for entry in earlier(workspace.code) for wrong in clear(workspace, entry)]


def _looked(subject: Subject, workspace: Workspace, bench: Bench) -> Iterator[Finding]:
    """Yield everything that can be seen: what only asks first."""
    yield from read(bench)
    why, client_id = _client(workspace, subject)
    uploads = [assumptions.UPLOAD_LOCATION, assumptions.UPLOAD_IDENT]
    asks_it = subject.settings.destination is None
    yield from bench.look(uploads, lambda: uploaded(bench, _location(subject), client_id, asks_it))
    bench.party = f"client={client_id}"
    why = why or _made(bench.trial)
    if why:
        yield from (unseen(name, f"Could not be seen: {why.rstrip('.')}.") for name in WORKED)
        return
    yield from work(bench)


def _made(trial: Trial) -> str:
    """Make the files of *trial*, and return why that is impossible, empty where it is not."""
    try:
        trial.make()
    except OSError as error:
        return f"the probe's files: {error.strerror or error}"
    return ""


def _client(workspace: Workspace, subject: Subject) -> tuple[str, str]:
    """Return why this machine's accsyn client carries nothing, empty where it does, and its id."""
    try:
        client = endpoint.find_client(workspace, subject.settings)
    except errors.WorkspaceError as error:
        return error.outcome, ""
    return ("" if client.online else f"this machine's accsyn client is {client.status}"), client.id


def _location(subject: Subject) -> str:
    """Return the id of the staging location, empty where ftrack does not tell it."""
    if subject.ftrack is None:
        return ""
    registrations = Registrations(subject.ftrack)
    try:
        name = locations.location_name(subject.settings, subject.ftrack.server_url, subject.api_user)
        return registrations.location_id(name) or ""
    except errors.RegistrationError:
        return ""
    finally:
        registrations.close()
