"""Which files and names a delivery may have at all, whatever is expected of it. Pure.

What a name may mean to a shell, or to ftrack's query language, is no matter in itself: names are never put into either.
What other programs stumble over is refused all the same.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ftrack_accsyn_accessor.model import foreign, tasks
from ftrack_accsyn_accessor.model.manifest import DELIVERY_NOTE, NAME, WORK
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Problem, Severity

_HUGE_BYTES = 1 << 42
#: Of a file with so many bytes, less than a hundredth on the disk means that it is holes, and no picture.
_HOLES_BYTES = 1 << 30
_HOLES = 100
#: What stands for frames in names of sequences, and what a shell takes for a command; besides what no system takes.
_PLACEHOLDERS = re.compile(r"[%$`]|#{2,}")
#: What comes with a package, or is sent along by the vendor's tool; no part of a version.
_OURS = frozenset(each.casefold() for each in (NAME, DELIVERY_NOTE, WORK))
#: macOS' own companions of files on disks of others.
_COMPANION = re.compile(r"(?:^|/)\._[^/]*\Z|(?:^|/)__MACOSX/", re.DOTALL)
#: What systems run, or mount, when it is opened.
_RUN = frozenset(
    {
        *(".exe", ".com", ".bat", ".cmd", ".scr", ".pif", ".cpl", ".msi", ".msp", ".msc", ".dll", ".sys", ".drv"),
        *(".ps1", ".psm1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".wsh", ".hta", ".reg", ".inf", ".scf", ".lnk"),
        *(".url", ".jar", ".sh", ".bash", ".zsh", ".csh", ".command", ".app", ".action", ".workflow", ".terminal"),
        *(".pkg", ".dmg", ".iso", ".img", ".vhd", ".vhdx", ".desktop", ".run", ".appimage", ".deb", ".rpm", ".so"),
        *(".dylib", ".py", ".pyc", ".pyw", ".pl", ".rb", ".php", ".docm", ".xlsm", ".pptm", ".chm", ".gadget"),
        *(".application", ".appref-ms", ".settingcontent-ms", ".library-ms", ".search-ms", ".webloc", ".inetloc"),
    }
)
#: They are not looked into: whatever they hold, it was not checked.
_ARCHIVES = frozenset(
    {
        *(".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz", ".zst", ".lz", ".lzma"),
        *(".z", ".cab", ".arj", ".lzh", ".ace"),
    }
)
_SUFFIX = re.compile(r"\.[^.]+")


def passed_over(found: Found) -> bool:
    """Whether it is no part of a delivery: what accsyn never sends, or leaves behind, and what belongs to a package."""
    plain = found.kind in (FoundKind.FILE, FoundKind.FOLDER)
    path = found.path
    return plain and (tasks.never_sent(path) or path.casefold() in _OURS or _COMPANION.search(path) is not None)


def why_no_name(path: str) -> str:
    """Return why a file, or folder, of the relative *path* cannot be taken, in words; empty where it can."""
    why = foreign.why_no_path(path)
    if why:
        return why
    for name in path.split("/"):
        if name.startswith("."):
            return f"{foreign.shown(name)} is hidden"
        if name.startswith("-"):
            return f"{foreign.shown(name)} begins with a hyphen, which programs take for an option"
        if _PLACEHOLDERS.search(name):
            return f"{foreign.shown(name)} has a placeholder, or what a shell takes for a command"
    return ""


def entry_problems(found: Found, deepest: int) -> Iterator[Problem]:
    """Yield what is wrong with something that lies in a delivery, its type apart."""
    shown = foreign.shown(found.path)
    why = why_no_name(found.path)
    if why:
        expected = "letters, digits, '.', '_' and '-'"
        yield Problem("name", f"{shown} cannot be taken: {why}. Expected are {expected}.", path=found.path)
    if found.path.count("/") >= deepest:
        text = f"{shown} lies too deep: expected are {deepest} levels at most."
        yield Problem("bounds", text, path=found.path)
    if found.kind is FoundKind.LINK:
        yield Problem("link", f"{shown} is a link: expected is the file itself.", path=found.path)
    elif found.kind is FoundKind.OTHER:
        yield Problem("device", f"{shown} is a device, a pipe or a socket: expected is a file.", path=found.path)
    elif found.kind is FoundKind.FILE:
        yield from _file_problems(found, shown)


def _file_problems(found: Found, shown: str) -> Iterator[Problem]:
    size, used = found.size_bytes, found.used_bytes
    if found.links > 1:
        text = f"{shown} has a second name elsewhere, by which it can be changed: expected is a file of its own."
        yield Problem("second-name", text, path=found.path)
    if size <= 0:
        yield Problem("empty", f"{shown} is empty: expected is a file with content.", path=found.path)
    if size > _HUGE_BYTES:
        text = f"{shown} has {size:,} bytes: expected are {_HUGE_BYTES:,} at most."
        yield Problem("huge", text, path=found.path)
    if used is not None and size >= _HOLES_BYTES and used * _HOLES < size:
        text = f"{shown} has {size:,} bytes, of which {used:,} are there: expected is a file without holes."
        yield Problem("holes", text, path=found.path)


def type_problems(path: str, types: Sequence[str]) -> Iterator[Problem]:
    """Yield why a file has no type that may be delivered; *types* empty for all that no system runs."""
    name, shown = posixpath.basename(path), foreign.shown(path)
    suffixes = [each.casefold() for each in _SUFFIX.findall(name)]
    last = suffixes[-1] if suffixes else ""
    listed = any(name.casefold().endswith(each.casefold()) for each in types)
    if types and not listed:
        yield Problem("type", f"{shown} has none of the expected types: {', '.join(types)}.", path=path)
    elif any(each in _RUN for each in suffixes[:-1]) or (last in _RUN and not listed):
        text = f"{shown} is of a type that systems run when it is opened: expected are pictures, scenes and data."
        yield Problem("type", text, path=path)
    elif last in _ARCHIVES and not listed and not _is_cache(suffixes):
        text = f"{shown} is an archive, which is not looked into: expected are the files themselves."
        yield Problem("archive", text, path=path)
    elif not last:
        yield Problem("type", f"{shown} has no extension: expected is one that tells its type.", path=path)


def _is_cache(suffixes: Sequence[str]) -> bool:
    return suffixes[-2:-1] in ([".bgeo"], [".vdb"], [".ass"], [".rib"])


def together_problems(found: Sequence[Found]) -> Iterator[Problem]:
    """Yield what cannot lie beside each other on every system: names that are one to some, files with files in them."""
    known: dict[str, str] = {}
    listed: set[str] = set()
    plain = {each.path for each in found if each.kind is not FoundKind.FOLDER}
    for each in found:
        if each.path in listed:
            yield Problem("path", f"{foreign.shown(each.path)} is told twice: expected is once.", path=each.path)
        listed.add(each.path)
        names = each.path.split("/")
        for count in range(len(names), 0, -1):
            path = "/".join(names[:count])
            same = known.setdefault(foreign.key(path), path)
            if same != path:
                text = f"{foreign.shown(path)} and {foreign.shown(same)} are one to some systems: expected is one."
                yield Problem("collision", text, path=each.path)
            if count < len(names) and path in plain:
                text = f"{foreign.shown(path)} is a file, and the folder of {foreign.shown(each.path)}."
                yield Problem("path", text, path=each.path)


def left_out(found: Sequence[Found]) -> Iterator[Problem]:
    """Yield a remark on what is passed over."""
    names = [each for each in found if each.kind is FoundKind.FILE and each.path.casefold() not in _OURS]
    if names:
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        text = f"Left out as no part of the delivery: {foreign.shown(names[0].path)}{more}."
        yield Problem("left-out", text, Severity.REMARK, names[0].path)
