"""Files of a delivery -> the components that they become: sequences, single files, folders; and their names. Pure."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from itertools import chain, count
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model.submission import Found, Part, Shape

#: Parts of one folder that are components of their own; more of them are one, the folder.
_MOST_OF_A_FOLDER = 24
#: The number that stands last before the extension, or before both of a cache: that of a frame, unless it is a version.
_FRAME = re.compile(
    r"(?P<head>.*?)(?P<digits>(?:(?<=[._-])-)?(?<![0-9])[0-9]{1,9})(?P<tail>\.bgeo\.[a-z0-9]+|\.[^.]*)?", re.DOTALL
)
_VERSION = re.compile(r"(?:^|[^A-Za-z])[vV]$")
#: Files of these types have all frames in them, or none.
_NO_FRAMES = frozenset(
    {
        *(".mov", ".mp4", ".m4v", ".mxf", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".r3d", ".braw", ".wav"),
        *(".aif", ".aiff", ".mp3", ".flac", ".pdf", ".txt", ".md", ".csv", ".json", ".xml", ".nk", ".hip"),
        *(".hipnc", ".ma", ".mb", ".blend", ".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".edl", ".otio", ".aaf"),
        *(".doc", ".docx", ".xls", ".xlsx"),
    }
)
_MOVIES = frozenset(
    {
        *(".mov", ".mp4", ".m4v", ".mxf", ".avi", ".mkv", ".webm"),
    }
)
_REVIEW = ("review", "preview", "movie", "proxy")
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")
_MOST_NAME = 100
MAIN = "main"
#: Folders of the picture itself beside those of its passes.
_PICTURE = ("beauty", "rgba", "rgb", "exr")


class Frame(NamedTuple):
    """A file that is a frame: its number, and the digits by which it is written."""

    number: int
    digits: str
    file: Found


class Group(NamedTuple):
    """Files of one folder whose names differ in the number of the frame alone, in the order of these."""

    head: str
    tail: str
    frames: tuple[Frame, ...]

    @property
    def padding(self) -> int:
        """How many digits, and a sign, the numbers have at least; 0 where they are not padded."""
        shortest = min(len(each.digits) for each in self.frames)
        return shortest if shortest > 1 else 0

    @property
    def expression(self) -> str:
        """What stands for the number ("%04d")."""
        return f"%0{self.padding}d" if self.padding else "%d"

    @property
    def path(self) -> str:
        """The path with the number as an expression ("plate.%04d.exr")."""
        return f"{self.head}{self.expression}{self.tail}"

    def part(self) -> Part:
        """Return it as a component without a name."""
        files = tuple(each.file for each in self.frames)
        numbers = tuple(each.number for each in self.frames)
        return Part("", Shape.SEQUENCE, self.path, files, numbers, self.padding)


def extension(path: str) -> str:
    """Return the last extension of a file in lower case, with its dot; empty for none."""
    return posixpath.splitext(path)[1].lower()


def grouped(files: Iterable[Found]) -> tuple[list[Group], list[Found]]:
    """Return the sequences that *files* are, and the files that are none's."""
    groups: dict[tuple[str, str], list[Frame]] = {}
    single: list[Found] = []
    for file in files:
        found = _frame(file)
        if found is None:
            single.append(file)
        else:
            groups.setdefault(found[0], []).append(found[1])
    sequences = []
    for (head, tail), frames in sorted(groups.items()):
        if len(frames) > 1 or head.endswith("."):
            sequences.append(Group(head, tail, tuple(sorted(frames, key=lambda each: (each.number, each.digits)))))
        else:
            single.append(frames[0].file)
    return sequences, sorted(single, key=lambda each: each.path)


def _frame(file: Found) -> Optional[tuple[tuple[str, str], Frame]]:
    folder, name = posixpath.split(file.path)
    found = None if extension(name) in _NO_FRAMES else _FRAME.fullmatch(name)
    if found is None or _VERSION.search(found["head"]):
        return None
    key = (posixpath.join(folder, found["head"]), found["tail"] or "")
    return key, Frame(int(found["digits"]), found["digits"], file)


def as_parts(
    groups: Sequence[Group], single: Sequence[Found], components: Sequence[str], in_frames: bool
) -> list[Part]:
    """Return the components, without names yet.

    A folder that is called as one of *components*, and is more than one thing, is one component, unless frames are
    expected, and it has just one sequence; so is a folder that holds too many to be components of their own.
    """
    parts = [each.part() for each in groups] + [Part("", Shape.FILE, each.path, (each,)) for each in single]
    inside: dict[str, list[Part]] = {}
    for part in parts:
        inside.setdefault(part.path.partition("/")[0] if "/" in part.path else "", []).append(part)
    whole: list[Part] = []
    for folder, those in inside.items():
        sequences = sum(part.shape is Shape.SEQUENCE for part in those)
        is_one = folder in components and not (in_frames and sequences == 1)
        if folder and len(those) > (1 if is_one else _MOST_OF_A_FOLDER):
            files = sorted((file for part in those for file in part.files), key=lambda each: each.path)
            whole.append(Part("", Shape.FOLDER, folder, tuple(files)))
        else:
            whole += those
    return sorted(whole, key=lambda each: each.path)


