"""The moment at which a job comes to be, which a hook may stop (accsyn workflow facts, section 6)."""

from __future__ import annotations

from typing import Any

from ftrack_accsyn_sandbox.accsyn import payload, views
from ftrack_accsyn_sandbox.accsyn.call import Call, Later
from ftrack_accsyn_sandbox.accsyn.entities import Job
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.hooks import PRE_SUBMIT


def submitted(call: Call, job: Job) -> Any:
    """Return the answer to the call that makes *job*: it is there then, unless the hook before refuses it."""
    workspace = call.workspace
    if PRE_SUBMIT not in workspace.hooks.commands:
        return [views.show(workspace, workspace.add(job))]
    told = {**payload.of_job(workspace, job), "status": "init"}

    def ask() -> list[dict[str, Any]]:
        trouble = [run.trouble for run in workspace.hooks.run(PRE_SUBMIT, told) if run.trouble]
        if trouble:
            raise Refusal(trouble[0])
        with workspace.changed:
            return [views.show(workspace, workspace.add(job))]

    return Later(ask)
