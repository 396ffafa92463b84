"""The studio's volume as this machine sees it, for what vendors may have had their hands on: no link is followed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.submission import Found


class Copied(NamedTuple):
    """What was copied: bytes, and SHA-256 in hex."""

    size_bytes: int
    sha256: str


class Storage:
    """Files below *root*; paths are relative to it, with slashes. Any thread.

    Every method raises `errors.StorageError` where the disk refuses, or where a path leads out of *root*, also by a
    link, or is none: absolute, with `..`, empty parts or what no system takes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, path: str) -> Optional[Found]:
        """Return what lies there, None for nothing."""
        raise NotImplementedError

    def walk(self, folder: str, most: int, deepest: int) -> list[Found]:
        """Return all that lies below *folder*, itself not, with paths relative to it, sorted.

        Raise `errors.StorageError` where there are more than *most* entries, or more than *deepest* levels.
        """
        raise NotImplementedError

    def digest(self, path: str) -> str:
        """Return the SHA-256 of a file in hex; raise `errors.StorageError` where it changes meanwhile."""
        raise NotImplementedError

    def read(self, path: str, most_bytes: int) -> bytes:
        """Return the content of a file of at most so many bytes."""
        raise NotImplementedError

    def write(self, path: str, content: bytes, *, replace: bool = False) -> None:
        """Write a small file in one step, with the folders above it; without *replace* an existing one is refused."""
        raise NotImplementedError

    def make_folder(self, path: str) -> None:
        """Make a folder, and those above it; one that is there is as good."""
        raise NotImplementedError

    def copy(self, source: str, target: str) -> Copied:
        """Copy a file to where nothing lies, or the same content does, in one step; read once, and hashed meanwhile."""
        raise NotImplementedError

    def move(self, source: str, target: str) -> None:
        """Move a file or folder to where nothing lies; what was moved there before is as good. Replaces nothing."""
        raise NotImplementedError

    def flush(self, paths: Iterable[str]) -> None:
        """See to it that files are on the disk, and not only on their way there."""
        raise NotImplementedError
