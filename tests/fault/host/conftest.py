"""What the tests of the host's peace share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fault.support_fixtures import run, studio, template
from ftrack_accsyn_accessor.model import pacing, retry
from ftrack_accsyn_accessor.worker import worker as worker
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher, at_work

__all__ = ["publisher", "run", "studio", "template"]


@pytest.fixture
def publisher(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    # The plugin waits a second for a burst to end, and a minute or ten for somebody to help; tests have no such time.
    monkeypatch.setattr(pacing, "QUIET_S", 0.05)
    monkeypatch.setattr(worker, "IDLE_S", 0.1)
    monkeypatch.setattr(retry, "HELP_DELAY_S", 0.5)
    monkeypatch.setattr(retry, "ITEM_DELAY_S", 0.5)
    with at_work(studio, monkeypatch, tmp_path / "sources") as working:
        yield working
