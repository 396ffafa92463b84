"""What a vendor has delivered, and what becomes of it. Pure."""

from __future__ import annotations

import dataclasses
import enum
from typing import Optional


class FoundKind(str, enum.Enum):
    """What lies under a path."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"  # a device, a pipe, a socket


@dataclasses.dataclass(frozen=True)
class Found:
    """An entry on a disk: `path` relative to what is looked at, with slashes.

    `used_bytes` is what it takes on the disk, None where that is not known: far less than `size_bytes` means holes.
    `mark` changes whenever the entry does, also by a move of the entry itself. `links` is how many names a file has:
    with a second one it can be written to from elsewhere. `sha256` is empty until it was read.
    """

    path: str
    kind: FoundKind
    size_bytes: int = 0
    used_bytes: Optional[int] = None
    mark: str = ""
    sha256: str = ""
    links: int = 1


class Severity(str, enum.Enum):
    """Whether something keeps a delivery from being accepted."""

    WRONG = "wrong"
    REMARK = "remark"


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is wrong with a delivery, or worth saying: `rule` is a word for programs, `text` names what was expected."""

    rule: str
    text: str
    severity: Severity = Severity.WRONG
    path: str = ""


class Shape(str, enum.Enum):
    """What a component of a delivery is in ftrack."""

    FILE = "file"
    SEQUENCE = "sequence"
    FOLDER = "folder"


@dataclasses.dataclass(frozen=True)
class Part:
    """A component that a delivery becomes: `files` are its `Found`, of a sequence in the order of its frames.

    `path` is that of the file, of the folder, or of a sequence such as "plate.%04d.exr"; `frames` are its numbers,
    `padding` how many digits they are written with.
    """

    name: str
    shape: Shape
    path: str
    files: tuple[Found, ...]
    frames: tuple[int, ...] = ()
    padding: int = 0


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What was found of one delivered folder or file, `name`.

    `task_id` and `version` are what it was recognised as, empty and None where it was not; `deliverable` is the name
    that was expected. It is accepted where no problem is wrong.
    """

    name: str
    task_id: str = ""
    deliverable: str = ""
    version: Optional[int] = None
    parts: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether it may become a version."""
        return bool(self.task_id) and not any(each.severity is Severity.WRONG for each in self.problems)
