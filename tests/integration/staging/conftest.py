"""An artist's desk in a studio: publishes run through the real ftrack_api, nothing happens in the background."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher
from tracking import Desk


@pytest.fixture
def desk(studio: Studio, publisher: Publisher) -> Iterator[Desk]:
    working = Desk(studio, publisher)
    yield working
    working.stop()
    working.owner.release()
    working.outbox.close()
