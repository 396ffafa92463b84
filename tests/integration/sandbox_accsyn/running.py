"""What tests of the engine share."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def run(acme: Any, session: Any, *tasks: dict[str, Any], **attributes: Any) -> str:
    """Create a job, let the engine finish, and return the job's status."""
    job = session.create("Transfer", {"code": "a job", "tasks": list(tasks), **attributes})
    acme.service.engine.wait_idle()
    return str(session.get_entity("Transfer", job["id"])["status"])


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files below *folder*."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def last(acme: Any) -> Any:
    """Return a copy of the youngest job."""
    return acme.service.workspace.jobs()[-1]


def shown_task(session: Any, job_id: str, number: int = 0) -> Any:
    """Return a task as the API shows it."""
    (task,) = session.find(f"Task WHERE uri={number}", entityid=job_id)
    return task
