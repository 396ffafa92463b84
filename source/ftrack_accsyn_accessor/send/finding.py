"""What somebody types on a command line -> what is meant in ftrack."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.send.order import Picked


def find(connection: FtrackConnection, words: Sequence[str]) -> list[Picked]:
    raise NotImplementedError
