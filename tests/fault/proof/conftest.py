"""A studio of its own for each test, and a desk in it whose worker runs step by step."""

from __future__ import annotations

from fault.faults.conftest import desk, studio

__all__ = ["desk", "studio"]
