"""What accsyn runs as its hooks: sees whose a job is, keeps what has arrived, and works it off as far as there is time.

Each is called in a process of its own, as the account of accsyn's daemon, for every job of the workspace. Little is
imported before it is known that a job is one of ours. What is said is read by employees of the studio: nothing of
another vendor, and nothing secret, is among it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
from collections.abc import Mapping
from typing import Any, Callable

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors, payload
from ftrack_accsyn_accessor.model.delivered import PUBLISH, UPLOAD
from ftrack_accsyn_accessor.model.payload import Payload
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor import recognising
from ftrack_accsyn_accessor.vendor.answering import LATER, answer, unanswered
from ftrack_accsyn_accessor.vendor.bounds import ANSWER_S, Told, bounded

_PRE_PUBLISH, _PUBLISH, _DONE, _FAILED = "pre-publish", "publish", "post-done", "post-failed"
_KNOWN = frozenset({_PRE_PUBLISH, _PUBLISH, _DONE, _FAILED})
#: Nothing is followed, waited for, or made this process's terminal.
_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY", "O_CLOEXEC"):
    _FLAGS |= getattr(os, _name, 0)
#: Whether this system (Windows) follows a link all the same.
_FOLLOWS = not hasattr(os, "O_NOFOLLOW")


def job_done(path: str) -> Told:
    """Keep what the job of the input file *path* has brought from a vendor, and work it off; of any other job nothing.

    Raise `errors.SpoolError` where it cannot be kept, and `errors.SettingsError`, `errors.ManifestError`.
    """
    found, rules, user_id = _upload(path)
    units = recognising.arrived(found, rules.from_folder, _share_folder) if user_id else []
    if not units:
        return Told()
    _require(found, _DONE)
    from ftrack_accsyn_accessor.vendor import keeping

    return keeping.keep(found, user_id, units)


def publish(path: str) -> Told:
    """Keep what was published and had been allowed by this machine; as `job_done`."""
    found, rules, user_id = _upload(path)
    units = recognising.arrived(found, rules.publish_folder, _share_folder, recognising.UUID) if user_id else []
    if not units:
        return Told()
    _require(found, _PUBLISH)
    from ftrack_accsyn_accessor.vendor import keeping

    return keeping.keep_published(found, user_id, units)


def job_failed(path: str) -> Told:
    """Have both sides told what of a vendor's upload has not arrived; of any other job nothing. As `job_done`."""
    found, rules, user_id = _upload(path)
    if not user_id:
        return Told()
    units = {
        UPLOAD: recognising.arrived(found, rules.from_folder, _share_folder),
        PUBLISH: recognising.arrived(found, rules.publish_folder, _share_folder, recognising.UUID),
    }
    if any(units.values()):
        _require(found, _FAILED)
    failed = [(origin, unit) for origin, several in units.items() for unit in several if unit.failed]
    if not failed:
        return Told()
    from ftrack_accsyn_accessor.vendor import keeping

    return keeping.keep_failed(found, user_id, failed)


def pre_publish(path: str, output: str) -> Told:
    """Answer in the file *output* what may be published, in less than twenty seconds whatever the services do.

    Raise OSError where the answer cannot be written.
    """
    until = time.monotonic() + ANSWER_S
    answers: list[Mapping[str, Any]] = []
    write = _writer(output)
    try:
        found = payload.read(_content(path))
        _require(found, _PRE_PUBLISH)
    except errors.AccsynAccessorError as error:
        write(answer([], LATER))
        return Told([error.what])

    def ask() -> None:
        from ftrack_accsyn_accessor.vendor import prepublish

        answers.append(prepublish.answer(found))

    said = bounded(ask, until - time.monotonic())
    given = answers[0] if answers else unanswered(found)
    write(given)
    return Told([*said, *(f"{printable(str(each['filename']))}: {_verdict(each)}" for each in given["files"])])


def _writer(output: str) -> Callable[[Mapping[str, Any]], None]:
    """Return what writes an answer in one step, where a link is replaced; it raises OSError.

    What it takes is imported now: while another thread imports the same, it may not be there as a whole.
    """
    from pathlib import Path

    from ftrack_accsyn_accessor.outbox import file

    return lambda given: file.write(Path(output), json.dumps(given))


def _upload(path: str) -> tuple[Payload, VendorRules, str]:
    """Return what a hook's input says, and who has uploaded what its job carries; empty for any other job."""
    content = _content(path)
    try:
        found = payload.read(content)
    except errors.ManifestError:
        rules = _rules()
        if _may_be_ours(content, rules):
            raise
        return payload.read(b"{}"), rules, ""
    user_id = recognising.uploader(found)
    return found, _rules() if user_id else VendorRules(), user_id


def _content(path: str) -> bytes:
    """Return what is in an input file, which may be gone at any time."""
    try:
        if _FOLLOWS and os.path.islink(path):
            raise OSError(errno.ELOOP, "it is a link")
        handle = os.open(path, _FLAGS)
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "it is no file")
            return file.read(payload.MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        outcome = getattr(error, "strerror", None) or type(error).__name__
        remedy = "Let the command of the hook end with ${PATH_JSON_INPUT}."
        raise errors.ManifestError("read what accsyn tells its hook", printable(path), outcome, remedy) from error


def _require(found: Payload, hook: str) -> None:
    """Raise `errors.SettingsError` where accsyn has run the command of *hook* for another one."""
    if found.hook in _KNOWN - {hook}:
        outcome = f"accsyn has run it for {found.hook}"
        remedy = "Correct the commands of the hooks in accsyn's settings."
        raise errors.SettingsError(f"run the hook for {hook}", "", outcome, remedy)


def _may_be_ours(content: bytes, rules: VendorRules) -> bool:
    """Whether what cannot be read may tell of a vendor's upload: it would name a folder as ours are called."""
    fixed = [
        re.findall(r"[A-Za-z0-9_.-]+", re.sub(r"\{\w+\}", "/", each))
        for each in (rules.from_folder, rules.publish_folder)
    ]
    return any(all(name.encode() in content for name in names) for names in fixed)


def _rules() -> VendorRules:
    return environment.read_vendors(environment.read_settings())


def _share_folder(share_id: str) -> str:
    """Return the folder of a share, as accsyn tells it; empty for no folder."""
    from ftrack_accsyn_accessor.vendor.means import Means

    means = Means.here()
    try:
        return next((each.path for each in means.workspace.folders() if each.id == share_id), "")
    finally:
        means.close()


def _verdict(entry: Mapping[str, Any]) -> str:
    return "may be published" if entry.get("can_publish") else str(entry.get("warning") or "may not be published")
