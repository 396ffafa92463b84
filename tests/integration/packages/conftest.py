"""A studio for all tests of a module, and who makes packages in it."""

from __future__ import annotations

from packing import packer
from sending import running

__all__ = ["packer", "running"]
