"""What `doctor --probe` has seen of each accsyn workspace, and what a probe that was killed has left there.

Both lie in the machine's state folder. Reading never raises: what cannot be read was never seen.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model.assumptions import BY_ID, Assumptions
from ftrack_accsyn_accessor.outbox.file import write
from ftrack_accsyn_accessor.outbox.memory import state_folder

logger = logging.getLogger(__name__)

#: No `.json`, though that is what they hold: those are the areas that the machine remembers.
NAME = "accsyn-probe"
LEFT = "accsyn-probe-left"
SCHEMA = 1
#: No system can tell the date of a later moment.
_LATEST = 32e9
#: What everything of a probe is called, with digits of its own; nothing of the plugin's has such a name.
PREFIX = "ftrack-accsyn-probe-"
NAMED = re.compile(rf"{PREFIX}[0-9a-f]{{8}}")


@dataclasses.dataclass(frozen=True)
class Sight:
    """What was seen of one assumption: whether it holds, in words, and when, in seconds since the epoch."""

    holds: bool
    text: str
    at: float


@dataclasses.dataclass(frozen=True)
class Left:
    """What a probe is about to leave, or has left: *folder* on this machine, *place* at the destination, a job's name.

    *place* is a path in accsyn's words ("share=projects/.."). *machine* is where the folder is; empty where it was not
    written down.
    """

    workspace: str
    folder: str
    place: str
    job: str
    machine: str = ""

    @property
    def sound(self) -> bool:
        """Whether a probe can have written it: whatever else may stand there must not be cleared away."""
        name = re.split(r"[/\\]", self.folder)[-1]
        share, _, there = self.place.partition("/")
        named = NAMED.fullmatch(name) is not None and there == name and self.job == job_name(name)
        return named and share.startswith("share=")


def seen(workspace: str) -> dict[str, Sight]:
    """Return what was seen last in *workspace*, by the ids of the assumptions."""
    found = {}
    for name, row in _mapping(_content(NAME).get(workspace.lower())).items():
        row = _mapping(row)
        at = row.get("at")
        dated = isinstance(at, (int, float)) and 0 <= at < _LATEST
        if name in BY_ID and isinstance(row.get("holds"), bool) and dated:
            found[name] = Sight(row["holds"], str(row.get("text") or ""), float(row["at"]))
    return found


def keep(workspace: str, sights: Mapping[str, Sight]) -> None:
    """Remember *sights*; of what could not be seen this time, what was seen earlier stays. Raises OSError."""
    content = _content(NAME)
    known = {name: dataclasses.asdict(each) for name, each in sights.items()}
    _write(NAME, {**content, workspace.lower(): {**_mapping(content.get(workspace.lower())), **known}})


def assumptions(workspace: str, assume: Iterable[tuple[str, bool]] = ()) -> Assumptions:
    """Return what is known of the assumptions in *workspace*; what somebody says of them, *assume*, goes before."""
    return Assumptions({**{name: each.holds for name, each in seen(workspace).items()}, **dict(assume)})


def left() -> list[Left]:
    """Return what probes of this machine have left, or are about to."""
    names = [field.name for field in dataclasses.fields(Left)]
    rows = [_mapping(row) for row in _content(LEFT).values()]
    found = [Left(*(str(row.get(name) or "") for name in names)) for row in rows]
    return [each for each in found if each.sound]


def job_name(name: str) -> str:
    """Return what the job of the probe called *name* is called."""
    return f"ftrack-accsyn probe {name}"


def note_left(entry: Left) -> None:
    """Write down that *entry* is about to be made. Raises OSError: nothing may be made then."""
    _write(LEFT, {**_content(LEFT), entry.job: dataclasses.asdict(entry)})


def forget_left(entry: Left) -> None:
    """Write down that nothing of *entry* is there any more. Raises OSError."""
    _write(LEFT, {name: row for name, row in _content(LEFT).items() if name != entry.job})


def lock_path() -> Optional[Path]:
    """Return the file that a probe locks while it runs, None for a machine that cannot remember anything."""
    folder = state_folder()
    return folder / f"{LEFT}.lock" if folder is not None else None


def note_path() -> Optional[Path]:
    """Return the file with what probes have left, None for a machine that cannot remember anything."""
    folder = state_folder()
    return folder / LEFT if folder is not None else None


def _content(name: str) -> dict[str, Any]:
    folder = state_folder()
    try:
        content = json.loads(read_text(folder / name)) if folder is not None else {}
        return _mapping(_mapping(content).get("content"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        logger.debug("What is remembered in %s cannot be read.", name, exc_info=True)
        return {}


def _write(name: str, content: Mapping[str, Any]) -> None:
    folder = state_folder()
    if folder is None:
        raise OSError("this machine has no folder to remember anything in")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(folder / name, json.dumps({"schema": SCHEMA, "content": content}, sort_keys=True))


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
