"""Deliveries of a vendor on a disk: a good one, and a table of bad ones, for whatever takes or refuses them."""

from __future__ import annotations

import dataclasses
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Callable

from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.vendors import VendorRules

#: What the deliveries are deliveries of; `dataclasses.replace` gives them the ids of real tasks.
EXPECTED = Deliverable(
    "task-1",
    "sh010_comp_v{version:03d}",
    components=("main",),
    first_frame=1001,
    last_frame=1005,
    types=(".exr", ".mov"),
    next_version=3,
)
OTHER = Deliverable("task-2", "sh020_comp_v{version:03d}", components=("main", "depth"), next_version=1)
#: The versions of both that exist.
TAKEN = {"task-1": frozenset({1, 2}), "task-2": frozenset[int]()}
RULES = VendorRules(most_files=60, most_depth=8)
UNIT = "sh010_comp_v003"
FRAMES = range(1001, 1006)
ONE = range(1003, 1004)
ZERO = os.makedev(1, 5)


@dataclasses.dataclass(frozen=True)
class Bad:
    """A delivery called *unit* that is refused by *rule*; *write* makes it, whole, in a folder.

    *only* tells what else it takes: "root", "small" for the bounds of `RULES`, "linux", "posix".
    """

    id: str
    unit: str
    rule: str
    write: Callable[[Path], None]
    only: str = ""

    def possible(self) -> bool:
        """Whether this machine can have it on a disk."""
        needs = {"root": hasattr(os, "geteuid") and os.geteuid() == 0, "linux": sys.platform == "linux"}
        return needs.get(self.only, self.only != "posix" or os.name == "posix")


def content(number: int = 0, size: int = 1000) -> bytes:
    """Return what a frame of that number holds."""
    return f"frame {number} ".encode().ljust(size, b".")


def frames(folder: Path, stem: str = UNIT, numbers: range = FRAMES, padding: int = 4) -> Path:
    """Write frames into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{stem}.{number:0{padding}d}.exr").write_bytes(content(number))
    return folder


def good_delivery(folder: Path, unit: str = UNIT) -> Path:
    """Write a delivery that nothing is wrong with into *folder*."""
    return frames(folder / unit, unit)


def bad_deliveries(folder: Path) -> dict[str, Bad]:
    """Write each delivery of the table that this machine can have into a folder of its own below *folder*, its id."""
    made = {each.id: each for each in BAD if each.possible()}
    for each in made.values():
        (folder / each.id).mkdir(parents=True)
        each.write(folder / each.id)
    return made


def census(folder: Path) -> list[tuple[str, str]]:
    """Return all that lies below *folder*, of any kind and name, without its place: what must not get less."""
    found = []
    for base, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = os.path.join(base, name)
            looked = os.lstat(path)
            told = os.readlink(path) if stat.S_ISLNK(looked.st_mode) else str(looked.st_size)
            found.append((name, f"{stat.S_IFMT(looked.st_mode):o} {'' if stat.S_ISDIR(looked.st_mode) else told}"))
    return sorted(found)


def _called(unit: str) -> Callable[[Path], None]:
    """Write a delivery that is good but for its name."""
    return lambda folder: frames(folder / unit) and None


def _with(change: Callable[[Path], object]) -> Callable[[Path], None]:
    """Write a good delivery, then *change* it, given its folder."""

    def write(folder: Path) -> None:
        change(good_delivery(folder))

    return write


def _added(*names: str) -> Callable[[Path], None]:
    """Write a good delivery with more files in it; names may be bytes in disguise."""

    def change(unit: Path) -> None:
        for name in names:
            path = os.path.join(os.fspath(unit), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content())

    return _with(change)


def _only(*names: str) -> Callable[[Path], None]:
    """Write a delivery that has just these files."""

    def write(folder: Path) -> None:
        (folder / UNIT).mkdir()
        for name in names:
            (folder / UNIT / name).write_bytes(content())

    return write


def _alone(name: str) -> Callable[[Path], None]:
    """Write a single file."""
    return lambda folder: (folder / name).write_bytes(content()) and None


def _frame(unit: Path, number: int = 1003) -> Path:
    return unit / f"{UNIT}.{number:04d}.exr"


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Write a good delivery with something else in the place of a frame."""

    def change(unit: Path) -> None:
        _frame(unit).unlink()
        make(_frame(unit))

    return _with(change)


