"""Whether the frames of a delivered sequence are those that were asked for, each once, none of them odd. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.parts import Group
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Problem, Severity
from ftrack_accsyn_accessor.model.tasks import runs

#: Runs of frames that a sentence lists.
_LISTED = 8
#: A frame with less than this part of what is usual in its sequence may be cut off; of fewer, nothing is usual.
_FAR_SMALLER = 0.25
_USUAL_FROM = 5


def frame_problems(group: Group, deliverable: Deliverable) -> Iterator[Problem]:
    """Yield what is wrong with the frames of a sequence."""
    yield from _written(group)
    numbers = sorted({each.number for each in group.frames})
    if deliverable.first_frame is None or deliverable.last_frame is None:
        yield from _as_they_are(group, numbers)
    else:
        yield from _as_expected(group, numbers, deliverable.first_frame, deliverable.last_frame)
    yield from _cut_off(group)


def listed(found: Iterable[tuple[int, int]]) -> str:
    """Return runs of frames in words: "1001-1005, 1007"."""
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in found]
    return ", ".join(texts[:_LISTED]) + (", .." if len(texts) > _LISTED else "")


def _written(group: Group) -> Iterator[Problem]:
    """Yield frames that are written with other zeros than the rest, and those that are there twice by that."""
    called, expression, before = _of(group), group.expression, None
    for each in group.frames:
        path = each.file.path
        if before is not None and before.number == each.number:
            text = f"Frame {each.number} is there twice, also as {printable(before.file.path)}: expected once."
            yield Problem("frames-twice", text, path=path)
        digits = expression % each.number
        if digits != each.digits:
            text = f"{printable(path)} has {each.digits} where {digits} was expected, as in the rest of {called}."
            yield Problem("frames-padding", text, path=path)
        before = each


def _as_expected(group: Group, numbers: Sequence[int], first: int, last: int) -> Iterator[Problem]:
    inside = [number for number in numbers if first <= number <= last]
    outside = [number for number in numbers if not first <= number <= last]
    missing = last - first + 1 - len(inside)
    wanted = f"expected are {first}-{last}"
    if missing > 0:
        text = f"{_of(group)} lacks {_frames(missing)} ({listed(_gaps(inside, first, last))}): {wanted}."
        yield Problem("frames-missing", text, path=group.frames[0].file.path)
    if outside:
        text = f"{_of(group)} has {_frames(len(outside))} too many ({listed(runs(outside))}): {wanted}."
        yield Problem("frames-surplus", text, path=group.frames[0].file.path)


def _gaps(numbers: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    edges = [first - 1, *numbers, last + 1]
    return [(one + 1, other - 1) for one, other in zip(edges, edges[1:]) if other - one > 1]


def _as_they_are(group: Group, numbers: Sequence[int]) -> Iterator[Problem]:
    """Yield what is odd where nobody has said which frames are wanted."""
    path = group.frames[0].file.path
    if numbers[0] < 0:
        text = f"{_of(group)} has frames below 0 ({numbers[0]}): expected are others."
        yield Problem("frames-negative", text, path=path)
    gaps = _gaps(numbers, numbers[0], numbers[-1])
    if gaps:
        text = f"{_of(group)} has holes ({listed(gaps)}), and nothing says which frames are expected."
        yield Problem("frames-holes", text, Severity.REMARK, path)


def _cut_off(group: Group) -> Iterator[Problem]:
    sizes = [each.file.size_bytes for each in group.frames]
    if len(sizes) < _USUAL_FROM:
        return
    usual = statistics.median(sizes)
    for each in group.frames:
        if 0 < each.file.size_bytes < usual * _FAR_SMALLER:
            text = f"{printable(each.file.path)} has {each.file.size_bytes:,} bytes, expected are about {usual:,.0f}."
            yield Problem("frames-small", text, Severity.REMARK, each.file.path)


def _frames(count: int) -> str:
    return f"{count:,} frame{'s' if count != 1 else ''}"


def _of(group: Group) -> str:
    return printable(group.path)
