"""Resource identifiers of one location -> those of another, each relative or absolute on any system. Pure."""

from __future__ import annotations

import re

_SLASHES = re.compile(r"[/\\\\]")


def moved(identifier: str, source: str, destination: str) -> str:
    """Return *identifier*, of a member, as it is where its container is *destination* instead of *source*.

    What the two end with alike, name by name, is the place in both locations; what stands before it is replaced, and
    the rest gets the slashes of *destination*. One that does not lie there is the same at both ends.
    """
    here, there = _SLASHES.split(source), _SLASHES.split(destination)
    common = 0
    while common < min(len(here), len(there)) and here[-1 - common] == there[-1 - common]:
        common += 1
    before, parts = here[: len(here) - common], _SLASHES.split(identifier)
    if not destination or source == destination or parts[: len(before)] != before:
        return identifier
    slash = "\\" if "\\" in destination else "/"
    return slash.join([*there[: len(there) - common], *parts[len(before) :]])
