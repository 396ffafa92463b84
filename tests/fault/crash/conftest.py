"""What the crash tests share."""

from __future__ import annotations

from fault.support_fixtures import run, studio, template

__all__ = ["run", "studio", "template"]
