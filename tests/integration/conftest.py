"""A studio of its own for each test, and an artist who publishes in it."""

from __future__ import annotations

from publishing import publisher, studio

__all__ = ["publisher", "studio"]
