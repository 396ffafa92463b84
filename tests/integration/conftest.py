"""A studio of its own for each test, and an artist who publishes in it."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model import pacing
from publishing import publisher, studio

__all__ = ["publisher", "studio"]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers look as often as they want to: there is no studio with other machines here."""
    monkeypatch.setattr(pacing, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(pacing, "LONGEST_PAUSE_S", 0.1)
