"""A studio of its own for each test, with a service for everybody in this process."""

from __future__ import annotations

from serving import open_page, page, planned, serving

__all__ = ["open_page", "page", "planned", "serving"]
