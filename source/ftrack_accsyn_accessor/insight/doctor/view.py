"""Where accsyn's client has the staging area, as far as the tasks that it has carried out tell."""

from __future__ import annotations

import os
from typing import Optional

from ftrack_accsyn_accessor.insight.doctor.check import Check, Subject, fail, ok, skipped
from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.workspace import Task, Workspace

_NAME = "accsyn's staging folder"
#: Jobs looked at, the latest first.
_JOBS = 3


def staging_view(workspace: Workspace, subject: Subject) -> Check:
    """Return whether accsyn's client reads the files from where they are staged.

    A task that has run names the absolute path that the client took for it (accsyn fact sheet, section 6).
    """
    if subject.settings.staging_path is None:
        return skipped(_NAME, "There is no staging path to compare with.")
    here = find_installation(subject.settings, subject.api_user)
    root = _client_root(workspace, here.outbox()) if here.has_outbox else None
    if root is None:
        return skipped(_NAME, "It is known after the first transfer.")
    if _same(root, here.area.root):
        return ok(_NAME, f"accsyn's client reads from {root}, as it should.")
    return fail(
        _NAME,
        f"accsyn's client reads from {root}, files are staged in {here.area.root}.",
        f"Let {subject.settings.staging_variable} and the client's share mapping name the same folder.",
    )


def _client_root(workspace: Workspace, outbox: Outbox) -> Optional[str]:
    try:
        # What is sent or fetched comes from elsewhere, and says nothing of this machine.
        publishes = Reason.PUBLISH.value
        jobs = [job for job in reversed(outbox.jobs()) if job.accsyn_id and job.reason == publishes]
        for job in jobs[:_JOBS]:
            for task in workspace.tasks(job.accsyn_id):
                root = _root_of(task)
                if root is not None:
                    return root
        return None
    finally:
        outbox.close()


def _root_of(task: Task) -> Optional[str]:
    path = str(task.source.get("path") or "").strip("/")
    absolute = str(task.source.get("path_abs_final") or "").replace("\\", "/")
    return absolute[: -len(path)].rstrip("/") or None if path and absolute.rstrip("/").endswith(f"/{path}") else None


def _same(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return os.path.normcase(os.path.normpath(first)) == os.path.normcase(os.path.normpath(second))
