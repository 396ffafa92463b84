"""A folder that goes and comes back as a disk does."""

from __future__ import annotations

from pathlib import Path


def unplug(folder: Path) -> None:
    """Put *folder* aside, whole. Raises OSError: on Windows a program that has a file in it open keeps it there."""
    folder.rename(_aside(folder))


def plug_in(folder: Path) -> None:
    """Bring *folder* back as it was put aside; nothing happens where it was not.

    Raises FileExistsError, and leaves both, where something else lies in its place meanwhile.
    """
    aside = _aside(folder)
    if not aside.is_dir():
        return
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    if folder.exists():
        raise FileExistsError(f"{folder} is there although its disk is not: move it away, then {aside} comes back.")
    aside.rename(folder)


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.unplugged")
