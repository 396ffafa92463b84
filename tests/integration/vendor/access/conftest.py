"""A studio that the tests of a module share; what one does in accsyn is gone for the next."""

from __future__ import annotations

from granting import granting, vendor_studio

__all__ = ["granting", "vendor_studio"]
