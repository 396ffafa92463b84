"""The manifest of a package: what a vendor is handed, and what is expected back. Pure.

`docs/vendors.md` publishes its form, `manifest.json` beside the files.
"""

from __future__ import annotations

import dataclasses
from typing import Optional

#: The form of manifests that are written; a reader refuses a greater number.
FORM = 1
NAME = "manifest.json"
#: What the vendor's own tool sends along with a delivery: what it has sent, with sizes and digests.
DELIVERY_NOTE = "accsyn_delivery.json"


@dataclasses.dataclass(frozen=True)
class Packed:
    """A file of a package: `path` relative to the package's folder, with slashes; size in bytes; SHA-256 in hex."""

    path: str
    size_bytes: int
    sha256: str
    component_id: str = ""
    version_id: str = ""


@dataclasses.dataclass(frozen=True)
class Deliverable:
    """Something that is expected back of a task: one folder or file is one version of it.

    `name` is what the delivered folder or file is called without its extension, `{version}` standing for the number
    ("sh010_comp_v{version:03d}"). `components` are the names of what a version has to hold, the first one being the
    main one; for a sequence `first_frame` and `last_frame` (handles included) say which frames, else None. `types` are
    extensions with their dots, empty for any. `next_version` is the number that the studio counts on.
    """

    task_id: str
    name: str
    asset_id: str = ""
    asset_name: str = ""
    components: tuple[str, ...] = ()
    first_frame: Optional[int] = None
    last_frame: Optional[int] = None
    types: tuple[str, ...] = ()
    next_version: int = 1


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What a package holds and what is wanted for it. Dates are ISO 8601; what is not known is empty or None.

    `tasks` are (ftrack id, what it is called from the project on). `version_ids` are what was handed out, in ftrack.
    """

    package: str
    project_id: str
    project: str
    vendor: str
    made_at: str
    tasks: tuple[tuple[str, str], ...] = ()
    version_ids: tuple[str, ...] = ()
    files: tuple[Packed, ...] = ()
    deliverables: tuple[Deliverable, ...] = ()
    to_share: str = ""
    from_share: str = ""
    first_frame: Optional[int] = None
    last_frame: Optional[int] = None
    handles: int = 0
    frame_rate: Optional[float] = None
    colour_space: str = ""
    due: str = ""
    notes: tuple[str, ...] = ()
    form: int = FORM
