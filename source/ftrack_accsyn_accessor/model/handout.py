"""What was handed out to whom, as it is kept at the task in ftrack. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.model.vendors import vendor_name

#: What the keys of metadata of a task begin with that tell of it; one for each vendor, so that nobody who writes of one
#: undoes what is written of another at the same time.
KEY = "ftrack_accsyn_outsourced"


@dataclasses.dataclass(frozen=True)
class HandOut:
    """A task that a vendor (e-mail address in accsyn) works on. Moments are ISO 8601 in UTC, empty for not yet.

    `package` is the id of the latest package, `folder` its folder below the volume (with the project's storage). A task
    that is done, omitted or taken from the vendor is closed from `closed_at` on. `assigned` means that ftrack has had
    the task assigned to the vendor's user: one that never was cannot be taken away by not being so.
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
    assigned: bool = False


def key(vendor: str) -> str:
    """Return the key of the metadatum that tells of what was handed out to a vendor (e-mail address)."""
    return f"{KEY}_{vendor_name(vendor)}"


def text(handout: HandOut) -> str:
    """Return *handout* as the value of its metadatum."""
    return json.dumps(dataclasses.asdict(handout), sort_keys=True)


def read(value: str, task_id: str) -> Optional[HandOut]:
    """Return what the *value* of a metadatum of a task tells; None where it is none of ours, or is damaged."""
    try:
        content: Any = json.loads(value)
    except (ValueError, RecursionError):
        return None
    fields = {field.name: field for field in dataclasses.fields(HandOut)}
    if not isinstance(content, Mapping):
        return None
    kept = {name: each for name, each in content.items() if name in fields}
    texts = {name: each for name, each in kept.items() if name != "assigned"}
    if not all(isinstance(each, str) for each in texts.values()) or content.get("task_id") != task_id:
        return None
    try:
        found = HandOut(**texts, assigned=kept.get("assigned") is True)
    except TypeError:  # something that every record has is not there
        return None
    return found if found.vendor and found.project else None
