"""A studio of its own for each test, and services as processes."""

from __future__ import annotations

from publishing import publisher, studio
from serving import open_page, page

__all__ = ["open_page", "page", "publisher", "studio"]
