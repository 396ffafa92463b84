"""Checks of this machine: versions, settings, staging area, outbox."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor._version import __version__
from ftrack_accsyn_accessor.insight import status
from ftrack_accsyn_accessor.insight.absence import Absence, absence
from ftrack_accsyn_accessor.insight.doctor import disk
from ftrack_accsyn_accessor.insight.doctor.check import Check, Subject, fail, failed, ok, skipped, warn
from ftrack_accsyn_accessor.insight.doctor.leader import leader
from ftrack_accsyn_accessor.insight.installation import Installation, find_installation
from ftrack_accsyn_accessor.insight.remarks import Remark, of_unqueued
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.damage import REMEDY, kept_aside
from ftrack_accsyn_accessor.staging import refusal, rights
from ftrack_accsyn_accessor.staging.probe import probe
from ftrack_accsyn_accessor.workspace import library

OLDEST_PYTHON, NEWEST_PYTHON = (3, 9), (3, 13)
OLDEST_FTRACK = (2, 5)
LOW_BYTES = 500_000_000
SCARCE_BYTES = 10_000_000_000


def versions() -> Iterator[Check]:
    """Yield what runs here."""
    yield ok("plugin", f"ftrack-accsyn-accessor {__version__} on {platform.platform()}")
    running = sys.version_info[:2]
    text = f"CPython {platform.python_version()}"
    if OLDEST_PYTHON <= running <= NEWEST_PYTHON:
        yield ok("python", text)
    else:
        yield warn("python", f"{text} is none that the plugin is made for.", "Use CPython 3.9 to 3.13.")
    yield _ftrack_api()
    try:
        found = library.load()
        yield ok("accsyn_api", f"accsyn-python-api {found.version}")
    except errors.NotReady as error:
        yield failed("accsyn_api", error)


def _ftrack_api() -> Check:
    try:
        module = importlib.import_module("ftrack_api")
    except ImportError as error:
        return fail("ftrack_api", f"ftrack's client cannot be loaded: {error}", "Install ftrack-python-api.")
    version = str(getattr(module, "__version__", "unknown"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST_FTRACK:
        return warn("ftrack_api", f"ftrack-python-api {version} is too old.", "Use 2.5 or newer.")
    return ok("ftrack_api", f"ftrack-python-api {version}")


def settings(subject: Subject) -> Iterator[Check]:
    """Yield every problem with the environment, each by its variable."""
    current = subject.settings
    for problem in current.problems:
        yield fail(problem.variable, problem.what, problem.remedy)
    if current.disabled:
        yield warn("FTRACK_ACCSYN_DISABLE", "The plugin is switched off.", "Unset it.")
    if not current.tls_verify:
        text = "Whoever stands between this machine and accsyn can read the API key."
        yield warn("FTRACK_ACCSYN_TLS_VERIFY", text, "Unset it, and have the certificate corrected instead.")
    if not current.problems:
        yield ok("settings", "Every variable that is set can be used.")


def machine(subject: Subject) -> Iterator[Check]:
    """Yield checks of the staging area and the outbox."""
    current = subject.settings
    if current.staging_path is None:
        if not any(problem.variable == current.staging_variable for problem in current.problems):
            text = "It is not set, so this is no staging machine: nothing is published by accsyn here."
            level = warn if _asked_for(subject) else fail
            yield level(current.staging_variable, text, "Set it to the local folder of the accsyn volume.")
        yield skipped("staging area", "There is no path to look at.")
        yield from _outbox_outside(subject)
        return
    here = find_installation(current, subject.api_user)
    yield from _staging(here)
    yield from disk.checks(here)
    yield from _outbox(here)


def _asked_for(subject: Subject) -> bool:
    """Whether something was asked for on a machine without staging area."""
    try:
        return find_installation(subject.settings, subject.api_user).has_outbox
    except errors.OutboxError:
        return False


def _outbox_outside(subject: Subject) -> Iterator[Check]:
    if not _asked_for(subject):
        yield skipped("outbox", "It lies in the staging area; nothing was asked for without one.")
        return
    here = find_installation(subject.settings, subject.api_user)
    for problem in here.settings.problems:
        yield fail(problem.variable, problem.what, problem.remedy)
    yield from _outbox(here)


def _staging(here: Installation) -> Iterator[Check]:
    root = here.area.root
    if here.unplugged is not None:
        missing = absence(here)
        yield fail("staging area", missing.what, missing.remedy)
        return
    refused = here.refused
    if refused is not None:
        yield failed("staging area", refused)
        return
    if not os.path.isdir(root):
        yield fail("staging area", f"{root} is not there.", "Plug its disk in, or correct the path.")
        return
    if here.staging_present:
        yield ok("staging area", f"{root} is there and is ours.")
    else:
        yield warn("staging area", f"{root} is there, but was never published into.", "Publish something.")
    yield _writable(root)
    yield _private(here.area.state_dir)
    yield _space(root)


def _writable(root: str) -> Check:
    try:
        probe(root)
    except OSError as error:
        return fail("staging writable", f"{root}: {error.strerror}.", refusal.remedy(error, root))
    return ok("staging writable", "Files can be written.")


def _private(state_folder: str) -> Check:
    account, owner = environment.account(), environment.owner(state_folder)
    if owner not in ("", account):
        text = f"{state_folder} belongs to {owner}, and this is {account}: what it makes there, {owner} cannot change."
        return warn("staging private", text, f"Run this, and what publishes here, as {owner}.")
    if rights.keeps_private():
        return ok("staging private", f"{state_folder} is for this account of the system alone.")
    text = f"Whoever may read the staging folder may read {state_folder}: this CPython cannot prevent it on Windows."
    return ok("staging private", f"{text} It holds names and paths, and no password or key.")


def _space(root: str) -> Check:
    try:
        found = shutil.disk_usage(root)
    except OSError as error:
        return skipped("free space", f"{error.strerror}.")
    text = f"{size_text(found.free)} of {size_text(found.total)} are free."
    remedy = "Free some: ftrack-accsyn clean removes what has arrived."
    if found.free < LOW_BYTES:
        return fail("free space", text, remedy)
    return warn("free space", text, remedy) if found.free < SCARCE_BYTES else ok("free space", text)


def _outbox(here: Installation) -> Iterator[Check]:
    if not here.has_outbox:
        yield from _missing(absence(here))
        return
    outbox = here.outbox()
    try:
        yield from _content(here, outbox)
    except errors.OutboxError as error:
        yield failed("outbox", error)
        yield from _remarks(of_unqueued(outbox.path))
    finally:
        outbox.close()


def _missing(missing: Absence) -> Iterator[Check]:
    if missing.kind == "earlier-outbox":
        yield warn("outbox", missing.what, missing.remedy)
    else:
        yield skipped("outbox", "There is none." if missing.kind == "unplugged" else missing.what)
    yield from _remarks(missing.remarks)


def _remarks(remarks: Iterable[Remark]) -> Iterator[Check]:
    for remark in remarks:
        yield warn(remark.topic.heading, remark.what, remark.remedy)


def _archive(outbox: Outbox) -> Iterator[Check]:
    """Say what is wrong with what arrived long ago: the outbox goes on without it."""
    path, trouble = outbox.archive.path(), outbox.archive.trouble()
    if trouble:
        remedy = (
            "Nothing waits for it. Put the file back if it was moved away, or check its folder's permissions and disk."
        )
        yield warn("archive", trouble, remedy)
    for kept in kept_aside(path) if path is not None else ():
        yield warn("archive", f"{kept} is an earlier archive, which was damaged.", "Remove the file.")


def _content(here: Installation, outbox: Outbox) -> Iterator[Check]:
    damage = outbox.survey.damage()
    if damage:
        yield fail("outbox", f"{outbox.path} is damaged: {damage}", "Move it away, then: ftrack-accsyn reconcile.")
        return
    for kept in kept_aside(outbox.path):
        yield warn("outbox", f"{kept} is an earlier outbox, which was damaged.", f"{REMEDY} Then remove the file.")
    yield from _archive(outbox)
    summary = status.summary(outbox, here.studio)
    withdrawn = f", {summary.withdrawn} of them withdrawn" if summary.withdrawn else ""
    yield ok("outbox", f"{outbox.path} is sound and holds {summary.items} component(s){withdrawn}.")
    yield from _remarks(summary.remarks)
    yield from disk.placeholders(here, outbox)
    if not here.is_present(outbox):
        yield fail("staging disk", "It is not the one that the outbox belongs to.", "Plug the right one in.")
    if summary.stuck:
        yield warn(
            "attention", f"{summary.stuck} component(s) need attention. {summary.problem}", "See status and why."
        )
    if summary.paused is not None:
        yield warn("paused", f"Syncing is paused by {summary.paused.by}.", "Resume it: ftrack-accsyn resume.")
    yield from leader(outbox, here.studio, summary)
