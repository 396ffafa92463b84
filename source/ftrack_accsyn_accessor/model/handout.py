"""What was handed out to whom, as it is kept at the task in ftrack. Pure."""

from __future__ import annotations

import dataclasses

#: Key of the metadata of a task that tells of it; its value is a JSON object with an entry for each vendor.
KEY = "ftrack_accsyn_outsourced"


@dataclasses.dataclass(frozen=True)
class HandOut:
    """A task that a vendor (e-mail address in accsyn) works on. Moments are ISO 8601 in UTC, empty for not yet.

    `package` is the id of the latest package, `folder` its folder below the volume (with the project's storage). A task
    that is done, omitted or taken from the vendor is closed from `closed_at` on.
    """

    task_id: str
    project_id: str
    project: str
    vendor: str
    package: str
    folder: str
    handed_out_at: str
    due: str = ""
    closed_at: str = ""
