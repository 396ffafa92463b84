"""A studio whose engine waits to be started, and an artist's desk in it."""

from __future__ import annotations

from integration.tracker.conftest import desk, studio

__all__ = ["desk", "studio"]
