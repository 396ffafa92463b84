"""By what a staged file is recognised: its size and its time, as far as its file system can tell times apart.

A time may come back as another one than was seen when the file was published, though nobody has written to the file:
rounded, down or up, to what the disk keeps (exFAT 10 ms, HFS+ and many shares 1 s, FAT 2 s), or moved by whole quarter
hours (FAT keeps local time, which daylight saving and another time zone read anew). A later write gives a time that is
neither, unless it falls within the same step of such a disk.
"""

from __future__ import annotations

from typing import NamedTuple

_MICROSECOND_NS = 1_000
_SECOND_NS = 1_000_000_000
_STEPS_NS = (1_000_000, 10_000_000, _SECOND_NS, 2 * _SECOND_NS)
_QUARTER_HOUR_NS = 900 * _SECOND_NS
#: Two time zones are 26 hours apart at most.
_MOST_QUARTER_HOURS = 26 * 4


class Stamp(NamedTuple):
    """Size and modification time (nanoseconds since the epoch) by which a staged file is recognised."""

    size_bytes: int
    mtime_ns: int


def is_same(found: Stamp, published: Stamp) -> bool:
    """Whether the file that was *found* is what was *published*."""
    return found.size_bytes == published.size_bytes and is_same_time(found.mtime_ns, published.mtime_ns)


def is_same_time(found_ns: int, published_ns: int) -> bool:
    """Whether a file system may give *found_ns* for a file that it had *published_ns* for, nobody having written to it.

    Below a microsecond times are never compared: that is the precision in which some systems hand them on.
    """
    quarter_hours = (found_ns - published_ns + _QUARTER_HOUR_NS // 2) // _QUARTER_HOUR_NS
    if abs(quarter_hours) > _MOST_QUARTER_HOURS:
        return False
    there_ns = found_ns - quarter_hours * _QUARTER_HOUR_NS
    if there_ns // _MICROSECOND_NS == published_ns // _MICROSECOND_NS:
        return True
    return any(there_ns % step_ns == 0 and abs(there_ns - published_ns) < step_ns for step_ns in _STEPS_NS)
