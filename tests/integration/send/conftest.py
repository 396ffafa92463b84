"""A studio with components at head quarters, and who plans to send them."""

from __future__ import annotations

from sending import running, sender

__all__ = ["running", "sender"]