def _holes(path: Path, size: int = 1 << 40) -> None:
    with open(path, "wb") as file:
        file.truncate(size)


def _deep(unit: Path) -> None:
    folder = unit.joinpath(*["d"] * 40)
    folder.mkdir(parents=True)
    (folder / "a.exr").write_bytes(content())


def _bound(path: Path) -> None:
    """Leave a socket there; its own path may be too long to be given."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _link_at(unit: str, target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / unit).symlink_to(target)


BAD: tuple[Bad, ...] = (
    # Names of the delivery.
    Bad("another-shot", "sh011_comp_v003", "name", _called("sh011_comp_v003")),
    Bad("case", "SH010_comp_v003", "name", _called("SH010_comp_v003")),
    Bad("cyrillic", "\u0455h010_comp_v003", "name", _called("\u0455h010_comp_v003")),
    Bad("full-width", "sh\uff10\uff11\uff10_comp_v003", "name", _called("sh\uff10\uff11\uff10_comp_v003")),
    Bad("zero-width", "sh010\u200b_comp_v003", "name", _called("sh010\u200b_comp_v003")),
    Bad("letter-o", "sh0l0_comp_v0o3", "name", _called("sh0l0_comp_v0o3")),
    Bad("blank-at-the-end", f"{UNIT} ", "name", _called(f"{UNIT} "), "posix"),
    Bad("fewer-digits", "sh010_comp_v3", "name", _called("sh010_comp_v3")),
    Bad("more-digits", "sh010_comp_v0003", "name", _called("sh010_comp_v0003")),
    Bad("query", 'x" or name like "%" limit 5', "name", _called('x" or name like "%" limit 5'), "posix"),
    Bad("shell", "$(touch owned);`id`", "name", _called("$(touch owned);`id`"), "posix"),
    Bad("new-line", f"{UNIT}\nname: other", "name", _called(f"{UNIT}\nname: other"), "posix"),
    Bad("no-utf8", "sh010_comp_v003\udcff", "name", _called("sh010_comp_v003\udcff"), "linux"),
    Bad("leftover", "Thumbs.db", "name", _alone("Thumbs.db")),
    # Versions.
    Bad("version-exists", "sh010_comp_v002", "version-taken", _called("sh010_comp_v002")),
    Bad("version-zero", "sh010_comp_v000", "version", _called("sh010_comp_v000")),
    Bad("version-huge", "sh010_comp_v999999999", "version", _called("sh010_comp_v999999999")),
    Bad("version-last", "sh010_comp_v999999", "version", _called("sh010_comp_v999999")),
    Bad("older-frames", UNIT, "version-differs", lambda folder: frames(folder / UNIT, "sh010_comp_v002") and None),
    Bad("frames-of-another", UNIT, "other-task", lambda folder: frames(folder / UNIT, "sh020_comp_v003") and None),
    # Frames.
    Bad("hole", UNIT, "frames-missing", _with(lambda unit: _frame(unit).unlink())),
    Bad("too-short", UNIT, "frames-missing", lambda folder: frames(folder / UNIT, numbers=range(1002, 1005)) and None),
    Bad("too-long", UNIT, "frames-surplus", _with(lambda unit: frames(unit, numbers=range(1000, 1009)))),
    Bad("other-numbers", UNIT, "frames-surplus", lambda folder: frames(folder / UNIT, numbers=range(1, 6)) and None),
    Bad("below-zero", UNIT, "frames-surplus", _added(f"{UNIT}.-001.exr")),
    Bad("mixed-padding", UNIT, "frames-padding", _instead(lambda path: frames(path.parent, padding=6, numbers=ONE))),
    Bad("twice-by-padding", UNIT, "frames-twice", _with(lambda unit: frames(unit, padding=6, numbers=ONE))),
    Bad("one-frame", f"{UNIT}.1001.exr", "name", _alone(f"{UNIT}.1001.exr")),
    Bad("movie-for-frames", f"{UNIT}.mov", "no-sequence", _alone(f"{UNIT}.mov")),
    Bad("unresolved", UNIT, "name", _only(f"{UNIT}.%04d.exr")),
    Bad("hashes", UNIT, "name", _only(f"{UNIT}.####.exr")),
    # Content.
    Bad("empty-frame", UNIT, "empty", _with(lambda unit: _frame(unit).write_bytes(b""))),
    Bad("empty-folder", UNIT, "nothing", lambda folder: (folder / UNIT).mkdir()),
    Bad("leftovers-alone", UNIT, "nothing", _only("Thumbs.db", ".ACCSYN_TMP.1", "a.exr.ASC_TMP1", "._a.exr")),
    Bad("papers-alone", UNIT, "nothing", _only("manifest.json", "WORK.md", "accsyn_delivery.json")),
    Bad("holes", UNIT, "holes", _with(lambda unit: _holes(_frame(unit))), "linux"),
    Bad("link", UNIT, "link", _instead(lambda path: path.symlink_to(path.with_name(f"{UNIT}.1001.exr"))), "posix"),
    Bad("link-out", UNIT, "link", _instead(lambda path: path.symlink_to("/etc/passwd")), "posix"),
    Bad("link-above", UNIT, "link", _with(lambda unit: (unit / "all").symlink_to("..")), "posix"),
    Bad("link-to-nothing", UNIT, "link", _instead(lambda path: path.symlink_to("nothing")), "posix"),
    Bad("link-itself", UNIT, "link", _link_at(UNIT, "/etc"), "posix"),
    Bad("pipe", UNIT, "device", _instead(lambda path: os.mkfifo(path)), "posix"),
    Bad("pipe-itself", f"{UNIT}.mov", "device", lambda folder: os.mkfifo(folder / f"{UNIT}.mov"), "posix"),
    Bad("socket", UNIT, "device", _instead(_bound), "posix"),
    Bad("device", UNIT, "device", _instead(lambda path: os.mknod(path, stat.S_IFCHR | 0o600, ZERO)), "root"),
    Bad("second-name", UNIT, "second-name", _instead(lambda path: os.link(_frame(path.parent, 1001), path)), "posix"),
    # Types.
    Bad("notes", UNIT, "type", _added("notes.txt")),
    Bad("program", UNIT, "type", _added("setup.exe")),
    Bad("two-types", UNIT, "type", _added("review.mov.exe")),
    Bad("hidden-type", UNIT, "type", _added("review.exe.mov")),
    Bad("turned-around", UNIT, "name", _added("review\u202evom.exe.mov")),
    Bad("archive", UNIT, "type", _added("textures.zip")),
    Bad("archive-alone", f"{UNIT}.zip", "type", _alone(f"{UNIT}.zip")),
    Bad("no-type", UNIT, "type", _added("README")),
    # Names inside.
    Bad("quote", UNIT, "name", _added('a"b.exr'), "posix"),
    Bad("command", UNIT, "name", _added("$(id).exr"), "posix"),
    Bad("backticks", UNIT, "name", _added("`id`.exr"), "posix"),
    Bad("lines", UNIT, "name", _added("a\nb.exr"), "posix"),
    Bad("bytes", UNIT, "name", _added("a\udce4.exr"), "linux"),
    Bad("windows-device", UNIT, "name", _added("con.exr"), "posix"),
    Bad("dot-at-the-end", UNIT, "name", _added("a.exr."), "posix"),
    Bad("stream", UNIT, "name", _added("a.exr:evil.exr"), "posix"),
    Bad("backslashes", UNIT, "name", _added("..\\..\\a.exr"), "posix"),
    Bad("option", UNIT, "name", _added("-rf.exr")),
    Bad("hidden", UNIT, "name", _added(".evil.exr")),
    Bad("hidden-folder", UNIT, "name", _added(".evil/a.exr")),
    Bad("two-cases", UNIT, "collision", _added("pass/a.exr", "Pass/b.exr"), "linux"),
    Bad("two-forms", UNIT, "collision", _added("\u00e9.exr", "e\u0301.exr"), "linux"),
    Bad("deep", UNIT, "bounds", _with(_deep)),
    Bad("many", UNIT, "bounds", _added(*(f"a{number}_.exr" for number in range(70))), "small"),
    # Components.
    Bad("component-missing", "sh020_comp_v001", "component-missing", _called("sh020_comp_v001")),
    Bad("review-of-ftrack", UNIT, "reserved", _added("ftrackreview-mp4/ftrackreview-mp4.mov")),
)