def named(parts: Sequence[Part], components: Sequence[str], stem: str) -> list[Part]:
    """Return *parts* with their names, the main one first; *stem* is what the delivery is called.

    Expected names go first: to what lies in a folder of that name, or is called so after *stem*; "review" to the only
    movie; the first of all to what is called as the delivery itself; what then remains to the only sequence, the only
    part, or the only one in a folder such as "beauty". All others are called as they are, or as their folder.
    """
    wanted = list(dict.fromkeys(components))
    given = _called(parts, wanted, stem)
    _guess(parts, wanted, given, stem)
    taken = {each.casefold() for each in (*given.values(), *wanted)}
    folders = Counter(posixpath.dirname(part.path) for part in parts)
    for index, part in enumerate(parts):
        if index not in given:
            alone = folders[posixpath.dirname(part.path)] == 1
            given[index] = _free_name(part, stem, alone, taken)
            taken.add(given[index].casefold())
    order = {name: number for number, name in enumerate(wanted)}
    found = [dataclasses.replace(part, name=given[index]) for index, part in enumerate(parts)]
    return sorted(found, key=lambda each: (order.get(each.name, len(order)), each.path))


def _called(parts: Sequence[Part], wanted: Sequence[str], stem: str) -> dict[int, str]:
    """Return which of *wanted* a part is called, or its folder is, by its number; one name goes to one part."""
    given: dict[int, str] = {}
    for reading in (_suffix, _folders):
        for index, part in enumerate(parts):
            fitting = [name for name in reading(part, stem) if name in wanted and name not in given.values()]
            if index not in given and fitting:
                given[index] = fitting[0]
    return given


def _guess(parts: Sequence[Part], wanted: Sequence[str], given: dict[int, str], stem: str) -> None:
    """Give the names of the review and of the main component, where nothing is called so."""
    left = [index for index in range(len(parts)) if index not in given]
    movies = [index for index in left if extension(parts[index].path) in _MOVIES]
    reviews = [name for name in wanted[1:] if name in _REVIEW and name not in given.values()]
    if len(movies) == 1 and len(reviews) == 1 and len(left) > 1:
        given[movies[0]] = reviews[0]
        left.remove(movies[0])
    if not wanted or wanted[0] in given.values():
        return
    sequences = [index for index in left if parts[index].shape is Shape.SEQUENCE]
    pictured = [index for index in left if not sequences or index not in movies]
    plain = [index for index in pictured if not _own_words(parts[index], stem) and "/" not in parts[index].path]
    pictures = [index for index in sequences if set(_folders(parts[index], stem)) & set(_PICTURE)]
    main = next((those[0] for those in (plain, sequences, left, pictures) if len(those) == 1), None)
    if main is not None:
        given[main] = wanted[0]


def _own_words(part: Part, stem: str) -> str:
    """Return what a part is called besides *stem*, its frames and its extension."""
    name = posixpath.basename(part.path)
    name = re.sub(r"[._-]?%[0-9]*d", "", name) if part.shape is Shape.SEQUENCE else name
    base = name if part.shape is Shape.FOLDER else posixpath.splitext(name)[0]
    return (base[len(stem) :] if base.startswith(stem) else base).strip("._- ")


def _suffix(part: Part, stem: str) -> list[str]:
    return [_own_words(part, stem)]


def _folders(part: Part, stem: str) -> list[str]:
    folders = posixpath.dirname(part.path).split("/") if part.shape is not Shape.FOLDER else [part.path]
    return list(reversed(folders))


def _free_name(part: Part, stem: str, alone: bool, taken: Container[str]) -> str:
    """Return the name of a part that nobody expects: that of its folder, if it is *alone* there, or its own."""
    words = [_own_words(part, stem), posixpath.basename(posixpath.dirname(part.path))]
    said = [_NOT_IN_A_NAME.sub("_", each).strip("._-")[:_MOST_NAME] for each in (reversed(words) if alone else words)]
    names = list(filter(None, said)) or [MAIN, extension(part.path)[1:] or MAIN]
    numbered = (f"{names[0]}_{number}" for number in count(2))
    return next(each for each in chain(names, numbered) if each.casefold() not in taken)
