"""A hook ends in time, whatever it has begun, and says in words what has kept it."""

from __future__ import annotations

import threading

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.vendor.bounds import bounded


def test_what_comes_to_its_end_has_nothing_to_say() -> None:
    done: list[int] = []
    assert bounded(lambda: done.append(1), 60.0) == []
    assert done == [1]


def test_what_takes_too_long_is_left_alone() -> None:
    go = threading.Event()
    assert bounded(lambda: go.wait(60) and None, 0.0) == ["It takes too long, and goes on later."]
    go.set()


def test_an_error_is_said_in_its_own_words_if_it_is_ours_and_by_its_kind_if_not() -> None:
    def ours() -> None:
        raise errors.SpoolError("keep it", "here", "it is full", "Make room.")

    def foreign() -> None:
        raise KeyError("other@vendor.test")

    assert bounded(ours, 60.0) == ["Could not keep it (here): it is full. Make room."]
    assert bounded(foreign, 60.0) == ["Something is wrong with the plugin (KeyError). Please report this."]
